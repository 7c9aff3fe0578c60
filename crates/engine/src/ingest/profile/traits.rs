//! What a profile tells a model of columns that nobody has described: answers, and no values. Of few values nothing is said.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::{LoadColumnProfile, LoadProfile};
use crate::catalog::ColumnType;
use crate::semantic::role::Traits;

/// Sampled values from which on something is said of a column.
const VALUES_MIN: u64 = 100;
/// Different values that are few, where each stands ten times on average.
const FEW_MAX: u64 = 100;
/// Digits of numbers that are given out without being counted up, all of one length.
const KEY_DIGITS_MIN: u32 = 6;
/// Characters of texts that are to be read, on average.
const PROSE_CHARACTERS: f64 = 40.0;
/// What may be the number of a year.
const YEARS: RangeInclusive<i64> = 1900..=2100;
/// No time is that long in the units that people use, and every instant in seconds since 1970 is beyond it.
const LASTING_MAX: f64 = 1e7;

impl LoadProfile {
    /// What the values of each column were seen to be.
    pub(crate) fn traits(&self) -> HashMap<String, Traits> {
        let proven = self.columns.iter().filter(|column| column.sampled_values >= VALUES_MIN);
        proven.map(|column| (column.name.clone(), column.traits(self))).collect()
    }
}

impl LoadColumnProfile {
    fn traits(&self, load: &LoadProfile) -> Traits {
        let whole = self.min.as_i64().zip(self.max.as_i64()).filter(|_| self.column_type == ColumnType::Integer);
        let number = self.min.as_f64().zip(self.max.as_f64());
        Traits {
            constant: self.nulls == 0 && self.distinct == 1 && self.min == self.max,
            zero_or_one: whole == Some((0, 1)),
            numbered: whole.is_some_and(|(least, greatest)| self.is_numbered(load, least, greatest)),
            calendar: whole.is_some_and(|(least, greatest)| [is_year, is_day].iter().any(|is| is(least) && is(greatest))),
            few: self.distinct <= FEW_MAX && self.distinct.saturating_mul(10) <= self.sampled_values,
            fraction: self.column_type == ColumnType::Float && number.is_some_and(|(least, greatest)| least >= 0.0 && greatest <= 1.0),
            lasting: number.is_some_and(|(least, greatest)| least >= 0.0 && greatest < LASTING_MAX) && !self.is_clock(),
            prose: self.is_prose(),
        }
    }

    /// Bounds are of all rows, so that what is counted up has about as many numbers between them as there are rows, and what
    /// measures hardly ever does.
    fn is_numbered(&self, load: &LoadProfile, least: i64, greatest: i64) -> bool {
        let is_unique = self.nulls == 0 && self.sampled_values == load.sampled_rows && self.distinct == self.sampled_values;
        let is_counted = greatest.abs_diff(least) < load.rows.saturating_mul(2);
        let digits = |number: i64| number.checked_ilog10().map_or(1, |power| power + 1);
        is_unique && least >= 0 && (is_counted || (digits(least) == digits(greatest) && digits(least) >= KEY_DIGITS_MIN))
    }

    /// Whether all values that are known could stand on a clock: 517, 2359, 174501.
    fn is_clock(&self) -> bool {
        let tenths = self.deciles.iter().flat_map(|deciles| deciles.edges.iter().copied());
        let mut known = tenths.chain(self.top.iter().filter_map(|top| top.value.as_f64()));
        known.all(|number| number.fract() == 0.0 && number % 100.0 < 60.0 && (number / 100.0).floor() % 100.0 < 60.0 && number <= 240_000.0)
    }

    fn is_prose(&self) -> bool {
        let are_long = self.lengths.is_some_and(|lengths| lengths.mean >= PROSE_CHARACTERS && lengths.min < lengths.max);
        are_long && self.distinct.saturating_mul(10) >= self.sampled_values.saturating_mul(9)
    }
}

fn is_year(number: i64) -> bool {
    YEARS.contains(&number)
}

fn is_day(number: i64) -> bool {
    let parts = (i32::try_from(number / 10_000), u32::try_from(number / 100 % 100), u32::try_from(number % 100));
    let (Ok(year), Ok(month), Ok(day)) = parts else { return false };
    is_year(year.into()) && NaiveDate::from_ymd_opt(year, month, day).is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray};

    use super::super::observe::Profiler;
    use super::*;
    use crate::catalog::{Column, DatasetSchema};

    /// What is said of one column.
    fn seen(column_type: ColumnType, values: ArrayRef) -> Option<Traits> {
        let columns = vec![Column::new("c", column_type)];
        let batch = RecordBatch::try_new(DatasetSchema::new(columns.clone(), None).unwrap().arrow(), vec![values]).unwrap();
        let mut profiler = Profiler::new(&columns);
        profiler.add(&batch).unwrap();
        profiler.finish("l", "d").unwrap().profile.traits().remove("c")
    }

    fn whole(values: impl IntoIterator<Item = i64>) -> Traits {
        seen(ColumnType::Integer, Arc::new(values.into_iter().collect::<Int64Array>())).unwrap()
    }

    fn real(values: impl IntoIterator<Item = f64>) -> Traits {
        seen(ColumnType::Float, Arc::new(values.into_iter().collect::<Float64Array>())).unwrap()
    }

    fn texts(values: impl IntoIterator<Item = String>) -> Traits {
        seen(ColumnType::String, Arc::new(values.into_iter().map(Some).collect::<StringViewArray>())).unwrap()
    }

    #[test]
    fn few_values_say_nothing() {
        let many = |count: usize| seen(ColumnType::Integer, Arc::new((0..300).map(|row| (row < count).then_some(1_i64)).collect::<Int64Array>()));
        assert_eq!(many(99), None);
        // Something is missing, so it is not always the same.
        assert!(many(100).is_some_and(|seen| !seen.constant));
        assert!(many(300).is_some_and(|seen| seen.constant && !seen.zero_or_one));
    }

    #[test]
    fn keys_are_counted_up_or_of_one_length() {
        assert!(whole(0..100).numbered && whole(5_000..5_200).numbered);
        assert!(whole((0..200).rev().map(|row| row * 2)).numbered, "gaps");
        assert!(whole((0..200).map(|row| 100_000 + row * 4_000)).numbered, "six digits each");
        assert!(!whole((0..200).map(|row| 10_000 + row * 400)).numbered, "five");
        assert!(!whole((0..200).map(|row| row * row)).numbered, "spread");
        assert!(!whole((0..200).map(|row| row / 2)).numbered, "twice");
        assert!(!whole(-100..100).numbered, "below zero");
        assert!(!whole((0..200).map(|row| i64::MAX / 200 * row)).numbered);
        // Of many rows a part is looked at, and the bounds are of all.
        assert!(whole(0..200_000).numbered);
        let missing = seen(ColumnType::Integer, Arc::new((0..300_i64).map(|row| (row > 0).then_some(row)).collect::<Int64Array>()));
        assert!(missing.is_some_and(|seen| !seen.numbered));
    }

    #[test]
    fn numbers_may_be_flags_years_days_and_codes() {
        let flag = whole((0..200).map(|row| row % 2));
        assert!(flag.zero_or_one && flag.few && !flag.constant && !flag.numbered);
        assert!(!whole((0..200).map(|row| row % 3)).zero_or_one && !whole([0; 200]).zero_or_one);
        assert!(whole((0..200).map(|row| 1990 + row % 40)).calendar && !whole((0..200).map(|row| 1890 + row % 40)).calendar);
        assert!(whole((0..200).map(|row| 20_130_101 + row % 28)).calendar && !whole((0..200).map(|row| 20_130_101 + row)).calendar);
        assert!(!whole((0..200).map(|row| -row)).calendar && !whole([i64::MIN, i64::MAX].repeat(100)).calendar);
        assert!(whole((0..2_000).map(|row| row % 100)).few && !whole((0..900).map(|row| row % 100)).few && !whole((0..2_000).map(|row| row % 101)).few);
    }

    #[test]
    fn fractions_and_lengths_of_time_are_told_from_others() {
        assert!(real((0..200_i32).map(|row| f64::from(row) / 199.0)).fraction && !real((0..200_i32).map(|row| f64::from(row) / 198.0)).fraction);
        assert!(!real((0..200_i32).map(|row| f64::from(row) / 199.0 - 0.1)).fraction && !whole((0..200).map(|row| row % 2)).fraction);
        let clock = |row: i64| row % 24 * 100 + row % 60;
        assert!(!whole((0..200).map(clock)).lasting && !whole((0..200).map(|row| clock(row) * 100)).lasting);
        assert!(whole((0..200).map(|row| row * 3)).lasting && real((0..200_i32).map(|row| f64::from(row) / 7.0)).lasting);
        assert!(!whole((0..200).map(|row| row * 3 - 1)).lasting && !whole((0..200).map(|row| 1_400_000_000 + row * 77)).lasting);
    }

    #[test]
    fn prose_is_long_and_hardly_ever_the_same() {
        let sentence = |row: i64| format!("{} about what came {row} days late and was sent back", "Words ".repeat(row as usize % 3));
        assert!(texts((0..200).map(sentence)).prose);
        assert!(!texts((0..200).map(|row| sentence(row % 9))).prose);
        assert!(!texts((0..200).map(|row| format!("{row:064x}"))).prose, "all of one length");
        assert!(!texts((0..200).map(|row| format!("note {row}"))).prose);
        assert!(texts(["same".to_owned()].into_iter().cycle().take(200)).constant);
    }
}
