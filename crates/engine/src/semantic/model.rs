//! A model: the names, measures and formats that people use for a dataset, and the models that its rows belong to.
//!
//! `description`, `meta` and `public` stand in four structures, and not in one that is flattened into them: serde flattens nothing into a
//! structure that refuses unknown fields, and that a misspelt key is refused with near names is worth more than these lines.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::geo::GeoRole;
use super::grain::Grain;
use super::granularity::NamedGranularity;
use super::interval::Interval;
use super::join::Join;
use super::policy::AccessPolicy;
use super::query::Filter;
use super::words;
use crate::catalog::ColumnType;

/// The words in which a dataset is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name, the first part of every member.
    pub name: String,
    /// The dataset that it speaks of.
    pub dataset: String,
    /// What people read.
    pub label: String,
    /// What it is, in sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whatever programs that read the model are to know of it. Nothing here looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists. What is not offered is answered all the same, by its name and through views: who may
    /// see what is said by policies.
    #[serde(default = "words::offered", skip_serializing_if = "words::is_offered")]
    pub public: bool,
    /// Grows with every change; set by the catalog.
    #[serde(default)]
    pub version: u64,
    /// The dimension that places rows in time.
    #[serde(default)]
    pub time_dimension: Option<String>,
    /// What can be grouped by and filtered.
    pub dimensions: Vec<Dimension>,
    /// What can be computed.
    pub measures: Vec<Measure>,
    /// Other models that rows of this one belong to, or that have rows which belong to this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<Join>,
    /// Filters with a name, which a query asks for in `segments`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<NamedFilter>,
    /// Dimensions that lie one within the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hierarchies: Vec<Hierarchy>,
    /// Groups that are kept on storage for every segment, so that questions about them need no rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollups: Vec<Rollup>,
    /// Who sees which rows and columns. Without any, everybody of the tenant sees everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_policies: Vec<AccessPolicy>,
}

impl Model {
    /// Whether who sees what is another thing than in a model before: the policies, what dimensions mean that their conditions
    /// name, or, where some are reached over joins, the joins. What is reached over joins, in other models or back in this one:
    /// [`Mill::changes_access_elsewhere`](crate::Mill::changes_access_elsewhere).
    pub fn changes_access(&self, before: &Self) -> bool {
        let named: Vec<&str> = before.access_policies.iter().flat_map(|policy| policy.rows.iter().flat_map(Filter::members)).collect();
        let is_own = |member: &str| member.split_once('.').is_none_or(|(model, _)| model == before.name);
        let meant = |model: &Self| -> Vec<Option<Dimension>> {
            let find = |member: &str| model.dimensions.iter().find(|dimension| member.split_once('.').is_some_and(|(_, name)| name == dimension.name)).cloned();
            named.iter().copied().filter(|member| is_own(member)).map(find).map(|found| found.map(Dimension::bare)).collect()
        };
        let reaches = named.iter().any(|member| !is_own(member));
        self.access_policies != before.access_policies || meant(self) != meant(before) || (reaches && self.joins != before.joins)
    }
}

/// Measures by dimensions that are kept for every segment. Answers everything that follows from them: fewer dimensions,
/// filters on them, coarser grains, other time zones. Never stale: rows that it does not hold yet are read.
///
/// ```
/// let rollup: tidemill::Rollup = serde_json::from_str(
///     r#"{"name": "hourly", "measures": ["count", "sum_amount"], "dimensions": ["city"],
///         "time_dimension": "at", "granularity": "hour"}"#,
/// )?;
/// assert_eq!(rollup.dimensions, ["city"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollup {
    /// Name, unique in its model.
    pub name: String,
    /// Names of the measures that are kept.
    pub measures: Vec<String>,
    /// Names of the dimensions that they are kept by.
    #[serde(default)]
    pub dimensions: Vec<String>,
    /// Name of the dimension whose time they are kept by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_dimension: Option<String>,
    /// Width of its buckets, in UTC: `hour`, or several units such as `15 minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<Interval>,
}

/// Something to group by: a column, or a SQL expression over columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Name, the second part of the member.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it is, in sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whatever programs that read the model are to know of it. Nothing here looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists; questions may name it all the same.
    #[serde(default = "words::offered", skip_serializing_if = "words::is_offered")]
    pub public: bool,
    /// Type of its values.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// The column; when neither this nor `expression` is given, the column of the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A SQL expression over the dataset's columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// A format preset or a d3-format string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// A dimension of another model, `model.dimension`, that has the same values with the same meaning: a query by that one
    /// groups measures of this model by this one. So two models of events share their time or their country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// Names for buckets of a time, beside the units of the calendar: sprints, shifts, fiscal years.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granularities: Vec<NamedGranularity>,
    /// What it says of a place, for maps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo: Option<GeoRole>,
    /// Of a longitude: the dimension of the model that is the latitude of the same points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<String>,
}

impl Dimension {
    /// What it says of rows alone: how it is called for people, and how it is written, is nobody's access.
    pub(crate) fn bare(self) -> Self {
        let column = self.expression.is_none().then(|| self.column.clone().unwrap_or_else(|| self.name.clone()));
        Self {
            label: String::new(),
            description: None,
            meta: None,
            public: true,
            format: None,
            same_as: None,
            granularities: Vec::new(),
            geo: None,
            latitude: None,
            column,
            ..self
        }
    }
}

/// A filter with a name. Cube calls it a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedFilter {
    /// Name, the second part of the member.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it is, in sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whatever programs that read the model are to know of it. Nothing here looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists; questions may name it all the same.
    #[serde(default = "words::offered", skip_serializing_if = "words::is_offered")]
    pub public: bool,
    /// Conditions on dimensions that must all hold.
    pub filters: Vec<Filter>,
}

/// Dimensions that lie one within the other: whoever looks at countries may go on to their cities.
///
/// ```
/// let hierarchy: tidemill::Hierarchy = serde_json::from_str(r#"{"name": "geo", "label": "Geography", "levels": ["country", "city"]}"#)?;
/// assert_eq!(hierarchy.levels, ["country", "city"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hierarchy {
    /// Name, unique among the hierarchies of its model.
    pub name: String,
    /// What people read.
    pub label: String,
    /// The widest first: dimensions of the model, or `join.dimension` where a join leads to them.
    pub levels: Vec<String>,
}

/// Something to compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Name, the second part of the member.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it is, in sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whatever programs that read the model are to know of it. Nothing here looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists; questions and other measures may name it all the same.
    #[serde(default = "words::offered", skip_serializing_if = "words::is_offered")]
    pub public: bool,
    /// The aggregate.
    pub kind: MeasureKind,
    /// The column that is aggregated; `count` without one counts rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A SQL expression over the dataset's columns, in place of a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Which quantile a measure of the kind `quantile` is, from 0 (the least) to 1 (the greatest); 0.5, the median, when it
    /// is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// Only rows for which these hold are counted in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// The measure of the same model that a derived one looks at: the kinds `share_of_total`, `rank`, `cumulative`, `rolling`
    /// and `time_shift`; the numerator of a `ratio`, which may be of another model (`visits.count`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// The measure that a `ratio` divides by, of this model or of another one (`visits.count`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<String>,
    /// How long a `rolling` measure looks back, or by how much a `time_shift` is earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Dimensions of which each combination has a `balance` of its own: the account, the article.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Whether a `balance` stays what it was where a bucket, or the range that is asked for, has no row of a combination.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carry: bool,
    /// Dimensions, `name` or `join.name`, by whose values groups are set apart before a `share_of_total` is one of their total, or a
    /// `rank` is counted among them. Those that a question does not group by count for nothing in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// A format preset or a d3-format string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether a fall is good news.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lower_is_better: bool,
    /// The dimensions that are shown of the rows behind a number, in this order; without any, all that the model has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drill: Vec<String>,
}

impl Default for Measure {
    /// The number of rows, without a name, which people are offered.
    fn default() -> Self {
        Self {
            name: String::new(),
            label: String::new(),
            description: None,
            meta: None,
            public: words::offered(),
            kind: MeasureKind::Count,
            column: None,
            expression: None,
            quantile: None,
            filters: Vec::new(),
            measure: None,
            denominator: None,
            span: None,
            by: Vec::new(),
            carry: false,
            within: Vec::new(),
            format: None,
            lower_is_better: false,
            drill: Vec::new(),
        }
    }
}

/// How a measure aggregates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// Rows, or values that are not missing.
    #[default]
    Count,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The least one.
    Min,
    /// The greatest one.
    Max,
    /// Distinct values, exactly, in every question. What it keeps of texts and floats grows with them; a question may say that
    /// estimates are fine ([`SemanticQuery::exact`](super::SemanticQuery::exact)).
    CountDistinct,
    /// Distinct values of any type: exact up to 4,096 and estimated beyond, in a small state of bounded size.
    CountDistinctApprox,
    /// A quantile of numbers: exact while there are at most 4,096 distinct values, within 0.4 % of the value beyond.
    Quantile,
    /// The value of the earliest row that has one, by the time dimension of the model.
    First,
    /// The value of the latest row that has one.
    Last,
    /// A stock: the latest value of each combination of `by` in the bucket of time, or, with `carry`, up to its end, added up. Adds over
    /// everything but time.
    Balance,
    /// Computed from measures, in SQL with their names in braces: `{revenue} - {costs}`, of other models too: `{count} / {visits.count}`. A
    /// division is one of fractions, and by zero there is no number.
    Number,
    /// `measure` divided by `denominator`.
    Ratio,
    /// `measure` as a part of what it is for all groups of the answer together, or for those that are alike in `within`: of the same
    /// filters, computed from the rows.
    ShareOfTotal,
    /// The place of a group when all of them, or those of the same bucket of time and alike in `within`, are ordered by `measure`, the
    /// greatest first.
    Rank,
    /// `measure` over everything from the beginning of the data to the end of the bucket of time.
    Cumulative,
    /// `measure` over the last buckets of time, as many as `span` has, this one included.
    Rolling,
    /// `measure` as it was `span` before.
    TimeShift,
}

impl MeasureKind {
    /// Whether it is computed from other measures.
    pub fn is_derived(self) -> bool {
        matches!(self, Self::Number | Self::Ratio | Self::ShareOfTotal | Self::Rank | Self::Cumulative | Self::Rolling | Self::TimeShift)
    }
}

/// A length of time in whole units of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Grain,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_that_says_nothing_of_itself_is_stored_as_it_always_was() {
        let text = r#"{"name":"orders","dataset":"orders","label":"Orders","version":3,"time_dimension":"at","dimensions":[{"name":"at","label":"Time","type":"timestamp"},{"name":"size","label":"Size","type":"string","expression":"a","format":"d"}],"measures":[{"name":"count","label":"Orders","kind":"count"},{"name":"sum","label":"Sum","kind":"sum","column":"amount","lower_is_better":true}],"segments":[{"name":"paid","label":"Paid","filters":[]}]}"#;
        let model: Model = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&model).unwrap(), text);
    }

    #[test]
    fn what_is_said_of_a_dimension_is_nobodys_access() {
        let policies = json!([{"name": "own", "rows": [{"member": "orders.city", "operator": "equals", "values": ["{user.city}"]}]}]);
        let model = |dimension: serde_json::Value| -> Model {
            let value = json!({"name": "orders", "dataset": "orders", "label": "Orders", "dimensions": [dimension], "measures": [], "access_policies": policies});
            serde_json::from_value(value).unwrap()
        };
        let before = model(json!({"name": "city", "label": "City", "type": "string"}));
        let told = model(json!({"name": "city", "label": "City", "type": "string", "description": "Where it went", "meta": {"owner": "shop"}, "public": false}));
        assert!(!told.changes_access(&before));
        assert!(model(json!({"name": "city", "label": "City", "type": "string", "column": "town"})).changes_access(&before));
    }
    #[test]
    fn what_is_not_said_to_be_hidden_is_offered() {
        let text = r#"{"name":"orders","dataset":"orders","label":"Orders","public":false,"version":0,"time_dimension":null,"dimensions":[{"name":"id","label":"Id","public":false,"type":"string"}],"measures":[{"name":"count","label":"Orders","public":false,"kind":"count"}],"segments":[{"name":"paid","label":"Paid","public":false,"filters":[]}]}"#;
        let hidden: Model = serde_json::from_str(text).unwrap();
        assert_eq!([hidden.public, hidden.dimensions[0].public, hidden.measures[0].public, hidden.segments[0].public], [false; 4]);
        assert_eq!(serde_json::to_string(&hidden).unwrap(), text);
        let offered: Model = serde_json::from_str(&text.replace(r#""public":false,"#, "")).unwrap();
        let said: Model = serde_json::from_str(&text.replace("false", "true")).unwrap();
        assert_eq!(said, offered);
        assert!(
            [offered.public, offered.dimensions[0].public, offered.measures[0].public, offered.segments[0].public, Measure::default().public]
                .into_iter()
                .all(|public| public)
        );
    }
}
