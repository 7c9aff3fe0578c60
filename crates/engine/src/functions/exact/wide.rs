//! An integer in units of the least float that is wide enough for any sum of floats: Kulisch's long accumulator, in digits
//! of 32 bits that are kept in 64, so that carries are looked after once in a while. Adding touches three digits.

/// Digits: 2,098 bits from the least to the largest float, and 64 for how many there are.
const DIGITS: usize = 68;
const DIGIT_BITS: usize = 32;
const DIGIT_MASK: i64 = (1 << DIGIT_BITS) - 1;
/// Values that may be added before digits would leave 64 bits.
const PENDING_MAX: u32 = 1 << 30;
/// Bits of the fraction of a float, the leading one not among them.
const FRACTION_BITS: usize = 52;
const FRACTION: u64 = (1 << FRACTION_BITS) - 1;
const EXPONENT_MAX: u64 = 0x7ff;
/// Bytes of the counts and of the place of the first digit, at the head of a state.
const HEAD_BYTES: usize = 26;

#[derive(Debug, Clone)]
pub(super) struct Wide {
    digits: [i64; DIGITS],
    /// Values since carries were looked after.
    pending: u32,
    /// How often what is no finite number was added, less how often it was taken away.
    not_numbers: i64,
    infinite: i64,
    minus_infinite: i64,
}

impl Default for Wide {
    fn default() -> Self {
        Self { digits: [0; DIGITS], pending: 0, not_numbers: 0, infinite: 0, minus_infinite: 0 }
    }
}

impl Wide {
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return self.special(value, 1);
        }
        let bits = value.to_bits();
        let exponent = bits >> FRACTION_BITS & EXPONENT_MAX;
        let mantissa = bits & FRACTION | u64::from(exponent > 0) << FRACTION_BITS;
        let shift = exponent.saturating_sub(1) as usize;
        let wide = u128::from(mantissa) << (shift % DIGIT_BITS);
        let sign = if value.is_sign_negative() { -1 } else { 1 };
        for (place, digit) in self.digits.iter_mut().skip(shift / DIGIT_BITS).take(3).enumerate() {
            *digit += sign * ((wide >> (place * DIGIT_BITS)) as i64 & DIGIT_MASK);
        }
        self.pending += 1;
        if self.pending >= PENDING_MAX {
            self.carry();
        }
    }

    /// Counts a value that is no finite number.
    pub(super) fn special(&mut self, value: f64, times: i64) {
        let count = match value {
            value if value.is_nan() => &mut self.not_numbers,
            value if value > 0.0 => &mut self.infinite,
            _ => &mut self.minus_infinite,
        };
        *count += times;
    }

    pub(super) fn join(&mut self, other: &Self) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        self.digits.iter_mut().zip(other.digits).for_each(|(digit, other)| *digit += other);
        self.pending = 2;
        self.not_numbers += other.not_numbers;
        self.infinite += other.infinite;
        self.minus_infinite += other.minus_infinite;
    }

    /// Makes all digits but the last, which has the sign, ones of 32 bits.
    fn carry(&mut self) {
        let mut carried = 0;
        let last = DIGITS - 1;
        for digit in self.digits.iter_mut().take(last) {
            let all = *digit + carried;
            carried = all >> DIGIT_BITS;
            *digit = all & DIGIT_MASK;
        }
        if let Some(digit) = self.digits.last_mut() {
            *digit += carried;
        }
        self.pending = 1;
    }

    /// The nearest float, of two the even one.
    pub(super) fn value(&self) -> f64 {
        match (self.not_numbers != 0, self.infinite != 0, self.minus_infinite != 0) {
            (true, ..) | (_, true, true) => return f64::NAN,
            (_, true, _) => return f64::INFINITY,
            (_, _, true) => return f64::NEG_INFINITY,
            _ => {}
        }
        let mut positive = self.clone();
        positive.carry();
        let negative = positive.digits.last().is_some_and(|digit| *digit < 0);
        if negative {
            positive.digits.iter_mut().for_each(|digit| *digit = -*digit);
            positive.carry();
        }
        let value = positive.magnitude();
        if negative { -value } else { value }
    }

    /// The value of digits of 32 bits.
    fn magnitude(&self) -> f64 {
        let Some((top, digit)) = self.digits.iter().enumerate().rev().find(|(_, digit)| **digit != 0) else { return 0.0 };
        let highest = top * DIGIT_BITS + digit.ilog2() as usize;
        if highest <= FRACTION_BITS {
            // Floats of the least exponent, and those without one, are whole numbers of the unit.
            return f64::from_bits(self.bits(0));
        }
        let shift = highest - FRACTION_BITS;
        let mantissa = self.bits(shift);
        let half = self.bits(shift - 1) & 1 == 1;
        let below = (shift - 1) / DIGIT_BITS;
        let mask = (1_i64 << ((shift - 1) % DIGIT_BITS)) - 1;
        let more = self.digits.iter().take(below).any(|digit| *digit != 0) || self.digits.get(below).is_some_and(|digit| digit & mask != 0);
        // The leading bit of the mantissa is one of the exponent, and so is a carry out of it.
        let rounded = ((shift as u64) << FRACTION_BITS) + mantissa + u64::from(half && (more || mantissa & 1 == 1));
        if rounded >= EXPONENT_MAX << FRACTION_BITS { f64::INFINITY } else { f64::from_bits(rounded) }
    }

    /// The 53 bits from a place on.
    fn bits(&self, from: usize) -> u64 {
        let three = self.digits.iter().skip(from / DIGIT_BITS).take(3).rev().fold(0_u128, |all, digit| all << DIGIT_BITS | (digit & DIGIT_MASK) as u128);
        (three >> (from % DIGIT_BITS)) as u64 & (FRACTION << 1 | 1)
    }

    /// The counts, the place of the first digit that is not zero, and the digits from there on to the last one.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut carried = self.clone();
        carried.carry();
        let first = carried.digits.iter().position(|digit| *digit != 0).unwrap_or(DIGITS);
        let last = carried.digits.iter().rposition(|digit| *digit != 0).map_or(first, |last| last + 1);
        let counts = [self.not_numbers, self.infinite, self.minus_infinite];
        let mut bytes: Vec<u8> = counts.into_iter().flat_map(i64::to_le_bytes).collect();
        bytes.extend((first as u16).to_le_bytes());
        bytes.extend(carried.digits.iter().take(last).skip(first).flat_map(|digit| digit.to_le_bytes()));
        bytes
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, digits) = bytes.split_at_checked(HEAD_BYTES)?;
        let (counts, first) = head.split_at_checked(HEAD_BYTES - 2)?;
        let ([not_numbers, infinite, minus_infinite], []) = counts.as_chunks::<8>() else { return None };
        let first = usize::from(u16::from_le_bytes(first.try_into().ok()?));
        let (digits, []) = digits.as_chunks::<8>() else { return None };
        let count = i64::from_le_bytes;
        let mut wide = Self { pending: 1, not_numbers: count(*not_numbers), infinite: count(*infinite), minus_infinite: count(*minus_infinite), ..Self::default() };
        let places = wide.digits.get_mut(first..first.checked_add(digits.len())?)?;
        for (place, digit) in places.iter_mut().zip(digits) {
            *place = i64::from_le_bytes(*digit);
        }
        // As carries leave them: nothing that is read can leave 64 bits later on.
        let (last, others) = wide.digits.split_last()?;
        let carried = others.iter().all(|digit| *digit & DIGIT_MASK == *digit) && i32::try_from(*last).is_ok();
        carried.then_some(wide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_that_are_due_are_looked_after() {
        let mut wide = Wide { pending: PENDING_MAX - 2, ..Wide::default() };
        for value in [f64::MAX, f64::MAX, -f64::MAX, 1.5, -2.25] {
            wide.add(value);
        }
        assert!(wide.pending < 10);
        wide.add(-f64::MAX);
        assert_eq!(wide.value(), -0.75);
        assert_eq!(Wide::of_bytes(&wide.bytes()).unwrap().value(), -0.75);
    }

    #[test]
    fn halves_go_to_the_even_side() {
        let unit = 2.0_f64.powi(-52);
        for (values, expected) in [
            ([1.0, unit / 2.0, 0.0], 1.0),
            ([1.0 + unit, unit / 2.0, 0.0], 1.0 + 2.0 * unit),
            ([1.0, unit / 2.0, 1e-300], 1.0 + unit),
            ([1.0, unit / 2.0, -1e-300], 1.0),
            ([2.0 - unit, unit / 2.0, 1e-300], 2.0),
            ([-1.0, -unit / 2.0, -1e-300], -1.0 - unit),
        ] {
            let mut wide = Wide::default();
            values.into_iter().for_each(|value| wide.add(value));
            assert_eq!(wide.value(), expected, "{values:?}");
        }
    }
}
