//! Whole numbers do not wrap round, whatever asks for them: statements, measures and dimensions of models, conditions, windows. What
//! their type cannot hold is an error and never another number. `functions/whole_arithmetic.rs`, `functions/sum/wide.rs`. Nor is the middle of
//! two of them cut to a whole one (`functions/median.rs`).

use serde_json::json;
use tidemill::{Csv, ErrorKind, Settings, Steps};

use crate::access::{seen_by, set_policies};
use crate::ward::Ward;

/// Large numbers of either sign; the last row alone is small.
const ROWS: &str = "k,n,city\n1,9223372036854775807,Rome\n2,-9223372036854775807,Oslo\n3,4611686018427387904,Oslo\n4,7,Bari\n";

async fn numbers(partial_cache_bytes: usize) -> Ward {
    let ward = Ward::with(Settings { partial_cache_bytes, ..Settings::default() }).await;
    ward.mill.load("numbers", Csv::bytes(ROWS)).await.unwrap();
    ward
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_leave_64_bits_are_refused_wherever_they_do() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        for sql in [
            "select n + 1 from numbers",
            "select n * 2 from numbers",
            "select -n - 2 from numbers",
            "select n - 9 from numbers where k = 2",
            "select 9223372036854775807 + k from numbers",
            "select 9223372036854775807 + 1",
            "select k from numbers where n + k > 0",
            "select k from numbers order by n * 3",
            "select n + n, count(*) from numbers group by n + n",
            "select sum(n + 1) from numbers",
            "select max(n * k) from numbers",
            "select city, count(*) filter (where n + 5 > 0) from numbers group by city",
            "select city, sum(k) from numbers group by city having max(n) + 1 > 0",
            "select sum(n + k) over (order by k) from numbers",
            "select k, n - lag(n) over (order by k) from numbers",
            "select a.k from numbers a join numbers b on a.n + 1 = b.n",
            "select case when k < 3 then n * 10 else 0 end from numbers",
            "select (select max(n) from numbers) + 1",
            "select x + 1 from (select max(n) as x from numbers) as t",
            "select k from numbers where k in (select n + 1 from numbers)",
            "select sum(distinct n), avg(k) from numbers where k <> 2",
            "select sum(distinct n) from numbers where k <> 2",
            "select sum(distinct n) over (order by k rows between 2 preceding and current row) from numbers where k <> 2",
            "select sum(arrow_cast('18446744073709551615', 'UInt64')) from numbers",
            "select sum(cast('99999999999999999999999999999999999999' as decimal(38, 0))) from numbers",
            "select city, sum(arrow_cast(9223372036854775807, 'Duration(Microsecond)')) from numbers group by city",
            "select arrow_cast(k, 'Int32') * arrow_cast(2147483647, 'Int32') from numbers",
        ] {
            match ward.mill.sql(sql).await {
                Ok(answer) => panic!("{sql}: {}", answer.to_json()["data"]),
                Err(error) => assert!(error.kind() == ErrorKind::Invalid && error.message().contains("exceeds"), "{sql}: {error}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_is_too_large_is_called_what_it_was_written_as() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        for (summed, told) in
            [("n", "n"), ("n - k", "n - k"), ("k - (n - 2)", "k - (n - 2)"), ("-n", "-n"), ("n - 1 * k", "n - 1 * k"), ("n - case when k = 1 then k * 2 else 1 end", "case when")]
        {
            for group in ["", " group by k < 9"] {
                let error = ward.mill.sql(&format!("select sum({summed}) from numbers where k = 1 or k = 3{group}")).await.unwrap_err();
                let message = error.message().to_lowercase();
                assert!(message.contains("the sum of ") && message.contains(told) && !message.contains("whole "), "{cache}: {summed}: {error}");
            }
        }
        let mut model = ward.mill.model("numbers").await.unwrap();
        model.measures.push(serde_json::from_value(json!({"name": "less", "label": "Less", "kind": "sum", "expression": "n - 1"})).unwrap());
        let version = model.version;
        ward.mill.update_model(model, version).await.unwrap();
        let asked = json!({"measures": ["numbers.less"], "filters": [{"member": "numbers.city", "operator": "notEquals", "values": ["Bari"]}, {"member": "numbers.n", "operator": "gt", "values": [0]}]});
        let error = ward.mill.query(&serde_json::from_value(asked).unwrap()).await.unwrap_err();
        assert!(error.message().contains("the sum of n - 1 exceeds 64 bits"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_is_what_it_was() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        for (sql, expected) in [
            ("select n + 1, n * 2 - k, -n from numbers where k = 4", json!([[8], [10], [-7]])),
            ("select k, n - 1 + 1 from numbers where k < 3 order by k", json!([[1, 2], [i64::MAX, -i64::MAX]])),
            ("select case when k = 4 then n * n else 0 end from numbers order by 1 desc limit 1", json!([[49]])),
            ("select sum(distinct n), sum(n) from numbers where k <> 3", json!([[7], [7]])),
            ("select sum(distinct k), avg(k), count(distinct city) from numbers", json!([[10], [2.5], [3]])),
            ("select sum(distinct k) over (order by k rows between 1 preceding and current row) as s from numbers order by s", json!([[1, 3, 5, 7]])),
            ("select city, sum(k * 2 + 1) from numbers group by city order by city", json!([["Bari", "Oslo", "Rome"], [9, 12, 3]])),
            ("select sum(cast(k as decimal(10, 2))) from numbers", json!([[10.0]])),
            // No float gives these back, so they are told as texts.
            ("select cast(n as decimal(38, 1)) from numbers where k < 3 order by k", json!([["9223372036854775807.0", "-9223372036854775807.0"]])),
            ("select avg(arrow_cast(9223372036854775807, 'Duration(Microsecond)')) = arrow_cast(9223372036854775807, 'Duration(Microsecond)') from numbers", json!([[true]])),
            ("select 1.0 * n + 1 from numbers where k = 1", json!([[9_223_372_036_854_775_808.0_f64]])),
        ] {
            assert_eq!(ward.rows(sql).await, expected, "{sql}");
        }
        let named = ward.mill.sql("select k + 1, -k from numbers limit 1").await.unwrap();
        assert_eq!(named.columns[0].name, "numbers.k + Int64(1)");
        // What is told of conditions is what was written.
        let lineage = ward.mill.lineage_sql("select k from numbers where k + 1 > 3").await.unwrap();
        assert!(lineage.reads[0].conditions[0].contains("k + 1"), "{:?}", lineage.reads[0].conditions);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_compare_with_what_lies_between_two_of_them_and_beyond_all() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        ward.mill.load("far", Csv::bytes("k,n\n1,9007199254740993\n2,9007199254740994\n3,-9223372036854775808\n4,\n")).await.unwrap();
        let (between, below) = ("9007199254740993.5", "-9223372036854775809");
        for (operator, values, expected) in [
            ("gt", json!([between]), 1),
            ("gte", json!([between]), 1),
            ("lt", json!([between]), 2),
            ("lte", json!([between]), 2),
            ("equals", json!([between]), 0),
            ("notEquals", json!([between]), 4),
            ("gt", json!([below]), 3),
            ("gte", json!([below]), 3),
            ("lt", json!([below]), 0),
            ("lte", json!([below]), 0),
            ("equals", json!([below]), 0),
            ("notEquals", json!([below]), 4),
            ("between", json!([below, between]), 2),
            ("notBetween", json!([below, between]), 2),
            ("equals", json!(["-9223372036854775808"]), 1),
        ] {
            let asked = json!({"measures": ["far.count"], "filters": [{"member": "far.n", "operator": operator, "values": values}]});
            assert_eq!(ward.data(&asked.to_string()).await, json!([[expected]]), "{cache}: {operator} {values}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn models_compute_no_other_numbers_either() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        let mut model = ward.mill.model("numbers").await.unwrap();
        model.measures.push(serde_json::from_value(json!({"name": "doubled", "label": "Doubled", "kind": "max", "expression": "n * 2"})).unwrap());
        model.dimensions.push(serde_json::from_value(json!({"name": "next", "label": "Next", "type": "integer", "expression": "n + 1"})).unwrap());
        let version = model.version;
        ward.mill.update_model(model, version).await.unwrap();
        let bari = json!([{"member": "numbers.city", "operator": "equals", "values": ["Bari"]}]);
        for (asked, expected) in [(json!({"measures": ["numbers.doubled"]}), 14), (json!({"measures": ["numbers.count"], "dimensions": ["numbers.next"]}), 8)] {
            let mut small = asked.clone();
            small["filters"] = bari.clone();
            assert_eq!(ward.mill.query(&serde_json::from_value(small).unwrap()).await.unwrap().to_json()["data"][0], json!([expected]));
            let error = ward.mill.query(&serde_json::from_value(asked.clone()).unwrap()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{asked}: {error}");
        }
        let error = ward.mill.values("numbers.next", None, 10, 0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        // Nothing is deleted by a number that has wrapped round.
        assert!(ward.mill.count_rows("numbers", "n + 1 < 0 and k = 1").await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn formulas_of_models_are_checked_within_remainders_conditions_and_functions() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        let mut model = ward.mill.model("numbers").await.unwrap();
        let mut measures = vec![json!({"name": "most", "label": "Most", "kind": "max", "column": "n"})];
        let formulas = [
            ("rest", "{most} * {most} % 7", 0),
            ("rest_of_sum", "({most} + {most}) % 5", 4),
            ("chosen", "case when {most} * {most} > 10 then 1 else 0 end", 1),
            ("by_case", "case {most} * 2 when 14 then 3 else 4 end", 3),
            ("within", "abs({most} * -2)", 14),
        ];
        measures.extend(formulas.map(|(name, expression, _)| json!({"name": name, "label": name, "kind": "number", "expression": expression})));
        model.measures.extend(measures.into_iter().map(|measure| serde_json::from_value(measure).unwrap()));
        let version = model.version;
        ward.mill.update_model(model, version).await.unwrap();
        for (name, _, of_bari) in formulas {
            let asked = |filters: serde_json::Value| json!({"measures": [format!("numbers.{name}")], "filters": filters}).to_string();
            let bari = json!([{"member": "numbers.city", "operator": "equals", "values": ["Bari"]}]);
            assert_eq!(ward.data(&asked(bari)).await, json!([[of_bari]]), "{cache}: {name}");
            let error = ward.mill.query(&serde_json::from_str(&asked(json!([]))).unwrap()).await.unwrap_err();
            assert!(error.kind() == ErrorKind::Invalid && error.message().contains("exceeds"), "{cache}: {name}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_of_the_least_number_is_a_fault_in_steps_and_deletions_and_nothing_is_lost() {
    let ward = Ward::new().await;
    let rows = || Csv::bytes("n\n-9223372036854775808\n5\n");
    ward.mill.load("least", rows()).await.unwrap();
    // Wrapped round it would be less than nothing still, and be deleted.
    for predicate in ["-n < 0", "-n - 1 < 0", "case when -n < 0 then true else false end"] {
        assert_eq!(ward.mill.count_rows("least", predicate).await.unwrap_err().kind(), ErrorKind::Invalid, "{predicate}");
        assert_eq!(ward.mill.delete_rows("least", predicate).await.unwrap_err().kind(), ErrorKind::Invalid, "{predicate}");
        assert_eq!(ward.mill.erase_rows("least", predicate).await.unwrap_err().kind(), ErrorKind::Invalid, "{predicate}");
    }
    assert_eq!(ward.rows("select n from least order by n").await, json!([[i64::MIN, 5]]));
    assert_eq!(ward.mill.dataset("least").await.unwrap().summary.version, 0);
    assert_eq!(ward.mill.count_rows("least", "n < 0").await.unwrap(), 1);
    for (name, steps, expected) in [
        ("derived", r#"[{"op": "derive", "column": "m", "expression": "-n"}]"#, json!([[5], [-5]])),
        ("filtered", r#"[{"op": "filter", "condition": "-n < 0"}, {"op": "derive", "column": "m", "expression": "n"}]"#, json!([[5], [5]])),
        ("nulled", r#"[{"op": "derive", "column": "m", "expression": "-n", "on_error": "null"}]"#, json!([[i64::MIN, 5], [null, -5]])),
    ] {
        let report = ward.mill.load(name, rows().steps(Steps::parse(steps).unwrap())).await.unwrap();
        assert_eq!(ward.rows(&format!("select n, m from {name} order by n")).await, expected, "{name}");
        assert_eq!((report.rows + report.rejected, report.left_out), (2, 0), "{name}");
        for row in ward.mill.rejects(name, 0, 10).await.unwrap().items {
            assert!(row.reject.raw.contains("-9223372036854775808"), "{name}: {}", row.reject.raw);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_a_part_is_refused_by_what_they_see_alone_and_told_no_number() {
    let ward = numbers(32 << 20).await;
    let own = json!([{"name": "own", "rows": [{"member": "numbers.city", "operator": "equals", "values": ["{user.city}"]}]}]);
    set_policies(&ward.mill, "numbers", own).await;
    let (bari, rome) = (seen_by(&ward, &[("city", &["Bari"])]), seen_by(&ward, &[("city", &["Rome"])]));
    for sql in ["select n + 1 from numbers", "select count(*) from numbers where n + 1 > 0", "select sum(n * 2) from numbers", "select max(-n - 2) from numbers"] {
        assert_eq!(bari.sql(sql).await.unwrap().batch.num_rows(), 1, "{sql}");
    }
    let error = rome.sql("select n + 1 from numbers").await.unwrap_err();
    assert!(!error.to_string().contains("922337"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_not_counted_fails_no_answer() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        let by_city = |column: serde_json::Value| json!([["Bari", "Oslo", "Rome"], column]);
        for (aggregate, expected) in [
            ("sum(n * 10) filter (where k = 4)", by_city(json!([70, null, null]))),
            ("sum(distinct n * 10) filter (where k = 4)", by_city(json!([70, null, null]))),
            ("avg(n * 10) filter (where city = 'Bari')", by_city(json!([70.0, null, null]))),
            ("max(n + k) filter (where n < 8 and k <> 2)", by_city(json!([11, null, null]))),
            ("count(n * 10) filter (where n = 7)", by_city(json!([1, 0, 0]))),
            ("count(distinct n * 10) filter (where n = 7)", by_city(json!([1, 0, 0]))),
            ("approx_distinct(n * 10) filter (where n = 7)", by_city(json!([1, 0, 0]))),
            ("sum(n * 10) filter (where k = 9)", by_city(json!([null, null, null]))),
            ("sum(12 / (k - 1)) filter (where k > 1)", by_city(json!([4, 18, null]))),
            ("sum(cast(city as bigint)) filter (where k > 9)", by_city(json!([null, null, null]))),
        ] {
            assert_eq!(ward.rows(&format!("select city, {aggregate} from numbers group by city order by city")).await, expected, "{cache}: {aggregate}");
        }
        for (sql, expected) in [
            ("select sum(n * 10) filter (where k = 4) from numbers", json!([[70]])),
            ("select a.city, sum(a.n * b.k) filter (where a.k = 4) from numbers a join numbers b on a.k = b.k group by a.city order by a.city", by_city(json!([28, null, null]))),
            ("select k, sum(n * 10) filter (where k = 4) over (order by k) as s from numbers order by k", json!([[1, 2, 3, 4], [null, null, null, 70]])),
        ] {
            assert_eq!(ward.rows(sql).await, expected, "{cache}: {sql}");
        }
        // A row that counts does.
        for condition in ["k >= 3", "true"] {
            let error = ward.mill.sql(&format!("select city, sum(n * 10) filter (where {condition}) from numbers group by city")).await.unwrap_err();
            assert!(error.kind() == ErrorKind::Invalid && error.message().contains("exceeds"), "{error}");
        }
        let mut model = ward.mill.model("numbers").await.unwrap();
        let small = json!([{"member": "numbers.city", "operator": "equals", "values": ["Bari"]}]);
        model
            .measures
            .push(serde_json::from_value(json!({"name": "small", "label": "Small", "kind": "sum", "expression": "n * 10", "filters": small})).unwrap());
        let version = model.version;
        ward.mill.update_model(model, version).await.unwrap();
        let asked = r#"{"measures": ["numbers.small"], "dimensions": ["numbers.city"], "order": [["numbers.city", "asc"]]}"#;
        assert_eq!(ward.data(asked).await, by_city(json!([70, null, null])));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_middle_of_whole_numbers_is_a_fraction() {
    for partial_cache_bytes in [0, 32 << 20] {
        let ward = Ward::with(Settings { partial_cache_bytes, ..Settings::default() }).await;
        ward.mill.load("pairs", Csv::bytes("k,n\na,1\na,2\nb,-4\nb,-1\n")).await.unwrap();
        for middle in [
            "median(n)",
            "median(distinct n)",
            "median(cast(n as decimal(10, 0)))",
            "median(distinct cast(n as decimal(10, 0)))",
            "median(cast(n as decimal(38, 0)))",
            "median(arrow_cast(n, 'Int8'))",
            "median(1.0 * n)",
            "avg(n)",
            "percentile_cont(n, 0.5)",
            "percentile_cont(0.5) within group (order by n)",
            "quantile_cont(n, 0.5)",
            "approx_median(n)",
            "approx_percentile_cont(n, 0.5)",
            "approx_percentile_cont(0.5) within group (order by n)",
        ] {
            let by_key = ward.rows(&format!("select k, {middle} as m from pairs group by k order by k")).await;
            assert_eq!(by_key, json!([["a", "b"], [1.5, -2.5]]), "{partial_cache_bytes}: {middle}");
            assert_eq!(ward.rows(&format!("select {middle} as m from pairs where k = 'a'")).await, json!([[1.5]]), "{partial_cache_bytes}: {middle}");
        }
        for (sql, expected) in [
            ("select median(cast(n * 0.5 as decimal(4, 1))) from pairs where k = 'a'", json!([[0.75]])),
            ("select median(n) over (partition by k) as m from pairs order by m", json!([[-2.5, -2.5, 1.5, 1.5]])),
            ("select median(cast(n as decimal(9, 0))) from pairs where k = 'c'", json!([[null]])),
        ] {
            assert_eq!(ward.rows(sql).await, expected, "{partial_cache_bytes}: {sql}");
        }
        let mut model = ward.mill.model("pairs").await.unwrap();
        model.measures.push(serde_json::from_value(json!({"name": "middle", "label": "Middle", "kind": "quantile", "column": "n"})).unwrap());
        model
            .measures
            .push(serde_json::from_value(json!({"name": "upper", "label": "Upper", "kind": "quantile", "column": "n", "quantile": 0.75})).unwrap());
        let version = model.version;
        ward.mill.update_model(model, version).await.unwrap();
        for exact in [json!(null), json!(true), json!(false)] {
            let asked = json!({"measures": ["pairs.middle", "pairs.upper"], "dimensions": ["pairs.k"], "order": [["pairs.k", "asc"]], "exact": exact});
            assert_eq!(ward.data(&asked.to_string()).await, json!([["a", "b"], [1.5, -2.5], [1.75, -1.75]]), "{partial_cache_bytes}: {exact}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_round_no_whole_number() {
    for cache in [0, 32 << 20] {
        let ward = numbers(cache).await;
        for (operator, values, expected) in [
            ("lt", json!([9_223_372_036_854_775_808_u64]), 4),
            ("gte", json!([9_223_372_036_854_775_808_u64]), 0),
            ("lte", json!(["4611686018427387903.0"]), 2),
            ("gt", json!(["4611686018427387903.0"]), 2),
            ("equals", json!(["4611686018427387903.0"]), 0),
            ("equals", json!([4_611_686_018_427_387_904.0]), 1),
            ("equals", json!([7.5, 4_611_686_018_427_387_903_i64]), 0),
            ("notEquals", json!([7.5, 7]), 3),
            ("between", json!([6.5, "9223372036854775806.0"]), 2),
        ] {
            let asked = json!({"measures": ["numbers.count"], "filters": [{"member": "numbers.n", "operator": operator, "values": values}]});
            assert_eq!(ward.data(&asked.to_string()).await, json!([[expected]]), "{cache}: {operator} {values}");
        }
    }
}
