//! The lineage of a statement: what it says in the words of models and views, what it reads of which versions, and where that came
//! from. A statement may compute anything of it, so there is no way from a column of its answer to a measure; its text is the way.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;
use serde::Serialize;

use super::way::Roots;
use super::{DatasetLineage, DimensionLineage, Lineage, MeasureLineage, Rows, Words};
use crate::catalog::AsOf;
use crate::error::Result;
use crate::ids::DatasetName;
use crate::mill::Mill;
use crate::mill::ask::{How, PlannedSql};
use crate::mill::compose::LookupsBy;
use crate::mill::damage::Damage;
use crate::mill::seen::Seen;
use crate::mill::sql_models::{Planned, Spoken};
use crate::query::allowance::Allowance;
use crate::query::matching::{Scan, merged};
use crate::semantic::SemanticQuery;
use crate::semantic::calendar::Calendar;
use crate::semantic::date::Reference;
use crate::semantic::join::Models;
use crate::storage::layout;

/// What the answer to a statement is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatementLineage {
    /// The measures that it calls, `measure(revenue)`, and after those of each model what they are computed from.
    pub measures: Vec<MeasureLineage>,
    /// Names in it that are dimensions of models, and no columns.
    pub dimensions: Vec<DimensionLineage>,
    /// What its SELECTs over views ask, in their order. Their `datasets` are empty: all that is read stands below.
    pub questions: Vec<Lineage>,
    /// The zone in which days begin, where it does not say so itself.
    pub timezone: String,
    /// Where it reads rows, and by which conditions. Empty where the scope sees a part of something that it reads.
    pub reads: Vec<ReadLineage>,
    /// What is read, in the order in which it is named, lookups of views after that.
    pub datasets: Vec<DatasetLineage>,
    /// Whether some segments are not listed, because there are more than 1,000.
    pub truncated: bool,
}

/// A place at which a statement reads rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadLineage {
    /// Of what.
    pub dataset: String,
    /// What is asked of these rows alone, before they meet others, as SQL: all of it holds for each that is read.
    pub conditions: Vec<String>,
}

impl Mill {
    /// Says what the answer to a statement is made of: the measures and dimensions of models in it, what it asks of views, the
    /// conditions by which it reads rows, the versions of models and datasets, and the segments that may hold rows of it, with the loads
    /// that brought them. Nothing is computed and no row is read. Of a dataset that the scope does not see as a whole neither segments
    /// nor loads are told, and beside one no conditions: an access policy may have made some of them.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let report = mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let lineage = mill.lineage_sql("select city, measure(sum_amount) from orders where amount > 3 group by city").await?;
    /// assert_eq!(lineage.measures[0].member, "orders.sum_amount");
    /// assert_eq!(lineage.datasets[0].commits[0].loads[0].load_id, report.load_id);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql`](Self::sql): what cannot be asked has no lineage.
    pub fn lineage_sql<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, Result<StatementLineage>> {
        self.lineage_of_statement(sql, None)
    }

    /// The same over the datasets as they were.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// mill.load("orders", Csv::bytes("city,amount\nOslo,4\n")).await?;
    /// let lineage = mill.lineage_sql_as_of("select sum(amount) as total from orders", 0).await?;
    /// assert_eq!((lineage.datasets[0].version, lineage.datasets[0].segments_total), (0, 1));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql_as_of`](Self::sql_as_of).
    pub fn lineage_sql_as_of<'a>(&'a self, sql: &'a str, as_of: impl Into<AsOf>) -> BoxFuture<'a, Result<StatementLineage>> {
        self.lineage_of_statement(sql, Some(as_of.into()))
    }

    fn lineage_of_statement<'a>(&'a self, sql: &'a str, as_of: Option<AsOf>) -> BoxFuture<'a, Result<StatementLineage>> {
        Box::pin(async move {
            // The plan over tables, as for questions; these are looked at after the statement, and are to be of its versions.
            let mill = self.holding(true);
            let traced = async {
                let mut pinned = Vec::new();
                let traced = mill.trace_statement(sql, as_of, &mut pinned).await;
                mill.or_refused(traced, &pinned).await
            };
            self.answering(traced).await
        })
    }

    async fn trace_statement(&self, sql: &str, as_of: Option<AsOf>, pinned: &mut Vec<(DatasetName, Seen)>) -> Result<StatementLineage> {
        let how = How { as_of, lookups: LookupsBy::Joins, explained: false, traced: true };
        let PlannedSql { planned, questions, .. } = self.plan_statement(sql, how, &Damage::default(), pinned, &mut Allowance::default()).await?;
        let Planned { spoken, scans, .. } = planned;
        let mut models = Models::new();
        for (dataset, seen) in pinned.iter() {
            models.insert(dataset.to_string(), self.model_of(dataset, seen).await?);
        }
        let (mut measures, mut dimensions) = (Vec::new(), Vec::new());
        for (dataset, seen) in pinned.iter() {
            // Ranges that go by the data go by that of each dataset.
            let counted = SemanticQuery { as_of, calendar: Some(self.calendar.clone()), ..SemanticQuery::default() };
            let reference = self.reference(&counted, seen)?;
            let reference = Reference { now: questions.now.unwrap_or(reference.now), ..reference };
            let words = Words { models: &models, roots: Roots { models: &models, names: BTreeSet::from([dataset.to_string()]) }, reference };
            let spoken = of_model(&spoken, dataset.as_str(), &models);
            measures.extend(words.measures(&spoken)?);
            dimensions.extend(words.dimensions(&spoken));
        }
        let mut asked = Vec::new();
        for (query, view) in &questions.asked {
            let words = self.words_of(query, view).await?;
            let traced = self.trace(words.query(), Rows::Elsewhere).await;
            asked.push(self.told(&words, traced).await?);
        }
        let restricted = pinned.iter().any(|(_, seen)| seen.access().restricts());
        let reads = if restricted { Vec::new() } else { self.reads(&scans, pinned) };
        let clock = (Calendar::new(self.calendar.zone(), &self.calendar), self.answered_at(as_of, pinned));
        let (datasets, truncated) = self.read_datasets(pinned, &models, merged(scans), clock).await?;
        Ok(StatementLineage { measures, dimensions, questions: asked, timezone: self.calendar.zone().name().to_owned(), reads, datasets, truncated })
    }

    /// Where rows are read, in the order of the plan.
    fn reads(&self, scans: &[Scan], pinned: &[(DatasetName, Seen)]) -> Vec<ReadLineage> {
        let named: BTreeMap<String, &DatasetName> = pinned.iter().map(|(dataset, _)| (layout::dataset(self.scope.tenant(), dataset).to_string(), dataset)).collect();
        let read = |scan: &Scan| Some(ReadLineage { dataset: named.get(&scan.prefix)?.to_string(), conditions: scan.conditions.clone() });
        scans.iter().filter_map(read).collect()
    }
}

/// What a statement says in the words of one model, as a question.
fn of_model(spoken: &Spoken, name: &str, models: &Models) -> SemanticQuery {
    let measures = spoken.measures.iter().filter(|(dataset, _)| dataset == name).map(|(_, measure)| format!("{name}.{measure}"));
    let is_there = |dimension: &&String| models.get(name).is_some_and(|model| model.dimensions.iter().any(|known| known.name == **dimension));
    let dimensions = spoken.dimensions.iter().filter(is_there).map(|dimension| format!("{name}.{dimension}"));
    SemanticQuery { measures: measures.collect(), dimensions: dimensions.collect(), ..SemanticQuery::default() }
}
