//! The keys of the rows of a load: one or more columns that tell a row from every other. A set of them picks the rows that
//! a load replaces.

use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};
use arrow::util::display::array_value_to_string;
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::col;

use crate::catalog::{ColumnType, DatasetSchema};
use crate::error::{Error, Result, near_names};

/// Columns that a key may have.
const COLUMNS_MAX: usize = 16;
/// Memory for the keys of one load.
const MAX_BYTES: usize = 512 << 20;
/// What a key takes beside its bytes.
const ENTRY_BYTES: usize = 48;

/// Keys as bytes that are equal when the values are.
pub(crate) struct KeySet {
    /// Name and place in the dataset.
    columns: Vec<(String, usize)>,
    converter: RowConverter,
    keys: HashSet<Box<[u8]>, foldhash::fast::FixedState>,
    bytes: usize,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({} keys of {:?})", self.keys.len(), self.columns)
    }
}

impl KeySet {
    /// No keys of some columns of a dataset.
    ///
    /// # Errors
    /// `Invalid` for no column, one that is not there, with near names, one that is named twice, and one of a type whose
    /// values are not told apart for certain.
    pub(crate) fn new(columns: &[String], schema: &DatasetSchema) -> Result<Self> {
        let at = |message: String| Error::invalid(message).at("key");
        if columns.is_empty() || columns.len() > COLUMNS_MAX {
            return Err(at(format!("a key has 1 to {COLUMNS_MAX} columns, not {}", columns.len())));
        }
        let mut found: Vec<(String, usize)> = Vec::with_capacity(columns.len());
        let mut fields = Vec::with_capacity(columns.len());
        for name in columns {
            let Some((index, column)) = schema.columns.iter().enumerate().find(|(_, column)| column.name == *name) else {
                let near = near_names(name, schema.columns.iter().map(|column| column.name.as_str()));
                return Err(at(format!("there is no column {name:?} to be a key{near}")));
            };
            if found.iter().any(|(other, _)| other == name) {
                return Err(at(format!("column {name:?} is twice in the key")));
            }
            if column.column_type == ColumnType::Float || column.column_type.is_nested() {
                return Err(at(format!("column {name:?} is a {}; a key is of whole numbers, texts, days, instants or truth values", column.column_type)));
            }
            fields.push(SortField::new(column.column_type.data_type()));
            found.push((name.clone(), index));
        }
        Ok(Self { columns: found, converter: RowConverter::new(fields)?, keys: HashSet::default(), bytes: 0 })
    }

    /// The columns of the key, and their places in the dataset.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, usize)> {
        self.columns.iter().map(|(name, index)| (name.as_str(), *index))
    }

    /// Takes in the keys of rows of the dataset. `lines` are where they stand in their file, if that is known.
    ///
    /// # Errors
    /// `Invalid` for a row without a key and for a key that is there twice; `Exhausted` when there are too many.
    pub(crate) fn add(&mut self, rows: &RecordBatch, lines: &[u64]) -> Result<()> {
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|(_, index)| Arc::clone(rows.column(*index))).collect();
        let place = |row: usize| lines.get(row).map(|line| format!("line {line}: ")).unwrap_or_default();
        for ((name, _), array) in self.columns.iter().zip(&arrays) {
            if let Some(row) = (array.null_count() > 0).then(|| (0..array.len()).find(|row| array.is_null(*row))).flatten() {
                return Err(Error::invalid(format!("{}the key column {name:?} is empty; every row of a load by key needs one", place(row))).at(name.clone()));
            }
        }
        for (row, key) in self.converter.convert_columns(&arrays)?.iter().enumerate() {
            if !self.keys.insert(key.as_ref().into()) {
                let shown: Vec<String> = arrays.iter().map(|array| array_value_to_string(array, row).unwrap_or_default()).collect();
                let names: Vec<&str> = self.columns().map(|(name, _)| name).collect();
                return Err(
                    Error::invalid(format!("{}two rows have the key {} = {}; keep one of them, for instance the last", place(row), names.join(", "), shown.join(", "))).at("key")
                );
            }
            self.bytes += key.as_ref().len() + ENTRY_BYTES;
        }
        if self.bytes > MAX_BYTES {
            return Err(Error::exhausted(format!("the {} keys of this load take more than {} MB; load it in parts", self.keys.len(), MAX_BYTES >> 20)));
        }
        Ok(())
    }

    /// Takes in the keys of those rows that have one, also where it is there already.
    ///
    /// # Errors
    /// What converting the values says.
    pub(crate) fn add_where_known(&mut self, rows: &RecordBatch) -> Result<()> {
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|(_, index)| Arc::clone(rows.column(*index))).collect();
        for (row, key) in self.converter.convert_columns(&arrays)?.iter().enumerate() {
            if arrays.iter().all(|array| array.is_valid(row)) {
                self.keys.insert(key.as_ref().into());
            }
        }
        Ok(())
    }

    /// Whether a row of the dataset has one of the keys.
    pub(crate) fn member(self: &Arc<Self>, schema: &SchemaRef) -> Result<Arc<dyn PhysicalExpr>> {
        let columns = self.columns().map(|(name, _)| col(name, schema)).collect::<DataFusionResult<Vec<_>>>()?;
        Ok(Arc::new(Member { columns, keys: Arc::clone(self) }))
    }
}

/// True for rows that have one of the keys of a set.
#[derive(Debug)]
struct Member {
    columns: Vec<Arc<dyn PhysicalExpr>>,
    keys: Arc<KeySet>,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {} keys", self.keys.keys.len())
    }
}

impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys) && self.columns == other.columns
    }
}

impl Eq for Member {}

impl Hash for Member {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.columns.hash(state);
    }
}

impl PhysicalExpr for Member {
    fn data_type(&self, _: &Schema) -> DataFusionResult<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _: &Schema) -> DataFusionResult<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> DataFusionResult<ColumnarValue> {
        let arrays = self.columns.iter().map(|column| column.evaluate(batch)?.into_array(batch.num_rows())).collect::<DataFusionResult<Vec<_>>>()?;
        let rows = self.keys.converter.convert_columns(&arrays).map_err(DataFusionError::from)?;
        Ok(ColumnarValue::Array(Arc::new(rows.iter().map(|key| Some(self.keys.keys.contains(key.as_ref()))).collect::<BooleanArray>())))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.columns.iter().collect()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> DataFusionResult<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Self { columns: children, keys: Arc::clone(&self.keys) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray};
    use datafusion::physical_expr::expressions::lit;

    use super::*;
    use crate::catalog::Column;

    fn schema() -> DatasetSchema {
        let columns = [("n", ColumnType::Integer), ("s", ColumnType::String), ("f", ColumnType::Float)];
        DatasetSchema::new(columns.map(|(name, column_type)| Column::new(name, column_type)).to_vec(), None).unwrap()
    }

    fn rows(numbers: Vec<Option<i64>>, texts: Vec<Option<&str>>) -> RecordBatch {
        let floats = arrow::array::Float64Array::from(vec![0.0; numbers.len()]);
        RecordBatch::try_new(schema().arrow(), vec![Arc::new(Int64Array::from(numbers)), Arc::new(StringViewArray::from(texts)), Arc::new(floats)]).unwrap()
    }

    #[test]
    fn rows_that_have_a_key_of_the_set_are_members() {
        let mut keys = KeySet::new(&["s".into(), "n".into()], &schema()).unwrap();
        keys.add(&rows(vec![Some(1), Some(2)], vec![Some("a"), Some("b")]), &[]).unwrap();
        keys.add(&rows(vec![Some(1)], vec![Some("b")]), &[]).unwrap();
        let member = Arc::new(keys).member(&schema().arrow()).unwrap();
        let found = member
            .evaluate(&rows(vec![Some(1), Some(2), Some(1), None, Some(3)], vec![Some("a"), Some("a"), Some("b"), Some("b"), None]))
            .unwrap()
            .into_array(5)
            .unwrap();
        assert_eq!(found.as_ref(), &BooleanArray::from(vec![true, false, true, false, false]) as &dyn Array);
        // A key that is evaluated over other columns is another expression.
        assert_eq!(Arc::clone(&member).with_new_children(vec![lit("b"), lit(1_i64)]).unwrap().to_string(), "one of 3 keys");
    }

    #[test]
    fn rows_without_a_key_of_their_own_are_refused() {
        let make = |columns: &[&str]| KeySet::new(&columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>(), &schema());
        for (columns, message) in [(vec![], "1 to 16 columns"), (vec!["m"], "no column \"m\""), (vec!["n", "n"], "twice"), (vec!["f"], "is a float")] {
            let error = make(&columns).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        let mut keys = make(&["n", "s"]).unwrap();
        let error = keys.add(&rows(vec![Some(1), None], vec![Some("a"), Some("b")]), &[7, 8]).unwrap_err().to_string();
        assert!(error.contains("line 8: the key column \"n\" is empty"), "{error}");
        keys.add(&rows(vec![Some(1)], vec![Some("b")]), &[7]).unwrap();
        let error = keys.add(&rows(vec![Some(2), Some(1)], vec![Some("b"), Some("b")]), &[9, 10]).unwrap_err().to_string();
        assert!(error.contains("line 10: two rows have the key n, s = 1, b"), "{error}");
    }
}
