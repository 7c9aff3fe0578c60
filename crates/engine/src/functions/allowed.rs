//! The functions that SQL and model expressions may use. What is not on these lists is not registered, so it cannot be
//! named by any way of writing a query; a new release of DataFusion adds nothing by itself. What its planner makes of syntax
//! without looking a name up is held against the same lists (`query::gate`).

use std::sync::Arc;

use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};

use super::approx_distinct::ApproxDistinct;
use super::approx_quantile::{ApproxQuantile, Form};
use super::bounded_text::{MAKE_ARRAY, bounded, is_bounded};
use super::count::counted;
use super::date_trunc::of_all_times;
use super::exact::aggregate::exact;
use super::extreme::{greatest, least};
use super::median::median;
use super::nullif::of_times;
use super::sum::checked_sum;
use super::text_concat::{self, TextConcat};

/// Pure functions of their arguments. Left out on purpose: everything that reads the clock, randomness, the session
/// (`version`, `arrow_metadata`), and what multiplies its input without bound (`repeat`, `range`, `generate_series`). What makes long
/// texts of short ones all the same is bounded (`bounded_text`).
const SCALAR: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "array_any_value",
    "array_distinct",
    "array_element",
    "array_has",
    "array_has_all",
    "array_has_any",
    "array_length",
    "array_max",
    "array_min",
    "array_position",
    "array_slice",
    "array_to_string",
    "arrow_cast",
    "arrow_typeof",
    "ascii",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bit_length",
    "btrim",
    "cardinality",
    "cbrt",
    "ceil",
    "character_length",
    "chr",
    "coalesce",
    "concat",
    "concat_ws",
    "contains",
    "cos",
    "cosh",
    "cot",
    "date_bin",
    "date_part",
    "date_trunc",
    "degrees",
    "ends_with",
    "exp",
    "factorial",
    "find_in_set",
    "floor",
    "from_unixtime",
    "gcd",
    "get_field",
    "greatest",
    "initcap",
    "isnan",
    "iszero",
    "lcm",
    "least",
    "left",
    "levenshtein",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "make_date",
    "nanvl",
    "nullif",
    "nvl",
    "nvl2",
    "octet_length",
    "overlay",
    "pi",
    "power",
    "radians",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_match",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "round",
    "rtrim",
    "signum",
    "sin",
    "sinh",
    "split_part",
    "sqrt",
    "starts_with",
    "strpos",
    "substr",
    "substr_index",
    "tan",
    "tanh",
    "to_char",
    "to_date",
    "to_hex",
    "to_local_time",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_seconds",
    "to_unixtime",
    "translate",
    "trunc",
    "upper",
];

/// Aggregates whose memory does not depend on the number of rows, and the exact distinct count and quantiles, which spill
/// or fail. Estimates are our own: states of DataFusion's sketches are not ours to keep.
const AGGREGATE: &[&str] = &[
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar",
    "covar_pop",
    "covar_samp",
    "first_value",
    "grouping",
    "last_value",
    "max",
    "mean",
    "median",
    "min",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var",
    "var_pop",
    "var_samp",
    "var_population",
    "var_sample",
];

const WINDOW: &[&str] = &["cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile", "percent_rank", "rank", "row_number"];

/// What syntax makes: `[1, 2]`, `a || b`.
const SYNTAX: &[&str] = &[MAKE_ARRAY, text_concat::NAME];

/// Whether a scalar function may stand in a plan of SQL.
pub(crate) fn is_listed(function: &ScalarUDF) -> bool {
    (SCALAR.contains(&function.name()) || SYNTAX.contains(&function.name())) && is_bounded(function)
}

/// Whether an aggregate may stand in one.
pub(crate) fn is_listed_aggregate(function: &AggregateUDF) -> bool {
    let own = function.inner().downcast_ref::<ApproxDistinct>().is_some() || function.inner().downcast_ref::<ApproxQuantile>().is_some();
    own || AGGREGATE.contains(&function.name())
}

/// Whether a window function may stand in one.
pub(crate) fn is_listed_window(function: &WindowUDF) -> bool {
    WINDOW.contains(&function.name())
}

/// The allowed scalar functions.
pub(crate) fn scalar() -> Vec<Arc<ScalarUDF>> {
    let known = SessionStateDefaults::default_scalar_functions().into_iter().filter(|function| SCALAR.contains(&function.name()));
    known.chain([Arc::new(TextConcat::udf())]).map(of_all_times).map(of_times).map(bounded).collect()
}

/// The allowed aggregates.
pub(crate) fn aggregate() -> Vec<Arc<AggregateUDF>> {
    let quantiles = [Form::Percentile, Form::Median, Form::Exact].map(ApproxQuantile::udaf);
    let own = quantiles.into_iter().chain([ApproxDistinct::udaf()]).map(Arc::new);
    let others = SessionStateDefaults::default_aggregate_functions().into_iter().filter(|function| AGGREGATE.contains(&function.name()));
    let others = others.map(|function| match function.name() {
        "count" => counted(),
        "sum" => checked_sum(),
        "min" => least(),
        "max" => greatest(),
        "median" => median(),
        _ => exact(function),
    });
    others.chain(own).collect()
}

/// The allowed window functions.
pub(crate) fn window() -> Vec<Arc<WindowUDF>> {
    SessionStateDefaults::default_window_functions().into_iter().filter(|function| WINDOW.contains(&function.name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_dangerous_is_registered() {
        let names: Vec<String> = scalar().iter().flat_map(|function| std::iter::once(function.name().to_owned()).chain(function.aliases().iter().cloned())).collect();
        for name in ["now", "current_date", "random", "uuid", "version", "repeat", "range", "generate_series", "lpad", "rpad"] {
            assert!(!names.iter().any(|known| known == name), "{name}");
        }
        assert!(names.len() > 90, "{}", names.len());
        assert!(aggregate().len() > 20 && window().len() > 8);
    }

    #[test]
    fn estimates_are_our_own() {
        let approximate: Vec<_> = aggregate().into_iter().filter(|function| function.name().starts_with("approx_")).collect();
        assert_eq!(approximate.len(), 3);
        for function in approximate {
            assert!(function.inner().downcast_ref::<ApproxDistinct>().is_some() || function.inner().downcast_ref::<ApproxQuantile>().is_some(), "{}", function.name());
            assert!(crate::functions::sketch::Sketched::by(function.name()).is_some());
        }
    }
}
