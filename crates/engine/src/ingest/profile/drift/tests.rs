//! What is found in a load after another one, and that nothing is found where nothing has changed.

use super::super::tests::profile;
use super::*;

/// What is found in a load after another one.
fn found(before: impl Iterator<Item = Option<i64>>, now: impl Iterator<Item = Option<i64>>) -> Vec<(String, DriftKind, Severity)> {
    let before = profile(&before.collect::<Vec<_>>(), 1_000).profile;
    let mut now = profile(&now.collect::<Vec<_>>(), 1_000);
    compare(&mut now, &before, Some("t"));
    assert_eq!(now.profile.compared_with.as_deref(), Some("l"));
    now.profile.drift.into_iter().map(|drift| (drift.column.unwrap_or_default(), drift.kind, drift.severity)).collect()
}

/// Numbers below a limit without an order that anybody would notice.
fn scattered(count: i64, limit: i64, seed: i64) -> impl Iterator<Item = Option<i64>> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(88_172_645_463_325_252);
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= (state >> 7) & 0x01ff_ffff_ffff_ffff;
        state ^= state << 17;
        Some(state.rem_euclid(limit))
    })
}

#[test]
fn loads_that_are_alike_have_no_findings() {
    for seed in 0..200 {
        let all = found(scattered(1_000, 90, seed), scattered(1_200, 90, seed + 1_000));
        assert_eq!(all, [], "seed {seed}");
    }
    assert_eq!(found(scattered(50, 90, 1), scattered(60, 90, 2)), []);
}

#[test]
fn what_is_not_as_it_was_is_found() {
    use DriftKind::{Distribution, MissingCategory, NewCategory, Nulls, Range, Rows};
    use Severity::{Notice, Warning};
    let has = |found: &[(String, DriftKind, Severity)], column: &str, kind: DriftKind, severity: Severity| {
        assert!(found.contains(&(column.to_owned(), kind, severity)), "{column} {kind:?} {severity:?} in {found:?}");
    };
    let base = || scattered(1_000, 90, 1);
    has(&found(base(), scattered(2_500, 90, 2)), "", Rows, Notice);
    has(&found(base(), scattered(90, 90, 2)), "", Rows, Warning);
    let nulls = |every: usize| scattered(1_000, 90, 2).enumerate().map(move |(place, value)| value.filter(|_| place % every != 0));
    has(&found(base(), nulls(10)), "n", Nulls, Notice);
    has(&found(base(), nulls(3)), "f", Nulls, Warning);
    has(&found(base(), nulls(80)), "s", Nulls, Notice);
    has(&found(base(), base().map(|value| value.map(|value| value + 80))), "n", Range, Notice);
    has(&found(base(), base().map(|value| value.map(|value| value + 40))), "n", Distribution, Warning);
    let found = found(base().map(|value| value.map(|value| value * 13 % 39)), base().map(|value| value.map(|value| value * 13 % 39 + 1)));
    has(&found, "s", NewCategory, Warning);
    has(&found, "s", MissingCategory, Warning);
    // The time of the dataset goes on.
    assert!(found.iter().all(|(column, ..)| column != "t"), "{found:?}");
}

#[test]
fn the_number_of_rows_is_compared_with_the_median_of_the_loads_before() {
    let usual = [1_000, 1_100, 5, 900, 1_050];
    assert!(rows(&usual, 1_900).is_none());
    assert!(rows(&usual, 1_000).is_none());
    // It came before.
    assert!(rows(&usual, 6).is_none());
    let drift = rows(&usual, 3_000).unwrap();
    assert_eq!((drift.severity, drift.before, drift.message.as_str()), (Severity::Notice, json!(1_000), "3000 rows, more than usual: the median of the last 5 loads is 1000"));
    assert_eq!(rows(&usual, 1).unwrap().severity, Severity::Warning);
    let mut now = profile(&vec![Some(1); 50], 50);
    let mut before = profile(&vec![Some(1); 40], 50).profile;
    before.rows_before = (0..30).collect();
    compare(&mut now, &before, None);
    assert_eq!((now.profile.rows_before.len(), now.profile.rows_before.last()), (20, Some(&40)));
}

#[test]
fn an_index_of_equal_shares_is_none() {
    assert!(stability_index(&[10, 20, 30], &[100, 200, 300]).abs() < 1e-12);
    // (0.5 - 0.2) ln 2.5 + (0.5 - 0.8) ln 0.625
    assert!((stability_index(&[2, 8], &[5, 5]) - 0.415_888_308).abs() < 1e-6);
    assert!(stability_index(&[100, 0], &[50, 50]).is_finite());
}
