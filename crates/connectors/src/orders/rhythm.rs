//! When people buy: by hour, by weekday and by season, each where they live.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

/// Share of a day's orders by local hour, relative to an even day.
const HOURS: [f64; 24] = [0.30, 0.17, 0.11, 0.09, 0.10, 0.18, 0.40, 0.75, 1.10, 1.35, 1.45, 1.50, 1.60, 1.45, 1.30, 1.25, 1.30, 1.45, 1.65, 1.85, 1.95, 1.75, 1.25, 0.70];
/// Monday to Sunday, relative to an even week.
const WEEKDAYS: [f64; 7] = [1.02, 0.96, 0.95, 0.98, 1.08, 1.06, 0.95];
/// January to December; between the middles of the months it is drawn straight.
const MONTHS: [f64; 12] = [0.95, 0.92, 0.96, 0.98, 1.00, 0.99, 0.96, 0.97, 1.00, 1.04, 1.22, 1.30];

/// Activity at an instant where the clock is `offset_minutes` ahead of UTC; 1 is the average of the year.
pub(super) fn activity(at: DateTime<Utc>, offset_minutes: i64) -> f64 {
    let local = at + TimeDelta::minutes(offset_minutes);
    let hour = between(&HOURS, local.hour() as usize, f64::from(local.minute()) / 60.0);
    let weekday = WEEKDAYS.get(local.weekday().num_days_from_monday() as usize).copied().unwrap_or(1.0);
    hour * weekday * season(local)
}

fn season(local: DateTime<Utc>) -> f64 {
    // Half a month back, so that a month's value is met in its middle.
    let middle = local - TimeDelta::days(15);
    between(&MONTHS, middle.month0() as usize, f64::from(middle.day0()) / 31.0)
}

/// The value at `index`, moved towards the next one by `share`; the list goes round.
fn between<const N: usize>(values: &[f64; N], index: usize, share: f64) -> f64 {
    let [here, next] = [index % N, (index + 1) % N].map(|place| values.get(place).copied().unwrap_or(1.0));
    here + (next - here) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn factors_are_relative_to_one() {
        for (name, mean) in [("hours", HOURS.iter().sum::<f64>() / 24.0), ("weekdays", WEEKDAYS.iter().sum::<f64>() / 7.0), ("months", MONTHS.iter().sum::<f64>() / 12.0)] {
            assert!((0.97..1.05).contains(&mean), "{name} {mean}");
        }
    }

    #[test]
    fn evenings_are_busy_and_nights_are_not_where_people_live() {
        assert!(activity(at("2026-03-02T20:00:00Z"), 0) > 10.0 * activity(at("2026-03-02T03:00:00Z"), 0));
        assert!((activity(at("2026-03-02T20:00:00Z"), 0) - activity(at("2026-03-02T15:00:00Z"), 300)).abs() < 1e-12);
    }

    #[test]
    fn december_is_the_season() {
        assert!(activity(at("2026-12-14T12:00:00Z"), 0) > 1.25 * activity(at("2026-06-15T12:00:00Z"), 0));
    }
}
