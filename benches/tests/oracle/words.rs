//! Conditions and ranges of time as SQL for DuckDB, and the order of rows: what the tests that write SQL for semantic queries
//! share. Written from the documentation of the query and not from the engine's code.

use serde_json::Value;
use tidemill::{ColumnType, Condition, DateRange, Direction, Filter, Operator, SemanticQuery};

use crate::calendar::{self, day_start, floor, instant, shown_in, step};

/// What relative dates are relative to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) now: i64,
    /// The latest time in the data, where the dataset has a column of time.
    pub(crate) latest: Option<i64>,
}

/// A text in SQL.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A whole number in SQL: the least one has no literal.
pub(crate) fn whole(number: i64) -> String {
    format!("'{number}'::bigint")
}

/// Whether a filter speaks of a member.
pub(crate) fn speaks_of(filter: &Filter, wanted: &dyn Fn(&str) -> bool) -> bool {
    match filter {
        Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter().any(|part| speaks_of(part, wanted)),
        Filter::Condition(condition) => wanted(&condition.member),
    }
}

/// The columns that rows are ordered by: what is asked for, or else the first time or the greatest first measure; then
/// all groups that are left. `times` and `groups` are how many columns are times, and how many are no measures.
pub(crate) fn order(query: &SemanticQuery, columns: &[&str], times: usize, groups: usize) -> Vec<(usize, Direction)> {
    let mut order: Vec<(usize, Direction)> = Vec::new();
    for (name, direction) in &query.order {
        order.push((columns.iter().position(|column| *column == name.as_str()).unwrap(), *direction));
    }
    if order.is_empty() {
        if times > 0 {
            order.push((0, Direction::Asc));
        } else if columns.len() > groups {
            order.push((groups, Direction::Desc));
        }
    }
    for group in 0..groups {
        if order.iter().all(|(column, _)| *column != group) {
            order.push((group, Direction::Asc));
        }
    }
    order
}

/// The clause for an order of columns that are called `c0`, `c1` and so on.
pub(crate) fn ordered(order: &[(usize, Direction)]) -> String {
    let direction = |direction: Direction| if direction == Direction::Asc { "asc" } else { "desc" };
    let columns: Vec<String> = order.iter().map(|(column, way)| format!("c{column} {} nulls last", direction(*way))).collect();
    if columns.is_empty() { String::new() } else { format!(" order by {}", columns.join(", ")) }
}

/// How a query is spoken: in which zone, and when.
pub(crate) struct Words<'a> {
    pub(crate) zone: &'a str,
    pub(crate) when: When,
}

impl Words<'_> {
    /// A filter, where `member` tells the SQL and the type of each of its members.
    pub(crate) fn filter(&self, filter: &Filter, member: &dyn Fn(&str) -> (String, ColumnType)) -> String {
        let group = |parts: &[Filter], word: &str| format!("({})", parts.iter().map(|part| self.filter(part, member)).collect::<Vec<_>>().join(word));
        match filter {
            Filter::And { and } => group(and, " and "),
            Filter::Or { or } => group(or, " or "),
            Filter::Condition(condition) => {
                let (x, kind) = member(&condition.member);
                self.condition(condition, &x, kind)
            }
        }
    }

    fn condition(&self, condition: &Condition, x: &str, kind: ColumnType) -> String {
        use Operator::*;
        let given: Vec<&Value> = condition.values.iter().filter(|value| !value.is_null()).collect();
        let with_null = given.len() < condition.values.len();
        let any = |test: &dyn Fn(&Value) -> String| format!("({})", given.iter().map(|value| test(value)).collect::<Vec<_>>().join(" or "));
        // What is found, and what is left: a negation keeps what has no value, unless `null` is among the values.
        let listed = |found: String, negated: bool| match (given.is_empty(), negated, with_null) {
            (true, false, _) => format!("{x} is null"),
            (true, true, _) => format!("{x} is not null"),
            (false, false, false) => found,
            (false, false, true) => format!("({found} or {x} is null)"),
            (false, true, false) => format!("(not {found} or {x} is null)"),
            (false, true, true) => format!("(not {found} and {x} is not null)"),
        };
        let text = |function: &str, negated: bool| {
            let test = |value: &Value| format!("{function}(lower({x}::varchar), lower({}))", quoted(value.as_str().unwrap()));
            listed(any(&test), negated)
        };
        let time = if kind == ColumnType::Date { calendar::day_begins(x, self.zone) } else { x.to_owned() };
        let moment = || self.moment(given[0].as_str().unwrap());
        match condition.operator {
            Set => format!("{x} is not null"),
            NotSet => format!("{x} is null"),
            Equals => listed(any(&|value| self.equal(x, value, kind)), false),
            NotEquals => listed(any(&|value| self.equal(x, value, kind)), true),
            Contains => text("contains", false),
            NotContains => text("contains", true),
            StartsWith => text("starts_with", false),
            NotStartsWith => text("starts_with", true),
            EndsWith => text("ends_with", false),
            NotEndsWith => text("ends_with", true),
            Gt => self.compared(x, ">", given[0], kind),
            Gte => self.compared(x, ">=", given[0], kind),
            Lt => self.compared(x, "<", given[0], kind),
            Lte => self.compared(x, "<=", given[0], kind),
            Between => format!("({} and {})", self.compared(x, ">=", given[0], kind), self.compared(x, "<=", given[1], kind)),
            NotBetween => format!("({} or {} or {x} is null)", self.compared(x, "<", given[0], kind), self.compared(x, ">", given[1], kind)),
            InDateRange | NotInDateRange => {
                let range = match given.as_slice() {
                    [from, to] => DateRange::Between([from, to].map(|value| value.as_str().unwrap().to_owned())),
                    _ => DateRange::Named(given[0].as_str().unwrap().to_owned()),
                };
                let inside = self.within(&time, &range).unwrap_or_else(|| format!("{x} is not null"));
                if condition.operator == InDateRange { inside } else { format!("(not {inside} or {x} is null)") }
            }
            BeforeDate => format!("{time} < {}", moment().0),
            BeforeOrOnDate => format!("{time} < {}", moment().1),
            AfterDate => format!("{time} >= {}", moment().1),
            AfterOrOnDate => format!("{time} >= {}", moment().0),
            // Without a calendar of its own the engine's question has Saturdays and Sundays off; none is asked here.
            OnBusinessDays | OffBusinessDays => unreachable!("business days are not among the random questions"),
        }
    }

    /// A comparison with a value. A time is compared with all of it: the microsecond, the day or what else is written.
    fn compared(&self, x: &str, sign: &str, value: &Value, kind: ColumnType) -> String {
        if kind != ColumnType::Timestamp {
            return format!("{x} {sign} {}", self.literal(value, kind));
        }
        let (first, after) = self.moment(value.as_str().unwrap());
        match sign {
            ">" => format!("{x} >= {after}"),
            "<=" => format!("{x} < {after}"),
            _ => format!("{x} {sign} {first}"),
        }
    }

    /// Whether something is a value, and a time one of a day.
    fn equal(&self, x: &str, value: &Value, kind: ColumnType) -> String {
        let is_day = |text: &str| text.parse::<chrono::NaiveDate>().is_ok();
        match (kind, value.as_str()) {
            (ColumnType::Timestamp, Some(day)) if is_day(day) => {
                let (first, after) = self.moment(day);
                format!("({x} >= {first} and {x} < {after})")
            }
            _ => format!("{x} = {}", self.literal(value, kind)),
        }
    }

    fn literal(&self, value: &Value, kind: ColumnType) -> String {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match kind {
            ColumnType::String => quoted(&text),
            ColumnType::Boolean => text,
            ColumnType::Integer if text.parse::<i64>().is_ok() => whole(text.parse().unwrap()),
            ColumnType::Integer | ColumnType::Float => format!("'{text}'::double"),
            ColumnType::Date => format!("date '{text}'"),
            ColumnType::Timestamp => self.moment(&text).0,
            ColumnType::Struct | ColumnType::List => unreachable!("the oracle has no nested columns"),
        }
    }

    /// First instant of a day, of an instant or of a local time, and the first instant after it.
    fn moment(&self, text: &str) -> (String, String) {
        if let Ok(day) = text.parse::<chrono::NaiveDate>() {
            return (day_start(day, self.zone), day_start(step(day, "day", 1), self.zone));
        }
        let absolute = text.ends_with('Z') || text.contains('+');
        let first = if absolute { format!("timezone('UTC', timestamptz '{text}')") } else { shown_in(self.zone, text) };
        // A fraction of a second is the whole of its last digit.
        let digits: String = text.split('.').nth(1).unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
        let long = if digits.bytes().all(|digit| digit == b'0') { 1 } else { 10_i64.pow(6_u32.saturating_sub(digits.len() as u32)) };
        let after = format!("{first} + interval {long} microsecond");
        (first, after)
    }

    /// Whether a time lies in a range; nothing for all time.
    pub(crate) fn within(&self, time: &str, range: &DateRange) -> Option<String> {
        let (from, to) = match range {
            DateRange::Between([from, to]) => (self.moment(from).0, self.moment(to).1),
            DateRange::Named(text) if text == "all" => return None,
            DateRange::Named(text) => self.named(text),
        };
        Some(format!("({time} >= {from} and {time} < {to})"))
    }

    /// From, and to but without.
    fn named(&self, text: &str) -> (String, String) {
        let (words, of_data) = text.strip_suffix(" of data").map_or((text, false), |words| (words, true));
        let anchor = if of_data { self.when.latest } else { Some(self.when.now) };
        // Without a time in the data no time is in a range of it.
        let Some(anchor) = anchor else { return (instant(0), instant(0)) };
        let today = calendar::day_of(anchor, self.zone);
        let days = |from, to| (day_start(from, self.zone), day_start(to, self.zone));
        let whole = |unit: &str, first: i64, after: i64| days(step(floor(today, unit), unit, first), step(floor(today, unit), unit, after));
        let number = |text: &str| text.parse::<i64>().unwrap();
        match words.split(' ').collect::<Vec<_>>().as_slice() {
            ["today"] => whole("day", 0, 1),
            ["yesterday"] => whole("day", -1, 0),
            ["this", unit] => whole(unit, 0, 1),
            ["last", unit] if of_data => whole(unit, 0, 1),
            ["last", unit] => whole(unit, -1, 0),
            ["last", count, "hours"] => {
                let hour = calendar::hour_start(anchor, self.zone);
                // One hour after the other: where clocks are put by half an hour, one of them is half of one.
                let first = (0..number(count)).fold(hour, |hour, _| calendar::hour_start(hour - 1, self.zone));
                (instant(first), instant(hour))
            }
            ["last", count, units] => {
                let (unit, count) = (units.strip_suffix('s').unwrap(), number(count));
                if of_data { whole(unit, 1 - count, 1) } else { whole(unit, -count, 0) }
            }
            ["from", count, "days", "ago", "to", "now"] => (instant(calendar::days_before(anchor, number(count), self.zone)), instant(anchor)),
            [from, "to", "now"] => {
                let count = number(from.strip_prefix("now-").unwrap().strip_suffix("d/d").unwrap());
                (day_start(step(today, "day", -count), self.zone), instant(anchor))
            }
            _ => match text.parse() {
                Ok(day) => days(day, step(day, "day", 1)),
                Err(_) => panic!("the test does not know the range {text:?}"),
            },
        }
    }
}
