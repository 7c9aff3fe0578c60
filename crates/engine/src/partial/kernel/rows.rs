//! The rows of a segment as a kernel sees them: decoded columns and what is evaluated over them. What depends on one text
//! column alone is evaluated once per distinct value.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::prep_null_mask_filter;
use datafusion::physical_expr_common::utils::scatter;

use super::super::codes;
use super::super::columns::{Coded, Column};
use super::super::fold::Values;
use super::binding::{Bound, Key, Measure, Through};
use crate::error::{Error, Result};
use crate::functions::date_bucket::bucket_all;
use crate::functions::sketch::hash;

/// The rows that a partial is computed from.
pub(super) struct Rows {
    pub(super) columns: Vec<Option<Column>>,
    /// Text columns that were written out, so that it happens once.
    pub(super) arrays: HashMap<usize, ArrayRef>,
    pub(super) rows: usize,
}

impl Rows {
    fn column(&self, place: usize) -> Result<&Column> {
        self.columns.get(place).and_then(Option::as_ref).ok_or_else(|| Error::internal("a kernel without its column"))
    }

    fn written_out(&mut self, place: usize) -> Result<ArrayRef> {
        let column = self.columns.get(place).and_then(Option::as_ref).ok_or_else(|| Error::internal("a kernel without its column"))?;
        match self.arrays.entry(place) {
            Entry::Occupied(known) => Ok(Arc::clone(known.get())),
            Entry::Vacant(free) => Ok(Arc::clone(free.insert(column.array()?))),
        }
    }

    /// The codes of what an expression depends on alone, where that is a text column or looked up, and the expression
    /// evaluated on its distinct values. `None` also where that fails: a value of a row that did not pass must not be the
    /// reason of an error.
    fn by_value(&mut self, bound: &Bound) -> Option<(Coded, ArrayRef)> {
        let coded = match (&bound.through, bound.columns.as_slice()) {
            (Some(through), _) => self.looked_up(through).ok()?,
            (None, [place]) => match self.columns.get(*place)?.as_ref()? {
                Column::Coded(coded) => coded.clone(),
                Column::Plain(_) => return None,
            },
            _ => return None,
        };
        let evaluated = bound.evaluate(vec![Arc::clone(&coded.values)], coded.values.len()).ok()?;
        Some((coded, evaluated))
    }

    fn looked_up(&mut self, through: &Through) -> Result<Coded> {
        if let [key] = through.keys.as_slice()
            && let Some((coded, evaluated)) = self.by_value(key)
        {
            return through.mapping.coded_through(&coded, &evaluated);
        }
        let keys = through.keys.iter().map(|key| self.array(key)).collect::<Result<Vec<_>>>()?;
        through.mapping.coded(&keys)
    }

    pub(super) fn filtered(&self, passes: &BooleanArray) -> Result<Self> {
        let rows = passes.true_count();
        let first = passes.values().set_slices().next();
        let part = |column: &Column| match first {
            // Rows that pass lie side by side where a window is cut out of rows that are sorted by time.
            Some((from, to)) if to - from == rows => Ok(column.slice(from, rows)),
            _ => column.filtered(passes),
        };
        let columns = self.columns.iter().map(|column| column.as_ref().map(part).transpose()).collect::<Result<Vec<_>>>()?;
        Ok(Self { columns, arrays: HashMap::new(), rows })
    }

    /// What an aggregate of our own looks at. Counts look at nulls alone.
    pub(super) fn values(&mut self, measure: &Measure, passes: Option<&BooleanArray>) -> Result<Values> {
        let mut values = Values { array: None, valid: passes.map(|passes| passes.values().clone()) };
        if let [argument] = measure.arguments.as_slice() {
            let by_value = match self.by_value(argument) {
                // Nothing but nulls has a type of its own, whose arrays have no mask of nulls.
                Some((coded, evaluated)) if measure.nulls_alone => match evaluated.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
                    Some(nulls) => Some((None, Some(coded.codes.mask(&nulls.iter().collect::<Vec<_>>())))),
                    None => Some((None, None)),
                },
                Some((coded, evaluated)) => Some((Some(coded.codes.values(&evaluated)?), None)),
                None => None,
            };
            let (array, valid) = match by_value {
                Some(found) => found,
                None => (Some(self.counted(argument, passes)?), None),
            };
            let nulls = array.as_ref().and_then(|array| array.logical_nulls()).filter(|nulls| nulls.null_count() > 0);
            let valid = valid.or(nulls.map(NullBuffer::into_inner));
            values.array = array;
            values.valid = match (values.valid, valid) {
                (Some(passes), Some(valid)) => Some(&passes & &valid),
                (passes, valid) => passes.or(valid),
            };
        }
        Ok(values)
    }

    /// Where a condition is true; null is not.
    pub(super) fn mask(&mut self, condition: &Bound) -> Result<BooleanArray> {
        if let Some((coded, evaluated)) = self.by_value(condition) {
            let truth: Vec<bool> = boolean(&evaluated)?.iter().map(|value| value == Some(true)).collect();
            return Ok(BooleanArray::new(coded.codes.mask(&truth), None));
        }
        let evaluated = self.array(condition)?;
        let mask = boolean(&evaluated)?;
        Ok(if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() })
    }

    pub(super) fn array(&mut self, bound: &Bound) -> Result<ArrayRef> {
        if let Some(through) = &bound.through {
            let coded = self.looked_up(through)?;
            return bound.evaluate(vec![coded.codes.values(&coded.values)?], self.rows);
        }
        let arrays = bound.columns.iter().map(|place| self.written_out(*place)).collect::<Result<Vec<_>>>()?;
        bound.evaluate(arrays, self.rows)
    }

    /// What an aggregate looks at. What is wrong with a row that it does not count is no error: where it cannot be computed for all
    /// rows, it is for those that pass, and null in the others.
    pub(super) fn counted(&mut self, bound: &Bound, passes: Option<&BooleanArray>) -> Result<ArrayRef> {
        let (error, passes) = match (self.array(bound), passes) {
            (Err(error), Some(passes)) => (error, passes),
            (evaluated, _) => return evaluated,
        };
        match passes.true_count() {
            0 => Ok(new_null_array(&bound.expr.data_type(&bound.schema)?, self.rows)),
            count if count == self.rows => Err(error),
            _ => {
                let columns = self.columns.iter().enumerate().map(|(place, column)| column.as_ref().filter(|_| bound.columns.contains(&place)).cloned()).collect();
                let mut counted = Self { columns, arrays: HashMap::new(), rows: self.rows }.filtered(passes)?;
                Ok(scatter(passes, &counted.array(bound)?)?)
            }
        }
    }

    /// Hashes of values, null where the value is.
    pub(super) fn hashes(&mut self, bound: &Bound, passes: Option<&BooleanArray>) -> Result<ArrayRef> {
        if let Some((coded, evaluated)) = self.by_value(bound) {
            return coded.codes.values(&(Arc::new(hash::hashes(&evaluated)?) as ArrayRef));
        }
        Ok(Arc::new(hash::hashes(&self.counted(bound, passes)?)?))
    }

    pub(super) fn key(&mut self, key: &Key) -> Result<Coded> {
        match key {
            Key::Bucket { instant, interval, calendar } => {
                let sorted = match (instant.columns.as_slice(), instant.is_column()) {
                    ([place], true) => matches!(self.column(*place)?, Column::Plain(plain) if plain.is_sorted()),
                    _ => false,
                };
                codes::buckets(&self.array(instant)?, sorted, *interval, *calendar)
            }
            Key::Dates { date, interval, calendar } => match self.by_value(date) {
                Some((coded, evaluated)) => codes::encode_through(&coded, &bucket_all(&evaluated, *interval, *calendar)),
                None => codes::date_buckets(&self.array(date)?, *interval, *calendar),
            },
            Key::Any(bound) => {
                if let Some((coded, evaluated)) = self.by_value(bound) {
                    return if Arc::ptr_eq(&evaluated, &coded.values) { Ok(coded) } else { codes::encode_through(&coded, &evaluated) };
                }
                if let ([place], true) = (bound.columns.as_slice(), bound.is_column()) {
                    return codes::of_column(self.column(*place)?);
                }
                codes::encode(&self.array(bound)?)
            }
        }
    }
}

fn boolean(array: &ArrayRef) -> Result<&BooleanArray> {
    array.as_boolean_opt().ok_or_else(|| Error::internal("a filter that is neither true nor false"))
}

#[cfg(test)]
mod tests {
    use arrow::array::StringViewArray;
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::physical_expr::PhysicalExpr;
    use datafusion::physical_expr::expressions::Literal;
    use datafusion::scalar::ScalarValue;

    use super::*;

    #[test]
    fn a_count_of_nothing_but_nulls_counts_no_row() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["a", "b", "a"]));
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8View, true)]));
        let count = |expr: Arc<dyn PhysicalExpr>| {
            let argument = Bound { expr, schema: Arc::clone(&schema), columns: vec![0], through: None };
            let measure = Measure { arguments: vec![argument], hashed: false, filter: None, nulls_alone: true };
            let mut rows = Rows { columns: vec![Some(Column::of(&texts).unwrap())], arrays: HashMap::new(), rows: 3 };
            rows.values(&measure, None).unwrap().valid.map(|valid| valid.count_set_bits())
        };
        assert_eq!(count(Arc::new(Literal::new(ScalarValue::Null))), Some(0));
        assert_eq!(count(Arc::new(Literal::new(ScalarValue::Int64(Some(1))))), None, "all rows count");
    }
}
