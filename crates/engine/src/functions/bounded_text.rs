//! Functions whose text may be far longer than what they are given, within bounds: `replace('aaa…', 'a', 'bbb…')` makes a gigabyte of
//! two texts of some kilobytes, in one step that neither a deadline nor the memory pool sees. What a call can come to at most is
//! known from the lengths of its arguments before it is made; where that is too much, rows are taken in halves, and what
//! really comes is counted.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait};
use arrow::compute::concat;
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature};

use super::text_concat;
use crate::error::Error;

/// Bytes that a call may make of the rows of a batch.
const BYTES_MAX: usize = 64 << 20;
/// Comparisons of characters that a call may do for the rows of a batch.
const STEPS_MAX: usize = 500_000_000;
/// Bytes that a format of times may have.
const FORMAT_BYTES_MAX: usize = 1_024;
/// Bytes at most that one byte of such a format writes: `%c` is "Thu Mar 14 15:09:26 2013".
const BYTES_OF_FORMAT: usize = 40;
/// Bytes of a number, a truth value or a time at most, as a text.
const BYTES_OF_VALUE: usize = 40;

/// What a call may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Growth {
    /// All arguments one after the other, the second between the parts of a list or the others.
    Sum,
    /// The third argument in the place of each character of the first.
    Product,
    /// What the second argument says of each row.
    Format,
    /// No text, but so many steps: each character of one beside each of the other.
    Distance,
}

/// Functions that are bounded.
const GROWING: [(&str, Growth); 9] = [
    ("array_to_string", Growth::Sum),
    ("concat", Growth::Sum),
    ("concat_ws", Growth::Sum),
    ("levenshtein", Growth::Distance),
    ("overlay", Growth::Sum),
    ("regexp_replace", Growth::Product),
    ("replace", Growth::Product),
    (text_concat::NAME, Growth::Sum),
    ("to_char", Growth::Format),
];

/// The function within bounds, where it needs some.
pub(crate) fn bounded(function: Arc<ScalarUDF>) -> Arc<ScalarUDF> {
    match GROWING.iter().find(|(name, _)| *name == function.name()) {
        Some((_, growth)) => Arc::new(ScalarUDF::from(Bounded { inner: function, growth: *growth })),
        None => function,
    }
}

/// Whether a function needs no bounds, or has them.
pub(crate) fn is_bounded(function: &ScalarUDF) -> bool {
    GROWING.iter().all(|(name, _)| *name != function.name()) || function.inner().downcast_ref::<Bounded>().is_some()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl Bounded {
    /// What the rows come to at most, in bytes or steps.
    fn bound(&self, arguments: &[ColumnarValue], rows: usize) -> usize {
        let sizes: Vec<Size> = arguments.iter().map(|argument| Size::of(argument, rows)).collect();
        let size = |index: usize| sizes.get(index).copied().unwrap_or_default();
        match self.growth {
            Growth::Sum => {
                let between = sizes.iter().map(|size| size.longest).max().unwrap_or_default();
                let parts = sizes.iter().fold(0_usize, |parts, size| parts.saturating_add(size.parts));
                let between = if matches!(self.inner.name(), "concat_ws" | "array_to_string") { between.saturating_mul(parts) } else { 0 };
                sizes.iter().fold(between, |sum, size| sum.saturating_add(size.all))
            }
            Growth::Product => size(0).all.saturating_add(rows).saturating_mul(size(2).longest.saturating_add(1)),
            Growth::Format => rows.saturating_mul(size(1).longest.saturating_add(1)).saturating_mul(BYTES_OF_FORMAT),
            Growth::Distance => size(0).all.saturating_mul(size(1).longest),
        }
    }

    fn most(&self) -> usize {
        if self.growth == Growth::Distance { STEPS_MAX } else { BYTES_MAX }
    }

    fn too_much(&self) -> DataFusionError {
        let name = self.display();
        let what = match self.growth {
            Growth::Distance => format!("{name} compares texts that are too long for it; shorten them with left()"),
            _ => format!("{name} makes texts of more than {} MiB out of one batch of rows; shorten what it is given", BYTES_MAX >> 20),
        };
        DataFusionError::External(Box::new(Error::exhausted(what)))
    }

    fn display(&self) -> &str {
        if self.inner.name() == text_concat::NAME { "||" } else { self.inner.name() }
    }

    /// Calls the function for some rows. `made`: bytes of those before.
    fn call(&self, arguments: ScalarFunctionArgs, made: &mut usize) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let is_constant = arguments.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        if self.bound(&arguments.args, if is_constant { 1 } else { rows }) <= self.most() {
            let value = self.inner.invoke_with_args(arguments)?;
            if let (ColumnarValue::Array(array), true) = (&value, self.growth != Growth::Distance) {
                *made = made.saturating_add(Size::of_array(array).all);
            }
            return if *made <= BYTES_MAX { Ok(value) } else { Err(self.too_much()) };
        }
        // Halves of a distance are as much together.
        if is_constant || rows < 2 || self.growth == Growth::Distance {
            return Err(self.too_much());
        }
        let half = |from: usize, count: usize, made: &mut usize| {
            let part = |argument: &ColumnarValue| match argument {
                ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(from, count)),
                scalar => scalar.clone(),
            };
            let args = arguments.args.iter().map(part).collect();
            let part = ScalarFunctionArgs { args, number_rows: count, ..arguments.clone() };
            self.call(part, made)?.into_array(count)
        };
        let (first, second): (ArrayRef, ArrayRef) = (half(0, rows / 2, made)?, half(rows / 2, rows - rows / 2, made)?);
        Ok(ColumnarValue::Array(concat(&[&*first, &*second])?))
    }

    fn check_format(&self, arguments: &[ColumnarValue]) -> Result<()> {
        let format = arguments.get(1).map(|format| Size::of(format, 1).longest).unwrap_or_default();
        if self.growth != Growth::Format || format <= FORMAT_BYTES_MAX {
            return Ok(());
        }
        let error = Error::exhausted(format!("{} has a format of {format} bytes; at most {FORMAT_BYTES_MAX} are read", self.display()));
        Err(DataFusionError::External(Box::new(error)))
    }
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<arrow::datatypes::FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn is_strict(&self) -> bool {
        self.inner.is_strict()
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    // Not simplified: that puts the function itself in the place of this one.

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.check_format(&arguments.args)?;
        self.call(arguments, &mut 0)
    }
}

/// Lengths of an argument in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// Of all rows together.
    all: usize,
    /// Of the longest one at least.
    longest: usize,
    /// Values, elements of lists each.
    parts: usize,
}

impl Size {
    fn of(argument: &ColumnarValue, rows: usize) -> Self {
        match argument {
            ColumnarValue::Array(array) => Self::of_array(array),
            ColumnarValue::Scalar(value) => {
                let one = match value {
                    ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text) => {
                        let length = text.as_ref().map_or(0, String::len);
                        Self { all: length, longest: length, parts: 1 }
                    }
                    other => other.to_array().map(|array| Self::of_array(&array)).unwrap_or_default(),
                };
                Self { all: one.all.saturating_mul(rows), parts: one.parts.saturating_mul(rows), ..one }
            }
        }
    }

    fn of_array(array: &ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8 => Self::of_lengths(offsets(array.as_string::<i32>().offsets())),
            DataType::LargeUtf8 => Self::of_lengths(offsets(array.as_string::<i64>().offsets())),
            DataType::Utf8View => Self::of_lengths(array.as_string_view().lengths().map(|length| length as usize)),
            DataType::List(_) => Self::of_parts(array.as_list::<i32>().values(), array.as_list::<i32>().offsets()),
            DataType::LargeList(_) => Self::of_parts(array.as_list::<i64>().values(), array.as_list::<i64>().offsets()),
            DataType::FixedSizeList(..) => Self::of_array(array.as_fixed_size_list().values()),
            DataType::Dictionary(..) => {
                let values = Self::of_array(array.as_any_dictionary().values());
                Self { all: values.longest.saturating_mul(array.len()), longest: values.longest, parts: array.len() }
            }
            _ => Self { all: BYTES_OF_VALUE.saturating_mul(array.len()), longest: BYTES_OF_VALUE, parts: array.len() },
        }
    }

    fn of_lengths(lengths: impl Iterator<Item = usize>) -> Self {
        lengths.fold(Self::default(), |size, length| Self { all: size.all.saturating_add(length), longest: size.longest.max(length), parts: size.parts + 1 })
    }

    /// Of lists: their elements, of which one list may have all.
    fn of_parts<O: OffsetSizeTrait>(values: &ArrayRef, offsets: &arrow::buffer::OffsetBuffer<O>) -> Self {
        let (first, last) = (offsets.first().map_or(0, |first| first.as_usize()), offsets.last().map_or(0, |last| last.as_usize()));
        let elements = Self::of_array(&values.slice(first, last.saturating_sub(first)));
        Self { longest: elements.longest, ..elements }
    }
}

fn offsets<O: OffsetSizeTrait>(offsets: &arrow::buffer::OffsetBuffer<O>) -> impl Iterator<Item = usize> {
    offsets.windows(2).map(|pair| pair[1].as_usize() - pair[0].as_usize())
}
