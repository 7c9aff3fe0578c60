//! What can be asked: dimensions and measures, each in the words of a model for Tidemill and in SQL for DuckDB.

use serde_json::json;
use tidemill::{ColumnType, Filter, MeasureKind, Model, Rollup};

use crate::data::COLUMNS;

/// The dataset and its model.
pub(crate) const NAME: &str = "facts";

/// A dimension that is an expression.
pub(crate) struct Derived {
    pub(crate) name: &'static str,
    pub(crate) kind: ColumnType,
    ours: &'static str,
    theirs: &'static str,
}

const SIZE: &str = "case when amount > 1000 then 'much' when amount is not null then 'little' end";

pub(crate) static DERIVED: [Derived; 7] = [
    Derived { name: "loud", kind: ColumnType::String, ours: "upper(city)", theirs: "upper(city)" },
    Derived { name: "size", kind: ColumnType::String, ours: SIZE, theirs: SIZE },
    Derived { name: "trip", kind: ColumnType::String, ours: "city || '/' || device", theirs: "city || '/' || device" },
    Derived { name: "digit", kind: ColumnType::Integer, ours: "amount % 10", theirs: "amount % 10" },
    Derived { name: "letters", kind: ColumnType::Integer, ours: "character_length(city)", theirs: "length(city)" },
    Derived { name: "clock", kind: ColumnType::Integer, ours: "date_part('hour', seen)", theirs: "hour(seen)" },
    Derived { name: "later", kind: ColumnType::Timestamp, ours: "seen + interval '90 minutes'", theirs: "seen + interval 90 minutes" },
];

/// A measure.
pub(crate) struct Summary {
    pub(crate) name: &'static str,
    pub(crate) kind: MeasureKind,
    /// A column or an expression, the same on both sides; nothing for a count of rows.
    pub(crate) of: &'static str,
    /// Type of what is aggregated.
    pub(crate) input: ColumnType,
    /// Whether every order of the rows gives the same number to the last bit.
    pub(crate) exact: bool,
    /// As JSON.
    filters: &'static str,
}

const fn of(name: &'static str, kind: MeasureKind, of: &'static str, input: ColumnType) -> Summary {
    Summary { name, kind, of, input, exact: true, filters: "[]" }
}

const fn rounded(name: &'static str, kind: MeasureKind, of: &'static str) -> Summary {
    Summary { name, kind, of, input: ColumnType::Float, exact: false, filters: "[]" }
}

const fn filtered(name: &'static str, kind: MeasureKind, of: &'static str, input: ColumnType, filters: &'static str) -> Summary {
    Summary { name, kind, of, input, exact: true, filters }
}

use ColumnType::{Boolean, Date, Float, Integer, String, Timestamp};
use MeasureKind::{Avg, Count, CountDistinct, Max, Min, Sum};

pub(crate) static MEASURES: [Summary; 41] = [
    of("count", Count, "", Integer),
    of("cities", Count, "city", String),
    of("prices", Count, "price", Float),
    of("sum_amount", Sum, "amount", Integer),
    of("sum_price", Sum, "price", Float),
    rounded("sum_ratio", Sum, "ratio"),
    of("sum_odd", Sum, "amount * 2 - 1", Integer),
    rounded("avg_amount", Avg, "amount"),
    rounded("avg_price", Avg, "price"),
    rounded("avg_ratio", Avg, "ratio"),
    rounded("avg_flagged", Avg, "case when flag then ratio end"),
    of("min_amount", Min, "amount", Integer),
    of("max_amount", Max, "amount", Integer),
    of("min_big", Min, "big", Integer),
    of("max_big", Max, "big", Integer),
    of("min_price", Min, "price", Float),
    of("max_price", Max, "price", Float),
    of("min_ratio", Min, "ratio", Float),
    of("max_ratio", Max, "ratio", Float),
    of("min_city", Min, "city", String),
    of("max_city", Max, "city", String),
    of("min_note", Min, "note", String),
    of("min_due", Min, "due", Date),
    of("max_due", Max, "due", Date),
    of("min_at", Min, "seen", Timestamp),
    of("max_at", Max, "seen", Timestamp),
    of("distinct_city", CountDistinct, "city", String),
    of("distinct_note", CountDistinct, "note", String),
    of("distinct_amount", CountDistinct, "amount", Integer),
    of("distinct_big", CountDistinct, "big", Integer),
    of("distinct_due", CountDistinct, "due", Date),
    of("distinct_at", CountDistinct, "seen", Timestamp),
    of("distinct_price", CountDistinct, "price", Float),
    of("distinct_flag", CountDistinct, "flag", Boolean),
    filtered("tv", Count, "", Integer, r#"[{"member": "facts.device", "operator": "equals", "values": ["tv"]}]"#),
    filtered(
        "sum_tall",
        Sum,
        "price",
        Float,
        r#"[{"member": "facts.price", "operator": "gt", "values": [5000]}, {"member": "facts.city", "operator": "notEquals", "values": ["Rome"]}]"#,
    ),
    filtered(
        "sum_either",
        Sum,
        "amount",
        Integer,
        r#"[{"or": [{"member": "facts.flag", "operator": "equals", "values": [true]}, {"and": [{"member": "facts.device", "operator": "notSet"}, {"member": "facts.amount", "operator": "lt", "values": ["10.5"]}]}]}]"#,
    ),
    filtered("distinct_flagged", CountDistinct, "city", String, r#"[{"member": "facts.flag", "operator": "set"}]"#),
    filtered("distinct_small", CountDistinct, "amount", Integer, r#"[{"member": "facts.amount", "operator": "between", "values": [-100, 100]}]"#),
    filtered("max_early", Max, "seen", Timestamp, r#"[{"member": "facts.seen", "operator": "beforeDate", "values": ["2013-07-01"]}]"#),
    filtered("min_loud", Min, "note", String, r#"[{"member": "facts.loud", "operator": "contains", "values": ["o", null]}]"#),
];

impl Summary {
    pub(crate) fn filters(&self) -> Vec<Filter> {
        serde_json::from_str(self.filters).unwrap()
    }

    /// Type of its values.
    pub(crate) fn output(&self) -> ColumnType {
        match self.kind {
            Count | CountDistinct => Integer,
            Avg => Float,
            _ => self.input,
        }
    }
}

/// The name without the model.
pub(crate) fn bare(member: &str) -> &str {
    member.strip_prefix("facts.").unwrap()
}

/// The name with the model.
pub(crate) fn full(name: &str) -> std::string::String {
    format!("{NAME}.{name}")
}

/// Names and types of all dimensions.
pub(crate) fn dimensions() -> impl Iterator<Item = (&'static str, ColumnType)> {
    COLUMNS.into_iter().chain(DERIVED.iter().map(|derived| (derived.name, derived.kind)))
}

/// SQL and type of a dimension.
pub(crate) fn dimension(member: &str) -> Option<(std::string::String, ColumnType)> {
    let name = bare(member);
    let column = COLUMNS.into_iter().find(|(column, _)| *column == name).map(|(column, kind)| (column.to_owned(), kind));
    column.or_else(|| DERIVED.iter().find(|derived| derived.name == name).map(|derived| (format!("({})", derived.theirs), derived.kind)))
}

/// A measure by name.
pub(crate) fn measure(member: &str) -> Option<&'static Summary> {
    MEASURES.iter().find(|measure| measure.name == bare(member))
}

/// The model that Tidemill is asked in.
pub(crate) fn model(generated: Model) -> Model {
    let columns = COLUMNS.into_iter().map(|(name, kind)| json!({"name": name, "label": name, "type": kind}));
    let derived = DERIVED.iter().map(|derived| json!({"name": derived.name, "label": derived.name, "type": derived.kind, "expression": derived.ours}));
    let measure = |measure: &Summary| {
        let mut made = json!({"name": measure.name, "label": measure.name, "kind": measure.kind, "filters": measure.filters()});
        if COLUMNS.iter().any(|(column, _)| *column == measure.of) {
            made["column"] = json!(measure.of);
        } else if !measure.of.is_empty() {
            made["expression"] = json!(measure.of);
        }
        serde_json::from_value(made).unwrap()
    };
    Model {
        dimensions: columns.chain(derived).map(|dimension| serde_json::from_value(dimension).unwrap()).collect(),
        measures: MEASURES.iter().map(measure).collect(),
        ..generated
    }
}

/// Rollups of all measures: by time alone, by dimensions and time, by dimensions alone, by an expression.
pub(crate) fn rollups() -> Vec<Rollup> {
    let measures: Vec<&str> = MEASURES.iter().map(|measure| measure.name).collect();
    let timed =
        |name: &str, dimensions: &[&str], grain: &str| json!({"name": name, "measures": measures, "dimensions": dimensions, "time_dimension": "seen", "granularity": grain});
    let all = [
        timed("daily", &[], "day"),
        timed("devices", &["device", "flag"], "month"),
        timed("sizes", &["size"], "week"),
        json!({"name": "cities", "measures": measures, "dimensions": ["city"]}),
        json!({"name": "kinds", "measures": measures, "dimensions": ["device", "flag", "size"]}),
    ];
    all.into_iter().map(|rollup| serde_json::from_value(rollup).unwrap()).collect()
}
