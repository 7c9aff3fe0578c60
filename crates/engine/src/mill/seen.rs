//! A dataset as the scope sees it. What is asked or told of one finds it here alone: a version comes with what may be told of it,
//! so no way of asking can forget the access policies of the model.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, SchemaRef, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, Utc};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::prelude::cast;
use futures::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::Mill;
use super::damage::{Damage, of_part};
use super::reach::{LookedUpAt, Pinned};
use super::shared_look::once;
use crate::catalog::{AsOf, ColumnType};
use crate::error::{Error, ErrorKind, Result};
use crate::functions::bucket::day_start;
use crate::functions::count::count;
use crate::functions::extreme::{max, min};
use crate::ids::DatasetName;
use crate::partial::fragment::{Fingerprint, identity_of};
use crate::query::access::Access;
use crate::semantic::calendar::Calendar;
use crate::semantic::{Model, SemanticQuery, access};
use crate::storage::log::Snapshot;

/// Accesses that are kept, over all scopes.
const ACCESSES: u64 = 20_000;
/// Lookups of policies that are remembered to be none.
const UNFIT: u64 = 1_000;

/// A version of a dataset with what the scope sees of it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    snapshot: Arc<Snapshot>,
    access: Arc<Access>,
    /// The model as it is stored, where its policies had to be looked at.
    stored: Option<Arc<Model>>,
    /// Latest instant of the time column among the rows that are seen; `Err`: it could not be found.
    latest: Result<Option<DateTime<Utc>>, Arc<Error>>,
}

/// How many rows are seen, and from when to when.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    pub rows: u64,
    pub time_range: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What is kept of earlier looks.
#[derive(Debug)]
pub(crate) struct Sight {
    /// Accesses by id of the dataset and fingerprint of the scope.
    accesses: moka::future::Cache<(String, String), Known>,
    /// Extents of what is seen, by id of the dataset, version and fingerprint of the access.
    extents: moka::future::Cache<(String, u64, String), Extent>,
    /// Functions that cannot be written out, and why. Their names say of which version they are.
    unfit: moka::future::Cache<String, String>,
    /// How many rows are seen of those that a condition picks.
    counts: moka::future::Cache<CountKey, u64>,
}

/// Id of the dataset, version and how many of its segments are looked at, fingerprint of the access, condition.
type CountKey = (String, u64, usize, String, Fingerprint);

/// An access with what it was made from.
#[derive(Debug, Clone)]
struct Known {
    model: Arc<Model>,
    columns: SchemaRef,
    access: Arc<Access>,
}

impl Default for Sight {
    fn default() -> Self {
        let name = |name| moka::future::Cache::builder().name(name).max_capacity(ACCESSES);
        Self {
            accesses: name("accesses").build(),
            extents: moka::future::Cache::builder().name("extents").max_capacity(ACCESSES).build(),
            counts: moka::future::Cache::builder().name("counts").max_capacity(ACCESSES).build(),
            unfit: moka::future::Cache::builder().name("unfit").max_capacity(UNFIT).build(),
        }
    }
}

impl Sight {
    /// Why a function cannot be written out, where that is known.
    pub(super) async fn unfit(&self, function: &str) -> Option<String> {
        self.unfit.get(function).await
    }

    pub(super) async fn note_unfit(&self, function: &str, reason: &str) {
        self.unfit.insert(function.to_owned(), reason.to_owned()).await;
    }
}

impl Deref for Seen {
    type Target = Arc<Snapshot>;

    fn deref(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Seen {
    fn new(snapshot: Arc<Snapshot>, access: Arc<Access>, stored: Option<Arc<Model>>) -> Self {
        // When hidden rows are of is told nowhere; of the rows that are seen it has to be found out.
        let shown = snapshot.metadata.schema.time_column.as_ref().is_some_and(|column| access.shows(column) && !access.filters_rows());
        let latest = Ok(snapshot.time_range.filter(|_| shown).map(|(_, latest)| latest));
        Self { snapshot, access, stored, latest }
    }

    /// The version itself, for what is below the sight of anybody.
    pub(super) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    pub(super) fn access(&self) -> &Arc<Access> {
        &self.access
    }

    /// The model as it is stored, where it was read.
    pub(super) fn stored(&self) -> Option<&Arc<Model>> {
        self.stored.as_ref()
    }

    /// The same with the model as it is stored, where that was not read.
    pub(super) fn with_model(self, model: Option<Arc<Model>>) -> Self {
        Self { stored: self.stored.or(model), ..self }
    }

    /// Latest instant of the time column among the rows that are seen, after [`Mill::placed`].
    pub(super) fn latest(&self) -> Option<DateTime<Utc>> {
        self.latest.as_ref().ok().copied().flatten()
    }

    /// The same with a calendar: of dates, the instant at which the day of the latest one begins.
    pub(super) fn latest_in(&self, calendar: Calendar) -> Option<DateTime<Utc>> {
        self.latest().and_then(|latest| self.in_calendar(latest, calendar))
    }

    /// Until when the rows that are seen are there: up to the latest one, or to `now` where one is dated ahead, for nobody knows what
    /// else comes until then. A date says its whole day, so of dates it is the end of the latest day, unless the latest load came on
    /// that day, which went on: to whom rows are hidden, the version.
    pub(super) fn complete_until(&self, calendar: Calendar, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let latest = self.latest()?;
        if !self.is_of_dates() {
            return Some(latest.min(now));
        }
        let (begin, end) = (begin_of(latest.date_naive(), calendar)?, begin_of(latest.date_naive().succ_opt()?, calendar)?);
        // What made the version may only have tidied up; of whom it hides rows from, loads are not told.
        let made_at = match self.snapshot.recent_loads.first() {
            Some((_, loaded_at, _)) if self.snapshot.commit_id.is_some() && !self.access.restricts() => *loaded_at,
            _ => self.snapshot.updated_at,
        };
        Some(if (begin..end).contains(&made_at) { made_at } else { end })
    }

    fn in_calendar(&self, latest: DateTime<Utc>, calendar: Calendar) -> Option<DateTime<Utc>> {
        if self.is_of_dates() { begin_of(latest.date_naive(), calendar) } else { Some(latest) }
    }

    /// Whether dates place its rows in time.
    fn is_of_dates(&self) -> bool {
        let column = self.snapshot.metadata.schema.time_column.as_deref();
        column.and_then(|column| self.snapshot.arrow.field_with_name(column).ok()).is_some_and(|field| *field.data_type() == DataType::Date32)
    }

    /// The same, for a question that is counted from it.
    ///
    /// # Errors
    /// What kept it from being found.
    pub(super) fn latest_needed(&self, calendar: Calendar) -> Result<Option<DateTime<Utc>>> {
        let latest = self.latest.clone().map_err(|error| error.shared())?;
        Ok(latest.and_then(|latest| self.in_calendar(latest, calendar)))
    }

    /// The same sight of another state of the dataset.
    pub(super) fn of(&self, snapshot: Arc<Snapshot>) -> Self {
        Self { snapshot, ..self.clone() }
    }
}

impl Mill {
    /// What the scope sees of the datasets of a question, as a text: while it is the same, an answer to the question may be handed
    /// out again, for it is under the same access policies.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"]}"#)?;
    /// assert_eq!(mill.sight(&query).await?, mill.sight(&query).await?);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query), where its models are not there.
    pub fn sight<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<String>> {
        Box::pin(self.in_class(async move {
            if self.scope.user().is_none() {
                return Ok(self.scope.fingerprint());
            }
            let words = self.words(query).await?;
            let found = async {
                let in_models = self.with_segments(words.query()).await?;
                let ground = self.ground(&in_models, &Damage::default()).await?;
                self.sight_by(&ground.pinned().into_iter().map(|(dataset, _)| dataset).collect::<Vec<_>>(), Access::fingerprint).await
            };
            match found.await {
                Ok(sight) => Ok(sight),
                Err(error) => Err(self.told_error(&words, error).await),
            }
        }))
    }

    /// The latest version of a dataset.
    ///
    /// # Errors
    /// `NotFound` with near names.
    pub(super) async fn find(&self, dataset: &DatasetName) -> Result<Seen> {
        if let Some(held) = self.held_dataset(dataset) {
            return Ok(held);
        }
        let snapshot = self.shared.datasets.find(self.scope.tenant(), dataset).await?;
        let seen = self.see(dataset, snapshot).await?;
        Ok(self.hold_dataset(dataset, seen).await)
    }

    /// The same, where there is one.
    pub(super) async fn look_for(&self, dataset: &DatasetName) -> Result<Option<Seen>> {
        if let Some(held) = self.held_dataset(dataset) {
            return Ok(Some(held));
        }
        let Some(snapshot) = self.shared.datasets.get(self.scope.tenant(), dataset).await? else { return Ok(None) };
        let seen = self.see(dataset, snapshot).await?;
        Ok(Some(self.hold_dataset(dataset, seen).await))
    }

    /// What the scope sees of a dataset, which need not be there.
    pub(super) async fn access_to(&self, dataset: &DatasetName) -> Result<Arc<Access>> {
        match self.look_for(dataset).await? {
            Some(seen) => Ok(seen.access),
            None => Ok(Arc::new(Access::new(&self.scope, dataset, None))),
        }
    }

    pub(super) async fn see(&self, dataset: &DatasetName, snapshot: Arc<Snapshot>) -> Result<Seen> {
        self.see_at(dataset, snapshot, LookedUpAt::Latest).await
    }

    /// The same of rows that a question reads, where policies look up in what it reads too.
    pub(super) async fn see_among(&self, dataset: &DatasetName, seen: &Seen, pinned: &Pinned) -> Result<Seen> {
        if let Some(held) = self.held_among(dataset, pinned) {
            return Ok(held.of(Arc::clone(&seen.snapshot)));
        }
        let seen = self.see_at(dataset, Arc::clone(&seen.snapshot), LookedUpAt::Among(pinned)).await?;
        Ok(self.hold_among(dataset, pinned, seen))
    }

    /// What the scope sees of a version, where its policies look up in those versions.
    async fn see_at(&self, dataset: &DatasetName, snapshot: Arc<Snapshot>, at: LookedUpAt<'_>) -> Result<Seen> {
        let Some(user) = self.scope.user() else {
            let access = Arc::new(Access::new(&self.scope, dataset, None));
            return Ok(Seen::new(snapshot, access, None));
        };
        let model = self.stored_model(dataset, &snapshot).await?;
        let wanted = access::reached_for(&model, user);
        if !wanted.is_empty() {
            // Not kept: what it looks up in may be large, and another version by the next time.
            let granted = self.granted_over_joins(dataset, (&model, &snapshot), user, &wanted, at).await?;
            return Ok(Seen::new(snapshot, Arc::new(Access::new(&self.scope, dataset, Some(granted))), Some(model)));
        }
        let key = (snapshot.metadata.id.clone(), self.scope.fingerprint());
        let known = self.shared.sight.accesses.get(&key).await;
        let access = match known.filter(|known| Arc::ptr_eq(&known.model, &model) && Arc::ptr_eq(&known.columns, &snapshot.arrow)) {
            Some(known) => known.access,
            None => {
                let schema = DFSchema::try_from_qualified_schema(dataset.as_str(), &snapshot.arrow)?;
                let granted = (!model.access_policies.is_empty()).then(|| access::grant(&model, user, self.shared.session.shared(), &schema, None));
                let access = Arc::new(Access::new(&self.scope, dataset, granted));
                let known = Known { model: Arc::clone(&model), columns: Arc::clone(&snapshot.arrow), access: Arc::clone(&access) };
                self.shared.sight.accesses.insert(key, known).await;
                access
            }
        };
        Ok(Seen::new(snapshot, access, Some(model)))
    }

    /// The state of a dataset that is asked for. Policies are those of now; what they look up in is as it was at the same time.
    pub(super) async fn pin(&self, name: &DatasetName, latest: Seen, as_of: Option<AsOf>) -> Result<Seen> {
        let Some(as_of) = as_of else { return Ok(latest) };
        if let Some(held) = self.held_state(name, as_of) {
            return Ok(held);
        }
        let state = self.state_at(name, latest, as_of).await?;
        Ok(self.hold_state(name, as_of, state))
    }

    async fn state_at(&self, name: &DatasetName, latest: Seen, as_of: AsOf) -> Result<Seen> {
        let log = self.shared.datasets.log(self.scope.tenant(), name);
        let snapshot = log.snapshot_at(&latest.snapshot, as_of, self.kept(&latest)).await.map_err(|error| error.context(format!("dataset {name}")))?;
        let time = match as_of {
            AsOf::Time(time) => Some(time),
            // A version that is the latest still goes on.
            AsOf::Version(_) => (snapshot.version != latest.version).then_some(snapshot.updated_at),
        };
        if let Some(time) = time.filter(|_| !latest.access.lookups().is_empty()) {
            return self.see_at(name, snapshot, LookedUpAt::Time(time)).await;
        }
        Ok(Seen::new(snapshot, latest.access, latest.stored))
    }

    /// Equal for two scopes exactly when they may share answers about some datasets, and for as long as it does not change: they
    /// see the same, under the same policies.
    pub(super) async fn sight_of(&self, datasets: &[DatasetName]) -> Result<String> {
        // What policies look up in may change: then those who share see otherwise, and still the same.
        self.sight_by(datasets, Access::lasting).await
    }

    async fn sight_by(&self, datasets: &[DatasetName], identity: fn(&Access) -> &str) -> Result<String> {
        if self.scope.user().is_none() {
            return Ok(self.scope.fingerprint());
        }
        let (mut seen_as, mut policies) = (Vec::new(), Sha256::new());
        for dataset in datasets {
            let seen = self.find(dataset).await?;
            policies.update(serde_json::to_vec(&seen.stored().map(|model| &model.access_policies))?);
            let told = seen.access.told(dataset).map(|told| (told.policies, told.no_rows));
            seen_as.push((seen.metadata.id.clone(), identity(&seen.access).to_owned(), told));
        }
        let policies = hex::encode(policies.finalize());
        // The policies too: two users may see the same by chance, and part when these change.
        Ok(format!("{:?}|{}|{seen_as:?}|{policies}", self.scope.tenant(), self.scope.limits().result_rows))
    }

    /// The datasets that policies of others look up in, with their versions.
    pub(super) async fn looked_up_by(&self, datasets: &[DatasetName]) -> Result<BTreeMap<String, u64>> {
        let mut found = BTreeMap::new();
        for dataset in datasets.iter().filter(|_| self.scope.user().is_some()) {
            let seen = self.find(dataset).await?;
            // As an answer tells it.
            let told = seen.access.told(dataset);
            found.extend(told.into_iter().flat_map(|told| told.lookups));
        }
        Ok(found)
    }

    /// With the latest instant that is seen, for what is counted from it or tells it.
    pub(super) async fn placed(&self, dataset: &DatasetName, seen: Seen) -> Seen {
        if !seen.access.filters_rows() || seen.snapshot.time_range.is_none() {
            return seen;
        }
        // A question that does not need it goes on, and meets what is wrong itself where that touches it.
        let latest = self.extent_of(dataset, &seen).await.map(|extent| extent.time_range.map(|(_, latest)| latest)).map_err(Arc::new);
        Seen { latest, ..seen }
    }

    /// The plan that finds out the extent. `None`: no column is seen, and so no row.
    fn plan_of_extent(&self, dataset: &DatasetName, seen: &Seen) -> Result<Option<LogicalPlan>> {
        let time = seen.metadata.schema.time_column.as_ref().filter(|column| seen.access().shows(column));
        let Some(source) = self.rows_of(dataset, seen)? else { return Ok(None) };
        let instant = time.map(|column| cast(Expr::Column(Column::new(Some(dataset.as_str()), column)), ColumnType::Timestamp.data_type()));
        let bounds = instant.into_iter().flat_map(|instant| [min(instant.clone()), max(instant)]);
        Ok(Some(LogicalPlanBuilder::from(source).aggregate(Vec::<Expr>::new(), std::iter::once(count(lit(1_i64))).chain(bounds))?.build()?))
    }

    /// The rows that are seen. `None`: no column is, and so no row.
    fn rows_of(&self, dataset: &DatasetName, seen: &Seen) -> Result<Option<LogicalPlan>> {
        match self.source_of(dataset, seen, &Arc::default()) {
            Ok(source) => Ok(Some(source)),
            Err(error) if error.kind() == ErrorKind::Denied => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How many rows are seen of those that a condition over the columns picks, which is to be free of time and chance. Found out once a
    /// version, from partials like others: what is new, and segments that the condition cuts in two, are looked at again.
    pub(super) async fn rows_seen(&self, dataset: &DatasetName, seen: &Seen, condition: Option<&Expr>) -> Result<u64> {
        let Some(condition) = condition else { return Ok(self.extent_of(dataset, seen).await?.rows) };
        let (id, version, access) = key_of_extent(seen);
        let key = (id, version, seen.segments.len(), access, identity_of("rows seen", &[condition]));
        once(&self.shared.sight.counts, key, || Box::pin(self.count_rows_seen(dataset, seen, condition))).await
    }

    async fn count_rows_seen(&self, dataset: &DatasetName, seen: &Seen, condition: &Expr) -> Result<u64> {
        let Some(source) = self.rows_of(dataset, seen)? else { return Ok(0) };
        let plan = LogicalPlanBuilder::from(source).filter(condition.clone())?.aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64))])?.build()?;
        Ok(first_count(&self.run(&plan, 1).await.map_err(of_part)?.batch))
    }

    /// How many rows are seen, and from when to when: a partial like others, so only what is new costs anything.
    pub(super) async fn extent_of(&self, dataset: &DatasetName, seen: &Seen) -> Result<Extent> {
        let time = seen.metadata.schema.time_column.as_ref().filter(|column| seen.access.shows(column));
        if !seen.access.filters_rows() {
            return Ok(Extent { rows: seen.rows, time_range: seen.time_range.filter(|_| time.is_some()) });
        }
        once(&self.shared.sight.extents, key_of_extent(seen), || Box::pin(self.look_for_extent(dataset, seen))).await
    }

    async fn look_for_extent(&self, dataset: &DatasetName, seen: &Seen) -> Result<Extent> {
        let Some(plan) = self.plan_of_extent(dataset, seen)? else { return Ok(Extent::default()) };
        let found = self.run(&plan, 1).await.map_err(of_part)?.batch;
        let at = |place: usize| {
            let micros = found.columns().get(place)?.as_primitive_opt::<TimestampMicrosecondType>()?.iter().next().flatten()?;
            DateTime::from_timestamp_micros(micros)
        };
        Ok(Extent { rows: first_count(&found), time_range: at(1).zip(at(2)) })
    }
}

/// The instant at which a day begins.
fn begin_of(day: NaiveDate, calendar: Calendar) -> Option<DateTime<Utc>> {
    day_start(day, calendar).and_then(DateTime::from_timestamp_micros)
}

/// The number that the first column begins with, of how many there are.
fn first_count(found: &RecordBatch) -> u64 {
    let rows = found.columns().first().and_then(|rows| rows.as_primitive_opt::<Int64Type>()?.iter().next().flatten());
    rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0)
}

/// Under which name the extent of what is seen is kept.
fn key_of_extent(seen: &Seen) -> (String, u64, String) {
    (seen.metadata.id.clone(), seen.version, seen.access.fingerprint().to_owned())
}
