//! What access policies look up in over joins: which models lead there, which versions are looked up in, and the functions written
//! out. Another version is another function, so what is seen changes with it at once, and nothing that was kept is taken for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use datafusion::common::DFSchema;
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};

use super::Mill;
use super::seen::Seen;
use crate::catalog::AsOf;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::DatasetName;
use crate::query::access::{Access, Granted};
use crate::query::table::scoped_plan;
use crate::scope::UserAttributes;
use crate::semantic::compose::Source;
use crate::semantic::join::{Models, way};
use crate::semantic::mapped::Mapped;
use crate::semantic::reach::{Reach, meant};
use crate::semantic::{Model, access};
use crate::storage::log::Snapshot;

/// Models that are looked for at the same time.
const CONCURRENCY: usize = 16;
/// Models that one policy may lead past.
const MODELS_MAX: usize = 200;

/// Datasets of a question, with the versions that it reads.
pub(super) type Pinned = BTreeMap<String, (DatasetName, Seen)>;

/// Which versions policies look up in.
#[derive(Clone, Copy)]
pub(super) enum LookedUpAt<'a> {
    /// The latest.
    Latest,
    /// Those of a time.
    Time(DateTime<Utc>),
    /// Those that a question reads; the latest of what it does not read.
    Among(&'a Pinned),
}

/// Models that joins lead to as they are stored, each with the latest version of its dataset.
#[derive(Default)]
struct Led {
    models: Models,
    latest: BTreeMap<String, (DatasetName, Arc<Snapshot>)>,
}

impl Mill {
    /// What a user sees of a dataset whose policies look up in others. `wanted`: what these are called from there.
    ///
    /// # Errors
    /// Where what is looked up in cannot be read: then nothing is seen, and nothing told. A policy that does not fit shows no rows
    /// instead, and says why.
    pub(super) fn granted_over_joins<'a>(
        &'a self,
        dataset: &'a DatasetName,
        from: (&'a Arc<Model>, &'a Arc<Snapshot>),
        user: &'a UserAttributes,
        wanted: &'a BTreeSet<String>,
        at: LookedUpAt<'a>,
    ) -> BoxFuture<'a, Result<Granted>> {
        // Boxed: what is looked up in is seen in the same way.
        Box::pin(self.grant_over_joins(dataset, from, user, wanted, at))
    }

    async fn grant_over_joins(
        &self,
        dataset: &DatasetName,
        (model, snapshot): (&Arc<Model>, &Arc<Snapshot>),
        user: &UserAttributes,
        wanted: &BTreeSet<String>,
        at: LookedUpAt<'_>,
    ) -> Result<Granted> {
        let told = |error: Error| error.without_values().context(format!("an access policy of {dataset} looks up over joins"));
        let led = self.led_from(model, snapshot, wanted, &[]).await.map_err(told)?;
        let sources = self.sources_of(model, snapshot, &led, wanted, at).await.map_err(told)?;
        let schema = DFSchema::try_from_qualified_schema(dataset.as_str(), &snapshot.arrow)?;
        let mut unfit = BTreeMap::new();
        loop {
            let (granted, mapped) = {
                let reach = Reach::new(&led.models, &sources, self.policy_lookup_rows(), &unfit);
                let granted = access::grant(model, user, self.shared.session.shared(), &schema, Some(&reach));
                (granted, reach.into_mapped())
            };
            let before = unfit.len();
            for one in &mapped {
                if let Some(reason) = self.write_out(one).await.map_err(told)? {
                    unfit.insert(one.name.clone(), reason);
                }
            }
            if unfit.len() == before {
                let lasting = |one: &Mapped| {
                    let id = sources.get(&one.model).map_or("", |source| source.snapshot.metadata.id.as_str());
                    (one.name.clone(), format!("{id}|{}", hex::encode(one.shape)))
                };
                let functions = mapped.iter().map(lasting).collect();
                let lookups = sources.iter().map(|(name, source)| (name.clone(), source.snapshot.version)).collect();
                return Ok(Granted { lookups, functions, ..granted });
            }
        }
    }

    /// Writes a function out, or finds it. `Some`: why it cannot be one, without a word of which rows are at fault.
    async fn write_out(&self, mapped: &Mapped) -> Result<Option<String>> {
        if let Some(reason) = self.shared.sight.unfit(&mapped.name).await {
            return Ok(Some(reason));
        }
        // As whoever wrote the policy: neither other policies nor limits of who asks decide what it means.
        match self.owner().mapping(mapped).await {
            Ok((mapping, _)) => {
                // Who sees the same at the same time puts the same here.
                let _ = mapped.slot.set(mapping);
                Ok(None)
            }
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let reason = format!(
                    "it looks up in {} by {}, where several rows have the same key, or some cannot be computed; a question over that join says which",
                    mapped.model,
                    mapped.keys.join(", ")
                );
                tracing::warn!(model = mapped.model, keys = ?mapped.keys, "an access policy cannot look up there and shows nothing");
                self.shared.sight.note_unfit(&mapped.name, &reason).await;
                Ok(Some(reason))
            }
            Err(error) => Err(error.context(&mapped.model)),
        }
    }

    /// The rows of what the ways to `wanted` lead past, at their versions.
    async fn sources_of(&self, model: &Model, snapshot: &Arc<Snapshot>, led: &Led, wanted: &BTreeSet<String>, at: LookedUpAt<'_>) -> Result<BTreeMap<String, Source>> {
        let mut sources = BTreeMap::new();
        // Where no way or several lead, whoever asks for it is told.
        let steps: Vec<_> = wanted.iter().filter_map(|prefix| way(&model.name, prefix, &led.models).ok()).flatten().collect();
        for step in steps {
            let Some((dataset, latest)) = led.latest.get(&step.target).filter(|_| !sources.contains_key(&step.target)) else { continue };
            let pinned = match at {
                // Its own rows are looked up in as they are asked.
                _ if step.target == model.name => Arc::clone(snapshot),
                LookedUpAt::Latest => Arc::clone(latest),
                LookedUpAt::Time(time) => {
                    let log = self.shared.datasets.log(self.scope.tenant(), dataset);
                    let found = log.snapshot_at(latest, AsOf::Time(time), self.kept(latest)).await;
                    found.map_err(|error| error.context(format!("dataset {dataset}")))?
                }
                LookedUpAt::Among(pinned) => pinned.get(&step.target).map_or_else(|| Arc::clone(latest), |(_, seen)| Arc::clone(seen.snapshot())),
            };
            let plan = scoped_plan(self.table(dataset, &pinned, &Arc::default()), dataset, &Access::default(), self.shared.session.shared());
            sources.insert(step.target, Source { plan, latest: None, snapshot: pinned, seen_as: String::new(), identity: OnceLock::new() });
        }
        Ok(sources)
    }

    /// The models that lead from one to what is called `wanted` from there: as far as the shortest ways, or all where there is none.
    /// `among`: models that count instead of the stored ones.
    async fn led_from(&self, model: &Arc<Model>, snapshot: &Arc<Snapshot>, wanted: &BTreeSet<String>, among: &[Model]) -> Result<Led> {
        let mut led = Led::default();
        led.models.insert(model.name.clone(), Arc::clone(model));
        led.latest.insert(model.name.clone(), (DatasetName::parse(&model.dataset)?, Arc::clone(snapshot)));
        let mut tried = BTreeSet::from([model.name.clone()]);
        for steps in 1.. {
            // What could end a way of so many steps, before everything else that leads on.
            let is_other = |name: &str| model.joins.iter().any(|join| join.name == name && join.target() != name);
            let mut ends: BTreeSet<String> = wanted.iter().filter(|name| !is_other(name.as_str())).cloned().collect();
            let joins = led.models.values().flat_map(|model| &model.joins);
            ends.extend(joins.filter(|join| wanted.contains(&join.name) || wanted.contains(join.target())).map(|join| join.target().to_owned()));
            self.add_stored(&mut led, &mut tried, ends, among).await?;
            if wanted.iter().all(|prefix| way(&model.name, prefix, &led.models).is_ok_and(|way| way.len() <= steps)) {
                break;
            }
            let next: BTreeSet<String> = led.models.values().flat_map(|model| &model.joins).map(|join| join.target().to_owned()).collect();
            if !self.add_stored(&mut led, &mut tried, next, among).await? {
                break;
            }
        }
        Ok(led)
    }

    /// Adds models that were not looked for yet. Whether there were such.
    async fn add_stored(&self, led: &mut Led, tried: &mut BTreeSet<String>, mut names: BTreeSet<String>, among: &[Model]) -> Result<bool> {
        names.retain(|name| !tried.contains(name));
        if names.is_empty() {
            return Ok(false);
        }
        tried.extend(names.iter().cloned());
        if tried.len() > MODELS_MAX {
            return Err(Error::exhausted(format!("joins lead to more than {MODELS_MAX} models from here")));
        }
        let found = futures::stream::iter(names).map(|name| self.stored_of(name, among));
        let found: Vec<_> = found.buffered(CONCURRENCY).try_collect().await?;
        for (dataset, model, snapshot) in found.into_iter().flatten() {
            led.latest.insert(model.name.clone(), (dataset, snapshot));
            led.models.insert(model.name.clone(), model);
        }
        Ok(true)
    }

    /// A model as it is stored and the latest version of its dataset, where there is one of that name.
    async fn stored_of(&self, name: String, among: &[Model]) -> Result<Option<(DatasetName, Arc<Model>, Arc<Snapshot>)>> {
        let Ok(dataset) = DatasetName::parse(&name) else { return Ok(None) };
        let Some(snapshot) = self.shared.datasets.get(self.scope.tenant(), &dataset).await? else { return Ok(None) };
        let model = match among.iter().find(|model| model.name == name) {
            Some(model) => Arc::new(model.clone()),
            None => self.stored_model(&dataset, &snapshot).await?,
        };
        Ok(Some((dataset, model, snapshot)))
    }

    /// Checks what the policies of a model reach over joins. `among`: models that are to be stored beside it.
    ///
    /// # Errors
    /// `Invalid` with the policy at fault.
    pub(super) async fn check_reached(&self, model: &Model, seen: &Seen, among: &[Model]) -> Result<()> {
        let wanted = access::reached(model);
        if wanted.is_empty() {
            return Ok(());
        }
        let (model, snapshot) = (Arc::new(model.clone()), seen.snapshot());
        let led = self.led_from(&model, snapshot, &wanted, among).await?;
        let sources = self.sources_of(&model, snapshot, &led, &wanted, LookedUpAt::Latest).await?;
        let schema = DFSchema::try_from_qualified_schema(model.dataset.as_str(), &snapshot.arrow)?;
        let unfit = BTreeMap::new();
        let reach = Reach::new(&led.models, &sources, self.policy_lookup_rows(), &unfit);
        access::check_reached(&model, self.shared.session.shared(), &schema, &reach)
    }

    /// Whether storing a model would change who sees what by access policies, as they are stored, that reach over joins what it says:
    /// those of other models, and its own where they lead back to it. Whoever may not change policies must not store it then.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// // No policy of another model looks up in the orders.
    /// assert!(!mill.changes_access_elsewhere(&mill.model("orders").await?).await?);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub fn changes_access_elsewhere<'a>(&'a self, model: &'a Model) -> BoxFuture<'a, Result<bool>> {
        self.changes_access_together(std::slice::from_ref(model))
    }

    /// The same of models that are stored together: a way may lead over several of them.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// assert!(!mill.changes_access_together(&[mill.model("orders").await?]).await?);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`changes_access_elsewhere`](Self::changes_access_elsewhere).
    pub fn changes_access_together<'a>(&'a self, models: &'a [Model]) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            for (name, snapshot) in self.shared.datasets.list(self.scope.tenant()).await? {
                let other = self.stored_model(&name, &snapshot).await?;
                let (wanted, members) = (access::reached(&other), access::joined_members(&other));
                if wanted.is_empty() {
                    continue;
                }
                let before = self.led_from(&other, &snapshot, &wanted, &[]).await?;
                // A join to itself, or a circle, leads its own policies to what it says.
                let from = models.iter().find(|model| model.name == other.name).map_or_else(|| Arc::clone(&other), |model| Arc::new(model.clone()));
                let after = self.led_from(&from, &snapshot, &wanted, models).await?;
                if meant(&other, &members, &before.models) != meant(&other, &members, &after.models) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}
