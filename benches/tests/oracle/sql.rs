//! The other compiler: a semantic query as SQL for DuckDB, written from the documentation of the query and not from the
//! engine's code. Every clause is spelled out; nothing is optimised.

use tidemill::{ColumnType, Grain, Granularity, SemanticQuery};

use crate::calendar::{self, ZONES};
use crate::members;
use crate::words::{self, When, Words};

/// A statement and what its columns are.
#[derive(Debug)]
pub(crate) struct Sql {
    /// All rows in order, without limit and offset.
    pub(crate) text: String,
    /// How many of the columns are groups; the rest are measures.
    pub(crate) groups: usize,
    /// Columns that rows are ordered by.
    pub(crate) order: Vec<usize>,
}

pub(crate) fn compile(query: &SemanticQuery, when: When) -> Sql {
    let zone = query.timezone.as_deref().unwrap_or("UTC");
    let words = Words { zone, when };
    let mut columns: Vec<(&str, String)> = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    for time in &query.time_dimensions {
        let (member, kind) = members::dimension(&time.dimension).unwrap();
        let member = if kind == ColumnType::Date { calendar::day_begins(&member, zone) } else { member };
        if let Some(range) = &time.date_range {
            rows.extend(words.within(&member, range));
        }
        if let Some(grain) = time.granularity.as_ref().and_then(Granularity::as_unit) {
            columns.push((time.dimension.as_str(), bucket(&member, grain, zone)));
        }
    }
    let first_dimension = columns.len();
    for name in &query.dimensions {
        columns.push((name.as_str(), members::dimension(name).unwrap().0));
    }
    let groups = columns.len();
    for name in &query.measures {
        columns.push((name.as_str(), aggregate(&words, name)));
    }
    let mut having = Vec::new();
    for filter in &query.filters {
        let text = words.filter(filter, &|name| member(&words, name));
        if words::speaks_of(filter, &|name| members::measure(name).is_some()) { having.push(text) } else { rows.push(text) }
    }

    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let order = words::order(query, &names, first_dimension, groups);

    let list = |items: Vec<String>, between: &str| items.join(between);
    let mut text = format!("select {} from facts", list(columns.iter().enumerate().map(|(index, (_, column))| format!("{column} as c{index}")).collect(), ", "));
    if !rows.is_empty() {
        text += &format!(" where {}", list(rows, " and "));
    }
    if groups > 0 {
        text += &format!(" group by {}", list(columns[..groups].iter().map(|(_, column)| column.clone()).collect(), ", "));
    }
    if !having.is_empty() {
        text += &format!(" having {}", list(having, " and "));
    }
    text += &words::ordered(&order);
    Sql { text, groups, order: order.into_iter().map(|(column, _)| column).collect() }
}

/// The first instant of a bucket: of the rows' own time from a column that was computed when they came in.
fn bucket(member: &str, grain: Grain, zone: &str) -> String {
    let unit = grain.as_str();
    let number = ZONES.iter().position(|known| *known == zone).unwrap();
    match (grain, member) {
        // Offsets are whole minutes.
        (Grain::Second | Grain::Minute, _) => format!("date_trunc('{unit}', {member})"),
        (_, "seen") => format!("{unit}_{number}"),
        _ => calendar::long_bucket(unit, member, zone),
    }
}

/// SQL and type of a member.
fn member(words: &Words<'_>, name: &str) -> (String, ColumnType) {
    match members::measure(name) {
        Some(measure) => (aggregate(words, name), measure.output()),
        None => members::dimension(name).unwrap(),
    }
}

fn aggregate(words: &Words<'_>, name: &str) -> String {
    use tidemill::MeasureKind::{Avg, Count, CountDistinct, Max, Min, Sum};
    let measure = members::measure(name).unwrap();
    let of = measure.of;
    let call = match measure.kind {
        Count if of.is_empty() => "count(*)".to_owned(),
        Count => format!("count({of})"),
        CountDistinct => format!("count(distinct {of})"),
        Sum => format!("sum({of})"),
        Avg => format!("avg({of})"),
        Min => format!("min({of})"),
        Max => format!("max({of})"),
        #[allow(unreachable_patterns, reason = "kinds that are younger than this test")]
        other => unreachable!("no measure of the test is a {other:?}"),
    };
    let filters: Vec<String> = measure.filters().iter().map(|filter| words.filter(filter, &|name| member(words, name))).collect();
    if filters.is_empty() { call } else { format!("{call} filter (where {})", filters.join(" and ")) }
}
