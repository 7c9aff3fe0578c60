//! A dataset as the scope sees it. There is no other way to find one: a version comes with what may be told of it, so no way
//! of asking can forget the access policies of the model.

use std::ops::Deref;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use datafusion::common::{Column, DFSchema};
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::prelude::cast;
use sha2::{Digest, Sha256};

use super::Mill;
use crate::catalog::{AsOf, ColumnType};
use crate::error::Result;
use crate::ids::DatasetName;
use crate::query::access::Access;
use crate::query::table::scoped_plan;
use crate::semantic::{Model, access};
use crate::storage::log::Snapshot;

/// Accesses that are kept, over all scopes.
const ACCESSES: u64 = 20_000;

/// A version of a dataset with what the scope sees of it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    snapshot: Arc<Snapshot>,
    access: Arc<Access>,
    /// The model as it is stored, where its policies had to be looked at.
    stored: Option<Arc<Model>>,
    /// Latest instant of the time column among the rows that are seen.
    latest: Option<DateTime<Utc>>,
}

/// What is kept of earlier looks.
#[derive(Debug)]
pub(crate) struct Sight {
    /// Accesses by id of the dataset and fingerprint of the scope.
    accesses: moka::future::Cache<(String, String), Known>,
    /// Latest instants of what is seen, by id of the dataset, version and fingerprint of the access.
    latest: moka::future::Cache<(String, u64, String), Option<DateTime<Utc>>>,
}

/// What tells those who may share answers.
#[derive(Debug)]
pub(super) struct Common {
    /// Equal for two scopes exactly when they see the same of the datasets for as long as their policies stay.
    pub key: String,
    /// The policies.
    pub policies: String,
}

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
        Self { accesses: name("accesses").build(), latest: moka::future::Cache::builder().name("latest rows").max_capacity(ACCESSES).build() }
    }
}

impl Deref for Seen {
    type Target = Arc<Snapshot>;

    fn deref(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Seen {
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

    /// Latest instant of the time column among the rows that are seen.
    pub(super) fn latest(&self) -> Option<DateTime<Utc>> {
        self.latest
    }

    /// The same sight of another state of the dataset.
    pub(super) fn of(&self, snapshot: Arc<Snapshot>) -> Self {
        Self { snapshot, ..self.clone() }
    }
}

impl Mill {
    /// The latest version of a dataset.
    ///
    /// # Errors
    /// `NotFound` with near names.
    pub(super) async fn find(&self, dataset: &DatasetName) -> Result<Seen> {
        let snapshot = self.shared.datasets.find(self.scope.tenant(), dataset).await?;
        self.see(dataset, snapshot).await
    }

    /// The same, where there is one.
    pub(super) async fn look_for(&self, dataset: &DatasetName) -> Result<Option<Seen>> {
        match self.shared.datasets.get(self.scope.tenant(), dataset).await? {
            Some(snapshot) => self.see(dataset, snapshot).await.map(Some),
            None => Ok(None),
        }
    }

    /// What the scope sees of a dataset, which need not be there.
    pub(super) async fn access_to(&self, dataset: &DatasetName) -> Result<Arc<Access>> {
        match self.look_for(dataset).await? {
            Some(seen) => Ok(seen.access),
            None => Ok(Arc::new(Access::new(&self.scope, dataset, None))),
        }
    }

    pub(super) async fn see(&self, dataset: &DatasetName, snapshot: Arc<Snapshot>) -> Result<Seen> {
        let Some(user) = self.scope.user() else {
            let access = Arc::new(Access::new(&self.scope, dataset, None));
            return self.placed(dataset, Seen { snapshot, access, stored: None, latest: None }).await;
        };
        let model = self.stored_model(dataset, &snapshot).await?;
        let key = (snapshot.metadata.id.clone(), self.scope.fingerprint());
        let known = self.shared.sight.accesses.get(&key).await;
        let access = match known.filter(|known| Arc::ptr_eq(&known.model, &model) && Arc::ptr_eq(&known.columns, &snapshot.arrow)) {
            Some(known) => known.access,
            None => {
                let schema = DFSchema::try_from_qualified_schema(dataset.as_str(), &snapshot.arrow)?;
                let granted = (!model.access_policies.is_empty()).then(|| access::grant(&model, user, self.shared.session.shared(), &schema));
                let access = Arc::new(Access::new(&self.scope, dataset, granted));
                let known = Known { model: Arc::clone(&model), columns: Arc::clone(&snapshot.arrow), access: Arc::clone(&access) };
                self.shared.sight.accesses.insert(key, known).await;
                access
            }
        };
        self.placed(dataset, Seen { snapshot, access, stored: Some(model), latest: None }).await
    }

    /// The state of a dataset that is asked for. What is seen of it is what is seen now.
    pub(super) async fn pin(&self, name: &DatasetName, latest: Seen, as_of: Option<AsOf>) -> Result<Seen> {
        let Some(as_of) = as_of else { return Ok(latest) };
        let log = self.shared.datasets.log(self.scope.tenant(), name);
        let snapshot = log.snapshot_at(&latest.snapshot, as_of, self.kept(&latest)).await.map_err(|error| error.context(format!("dataset {name}")))?;
        self.placed(name, latest.of(snapshot)).await
    }

    /// What tells those who may share answers about some datasets.
    pub(super) async fn sight_of(&self, datasets: &[DatasetName]) -> Result<Common> {
        if self.scope.user().is_none() {
            return Ok(Common { key: self.scope.fingerprint(), policies: String::new() });
        }
        let (mut seen_as, mut policies) = (Vec::new(), Sha256::new());
        for dataset in datasets {
            let seen = self.find(dataset).await?;
            policies.update(serde_json::to_vec(&seen.stored().map(|model| &model.access_policies))?);
            seen_as.push((seen.metadata.id.clone(), seen.access.fingerprint().to_owned(), seen.access.told(dataset)));
        }
        let policies = hex::encode(policies.finalize());
        // Under the same policies, whose users see the same now, they do so after each commit.
        Ok(Common { key: format!("{:?}|{}|{seen_as:?}|{policies}", self.scope.tenant(), self.scope.limits().result_rows), policies })
    }

    /// With the latest instant that is seen: when hidden rows are of is told nowhere.
    async fn placed(&self, dataset: &DatasetName, seen: Seen) -> Result<Seen> {
        let Some(column) = seen.metadata.schema.time_column.as_ref().filter(|column| seen.access.shows(column)) else { return Ok(Seen { latest: None, ..seen }) };
        let known = seen.snapshot.time_range.map(|(_, latest)| latest);
        if !seen.access.filters_rows() || known.is_none() {
            return Ok(Seen { latest: known, ..seen });
        }
        let key = (seen.metadata.id.clone(), seen.version, seen.access.fingerprint().to_owned());
        let look = async {
            let source = scoped_plan(self.table(dataset, &seen.snapshot, &Arc::default()), dataset, &seen.access, self.shared.session.shared())?;
            let instant = cast(Expr::Column(Column::new(Some(dataset.as_str()), column)), ColumnType::Timestamp.data_type());
            let plan = LogicalPlanBuilder::from(source).aggregate(Vec::<Expr>::new(), vec![max(instant)])?.build()?;
            let found = self.run(&plan, 1).await?.batch;
            let micros = found.columns().first().and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>()?.iter().next().flatten());
            Ok(micros.and_then(DateTime::from_timestamp_micros))
        };
        // A damaged segment, or a filter that does not fit, is for the question itself to meet.
        let latest = match self.shared.sight.latest.try_get_with(key, look).await {
            Ok(latest) => latest,
            Err(error) => {
                let error: Arc<crate::Error> = error;
                tracing::debug!(%dataset, %error, "the latest row that is seen could not be found");
                None
            }
        };
        Ok(Seen { latest, ..seen })
    }
}
