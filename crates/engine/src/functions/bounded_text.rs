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

/// Bytes that a call may make of the rows of a batch, unless it is given about as many.
const BYTES_MAX: usize = 64 << 20;
/// Bytes that it may make of whatever it is given.
const BYTES_MAX_OF_LONG: usize = 512 << 20;
/// Bytes of what is made of constants: it is written out for every row later on.
const BYTES_MAX_OF_CONSTANT: usize = 64 << 10;
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
    /// All arguments one after the other.
    Sum,
    /// The first argument between all others.
    Joined,
    /// The second argument between the elements of the first, and the third for what is missing.
    Elements,
    /// The third argument in the place of each character of the first.
    Product,
    /// What the second argument says of each row.
    Format,
    /// No text, but so many steps: each character of one beside each of the other.
    Distance,
}

/// What `[a, b]` is planned as.
pub(crate) const MAKE_ARRAY: &str = "make_array";

/// Functions that are bounded.
const GROWING: [(&str, Growth); 10] = [
    ("array_to_string", Growth::Elements),
    ("concat", Growth::Sum),
    ("concat_ws", Growth::Joined),
    ("levenshtein", Growth::Distance),
    (MAKE_ARRAY, Growth::Sum),
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
        let all = || sizes.iter().fold(0_usize, |sum, size| sum.saturating_add(size.all));
        match self.growth {
            Growth::Sum => all(),
            Growth::Joined => all().saturating_add(size(0).longest.saturating_mul(rows.saturating_mul(sizes.len()))),
            Growth::Elements => size(0).all.saturating_add(size(0).parts.saturating_mul(size(1).longest.saturating_add(size(2).longest))),
            Growth::Product => size(0).all.saturating_add(rows).saturating_mul(size(2).longest.saturating_add(1)),
            Growth::Format => rows.saturating_mul(size(1).longest.saturating_add(1)).saturating_mul(BYTES_OF_FORMAT),
            Growth::Distance => match size(0).all.saturating_mul(size(1).longest) {
                rough if rough <= STEPS_MAX => rough,
                _ => steps(arguments, rows),
            },
        }
    }

    fn most(&self) -> usize {
        if self.growth == Growth::Distance { STEPS_MAX } else { BYTES_MAX }
    }

    fn too_much(&self) -> DataFusionError {
        let name = self.display();
        let what = match self.growth {
            Growth::Distance => format!("{name} compares texts that are too long for it; shorten them with left()"),
            _ => format!(
                "{name} makes too much: more than {} MiB out of one batch of rows, or {} KiB out of constants; shorten what it is given",
                BYTES_MAX >> 20,
                BYTES_MAX_OF_CONSTANT >> 10
            ),
        };
        DataFusionError::External(Box::new(Error::exhausted(what)))
    }

    fn display(&self) -> &str {
        if self.inner.name() == text_concat::NAME { "||" } else { self.inner.name() }
    }

    /// Calls the function for some rows. `made`: bytes of those before, and how many there may be.
    fn call(&self, arguments: ScalarFunctionArgs, made: &mut (usize, usize)) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        if self.bound(&arguments.args, rows) <= self.most() {
            let value = self.inner.invoke_with_args(arguments)?;
            if self.growth != Growth::Distance {
                made.0 = made.0.saturating_add(Size::of(&value, rows).all);
            }
            return if made.0 <= made.1 { Ok(value) } else { Err(self.too_much()) };
        }
        // Halves of a distance are as much together.
        if rows < 2 || self.growth == Growth::Distance {
            return Err(self.too_much());
        }
        let half = |from: usize, count: usize, made: &mut (usize, usize)| {
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
        if arguments.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_))) {
            // One row stands for all; halves of it there are none.
            return self.call(ScalarFunctionArgs { number_rows: 1, ..arguments }, &mut (0, BYTES_MAX_OF_CONSTANT));
        }
        let given = distinct(&arguments.args).fold(0_usize, |given, array| given.saturating_add(Size::of_array(array).all));
        // Who is given long texts may make long ones of them; not of one text again and again.
        let most = BYTES_MAX.max(given.saturating_add(given / 2).min(BYTES_MAX_OF_LONG));
        self.call(arguments, &mut (0, most))
    }
}

/// Arrays that are given, each once.
fn distinct(arguments: &[ColumnarValue]) -> impl Iterator<Item = &ArrayRef> {
    let arrays = move || arguments.iter().filter_map(|argument| if let ColumnarValue::Array(array) = argument { Some(array) } else { None });
    arrays().enumerate().filter(move |(index, array)| !arrays().take(*index).any(|before| Arc::ptr_eq(before, array))).map(|(_, array)| array)
}

/// Comparisons of two texts, row by row.
fn steps(arguments: &[ColumnarValue], rows: usize) -> usize {
    let [left, right] = arguments else { return usize::MAX };
    lengths(left, rows).zip(lengths(right, rows)).fold(0, |steps, (left, right)| steps.saturating_add(left.saturating_mul(right)))
}

/// Lengths of texts, row by row.
fn lengths(argument: &ColumnarValue, rows: usize) -> Box<dyn Iterator<Item = usize> + '_> {
    match argument {
        ColumnarValue::Array(array) => match array.data_type() {
            DataType::Utf8 => Box::new(offsets(array.as_string::<i32>().offsets())),
            DataType::LargeUtf8 => Box::new(offsets(array.as_string::<i64>().offsets())),
            DataType::Utf8View => Box::new(array.as_string_view().lengths().map(|length| length as usize)),
            _ => Box::new(std::iter::repeat_n(Size::of_array(array).longest, rows)),
        },
        scalar => Box::new(std::iter::repeat_n(Size::of(scalar, 1).longest, rows)),
    }
}

/// Lengths of an argument in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    /// Of all rows together.
    pub(crate) all: usize,
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

    pub(crate) fn of_array(array: &ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8 => Self::of_lengths(offsets(array.as_string::<i32>().offsets())),
            DataType::LargeUtf8 => Self::of_lengths(offsets(array.as_string::<i64>().offsets())),
            DataType::Utf8View => Self::of_lengths(array.as_string_view().lengths().map(|length| length as usize)),
            DataType::Binary => Self::of_lengths(offsets(array.as_binary::<i32>().offsets())),
            DataType::LargeBinary => Self::of_lengths(offsets(array.as_binary::<i64>().offsets())),
            DataType::BinaryView => Self::of_lengths(array.as_binary_view().lengths().map(|length| length as usize)),
            DataType::FixedSizeBinary(width) => {
                let width = usize::try_from(*width).unwrap_or_default();
                Self { all: width.saturating_mul(array.len()), longest: width, parts: array.len() }
            }
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
