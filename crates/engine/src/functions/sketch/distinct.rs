//! How many values are distinct: all hashes of them while there are few, HyperLogLog beyond.
//!
//! An estimate is always greater than [`EXACT_MAX`], an exact count never is. So whether a number is exact can be told
//! from the number itself, wherever it comes from. HyperLogLog is that of Apache DataSketches, whose bytes other
//! programs read as well; its estimate is taken from the registers alone, never from the order in which they were set.
//! P. Flajolet and others, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm" (2007).

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, UInt64Array};
use arrow::datatypes::UInt64Type;
use datafusion::common::{internal_datafusion_err, internal_err};
use datafusion::error::{DataFusionError, Result};
use datasketches::hll::{HllSketch, HllType, HllUnion};
use foldhash::fast::FixedState;

use super::{Estimate, Sketch, hash};

/// Counts up to this one are exact. Two of that many values share a hash in one of two trillion columns.
pub(crate) const EXACT_MAX: usize = 4_096;

/// Two standard errors, relative to the number: 95 of 100 estimates are closer. A standard error is 1.04 / sqrt(2^14).
pub(crate) const RELATIVE_ERROR: f64 = 2.0 * 1.04 / 128.0;

/// Registers, as a power of two. One byte each.
const LG_REGISTERS: u8 = 14;

/// Kinds of states: the first byte.
const HASHES: u8 = 1;
const REGISTERS: u8 = 2;

/// Distinct values, by their hashes.
#[derive(Debug)]
pub(crate) enum DistinctSketch {
    Few(HashSet<u64, FixedState>),
    Many(Box<HllUnion>),
}

impl Default for DistinctSketch {
    fn default() -> Self {
        Self::Few(HashSet::default())
    }
}

impl DistinctSketch {
    /// The number of distinct values, or an estimate of it.
    pub(crate) fn count(&self) -> i64 {
        match self {
            Self::Few(hashes) => i64::try_from(hashes.len()).unwrap_or(i64::MAX),
            Self::Many(registers) => (registers.composite_estimate().round() as i64).max(EXACT_MAX as i64 + 1),
        }
    }

    fn registers(hashes: &HashSet<u64, FixedState>) -> Result<HllUnion> {
        let mut registers = HllUnion::new(LG_REGISTERS).map_err(|error| impossible(&error))?;
        hashes.iter().for_each(|hash| registers.update_value(*hash));
        Ok(registers)
    }
}

fn impossible(error: &datasketches::error::Error) -> DataFusionError {
    internal_datafusion_err!("a sketch of distinct values: {error}")
}

fn damaged<T>(what: &str) -> Result<T> {
    internal_err!("a state of distinct values is damaged: {what}")
}

impl Sketch for DistinctSketch {
    type Item = UInt64Type;

    fn add(&mut self, hash: u64) -> Result<()> {
        match self {
            Self::Few(hashes) => {
                if hashes.insert(hash) && hashes.len() > EXACT_MAX {
                    *self = Self::Many(Box::new(Self::registers(hashes)?));
                }
            }
            Self::Many(registers) => registers.update_value(hash),
        }
        Ok(())
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        match state.split_first() {
            Some((&HASHES, bytes)) => {
                let (hashes, rest) = bytes.as_chunks::<8>();
                if !rest.is_empty() || hashes.len() > EXACT_MAX {
                    return damaged("its hashes are cut off");
                }
                if let Self::Few(known) = self {
                    known.reserve(hashes.len().saturating_sub(known.len()));
                }
                hashes.iter().try_for_each(|hash| self.add(u64::from_le_bytes(*hash)))
            }
            Some((&REGISTERS, image)) => {
                let more = HllSketch::deserialize(image).or_else(|error| damaged(&error.to_string()))?;
                if more.lg_config_k() != LG_REGISTERS || more.target_type() != HllType::Hll8 {
                    return damaged("its registers are of another shape");
                }
                if let Self::Few(hashes) = self {
                    *self = Self::Many(Box::new(Self::registers(hashes)?));
                }
                if let Self::Many(registers) = self {
                    registers.update(&more);
                }
                Ok(())
            }
            Some((kind, _)) => damaged(&format!("kind {kind} is not known")),
            None => damaged("it is empty"),
        }
    }

    fn state(&self) -> Vec<u8> {
        match self {
            Self::Few(hashes) => {
                let mut sorted: Vec<u64> = hashes.iter().copied().collect();
                sorted.sort_unstable();
                std::iter::once(HASHES).chain(sorted.into_iter().flat_map(u64::to_le_bytes)).collect()
            }
            Self::Many(registers) => {
                let mut image = registers.to_sketch(HllType::Hll8).serialize();
                forget_history(&mut image);
                image.insert(0, REGISTERS);
                image
            }
        }
    }

    fn size_bytes(&self) -> usize {
        match self {
            // A slot of the table is the hash and a byte beside it.
            Self::Few(hashes) => hashes.capacity() * (size_of::<u64>() + 1),
            Self::Many(registers) => size_of::<HllUnion>() + registers.estimated_size(),
        }
    }
}

/// Marks an image as one that was merged. It then holds no running estimate, which would depend on the order of values.
fn forget_history(image: &mut [u8]) {
    const FLAGS: usize = 5;
    const OUT_OF_ORDER: u8 = 16;
    if let Some(flags) = image.get_mut(FLAGS) {
        *flags |= OUT_OF_ORDER;
    }
    if let Some(running_estimate) = image.get_mut(8..16) {
        running_estimate.fill(0);
    }
}

/// Counts the distinct values of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountValues;

/// Counts values that were hashed before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountHashes;

fn counts(sketches: &[DistinctSketch]) -> ArrayRef {
    Arc::new(sketches.iter().map(DistinctSketch::count).collect::<Int64Array>())
}

impl Estimate for CountValues {
    type Sketch = DistinctSketch;

    fn items(&self, values: &ArrayRef) -> Result<UInt64Array> {
        hash::hashes(values)
    }

    fn values(&self, sketches: &[DistinctSketch]) -> ArrayRef {
        counts(sketches)
    }
}

impl Estimate for CountHashes {
    type Sketch = DistinctSketch;

    fn items(&self, values: &ArrayRef) -> Result<UInt64Array> {
        match values.as_primitive_opt::<UInt64Type>() {
            Some(hashes) => Ok(hashes.clone()),
            None => internal_err!("hashes of type {}", values.data_type()),
        }
    }

    fn values(&self, sketches: &[DistinctSketch]) -> ArrayRef {
        counts(sketches)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Hashes of the numbers of a range.
    fn hashed(numbers: std::ops::Range<i64>) -> Vec<u64> {
        let values: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
        hash::hashes(&values).unwrap().values().to_vec()
    }

    fn sketch(hashes: impl IntoIterator<Item = u64>) -> DistinctSketch {
        let mut sketch = DistinctSketch::default();
        hashes.into_iter().for_each(|hash| sketch.add(hash).unwrap());
        sketch
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Up to twice the bound, so that exact parts meet exact parts, exact ones meet estimates, and estimates meet.
        #[test]
        fn any_split_and_order_gives_the_same_state(
            parts in proptest::collection::vec((0_i64..9_000, 0_i64..5_000), 1..8),
            order in any::<prop::sample::Index>(),
        ) {
            let parts: Vec<Vec<u64>> = parts.iter().map(|(from, length)| hashed(*from..*from + *length)).collect();
            let whole = sketch(parts.iter().flatten().copied());
            let reversed = sketch(parts.iter().flatten().copied().rev());
            prop_assert_eq!(&whole.state(), &reversed.state());
            let states: Vec<Vec<u8>> = parts.iter().map(|part| sketch(part.iter().copied()).state()).collect();
            // From the left, beginning anywhere.
            let mut merged = DistinctSketch::default();
            let begin = order.index(states.len());
            for state in states[begin..].iter().chain(&states[..begin]) {
                merged.merge(state).unwrap();
            }
            prop_assert_eq!(&merged.state(), &whole.state());
            prop_assert_eq!(merged.count(), whole.count());
            // As a tree of two halves, each of which went through bytes.
            let half = |states: &[Vec<u8>]| {
                let mut half = DistinctSketch::default();
                states.iter().for_each(|state| half.merge(state).unwrap());
                half.state()
            };
            let (left, right) = states.split_at(begin);
            prop_assert_eq!(&half(&[half(right), half(left)]), &whole.state());
        }
    }

    #[test]
    fn counts_are_exact_up_to_the_bound_and_greater_beyond() {
        for count in [0, 1, 2, 1_000, 4_095, 4_096] {
            let hashes = hashed(0..count);
            assert_eq!(sketch(hashes.iter().chain(&hashes).copied()).count(), count);
        }
        for count in [4_097, 4_100, 4_500] {
            let found = sketch(hashed(0..count)).count();
            assert!(found > EXACT_MAX as i64, "{found} of {count}");
        }
    }

    #[test]
    fn estimates_are_as_close_as_they_claim() {
        let standard_error = RELATIVE_ERROR / 2.0;
        let (mut within_two, mut total) = (0, 0);
        for count in [5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000] {
            for series in 0..if count > 100_000 { 2 } else { 10 } {
                let from = series * 10_000_000 + count;
                let error = (sketch(hashed(from..from + count)).count() - count) as f64 / count as f64;
                assert!(error.abs() < 3.5 * standard_error, "{count}: {error}");
                within_two += usize::from(error.abs() <= RELATIVE_ERROR);
                total += 1;
            }
        }
        assert!(within_two as f64 >= 0.9 * total as f64, "{within_two} of {total} are within the bound");
    }

    #[test]
    fn damaged_states_are_refused() {
        let (few, many) = (sketch(hashed(0..10)).state(), sketch(hashed(0..5_000)).state());
        let mut unknown = few.clone();
        unknown[0] = 9;
        let other_shape = [&[REGISTERS][..], &HllSketch::new(12, HllType::Hll8).unwrap().serialize()].concat();
        for state in [&[][..], &few[..few.len() - 1], &many[..many.len() - 1], &many[..20], &[REGISTERS], &unknown, &other_shape] {
            let error = DistinctSketch::default().merge(state).unwrap_err();
            assert!(error.to_string().contains("damaged"), "{error}");
        }
    }

    /// States of version 1, as they may lie on a disk. The images were made by other programs (see the fixtures' README);
    /// if this test fails, old states would be misread: give the new layout a number of its own instead.
    #[test]
    fn frozen_states_are_read_for_ever() {
        let few = [&[HASHES][..], &hashed(0..3).iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().flat_map(u64::to_le_bytes).collect::<Vec<_>>()].concat();
        assert_eq!(hex(include_str!("../../../tests/states/distinct-hashes.hex")), few);
        assert_eq!(sketch(hashed(0..3)).state(), few);
        let many = include_bytes!("../../../tests/states/distinct-registers.bin");
        assert_eq!(sketch(hashed(0..10_000)).state(), many);
        let mut read = DistinctSketch::default();
        read.merge(many).unwrap();
        read.merge(&few).unwrap();
        assert_eq!((read.state().as_slice(), read.count()), (many.as_slice(), FROZEN_COUNT));
    }

    /// The composite estimate of the reference implementation: 10,036.68.
    const FROZEN_COUNT: i64 = 10_037;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
        digits.as_chunks::<2>().0.iter().map(|[high, low]| (high * 16 + low) as u8).collect()
    }
}
