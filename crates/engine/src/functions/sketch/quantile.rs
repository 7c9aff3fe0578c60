//! Quantiles: a histogram of floats whose buckets are runs of neighbouring floats.
//!
//! Floats in their order are whole numbers (flip the sign bit, or all bits of a negative one). A bucket is what is left
//! of such a number without its low bits. At first none is left out, so each distinct value has a bucket and every
//! quantile is exact. When there are more than [`BUCKETS_MAX`] buckets, pairs of them become one, as often as it takes:
//!
//! ```text
//!   bits left out   0             44                  45 at most
//!   buckets         | | | | |     |   |   |   |       |       |       |
//!                   1 value       2^-9 of a value     2^-8: a value lies within 0.4 % of the middle of its bucket
//! ```
//!
//! How many bits are left out depends on the values alone: parts never leave out more than the whole does, because a
//! whole has all buckets of its parts. So states can be merged in any order and the same bytes come out, which KLL and
//! t-digest cannot offer (ADR 0007). The error is relative to the value and certain, not likely. The price: more than
//! [`BUCKETS_MAX`] buckets are kept where values span so many powers of two that they need them.
//!
//! A [`Histogram`] that may have any number of buckets leaves nothing out: that is the exact quantile, whose states merge too.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Float64Type};
use datafusion::common::internal_err;
use datafusion::error::Result;
use foldhash::fast::FixedState;

use super::{Estimate, Sketch};

/// Buckets up to which no further bits are left out.
pub(crate) const BUCKETS_MAX: usize = 4_096;

/// Bits that are left out at most: 7 of the 52 bits of a fraction stay.
const DROPPED_MAX: u32 = 45;

/// Farthest that the middle of a bucket may lie from a value in it, relative to the value.
pub(crate) const RELATIVE_ERROR: f64 = error_of(DROPPED_MAX);

/// Kind of the state: the first byte.
const HISTOGRAM: u8 = 3;

const SIGN: u64 = 1 << 63;

/// As many buckets as there are distinct values.
pub(crate) const ALL_VALUES: usize = usize::MAX;

/// A histogram of values; with more than `BUCKETS` of them, buckets begin to stand for several values.
#[derive(Debug, Default)]
pub(crate) struct Histogram<const BUCKETS: usize> {
    /// Low bits of keys that buckets leave out.
    dropped: u32,
    /// Values by bucket.
    counts: HashMap<u64, u64, FixedState>,
    /// Keys of the least and of the greatest value.
    range: Option<(u64, u64)>,
}

/// The relative error that comes of leaving out so many bits.
const fn error_of(dropped: u32) -> f64 {
    // Half a bucket, of 2^52 parts of a value.
    if dropped == 0 { 0.0 } else { (1_u64 << (dropped - 1)) as f64 / (1_u64 << 52) as f64 }
}

/// A number that is ordered as floats are. There is one zero, and what is not a number comes last.
fn key_of(value: f64) -> u64 {
    let canonical = if value.is_nan() { f64::NAN.to_bits() & !SIGN } else { (value + 0.0).to_bits() };
    if canonical & SIGN == 0 { canonical | SIGN } else { !canonical }
}

fn value_of(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
}

impl<const BUCKETS: usize> Histogram<BUCKETS> {
    /// The value below which a part of the values lies, between 0 and 1; between two values in proportion.
    pub(crate) fn quantile(&self, part: f64) -> Option<f64> {
        let (min, max) = self.range?;
        let buckets = self.sorted();
        let last = buckets.iter().map(|(_, count)| count).sum::<u64>().saturating_sub(1);
        let at = |place: u64| {
            if place == 0 {
                return value_of(min);
            }
            let mut before = 0;
            let bucket = buckets.iter().find(|(_, count)| {
                before += count;
                place < before
            });
            if place >= last { value_of(max) } else { bucket.map_or(value_of(max), |(bucket, _)| self.middle(*bucket, min, max)) }
        };
        let place = part * last as f64;
        let (below, beyond) = (place.floor(), place.fract());
        let low = at(below as u64);
        if beyond == 0.0 {
            return Some(low);
        }
        let high = at(below as u64 + 1);
        Some(if low == high { low } else { low * (1.0 - beyond) + high * beyond })
    }

    /// Farthest that a quantile may lie from the value it stands for, relative to that value. Nothing while every
    /// distinct value has a bucket of its own.
    pub(crate) fn error(&self) -> f64 {
        error_of(self.dropped)
    }

    /// What stands for the values of a bucket.
    fn middle(&self, bucket: u64, min: u64, max: u64) -> f64 {
        if self.dropped == 0 {
            return value_of(bucket);
        }
        let first = bucket << self.dropped;
        let last = first | ((1 << self.dropped) - 1);
        // Buckets never lie across zero, but infinity and zero are at the edge of theirs.
        for edge in [value_of(first), value_of(last)] {
            if edge.is_infinite() || edge == 0.0 {
                return edge;
            }
        }
        value_of((first + (1 << (self.dropped - 1))).clamp(min, max))
    }

    fn sorted(&self) -> Vec<(u64, u64)> {
        let mut buckets: Vec<(u64, u64)> = self.counts.iter().map(|(bucket, count)| (*bucket, *count)).collect();
        buckets.sort_unstable();
        buckets
    }

    fn widen(&mut self, min: u64, max: u64) {
        let (least, greatest) = self.range.unwrap_or((min, max));
        self.range = Some((least.min(min), greatest.max(max)));
    }

    /// Leaves out as many bits as it takes to have few buckets, or as many as may be left out.
    fn settle(&mut self) {
        if self.counts.len() <= BUCKETS || self.dropped >= DROPPED_MAX {
            return;
        }
        // Two neighbours stay apart until the highest bit in which they differ is left out.
        let buckets = self.sorted();
        let mut apart = [0_usize; 65];
        for (one, next) in buckets.iter().zip(buckets.iter().skip(1)) {
            let highest = 64 - (one.0 ^ next.0).leading_zeros();
            if let Some(count) = apart.get_mut(highest as usize) {
                *count += 1;
            }
        }
        let mut left = buckets.len();
        let mut more = 0;
        while left > BUCKETS && self.dropped + more < DROPPED_MAX {
            more += 1;
            left -= apart.get(more as usize).copied().unwrap_or(0);
        }
        self.drop_bits(more);
    }

    fn drop_bits(&mut self, more: u32) {
        if more == 0 {
            return;
        }
        let mut counts: HashMap<u64, u64, FixedState> = HashMap::with_capacity_and_hasher(self.counts.len() / 2, FixedState::default());
        for (bucket, count) in self.counts.drain() {
            *counts.entry(bucket >> more).or_default() += count;
        }
        self.counts = counts;
        self.dropped += more;
    }
}

fn damaged<T>(what: &str) -> Result<T> {
    internal_err!("a state of quantiles is damaged: {what}")
}

impl<const BUCKETS: usize> Sketch for Histogram<BUCKETS> {
    type Item = Float64Type;

    fn add(&mut self, value: f64) -> Result<()> {
        let key = key_of(value);
        self.widen(key, key);
        *self.counts.entry(key >> self.dropped).or_default() += 1;
        if self.counts.len() > BUCKETS {
            self.settle();
        }
        Ok(())
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        let mut reader = Reader(state);
        let [kind, dropped] = reader.take()?;
        let dropped = u32::from(dropped);
        if kind != HISTOGRAM {
            return damaged(&format!("kind {kind} is not known"));
        }
        if dropped > DROPPED_MAX || (BUCKETS == ALL_VALUES && dropped > 0) {
            return damaged("it leaves out too much");
        }
        if reader.0.is_empty() {
            return Ok(());
        }
        let (min, max) = (u64::from_le_bytes(reader.take()?), u64::from_le_bytes(reader.take()?));
        self.drop_bits(dropped.saturating_sub(self.dropped));
        self.widen(min, max);
        let mut bucket = min >> dropped;
        while !reader.0.is_empty() {
            bucket = match bucket.checked_add(reader.number()?) {
                Some(bucket) if bucket <= max >> dropped => bucket,
                _ => return damaged("a bucket lies beyond its end"),
            };
            let count = reader.number()?;
            *self.counts.entry(bucket >> (self.dropped - dropped)).or_default() += count;
        }
        self.settle();
        Ok(())
    }

    fn state(&self) -> Vec<u8> {
        let mut state = vec![HISTOGRAM, self.dropped as u8];
        let Some((min, max)) = self.range else { return state };
        state.extend(min.to_le_bytes());
        state.extend(max.to_le_bytes());
        let mut before = min >> self.dropped;
        for (bucket, count) in self.sorted() {
            write_number(&mut state, bucket - before);
            write_number(&mut state, count);
            before = bucket;
        }
        state
    }

    fn size_bytes(&self) -> usize {
        self.counts.capacity() * (size_of::<(u64, u64)>() + 1)
    }
}

/// Seven bits a byte, low ones first; all but the last byte have the highest bit set (LEB128).
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.0.split_first_chunk() {
            Some((bytes, rest)) => {
                self.0 = rest;
                Ok(*bytes)
            }
            None => damaged("it is cut off"),
        }
    }

    fn number(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        damaged("a number has no end")
    }
}

/// One quantile of a column of floats.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantile<const BUCKETS: usize> {
    /// Between 0 and 1.
    pub part: f64,
    /// Whether the value comes with its relative error, as a struct of two.
    pub with_error: bool,
}

/// A value and its relative error.
pub(crate) fn value_and_error() -> Fields {
    Fields::from(vec![Field::new("value", DataType::Float64, true), Field::new("error", DataType::Float64, true)])
}

impl<const BUCKETS: usize> Estimate for Quantile<BUCKETS> {
    type Sketch = Histogram<BUCKETS>;

    fn items(&self, values: &ArrayRef) -> Result<Float64Array> {
        Ok(if *values.data_type() == DataType::Float64 {
            values.as_primitive::<Float64Type>().clone()
        } else {
            cast(values, &DataType::Float64)?.as_primitive::<Float64Type>().clone()
        })
    }

    fn values(&self, sketches: &[Histogram<BUCKETS>]) -> ArrayRef {
        let values: Float64Array = sketches.iter().map(|sketch| sketch.quantile(self.part)).collect();
        if !self.with_error {
            return Arc::new(values);
        }
        let errors = Float64Array::from_iter_values(sketches.iter().map(Histogram::error));
        Arc::new(StructArray::new(value_and_error(), vec![Arc::new(values), Arc::new(errors)], None))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type QuantileSketch = Histogram<BUCKETS_MAX>;

    fn sketch(values: &[f64]) -> QuantileSketch {
        let mut sketch = QuantileSketch::default();
        values.iter().for_each(|value| sketch.add(*value).unwrap());
        sketch
    }

    /// The same, from the definition alone.
    fn exactly(values: &[f64], part: f64) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let place = part * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        low + (high - low) * place.fract()
    }

    /// Numbers that are random enough and the same in every run.
    fn spread(count: u64, seed: u64, powers: f64) -> Vec<f64> {
        let mut state = seed.wrapping_add(1);
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count).map(|_| (next() - 0.3).signum() * (next() * powers).exp2()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_split_and_order_gives_the_same_state(
            parts in proptest::collection::vec((0_u64..4_000, 0_u64..3, 1.0_f64..80.0), 1..7),
            whole_numbers in any::<bool>(),
            begin in any::<prop::sample::Index>(),
        ) {
            let parts: Vec<Vec<f64>> = parts
                .iter()
                .map(|(count, seed, powers)| spread(*count, *seed, *powers).into_iter().map(|value| if whole_numbers { (value % 3_000.0).round() } else { value }).collect())
                .collect();
            let whole: Vec<f64> = parts.concat();
            let expected = sketch(&whole).state();
            let mut reversed = whole;
            reversed.reverse();
            prop_assert_eq!(&sketch(&reversed).state(), &expected);
            let states: Vec<Vec<u8>> = parts.iter().map(|part| sketch(part).state()).collect();
            let merged = |states: &[&[u8]]| {
                let mut merged = QuantileSketch::default();
                states.iter().for_each(|state| merged.merge(state).unwrap());
                merged.state()
            };
            let states: Vec<&[u8]> = states.iter().map(Vec::as_slice).collect();
            let (left, right) = states.split_at(begin.index(states.len()));
            prop_assert_eq!(&merged(&[right, left].concat()), &expected);
            prop_assert_eq!(&merged(&[&merged(right), &merged(left)]), &expected);
        }

        #[test]
        fn a_quantile_is_as_close_as_it_claims(count in 1_u64..30_000, seed in any::<u64>(), powers in 1.0_f64..60.0, part in 0.0_f64..=1.0) {
            let values = spread(count, seed, powers);
            let sketch = sketch(&values);
            prop_assert!(sketch.error() <= RELATIVE_ERROR);
            // Where values below and above zero are mixed there is nothing that an error could be relative to.
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let place = (part * (sorted.len() - 1) as f64).floor() as usize;
            let (low, high) = (sorted[place], sorted[(place + 1).min(sorted.len() - 1)]);
            let found = sketch.quantile(part).unwrap();
            let allowed = sketch.error() * low.abs().max(high.abs()) + 1e-12 * low.abs().max(high.abs());
            prop_assert!((found - exactly(&values, part)).abs() <= allowed, "{found} for {}, {allowed}", exactly(&values, part));
        }
    }

    #[test]
    fn few_distinct_values_are_exact() {
        let values: Vec<f64> = (0..50_000_u32).map(|row| f64::from((row * 7_919) % 4_096) - 2_000.0).collect();
        let sketch = sketch(&values);
        assert_eq!(sketch.error(), 0.0);
        for part in [0.0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.999, 1.0] {
            assert_eq!(sketch.quantile(part), Some(exactly(&values, part)), "{part}");
        }
        assert_eq!(QuantileSketch::default().quantile(0.5), None);
        assert_eq!(super::tests::sketch(&[1.5]).quantile(0.9), Some(1.5));
        assert_eq!(super::tests::sketch(&[1.0, 2.0]).quantile(0.5), Some(1.5));
    }

    #[test]
    fn bits_are_left_out_only_as_needed() {
        // Air pressure: many values that lie close together, of which each power of two has many.
        let values: Vec<f64> = (0..40_000_u32).map(|row| 980.0 + f64::from(row) / 1_000.0).collect();
        let sketch = sketch(&values);
        assert!(sketch.error() > 0.0 && sketch.error() < 1e-4, "{}", sketch.error());
        assert!((sketch.quantile(0.5).unwrap() - exactly(&values, 0.5)).abs() < 0.02);
        // All powers of two at once: the worst that a float can do.
        let values: Vec<f64> = (0..200_000_u64).map(|row| f64::from_bits(row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1)).filter(|value| value.is_finite()).collect();
        let worst = super::tests::sketch(&values);
        assert_eq!(worst.error(), RELATIVE_ERROR);
        assert_eq!(RELATIVE_ERROR, 1.0 / 256.0);
    }

    #[test]
    fn zeros_infinities_and_what_is_no_number_have_their_places() {
        let special = [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f64::INFINITY, -f64::NAN];
        let few = sketch(&special);
        let mut many = sketch(&spread(50_000, 5, 70.0));
        let before = many.counts.values().sum::<u64>();
        for _ in 0..10_000 {
            special.iter().for_each(|value| many.add(*value).unwrap());
        }
        assert_eq!(many.counts.values().sum::<u64>(), before + 70_000);
        assert_eq!(few.quantile(0.0), Some(f64::NEG_INFINITY));
        assert_eq!(few.quantile(0.5).map(f64::to_bits), Some(0));
        assert_eq!(few.quantile(5.0 / 6.0), Some(f64::INFINITY));
        assert!(few.quantile(1.0).unwrap().is_nan());
        assert_eq!(many.quantile(0.01), Some(f64::NEG_INFINITY));
        assert_eq!(many.quantile(0.9), Some(f64::INFINITY));
        assert!(many.quantile(0.99).unwrap().is_nan());
        for value in special {
            assert_eq!(value_of(key_of(value)).to_bits() & !SIGN, value.to_bits() & !SIGN);
        }
    }

    /// States of version 1, made by another program (see the README beside them). If this test fails, old states would be
    /// misread: give the new layout a number of its own instead.
    #[test]
    fn frozen_states_are_read_for_ever() {
        let coarse: Vec<f64> = (1..=6_000).map(f64::from).chain((1..=6_000).map(|number| -f64::from(number) / 7.0)).collect();
        for (frozen, values) in
            [(include_str!("../../../tests/states/quantile-exact.hex"), vec![-1.5, 0.0, -0.0, 2.0, 1000.25]), (include_str!("../../../tests/states/quantile-coarse.hex"), coarse)]
        {
            let digits: Vec<u32> = frozen.chars().filter_map(|digit| digit.to_digit(16)).collect();
            let frozen: Vec<u8> = digits.as_chunks::<2>().0.iter().map(|[high, low]| (high * 16 + low) as u8).collect();
            assert_eq!(sketch(&values).state(), frozen);
            let mut read = QuantileSketch::default();
            read.merge(&frozen).unwrap();
            assert_eq!(read.state(), frozen);
            assert!((read.quantile(0.75).unwrap() - exactly(&values, 0.75)).abs() <= read.error() * exactly(&values, 0.75));
        }
    }

    #[test]
    fn damaged_states_are_refused() {
        let state = sketch(&[1.0, 2.0, 3.0]).state();
        let mut unknown = state.clone();
        unknown[0] = 9;
        let mut coarse = state.clone();
        coarse[1] = 60;
        let endless = [&state[..18], &[0xff; 12]].concat();
        let beyond = [&state[..18], &[0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1]].concat();
        for state in [&[][..], &state[..1], &state[..9], &state[..state.len() - 1], &unknown, &coarse, &endless, &beyond] {
            let error = QuantileSketch::default().merge(state).unwrap_err();
            assert!(error.to_string().contains("damaged"), "{error}");
        }
    }

    #[test]
    fn nothing_is_left_out_where_all_values_have_a_bucket() {
        let values = spread(20_000, 5, 40.0);
        let mut whole = Histogram::<ALL_VALUES>::default();
        for part in values.chunks(1_700) {
            let mut sketch = Histogram::<ALL_VALUES>::default();
            part.iter().for_each(|value| sketch.add(*value).unwrap());
            whole.merge(&sketch.state()).unwrap();
        }
        for part in [0.0, 0.25, 0.5, 0.999, 1.0] {
            let (found, expected) = (whole.quantile(part).unwrap(), exactly(&values, part));
            assert!((found - expected).abs() <= expected.abs() * 1e-12, "{part}: {found} is not {expected}");
        }
        assert_eq!(whole.error(), 0.0);
        let estimate = sketch(&values);
        assert!(estimate.error() > 0.0 && whole.merge(&estimate.state()).is_err(), "an estimate is no part of what is exact");
    }
}
