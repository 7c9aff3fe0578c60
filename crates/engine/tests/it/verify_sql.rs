//! Verifying statements: what they answer is what the rows say, and what the rows do not determine is refused with what to write.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, DifferenceKind, ErrorKind, Limits, Mill, Scope, Settings, TenantId, Verification};

use crate::composed::shop;
use crate::verify::{lied_about, orders};
use crate::views::{sales, save};
use crate::ward::Ward;

async fn equal(mill: &Mill, sql: &str) -> Verification {
    let verification = mill.verify_sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(verification.equal && verification.difference_count == 0, "{sql}: {:?}", verification.differences);
    verification
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_what_their_rows_say() {
    let ward = Ward::new().await;
    orders(&ward).await;
    for (sql, columns) in [
        ("select city, count(*), sum(amount), avg(revenue) from orders group by city", 4),
        ("select sum(revenue) from orders group by city", 1),
        ("select city, device, sum(revenue) as r from orders group by 1, 2 order by r desc, city, device limit 5", 3),
        ("select measure(sum_revenue), measure(distinct_city), measure(avg_amount) from orders", 3),
        ("select device, measure(sum_revenue) / 7 as part from orders group by device having measure(count) > 3 order by part", 2),
        ("select * from orders", 5),
        ("select at, amount from orders order by at, amount limit 7 offset 3", 2),
        ("select t.city, r from (select city, sum(revenue) as r from orders group by city) as t order by city", 2),
        ("select city, rank() over (order by sum(amount) desc) from orders group by city", 2),
        ("select date_trunc('month', at) as m, count(distinct device) from orders group by m order by m", 2),
        ("select count(*) from orders where city = 'c0' union all select count(*) from orders where amount > 100", 1),
        ("select device, approx_distinct(city), approx_percentile_cont(amount, 0.5) from orders group by device", 3),
        ("select max(amount) from orders limit 1", 1),
        (
            "select a.city, n, r from (select city, count(*) as n from orders group by city) as a join (select city, sum(revenue) as r from orders group by city) as b on a.city = b.city",
            3,
        ),
        ("select city, (select max(amount) from orders) as most from orders group by city", 2),
        ("select distinct device from orders order by device", 1),
    ] {
        for _ in 0..2 {
            let verification = equal(&ward.mill, sql).await;
            assert!(verification.rows > 0, "{sql}");
            assert_eq!(verification.values, verification.rows * columns, "{sql}");
            assert_eq!((verification.recomputed.segments_reused, verification.recomputed.segments_rolled), (0, 0), "{sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_read_whatever_is_kept_and_of_the_version_that_is_asked() {
    let ward = Ward::new().await;
    orders(&ward).await;
    let sql = "select city, sum(amount) as amount from orders group by city";
    equal(&ward.mill, sql).await;
    let again = equal(&ward.mill, sql).await;
    let segments = again.answered.segments_total;
    assert_eq!((again.answered.segments_reused, again.answered.rows_scanned), (segments, 0));
    assert_eq!((again.recomputed.segments_read, again.recomputed.rows_scanned), (segments, 557));
    // Bounds of segments are not believed either.
    let nothing = equal(&ward.mill, "select count(*) from orders where amount > 1000000").await;
    assert_eq!((nothing.answered.segments_pruned, nothing.recomputed.segments_read), (segments, segments));
    let older = ward.mill.verify_sql_as_of(sql, 0).await.unwrap();
    assert!(older.equal, "{:?}", older.differences);
    assert_eq!((older.versions[0].version, older.recomputed.rows_scanned), (0, 400));
    let error = ward.mill.verify_sql_as_of(sql, 7).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("asOf")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_answers_are_of_one_version_whatever_is_committed() {
    let ward = Ward::new().await;
    let mut dice = orders(&ward).await;
    let loads = async {
        for _ in 0..8 {
            ward.mill.load("orders", Csv::bytes(dice.rows(30))).await.unwrap();
        }
    };
    let verifications = async {
        for _ in 0..20 {
            equal(&ward.mill, "select count(*), (select sum(amount) from orders) as amount, measure(sum_revenue) from orders").await;
        }
    };
    tokio::join!(loads, verifications);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_over_views_are_what_their_rows_say() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    for sql in [
        "select customers_country, measure(revenue), measure(share) from sales group by customers_country",
        "select nation, measure(mean), measure(median), measure(buyers) from sales group by nation order by 2 desc limit 2",
        "select date_trunc('month', ordered_at) as month, measure(so_far) from sales group by 1 order by month",
        "select state, measure(place) from sales where customers_country is not null group by state",
        "select count(*), sum(revenue) from (select customers_country, measure(revenue) as revenue from sales group by 1) as by_country",
    ] {
        for _ in 0..2 {
            let verification = equal(&mill, sql).await;
            assert!(verification.rows > 0 && verification.recomputed.segments_reused == 0, "{sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rows_do_not_determine_is_refused() {
    let ward = Ward::new().await;
    orders(&ward).await;
    for (sql, reason) in [
        ("select * from orders limit 5", "order by columns that are answered"),
        ("select city from orders order by amount limit 5", "order by columns that are answered"),
        ("select * from orders offset 5", "order by columns that are answered"),
        ("select count(*) from (select * from orders limit 5) as some", "a LIMIT inside"),
        ("select at, row_number() over (order by at) from orders", "row_number"),
        ("select distinct on (city) city, amount from orders order by city", "DISTINCT ON"),
        ("select city, first_value(amount order by at) from orders group by city", "first_value(x order by at, x)"),
    ] {
        let error = ward.mill.verify_sql(sql).await.expect_err(sql);
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{sql}: {error}");
        assert!(error.message().contains(reason), "{sql}: {error}");
    }
    // A LIMIT that cuts nothing leaves nothing open, nor do rows at the same place of an order.
    equal(&ward.mill, "select * from orders limit 5000").await;
    equal(&ward.mill, "select device from orders order by device limit 5").await;
    equal(&ward.mill, "select city, first_value(amount order by at, amount) from orders group by city").await;
    // More rows than are answered are a page too.
    let few = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(Limits { result_rows: 10, ..Limits::default() }));
    assert!(few.verify_sql("select at, city from orders").await.unwrap_err().message().contains("order by columns"));
    equal(&few, "select at, city from orders order by at, city").await;
    // The clock and chance cannot be asked, and what is no statement is none here either.
    for sql in ["select now()", "select random()", "selec 1"] {
        assert_eq!(ward.mill.verify_sql(sql).await.unwrap_err().kind(), ErrorKind::Invalid, "{sql}");
    }
    assert_eq!(ward.mill.verify_sql("drop table orders").await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(ward.mill.verify_sql("select 1 from nothing").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_scope_verifies_what_it_sees_and_is_told_nothing_else() {
    let ward = Ward::with(Settings::default()).await;
    orders(&ward).await;
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "device = 'tv'");
    let mill = ward.engine.mill(scope.clone());
    let verification = equal(&mill, "select device, count(*) from orders group by device").await;
    assert_eq!((verification.rows, verification.values), (1, 2));
    for provenance in [&verification.answered, &verification.recomputed] {
        assert!(provenance.row_filter_applied);
        assert_eq!((provenance.segments_total, provenance.segments_read, provenance.rows_scanned, provenance.bytes_read), (0, 0, 0, 0));
    }
    let hurried = ward.engine.mill(scope.with_limits(Limits { deadline: std::time::Duration::ZERO, ..Limits::default() }));
    assert_eq!(hurried.verify_sql("select count(*) from orders").await.unwrap_err().kind(), ErrorKind::Exhausted);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_what_its_rows_say_is_told() {
    let (_ward, mill) = lied_about().await;
    let lied = mill.verify_sql("select city, sum(amount) as total from orders where amount > 2 group by city").await.unwrap();
    assert_eq!((lied.equal, lied.rows), (false, 0));
    let lost = lied.differences.iter().find(|difference| difference.kind == DifferenceKind::OnlyRecomputed).unwrap();
    assert_eq!((json!(lost.row), &lost.recomputed), (json!({"city": "Oslo"}), &json!({"total": 7})));
    let number = mill.verify_sql("select count(*) as n from orders where amount > 2").await.unwrap();
    let values: Vec<(DifferenceKind, &Value, &Value)> = number.differences.iter().map(|difference| (difference.kind, &difference.answered, &difference.recomputed)).collect();
    assert_eq!(values, [(DifferenceKind::Value, &json!(0), &json!(2))]);
    assert_eq!(equal(&mill, "select sum(amount) from orders").await.values, 1);
}
