//! A question as SQL for DuckDB: each aggregate alone over the rows of its fact, moved in time where its lens says so; then all
//! joined on the dimensions; then formulas, conditions on them, and the order. Written from the documentation of models.
//!
//! ```text
//!   select formulas .. where conditions on measures order by ..
//!     from (select time, dimensions, aggregate from rows_of_a where .. group by ..)
//!     full join (the next aggregate) on all dimensions, nulls equal
//! ```

use chrono::{Datelike, NaiveDate};
use tidemill::{ColumnType, DateRange, Filter, Grain, Granularity, SemanticQuery, TimeDimension};
use tidemill_benches::alone::{joined, with_totals};

use crate::calendar::{self, bucket_of_face, day_start, face, floor, long_bucket, step};
use crate::measures::{Lens, Need};
use crate::models::quoted_name;
use crate::words::{self, When, Words};
use crate::world::{World, rows_of};

/// The statement for all rows in order, how many of its columns are groups, and the columns that rows are ordered by.
pub(crate) fn compile(query: &SemanticQuery, world: &World) -> (String, usize, Vec<usize>) {
    let zone = query.timezone.as_deref().unwrap_or("UTC");
    // No question is relative to a clock.
    let words = Words { zone, when: When { now: 0, latest: None } };
    let (having, conditions): (Vec<&Filter>, Vec<&Filter>) = query.filters.iter().partition(|filter| words::speaks_of(filter, &|name| world.measure(name).is_some()));
    let mut measures: Vec<&str> = query.measures.iter().map(String::as_str).collect();
    for filter in &having {
        members_of(filter, &mut measures);
    }
    let mut facts: Vec<&str> = measures.iter().map(|member| world.measure(member).unwrap().0).collect();
    facts.sort_unstable();
    facts.dedup();
    let dimension = |name: &str| (quoted_name(name), world.kind(name));
    let segments: Vec<Filter> = world.segments().filter(|(name, _)| query.segments.contains(name)).flat_map(|(_, filters)| filters).collect();
    let conditions = conditions.into_iter().chain(&segments).map(|filter| words.filter(filter, &dimension)).collect();
    let time = query.time_dimensions.iter().find(|time| time.granularity.is_some());
    let asked = Asked { query, world, words: &words, facts, time, conditions };

    let (times, groups) = (usize::from(time.is_some()), usize::from(time.is_some()) + query.dimensions.len());
    let dimensions: Vec<String> = (0..groups).map(|number| format!("d{number}")).collect();
    let buckets = if times > 0 { "partition by d0" } else { "" };
    let mut alone: Vec<String> = Vec::new();
    let mut formulas: Vec<(String, ColumnType)> = Vec::new();
    for member in &measures {
        let (fact, measure) = world.measure(member).unwrap();
        let mut formula = measure.formula.replace("{buckets}", buckets);
        for (number, need) in measure.needs.iter().enumerate() {
            let text = asked.alone(fact, need);
            let place = alone.iter().position(|known| *known == text).unwrap_or_else(|| {
                alone.push(text);
                alone.len() - 1
            });
            formula = formula.replace(&format!("{{{number}}}"), &format!("m{place}"));
        }
        formulas.push((formula, measure.kind));
    }
    let computed: Vec<String> = dimensions.iter().cloned().chain(formulas.iter().enumerate().map(|(number, (formula, _))| format!("{formula} as f{number}"))).collect();
    let kept: Vec<String> = having
        .iter()
        .map(|filter| {
            words.filter(filter, &|name| {
                let place = measures.iter().position(|member| *member == name).unwrap();
                (format!("f{place}"), formulas[place].1)
            })
        })
        .collect();
    let kept = if kept.is_empty() { String::new() } else { format!(" where {}", kept.join(" and ")) };
    let shown: Vec<String> = dimensions.iter().cloned().chain((0..query.measures.len()).map(|number| format!("f{number}"))).collect();
    let shown: Vec<String> = shown.iter().enumerate().map(|(number, column)| format!("{column} as c{number}")).collect();
    let names: Vec<&str> = time.iter().map(|time| &time.dimension).chain(&query.dimensions).chain(&query.measures).map(String::as_str).collect();
    let order = words::order(query, &names, times, groups);
    let text = format!("select {} from (select {} from ({})){kept}{}", shown.join(", "), computed.join(", "), joined(&alone, &dimensions), words::ordered(&order));
    (text, groups, order.into_iter().map(|(column, _)| column).collect())
}

/// Adds the members of a filter that are not there yet.
fn members_of<'a>(filter: &'a Filter, members: &mut Vec<&'a str>) {
    match filter {
        Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter().for_each(|part| members_of(part, members)),
        Filter::Condition(condition) if !members.contains(&condition.member.as_str()) => members.push(&condition.member),
        Filter::Condition(_) => {}
    }
}

/// What is the same for all aggregates of a question.
struct Asked<'a> {
    query: &'a SemanticQuery,
    world: &'a World,
    words: &'a Words<'a>,
    /// Names of the facts that are asked.
    facts: Vec<&'a str>,
    /// The time that is grouped by.
    time: Option<&'a TimeDimension>,
    /// On dimensions.
    conditions: Vec<String>,
}

impl Asked<'_> {
    /// The question for one aggregate, in parentheses: its dimensions, and the number as `m`.
    fn alone(&self, fact: &str, need: &Need) -> String {
        let Need { lens, sql } = need;
        let mut conditions = self.conditions.clone();
        for time in &self.query.time_dimensions {
            conditions.extend(self.read(time, *lens));
        }
        let bucket = self.time.map(|time| self.bucket(&self.instant(&time.dimension), unit_of(time), *lens));
        let shown = bucket.as_ref().map(|bucket| self.shown(bucket, *lens)).unwrap_or_default();
        let running = matches!(lens, Lens::Cumulative(_));
        if !running {
            conditions.extend(shown.clone());
        }
        let mut rows = rows_of(fact);
        if let Lens::Rolling(count, _) = lens {
            rows += &format!(", (select unnest(range({count})) as later)");
        }
        if !conditions.is_empty() {
            rows += &format!(" where {}", conditions.join(" and "));
        }
        let groups: Vec<String> = bucket.into_iter().chain(self.query.dimensions.iter().map(|name| quoted_name(name))).collect();
        let columns: Vec<String> = groups
            .iter()
            .enumerate()
            .map(|(number, group)| format!("{group} as d{number}"))
            .chain([format!("{} as m", with_totals(sql, &rows))])
            .collect();
        let grouped = if groups.is_empty() { String::new() } else { format!(" group by {}", (1..=groups.len()).map(|place| place.to_string()).collect::<Vec<_>>().join(", ")) };
        let text = format!("select {} from {rows}{grouped}", columns.join(", "));
        let Lens::Cumulative(function) = lens else { return format!("({text})") };
        let others: Vec<String> = (1..groups.len()).map(|number| format!("d{number}")).collect();
        let apart = if others.is_empty() { String::new() } else { format!("partition by {} ", others.join(", ")) };
        let so_far = format!("select * replace ({function}(m) over ({apart}order by d0 rows unbounded preceding) as m) from ({text})");
        let shown = shown.iter().map(|condition| format!(" and {condition}")).collect::<String>();
        format!("(select * from ({so_far}) where true{shown})")
    }

    /// A time as DuckDB's timestamp.
    fn instant(&self, member: &str) -> String {
        let column = quoted_name(member);
        if self.world.kind(member) == ColumnType::Date { format!("{column}::timestamp") } else { column }
    }

    /// The bucket that a row counts in.
    fn bucket(&self, instant: &str, grain: Grain, lens: Lens) -> String {
        let zone = self.words.zone;
        let shown = face(instant, zone);
        match (lens, grain.as_str()) {
            (Lens::Before(count, unit), grain) => bucket_of_face(grain, &format!("{shown} + {}", interval(count, unit)), zone),
            (Lens::Rolling(_, unit), grain) => bucket_of_face(grain, &format!("{shown} + {} * later", interval(1, unit)), zone),
            // Hours are asked where offsets are whole ones.
            (_, "hour") => format!("date_trunc('hour', {instant})"),
            (_, grain) => long_bucket(grain, instant, zone),
        }
    }

    /// Which rows are read: those of the range, or of where it lies for the lens. A row without a time is in no moved bucket.
    fn read(&self, time: &TimeDimension, lens: Lens) -> Vec<String> {
        let instant = self.instant(&time.dimension);
        let range = time.date_range.as_ref();
        let zone = self.words.zone;
        if lens == Lens::Own {
            return range.and_then(|range| self.words.within(&instant, range)).into_iter().collect();
        }
        let days = range.map(days);
        let (from, to) = match lens {
            Lens::Before(count, unit) => (days.map(|[from, _]| step(from, unit, -count)), days.map(|[_, last]| earlier_end(last, unit, count))),
            Lens::Rolling(count, unit) => (days.map(|[from, _]| step(floor(from, unit), unit, 1 - count)), days.map(|[_, last]| next(last))),
            _ => (None, days.map(|[_, last]| next(last))),
        };
        let mut conditions = vec![format!("{instant} is not null")];
        conditions.extend(from.map(|day| format!("{instant} >= {}", day_start(day, zone))));
        conditions.extend(to.map(|day| format!("{instant} < {}", day_start(day, zone))));
        conditions
    }

    /// Which buckets are shown where they are moved: those of the range, or else those until the latest row of all facts that have the time.
    fn shown(&self, bucket: &str, lens: Lens) -> Vec<String> {
        let Some(time) = self.time.filter(|_| lens != Lens::Own) else { return Vec::new() };
        let (zone, grain) = (self.words.zone, unit_of(time).as_str());
        let bucket = if matches!(lens, Lens::Cumulative(_)) { "d0" } else { bucket };
        if let Some([from, last]) = time.date_range.as_ref().map(days) {
            return vec![format!("{bucket} >= {}", day_start(floor(from, grain), zone)), format!("{bucket} < {}", day_start(next(last), zone))];
        }
        if matches!(lens, Lens::Cumulative(_)) {
            return Vec::new();
        }
        // A time that a fact looks up is that of rows of the fact that has it.
        let has = |fact: &str| self.world.facts.iter().any(|known| known.name == fact && known.times.contains(&time.dimension));
        let facts = self.facts.iter().filter(|fact| has(fact));
        let latest: Vec<String> = facts.map(|fact| format!("(select max({}) from {})", self.instant(&time.dimension), rows_of(fact))).collect();
        vec![format!("{bucket} <= {}", long_bucket(grain, &format!("greatest({})", latest.join(", ")), zone))]
    }
}

/// The days of a range of which measures that move are asked.
fn days(range: &DateRange) -> [NaiveDate; 2] {
    match range {
        DateRange::Between(days) => days.each_ref().map(|day| day.parse().unwrap()),
        DateRange::Named(day) => [day.parse().unwrap(); 2],
    }
}

fn next(day: NaiveDate) -> NaiveDate {
    step(day, "day", 1)
}

/// The first day that is no longer read, so long before the end of a range. A range to the end of a month is one to the end of the
/// earlier one too.
fn earlier_end(last: NaiveDate, unit: &str, count: i64) -> NaiveDate {
    let end = next(last);
    if matches!(unit, "day" | "week") || end.day() == 1 { step(end, unit, -count) } else { next(calendar::step(last, unit, -count)) }
}

fn interval(count: i64, unit: &str) -> String {
    match unit {
        "quarter" => format!("interval '{} months'", 3 * count),
        unit => format!("interval '{count} {unit}s'"),
    }
}

/// The unit of the buckets of a time.
fn unit_of(time: &TimeDimension) -> Grain {
    time.granularity.as_ref().and_then(Granularity::as_unit).unwrap()
}
