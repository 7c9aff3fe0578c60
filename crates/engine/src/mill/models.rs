//! Models of a mill: read, generated for new datasets, changed with optimistic versions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::future::BoxFuture;

use super::Mill;
use super::seen::Seen;
use super::shared::VisibleModel;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Event;
use crate::ids::DatasetName;
use crate::ingest::profile::kept;
use crate::semantic::role::Traits;
use crate::semantic::{Model, View, check, generate, geo, hierarchy, joined};
use crate::storage::entry::Metadata;
use crate::storage::log::Snapshot;

/// Times that members are added anew because somebody else has changed the model.
const ATTEMPTS: usize = 4;

impl Mill {
    /// The models of the tenant, one for each dataset.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let models = mill.models().await?;
    /// assert_eq!((models.len(), models[0].name.as_str()), (1, "orders"));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub fn models(&self) -> BoxFuture<'_, Result<Vec<Model>>> {
        Box::pin(async move {
            let mut models = Vec::new();
            for (name, _) in self.shared.datasets.list(self.scope.tenant()).await? {
                models.push(self.model(name.as_str()).await?);
            }
            Ok(models)
        })
    }

    /// One model.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let model = mill.model("orders").await?;
    /// assert!(model.measures.iter().any(|measure| measure.name == "sum_amount"));
    /// assert!(model.dimensions.iter().any(|dimension| dimension.name == "city"));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is no dataset of that name.
    pub fn model<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Model>> {
        Box::pin(async move {
            let name = DatasetName::parse(name)?;
            let seen = self.find(&name).await?;
            let mut model = self.model_of(&name, &seen).await.map(|model| Model::clone(&model))?;
            if self.scope.may_restrict() && (hierarchy::has_joined(&model) || joined::has_joined(&model)) {
                // What other models hide is no level here, and no rows are chosen by it.
                let models = self.led_to(&model, &[]).await?;
                hierarchy::retain_joined(&mut model, &models);
                check::retain_joined(&mut model, &models);
            }
            Ok(model)
        })
    }

    /// The model of a dataset as the scope sees it. Kept for as long as neither model nor columns change.
    pub(super) async fn model_of(&self, name: &DatasetName, seen: &Seen) -> Result<Arc<Model>> {
        let stored = match seen.stored() {
            Some(stored) => Arc::clone(stored),
            None => self.stored_model(name, seen).await?,
        };
        let key = (seen.metadata.id.clone(), seen.access().model_fingerprint());
        if let Some(known) = self.shared.visible_models.get(&key).await
            && Arc::ptr_eq(&known.columns, &seen.arrow)
            && Arc::ptr_eq(&known.stored, &stored)
        {
            return Ok(known.model);
        }
        let mut model = Model::clone(&stored);
        let visible = seen.access().visible_schema(&seen.arrow, name)?;
        check::follow(&mut model, self.shared.session.shared(), &visible);
        check::retain_visible(&mut model, self.shared.session.shared(), &visible);
        if seen.access().restricts() {
            model.access_policies.clear();
        }
        let model = Arc::new(model);
        self.shared.visible_models.insert(key, VisibleModel { model: Arc::clone(&model), stored, columns: Arc::clone(&seen.arrow) }).await;
        Ok(model)
    }

    /// The newest model of a dataset as it is stored.
    pub(super) async fn stored_model(&self, name: &DatasetName, snapshot: &Snapshot) -> Result<Arc<Model>> {
        let (models, tenant, id) = (&self.shared.models, self.scope.tenant(), &snapshot.metadata.id);
        if let Some(known) = self.shared.stored_models.get(id).await
            && models.is_newest(tenant, name, known.version).await?
        {
            return Ok(known);
        }
        let found = match models.get::<Model>(tenant, name, id).await? {
            Some(found) => Some(found),
            None => match self.ensure_model(name).await {
                Ok(()) => models.get(tenant, name, id).await?,
                // Who only reads is answered even where nothing can be written.
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    tracing::warn!(dataset = %name, %error, "the model of a dataset could not be stored");
                    let Metadata { label, schema, .. } = &*snapshot.metadata;
                    Some((0, generate::generate(name.as_str(), label, schema, &self.traits_of(name, snapshot).await)))
                }
                Err(error) => return Err(error),
            },
        };
        let (version, model) = found.ok_or_else(|| Error::not_found(format!("there is no model {name}")))?;
        let model = Arc::new(Model { version, ..model });
        self.shared.stored_models.insert(id.clone(), Arc::clone(&model)).await;
        Ok(model)
    }

    /// Checks whether a model could be stored, without storing it: [`interchange`](crate::interchange) reads models from files.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let text = "
    /// name: orders
    /// dataset: orders
    /// label: Orders
    /// dimensions:
    ///   - {name: city, label: City, type: string}
    /// measures:
    ///   - {name: revenue, label: Revenue, kind: sum, column: amuont}
    /// ";
    /// let models = tidemill::interchange::read_models("orders.yaml", text)?;
    /// let error = mill.check_model(&models[0]).await.unwrap_err();
    /// assert_eq!(error.field(), Some("measures[0].column"));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`update_model`](Self::update_model), but for `Conflict` and for views that would be broken.
    pub fn check_model<'a>(&'a self, model: &'a Model) -> BoxFuture<'a, Result<()>> {
        self.check_model_among(model, &[])
    }

    /// The same beside some models that are to be stored too: what is said of them counts, and not what is stored of them.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let models = mill.models().await?;
    /// for model in &models {
    ///     mill.check_model_among(model, &models).await?;
    /// }
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`check_model`](Self::check_model).
    pub fn check_model_among<'a>(&'a self, model: &'a Model, among: &'a [Model]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.checked(model, among).await.map(drop) })
    }

    /// Checks whether a model could be stored in the place of the one that is, views over it included, without storing it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// let mut model = mill.model("orders").await?;
    /// mill.check_update(&model).await?;
    /// model.dimensions[0].column = Some("citty".to_owned());
    /// assert!(mill.check_update(&model).await.is_err());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`update_model`](Self::update_model), but for `Conflict`.
    pub fn check_update<'a>(&'a self, model: &'a Model) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.checked(model, &[]).await?;
            self.keep_views(model, &[]).await
        })
    }

    /// Stores a model as the version after `expected`.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, ErrorKind};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let mut model = mill.model("orders").await?;
    /// model.label = "All orders".to_owned();
    /// let read = model.version;
    /// let saved = mill.update_model(model.clone(), read).await?;
    /// assert!(saved.version > read);
    /// // Somebody else saves over the same version.
    /// assert_eq!(mill.update_model(model, read).await.unwrap_err().kind(), ErrorKind::Conflict);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` when it does not fit its dataset or would break a view, `Denied` for a scope that does not see all of that, `Conflict` when somebody else changed it since.
    pub fn update_model(&self, model: Model, expected: u64) -> BoxFuture<'_, Result<Model>> {
        Box::pin(self.update_model_before(model, expected, &[]))
    }

    /// The same before some views are stored that were checked over it ([`check_view`](Self::check_view)): whether they hold as they
    /// are stored now does not matter. So a model and a view may change what neither could change alone.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// # let view = serde_json::from_str(r#"{"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["sum_amount"]}]}"#)?;
    /// # mill.update_view(view, 0).await?;
    /// let (mut model, mut view) = (mill.model("orders").await?, mill.view("sales").await?);
    /// // What the view shows gets another name, so neither could be saved before the other.
    /// for measure in model.measures.iter_mut().filter(|measure| measure.name == "sum_amount") {
    ///     measure.name = "revenue".to_owned();
    /// }
    /// view.include = serde_json::from_str(r#"[{"path": "orders", "members": ["revenue"]}]"#)?;
    /// let (model_read, view_read) = (model.version, view.version);
    /// assert!(mill.update_model(model.clone(), model_read).await.is_err());
    /// mill.check_view(&view, std::slice::from_ref(&model)).await?;
    /// mill.update_model_before(model, model_read, std::slice::from_ref(&view)).await?;
    /// mill.update_view(view, view_read).await?;
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`update_model`](Self::update_model).
    pub fn update_model_before<'a>(&'a self, model: Model, expected: u64, views: &'a [View]) -> BoxFuture<'a, Result<Model>> {
        Box::pin(async move {
            let (name, snapshot) = self.checked(&model, &[]).await?;
            self.keep_views(&model, views).await?;
            let version = self.shared.models.put(self.scope.tenant(), &name, expected, &model).await?;
            // The model is stored: that its rollups cannot be opened now is no reason to say otherwise.
            if let Err(error) = self.owner().open_rollups(&name, &snapshot).await {
                tracing::warn!(dataset = %name, %error, "the rollups of the model could not be opened");
            }
            self.shared.events.raise(Event::ModelChanged { tenant: self.scope.tenant().clone(), dataset: name, version });
            Ok(Model { version, ..model })
        })
    }

    /// The dataset of a model that fits it.
    async fn checked(&self, model: &Model, among: &[Model]) -> Result<(DatasetName, Seen)> {
        let name = DatasetName::parse(&model.name)?;
        let snapshot = self.find(&DatasetName::parse(&model.dataset)?).await?;
        if model.name != model.dataset {
            return Err(Error::invalid("a model has the name of its dataset").at("name"));
        }
        if snapshot.access().restricts() {
            // What it does not see would be lost.
            return Err(Error::denied(format!("change model {name}: a scope that does not see the whole dataset does not change its model; ask somebody who sees it")));
        }
        // And so would what it says of other models that are not seen.
        if self.scope.may_restrict() && self.model(&model.name).await? != self.owner().model(&model.name).await? {
            return Err(Error::denied(format!("change model {name}: a scope that does not see all that it says of other models does not change it; ask somebody who sees it")));
        }
        let schema = snapshot.access().visible_schema(&snapshot.arrow, &name)?;
        check::check(model, self.shared.session.shared(), &schema)?;
        self.check_joins(model, &snapshot).await?;
        self.check_same(model, among).await?;
        if hierarchy::has_joined(model) || joined::has_joined(model) {
            let models = self.led_to(model, among).await?;
            hierarchy::check_joined(model, &models)?;
            check::check_joined(model, &models, self.shared.session.shared(), &schema)?;
        }
        self.check_reached(model, &snapshot, among).await?;
        Ok((name, snapshot))
    }

    /// Whether each dimension that is the same as one of another model can be: that one is there, and of its type.
    async fn check_same(&self, model: &Model, among: &[Model]) -> Result<()> {
        for (index, dimension) in model.dimensions.iter().enumerate() {
            let Some(other) = dimension.same_as.as_deref().and_then(|member| member.split_once('.')).map(|(other, _)| other) else { continue };
            if let Some(other) = among.iter().find(|known| known.name == other) {
                check::check_same(dimension, index, other)?;
                continue;
            }
            // That it is not there is wrong with this model, which is.
            let at = |error: Error| {
                let error = if error.kind() == ErrorKind::NotFound { Error::invalid(error.message()) } else { error };
                error.context(format!("dimension {}", dimension.name)).at(format!("dimensions[{index}].same_as"))
            };
            let name = DatasetName::parse(other).map_err(at)?;
            let seen = self.find(&name).await.map_err(at)?;
            check::check_same(dimension, index, &*self.model_of(&name, &seen).await?)?;
        }
        Ok(())
    }

    /// Generates the first version of a model by the profile of the dataset, unless there is one.
    pub(super) async fn ensure_model(&self, dataset: &DatasetName) -> Result<()> {
        let snapshot = self.shared.datasets.find(self.scope.tenant(), dataset).await?;
        let seen = self.traits_of(dataset, &snapshot).await;
        let model = generate::generate(dataset.as_str(), &snapshot.metadata.label, &snapshot.metadata.schema, &seen);
        match self.shared.models.put(self.scope.tenant(), dataset, 0, &model).await {
            Err(error) if error.kind() != ErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }

    /// What the latest load with a profile has shown of the columns. Where that cannot be read, names and types have to do.
    async fn traits_of(&self, dataset: &DatasetName, snapshot: &Snapshot) -> HashMap<String, Traits> {
        let Some(load_id) = snapshot.profiled.as_deref() else { return HashMap::new() };
        let log = self.shared.datasets.log(self.scope.tenant(), dataset);
        match kept::get(&self.shared.store, log.prefix(), load_id).await {
            Ok(profile) => profile.map(|profile| profile.traits()).unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%dataset, %error, "a model is made without the profile of its load, which could not be read");
                HashMap::new()
            }
        }
    }

    /// Adds members for columns that a load has brought. What people have made of the model stays.
    pub(super) async fn extend_model(&self, dataset: &DatasetName, columns: &[String]) -> Result<()> {
        let snapshot = self.shared.datasets.find(self.scope.tenant(), dataset).await?;
        let Metadata { id, label, schema, .. } = &*snapshot.metadata;
        let mut before = schema.clone();
        before.columns.retain(|column| !columns.contains(&column.name));
        // Of a load that was too small for a profile the one before is found, which knows nothing of these columns.
        let seen = self.traits_of(dataset, &snapshot).await;
        let [before, after] = [&before, schema].map(|schema| generate::generate(dataset.as_str(), label, schema, &seen));
        let (models, tenant) = (&self.shared.models, self.scope.tenant());
        for _ in 0..ATTEMPTS {
            let Some((version, mut model)) = models.get::<Model>(tenant, dataset, id).await? else { return self.ensure_model(dataset).await };
            let mut taken: HashSet<String> = model.dimensions.iter().map(|found| found.name.clone()).chain(model.measures.iter().map(|found| found.name.clone())).collect();
            let mut new = after.clone();
            new.dimensions.retain(|new| !before.dimensions.iter().any(|old| old.name == new.name) && taken.insert(new.name.clone()));
            // What a new half would make of one that is there is for people to say.
            geo::retain_visible(&mut new);
            model.dimensions.append(&mut new.dimensions);
            let measures = after.measures.iter().filter(|new| !before.measures.iter().any(|old| old.name == new.name));
            model.measures.extend(measures.filter(|new| taken.insert(new.name.clone())).cloned().collect::<Vec<_>>());
            match models.put(tenant, dataset, version, &model).await {
                Ok(version) => {
                    self.shared.events.raise(Event::ModelChanged { tenant: tenant.clone(), dataset: dataset.clone(), version });
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::conflict(format!("the model of {dataset} is being changed all the time")))
    }
}
