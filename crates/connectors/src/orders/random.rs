//! Random numbers that are the same on every machine and in every release: SplitMix64, seeded per tick.

/// A short sequence of random numbers.
#[derive(Debug, Clone)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// The sequence of a seed and a number.
    pub(super) fn of(seed: u64, number: u64) -> Self {
        let mut mixer = Self { state: seed };
        let salt = mixer.next();
        let mut random = Self { state: salt ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03) };
        random.next();
        random
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from 0 up to, but without, 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A number from 0 up to, but without, `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// One of the items, by weight. The last one when the weights do not add up.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T], weight: impl Fn(&T) -> f64) -> Option<&'a T> {
        let total: f64 = items.iter().map(&weight).sum();
        let mut left = self.unit() * total;
        items
            .iter()
            .find(|item| {
                left -= weight(item);
                left < 0.0
            })
            .or(items.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_never_changes() {
        let mut random = Random::of(7, 1);
        assert_eq!(
            [random.next(), random.next()],
            [Random::of(7, 1).next(), {
                let mut again = Random::of(7, 1);
                again.next();
                again.next()
            }]
        );
        assert_ne!(Random::of(7, 1).next(), Random::of(7, 2).next());
        assert_ne!(Random::of(7, 1).next(), Random::of(8, 1).next());
    }

    #[test]
    fn numbers_stay_in_their_range_and_fill_it() {
        let mut random = Random::of(1, 1);
        let mut seen = [0_u32; 10];
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&random.unit()));
            seen[usize::try_from(random.below(10)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (850..1_150).contains(count)), "{seen:?}");
    }

    #[test]
    fn picks_follow_the_weights() {
        let mut random = Random::of(2, 2);
        let items = [("often", 3.0), ("rarely", 1.0), ("never", 0.0)];
        let often = (0..10_000).filter(|_| random.pick(&items, |item| item.1).unwrap().0 == "often").count();
        assert!((7_300..7_700).contains(&often), "{often}");
    }
}
