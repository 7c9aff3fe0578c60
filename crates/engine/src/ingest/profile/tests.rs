//! Profiles of made-up rows, however they come.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use proptest::prelude::*;
use serde_json::json;

use super::observe::Profiler;
use super::*;
use crate::catalog::DatasetSchema;

fn columns() -> Vec<Column> {
    let columns =
        [("n", ColumnType::Integer), ("f", ColumnType::Float), ("s", ColumnType::String), ("b", ColumnType::Boolean), ("d", ColumnType::Date), ("t", ColumnType::Timestamp)];
    columns.map(|(name, column_type)| Column::new(name, column_type)).to_vec()
}

/// A table of rows that are made of numbers; null for none.
fn batch(seeds: &[Option<i64>]) -> RecordBatch {
    let of = |seed: &Option<i64>| *seed;
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(seeds.iter().map(of).collect::<Int64Array>()),
        Arc::new(seeds.iter().map(|seed| seed.map(|seed| if seed == 3 { f64::NAN } else { seed as f64 / 4.0 })).collect::<Float64Array>()),
        Arc::new(seeds.iter().map(|seed| seed.map(|seed| format!("text {}", seed % 13))).collect::<StringViewArray>()),
        Arc::new(seeds.iter().map(|seed| seed.map(|seed| seed % 3 == 0)).collect::<BooleanArray>()),
        Arc::new(seeds.iter().map(|seed| seed.map(|seed| (seed % 1_000) as i32)).collect::<Date32Array>()),
        Arc::new(seeds.iter().map(|seed| seed.map(|seed| seed * 1_000_000)).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
    ];
    RecordBatch::try_new(DatasetSchema::new(columns(), None).unwrap().arrow(), arrays).unwrap()
}

pub(super) fn profile(seeds: &[Option<i64>], piece: usize) -> observe::Profiled {
    let mut profiler = Profiler::new(&columns());
    let whole = batch(seeds);
    for start in (0..seeds.len()).step_by(piece.max(1)) {
        profiler.add(&whole.slice(start, piece.min(seeds.len() - start))).unwrap();
    }
    profiler.finish("l", "orders").unwrap()
}

proptest! {
    #[test]
    fn a_profile_does_not_depend_on_how_rows_came(seeds in prop::collection::vec(prop::option::of(-50_i64..50), 0..300), piece in 1_usize..400) {
        let (whole, pieces) = (profile(&seeds, 400).profile, profile(&seeds, piece).profile);
        prop_assert_eq!(&whole, &pieces);
        let mut values: Vec<i64> = seeds.iter().copied().flatten().collect();
        values.sort_unstable();
        let n = whole.column("n").unwrap();
        prop_assert_eq!((n.nulls, n.sampled_values), ((seeds.len() - values.len()) as u64, values.len() as u64));
        prop_assert_eq!((&n.min, &n.max), (&json!(values.first()), &json!(values.last())));
        prop_assert_eq!(n.histogram.iter().map(|bucket| bucket.count).sum::<u64>(), values.len() as u64);
        prop_assert!(n.histogram.len() <= BUCKETS_MAX);
        values.dedup();
        prop_assert_eq!(n.distinct, values.len() as u64);
        for column in &whole.columns {
            prop_assert!(column.histogram.len() <= BUCKETS_MAX && column.top.len() <= TOP_VALUES);
            let Some(deciles) = &column.deciles else { continue };
            prop_assert!(deciles.edges.is_sorted() && deciles.counts.len() == deciles.edges.len() + 1);
            prop_assert_eq!(deciles.counts.iter().sum::<u64>(), column.histogram.iter().map(|bucket| bucket.count).sum::<u64>());
        }
        // It survives its storage.
        prop_assert_eq!(&serde_json::from_slice::<LoadProfile>(&serde_json::to_vec(&whole).unwrap()).unwrap(), &whole);
    }
}

#[test]
fn large_loads_are_sampled_by_row_number() {
    let seeds: Vec<Option<i64>> = (0..200_000).map(Some).collect();
    let (whole, pieces) = (profile(&seeds, 200_000).profile, profile(&seeds, 32_768).profile);
    assert_eq!(whole, pieces);
    let n = whole.column("n").unwrap();
    assert_eq!((whole.rows, whole.sampled_rows, n.distinct), (200_000, 50_000, 50_000));
    assert_eq!((&n.min, &n.max), (&json!(0), &json!(199_999)));
    assert!((n.mean.unwrap() - 99_998.0).abs() < 1.0);
    assert!(n.top.is_empty());
    assert_eq!(n.histogram.len(), 20);
    assert!(n.histogram.iter().all(|bucket| bucket.count.abs_diff(2_500) < 2), "{:?}", n.histogram);
}

#[test]
fn every_type_is_told_in_its_own_words() {
    let profile = profile(&[Some(0), Some(1), Some(1), Some(3), None, Some(86_400)], 2).profile;
    let column = |name: &str| profile.column(name).unwrap().clone();
    assert_eq!((profile.rows, profile.sampled_rows), (6, 6));
    let n = column("n");
    assert_eq!((n.nulls, n.distinct, n.top[0].clone()), (1, 4, TopValue { value: json!(1), count: 2 }));
    // What is not a number has no place among numbers.
    assert_eq!((column("f").sampled_values, column("f").max, column("f").nulls), (4, json!(21_600.0), 1));
    let s = column("s");
    assert_eq!((&s.min, s.lengths, s.top[0].clone()), (&json!("text 0"), Some(Lengths { min: 6, max: 6, mean: 6.0 }), TopValue { value: json!("text 1"), count: 2 }));
    assert_eq!(column("b").top, [TopValue { value: json!(true), count: 3 }, TopValue { value: json!(false), count: 2 }]);
    assert_eq!((column("d").min, column("d").max), (json!("1970-01-01"), json!("1971-02-05")));
    assert_eq!((column("t").max, column("t").histogram.len()), (json!("1970-01-02T00:00:00Z"), 20));
    assert_eq!(column("t").histogram[19].to, json!("1970-01-02T00:00:00Z"));
}

#[test]
fn extreme_numbers_break_nothing() {
    let columns = vec![Column::new("n", ColumnType::Integer), Column::new("f", ColumnType::Float)];
    let arrays: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX, 0])), Arc::new(Float64Array::from(vec![f64::MIN, f64::MAX, f64::INFINITY]))];
    let batch = RecordBatch::try_new(DatasetSchema::new(columns.clone(), None).unwrap().arrow(), arrays).unwrap();
    let mut profiler = Profiler::new(&columns);
    profiler.add(&batch).unwrap();
    let profile = profiler.finish("l", "orders").unwrap().profile;
    for column in &profile.columns {
        let counts: Vec<u64> = column.histogram.iter().map(|bucket| bucket.count).filter(|count| *count > 0).collect();
        assert_eq!(counts.iter().sum::<u64>(), column.sampled_values, "{column:?}");
    }
    assert_eq!(profile.columns[0].histogram.len(), 20);
    assert_eq!(serde_json::from_slice::<LoadProfile>(&serde_json::to_vec(&profile).unwrap()).unwrap(), profile);
    // Nothing at all.
    let empty = Profiler::new(&columns).finish("l", "orders").unwrap().profile;
    assert_eq!((empty.columns[0].min.clone(), empty.columns[0].histogram.len()), (json!(null), 0));
}

/// A profile as format 1 has it, from the first field to the last.
#[test]
fn profiles_of_format_1_are_read() {
    let text = r#"{"format":1,"load_id":"l","dataset":"orders","rows":3,"sampled_rows":3,"columns":[
        {"name":"n","type":"integer","nulls":1,"min":1,"max":2,"sampled_values":2,"distinct":2,"mean":1.5,"lengths":null,"top":[{"value":1,"count":1}],
         "histogram":[{"from":1,"to":2,"count":2}],"deciles":{"edges":[1.0],"counts":[1,1]}},
        {"name":"s","type":"string","nulls":0,"min":"a","max":"bb","sampled_values":3,"distinct":2,"mean":null,"lengths":{"min":1,"max":2,"mean":1.5},"top":[],"histogram":[]}],
        "compared_with":"k","drift":[{"column":"n","kind":"range","severity":"notice","before":[0,1],"now":[1,2],"message":"m"},
        {"kind":"rows","severity":"warning","before":1,"now":30,"message":"m"}],"rows_before":[1]}"#;
    let profile: LoadProfile = serde_json::from_str(text).unwrap();
    assert_eq!((profile.format, profile.rows, profile.compared_with.as_deref(), profile.rows_before.as_slice()), (FORMAT, 3, Some("k"), [1].as_slice()));
    let [n, s] = profile.columns.as_slice() else { panic!("{:?}", profile.columns) };
    assert_eq!((n.mean, n.deciles.clone()), (Some(1.5), Some(Deciles { edges: vec![1.0], counts: vec![1, 1] })));
    assert_eq!((s.lengths, s.deciles.clone()), (Some(Lengths { min: 1, max: 2, mean: 1.5 }), None));
    let found: Vec<_> = profile.drift.iter().map(|drift| (drift.column.as_deref(), drift.kind, drift.severity)).collect();
    assert_eq!(
        found,
        [(Some("n"), crate::catalog::DriftKind::Range, crate::catalog::Severity::Notice), (None, crate::catalog::DriftKind::Rows, crate::catalog::Severity::Warning)]
    );
    // What is written now says the same.
    assert_eq!(serde_json::to_value(&profile).unwrap(), serde_json::from_str::<serde_json::Value>(text).unwrap());
}
