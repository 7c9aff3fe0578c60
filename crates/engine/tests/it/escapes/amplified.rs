//! Short statements that come to gigabytes: each must be refused, soon, and what is like it but small answered.

use std::time::Duration;

use serde_json::json;
use tidemill::{Csv, ErrorKind, Settings};

use crate::ward::Ward;

/// `with a0 as (first), a1 as (of(a0)), .. select last from aN`.
fn chain(names: usize, first: &str, of: impl Fn(&str) -> String, last: &str) -> String {
    let each: Vec<String> = (1..=names).map(|number| format!("a{number} as ({})", of(&format!("a{}", number - 1)))).collect();
    format!("with a0 as ({first}), {} select {last} from a{names}", each.join(", "))
}

async fn numbers() -> Ward {
    let ward = Ward::with(Settings { query_memory_bytes: 128 << 20, ..Settings::default() }).await;
    let rows: String = (0..20_000).map(|n| format!("{n},{}\n", n % 7)).collect();
    ward.mill.load("numbers", Csv::bytes(format!("n,k\n{rows}"))).await.unwrap();
    ward
}

/// Eight thousand texts of ten thousand characters.
async fn texts(ward: &Ward) {
    let long = "x".repeat(10_000);
    let rows: String = (0..8_000).map(|n| format!("{n},{long}\n")).collect();
    ward.mill.load("texts", Csv::bytes(format!("n,long\n{rows}"))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_statements_that_come_to_gigabytes_are_refused() {
    let ward = numbers().await;
    let twice = |name: &str| format!("select x.n from {name} x, {name} y");
    let small = "select n from numbers where n < 2";
    let (thousand, letters) = ("a".repeat(1_000), "b".repeat(1_000));
    for sql in [
        "select max(x) from (select sum(a.n) over () as x from numbers a, numbers b) as t".to_owned(),
        chain(20, small, twice, "count(*)"),
        chain(20, small, |name| format!("select n from {name} union all select n from {name}"), "count(*)"),
        chain(40, "select n from numbers", |name| format!("select n + n as n from {name}"), "n") + " where n > 5 limit 3",
        chain(40, "select k, n from numbers", |name| format!("select k, sum(n) as n from (select k + k as k, n from {name}) as x group by k"), "n") + " where k > 5 limit 3",
        chain(18, "select n, (select max(k) from numbers) as m from numbers", |name| format!("select n, m + m as m from {name}"), "m") + " where m > 5 limit 3",
        format!("select octet_length(replace(replace('{thousand}', 'a', '{letters}'), 'b', '{}'))", "c".repeat(3_000)),
        format!("select max(octet_length(replace(replace(cast(n as varchar) || '{thousand}', 'a', '{letters}'), 'b', '{thousand}'))) from numbers"),
        format!("select max(octet_length(regexp_replace('{thousand}' || cast(n as varchar), 'a', '{letters}{letters}', 'g'))) from numbers"),
        format!("select max(octet_length(array_to_string([n, n, n, n, n, n, n, n], '{}'))) from numbers", "x".repeat(20_000)),
        format!("select max(octet_length(concat_ws('{}', n, n, n, n, n, n))) from numbers", "x".repeat(20_000)),
        format!("select max(octet_length(to_char(to_timestamp(n), '{}'))) from numbers", "%c".repeat(15_000)),
        format!("select concat(cast(n as varchar), '{}') from numbers", "x".repeat(20_000)),
        format!("select cast(n as varchar) || '{}' from numbers", "x".repeat(20_000)),
        format!("select overlay(cast(n as varchar) placing '{}' from 1) from numbers", "x".repeat(20_000)),
        chain(15, "select cast(n as varchar) || 'xxxxxxxxxxxxxxxx' as t from numbers", |name| format!("select t || t as t from {name}"), "max(octet_length(t))"),
        format!("select levenshtein(replace('{thousand}', 'a', '{}'), replace('{thousand}', 'a', '{}'))", "b".repeat(60), "d".repeat(60)),
        format!("select max(levenshtein('{thousand}' || cast(n as varchar), '{letters}')) from numbers"),
        // What joins hand on of one side, and what a subquery names of the query around it.
        chain(40, "select n from numbers", |name| format!("select b.n + b.n as n from (select 1 as m) as z right semi join {name} as b on z.m = b.n"), "n")
            + " where n > 5 limit 3",
        chain(12, "select n from numbers", |name| format!("select n + n as n from {name}"), "count(*)").replacen(
            "select count(*) from a12",
            &format!("select count(*) from a12 as x where exists (select 1 from numbers as b where {} > 0)", vec!["x.n"; 400].join(" + ")),
            1,
        ),
        format!("select max(concat({})) from (select arrow_cast('{}', 'Binary') as b from numbers) as t", vec!["b"; 100].join(", "), "x".repeat(20_000)),
        chain(
            3,
            &format!("select [{}] as n from numbers", vec!["n"; 14].join(", ")),
            |name| format!("select [{}] as n from {name}", vec!["n"; 14].join(", ")),
            "max(cardinality(n))",
        ),
        // Constants, which are written out for every row.
        format!("select max(replace('{thousand}', 'a', '{letters}')) from numbers"),
        format!(
            "select max((select max(replace(cast(n as varchar) || '{thousand}', 'a', '{letters}')) from numbers where n = 1) || (select max('{letters}') from numbers)) from numbers"
        ),
    ] {
        let shown: String = sql.chars().take(160).collect();
        let answer = tokio::time::timeout(Duration::from_secs(20), ward.mill.sql(&sql)).await;
        let error = answer.unwrap_or_else(|_| panic!("not refused in time: {shown}")).expect_err(&shown);
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{shown}: {error}");
    }
    // No error of ours: there is no such cast.
    let cast = ward.mill.sql("select arrow_cast(arrow_cast('a', 'Binary'), 'FixedSizeBinary(2000000000)') from numbers").await.unwrap_err();
    assert_eq!(cast.kind(), ErrorKind::Invalid, "{cast}");
    assert_eq!(ward.rows("select count(*) from numbers").await, json!([[20_000]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_like_them_and_small_is_answered() {
    let ward = numbers().await;
    texts(&ward).await;
    let long = "x".repeat(5_000);
    for (sql, expected) in [
        // 20,000 running rows hold nothing; a window over each of 7 parts holds them all.
        ("select max(x) from (select sum(n) over (order by n) as x from numbers) as t".to_owned(), json!([[199_990_000]])),
        ("select max(x) from (select sum(n) over (partition by k) as x from numbers) as t".to_owned(), json!([[28_578_571]])),
        ("select max(x) - min(x) from (select n - lag(n, 3) over (order by n) as x from numbers) as t".to_owned(), json!([[0]])),
        (chain(4, "select n from numbers where n < 2", |name| format!("select x.n from {name} x, {name} y"), "count(*)"), json!([[65_536]])),
        (chain(8, "select n from numbers", |name| format!("select n + n as n from {name}"), "n") + " where n > 5 order by n limit 1", json!([[256]])),
        ("select 'a' || null, 'a' || 1, 1 || 'b', concat('a', null, 1)".to_owned(), json!([[null], ["a1"], ["1b"], ["a1"]])),
        ("select max(cast(n as varchar) || '-' || cast(k as varchar)) from numbers".to_owned(), json!([["9999-3"]])),
        ("select overlay('abcdef' placing 'zz' from 2 for 3), overlay('abcdef' placing 'zz' from 2)".to_owned(), json!([["azzef"], ["azzdef"]])),
        (
            "select replace('banana', 'a', 'oo'), regexp_replace('banana', '(an)', '<\\1>', 'g'), concat_ws('-', 'a', null, 'b')".to_owned(),
            json!([["boonoonoo"], ["b<an><an>a"], ["a-b"]]),
        ),
        ("select to_char(to_timestamp(0), '%Y-%m-%d'), levenshtein('kitten', 'sitting'), array_to_string([1, 2, null], ', ')".to_owned(), json!([["1970-01-01"], [3], ["1, 2"]])),
        // Who is given long texts may hand them on.
        ("select sum(octet_length(replace(t || cast(n as varchar), 'y', 'z'))) from (select substr(long, 1, 9000) as t, n from texts) as x".to_owned(), json!([[72_030_890]])),
        ("select max(levenshtein(substr(long, 1, 60), case when n = 7 then substr(long, 1, 2000) else 'y' end)) from texts".to_owned(), json!([[1_940]])),
        ("select max(cardinality([n, k, n])), max([k, n][2]) from numbers".to_owned(), json!([[3], [19_999]])),
        // More than a batch may have at most by its lengths, but not in truth: taken in halves.
        (format!("select sum(octet_length(replace(cast(n as varchar), 'zz', '{long}'))) from numbers"), json!([[88_890]])),
    ] {
        let shown: String = sql.chars().take(160).collect();
        let answer = ward.mill.sql(&sql).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(answer.to_json()["data"], expected, "{shown}");
    }
    // Who hands a column on names it once, however long its condition is: 6,000 codes ten times would be too many.
    let codes: Vec<String> = (0..6_000).map(|code| code.to_string()).collect();
    let classes = format!("select case when n in ({}) then 'known' else 'other' end as class, n from numbers", codes.join(", "));
    let handed = chain(10, &classes, |name| format!("select class, n from {name}"), "class, count(*)") + " group by class order by class";
    assert_eq!(ward.rows(&handed).await, json!([["known", "other"], [6_000, 14_000]]));
    let named = ward.mill.sql("select cast(n as varchar) || 'x' from numbers limit 1").await.unwrap();
    assert!(named.columns[0].name.ends_with("|| Utf8(\"x\")"), "{}", named.columns[0].name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_ask_for_what_they_hold_and_give_it_back() {
    // 2.4 million rows of a number are 18 MiB.
    let ward = Ward::with(Settings { query_memory_bytes: 16 << 20, ..Settings::default() }).await;
    let rows: String = (0..20_000).map(|n| format!("{n},{}\n", n % 7)).collect();
    ward.mill.load("numbers", Csv::bytes(format!("n,k\n{rows}"))).await.unwrap();
    let over = |window: &str| format!("select max(x) from (select {window} as x from numbers as a, (select n from numbers where n < 120) as b) as t");
    for (window, expected) in [
        ("sum(b.n) over (rows unbounded preceding)", json!([[142_800_000]])),
        ("sum(1) over (rows between 6 preceding and 1 following)", json!([[8]])),
        ("lag(a.n, 3, -10000000) over ()", json!([[19_999]])),
        ("lead(a.n, 3) over ()", json!([[19_999]])),
    ] {
        assert_eq!(ward.rows(&over(window)).await, expected, "{window}");
    }
    for window in ["sum(b.n) over ()", "sum(b.n) over (rows between current row and unbounded following)", "lag(a.n, 10000000) over ()"] {
        let error = ward.mill.sql(&over(window)).await.expect_err(window);
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{window}: {error}");
    }
}
