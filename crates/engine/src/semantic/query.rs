//! The semantic query: which measures, by what, when, filtered how. JSON in the shape that Cube made common.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::calendar::CalendarSettings;
use super::granularity::Granularity;
use crate::budget::Budget;
use crate::catalog::AsOf;

/// A question in the words of a model. Members are written `model.member`.
///
/// ```
/// let query: tidemill::SemanticQuery = serde_json::from_str(
///     r#"{"measures": ["flights.count"],
///         "timeDimensions": [{"dimension": "flights.time_hour", "granularity": "month", "dateRange": "2013-01-01"}],
///         "filters": [{"member": "flights.origin", "operator": "equals", "values": ["EWR"]}],
///         "order": {"flights.count": "desc"}, "limit": 10}"#,
/// )?;
/// assert_eq!(query.order[0].0, "flights.count");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SemanticQuery {
    /// What to compute.
    pub measures: Vec<String>,
    /// What to group by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<String>,
    /// Times to group by (with a granularity) or to restrict (with a date range).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_dimensions: Vec<TimeDimension>,
    /// Conditions that must all hold. On dimensions they act before aggregation, on measures after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// Named filters, `model.segment`, that must all hold too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Sort order; read from an object or from a list of pairs, written as a list of pairs.
    #[serde(deserialize_with = "read_order", skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<(String, Direction)>,
    /// Rows at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Rows to leave out first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// Whether to count all rows, those cut by the limit included.
    #[serde(skip_serializing_if = "is_false")]
    pub total: bool,
    /// IANA name of the zone in which days begin. Default UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// When weeks and years begin. Default: on Monday and in January.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarSettings>,
    /// `true`: measures that are estimates by their kind (`count_distinct_approx`, `quantile`) are computed exactly, too, at the
    /// cost of keeping all their values. `false`: where it saves memory, `count_distinct` of texts and floats may be an estimate
    /// as well. Default: every measure is what its kind says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<bool>,
    /// Which state of the dataset is asked: a version, or what was there at a time. The model and the scope are those of now;
    /// relative ranges are counted from that time, or from when that version was made. Default: the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// Which totals are computed beside the answer, from the rows of the same version. `true`: one for each beginning of the groups,
    /// times first, the grand total among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    /// Tells only the greatest values of one dimension apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Top>,
    /// Dimensions, or times with a granularity, whose values become columns. Limit and offset count the rows that are left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pivot: Vec<String>,
    /// Whether rows are asked for and not groups: dimensions as they are, and of each measure the value that it takes from the row.
    #[serde(skip_serializing_if = "is_false")]
    pub ungrouped: bool,
    /// What it may read at most: less than what the scope grants, never more. What is over it is refused with cheaper
    /// suggestions before anything is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Whether the answer says how it was to be answered: what [`Mill::explain`](crate::Mill::explain) says of the question, found out
    /// before anything is read for the answer and about the same versions. `Mill::explain` says it without answering.
    #[serde(skip_serializing_if = "is_false")]
    pub explain: bool,
}

impl SemanticQuery {
    /// Whether any total is asked for.
    pub fn has_totals(&self) -> bool {
        self.totals.as_ref().is_some_and(|totals| *totals != Totals::Every(false))
    }

    /// What the column of each time is called, where that has a granularity: as its member, and where that stands for another column
    /// already, with its granularity behind it.
    ///
    /// ```
    /// let query: tidemill::SemanticQuery = serde_json::from_str(
    ///     r#"{"measures": ["orders.count"], "timeDimensions": [
    ///         {"dimension": "orders.at", "granularity": "month"}, {"dimension": "orders.at", "granularity": "day"}]}"#,
    /// )?;
    /// assert_eq!(query.time_columns(), [Some("orders.at".to_owned()), Some("orders.at.day".to_owned())]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn time_columns(&self) -> Vec<Option<String>> {
        // Asked of questions before it is looked at how long they are, so each time is looked at once.
        let plain: HashSet<&str> = self.dimensions.iter().map(String::as_str).collect();
        let mut told: HashSet<&str> = HashSet::new();
        let mut known: HashMap<String, String> = HashMap::new();
        let mut named = Vec::with_capacity(self.time_dimensions.len());
        for TimeDimension { dimension, granularity, .. } in &self.time_dimensions {
            let Some(granularity) = granularity else {
                named.push(None);
                continue;
            };
            let is_told = !told.insert(dimension) || plain.contains(dimension.as_str());
            let width = format!("{dimension}.{granularity}");
            let name = if is_told { width.clone() } else { dimension.clone() };
            // One that comes again is no other column, and is refused as a member that is asked for twice.
            named.push(Some(known.entry(width).or_insert(name).clone()));
        }
        named
    }

    /// Whether buckets of a time have what was before where they have no rows.
    pub(crate) fn fills(&self, time: &str) -> bool {
        self.time_dimensions.iter().any(|asked| asked.dimension == time && matches!(asked.fill, Some(Fill::Zero | Fill::Previous)))
    }

    /// Whether some time is told in several ways: in buckets of several widths, or in buckets and as it is.
    pub(crate) fn tells_a_time_twice(&self) -> bool {
        self.time_columns().iter().zip(&self.time_dimensions).any(|(name, time)| name.as_ref().is_some_and(|name| *name != time.dimension))
    }
}

/// The totals of an answer.
///
/// ```
/// let query: tidemill::SemanticQuery = serde_json::from_str(
///     r#"{"measures": ["orders.count"], "dimensions": ["orders.country", "orders.city"], "totals": [["orders.country"], []]}"#,
/// )?;
/// assert!(matches!(query.totals, Some(tidemill::Totals::By(lists)) if lists.len() == 2));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Totals {
    /// Every beginning of the groups, or none.
    Every(bool),
    /// What each total keeps apart; nothing is the grand total.
    By(Vec<Vec<String>>),
}

/// The greatest values of a dimension, and whether the others are one more group.
///
/// ```
/// let query: tidemill::SemanticQuery = serde_json::from_str(
///     r#"{"measures": ["orders.count"], "dimensions": ["orders.city"], "top": {"dimension": "orders.city", "limit": 5, "others": true}}"#,
/// )?;
/// assert_eq!(query.top.map(|top| top.limit), Some(5));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Top {
    /// One of the dimensions that are asked for.
    pub dimension: String,
    /// How many of its values are told apart: 1 to 1,000.
    pub limit: usize,
    /// The measure that says which, over the whole answer and not bucket by bucket. Default: the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether what all other values make together is told as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub others: bool,
}

/// What stands in a bucket of time that has no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Nothing.
    Null,
    /// Zero for what counts or adds up and has no value, the number before for what is cumulative, what follows from these for ratios and
    /// formulas of something cumulative, nothing for the rest.
    Zero,
    /// The value of the last bucket before that has one.
    Previous,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// A time to group by or to restrict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeDimension {
    /// The member.
    pub dimension: String,
    /// Which buckets: a unit of the calendar, several of it (`15 minutes`, `2 weeks`), or the name that the dimension has for
    /// some. Without it the member only restricts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<Granularity>,
    /// Which time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_range: Option<DateRange>,
    /// Whether buckets without rows are there as well, and with what. They reach from the beginning of the range, or of the
    /// answer, to its end, but not beyond now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Fill>,
}

/// A range of time as written; resolved against a clock or the latest data when the query is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DateRange {
    /// First and last day or instant, both included; either may be counted from now (`now-7d/d`).
    Between([String; 2]),
    /// A day, two ends as one text (`2024-01-01 to now`), or a relative range such as `last 7 days` or `last 30 days of data`.
    Named(String),
}

/// A condition, or a group of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Filter {
    /// All must hold.
    And {
        /// The conditions.
        and: Vec<Filter>,
    },
    /// One must hold.
    Or {
        /// The conditions.
        or: Vec<Filter>,
    },
    /// A comparison of one member.
    Condition(Condition),
}

impl Filter {
    /// The members that it names.
    pub(crate) fn members(&self) -> Vec<&str> {
        match self {
            Self::And { and: parts } | Self::Or { or: parts } => parts.iter().flat_map(Self::members).collect(),
            Self::Condition(condition) => vec![&condition.member],
        }
    }
}

/// A comparison of one member with values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The member.
    #[serde(alias = "dimension")]
    pub member: String,
    /// How to compare.
    pub operator: Operator,
    /// With what. Empty for `set`, `notSet`, `onBusinessDays` and `offBusinessDays`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    Gt,
    Gte,
    Lt,
    Lte,
    Between,
    NotBetween,
    Set,
    NotSet,
    InDateRange,
    NotInDateRange,
    BeforeDate,
    BeforeOrOnDate,
    AfterDate,
    AfterOrOnDate,
    OnBusinessDays,
    OffBusinessDays,
}

/// Sort direction. Missing values come last either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

fn read_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, Direction)>, D::Error> {
    use serde::de::Error;
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Vec::new()),
        Value::Object(object) => object.into_iter().map(|(member, direction)| Ok((member, serde_json::from_value(direction).map_err(D::Error::custom)?))).collect(),
        list @ Value::Array(_) => serde_json::from_value(list).map_err(D::Error::custom),
        other => Err(D::Error::custom(format!("order is an object or a list of pairs, not {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_order_are_read() {
        let object: SemanticQuery = serde_json::from_str(r#"{"order": {"a.b": "desc", "a.a": "asc"}}"#).unwrap();
        let list: SemanticQuery = serde_json::from_str(r#"{"order": [["a.b", "desc"], ["a.a", "asc"]]}"#).unwrap();
        assert_eq!(object, list);
        assert_eq!(object.order.len(), 2);
        assert_eq!(object.order[0].0, "a.b");
    }

    #[test]
    fn a_column_has_its_width_in_its_name_where_its_time_stands_for_another() {
        let query: SemanticQuery = serde_json::from_str(
            r#"{"dimensions": ["o.due"], "timeDimensions": [
                {"dimension": "o.at", "dateRange": "today"}, {"dimension": "o.at", "granularity": "day"}, {"dimension": "o.at", "granularity": "month"},
                {"dimension": "o.at", "granularity": "1 day"}, {"dimension": "o.due", "granularity": "day"}, {"dimension": "o.due", "granularity": "day"}]}"#,
        )
        .unwrap();
        // What is asked for twice has one name, and is refused by it.
        let expected = [None, Some("o.at"), Some("o.at.month"), Some("o.at"), Some("o.due.day"), Some("o.due.day")];
        assert_eq!(query.time_columns(), expected.map(|name| name.map(str::to_owned)));
    }

    #[test]
    fn filters_nest() {
        let query: SemanticQuery =
            serde_json::from_str(r#"{"filters": [{"or": [{"member": "f.a", "operator": "equals", "values": ["x", null]}, {"and": [{"member": "f.b", "operator": "set"}]}]}]}"#)
                .unwrap();
        assert!(matches!(&query.filters[0], Filter::Or { or } if or.len() == 2));
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<SemanticQuery>(r#"{"mesures": []}"#).unwrap_err().to_string().contains("mesures"));
    }
}
