//! Codes as narrow as their number allows: one byte where there are at most 256, two or four elsewhere. Most keys that
//! people group by have few values, and what a core has to read is what its time goes into.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray, UInt8Array, UInt16Array, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, take};
use arrow::datatypes::ArrowNativeType;

use crate::error::Result;

/// The code of each row. None is null.
#[derive(Debug, Clone)]
pub(crate) enum Codes {
    Byte(UInt8Array),
    Short(UInt16Array),
    Word(UInt32Array),
}

/// Does the same with codes of any width.
macro_rules! each_width {
    ($codes:expr, $array:ident => $do:expr) => {
        match $codes {
            Codes::Byte($array) => $do,
            Codes::Short($array) => $do,
            Codes::Word($array) => $do,
        }
    };
}

impl Codes {
    /// Codes below `space`.
    pub(crate) fn from_iter(space: usize, codes: impl Iterator<Item = u32>) -> Self {
        if space <= 1 << 8 {
            Self::Byte(codes.map(|code| code as u8).collect::<Vec<_>>().into())
        } else if space <= 1 << 16 {
            Self::Short(codes.map(|code| code as u16).collect::<Vec<_>>().into())
        } else {
            Self::Word(codes.collect::<Vec<_>>().into())
        }
    }

    /// Runs of equal codes: where each run ends, in order.
    pub(crate) fn from_runs(space: usize, runs: &[(usize, u32)]) -> Self {
        fn filled<T: ArrowNativeType>(runs: &[(usize, u32)]) -> Vec<T> {
            let mut codes = Vec::with_capacity(runs.last().map_or(0, |(end, _)| *end));
            for (end, code) in runs {
                codes.resize(*end, T::usize_as(*code as usize));
            }
            codes
        }
        if space <= 1 << 8 {
            Self::Byte(filled::<u8>(runs).into())
        } else if space <= 1 << 16 {
            Self::Short(filled::<u16>(runs).into())
        } else {
            Self::Word(filled::<u32>(runs).into())
        }
    }

    pub(crate) fn len(&self) -> usize {
        each_width!(self, codes => codes.len())
    }

    pub(crate) fn size_bytes(&self) -> usize {
        each_width!(self, codes => codes.get_array_memory_size())
    }

    /// What the codes stand for.
    pub(crate) fn values(&self, of: &ArrayRef) -> Result<ArrayRef> {
        Ok(each_width!(self, codes => take(of, codes, None)?))
    }

    /// The rows that a filter lets pass.
    pub(crate) fn filtered(&self, passes: &BooleanArray) -> Result<Self> {
        fn of<T: ArrowPrimitiveType>(codes: &PrimitiveArray<T>, passes: &BooleanArray) -> Result<PrimitiveArray<T>> {
            Ok(filter(codes, passes)?.as_primitive::<T>().clone())
        }
        Ok(match self {
            Self::Byte(codes) => Self::Byte(of(codes, passes)?),
            Self::Short(codes) => Self::Short(of(codes, passes)?),
            Self::Word(codes) => Self::Word(of(codes, passes)?),
        })
    }

    /// Some of the rows.
    pub(crate) fn slice(&self, from: usize, rows: usize) -> Self {
        match self {
            Self::Byte(codes) => Self::Byte(codes.slice(from, rows)),
            Self::Short(codes) => Self::Short(codes.slice(from, rows)),
            Self::Word(codes) => Self::Word(codes.slice(from, rows)),
        }
    }

    /// Other codes, below `space`, for each of these.
    pub(crate) fn translated(&self, meaning: &[u32], space: usize) -> Self {
        each_width!(self, codes => Self::from_iter(space, codes.values().iter().map(|code| meaning.get(code.as_usize()).copied().unwrap_or(0))))
    }

    /// The rows whose code is a true one.
    pub(crate) fn mask(&self, truth: &[bool]) -> BooleanBuffer {
        if truth.iter().all(|truth| *truth) {
            return BooleanBuffer::new_set(self.len());
        }
        each_width!(self, codes => {
            let codes = codes.values();
            BooleanBuffer::collect_bool(codes.len(), |row| codes.get(row).and_then(|code| truth.get(code.as_usize())).copied().unwrap_or(false))
        })
    }

    /// Adds the codes of some rows, times `stride`, to `sums`.
    pub(crate) fn add_to<N: ArrowNativeType>(&self, rows: Range<usize>, stride: usize, sums: &mut [N]) {
        each_width!(self, codes => {
            for (sum, code) in sums.iter_mut().zip(codes.values().get(rows).unwrap_or_default()) {
                *sum = N::usize_as(sum.as_usize() + code.as_usize() * stride);
            }
        });
    }

    /// One by one, for what is no hot loop.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> Vec<usize> {
        each_width!(self, codes => codes.values().iter().map(|code| code.as_usize()).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn codes_of_every_width_are_the_same_codes() {
        for (space, bytes) in [(256, 1), (257, 2), (65_536, 2), (65_537, 4)] {
            let all: Vec<u32> = (0..1_000).map(|row| (row * 7_919) % space as u32).chain([space as u32 - 1]).collect();
            let codes = Codes::from_iter(space, all.iter().copied());
            let expected: Vec<usize> = all.iter().map(|code| *code as usize).collect();
            assert_eq!(codes.iter(), expected);
            assert!(codes.size_bytes() < (bytes + 1) * 1_001 + 500, "{space}");
            let values: ArrayRef = Arc::new(Int64Array::from_iter_values((0..space as i64).map(|value| value * 3)));
            let taken = codes.values(&values).unwrap();
            assert!(taken.as_primitive::<Int64Type>().values().iter().zip(&all).all(|(value, code)| *value == i64::from(*code) * 3));
            let passes = BooleanArray::from((0..1_001).map(|row| row % 3 == 0).collect::<Vec<_>>());
            assert_eq!(codes.filtered(&passes).unwrap().iter(), expected.iter().copied().step_by(3).collect::<Vec<_>>());
            assert_eq!(codes.slice(10, 5).iter(), expected[10..15]);
            let truth: Vec<bool> = (0..space).map(|code| code % 2 == 1).collect();
            assert!(codes.mask(&truth).iter().zip(&expected).all(|(mask, code)| mask == (code % 2 == 1)));
            let halves: Vec<u32> = (0..space as u32).map(|code| code / 2).collect();
            assert_eq!(codes.translated(&halves, space / 2 + 1).iter(), expected.iter().map(|code| code / 2).collect::<Vec<_>>());
            let mut sums = vec![1_u64; 4];
            codes.add_to(2..6, 10, &mut sums);
            assert!(sums.iter().zip(&expected[2..6]).all(|(sum, code)| *sum == 1 + 10 * *code as u64));
            let runs = Codes::from_runs(space, &[(2, 5), (2, 9), (6, space as u32 - 1)]);
            assert_eq!(runs.iter(), [5, 5, space - 1, space - 1, space - 1, space - 1]);
        }
    }
}
