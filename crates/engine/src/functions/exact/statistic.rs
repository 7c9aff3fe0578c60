//! Averages, variances, covariances and what follows from them, of sums without an error (`exact`): how many rows, the
//! sums of both values, and those of their products. n Σxy − Σx Σy is computed without an error too and rounded once, so
//! there is nothing to be lost where values are large beside their differences, and rows may come in any order.

use super::ExactSum;

/// What is told of some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statistic {
    Sum,
    Average,
    /// Of a sample, or of all there are.
    Variance(Of),
    Deviation(Of),
    Covariance(Of),
    Correlation,
    /// Of the line through the points, x being what explains y.
    Slope,
    Intercept,
    /// How much of y's variance the line explains.
    R2,
    AverageX,
    AverageY,
    SquaresX,
    SquaresY,
    Products,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Of {
    Sample,
    Population,
}

impl Statistic {
    /// By the name of the SQL function, where it is one; its first value is y where the second explains it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "avg" => Self::Average,
            "var" => Self::Variance(Of::Sample),
            "var_pop" => Self::Variance(Of::Population),
            "stddev" => Self::Deviation(Of::Sample),
            "stddev_pop" => Self::Deviation(Of::Population),
            "covar_samp" => Self::Covariance(Of::Sample),
            "covar_pop" => Self::Covariance(Of::Population),
            "corr" => Self::Correlation,
            "regr_slope" => Self::Slope,
            "regr_intercept" => Self::Intercept,
            "regr_r2" => Self::R2,
            "regr_avgx" => Self::AverageX,
            "regr_avgy" => Self::AverageY,
            "regr_sxx" => Self::SquaresX,
            "regr_syy" => Self::SquaresY,
            "regr_sxy" => Self::Products,
            _ => return None,
        })
    }

    /// Which sums it needs.
    pub(crate) fn sums(self) -> Sums {
        match self {
            Self::Sum | Self::Average => Sums::Values,
            Self::Variance(_) | Self::Deviation(_) => Sums::Squares,
            _ => Sums::Products,
        }
    }
}

/// Which sums are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sums {
    /// Of one value.
    Values,
    /// And of its squares.
    Squares,
    /// And of a second value, of its squares and of the products of both.
    Products,
}

/// The sums of some rows. The first value is y.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gathered {
    pub count: u64,
    pub y: ExactSum,
    yy: ExactSum,
    /// Σx, Σxx and Σxy.
    second: Option<Box<[ExactSum; 3]>>,
}

impl Gathered {
    /// Adds a row; `x` only where sums of products are kept.
    pub(crate) fn add(&mut self, sums: Sums, y: f64, x: f64) {
        self.count += 1;
        self.y.add(y);
        if sums >= Sums::Squares {
            self.yy.add_product(y, y);
        }
        if sums == Sums::Products {
            let [sum, squares, products] = self.second.get_or_insert_default().as_mut();
            sum.add(x);
            squares.add_product(x, x);
            products.add_product(x, y);
        }
    }

    /// Takes a row away again.
    pub(crate) fn subtract(&mut self, sums: Sums, y: f64, x: f64) {
        self.count = self.count.saturating_sub(1);
        self.y.subtract(y);
        if sums >= Sums::Squares {
            subtract_product(&mut self.yy, y, y);
        }
        if sums == Sums::Products {
            let [sum, squares, products] = self.second.get_or_insert_default().as_mut();
            sum.subtract(x);
            subtract_product(squares, x, x);
            subtract_product(products, x, y);
        }
    }

    /// Adds the rows of another.
    pub(crate) fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.y.join(&other.y);
        self.yy.join(&other.yy);
        if let Some(others) = &other.second {
            self.second.get_or_insert_default().iter_mut().zip(others.iter()).for_each(|(sum, other)| sum.join(other));
        }
    }

    /// The value; none where there is none.
    pub(crate) fn value(&self, statistic: Statistic) -> Option<f64> {
        let n = self.count as f64;
        if self.count == 0 {
            return None;
        }
        let zero = [ExactSum::ZERO, ExactSum::ZERO, ExactSum::ZERO];
        let [x, xx, xy] = self.second.as_deref().unwrap_or(&zero);
        let (y, yy) = (&self.y, &self.yy);
        // n times the sums of squares and products of the differences from the averages.
        // Lost digits of very small products may bring it below zero. What is no number stays none, which `max` would make zero.
        let squares = |sum: &ExactSum, squares: &ExactSum| match spread(self.count, squares, sum, sum) {
            below if below < 0.0 => 0.0,
            found => found,
        };
        let divided = |total: f64, of: Of| match of {
            Of::Population => Some(total / n / n),
            Of::Sample => (self.count > 1).then(|| total / n / (n - 1.0)),
        };
        let line = || Some((squares(x, xx), spread(self.count, xy, x, y))).filter(|(across, _)| self.count > 1 && *across != 0.0);
        match statistic {
            Statistic::Sum => Some(y.value()),
            Statistic::Average | Statistic::AverageY => Some(y.value() / n),
            Statistic::AverageX => Some(x.value() / n),
            Statistic::Variance(of) => divided(squares(y, yy), of),
            Statistic::Deviation(of) => divided(squares(y, yy), of).map(f64::sqrt),
            Statistic::Covariance(of) => divided(spread(self.count, xy, x, y), of),
            Statistic::SquaresX => Some(squares(x, xx) / n),
            Statistic::SquaresY => Some(squares(y, yy) / n),
            Statistic::Products => Some(spread(self.count, xy, x, y) / n),
            Statistic::Slope => line().map(|(across, both)| both / across),
            Statistic::Intercept => line().map(|(across, both)| (y.value() - both / across * x.value()) / n),
            Statistic::R2 => {
                let up = squares(y, yy);
                line().filter(|_| up != 0.0).map(|(across, both)| both / across * (both / up))
            }
            Statistic::Correlation => {
                let up = squares(y, yy);
                let both_ways = |across: f64| if (across * up).is_normal() { (across * up).sqrt() } else { across.sqrt() * up.sqrt() };
                line().filter(|_| up != 0.0).map(|(across, both)| (both / both_ways(across)).clamp(-1.0, 1.0))
            }
        }
    }

    /// All of it as bytes.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.count.to_le_bytes());
        for sum in [&self.y, &self.yy].into_iter().chain(self.second.iter().flat_map(|second| second.iter())) {
            let (high, low, wide) = sum.state();
            let wide = wide.unwrap_or_default();
            bytes.extend([high, low].into_iter().flat_map(f64::to_le_bytes));
            bytes.extend((wide.len() as u16).to_le_bytes());
            bytes.extend(wide);
        }
    }

    /// What was written; none if it was not.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        fn number(bytes: &mut &[u8]) -> Option<[u8; 8]> {
            let (number, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            Some(*number)
        }
        fn sum(bytes: &mut &[u8]) -> Option<ExactSum> {
            let (high, low) = (f64::from_le_bytes(number(bytes)?), f64::from_le_bytes(number(bytes)?));
            let (length, rest) = bytes.split_first_chunk()?;
            let (wide, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            *bytes = rest;
            ExactSum::of_state(high, low, Some(wide).filter(|wide| !wide.is_empty()))
        }
        let mut bytes = bytes;
        let (count, y, yy) = (u64::from_le_bytes(number(&mut bytes)?), sum(&mut bytes)?, sum(&mut bytes)?);
        let second = if bytes.is_empty() { None } else { Some(Box::new([sum(&mut bytes)?, sum(&mut bytes)?, sum(&mut bytes)?])) };
        bytes.is_empty().then_some(Self { count, y, yy, second })
    }

    /// Bytes beside its own.
    pub(crate) fn heap_bytes(&self) -> usize {
        let second = self.second.as_ref().map_or(0, |second| size_of_val(second.as_ref()) + second.iter().map(ExactSum::heap_bytes).sum::<usize>());
        self.y.heap_bytes() + self.yy.heap_bytes() + second
    }
}

fn subtract_product(sum: &mut ExactSum, one: f64, other: f64) {
    let (product, rest) = super::two_product(one, other);
    sum.subtract(product);
    sum.subtract(rest);
}

/// n times the sum of products less the product of the sums.
fn spread(count: u64, products: &ExactSum, one: &ExactSum, other: &ExactSum) -> f64 {
    let mut spread = ExactSum::ZERO;
    products.parts().into_iter().for_each(|part| spread.add_product(count as f64, part));
    let others = other.parts();
    for one in one.parts() {
        others.iter().for_each(|other| spread.add_product(-one, *other));
    }
    spread.value()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gathered(rows: &[(i32, i32)], scale: f64, shift: f64) -> Gathered {
        let mut gathered = Gathered::default();
        rows.iter().for_each(|(y, x)| gathered.add(Sums::Products, f64::from(*y) * scale + shift, f64::from(*x) * scale));
        gathered
    }

    /// n Σab − Σa Σb in whole numbers.
    fn whole(rows: &[(i32, i32)], one: impl Fn(&(i32, i32)) -> i32, other: impl Fn(&(i32, i32)) -> i32) -> f64 {
        let sum = |of: &dyn Fn(&(i32, i32)) -> i128| rows.iter().map(of).sum::<i128>();
        let products = sum(&|row| i128::from(one(row)) * i128::from(other(row)));
        (rows.len() as i128 * products - sum(&|row| one(row).into()) * sum(&|row| other(row).into())) as f64
    }

    proptest! {
        #[test]
        fn statistics_are_those_of_whole_numbers(rows in proptest::collection::vec((-9_999..9_999, -9_999..9_999), 0..50), cut in 0_usize..50) {
            let (y, x) = (|row: &(i32, i32)| row.0, |row: &(i32, i32)| row.1);
            let n = rows.len() as f64;
            let all = gathered(&rows, 1.0, 0.0);
            let (one, other) = rows.split_at(cut.min(rows.len()));
            let mut joined = gathered(other, 1.0, 0.0);
            let mut bytes = Vec::new();
            gathered(one, 1.0, 0.0).write(&mut bytes);
            joined.join(&Gathered::read(&bytes).unwrap());
            let some = |value: f64| (!rows.is_empty()).then_some(value);
            let more = |value: f64| (rows.len() > 1).then_some(value);
            for of in [&all, &joined] {
                prop_assert_eq!(of.value(Statistic::Variance(Of::Population)), some(whole(&rows, y, y) / n / n));
                prop_assert_eq!(of.value(Statistic::Variance(Of::Sample)), more(whole(&rows, y, y) / n / (n - 1.0)));
                prop_assert_eq!(of.value(Statistic::Covariance(Of::Sample)), more(whole(&rows, y, x) / n / (n - 1.0)));
                prop_assert_eq!(of.value(Statistic::Slope), more(whole(&rows, y, x) / whole(&rows, x, x)).filter(|_| whole(&rows, x, x) != 0.0));
            }
            // Rows that leave again are as if they had not been.
            for (y, x) in one {
                joined.subtract(Sums::Products, f64::from(*y), f64::from(*x));
            }
            prop_assert_eq!(joined.value(Statistic::Variance(Of::Sample)), gathered(other, 1.0, 0.0).value(Statistic::Variance(Of::Sample)));
        }
    }

    #[test]
    fn small_differences_of_large_values_are_seen() {
        let rows = [(0, 0), (1, 2), (2, 4)];
        let far = gathered(&rows, 1.0, 1e15);
        assert_eq!(far.value(Statistic::Variance(Of::Sample)), Some(1.0));
        assert_eq!(far.value(Statistic::Slope), Some(0.5));
        assert_eq!(far.value(Statistic::R2), Some(1.0));
        assert_eq!(far.value(Statistic::Correlation), Some(1.0));
        assert_eq!(far.value(Statistic::Intercept), Some(1e15));
        let same = gathered(&[(0, 1); 7], 1.0, 0.1);
        assert_eq!(same.value(Statistic::Deviation(Of::Population)), Some(0.0));
        assert_eq!((same.value(Statistic::Correlation), same.value(Statistic::Slope)), (None, None));
        assert_eq!(gathered(&[], 1.0, 0.0).value(Statistic::Average), None);
        assert_eq!(gathered(&[(3, 1)], 1.0, 0.0).value(Statistic::Variance(Of::Population)), Some(0.0));
        assert!(gathered(&[(3, 1), (1, 1)], f64::INFINITY, 0.0).value(Statistic::Average).is_some_and(f64::is_infinite));
    }

    #[test]
    fn what_is_no_number_or_without_end_has_no_spread() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut gathered = Gathered::default();
            [1.0, value].into_iter().for_each(|y| gathered.add(Sums::Products, y, y));
            for statistic in [Statistic::Variance(Of::Sample), Statistic::Deviation(Of::Population), Statistic::SquaresX, Statistic::SquaresY, Statistic::Correlation] {
                assert!(gathered.value(statistic).is_some_and(f64::is_nan), "{statistic:?} of {value}");
            }
            // When it has left, there is one again.
            gathered.subtract(Sums::Products, value, value);
            assert_eq!(gathered.value(Statistic::Variance(Of::Population)), Some(0.0), "{value}");
        }
    }

    #[test]
    fn other_bytes_are_no_state() {
        let mut bytes = Vec::new();
        gathered(&[(1, 2)], 1e300, 1.0).write(&mut bytes);
        assert!(Gathered::read(&bytes).is_some());
        assert!(Gathered::read(&bytes[..bytes.len() - 1]).is_none() && Gathered::read(&[&bytes[..], &[0]].concat()).is_none() && Gathered::read(&[]).is_none());
    }
}
