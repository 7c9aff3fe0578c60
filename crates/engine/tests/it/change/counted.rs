//! Rows go only if they are as many as somebody has agreed to, in the version that they are taken out of.

use serde_json::json;
use tidemill::{AsOf, Csv, DatasetName, ErrorKind, Scope, TenantId};

use crate::ward::Ward;

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_more_or_fewer_nothing_goes() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("orders", Csv::bytes("id,amount\n7,2\n8,3\n7,4\n")).await.unwrap();
    let picked = "id = 7";
    for expected in [1, 3] {
        for refused in [mill.delete_counted_rows("orders", picked, expected).await, mill.erase_counted_rows("orders", picked, expected).await] {
            let error = refused.unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("expected_rows")), "{error}");
        }
    }
    // None is another number too, and an erasure of none ends all versions if it is asked for.
    for refused in [mill.delete_counted_rows("orders", "id = 99", 3).await, mill.erase_counted_rows("orders", "id = 99", 3).await] {
        assert_eq!(refused.unwrap_err().field(), Some("expected_rows"));
    }
    assert_eq!(mill.dataset("orders").await.unwrap().summary.version, 0);
    assert_eq!(mill.delete_counted_rows("orders", picked, 2).await.unwrap().rows, 2);
    assert_eq!(ward.rows("select id from orders").await, json!([[8]]));
    assert!(mill.sql_as_of("select id from orders", AsOf::Version(0)).await.is_ok());
    assert_eq!(mill.erase_counted_rows("orders", picked, 0).await.unwrap().rows, 0);
    assert!(mill.sql_as_of("select id from orders", AsOf::Version(0)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_nanoseconds_do_not_reach_stand_in_the_way_of_no_condition() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("prices", Csv::bytes("id,until\n1,0001-01-01T00:00:00Z\n2,2020-01-01T00:00:00Z\n3,9999-12-31T00:00:00Z\n4,\n")).await.unwrap();
    for (picked, rows) in [("until < timestamp '2021-01-01'", 2), ("until = '2020-01-01T00:00:00Z'", 1), ("until >= date '2021-01-01'", 1), ("until is null", 1)] {
        assert_eq!(mill.count_rows("prices", picked).await.unwrap(), rows, "{picked}");
    }
    assert_eq!(mill.delete_counted_rows("prices", "until between timestamp '2019-01-01' and timestamp '2021-01-01'", 1).await.unwrap().rows, 1);
    assert_eq!(ward.rows("select id from prices order by id").await, json!([[1, 3, 4]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_may_use_every_function_of_statements() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("orders", Csv::bytes("id,city,amount\n1,Rome,2.5\n2,Oslo,\n3,,4\n4,Bern,-0.0\n")).await.unwrap();
    for (picked, rows) in [
        ("coalesce(amount, 0) = 0", 2),
        ("nvl(city, 'none') = 'none'", 1),
        ("nvl2(city, city, 'none') in ('none', 'Oslo')", 2),
        ("arrow_cast(id, 'Utf8') = '3'", 1),
        ("greatest(id, 3) = 3 and least(amount, 3) = 2.5", 1),
        ("nullif(city, 'Rome') is null", 2),
        ("case city when 'Rome' then amount > 2 else id > 3 end", 2),
        ("coalesce(amount, 1) between 1 and 3 and city like '_o%'", 1),
    ] {
        assert_eq!(mill.count_rows("orders", picked).await.unwrap(), rows, "{picked}");
        assert_eq!(ward.rows(&format!("select count(*) from orders where {picked}")).await, json!([[rows]]), "{picked}");
    }
    // The filter of a scope is computed with them.
    let orders = || DatasetName::parse("orders").unwrap();
    let seen = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(orders(), "coalesce(city, 'Rome') = 'Rome'"));
    assert_eq!(seen.delete_rows("orders", "coalesce(amount, 0) < 3").await.unwrap().rows, 1);
    assert_eq!(mill.erase_rows("orders", "nvl(amount, 0) = 0").await.unwrap().rows, 2);
    assert_eq!(ward.rows("select id from orders").await, json!([[3]]));
}
