//! Random numbers that are the same everywhere (SplitMix64) and draws from skewed distributions in constant time.

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence of a seed.
    pub fn seeded(seed: u64) -> Self {
        let mut random = Self { state: seed.wrapping_mul(0xD1B5_4A32_D192_ED03) };
        random.bits();
        random
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// From 0 up to, but without, 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// From 0 up to, but without, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }
}

/// Draws places of a list by weight in constant time (Vose's alias method).
#[derive(Debug, Clone)]
pub struct Weighted {
    /// Chance of staying at a place, and where to go otherwise.
    places: Vec<(f64, u32)>,
}

impl Weighted {
    /// Place `n` (from 1) has weight `1 / n^exponent`.
    pub fn zipf(len: u32, exponent: f64) -> Self {
        Self::new(&(1..=len).map(|rank| f64::from(rank).powf(-exponent)).collect::<Vec<_>>())
    }

    /// Places with these weights.
    pub fn new(weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut places: Vec<(f64, u32)> = weights.iter().map(|weight| (weight / mean, 0)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..places.len()).partition(|place| places[*place].0 < 1.0);
        while let (Some(poor), Some(rich)) = (small.pop(), large.pop()) {
            places[poor].1 = rich as u32;
            places[rich].0 -= 1.0 - places[poor].0;
            if places[rich].0 < 1.0 { small.push(rich) } else { large.push(rich) }
        }
        for rest in small.into_iter().chain(large) {
            places[rest] = (1.0, rest as u32);
        }
        Self { places }
    }

    /// A place.
    pub fn draw(&self, random: &mut Random) -> u32 {
        let place = random.below(self.places.len() as u64) as usize;
        let (stay, other) = self.places[place];
        if random.unit() < stay { place as u32 } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_weights() {
        let zipf = Weighted::zipf(4, 1.0);
        let mut random = Random::seeded(1);
        let mut seen = [0_u32; 4];
        for _ in 0..100_000 {
            seen[zipf.draw(&mut random) as usize] += 1;
        }
        let expected = [48_000, 24_000, 16_000, 12_000];
        assert!(seen.iter().zip(expected).all(|(seen, expected)| seen.abs_diff(expected) < 700), "{seen:?}");
    }
}
