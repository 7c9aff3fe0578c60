//! Random questions about a world that Tidemill must answer: measures of one or two facts, by what all of them can be told apart
//! by, and with what moves in time only where it can be moved.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use tidemill::{ColumnType, Condition, DateRange, Direction, Grain, SemanticQuery, TimeDimension};

use crate::calendar::{self, CHANGES, LONG, ZONES};
use crate::dice::Dice;
use crate::measures::{Lens, Measure};
use crate::models::{Fact, Member, shared};
use crate::operators::{self, COMPARISONS, LISTS, PRESENCE, Wanted};
use crate::words;
use crate::world::World;

/// Zones whose offsets are whole hours.
const WHOLE_HOURS: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo"];

/// A measure and its fact.
type Asked<'a> = (&'a Fact, &'a Measure);

pub(crate) fn question(dice: &mut Dice, world: &World) -> SemanticQuery {
    let zone = if dice.chance(40) { "UTC" } else { dice.pick(&ZONES) };
    let mut measures = measures(dice, world);
    let known = shared(&facts_of(&measures));
    let time = time_of(dice, world, &mut measures, &known, zone);
    // What moves without a time to move along is gone, and with it perhaps a fact; what all had in common the others have too.
    let facts = facts_of(&measures);
    let moves = measures.iter().any(|(_, measure)| measure.moves().is_some());
    let is_time = |name: &str| facts.iter().any(|fact| fact.times.iter().any(|time| time == name));
    let known: Vec<&Member> = known.into_iter().filter(|member| !(moves && is_time(&member.name))).collect();

    let mut time_dimensions: Vec<TimeDimension> = time.into_iter().collect();
    if !moves && dice.chance(12) {
        let other = known
            .iter()
            .filter(|member| is_instant(member, zone) && time_dimensions.iter().all(|time| time.dimension != member.name))
            .collect::<Vec<_>>();
        if !other.is_empty() {
            time_dimensions.push(TimeDimension { dimension: dice.pick(&other).name.clone(), granularity: None, date_range: Some(range(dice, world)), fill: None });
        }
    }
    let mut dimensions: Vec<String> = Vec::new();
    for _ in 0..dice.pick(&[0, 1, 1, 2, 2, 3]) {
        let fine = dice.chance(10);
        let possible: Vec<&&Member> = known.iter().filter(|member| member.fine == fine).collect();
        if possible.is_empty() {
            continue;
        }
        let name = &dice.pick(&possible).name;
        if !dimensions.contains(name) && !time_dimensions.iter().any(|time| time.granularity.is_some() && time.dimension == *name) {
            dimensions.push(name.clone());
        }
    }
    let mut filters = Vec::new();
    if !known.is_empty() {
        let condition = |dice: &mut Dice, zone: &str| condition(dice, zone, world, &known);
        filters.extend((0..dice.pick(&[0, 0, 1, 1, 2])).map(|_| operators::filter(dice, zone, 2, &condition)));
    }
    if dice.chance(20) {
        // What is asked for, and what does not have to be.
        let others = facts
            .iter()
            .flat_map(|fact| world.dataset(fact.name).measures.iter().map(|measure| (*fact, measure)))
            .filter(|(_, measure)| measure.moves().is_none());
        let is_number = |(_, measure): &Asked<'_>| matches!(measure.kind, ColumnType::Integer | ColumnType::Float);
        let numbers: Vec<Asked<'_>> = measures.iter().copied().chain(others).filter(is_number).collect();
        filters.push(operators::filter(dice, zone, 1, &|dice, _| {
            let asked = dice.pick(&numbers);
            having(dice, asked)
        }));
    }
    let has = |name: &str| known.iter().any(|member| member.name == name);
    let possible: Vec<String> = world
        .segments()
        .filter(|(_, filters)| filters.iter().all(|filter| !words::speaks_of(filter, &|name| !has(name))))
        .map(|(name, _)| name)
        .collect();
    let segments = if !possible.is_empty() && dice.chance(20) { vec![possible[dice.below(possible.len())].clone()] } else { Vec::new() };

    let measures: Vec<String> = measures.iter().map(|(fact, measure)| format!("{}.{}", fact.name, measure.name)).collect();
    let grouped = time_dimensions.iter().filter(|time| time.granularity.is_some()).map(|time| &time.dimension);
    let output: Vec<&String> = grouped.chain(&dimensions).chain(&measures).collect();
    let mut order: Vec<(String, Direction)> = Vec::new();
    for _ in 0..dice.pick(&[0, 0, 1, 2]) {
        let name = dice.pick(&output);
        if order.iter().all(|(known, _)| known != name) {
            order.push((name.clone(), dice.pick(&[Direction::Asc, Direction::Desc])));
        }
    }
    SemanticQuery {
        order,
        limit: dice.unless(50, |dice| dice.pick(&[1, 3, 10, 100, 1_000])),
        offset: dice.unless(85, |dice| dice.pick(&[1, 4, 30])),
        total: dice.chance(20),
        timezone: (zone != "UTC" || dice.chance(50)).then(|| zone.to_owned()),
        exact: Some(true),
        measures,
        dimensions,
        time_dimensions,
        filters,
        segments,
        ..SemanticQuery::default()
    }
}

/// One to four measures of one fact or of two.
fn measures<'a>(dice: &mut Dice, world: &'a World) -> Vec<Asked<'a>> {
    let first = &world.facts[dice.below(world.facts.len())];
    let second = if dice.chance(45) { &world.facts[dice.below(world.facts.len())] } else { first };
    let mut asked: Vec<Asked<'a>> = Vec::new();
    for _ in 0..dice.between(1, 4) {
        let fact = dice.pick(&[first, second]);
        let of = &world.dataset(fact.name).measures;
        let measure = &of[dice.below(of.len())];
        if !asked.iter().any(|(known, other)| known.name == fact.name && other.name == measure.name) {
            asked.push((fact, measure));
        }
    }
    asked
}

fn facts_of<'a>(measures: &[Asked<'a>]) -> Vec<&'a Fact> {
    let mut facts: Vec<&Fact> = Vec::new();
    for (fact, _) in measures {
        if !facts.iter().any(|known| known.name == fact.name) {
            facts.push(fact);
        }
    }
    facts
}

/// Whether it can be grouped by as a time. A day of a column of dates is asked for in UTC, where there is no doubt which one it is.
fn is_instant(member: &Member, zone: &str) -> bool {
    member.kind == ColumnType::Timestamp || (member.kind == ColumnType::Date && zone == "UTC")
}

/// A time to group by or to restrict. Where measures move in time it is one along which all of them can be moved; where there is
/// none, those that move are left out.
fn time_of<'a>(dice: &mut Dice, world: &'a World, measures: &mut Vec<Asked<'a>>, known: &[&Member], zone: &str) -> Option<TimeDimension> {
    let instants: Vec<&Member> = known.iter().copied().filter(|member| is_instant(member, zone)).collect();
    let moving: Vec<Asked<'_>> = measures.iter().copied().filter(|(_, measure)| measure.moves().is_some()).collect();
    let ways: Vec<&Member> = instants.iter().copied().filter(|member| moving.iter().all(|(fact, _)| fact.times.contains(&member.name))).collect();
    if !moving.is_empty() && !ways.is_empty() {
        let unit = moving.iter().find_map(|(_, measure)| unit_of(measure));
        measures.retain(|(_, measure)| unit_of(measure).is_none_or(|other| Some(other) == unit));
        let running = moving.iter().any(|(_, measure)| matches!(measure.moves(), Some(Lens::Cumulative(_))));
        let unit = unit.or_else(|| (running || dice.chance(75)).then(|| dice.pick(&LONG)));
        let date_range = if unit.is_none() || dice.chance(60) { Some(range(dice, world)) } else { None };
        return Some(TimeDimension { dimension: dice.pick(&ways).name.clone(), granularity: unit.map(|unit| grain(unit).into()), date_range, fill: None });
    }
    if let (false, Some((fact, _))) = (moving.is_empty(), measures.first().copied()) {
        measures.retain(|(_, measure)| measure.moves().is_none());
        if measures.is_empty() {
            measures.push((fact, &world.dataset(fact.name).measures[0]));
        }
    }
    if instants.is_empty() || dice.chance(35) {
        return None;
    }
    let member = dice.pick(&instants);
    let hours = member.kind == ColumnType::Timestamp && WHOLE_HOURS.contains(&zone) && dice.chance(10);
    let unit = dice.unless(30, |dice| if hours { "hour" } else { dice.pick(&LONG) });
    let date_range = if unit.is_none() || dice.chance(50) { Some(range(dice, world)) } else { None };
    Some(TimeDimension { dimension: member.name.clone(), granularity: unit.map(|unit| grain(unit).into()), date_range, fill: None })
}

/// The unit by which a measure must be asked for.
fn unit_of(measure: &Measure) -> Option<&'static str> {
    match measure.moves() {
        Some(Lens::Rolling(_, unit)) => Some(unit),
        _ => None,
    }
}

fn grain(unit: &str) -> Grain {
    serde_json::from_value(unit.into()).unwrap()
}

/// A condition on something that there is, mostly.
fn condition(dice: &mut Dice, _: &str, world: &World, known: &[&Member]) -> Condition {
    let member = dice.pick(known);
    let samples = &world.samples[&member.name];
    let operator = operators::of(dice, member.kind);
    let mut one = |dice: &mut Dice, wanted: Wanted| match wanted {
        Wanted::Value => value(dice, samples, member.kind),
        Wanted::Fragment => fragment(dice, samples).into(),
        Wanted::Moment => day(dice, world).to_string().into(),
        Wanted::Range => json!(range(dice, world)),
    };
    let values = operators::values(dice, operator, &mut one);
    Condition { member: member.name.clone(), operator, values }
}

fn value(dice: &mut Dice, samples: &[Value], kind: ColumnType) -> Value {
    if !samples.is_empty() && dice.chance(90) {
        return samples[dice.below(samples.len())].clone();
    }
    match kind {
        ColumnType::Integer => json!(dice.between(-20, 2_000)),
        ColumnType::Float => json!(dice.between(-400, 400) as f64 / 8.0),
        ColumnType::Date | ColumnType::Timestamp => json!("2013-07-04"),
        ColumnType::Boolean => json!(true),
        _ => json!("it's"),
    }
}

/// Some letters of a value.
fn fragment(dice: &mut Dice, samples: &[Value]) -> String {
    if samples.is_empty() {
        return "a".to_owned();
    }
    let sample = &samples[dice.below(samples.len())];
    let text = sample.as_str().map_or_else(|| sample.to_string(), str::to_owned);
    let from = if dice.chance(50) { 0 } else { dice.below(text.chars().count().max(1)) };
    text.chars().skip(from).take(1 + dice.below(3)).collect()
}

/// A condition on groups. Measures that are rounded are compared with what none of them hits.
fn having(dice: &mut Dice, (fact, measure): Asked<'_>) -> Condition {
    let whole = measure.kind == ColumnType::Integer && measure.exact;
    let operator = if whole { dice.pick(&[LISTS.as_slice(), &COMPARISONS, &COMPARISONS, &PRESENCE].concat()) } else { dice.pick(&[COMPARISONS.as_slice(), &PRESENCE].concat()) };
    let mut one = |dice: &mut Dice, _| {
        if whole {
            json!(dice.pick(&[0, 1, 2, 3, 10, 50, 200, 1_000, 30_000, 1_000_000, 1_000_000_000]))
        } else {
            json!(dice.pick(&[0.0, 0.02, 0.3, 0.9, 2.0, 20.0, 1_000.0, 3e6]) + 0.000_123)
        }
    };
    let values = operators::values(dice, operator, &mut one);
    Condition { member: format!("{}.{}", fact.name, measure.name), operator, values }
}

/// Two days, or one.
fn range(dice: &mut Dice, world: &World) -> DateRange {
    let first = day(dice, world);
    if dice.chance(10) {
        return DateRange::Named(first.to_string());
    }
    DateRange::Between([first, first + Days::new(dice.pick(&[0, 1, 6, 30, 90, 200, 800]))].map(|day| day.to_string()))
}

/// A day of the world, or one on which a clock changes.
fn day(dice: &mut Dice, world: &World) -> NaiveDate {
    if dice.chance(15) {
        return calendar::day_of(calendar::micros(dice.pick(&CHANGES)), dice.pick(&ZONES));
    }
    let [first, last] = world.days;
    first + Days::new(dice.between(0, (last - first).num_days()) as u64)
}
