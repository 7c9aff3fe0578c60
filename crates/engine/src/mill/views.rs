//! Views of a mill: read, checked against the models that they are about, changed with optimistic versions, deleted. A view that
//! is deleted gets a last version which says so, so that its versions never begin again.

mod asking;

pub(super) use asking::Words;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};

use super::Mill;
use crate::error::{Error, ErrorKind, Result, near_names};
use crate::events::Event;
use crate::ids::DatasetName;
use crate::semantic::check::retain_joined;
use crate::semantic::inputs;
use crate::semantic::join::Models;
use crate::semantic::joined;
use crate::semantic::view::check::{check, problems};
use crate::semantic::view::detail::detail;
use crate::semantic::view::reach::named_models;
use crate::semantic::{Model, View, ViewDetail};

/// Models that are looked for at the same time.
const CONCURRENCY: usize = 16;
/// Models that the joins of one view may lead to.
const MODELS_MAX: usize = 200;
/// A view is no part of a dataset.
const NO_DATASET: &str = "";

impl Mill {
    /// The views of the tenant, as the scope sees them.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let view = serde_json::from_str(r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", "sum_amount"]}]}"#)?;
    /// mill.update_view(view, 0).await?;
    /// assert_eq!(mill.views().await?[0].name, "sales");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub fn views(&self) -> BoxFuture<'_, Result<Vec<View>>> {
        Box::pin(async move { Ok(self.view_details().await?.into_iter().map(|detail| detail.definition).collect()) })
    }

    /// One view.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let view = serde_json::from_str(r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": "*"}]}"#)?;
    /// mill.update_view(view, 0).await?;
    /// assert_eq!((mill.view("sales").await?.version, mill.views().await?.len()), (1, 1));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is no view of that name.
    pub fn view<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<View>> {
        Box::pin(async move { Ok(self.view_detail(name).await?.definition) })
    }

    /// One view with the members that it shows, and what is broken in it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let view = serde_json::from_str(r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", "sum_amount"]}]}"#)?;
    /// mill.update_view(view, 0).await?;
    /// let detail = mill.view_detail("sales").await?;
    /// assert_eq!((detail.dimensions[0].name.as_str(), detail.measures[0].name.as_str()), ("city", "sum_amount"));
    /// assert!(detail.problems.is_empty());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub fn view_detail<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<ViewDetail>> {
        Box::pin(async move {
            let view = self.existing_view(name).await?;
            self.detail_of(&view).await
        })
    }

    /// All views, each with the members that it shows.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let view = serde_json::from_str(r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", "sum_amount"]}]}"#)?;
    /// mill.update_view(view, 0).await?;
    /// assert_eq!(mill.view_details().await?[0].definition.label, "Sales");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`views`](Self::views).
    pub fn view_details(&self) -> BoxFuture<'_, Result<Vec<ViewDetail>>> {
        Box::pin(async move {
            let mut details = Vec::new();
            for view in self.stored_views().await? {
                details.push(self.detail_of(&view).await?);
            }
            Ok(details)
        })
    }

    /// Checks whether a view could be stored, without storing it, over `models` in place of those that are stored.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let view = serde_json::from_str(r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["town"]}]}"#)?;
    /// assert_eq!(mill.check_view(&view, &[]).await.unwrap_err().field(), Some("include[0].members[0]"));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`update_view`](Self::update_view), but for `Conflict`.
    pub fn check_view<'a>(&'a self, view: &'a View, models: &'a [Model]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.checked_view(view, models).await.map(drop) })
    }

    /// Stores a view as the version after `expected`; 0 makes a new one. Then questions ask `view.member`.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// let view = r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", {"name": "sum_amount", "alias": "revenue"}]}]}"#;
    /// mill.update_view(serde_json::from_str(view)?, 0).await?;
    /// let answer = mill.query(&serde_json::from_str(r#"{"measures": ["sales.revenue"], "dimensions": ["sales.city"]}"#)?).await?;
    /// assert_eq!(answer.columns[1].name, "sales.revenue");
    /// assert_eq!(answer.to_json()["data"], serde_json::json!([["Rome", "Oslo"], [5, 4]]));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` with the path of what is wrong: a name that something else has, a path that leads nowhere or another way than a
    /// question would go, a member that is not there or stands twice. `Denied` for a scope that does not see its models as a
    /// whole, `Conflict` when somebody else changed it since.
    pub fn update_view(&self, view: View, expected: u64) -> BoxFuture<'_, Result<View>> {
        Box::pin(async move {
            let name = self.checked_view(&view, &[]).await?;
            let (views, tenant) = (&self.shared.views, self.scope.tenant());
            let expected = match views.get::<Option<View>>(tenant, &name, NO_DATASET).await? {
                // One that was deleted is made anew behind its last version.
                Some((last, None)) if expected == 0 => last,
                _ => expected,
            };
            let version = views.put(tenant, &name, expected, &Some(View { version: 0, ..view.clone() })).await?;
            self.shared.events.raise(Event::ViewChanged { tenant: tenant.clone(), view: name, version });
            Ok(View { version, ..view })
        })
    }

    /// Deletes a view. Its models stay as they are.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, ErrorKind};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// # let view = serde_json::from_str(r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": "*"}]}"#)?;
    /// # mill.update_view(view, 0).await?;
    /// mill.delete_view("sales").await?;
    /// assert_eq!(mill.view("sales").await.unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is none, `Denied` for a scope that does not see its models as a whole, `Conflict` when somebody
    /// changes it at the same time.
    pub fn delete_view<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let view = self.existing_view(name).await?;
            let name = view_name(&view.name)?;
            if !self.sees_whole(&named_models(&view, &self.owner().models_for(&view, &[], false).await?)).await? {
                return Err(restricted(&view.name));
            }
            let tenant = self.scope.tenant();
            let version = self.shared.views.put(tenant, &name, view.version, &None::<View>).await?;
            self.shared.events.raise(Event::ViewChanged { tenant: tenant.clone(), view: name, version });
            Ok(())
        })
    }

    /// Refuses a model that would break a view which holds now, but for those of which there is a new version to come.
    ///
    /// # Errors
    /// `Invalid` with the view and its member.
    pub(super) async fn keep_views(&self, model: &Model, to_come: &[View]) -> Result<()> {
        let owner = self.owner();
        for view in owner.stored_views().await?.into_iter().filter(|view| !to_come.iter().any(|other| other.name == view.name)) {
            let before = owner.models_for(&view, &[], true).await?;
            if !before.contains_key(&model.name) {
                continue;
            }
            let after = owner.models_for(&view, std::slice::from_ref(model), true).await?;
            let known: BTreeSet<String> = problems(&view, &before).into_iter().map(|problem| problem.message().to_owned()).collect();
            if let Some(broken) = problems(&view, &after).into_iter().find(|problem| !known.contains(problem.message())) {
                if !self.sees_whole(&after.keys().cloned().collect()).await? {
                    // What is wrong may be about columns that they do not see.
                    return Err(Error::invalid(format!("the view {} would be broken; ask somebody who sees all of its models", view.name)));
                }
                let place = broken.field().unwrap_or_default();
                return Err(Error::invalid(format!("the view {} would be broken at {place}: {}; change the view first", view.name, broken.message())));
            }
        }
        Ok(())
    }

    /// Refuses a name that a view has, for a dataset or a join.
    ///
    /// # Errors
    /// `Invalid` when there is a view of that name.
    pub(super) async fn refuse_view_name(&self, name: &str, what: &str) -> Result<()> {
        let Ok(parsed) = DatasetName::parse(name) else { return Ok(()) };
        match self.stored_view(&parsed).await? {
            Some(_) => Err(Error::invalid(format!("{name} is a view; give {what} another name"))),
            None => Ok(()),
        }
    }

    /// The newest version of a view, where there is one that is not deleted.
    pub(super) async fn stored_view(&self, name: &DatasetName) -> Result<Option<View>> {
        if let Some(held) = self.held_view(name) {
            return Ok(held);
        }
        let found = self.shared.views.get::<Option<View>>(self.scope.tenant(), name, NO_DATASET).await?;
        Ok(self.hold_view(name, found.and_then(|(version, view)| Some(View { version, ..view? }))))
    }

    async fn existing_view(&self, name: &str) -> Result<View> {
        match self.stored_view(&view_name(name)?).await? {
            Some(view) => Ok(view),
            None => {
                let known = self.stored_views().await?;
                Err(Error::not_found(format!("there is no view {name}{}", near_names(name, known.iter().map(|view| view.name.as_str())))))
            }
        }
    }

    pub(super) async fn stored_views(&self) -> Result<Vec<View>> {
        let mut views = Vec::new();
        for name in self.shared.views.names(self.scope.tenant()).await? {
            views.extend(self.stored_view(&name).await?);
        }
        Ok(views)
    }

    async fn detail_of(&self, view: &View) -> Result<ViewDetail> {
        let models = self.models_for(view, &[], true).await?;
        let whole = self.sees_whole(&named_models(view, &models)).await?;
        Ok(detail(view, &models, whole))
    }

    /// The name of a view that can be stored.
    async fn checked_view(&self, view: &View, among: &[Model]) -> Result<DatasetName> {
        let name = view_name(&view.name)?;
        if self.shared.datasets.get(self.scope.tenant(), &name).await?.is_some() {
            return Err(Error::invalid(format!("{name} is a dataset; give the view another name")).at("name"));
        }
        let owner = self.owner();
        let models = owner.models_for(view, among, true).await?;
        if !self.sees_whole(&named_models(view, &models)).await? {
            return Err(restricted(&view.name));
        }
        for model in owner.models().await?.iter().filter(|model| !among.iter().any(|other| other.name == model.name)).chain(among) {
            if model.joins.iter().any(|join| join.name == view.name) {
                return Err(Error::invalid(format!("{name} is what {} calls one of its joins; give the view another name", model.name)).at("name"));
            }
        }
        check(view, &models)?;
        Ok(name)
    }

    /// The models that the paths of a view lead to, as the scope sees them, `among` in place of those that are stored; where
    /// `joined`, also all that joins lead to from there.
    pub(super) async fn models_for(&self, view: &View, among: &[Model], joined: bool) -> Result<Models> {
        let mut models = self.collect_models(among, joined, |models| named_models(view, models)).await?;
        if self.scope.may_restrict() {
            // No rows are chosen by what other models hide.
            let counting: Vec<Arc<Model>> = models.values().filter(|model| joined::has_joined(model)).cloned().collect();
            for model in counting {
                let mut seen = Model::clone(&model);
                retain_joined(&mut seen, &self.led_to(&model, &[]).await?);
                models.insert(model.name.clone(), Arc::new(seen));
            }
        }
        Ok(models)
    }

    /// A model and those that its joins lead to. `among`: models that count instead of the stored ones.
    pub(super) async fn led_to(&self, model: &Model, among: &[Model]) -> Result<Models> {
        let known: Vec<Model> = std::iter::once(model).chain(among).cloned().collect();
        // One that says itself that its rows belong to those of this model is led to by nothing but its name.
        let named: BTreeSet<String> = joined::prefixes(model).into_iter().chain([model.name.clone()]).collect();
        // What measures are computed from may be computed from others again.
        let computed = |models: &Models| inputs::models_of(model.measures.iter().map(|measure| joined::member(model, &measure.name)), models);
        self.collect_models(&known, true, |models| named.iter().cloned().chain(computed(models)).collect()).await
    }

    /// Models as the scope sees them, for as long as those that are found say of further ones that they are needed.
    async fn collect_models(&self, among: &[Model], joined: bool, needed: impl Fn(&Models) -> BTreeSet<String> + Send) -> Result<Models> {
        let (mut models, mut tried) = (Models::new(), BTreeSet::new());
        loop {
            let mut wanted = needed(&models);
            if joined {
                wanted.extend(models.values().flat_map(|model| model.joins.iter().map(|join| join.target().to_owned())));
            }
            wanted.retain(|name| !tried.contains(name));
            if wanted.is_empty() {
                return Ok(models);
            }
            tried.extend(wanted.iter().cloned());
            if tried.len() > MODELS_MAX {
                return Err(Error::exhausted(format!("joins lead to more than {MODELS_MAX} models from here")));
            }
            let found = futures::stream::iter(wanted).map(|name| self.one_of(name, among));
            let found: Vec<_> = found.buffered(CONCURRENCY).try_collect().await?;
            models.extend(found.into_iter().flatten());
        }
    }

    async fn one_of(&self, name: String, among: &[Model]) -> Result<Option<(String, Arc<Model>)>> {
        if let Some(model) = among.iter().find(|model| model.name == name) {
            return Ok(Some((name, Arc::new(model.clone()))));
        }
        let Ok(dataset) = DatasetName::parse(&name) else { return Ok(None) };
        let Some(seen) = self.look_for(&dataset).await? else { return Ok(None) };
        let model = self.model_of(&dataset, &seen).await?;
        Ok(Some((name, model)))
    }

    /// Whether the scope sees these datasets as a whole.
    async fn sees_whole(&self, names: &BTreeSet<String>) -> Result<bool> {
        if !self.scope.may_restrict() {
            return Ok(true);
        }
        for dataset in names.iter().filter_map(|name| DatasetName::parse(name).ok()) {
            if self.look_for(&dataset).await?.is_some_and(|seen| seen.access().restricts()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The name of a view, which goes by the rules of datasets.
fn view_name(name: &str) -> Result<DatasetName> {
    DatasetName::parse(name).map_err(|error| error.reworded(|message| message.replacen("dataset", "view", 1)))
}

fn restricted(view: &str) -> Error {
    let reason = "a scope that does not see all of its models does not change a view; ask somebody who sees them";
    Error::new(ErrorKind::Denied, format!("change view {view}: {reason}"))
}
