//! What is asked of a dataset, as far as a rollup could answer it: shapes of questions and the rows that they read.

use std::collections::{BTreeSet, HashMap};

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use crate::catalog::ColumnType;
use crate::semantic::calendar::Calendar;
use crate::semantic::grain::Grain;
use crate::semantic::granularity::interval_of;
use crate::semantic::interval::Interval;
use crate::semantic::member::find_measure;
use crate::semantic::model::{MeasureKind, Model, Rollup};
use crate::semantic::query::{Filter, SemanticQuery};

/// Shapes that are remembered; the one that cost least is forgotten first.
const SHAPES_MAX: usize = 256;

/// The members that a question touches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Shape {
    pub dimensions: BTreeSet<String>,
    pub measures: BTreeSet<String>,
    /// A time, and the widest UTC bucket from which the question can be answered.
    pub time: Option<(String, Interval)>,
}

impl Shape {
    /// The shape of a question; `None` for one that no rollup answers. `hidden` are columns that the scope filters by.
    pub(crate) fn of(query: &SemanticQuery, model: &Model, calendar: Calendar, filtered: &[String]) -> Option<Self> {
        // Single values have no states that could be kept.
        if query
            .measures
            .iter()
            .any(|member| find_measure(model, member).is_ok_and(|measure| matches!(measure.kind, MeasureKind::First | MeasureKind::Last)))
        {
            return None;
        }
        let short = |member: &String| member.split_once('.').map(|(_, name)| name.to_owned());
        let measures: BTreeSet<String> = query.measures.iter().map(short).collect::<Option<_>>()?;
        let mut dimensions: BTreeSet<String> = query.dimensions.iter().map(short).collect::<Option<_>>()?;
        let mut time: Option<(String, Interval)> = None;
        for asked in &query.time_dimensions {
            let name = short(&asked.dimension)?;
            let dimension = model.dimensions.iter().find(|dimension| dimension.name == name);
            // A date is of the same day in every zone, so a rollup of UTC answers all of them.
            let calendar = if dimension.is_some_and(|dimension| dimension.column_type == ColumnType::Date) { Tz::UTC.into() } else { calendar };
            let interval = match &asked.granularity {
                // Names are those of the model's own dimensions; what is asked by another one's is told in days.
                Some(asked) => dimension.map_or(Grain::Day.into(), |dimension| interval_of(asked, &name, &dimension.granularities).unwrap_or(Grain::Day.into())),
                None => Grain::Year.into(),
            };
            let kept = kept(interval, calendar);
            match &mut time {
                None => time = Some((name, kept)),
                Some((known, finest)) if *known == name => *finest = common(*finest, kept),
                // Two times in one question: the second would have to be a dimension of every instant.
                Some(_) => return None,
            }
        }
        let mut members = Vec::new();
        query.filters.iter().for_each(|filter| collect(filter, &mut members));
        for member in members {
            let name = short(&member)?;
            match &time {
                Some((time, _)) if *time == name => {}
                _ if model.dimensions.iter().any(|dimension| dimension.name == name) => drop(dimensions.insert(name)),
                _ => {}
            }
        }
        for column in filtered {
            let dimension = model.dimensions.iter().find(|dimension| dimension.column.as_ref().unwrap_or(&dimension.name) == column)?;
            dimensions.insert(dimension.name.clone());
        }
        (!measures.is_empty()).then_some(Self { dimensions, measures, time })
    }

    /// The rollup that keeps exactly this.
    pub(crate) fn rollup(&self) -> Rollup {
        let time = self.time.as_ref();
        let mut rollup = Rollup {
            name: String::new(),
            measures: self.measures.iter().cloned().collect(),
            dimensions: self.dimensions.iter().cloned().collect(),
            time_dimension: time.map(|(name, _)| name.clone()),
            granularity: time.map(|(_, interval)| *interval),
        };
        rollup.name = name_of(&rollup);
        rollup
    }

    /// Whether questions of this shape follow from a rollup.
    pub(crate) fn follows_from(&self, rollup: &Rollup) -> bool {
        let has = |kept: &[String], wanted: &BTreeSet<String>| wanted.iter().all(|name| kept.contains(name));
        let time = match (&self.time, &rollup.time_dimension, rollup.granularity) {
            (None, _, _) => true,
            (Some((wanted, coarser)), Some(kept), Some(grain)) => wanted == kept && grain.divides(*coarser),
            _ => false,
        };
        time && has(&rollup.measures, &self.measures) && has(&rollup.dimensions, &self.dimensions)
    }

    /// A shape from which both follow, if their times agree.
    pub(crate) fn union(&self, other: &Self) -> Option<Self> {
        let time = match (&self.time, &other.time) {
            (Some((one, width)), Some((two, other))) if one == two => Some((one.clone(), common(*width, *other))),
            (Some(_), Some(_)) => return None,
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        let both = |one: &BTreeSet<String>, two: &BTreeSet<String>| one.union(two).cloned().collect();
        Some(Self { dimensions: both(&self.dimensions, &other.dimensions), measures: both(&self.measures, &other.measures), time })
    }
}

/// Buckets of UTC that a question can be made of. Ranges begin at days, as people write them; one that begins elsewhere
/// costs a look at the rows of the segments at its edges.
fn kept(asked: Interval, calendar: Calendar) -> Interval {
    let longest = longest(calendar);
    if longest.divides(asked) {
        return longest;
    }
    // Short buckets are kept as they are where those of the zone begin with those of UTC, unless they begin at an odd time.
    if asked.divides(longest) { asked } else { asked.made_of().into() }
}

/// The longest buckets of UTC of which days of a calendar are made.
fn longest(calendar: Calendar) -> Interval {
    let zone = calendar.zone;
    if zone == Tz::UTC && calendar.day_start == 0 {
        return Grain::Day.into();
    }
    // Offsets of one year are enough to tell zones of whole hours, and these from zones of halves and quarters.
    let offsets = (1..=12).filter_map(|month| chrono::NaiveDate::from_ymd_opt(2024, month, 1));
    let offsets: Vec<i64> = offsets.map(|day| i64::from(zone.offset_from_utc_date(&day).fix().local_minus_utc())).collect();
    let are_whole = |seconds: i64| offsets.iter().all(|offset| offset % seconds == 0);
    if are_whole(3_600) {
        Grain::Hour.into()
    } else if are_whole(900) {
        Interval::QUARTER_OF_AN_HOUR
    } else {
        Grain::Minute.into()
    }
}

/// Buckets of which both are made.
fn common(one: Interval, other: Interval) -> Interval {
    let (finer, coarser) = (one.min(other), one.max(other));
    if finer.divides(coarser) { finer } else { finer.made_of().into() }
}

fn collect(filter: &Filter, members: &mut Vec<String>) {
    match filter {
        Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter().for_each(|part| collect(part, members)),
        Filter::Condition(condition) => members.push(condition.member.clone()),
    }
}

/// A name that says what is kept, and that no other set of members has.
fn name_of(rollup: &Rollup) -> String {
    let mut hash = Sha256::new();
    for part in rollup.measures.iter().chain(&rollup.dimensions).chain(&rollup.time_dimension) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    let grain = rollup.granularity.map(|interval| interval.to_string().replace(' ', "_"));
    let words: Vec<String> = grain.into_iter().chain(rollup.dimensions.iter().cloned()).collect();
    let words: String = words.join("_").chars().take(60).collect();
    format!("advised_{words}{}{:08x}", if words.is_empty() { "" } else { "_" }, u32::from_be_bytes([a, b, c, d]))
}

/// What questions of one shape cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    /// Rows that were read for them.
    pub rows_read: u64,
    pub times: u64,
}

/// What is asked of one dataset. Old questions weigh less with every round.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    shapes: HashMap<Shape, Asked>,
    /// Questions since the last round.
    pub since_round: u64,
}

impl Log {
    pub(crate) fn record(&mut self, shape: Shape, rows_read: u64) {
        let asked = self.shapes.entry(shape).or_default();
        asked.times += 1;
        asked.rows_read += rows_read;
        if self.shapes.len() > SHAPES_MAX
            && let Some(cheapest) = self.shapes.iter().min_by_key(|(_, asked)| **asked).map(|(shape, _)| shape.clone())
        {
            self.shapes.remove(&cheapest);
        }
    }

    /// Shapes in an order that does not depend on chance.
    pub(crate) fn shapes(&self) -> Vec<(Shape, Asked)> {
        let mut shapes: Vec<_> = self.shapes.iter().map(|(shape, asked)| (shape.clone(), *asked)).collect();
        shapes.sort();
        shapes
    }

    /// Ends a round: what was asked before it counts for half from now on.
    pub(crate) fn end_round(&mut self) {
        self.since_round = 0;
        for asked in self.shapes.values_mut() {
            asked.times /= 2;
            asked.rows_read /= 2;
        }
        self.shapes.retain(|_, asked| asked.times > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ColumnType;
    use crate::semantic::model::Dimension;

    fn model() -> Model {
        let dimension = |name: &str, column: &str, column_type| Dimension {
            name: name.into(),
            label: name.into(),
            description: None,
            meta: None,
            public: true,
            column_type,
            column: Some(column.into()),
            expression: None,
            format: None,
            same_as: None,
            granularities: Vec::new(),
            geo: None,
            latitude: None,
        };
        Model {
            name: "orders".into(),
            dataset: "orders".into(),
            label: String::new(),
            description: None,
            meta: None,
            public: true,
            version: 0,
            time_dimension: None,
            dimensions: vec![dimension("at", "at", ColumnType::Timestamp), dimension("town", "city", ColumnType::String), dimension("device", "device", ColumnType::String)],
            measures: Vec::new(),
            joins: Vec::new(),
            segments: Vec::new(),
            hierarchies: Vec::new(),
            rollups: Vec::new(),
            access_policies: Vec::new(),
        }
    }

    fn shape(query: &str, zone: Tz, filtered: &[String]) -> Option<Shape> {
        Shape::of(&serde_json::from_str(query).unwrap(), &model(), zone.into(), filtered)
    }

    #[test]
    fn a_shape_holds_what_a_rollup_must_keep() {
        let query = r#"{"measures": ["orders.count"], "dimensions": ["orders.device"],
            "timeDimensions": [{"dimension": "orders.at", "granularity": "week", "dateRange": "last 7 days"}],
            "filters": [{"member": "orders.at", "operator": "set"}, {"member": "orders.count", "operator": "gt", "values": [1]}]}"#;
        let found = shape(query, Tz::UTC, &["city".to_owned()]).unwrap();
        assert_eq!(found.dimensions, BTreeSet::from(["device".to_owned(), "town".to_owned()]));
        assert_eq!(found.time, Some(("at".to_owned(), Grain::Day.into())));
        assert!(found.follows_from(&found.rollup()));
        assert!(!found.follows_from(&Rollup { granularity: Some(Grain::Week.into()), ..found.rollup() }));
        assert_eq!(shape(query, Tz::Europe__Berlin, &[]).unwrap().time.unwrap().1, Grain::Hour.into());
        assert_eq!(shape(query, Tz::Asia__Kathmandu, &[]).unwrap().time.unwrap().1, Interval::QUARTER_OF_AN_HOUR);
        // A policy over a column that is no dimension cannot be kept.
        assert_eq!(shape(query, Tz::UTC, &["secret".to_owned()]), None);
    }

    #[test]
    fn buckets_are_kept_of_which_those_of_the_zone_are_made() {
        for (asked, zone, expected) in [
            ("day", "UTC", "day"),
            ("week", "UTC", "day"),
            ("6 hours", "UTC", "6 hours"),
            ("15 minutes", "UTC", "15 minutes"),
            ("8 hours from 2024-01-01T06:00", "UTC", "hour"),
            ("day", "UTC days-6", "hour"),
            ("month", "Europe/Berlin", "hour"),
            ("6 hours", "Europe/Berlin", "hour"),
            ("8 hours from 2024-01-01T06:00", "Europe/Berlin", "hour"),
            ("15 minutes", "Europe/Berlin", "15 minutes"),
            ("30 minutes from 2024-01-01T00:10", "Europe/Berlin", "minute"),
            ("day", "Asia/Kolkata", "15 minutes"),
            ("year", "Asia/Kathmandu", "15 minutes"),
            ("hour", "Asia/Kathmandu", "15 minutes"),
            ("30 minutes", "Asia/Kathmandu", "15 minutes"),
            ("20 minutes", "Asia/Kathmandu", "minute"),
            ("5 minutes", "Asia/Kathmandu", "5 minutes"),
            ("week", "Australia/Lord_Howe weeks-Sun", "15 minutes"),
            ("day", "America/St_Johns days-6", "15 minutes"),
            ("day", "Pacific/Chatham", "15 minutes"),
        ] {
            assert_eq!(kept(asked.parse().unwrap(), zone.parse().unwrap()).to_string(), expected, "{asked} in {zone}");
        }
        // One rollup answers zones of halves and of quarters of an hour, and all others.
        let rollup = |zone| shape(r#"{"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day"}]}"#, zone, &[]).unwrap();
        let kept = rollup(Tz::Asia__Kathmandu).rollup();
        assert!([Tz::UTC, Tz::Europe__Berlin, Tz::Asia__Kolkata].into_iter().all(|zone| rollup(zone).follows_from(&kept)));
        assert!(!rollup(Tz::Asia__Kolkata).follows_from(&rollup(Tz::Europe__Berlin).rollup()));
    }

    #[test]
    fn names_tell_rollups_apart_and_stay_the_same() {
        let one = shape(r#"{"measures": ["orders.count"], "dimensions": ["orders.device"]}"#, Tz::UTC, &[]).unwrap();
        let two = Shape { measures: BTreeSet::from(["sum_amount".to_owned()]), ..one.clone() };
        assert_eq!(one.rollup(), one.rollup());
        assert_ne!(one.rollup().name, two.rollup().name);
        assert!(one.rollup().name.starts_with("advised_device_"));
        let both = one.union(&two).unwrap();
        assert!(one.follows_from(&both.rollup()) && two.follows_from(&both.rollup()));
    }

    #[test]
    fn a_log_is_bounded_and_forgets() {
        let mut log = Log::default();
        for number in 0..1_000_u64 {
            let shape = Shape { dimensions: BTreeSet::from([number.to_string()]), measures: BTreeSet::new(), time: None };
            log.record(shape, number);
        }
        let shapes = log.shapes();
        assert_eq!(shapes.len(), SHAPES_MAX);
        assert!(shapes.iter().any(|(_, asked)| asked.rows_read == 999));
        log.end_round();
        assert!(log.shapes().is_empty());
    }
}
