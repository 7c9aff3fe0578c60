//! SQL functions of our own, one a file, the sketches behind some of them, and the list of those that a caller may use.

pub(crate) mod allowed;
pub(crate) mod approx_distinct;
pub(crate) mod approx_quantile;
pub(crate) mod bounded_text;
pub(crate) mod bucket;
pub(crate) mod business_day;
pub(crate) mod checked_number;
pub(crate) mod count;
pub(crate) mod date_bucket;
pub(crate) mod date_trunc;
pub(crate) mod differing;
pub(crate) mod exact;
pub(crate) mod extreme;
pub(crate) mod is_business_day;
pub(crate) mod median;
pub(crate) mod nullif;
pub(crate) mod sketch;
pub(crate) mod sum;
pub(crate) mod text_concat;
pub(crate) mod time_bucket;
pub(crate) mod time_shift;
pub(crate) mod whole_arithmetic;
pub(crate) mod written;
