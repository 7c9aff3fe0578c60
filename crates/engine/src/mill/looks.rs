//! What a question looks at of what its scope sees, in rows and bytes: what a budget counts for who sees a part of it (ADR 0028).
//!
//! Rows are counted by plain questions under the same access, once a version, and a byte count is declared for each type. So neither
//! hidden rows and columns nor segments, partials, rollups, compression or what others have asked have a part in it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;

use super::Mill;
use super::ask::measures_of;
use super::budget::{begin_of_day, bounded, instant, time_of};
use super::ground::Ground;
use super::seen::Seen;
use crate::budget::Granted;
use crate::catalog::ColumnType;
use crate::error::Result;
use crate::ids::DatasetName;
use crate::query::allowance::{Allowance, Visible};
use crate::query::windows::Windows;
use crate::semantic::date::{self, Reference};
use crate::semantic::in_sql::names::Names;
use crate::semantic::join::{self, Models};
use crate::semantic::joined;
use crate::semantic::member::{Columns, model_of};
use crate::semantic::shape::widest;
use crate::semantic::{Dimension, Filter, Measure, MeasureKind, Model, SemanticQuery};

/// How often a range is halved for a shorter one that is within the budget.
const HALVES: u32 = 6;
/// What to do about a question that looks at too much.
const LESS: &str = "ask for a shorter range of time; where bytes are too many, for fewer measures and dimensions";

/// What a question looks at of one dataset.
#[derive(Debug, Clone)]
pub(super) struct Look {
    dataset: DatasetName,
    seen: Seen,
    /// Which of the rows that are seen. `None`: all of them.
    condition: Option<Expr>,
    /// Bytes of a row: those of the columns that are asked.
    width: u64,
}

impl Mill {
    /// What a question of a ground may read. `told`: what that is is told, so it is found out without a budget too.
    pub(super) async fn allowance(&self, query: &SemanticQuery, ground: &Ground, told: bool) -> Result<Allowance> {
        let granted = self.granted(self.scope.limits().budget.lowered(query.budget.unwrap_or_default()));
        if !ground.seen().any(|seen| seen.access().restricts()) {
            return Ok(Allowance::new(granted));
        }
        if !told && !granted.budget.is_bounded() {
            return Ok(Allowance::new(granted));
        }
        Ok(Allowance::of_visible(granted, self.visible(&self.looks(query, ground)).await?))
    }

    /// What a list of the values of a dimension may read: for who sees a part, that of all rows that they see.
    pub(super) async fn allowance_of_list(&self, dataset: &DatasetName, seen: &Seen, dimension: &Dimension) -> Result<Allowance> {
        let granted = self.granted(self.scope.limits().budget);
        if !seen.access().restricts() || !granted.budget.is_bounded() {
            return Ok(Allowance::new(granted));
        }
        let mut named = BTreeSet::new();
        self.with_columns(dataset, seen, |columns| add(&mut named, columns.dimension(dimension).ok().as_ref()));
        let look = Look { dataset: dataset.clone(), seen: seen.clone(), condition: None, width: width(seen, &named) };
        Ok(Allowance::of_visible(granted, self.visible(&[look]).await?))
    }

    /// Rows and bytes of what is looked at. Datasets, and questions of one statement, add up.
    pub(super) async fn visible(&self, looks: &[Look]) -> Result<Visible> {
        let mut all = Visible::default();
        for Look { dataset, seen, condition, width } in looks {
            let rows = self.rows_seen(dataset, seen, condition.as_ref()).await?;
            all.rows = all.rows.saturating_add(rows);
            all.bytes = all.bytes.saturating_add(rows.saturating_mul(*width));
        }
        Ok(all)
    }

    /// What a question in the words of models looks at: one look at each dataset that it names, with all parts of the answer together.
    pub(super) fn looks(&self, query: &SemanticQuery, ground: &Ground) -> Vec<Look> {
        let query = &*widest(query);
        let models = ground.models();
        let everything = models
            .values()
            .any(|model| measures_of(query, model, models).iter().filter_map(|name| measure(model, name)).any(|measure| is_of_other_times(measure.kind)));
        let looks = ground.pinned().into_iter().filter_map(|(dataset, seen)| {
            let model = models.values().find(|model| model.dataset == dataset.as_str())?;
            self.look(query, model, models, (dataset, seen), (!everything).then(|| ground.reference()))
        });
        looks.collect()
    }

    /// What a question looks at of one dataset. `None`: it names nothing of it. `reference`: what its ranges are counted from, where they
    /// bound the rows that are looked at.
    fn look(&self, query: &SemanticQuery, model: &Model, models: &Models, (dataset, seen): (DatasetName, Seen), reference: Option<&Reference>) -> Option<Look> {
        let told_apart = query.dimensions.iter().chain(query.time_dimensions.iter().map(|time| &time.dimension));
        let told_apart: Vec<&str> = told_apart.map(String::as_str).chain(query.filters.iter().flat_map(Filter::members)).collect();
        let counted = models.values().flat_map(|other| {
            let measures = measures_of(query, other, models);
            other
                .measures
                .iter()
                .filter(move |measure| measures.contains(&measure.name))
                .flat_map(move |measure| joined::members(other, &measure.filters))
        });
        let counted: Vec<&str> = counted.collect();
        let members = query.measures.iter().map(String::as_str).chain(told_apart.iter().chain(&counted).copied());
        let asked: Vec<&str> = members.filter(|member| is_of(member, model, models)).collect();
        // A measure of another model may be computed from some of this one.
        let measures = measures_of(query, model, models);
        if asked.is_empty() && measures.is_empty() {
            return None;
        }
        // Rows whose measures are asked go by what the question names of another model, where they have the same.
        let same = |member: &str| if measures.is_empty() { None } else { same_as(model, member).filter(|_| !is_of(member, model, models)) };
        let is_bound = |member: &str| is_of(member, model, models) || (same(member).is_some() && !is_looked_up(query, &told_apart, &counted, model, models));
        let (mut named, mut conditions) = (BTreeSet::new(), Vec::new());
        self.with_columns(&dataset, &seen, |columns| {
            let own = asked.iter().filter_map(|member| dimension(model, member));
            own.chain(told_apart.iter().filter_map(|member| same(member)))
                .for_each(|dimension| add(&mut named, columns.dimension(dimension).ok().as_ref()));
            measures.iter().filter_map(|name| measure(model, name)).for_each(|measure| add_measure(&mut named, model, measure, columns));
            let Some(reference) = reference else { return };
            for time in query.time_dimensions.iter().filter(|time| is_bound(&time.dimension)) {
                let found = same(&time.dimension).or_else(|| dimension(model, &time.dimension));
                // What is computed may be so from the clock, and is not what is kept for a version.
                let Some(dimension) = found.filter(|dimension| dimension.expression.is_none()) else { continue };
                let range = time.date_range.as_ref().and_then(|range| date::resolve(range, reference).ok());
                let found = range.zip(columns.time(dimension, reference.calendar).ok());
                conditions.extend(found.and_then(|(range, (values, timed))| timed.within(&values, range)));
            }
        });
        Some(Look { width: width(&seen, &named), dataset, seen, condition: conjunction(conditions) })
    }

    /// What a statement looks at of the datasets that it names: the columns whose names are written in it, or those of the dimensions and
    /// measures that are. `windows`: the windows of time that it looks through, where they are known.
    pub(super) async fn looks_of_statement(&self, named: &[(DatasetName, Seen)], names: &Names, windows: Option<&Windows>) -> Result<Vec<Look>> {
        let mut looks = Vec::with_capacity(named.len());
        for (dataset, seen) in named {
            let model = self.model_of(dataset, seen).await?;
            let columns = seen.metadata.schema.columns.iter().map(|column| &column.name).filter(|column| !seen.access().hides(column));
            let mut written: BTreeSet<String> = columns.filter(|column| names.has(column)).cloned().collect();
            self.with_columns(dataset, seen, |columns| {
                let dimensions = model.dimensions.iter().filter(|dimension| names.writes(&dimension.name));
                dimensions.for_each(|dimension| add(&mut written, columns.dimension(dimension).ok().as_ref()));
                for name in model.measures.iter().map(|measure| &measure.name).filter(|name| names.writes(name)) {
                    let asked = SemanticQuery { measures: vec![format!("{}.{name}", model.name)], ..SemanticQuery::default() };
                    let measures = measures_of(&asked, &model, &Models::new());
                    measures.iter().filter_map(|name| measure(&model, name)).for_each(|measure| add_measure(&mut written, &model, measure, columns));
                }
            });
            let time = seen.metadata.schema.time_column.as_deref().filter(|column| seen.access().shows(column));
            let condition = windows.filter(|_| time.is_some()).and_then(|windows| windows.of(&seen.metadata.id));
            looks.push(Look { dataset: dataset.clone(), seen: seen.clone(), condition, width: width(seen, &written) });
        }
        Ok(looks)
    }

    /// What to ask instead of a question that looks at too much, tried as it would be asked.
    pub(super) async fn less(&self, query: &SemanticQuery, ground: &Ground, granted: Granted) -> Vec<String> {
        self.shorter_look(query, ground, granted).await.into_iter().chain([LESS.to_owned()]).collect()
    }

    /// The same question about the newest part of its range.
    async fn shorter_look(&self, query: &SemanticQuery, ground: &Ground, granted: Granted) -> Option<String> {
        let Ground::One { model, dataset, seen, reference, .. } = ground else { return None };
        let (_, dimension) = time_of(model, seen)?;
        let member = format!("{}.{}", model.name, dimension.name);
        let (first, latest) = self.extent_of(dataset, seen).await.ok()?.time_range?;
        let asked = query.time_dimensions.iter().find(|time| time.dimension == member).and_then(|time| time.date_range.as_ref());
        let asked = asked.and_then(|range| date::resolve(range, reference).ok()).unwrap_or_default();
        let at = |micros: Option<i64>| micros.and_then(DateTime::<Utc>::from_timestamp_micros);
        let from = at(asked.from).map_or(first, |from| from.max(first));
        let last = at(asked.to.map(|to| to - 1)).map_or(latest, |last| last.min(latest));
        for times in 1..=HALVES {
            let begin = begin_of_day(last - (last - from) / 2_i32.pow(times), last);
            if begin <= from {
                continue;
            }
            let visible = self.visible(&self.looks(&bounded(query, &member, begin, last), ground)).await.ok()?;
            if granted.allows(visible.rows, visible.bytes) {
                let told = format!("ask for {member} from {} to {} only: that looks at {} rows and about {} bytes", instant(begin), instant(last), visible.rows, visible.bytes);
                return (visible.rows > 0).then_some(told);
            }
        }
        None
    }

    /// Does something with the columns of a dataset that are seen, in which its members are written.
    fn with_columns(&self, dataset: &DatasetName, seen: &Seen, with: impl FnOnce(&Columns<'_>)) {
        // What does not fit is told by planning.
        if let Ok(schema) = seen.access().visible_schema(&seen.arrow, dataset) {
            with(&Columns { state: self.shared.session.shared(), schema: &schema });
        }
    }
}

/// What to write instead of a statement that looks at too much.
pub(super) fn less_of_statement() -> Vec<String> {
    vec!["compare the column of time with instants or dates, so that fewer rows are looked at; where bytes are too many, name fewer columns".to_owned()]
}

/// What to do instead of listing values of too many rows.
pub(super) fn less_of_list(member: &str) -> Vec<String> {
    vec![format!("ask a question by {member} about a shorter range of time")]
}

/// Whether a member is one of a model, by its name or by that of a join to it.
fn is_of(member: &str, model: &Model, models: &Models) -> bool {
    let Some(prefix) = model_of(member).ok().and_then(|path| join::names(path).last()) else { return false };
    if models.contains_key(prefix) {
        return prefix == model.name;
    }
    models.values().any(|other| other.joins.iter().any(|join| join.name == prefix && join.target() == model.name))
}

/// The dimension of a model that is told to be the same as a member of another one.
fn same_as<'m>(model: &'m Model, member: &str) -> Option<&'m Dimension> {
    model.dimensions.iter().find(|dimension| dimension.same_as.as_deref() == Some(member))
}

/// Whether measures of other models look up in the rows of a model: then all of these are read, also where its own measures look at a
/// range alone. `told_apart`: what the question groups and filters by. `counted`: what conditions of its measures name over joins.
fn is_looked_up(query: &SemanticQuery, told_apart: &[&str], counted: &[&str], model: &Model, models: &Models) -> bool {
    let here: Vec<&str> = told_apart.iter().copied().filter(|member| is_of(member, model, models) && dimension(model, member).is_some()).collect();
    let mut others = models.values().filter(|other| other.name != model.name && !measures_of(query, other, models).is_empty());
    counted.iter().any(|member| is_of(member, model, models)) || others.any(|other| here.iter().any(|member| same_as(other, member).is_none()))
}

/// Whether a measure looks at rows of other times than those that are asked for.
fn is_of_other_times(kind: MeasureKind) -> bool {
    matches!(kind, MeasureKind::TimeShift | MeasureKind::Rolling | MeasureKind::Cumulative | MeasureKind::Balance)
}

fn dimension<'m>(model: &'m Model, member: &str) -> Option<&'m Dimension> {
    let (_, name) = member.split_once('.')?;
    model.dimensions.iter().find(|dimension| dimension.name == name)
}

fn measure<'m>(model: &'m Model, name: &str) -> Option<&'m Measure> {
    model.measures.iter().find(|measure| measure.name == name)
}

/// The columns of a measure and of its filters.
fn add_measure(named: &mut BTreeSet<String>, model: &Model, measure: &Measure, columns: &Columns<'_>) {
    // What is computed from measures names no columns: those are among the measures that are asked.
    if !measure.kind.is_derived() {
        add(named, columns.measured(measure).ok().flatten().as_ref());
    }
    let filtered = measure
        .filters
        .iter()
        .flat_map(Filter::members)
        .filter(|member| !joined::is_joined(model, member))
        .filter_map(|member| dimension(model, member));
    filtered.for_each(|dimension| add(named, columns.dimension(dimension).ok().as_ref()));
}

fn add(named: &mut BTreeSet<String>, expr: Option<&Expr>) {
    named.extend(expr.into_iter().flat_map(Expr::column_refs).map(|column| column.name.clone()));
}

/// Bytes of a row, of these columns.
fn width(seen: &Seen, named: &BTreeSet<String>) -> u64 {
    seen.metadata.schema.columns.iter().filter(|column| named.contains(&column.name)).map(|column| bytes_of(column.column_type)).sum()
}

/// Bytes that a value counts for, however it is stored.
fn bytes_of(column_type: ColumnType) -> u64 {
    match column_type {
        ColumnType::Boolean => 1,
        ColumnType::Integer | ColumnType::Float | ColumnType::Date | ColumnType::Timestamp => 8,
        ColumnType::String | ColumnType::Struct | ColumnType::List => 16,
    }
}
