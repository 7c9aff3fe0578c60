//! Sums of floats without an error: what is told is the sum of the values, rounded once, in whatever order they come and
//! however they are cut into segments, blocks and states. So compaction, another machine or rows that are not seen change
//! no digit of it.
//!
//! A sum is kept as two floats whose sum it is: what rounding takes from the first is added to the second, by Knuth's
//! error-free addition (The Art of Computer Programming, volume 2, 4.2.2, theorem B). 106 bits are enough for nearly
//! everything, and it shows where they are not: then all goes on in an integer that is as wide as the range of floats
//! (`wide`).

pub(crate) mod aggregate;
mod durations;
pub(crate) mod statistic;
mod wide;

use wide::Wide;

/// Sums that are added independently of each other.
const LANES: usize = 8;
/// Values that are split at the same places.
const BLOCK: usize = 4_096;
/// Bits that a sum of as many values has more than the largest of them, and one for rounding and one for the sign.
const BLOCK_BITS: u64 = BLOCK.ilog2() as u64 + 2;
/// Exponents of a block's largest value, as a float has them, between which it is split: so that no place is too small or too large for one.
const EXPONENTS: std::ops::Range<u64> = 128..1_900;

/// The sum of some floats.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExactSum {
    high: f64,
    low: f64,
    /// What the other two could not hold.
    wide: Option<Box<Wide>>,
}

/// A sum and what rounding took from it, which is not zero and not a number where one of the values is no finite number.
#[inline(always)]
fn two_sum(one: f64, other: f64) -> (f64, f64) {
    let sum = one + other;
    let added = sum - one;
    (sum, (one - (sum - added)) + (other - added))
}

/// A product and what rounding took from it, where that is a number.
fn two_product(one: f64, other: f64) -> (f64, f64) {
    let product = one * other;
    (product, if product.is_finite() { one.mul_add(other, -product) } else { 0.0 })
}

/// The sums of the upper and of the lower bits of some values, both without an error, where that is all of their bits: values are split at two places that
/// depend on the largest of them, by adding what is so large that rounding cuts there (Rump, Ogita and Oishi, Accurate Floating-Point Summation, 2008). None where
/// one of them is far smaller than the largest, or no finite number.
fn split_sums(block: &[f64]) -> Option<[f64; 2 * LANES]> {
    let (chunks, rest) = block.as_chunks::<LANES>();
    let mut last = [0.0; LANES];
    last.iter_mut().zip(rest).for_each(|(last, value)| *last = *value);
    let mut largest = [0.0; LANES];
    for chunk in chunks.iter().chain([&last]) {
        for (largest, value) in largest.iter_mut().zip(chunk) {
            let value = value.abs();
            *largest = if value > *largest { value } else { *largest };
        }
    }
    let exponent = (largest.into_iter().fold(0.0, f64::max).to_bits() >> (f64::MANTISSA_DIGITS - 1)).max(EXPONENTS.start);
    if !EXPONENTS.contains(&exponent) {
        return None;
    }
    let cut_at = |exponent: u64| 1.5 * f64::from_bits((exponent + BLOCK_BITS) << (f64::MANTISSA_DIGITS - 1));
    let (first, second) = (cut_at(exponent), cut_at(exponent + BLOCK_BITS - u64::from(f64::MANTISSA_DIGITS)));
    let (mut upper, mut lower, mut lost) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for chunk in chunks.iter().chain([&last]) {
        for (((upper, lower), lost), value) in upper.iter_mut().zip(&mut lower).zip(&mut lost).zip(chunk) {
            let above = (value + first) - first;
            let below = value - above;
            let kept = (below + second) - second;
            *upper += above;
            *lower += kept;
            *lost += (below - kept).abs();
        }
    }
    let mut sums = [0.0; 2 * LANES];
    sums.iter_mut().zip(upper.into_iter().chain(lower)).for_each(|(sum, of)| *sum = of);
    lost.into_iter().all(|lost| lost == 0.0).then_some(sums)
}

impl ExactSum {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0, wide: None };

    /// Adds a value.
    #[inline(always)]
    pub(crate) fn add(&mut self, value: f64) {
        let (high, rest) = two_sum(self.high, value);
        let (low, lost) = two_sum(self.low, rest);
        if lost == 0.0 {
            (self.high, self.low) = (high, low);
        } else {
            self.widen(value);
        }
    }

    /// Takes a value away again that was added.
    pub(crate) fn subtract(&mut self, value: f64) {
        if value.is_finite() {
            self.add(-value);
        } else {
            self.wide.get_or_insert_default().special(value, -1);
        }
    }

    /// Adds a product, without an error where that is no smaller than about 1e-290.
    pub(crate) fn add_product(&mut self, one: f64, other: f64) {
        let (product, rest) = two_product(one, other);
        self.add(product);
        self.add(rest);
    }

    /// Adds some values, of which there may be many.
    pub(crate) fn add_all(&mut self, values: &[f64]) {
        for block in values.chunks(BLOCK) {
            match split_sums(block) {
                Some(sums) => sums.into_iter().for_each(|sum| self.add(sum)),
                None => block.iter().for_each(|value| self.add(*value)),
            }
        }
    }

    /// Adds another sum.
    pub(crate) fn join(&mut self, other: &Self) {
        self.add(other.high);
        self.add(other.low);
        if let Some(wide) = &other.wide {
            self.wide.get_or_insert_default().join(wide);
        }
    }

    #[cold]
    #[inline(never)]
    fn widen(&mut self, value: f64) {
        let wide = self.wide.get_or_insert_default();
        for value in [std::mem::take(&mut self.high), std::mem::take(&mut self.low), value] {
            wide.add(value);
        }
    }

    /// The sum, rounded to the nearest float, of two the even one; infinite where it is too large, and as IEEE 754 has it
    /// where some of the values are infinite or no numbers.
    pub(crate) fn value(&self) -> f64 {
        match &self.wide {
            None => self.high + self.low,
            Some(wide) => {
                let mut wide = wide.clone();
                wide.add(self.high);
                wide.add(self.low);
                wide.value()
            }
        }
    }

    /// Floats whose sum it is, the largest first; one alone that is not finite where it is not.
    pub(crate) fn parts(&self) -> Vec<f64> {
        let (mut rest, mut parts) = (self.clone(), Vec::new());
        loop {
            let part = rest.value();
            if part == 0.0 {
                return parts;
            }
            parts.push(part);
            if !part.is_finite() {
                return vec![part];
            }
            rest.add(-part);
        }
    }

    /// Its two floats, and its wide part where it has one.
    pub(crate) fn state(&self) -> (f64, f64, Option<Vec<u8>>) {
        (self.high, self.low, self.wide.as_ref().map(|wide| wide.bytes()))
    }

    /// What [`Self::state`] gave; none if that is not what it gave.
    pub(crate) fn of_state(high: f64, low: f64, wide: Option<&[u8]>) -> Option<Self> {
        let wide = wide.map(|wide| Wide::of_bytes(wide).map(Box::new));
        if wide.as_ref().is_some_and(Option::is_none) || !high.is_finite() || !low.is_finite() {
            return None;
        }
        Some(Self { high, low, wide: wide.flatten() })
    }

    /// Bytes beside its own.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.wide.as_ref().map_or(0, |wide| size_of_val(wide.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sum of finite values that is not too large, by partial sums that do not overlap (Shewchuk, Adaptive Precision
    /// Floating-Point Arithmetic, 1997), rounded as CPython's `math.fsum` does it.
    fn expected(values: &[f64]) -> f64 {
        let mut partials: Vec<f64> = Vec::new();
        for value in values {
            let mut value = *value;
            let mut kept = Vec::new();
            for mut partial in partials {
                if value.abs() < partial.abs() {
                    std::mem::swap(&mut value, &mut partial);
                }
                let high = value + partial;
                let low = partial - (high - value);
                if low != 0.0 {
                    kept.push(low);
                }
                value = high;
            }
            kept.push(value);
            partials = kept;
        }
        let Some(mut high) = partials.pop() else { return 0.0 };
        while let Some(partial) = partials.pop() {
            let sum = high + partial;
            let low = partial - (sum - high);
            high = sum;
            if low != 0.0 {
                // Half of the last digit goes to the even side, unless something below says which side it is.
                if partials.last().is_some_and(|below| (*below < 0.0 && low < 0.0) || (*below > 0.0 && low > 0.0)) {
                    let doubled = low * 2.0;
                    let rounded = high + doubled;
                    if doubled == rounded - high {
                        high = rounded;
                    }
                }
                break;
            }
        }
        high + 0.0
    }

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::ZERO;
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    fn any_value() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => -1e6..1e6_f64,
            2 => (-100_000_i32..100_000).prop_map(|cents| f64::from(cents) / 100.0),
            2 => (any::<u64>(), -60_i32..60).prop_map(|(mantissa, exponent)| (mantissa as f64 - 9.2e18) * 2.0_f64.powi(exponent)),
            1 => any::<u64>().prop_map(|bits| f64::from_bits(bits & !(0x7ff << 52) | ((bits >> 52 & 0x3ff) + 0x100) << 52)),
            1 => any::<u64>().prop_map(|bits| f64::from_bits(bits & 0x800f_ffff_ffff_ffff)),
            1 => prop_oneof![Just(0.0), Just(-0.0), Just(1e300), Just(-1e300), Just(1e-300), Just(f64::MIN_POSITIVE), Just(1.0), Just(-1.0)],
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_sum_is_that_of_the_values_in_any_order_and_in_any_parts(values in proptest::collection::vec(any_value(), 0..60), cut in 0_usize..60, by in 0_usize..60) {
            let wanted = expected(&values).to_bits();
            prop_assert_eq!(sum(&values).value().to_bits(), wanted);
            let mut at_once = ExactSum::ZERO;
            at_once.add_all(&values);
            prop_assert_eq!(at_once.value().to_bits(), wanted);
            let (mut repeated, mut each) = (ExactSum::ZERO, ExactSum::ZERO);
            repeated.add_all(&values.repeat(150));
            values.repeat(150).iter().for_each(|value| each.add(*value));
            prop_assert_eq!(repeated.value().to_bits(), each.value().to_bits());
            let mut turned = values.clone();
            turned.rotate_left(by.min(values.len()));
            turned.reverse();
            let (one, other) = turned.split_at(cut.min(turned.len()));
            let mut joined = ExactSum::ZERO;
            for part in [other, one] {
                let (high, low, wide) = sum(part).state();
                joined.join(&ExactSum::of_state(high, low, wide.as_deref()).unwrap());
            }
            prop_assert_eq!(joined.value().to_bits(), wanted);
            // What is taken away leaves nothing behind.
            for value in one {
                joined.subtract(*value);
            }
            prop_assert_eq!(joined.value().to_bits(), expected(other).to_bits());
            let parts = joined.parts();
            prop_assert_eq!(expected(&parts).to_bits(), expected(other).to_bits());
            prop_assert!(parts.windows(2).all(|pair| pair[0].abs() > pair[1].abs()));
        }

        #[test]
        fn products_are_added_whole(pairs in proptest::collection::vec((-1_000_000_000_i64..1_000_000_000, -1_000_000_000_i64..1_000_000_000), 0..40)) {
            let mut sum = ExactSum::ZERO;
            pairs.iter().for_each(|(one, other)| sum.add_product(*one as f64 / 1024.0, *other as f64 / 4.0));
            let whole: i128 = pairs.iter().map(|(one, other)| i128::from(*one) * i128::from(*other)).sum();
            prop_assert_eq!(sum.value(), whole as f64 / 4096.0);
        }
    }

    #[test]
    fn what_is_small_beside_large_numbers_is_not_lost() {
        assert_eq!(sum(&[1e16, 1.0, -1e16]).value(), 1.0);
        assert_eq!(sum(&[1e100, 1.0, -1e100, 1e-100]).value(), 1.0);
        assert_eq!(sum(&[0.1; 10]).value(), 1.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX, -f64::MAX, 3.0]).value(), 3.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX]).value(), f64::INFINITY);
        let least = f64::from_bits(1);
        assert_eq!(sum(&[1.0, least, -1.0]).value(), least);
        assert_eq!(sum(&[]).value().to_bits(), 0);
    }

    #[test]
    fn infinities_are_counted_and_leave_again() {
        let mut sum = sum(&[1.0, f64::INFINITY]);
        assert_eq!(sum.value(), f64::INFINITY);
        sum.add(f64::NEG_INFINITY);
        assert!(sum.value().is_nan());
        sum.subtract(f64::INFINITY);
        assert_eq!(sum.value(), f64::NEG_INFINITY);
        sum.subtract(f64::NEG_INFINITY);
        assert_eq!(sum.value(), 1.0);
        sum.add_all(&[f64::NAN; 9]);
        assert!(sum.value().is_nan());
    }

    #[test]
    fn a_state_that_is_none_is_refused() {
        let (high, low, wide) = sum(&[1e300, 1.0, 1e-300]).state();
        let wide = wide.unwrap();
        assert!(ExactSum::of_state(high, low, Some(&wide)).is_some());
        assert!(ExactSum::of_state(high, low, Some(&wide[1..])).is_none());
        assert!(ExactSum::of_state(high, low, Some(&[])).is_none());
        assert!(ExactSum::of_state(f64::NAN, low, None).is_none());
        let mut beyond = wide;
        beyond[24..26].copy_from_slice(&u16::MAX.to_le_bytes());
        assert!(ExactSum::of_state(high, low, Some(&beyond)).is_none());
    }
}
