//! Lineage: from a number to what it is made of. What its measures mean in the words of the model, which conditions were
//! applied, which versions were read, which segments may hold rows of it, and which loads brought these. Nothing is computed.

mod origin;
mod statement;
mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::Serialize;

pub use self::statement::{ReadLineage, StatementLineage};
use self::way::Roots;
pub use self::way::{StepLineage, WayLineage};
use super::Mill;
use super::compose::LookupsBy;
use super::damage::Damage;
use super::ground::Ground;
use super::history::{Operation, VersionLoad};
use super::provenance::used_calendar;
use super::seen::Seen;
use crate::error::Result;
use crate::ids::DatasetName;
use crate::query::matching::{Matching, matching};
use crate::query::result::TimeRange;
use crate::semantic::absolute::absolute;
use crate::semantic::calendar::Calendar;
use crate::semantic::compile;
use crate::semantic::date::{self, Reference};
use crate::semantic::join::Models;
use crate::semantic::member::{Member, find, find_dimension, model_of};
use crate::semantic::shape::{self, widest};
use crate::semantic::{Dimension, Filter, Measure, Model, SemanticQuery, UsedCalendar, inputs, segments};
use crate::storage::layout;
use crate::storage::segment::Segment;

/// Segments that are listed, over all datasets of a question.
const SEGMENTS_MAX: usize = 1_000;

/// What the numbers of an answer are made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lineage {
    /// The view that was asked, and what its members are called below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewLineage>,
    /// The measures that are asked for or filtered by, in that order, and after them what they are computed from.
    pub measures: Vec<MeasureLineage>,
    /// What is grouped by.
    pub dimensions: Vec<DimensionLineage>,
    /// The joins by which rows come to what is grouped by and filtered by, where that is of another model.
    pub ways: Vec<WayLineage>,
    /// The ranges of time, made absolute.
    pub time_ranges: Vec<AppliedRange>,
    /// The conditions of the question and of the segments that it names, made absolute.
    pub filters: Vec<AppliedFilter>,
    /// The zone in which days begin.
    pub timezone: String,
    /// When days, weeks and years begin, where the question says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<UsedCalendar>,
    /// What is read.
    pub datasets: Vec<DatasetLineage>,
    /// Whether some segments are not listed, because there are more than 1,000.
    pub truncated: bool,
}

/// A view in whose words a question was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewLineage {
    /// Its name.
    pub name: String,
    /// The version that was asked.
    pub version: u64,
    /// The members of models by those of the view.
    pub members: BTreeMap<String, String>,
}

/// What a measure is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureLineage {
    /// `model.measure`.
    pub member: String,
    /// Whether it is part of the question; the others are what it is computed from.
    pub asked: bool,
    /// As the model has it.
    pub definition: Measure,
    /// Its own conditions, made absolute: only rows for which these hold are counted in.
    pub conditions: Vec<Filter>,
    /// The measures that it is computed from; of a ratio first what is divided, then by what.
    pub made_of: Vec<String>,
}

/// What a group is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DimensionLineage {
    /// As the question names it.
    pub member: String,
    /// The model that it is of, which a join may call otherwise.
    pub model: String,
    /// As the model has it.
    pub definition: Dimension,
}

/// A range of time that rows are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedRange {
    /// The time.
    pub member: String,
    /// First instant; `None`: from the beginning.
    pub from: Option<DateTime<Utc>>,
    /// First instant after it; `None`: to the end.
    pub to: Option<DateTime<Utc>>,
    /// As it was asked for, where it was relative to the clock or to the data: its [canonical text](crate::DateRange::canonical).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative: Option<String>,
}

impl AppliedRange {
    /// The ranges of a question, in its order.
    pub(super) fn all(query: &SemanticQuery, reference: &Reference) -> Result<Vec<Self>> {
        let at = |micros: Option<i64>| micros.and_then(DateTime::from_timestamp_micros);
        let ranges = query.time_dimensions.iter().filter_map(|time| Some((&time.dimension, time.date_range.as_ref()?)));
        let ranges = ranges.map(|(member, asked)| {
            let range = date::resolve(asked, reference)?;
            Ok(Self { member: member.clone(), from: at(range.from), to: at(range.to), relative: asked.relative() })
        });
        ranges.collect()
    }
}

/// A condition that was applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AppliedFilter {
    /// The named filter that it is of, where it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The condition, with relative dates made absolute.
    pub filter: Filter,
}

/// What is read of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetLineage {
    /// Its name, which is that of its model.
    pub dataset: String,
    /// What people read.
    pub label: String,
    /// The version of the model in whose words it is asked.
    pub model_version: u64,
    /// The version of the dataset.
    pub version: u64,
    /// Until when the rows that are seen are there, as in an answer.
    pub complete_until: Option<DateTime<Utc>>,
    /// Whether the scope or an access policy leaves rows or columns out. Then neither segments nor loads are told.
    pub restricted: bool,
    /// The access policies that apply.
    pub policies: Vec<String>,
    /// Why no row is seen, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_rows: Option<String>,
    /// Segments of the version.
    pub segments_total: u64,
    /// Those that may hold a row of the answer, by their bounds.
    pub segments_matching: u64,
    /// Rows of these, whether they are part of the answer or not.
    pub rows: u64,
    /// Where these come from, by commit, oldest first; what is not known comes last.
    pub commits: Vec<CommitLineage>,
}

/// How rows came to be where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// As a load brought them.
    Loaded,
    /// They were written anew since, so which loads have brought them cannot be told.
    Rewritten,
    /// The log does not go back so far any more, or too far to look.
    Unknown,
}

/// Segments that one commit brought.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommitLineage {
    /// How they came.
    pub origin: Origin,
    /// The version that the commit made.
    pub version: Option<u64>,
    /// When it was made.
    pub committed_at: Option<DateTime<Utc>>,
    /// What the commit was for.
    pub operation: Option<Operation>,
    /// The loads. Small ones share a commit and its segments.
    pub loads: Vec<VersionLoad>,
    /// Rows of the segments.
    pub rows: u64,
    /// The segments that may hold a row of the answer.
    pub segments: Vec<SegmentLineage>,
}

/// A segment that may hold a row of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentLineage {
    /// Its path below the dataset.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// When its rows are of; `to` is the first microsecond after the last of them.
    pub time_range: Option<TimeRange>,
}

/// Where the rows of a question are told.
#[derive(Clone, Copy)]
enum Rows {
    /// With it.
    Told,
    /// With the statement that it is a part of.
    Elsewhere,
}

impl Mill {
    /// Says what the numbers of a semantic query are made of: the definitions of its measures and of what they are computed
    /// from, its conditions with all dates made absolute, the versions of models and datasets, and the segments that may hold
    /// rows of it, with the loads that brought them. Nothing is computed and no row is read. Of a dataset that the scope does
    /// not see as a whole neither segments nor loads are told.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let report = mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]}"#)?;
    /// let lineage = mill.lineage(&query).await?;
    /// assert_eq!(lineage.measures[0].definition.column.as_deref(), Some("amount"));
    /// assert_eq!(lineage.datasets[0].commits[0].loads[0].load_id, report.load_id);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query): what cannot be asked has no lineage.
    pub fn lineage<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<Lineage>> {
        Box::pin(async move {
            // The plan over tables, because segments are told by what is pushed into these.
            let mill = Self { skips_damaged: false, from_rows: true, ..self.clone() };
            let traced = async {
                let words = mill.words(query).await?;
                let traced = mill.trace(words.query(), Rows::Told).await;
                mill.told(&words, traced).await
            };
            self.answering(traced).await
        })
    }

    async fn trace(&self, asked: &SemanticQuery, rows: Rows) -> Result<Lineage> {
        let query = &*self.with_segments(asked).await?;
        let ground = self.ground(query, &Damage::default()).await?;
        shape::check(query, ground.models())?;
        let (query, state) = (&*widest(query), self.session().shared());
        let (used, names, plan) = match &ground {
            Ground::Several(gathered) => {
                let planned = self.plan_composed(query, gathered, LookupsBy::Joins)?;
                (planned.used, planned.composed.roots, planned.composed.plan)
            }
            Ground::One { model, dataset, seen, reference, .. } => {
                let source = self.source_of(dataset, seen, &Arc::default())?;
                let compiled = compile::compile(query, model, source, state, reference.clone(), self.scope.limits())?;
                (vec![(dataset.clone(), seen.clone())], BTreeSet::from([model.name.clone()]), compiled.plan)
            }
        };
        let words = Words { models: ground.models(), roots: Roots { models: ground.models(), names }, reference: ground.reference().clone() };
        let (datasets, truncated) = match rows {
            Rows::Told => {
                let matched = if used.iter().all(|(_, seen)| seen.access().restricts()) { Matching::new() } else { matching(&plan, state)? };
                self.read_datasets(&used, ground.models(), matched, (words.reference.calendar, words.reference.now)).await?
            }
            Rows::Elsewhere => (Vec::new(), false),
        };
        Ok(Lineage {
            view: None,
            measures: words.measures(query)?,
            dimensions: words.dimensions(query),
            ways: words.roots.ways(query),
            time_ranges: AppliedRange::all(query, &words.reference)?,
            filters: self.filters(asked, &words).await?,
            timezone: compile::zone_of(query)?.name().to_owned(),
            calendar: used_calendar(query, ground.models().values().map(AsRef::as_ref)),
            datasets,
            truncated,
        })
    }

    /// What is read of datasets, and whether some segments of them are left out. Of those that the scope sees in part it is told that
    /// they are read, and nothing of how they lie.
    async fn read_datasets(&self, used: &[(DatasetName, Seen)], models: &Models, mut matched: Matching, clock: (Calendar, DateTime<Utc>)) -> Result<(Vec<DatasetLineage>, bool)> {
        let (mut datasets, mut room, mut truncated) = (Vec::new(), SEGMENTS_MAX, false);
        for (dataset, seen) in used {
            let found = matched.remove(&layout::dataset(self.scope.tenant(), dataset).to_string()).unwrap_or_default();
            let found: Vec<Arc<Segment>> = if seen.access().restricts() { Vec::new() } else { found.into_values().collect() };
            let listed = found.get(..room.min(found.len())).unwrap_or_default();
            room -= listed.len();
            truncated |= listed.len() < found.len();
            let commits = self.commits_of(dataset, seen, listed).await?;
            datasets.push(of_dataset(dataset, seen, models.get(dataset.as_str()), &found, commits, clock));
        }
        Ok((datasets, truncated))
    }

    /// The conditions of a question, and of the segments that it names.
    async fn filters(&self, asked: &SemanticQuery, words: &Words<'_>) -> Result<Vec<AppliedFilter>> {
        let mut filters = Vec::new();
        for filter in &asked.filters {
            filters.push(AppliedFilter { segment: None, filter: words.absolute(filter)? });
        }
        for member in &asked.segments {
            let model = self.model(model_of(member)?).await?;
            for filter in segments::conditions(&model, member)? {
                filters.push(AppliedFilter { segment: Some(member.clone()), filter: words.absolute(&filter)? });
            }
        }
        Ok(filters)
    }
}

fn of_dataset(
    dataset: &DatasetName,
    seen: &Seen,
    model: Option<&Arc<Model>>,
    found: &[Arc<Segment>],
    commits: Vec<CommitLineage>,
    (calendar, now): (Calendar, DateTime<Utc>),
) -> DatasetLineage {
    let restricted = seen.access().restricts();
    let told = seen.access().told(dataset);
    let (policies, no_rows) = told.map_or_else(Default::default, |told| (told.policies, told.no_rows));
    DatasetLineage {
        dataset: dataset.to_string(),
        label: model.map_or_else(|| dataset.to_string(), |model| model.label.clone()),
        model_version: model.map_or(0, |model| model.version),
        version: seen.version,
        complete_until: seen.complete_until(calendar, now),
        restricted,
        policies,
        no_rows,
        segments_total: if restricted { 0 } else { seen.segments.len() as u64 },
        segments_matching: found.len() as u64,
        rows: found.iter().map(|segment| segment.rows).sum(),
        commits,
    }
}

fn of_segment(segment: &Segment, seen: &Seen) -> SegmentLineage {
    let column = seen.metadata.schema.time_column.as_deref();
    let range = column.and_then(|column| segment.time_range(&seen.arrow, column));
    let time_range = range.map(|(from, last)| TimeRange { from, to: last + TimeDelta::microseconds(1) });
    SegmentLineage { path: segment.path.clone(), rows: segment.rows, bytes: segment.bytes, time_range }
}

/// The words of a question: its models, and when it is asked.
struct Words<'a> {
    models: &'a Models,
    roots: Roots<'a>,
    reference: Reference,
}

impl<'a> Words<'a> {
    /// A dimension, and the model that it is of.
    fn dimension(&self, member: &str) -> Option<(&'a Model, &'a Dimension)> {
        let prefix = model_of(member).ok()?;
        let model = self.roots.target(prefix)?;
        let name = member.get(prefix.len() + 1..)?;
        Some((model, find_dimension(model, &format!("{}.{name}", model.name)).ok()?))
    }

    fn absolute(&self, filter: &Filter) -> Result<Filter> {
        absolute(filter, &self.reference, &|member| self.dimension(member).map(|(_, dimension)| dimension.column_type))
    }

    /// The measures that are asked for or filtered by, and what they are computed from, each once.
    fn measures(&self, query: &SemanticQuery) -> Result<Vec<MeasureLineage>> {
        let named = query.measures.iter().map(String::as_str).chain(query.filters.iter().flat_map(Filter::members));
        let mut queue: Vec<(String, bool)> = named.map(|member| (member.to_owned(), true)).collect();
        let (mut found, mut known, mut next) = (Vec::new(), BTreeSet::new(), 0);
        while let Some((member, asked)) = queue.get(next).cloned() {
            next += 1;
            let Some(model) = model_of(&member).ok().and_then(|name| self.models.get(name)) else { continue };
            let Ok(Member::Measure(measure)) = find(model, &member) else { continue };
            if !known.insert(member.clone()) {
                continue;
            }
            let made_of = inputs::members(model, measure)?;
            queue.extend(made_of.iter().map(|member| (member.clone(), false)));
            let conditions = measure.filters.iter().map(|filter| self.absolute(filter)).collect::<Result<_>>()?;
            found.push(MeasureLineage { member, asked, definition: measure.clone(), conditions, made_of });
        }
        Ok(found)
    }

    fn dimensions(&self, query: &SemanticQuery) -> Vec<DimensionLineage> {
        let times = query.time_dimensions.iter().filter(|time| time.granularity.is_some()).map(|time| &time.dimension);
        let members = times.chain(&query.dimensions);
        let found = members.filter_map(|member| {
            let (model, definition) = self.dimension(member)?;
            Some(DimensionLineage { member: member.clone(), model: model.name.clone(), definition: definition.clone() })
        });
        found.collect()
    }
}
