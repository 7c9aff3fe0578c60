//! Who may change what: a scope deletes only rows that it sees, by columns that it has.

use serde_json::json;
use tidemill::{Csv, DatasetName, ErrorKind, Mill, Scope, TenantId};

use crate::ward::Ward;

async fn restricted(ward: &Ward) -> Mill {
    ward.mill.load("orders", Csv::bytes("city,amount,margin\nRome,1,9\nOslo,2,8\nRome,3,7\nOslo,4,6\n")).await.unwrap();
    let orders = || DatasetName::parse("orders").unwrap();
    ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(orders(), "city = 'Rome'").hiding(orders(), "margin"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_filter_protects_what_it_hides() {
    let ward = Ward::new().await;
    let mill = restricted(&ward).await;
    assert_eq!(mill.count_rows("orders", "true").await.unwrap(), 2);
    assert_eq!(mill.delete_rows("orders", "city = 'Oslo'").await.unwrap().rows, 0);
    let report = mill.delete_rows("orders", "amount > 1").await.unwrap();
    assert_eq!((report.rows, report.segments_rewritten), (1, 1));
    assert_eq!(ward.rows("select city, amount, margin from orders order by amount").await, json!([["Rome", "Oslo", "Oslo"], [1, 2, 4], [9, 8, 6]]));
    assert_eq!(mill.delete_rows("orders", "true").await.unwrap().rows, 1);
    assert_eq!(ward.rows("select amount from orders order by amount").await, json!([[2, 4]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_columns_do_not_exist_and_hidden_rows_cannot_fail() {
    let ward = Ward::new().await;
    let mill = restricted(&ward).await;
    for verb in [mill.count_rows("orders", "margin > 6").await.map(drop), mill.delete_rows("orders", "margin > 6").await.map(drop)] {
        let error = verb.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("predicate")), "{error}");
    }
    // The divisor is zero for a row of Oslo, which this scope does not see.
    assert_eq!(mill.count_rows("orders", "1 / (amount - 2) > 0").await.unwrap(), 1);
    assert_eq!(ward.mill.count_rows("orders", "1 / (amount - 2) > 0").await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(ward.mill.delete_rows("orders", "1 / (amount - 2) > 0").await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[4]]));
    let blind = ["city", "amount", "margin"]
        .into_iter()
        .fold(Scope::of(TenantId::parse("acme").unwrap()), |scope, column| scope.hiding(DatasetName::parse("orders").unwrap(), column));
    assert_eq!(ward.engine.mill(blind).delete_rows("orders", "true").await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_sees_all_looks_after_all_and_others_see_nothing() {
    let ward = Ward::new().await;
    let mill = restricted(&ward).await;
    assert_eq!(mill.compact("orders").await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(mill.vacuum("orders").await.unwrap_err().kind(), ErrorKind::Denied);
    let other = ward.engine.tenant("other").unwrap();
    for kind in [
        other.compact("orders").await.unwrap_err().kind(),
        other.vacuum("orders").await.unwrap_err().kind(),
        other.delete_rows("orders", "true").await.unwrap_err().kind(),
        other.count_rows("orders", "true").await.unwrap_err().kind(),
        ward.mill.delete_rows("ordres", "true").await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, ErrorKind::NotFound);
    }
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[4]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_predicate_is_one_pure_bounded_condition() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,1\nOslo,2\n")).await.unwrap();
    let long = format!("amount in ({})", "1,".repeat(1_500));
    for predicate in [
        "",
        "amount",
        "null",
        "'true'",
        "city ||| 'x'",
        "amout = 1",
        "orders.nothing = 1",
        "count(*) > 1",
        "sum(amount) over () > 1",
        "amount in (select 1)",
        "exists (select 1)",
        "(select true)",
        "random() > 0.5",
        "now() > timestamp '2013-01-01'",
        "amount = 1; drop table orders",
        "amount = 1) or (true",
        "amount = $1",
        "cast(city as bigint) = 1",
        long.as_str(),
    ] {
        for result in [ward.mill.count_rows("orders", predicate).await.map(drop), ward.mill.delete_rows("orders", predicate).await.map(drop)] {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Invalid, "{predicate}");
        }
    }
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[2]]));
    for (predicate, rows) in [("orders.amount = 1", 1), ("\"amount\" = 1 -- and more", 1), ("upper(city) like 'O%'", 1), ("amount between 1 and 2", 2), ("not amount = 1", 1)] {
        assert_eq!(ward.mill.count_rows("orders", predicate).await.unwrap(), rows, "{predicate}");
    }
}
