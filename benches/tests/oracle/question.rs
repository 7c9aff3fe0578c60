//! Random questions. Each is a query that Tidemill must answer: members exist, values fit their types, ranges do not end
//! before they begin, and no local time is one that a clock change repeats or leaves out.

use chrono::NaiveDate;
use serde_json::{Value, json};
use tidemill::{ColumnType, Condition, DateRange, Direction, Filter, Grain, SemanticQuery, TimeDimension};

use crate::calendar::{self, CHANGES, ZONES};
use crate::data::{self, BIG, CITIES, DAY_US, DAYS, DEVICES, HOUR_US};
use crate::dice::Dice;
use crate::members::{self, MEASURES, full};
use crate::operators::{self, COMPARISONS, LISTS, PRESENCE, TEXTS, Wanted, filter};

const GRAINS: [Grain; 8] = [Grain::Second, Grain::Minute, Grain::Hour, Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year];
const FRAGMENTS: [&str; 12] = ["o", "RO", "c1", "%", "_", "\\", "'", "Å", "", "\n", " ", "2013-0"];

/// A question.
pub(crate) fn question(dice: &mut Dice) -> SemanticQuery {
    let zone = dice.pick(&ZONES);
    let named = zone != "UTC" || dice.chance(50);
    let measures = some(dice, &[0, 1, 1, 1, 2, 3, 4], |dice| MEASURES[dice.below(MEASURES.len())].name);
    let mut time_dimensions = Vec::new();
    if dice.chance(70) {
        time_dimensions.push(time(dice));
    }
    if dice.chance(10) {
        let other = dice.pick(&["due", "later"]);
        if time_dimensions.iter().all(|time: &TimeDimension| time.dimension != full(other)) {
            time_dimensions.push(TimeDimension { dimension: full(other), granularity: None, date_range: Some(range(dice)), fill: None });
        }
    }
    let dimensions: Vec<String> = some(dice, &[0, 0, 0, 1, 1, 2, 3], group)
        .into_iter()
        .filter(|name| !time_dimensions.iter().any(|time| time.granularity.is_some() && time.dimension == *name))
        .collect();
    let nothing = measures.is_empty() && dimensions.is_empty() && time_dimensions.iter().all(|time| time.granularity.is_none());
    let measures = if nothing { vec![full("count")] } else { measures };
    let mut filters: Vec<Filter> = (0..dice.pick(&[0, 0, 1, 1, 2, 3])).map(|_| filter(dice, zone, 3, &dimension_condition)).collect();
    if dice.chance(20) {
        filters.push(filter(dice, zone, 2, &measure_condition));
    }
    let asked = |time: &TimeDimension| time.granularity.is_some().then(|| time.dimension.clone());
    let output: Vec<String> = time_dimensions.iter().filter_map(asked).chain(dimensions.iter().cloned()).chain(measures.iter().cloned()).collect();
    let mut order: Vec<(String, Direction)> = Vec::new();
    if dice.chance(50) {
        for _ in 0..=dice.below(output.len()) {
            let name = &output[dice.below(output.len())];
            if order.iter().all(|(known, _)| known != name) {
                order.push((name.clone(), dice.pick(&[Direction::Asc, Direction::Desc])));
            }
        }
    }
    let mut query = SemanticQuery {
        measures,
        dimensions,
        time_dimensions,
        filters,
        order,
        limit: dice.unless(50, |dice| dice.pick(&[1, 2, 5, 10, 100])),
        offset: dice.unless(85, |dice| dice.pick(&[0, 1, 3, 20])),
        timezone: named.then(|| zone.to_owned()),
        ..SemanticQuery::default()
    };
    query.total = dice.chance(20);
    query.exact = dice.chance(30).then_some(true);
    query
}

/// A question about a window of time.
pub(crate) fn windowed(dice: &mut Dice) -> SemanticQuery {
    loop {
        let query = question(dice);
        if query.time_dimensions.iter().any(|time| time.dimension == full("seen") && time.date_range.is_some()) {
            return query;
        }
    }
}

/// Some names, each once.
fn some(dice: &mut Dice, counts: &[usize], name: impl Fn(&mut Dice) -> &'static str) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..dice.pick(counts) {
        let name = full(name(dice));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Something to group by: what has few values more often than what has many.
fn group(dice: &mut Dice) -> &'static str {
    match dice.below(10) {
        0..5 => dice.pick(&["city", "device", "flag", "size", "loud"]),
        5..8 => dice.pick(&["trip", "digit", "letters", "clock", "note", "due"]),
        _ => dice.pick(&["amount", "big", "price", "seen", "later", "ratio", "id"]),
    }
}

fn time(dice: &mut Dice) -> TimeDimension {
    let name = match dice.below(10) {
        0..8 => "seen",
        8 => "due",
        _ => "later",
    };
    let grain = loop {
        let grain = dice.pick(&GRAINS);
        // Hours are known of the column alone.
        if grain != Grain::Hour || name == "seen" {
            break grain;
        }
    };
    let granularity = dice.unless(30, |_| grain.into());
    let date_range = if granularity.is_none() || dice.chance(60) { Some(range(dice)) } else { None };
    TimeDimension { dimension: full(name), granularity, date_range, fill: None }
}

fn day(dice: &mut Dice) -> NaiveDate {
    if dice.chance(25) { calendar::day_of(calendar::micros(dice.pick(&CHANGES)), dice.pick(&ZONES)) } else { data::day(dice.between(-8, DAYS + 8)) }
}

/// A time of day at which no clock changes.
fn local(dice: &mut Dice, day: NaiveDate) -> String {
    let (hour, minute) = (dice.between(4, 22), dice.between(0, 59));
    match dice.below(3) {
        0 => format!("{day}T{hour:02}:{minute:02}"),
        1 => format!("{day} {hour:02}:{minute:02}:30"),
        _ => format!("{day}T{hour:02}:{minute:02}:59.999"),
    }
}

/// A day, an instant or a local time.
fn moment(dice: &mut Dice) -> String {
    let day = day(dice);
    let micros = calendar::micros(&format!("{day}T00:00:00Z")) + dice.between(0, 95) * HOUR_US / 4;
    match dice.below(6) {
        0..3 => day.to_string(),
        3 => data::iso(micros),
        4 => data::iso(micros).replace("000000Z", "000000+05:30"),
        _ => local(dice, day),
    }
}

fn range(dice: &mut Dice) -> DateRange {
    match dice.below(10) {
        0..3 => {
            let first = day(dice);
            let last = first + chrono::Days::new(dice.pick(&[0, 0, 1, 2, 7, 30, 90]));
            DateRange::Between([first.to_string(), last.to_string()])
        }
        3..5 => {
            let from = calendar::micros(data::START) + dice.between(-2, DAYS * 24) * HOUR_US + dice.between(0, 3) * HOUR_US / 4;
            DateRange::Between([data::iso(from), data::iso(from + dice.between(0, 40 * 24) * HOUR_US - dice.between(0, 1))])
        }
        5 => {
            let first = day(dice);
            let last = first + chrono::Days::new(dice.pick(&[1, 2, 10]));
            DateRange::Between([local(dice, first), local(dice, last)])
        }
        6 => DateRange::Named(day(dice).to_string()),
        _ => DateRange::Named(relative(dice)),
    }
}

/// A range that is relative to the clock or to the latest row.
fn relative(dice: &mut Dice) -> String {
    let unit = dice.pick(&["day", "week", "month", "quarter", "year"]);
    let count = dice.pick(&[1, 2, 3, 7, 10, 30]);
    let data = dice.pick(&["", " of data"]);
    match dice.below(9) {
        0 => "all".to_owned(),
        1 => dice.pick(&["today", "yesterday"]).to_owned(),
        2 => format!("this {unit}{data}"),
        3 => format!("last {unit}{data}"),
        4 => format!("last {count} hours"),
        5 => format!("from {count} days ago to now"),
        6 => format!("now-{count}d/d to now"),
        _ => format!("last {count} {unit}s{data}"),
    }
}

fn dimension_condition(dice: &mut Dice, _: &str) -> Condition {
    let all: Vec<_> = members::dimensions().collect();
    let (name, kind) = dice.pick(&all);
    let operator = operators::of(dice, kind);
    Condition { member: full(name), operator, values: operators::values(dice, operator, &mut |dice, wanted| guess(dice, wanted, |dice| value(dice, name, kind))) }
}

/// Measures that are rounded are compared with what none of them hits.
fn measure_condition(dice: &mut Dice, _: &str) -> Condition {
    let measure = &MEASURES[dice.below(MEASURES.len())];
    let kind = measure.output();
    let operator = match kind {
        ColumnType::Integer | ColumnType::Float if measure.exact => dice.pick(&[LISTS.as_slice(), &COMPARISONS, &PRESENCE].concat()),
        ColumnType::String => dice.pick(&[LISTS.as_slice(), &COMPARISONS, &TEXTS].concat()),
        _ => dice.pick(&[COMPARISONS.as_slice(), &PRESENCE].concat()),
    };
    let one = |dice: &mut Dice| match kind {
        ColumnType::Integer if measure.of != "big" => json!(dice.pick(&[0, 0, 1, 1, 2, 3, 10, 100, 5_000])),
        ColumnType::Float if !measure.exact => json!(data::price(dice) + 0.000_123),
        _ => value(dice, measure.of, kind),
    };
    Condition { member: full(measure.name), operator, values: operators::values(dice, operator, &mut |dice, wanted| guess(dice, wanted, one)) }
}

/// What conditions are made of, where `one` makes values.
fn guess(dice: &mut Dice, wanted: Wanted, one: impl FnOnce(&mut Dice) -> Value) -> Value {
    match wanted {
        Wanted::Value => one(dice),
        Wanted::Fragment => json!(dice.pick(&FRAGMENTS)),
        Wanted::Moment => json!(moment(dice)),
        Wanted::Range => json!(range(dice)),
    }
}

/// A value of a dimension, or one near it, in one of the forms that are read.
fn value(dice: &mut Dice, name: &str, kind: ColumnType) -> Value {
    match (kind, name) {
        (ColumnType::Boolean, _) => dice.pick(&[json!(true), json!(false), json!("true"), json!("false")].each_ref()).clone(),
        (ColumnType::String, "device") => json!(dice.pick(&DEVICES)),
        (ColumnType::String, "size") => json!(dice.pick(&["much", "little", "more"])),
        (ColumnType::String, "note") => json!(format!("n{}", dice.below(5_000))),
        (ColumnType::String, "loud") => json!(dice.pick(&CITIES).to_uppercase()),
        (ColumnType::String, "trip") => json!(format!("{}/{}", dice.pick(&CITIES), dice.pick(&DEVICES))),
        (ColumnType::String, _) => json!(dice.pick(&CITIES)),
        // Beyond 2^53 a double is another number: these are compared as what they are.
        (ColumnType::Integer, "big") => json!(dice.pick(&BIG)),
        (ColumnType::Integer, _) => {
            let whole = match name {
                "digit" | "letters" | "clock" => dice.between(-3, 24),
                "id" => dice.between(0, 2_000),
                _ => data::amount(dice),
            };
            match dice.below(4) {
                0 => json!(whole.to_string()),
                1 => json!(whole as f64 + 0.5),
                _ => json!(whole),
            }
        }
        (ColumnType::Float, "ratio") => json!(data::ratio(dice)),
        (ColumnType::Float, _) => match dice.below(3) {
            0 => json!(data::price(dice).to_string()),
            1 => json!(data::price(dice) as i64),
            _ => json!(data::price(dice)),
        },
        (ColumnType::Date, _) => json!(day(dice).to_string()),
        (ColumnType::Timestamp, _) => json!(moment(dice)),
        (ColumnType::Struct | ColumnType::List, _) => unreachable!("the oracle has no nested columns"),
    }
}

/// The clock of a tide stands a while before or after its rows, or on a day on which a clock changes, at a time of day
/// at which none does.
pub(crate) fn clock(dice: &mut Dice, tide: usize, of: usize) -> i64 {
    let noon = HOUR_US * 35 / 2;
    let change = calendar::micros(dice.pick(&CHANGES));
    let day = DAYS * (tide as i64 + 1) / of as i64 + dice.between(-20, 20);
    match dice.below(3) {
        0 => change.div_euclid(DAY_US) * DAY_US + noon,
        _ => calendar::micros(data::START) + day * DAY_US + noon,
    }
}
