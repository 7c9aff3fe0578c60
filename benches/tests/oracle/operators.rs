//! Which operators fit a type, how many values they take, and how conditions nest: what the tests that ask at random share.

use serde_json::Value;
use tidemill::{ColumnType, Condition, Filter, Operator};

use crate::dice::Dice;

pub(crate) const COMPARISONS: [Operator; 6] = [Operator::Gt, Operator::Gte, Operator::Lt, Operator::Lte, Operator::Between, Operator::NotBetween];
pub(crate) const TEXTS: [Operator; 6] = [Operator::Contains, Operator::NotContains, Operator::StartsWith, Operator::NotStartsWith, Operator::EndsWith, Operator::NotEndsWith];
pub(crate) const LISTS: [Operator; 2] = [Operator::Equals, Operator::NotEquals];
pub(crate) const PRESENCE: [Operator; 2] = [Operator::Set, Operator::NotSet];
const DATES: [Operator; 6] = [Operator::InDateRange, Operator::NotInDateRange, Operator::BeforeDate, Operator::BeforeOrOnDate, Operator::AfterDate, Operator::AfterOrOnDate];

/// What a condition needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// A value of the member, or one near it.
    Value,
    /// A part of a text.
    Fragment,
    /// A day, an instant or a local time.
    Moment,
    /// A range of time: a text, or a list of two.
    Range,
}

/// An operator for members of a type.
pub(crate) fn of(dice: &mut Dice, kind: ColumnType) -> Operator {
    match kind {
        ColumnType::Boolean => dice.pick(&[LISTS.as_slice(), &PRESENCE].concat()),
        ColumnType::String => dice.pick(&[LISTS.as_slice(), &LISTS, &TEXTS, &COMPARISONS, &PRESENCE].concat()),
        ColumnType::Integer => dice.pick(&[LISTS.as_slice(), &COMPARISONS, &PRESENCE, &[Operator::Contains, Operator::NotStartsWith]].concat()),
        ColumnType::Float => dice.pick(&[LISTS.as_slice(), &COMPARISONS, &PRESENCE].concat()),
        ColumnType::Date => dice.pick(&[LISTS.as_slice(), &COMPARISONS, &PRESENCE, &DATES, &[Operator::StartsWith]].concat()),
        ColumnType::Timestamp => dice.pick(&[COMPARISONS.as_slice(), &DATES, &DATES, &LISTS, &PRESENCE].concat()),
        ColumnType::Struct | ColumnType::List => dice.pick(&PRESENCE),
    }
}

/// A condition, or a group of them.
pub(crate) fn filter(dice: &mut Dice, zone: &str, depth: usize, condition: &dyn Fn(&mut Dice, &str) -> Condition) -> Filter {
    if depth == 0 || dice.chance(60) {
        return Filter::Condition(condition(dice, zone));
    }
    let parts = (0..1 + dice.below(3)).map(|_| filter(dice, zone, depth - 1, condition)).collect();
    if dice.chance(50) { Filter::And { and: parts } } else { Filter::Or { or: parts } }
}

/// As many values as an operator takes.
pub(crate) fn values(dice: &mut Dice, operator: Operator, one: &mut dyn FnMut(&mut Dice, Wanted) -> Value) -> Vec<Value> {
    match operator {
        Operator::Set | Operator::NotSet => Vec::new(),
        Operator::Equals | Operator::NotEquals => {
            let mut listed: Vec<Value> = (0..1 + dice.below(3)).map(|_| one(dice, Wanted::Value)).collect();
            if dice.chance(20) {
                let place = dice.below(listed.len());
                listed[place] = Value::Null;
            }
            listed
        }
        Operator::Between | Operator::NotBetween => vec![one(dice, Wanted::Value), one(dice, Wanted::Value)],
        Operator::InDateRange | Operator::NotInDateRange => match one(dice, Wanted::Range) {
            Value::Array(both) => both,
            one => vec![one],
        },
        Operator::BeforeDate | Operator::BeforeOrOnDate | Operator::AfterDate | Operator::AfterOrOnDate => vec![one(dice, Wanted::Moment)],
        _ if TEXTS.contains(&operator) => {
            let mut listed: Vec<Value> = (0..1 + dice.below(2)).map(|_| one(dice, Wanted::Fragment)).collect();
            if dice.chance(15) {
                listed.push(Value::Null);
            }
            listed
        }
        _ => vec![one(dice, Wanted::Value)],
    }
}
