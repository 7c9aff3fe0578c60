//! Measures, each in the words of a model for Tidemill and as what DuckDB is asked: aggregates over rows, seen through a lens,
//! and a formula over them.

use serde_json::{Value, json};
use tidemill::{ColumnType, MeasureKind};

use MeasureKind::{Avg, Count, CountDistinct, First, Last, Max, Min, Quantile, Sum};

/// Which quantile is asked for.
const PART: f64 = 0.9;

/// Which rows an aggregate looks at beside those of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lens {
    Own,
    /// Those so many units before.
    Before(i64, &'static str),
    /// Those of so many buckets of a unit.
    Rolling(i64, &'static str),
    /// Those of all buckets before; with the function that makes one of the values of buckets.
    Cumulative(&'static str),
}

/// An aggregate over rows; `{total x}` in it stands for the same over all groups.
#[derive(Debug, Clone)]
pub(crate) struct Need {
    pub(crate) lens: Lens,
    pub(crate) sql: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) model: Value,
    /// Type of its values.
    pub(crate) kind: ColumnType,
    /// Whether every order of the rows gives the same number to the last bit.
    pub(crate) exact: bool,
    pub(crate) needs: Vec<Need>,
    /// `{0}` is the first need; `{buckets}` puts the groups of a bucket of time together.
    pub(crate) formula: &'static str,
}

impl Measure {
    /// The lens that moves time, where one does.
    pub(crate) fn moves(&self) -> Option<Lens> {
        self.needs.iter().map(|need| need.lens).find(|lens| *lens != Lens::Own)
    }
}

/// The measures of a model, where later ones are computed from earlier ones.
#[derive(Debug, Default)]
pub(crate) struct Measures(pub(crate) Vec<Measure>);

impl Measures {
    /// An aggregate of a column or an expression; of nothing, for a count of rows.
    pub(crate) fn base(self, name: &'static str, kind: MeasureKind, of: &str, input: ColumnType) -> Self {
        self.filtered(name, kind, of, input, &json!([]), "")
    }

    /// The same over the rows for which filters hold, which are given in both languages.
    pub(crate) fn filtered(self, name: &'static str, kind: MeasureKind, of: &str, input: ColumnType, filters: &Value, condition: &str) -> Self {
        let call = match kind {
            Count if of.is_empty() => "count(*)".to_owned(),
            CountDistinct => format!("count(distinct {of})"),
            Quantile => format!("quantile_cont({of}, {PART})"),
            Count | Sum | Avg | Min | Max => format!("{}({of})", json!(kind).as_str().unwrap()),
            other => unreachable!("no measure of the test is a {other:?}"),
        };
        let mut model = json!({"kind": kind, "filters": filters});
        if of.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            model["column"] = if of.is_empty() { Value::Null } else { of.into() };
        } else {
            model["expression"] = of.into();
        }
        if kind == Quantile {
            model["quantile"] = PART.into();
        }
        let output = match kind {
            Count | CountDistinct => ColumnType::Integer,
            Avg | Quantile => ColumnType::Float,
            _ => input,
        };
        let exact = !matches!(kind, Avg | Quantile) && (kind != Sum || input == ColumnType::Integer);
        let sql = if condition.is_empty() { call } else { format!("{call} filter (where {condition})") };
        self.with(name, model, (output, exact), vec![Need { lens: Lens::Own, sql }], "{0}")
    }

    /// The value of the earliest row that has one, and of the latest, by a time that all rows have: of several at that time the
    /// greatest.
    pub(crate) fn ends(self, [first, last]: [&'static str; 2], of: &str, time: &str, input: ColumnType) -> Self {
        [(first, First, "asc"), (last, Last, "desc")].into_iter().fold(self, |measures, (name, kind, direction)| {
            let sql = format!("(list({of} order by {time} {direction}, {of} desc) filter (where {of} is not null))[1]");
            measures.with(name, json!({"kind": kind, "column": of}), (input, true), vec![Need { lens: Lens::Own, sql }], "{0}")
        })
    }

    pub(crate) fn ratio(self, name: &'static str, above: &str, below: &str) -> Self {
        let needs = vec![self.need(above, Lens::Own), self.need(below, Lens::Own)];
        let model = json!({"kind": "ratio", "measure": above, "denominator": below});
        self.with(name, model, (ColumnType::Float, false), needs, "{0}::double / nullif({1}, 0)")
    }

    /// A formula over two measures, in both languages.
    pub(crate) fn number(self, name: &'static str, of: [&str; 2], kind: ColumnType, expression: &str, formula: &'static str) -> Self {
        let needs = of.iter().map(|name| self.need(name, Lens::Own)).collect();
        self.with(name, json!({"kind": "number", "expression": expression}), (kind, kind == ColumnType::Integer), needs, formula)
    }

    pub(crate) fn share(self, name: &'static str, of: &str) -> Self {
        let sql = self.need(of, Lens::Own).sql;
        let needs = vec![Need { lens: Lens::Own, sql: format!("({sql})::double / nullif({{total {sql}}}, 0)") }];
        self.with(name, json!({"kind": "share_of_total", "measure": of}), (ColumnType::Float, false), needs, "{0}")
    }

    /// The place by a measure that is exact, so that both sides see the same ties.
    pub(crate) fn rank(self, name: &'static str, of: &str) -> Self {
        let needs = vec![self.need(of, Lens::Own)];
        let formula = "case when {0} is not null then rank() over ({buckets} order by {0} desc nulls last) end";
        self.with(name, json!({"kind": "rank", "measure": of}), (ColumnType::Integer, true), needs, formula)
    }

    pub(crate) fn shift(self, name: &'static str, of: &str, count: i64, unit: &'static str) -> Self {
        let model = json!({"kind": "time_shift", "measure": of, "span": {"count": count, "unit": unit}});
        self.seen(name, of, model, Lens::Before(count, unit))
    }

    pub(crate) fn rolling(self, name: &'static str, of: &str, count: i64, unit: &'static str) -> Self {
        let model = json!({"kind": "rolling", "measure": of, "span": {"count": count, "unit": unit}});
        self.seen(name, of, model, Lens::Rolling(count, unit))
    }

    pub(crate) fn cumulative(self, name: &'static str, of: &str) -> Self {
        let kind = self.get(of).model["kind"].clone();
        let function = match kind.as_str().unwrap() {
            "min" => "min",
            "max" => "max",
            _ => "sum",
        };
        self.seen(name, of, json!({"kind": "cumulative", "measure": of}), Lens::Cumulative(function))
    }

    /// How much a measure has grown since what a shift of it shows.
    pub(crate) fn growth(self, name: &'static str, of: &str, shifted: &str) -> Self {
        let needs = vec![self.need(of, Lens::Own), self.get(shifted).needs[0].clone()];
        let model = json!({"kind": "number", "expression": format!("{{{of}}} / {{{shifted}}} - 1")});
        self.with(name, model, (ColumnType::Float, false), needs, "{0}::double / nullif({1}, 0) - 1")
    }

    fn seen(self, name: &'static str, of: &str, model: Value, lens: Lens) -> Self {
        let (kind, exact) = (self.get(of).kind, self.get(of).exact);
        let needs = vec![self.need(of, lens)];
        self.with(name, model, (kind, exact), needs, "{0}")
    }

    fn get(&self, name: &str) -> &Measure {
        self.0.iter().find(|measure| measure.name == name).unwrap()
    }

    fn need(&self, name: &str, lens: Lens) -> Need {
        Need { lens, sql: self.get(name).needs[0].sql.clone() }
    }

    fn with(mut self, name: &'static str, mut model: Value, (kind, exact): (ColumnType, bool), needs: Vec<Need>, formula: &'static str) -> Self {
        model["name"] = name.into();
        model["label"] = name.into();
        self.0.push(Measure { name, model, kind, exact, needs, formula });
        self
    }
}
