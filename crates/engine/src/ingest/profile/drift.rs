//! What is not as it was in the last profiled load of the dataset. Every threshold is a constant here and the same every
//! time; docs/contracts.md lists them for users.
//!
//! Where a threshold is one of chance, it is that of 1 in 1,000: a load that is like the one before is said to differ in so
//! few columns. Sources: the population stability index and its bounds 0.1 and 0.25, N. Siddiqi, "Credit Risk Scorecards"
//! (2006), chapter 9; that it is about chi-squared with bins - 1 degrees of freedom times 1/n + 1/m where nothing has
//! changed, B. Yurdakul and J. Naranjo, "Statistical properties of the population stability index", Journal of Risk Model
//! Validation 14 (2020). All others are our own judgement.

use serde_json::{Value, json};

use super::observe::Profiled;
use super::{LoadColumnProfile, LoadProfile, TOP_VALUES};
use crate::catalog::ColumnType;
use crate::catalog::drift::{Drift, DriftKind, Severity};

/// A population stability index from which a distribution has moved a little, and from which it is another one.
pub const INDEX_NOTICE: f64 = 0.1;
/// See [`INDEX_NOTICE`].
pub const INDEX_WARNING: f64 = 0.25;
/// How many times as many rows as the median of the last loads, or how many times fewer.
pub const ROWS_NOTICE: f64 = 2.0;
/// See [`ROWS_NOTICE`].
pub const ROWS_WARNING: f64 = 10.0;
/// Change of the share of nulls.
pub const NULLS_NOTICE: f64 = 0.05;
/// See [`NULLS_NOTICE`].
pub const NULLS_WARNING: f64 = 0.2;
/// Share of nulls in a column that had none.
pub const NULLS_NEW: f64 = 0.01;
/// How many times as many distinct values, or how many times fewer, where values repeat.
pub const DISTINCT_NOTICE: f64 = 2.0;
/// See [`DISTINCT_NOTICE`].
pub const DISTINCT_WARNING: f64 = 10.0;
/// How far values lie outside of the range that was, in widths of it.
pub const RANGE_NOTICE: f64 = 0.5;
/// See [`RANGE_NOTICE`].
pub const RANGE_WARNING: f64 = 10.0;
/// Share of a value that is new or gone.
pub const CATEGORY_NOTICE: f64 = 0.05;
/// See [`CATEGORY_NOTICE`].
pub const CATEGORY_WARNING: f64 = 0.2;
/// Values on both sides for a column to be compared at all.
pub const VALUES_MIN: u64 = 100;
/// Loads whose rows are remembered.
pub const LOADS_REMEMBERED: usize = 20;
/// Findings that a profile has.
const FINDINGS_MAX: usize = 200;

/// Quantiles of chi-squared that chance exceeds once in 1,000 times, for 1 to 20 degrees of freedom.
const CHANCE: [f64; 20] = [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88, 29.59, 31.26, 32.91, 34.53, 36.12, 37.70, 39.25, 40.79, 42.31, 43.82, 45.31];
/// Standard deviations that chance exceeds once in 1,000 times, to both sides.
const DEVIATIONS: f64 = 3.29;

/// Compares a profile with the one before and writes down what is not the same. `time` is the time of the dataset: it goes
/// on from load to load, and nothing is said of it.
pub(crate) fn compare(profiled: &mut Profiled, before: &LoadProfile, time: Option<&str>) {
    let now = &profiled.profile;
    let mut rows_before = before.rows_before.clone();
    rows_before.push(before.rows);
    rows_before.drain(..rows_before.len().saturating_sub(LOADS_REMEMBERED));
    let mut found: Vec<Drift> = rows(&rows_before, now.rows).into_iter().collect();
    for (column, numbers) in now.columns.iter().zip(&profiled.numbers) {
        let Some(was) = before.column(&column.name).filter(|was| was.column_type == column.column_type) else { continue };
        let sides = Sides { was, now: column, rows_before: before.rows, rows: now.rows };
        found.extend(sides.nulls());
        // Without repeated values it is a key: other rows have others.
        if was.sampled_values < VALUES_MIN || column.sampled_values < VALUES_MIN || Some(column.name.as_str()) == time || sides.are_keys() {
            found.extend(sides.repeats());
            continue;
        }
        found.extend(sides.distinct());
        found.extend(sides.range());
        found.extend(sides.categories());
        found.extend(sides.distribution(numbers.as_deref()));
    }
    // The strongest first, in the order of the columns.
    found.sort_by_key(|drift| std::cmp::Reverse(drift.severity));
    found.truncate(FINDINGS_MAX);
    let now = &mut profiled.profile;
    (now.drift, now.rows_before, now.compared_with) = (found, rows_before, Some(before.load_id.clone()));
}

fn rows(before: &[u64], now: u64) -> Option<Drift> {
    let mut sorted = before.to_vec();
    sorted.sort_unstable();
    let usual = *sorted.get(sorted.len() / 2)?;
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    // What came once before is not unusual.
    if (least..=most).contains(&now) && before.len() > 1 {
        return None;
    }
    let severity = severity(times(usual as f64, now as f64), ROWS_NOTICE, ROWS_WARNING)?;
    let word = if now > usual { "more" } else { "fewer" };
    let message = format!("{now} rows, {word} than usual: the median of the last {} loads is {usual}", before.len());
    Some(Drift { column: None, kind: DriftKind::Rows, severity, before: json!(usual), now: json!(now), message })
}

/// How many times as large one number is as the other.
fn times(left: f64, right: f64) -> f64 {
    left.max(right) / left.min(right).max(1.0)
}

fn severity(found: f64, notice: f64, warning: f64) -> Option<Severity> {
    (found >= notice).then_some(if found >= warning { Severity::Warning } else { Severity::Notice })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A column then and now.
struct Sides<'a> {
    was: &'a LoadColumnProfile,
    now: &'a LoadColumnProfile,
    rows_before: u64,
    rows: u64,
}

impl Sides<'_> {
    fn finding(&self, kind: DriftKind, severity: Severity, before: Value, now: Value, what: &str) -> Drift {
        Drift { column: Some(self.now.name.clone()), kind, severity, before, now, message: format!("{:?}: {what}", self.now.name) }
    }

    fn are_keys(&self) -> bool {
        [self.was, self.now].iter().any(|side| side.distinct > TOP_VALUES as u64 && side.distinct == side.sampled_values)
    }

    fn nulls(&self) -> Option<Drift> {
        if self.rows_before < VALUES_MIN || self.rows < VALUES_MIN {
            return None;
        }
        let (n, m) = (self.rows_before as f64, self.rows as f64);
        let (was, now) = (self.was.nulls as f64 / n, self.now.nulls as f64 / m);
        let all = (self.was.nulls + self.now.nulls) as f64 / (n + m);
        let chance = DEVIATIONS * (all * (1.0 - all) * (1.0 / n + 1.0 / m)).sqrt();
        let change = (now - was).abs();
        if change <= chance {
            return None;
        }
        let new = self.was.nulls == 0 && now >= NULLS_NEW;
        let severity = severity(change, NULLS_NOTICE, NULLS_WARNING).or(new.then_some(Severity::Notice))?;
        let what = format!("{} of the values are missing, before it were {}", percent(now), percent(was));
        Some(self.finding(DriftKind::Nulls, severity, json!(was), json!(now), &what))
    }

    /// A column whose values were all different, and are not any more.
    fn repeats(&self) -> Option<Drift> {
        let different = |side: &LoadColumnProfile| side.sampled_values >= VALUES_MIN && side.distinct == side.sampled_values;
        if !different(self.was) || self.now.sampled_values < VALUES_MIN || different(self.now) {
            return None;
        }
        let what = format!("{} of {} values are distinct, before all were", self.now.distinct, self.now.sampled_values);
        Some(self.finding(DriftKind::Distinct, Severity::Warning, json!(self.was.distinct), json!(self.now.distinct), &what))
    }

    /// Where values repeat so often that all of them have been seen, their number does not depend on that of rows.
    fn distinct(&self) -> Option<Drift> {
        let settled = |side: &LoadColumnProfile| side.distinct * 20 <= side.sampled_values;
        let (was, now) = (self.was.distinct, self.now.distinct);
        if !(settled(self.was) && settled(self.now)) || was.abs_diff(now) < 5 {
            return None;
        }
        let severity = severity(times(was as f64, now as f64), DISTINCT_NOTICE, DISTINCT_WARNING)?;
        Some(self.finding(DriftKind::Distinct, severity, json!(was), json!(now), &format!("{now} distinct values, before it were {was}")))
    }

    fn range(&self) -> Option<Drift> {
        let bounds = |side: &LoadColumnProfile| number(&side.min, side.column_type).zip(number(&side.max, side.column_type));
        let ((low, high), (min, max)) = (bounds(self.was)?, bounds(self.now)?);
        // A column of one value has no width; then its size is one.
        let width = if high > low { high - low } else { high.abs().max(1.0) };
        let outside = ((low - min).max(max - high) / width).max(0.0);
        let severity = severity(outside, RANGE_NOTICE, RANGE_WARNING)?;
        let (before, now) = (json!([self.was.min, self.was.max]), json!([self.now.min, self.now.max]));
        let what = format!("values from {} to {}, before they went from {} to {}", self.now.min, self.now.max, self.was.min, self.was.max);
        Some(self.finding(DriftKind::Range, severity, before, now, &what))
    }

    /// Frequent values that are new or gone. Numbers that are measured have none.
    fn categories(&self) -> Vec<Drift> {
        if !matches!(self.now.column_type, ColumnType::String | ColumnType::Boolean | ColumnType::Integer) {
            return Vec::new();
        }
        let (n, m) = (self.was.sampled_values as f64, self.now.sampled_values as f64);
        let mut found = Vec::new();
        for (kind, from, to, count) in [(DriftKind::NewCategory, self.now, self.was, m), (DriftKind::MissingCategory, self.was, self.now, n)] {
            let complete = to.distinct <= TOP_VALUES as u64;
            for top in from.top.iter().filter(|top| to.top.iter().all(|known| known.value != top.value)) {
                let share = top.count as f64 / count;
                // What is not among the most frequent ones may be there all the same, but less often than those.
                let least = to.top.last().map_or(0.0, |last| last.count as f64 / to.sampled_values as f64);
                if !complete && share < 4.0 * least {
                    continue;
                }
                let Some(severity) = severity(share, CATEGORY_NOTICE, CATEGORY_WARNING) else { continue };
                let (before, now, what) = match kind {
                    DriftKind::NewCategory => {
                        (json!(if complete { 0.0 } else { least }), json!(top.value), format!("{} is new and stands in {} of the rows", top.value, percent(share)))
                    }
                    _ => (json!(top.value), json!(if complete { 0.0 } else { least }), format!("{} stood in {} of the rows and is gone", top.value, percent(share))),
                };
                found.push(self.finding(kind, severity, before, now, &what));
            }
        }
        found
    }

    fn distribution(&self, numbers: Option<&[f64]>) -> Option<Drift> {
        let (was, now) = match (numbers, &self.was.deciles) {
            (Some(numbers), Some(deciles)) => (deciles.counts.clone(), deciles.count(numbers)),
            _ => self.complete_categories()?,
        };
        let bins = was.len();
        let (n, m) = (was.iter().sum::<u64>() as f64, now.iter().sum::<u64>() as f64);
        let chance = CHANCE.get(bins.checked_sub(2)?)? * (1.0 / n + 1.0 / m);
        let index = stability_index(&was, &now);
        let severity = severity(index, INDEX_NOTICE.max(chance), INDEX_WARNING.max(chance))?;
        let what = format!("values are distributed otherwise than before: a population stability index of {index:.2}");
        let rounded = (index * 1e4).round() / 1e4;
        Some(self.finding(DriftKind::Distribution, severity, json!(INDEX_NOTICE.max(chance)), json!(rounded), &what))
    }

    /// How often each value stood and stands, where all of them are known.
    fn complete_categories(&self) -> Option<(Vec<u64>, Vec<u64>)> {
        let complete = |side: &LoadColumnProfile| side.distinct <= TOP_VALUES as u64 && side.top.len() as u64 == side.distinct;
        if !complete(self.was) || !complete(self.now) {
            return None;
        }
        let count = |side: &LoadColumnProfile, value: &Value| side.top.iter().find(|top| top.value == *value).map_or(0, |top| top.count);
        let new = self.now.top.iter().filter(|top| self.was.top.iter().all(|known| known.value != top.value));
        Some(self.was.top.iter().chain(new).map(|top| (count(self.was, &top.value), count(self.now, &top.value))).unzip())
    }
}

/// The population stability index of two samples in the same bins. A bin that one of them lacks counts as half a value.
fn stability_index(was: &[u64], now: &[u64]) -> f64 {
    let shares = |counts: &[u64]| {
        let total = counts.iter().sum::<u64>().max(1) as f64;
        counts.iter().map(|count| (*count as f64).max(0.5) / total).collect::<Vec<f64>>()
    };
    shares(was).into_iter().zip(shares(now)).map(|(was, now)| (now - was) * (now / was).ln()).sum()
}

/// A bound as a number; of a time in microseconds.
fn number(value: &Value, column_type: ColumnType) -> Option<f64> {
    match column_type {
        ColumnType::Integer | ColumnType::Float => value.as_f64(),
        ColumnType::Date => value.as_str()?.parse::<chrono::NaiveDate>().ok().map(|date| f64::from(date.to_epoch_days())),
        ColumnType::Timestamp => value.as_str()?.parse::<chrono::DateTime<chrono::Utc>>().ok().map(|time| time.timestamp_micros() as f64),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
