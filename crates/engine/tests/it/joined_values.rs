//! Lists of values over joins: what the rows of a model belong to, in pages, searched, and under the scope on either side.

use tidemill::{DatasetName, ErrorKind, Limits, Scope, Settings, TenantId};

use crate::composed::shop;
use crate::ward::{Ward, open};

#[tokio::test]
async fn values_over_joins_are_those_that_the_rows_belong_to() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    // Dan has no order, and two orders belong to nobody.
    let page = mill.values("orders.customers.name", None, 2, 0).await.unwrap();
    assert_eq!((page.values, page.more), (vec!["Ada".into(), "Bob".into()], true));
    let page = mill.values("orders.customers.name", None, 2, 2).await.unwrap();
    assert_eq!((page.values, page.more), (vec!["Cyd".into()], false));
    assert_eq!(mill.values("orders.customers.name", Some("D"), 10, 0).await.unwrap().values, ["Ada", "Cyd"]);
    assert_eq!(mill.values("orders.customers.name", Some("%"), 10, 0).await.unwrap().values.len(), 0);
    assert_eq!(mill.values("orders.countries.title", None, 10, 0).await.unwrap().values, ["Italy", "Norway"]);
    assert_eq!(mill.values("returns.customers.name", None, 10, 0).await.unwrap().values, ["Bob", "Cyd"]);
    for wrong in ["orders.customers.nmae", "orders.custmers.name", "stock.customers.name", "orders.customers"] {
        let error = mill.values(wrong, None, 10, 0).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) && error.field() == Some("member"), "{wrong}: {error}");
    }
    // What a scope does not see of either side has no part in it.
    let scope = |dataset: &str, filter: &str| Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse(dataset).unwrap(), filter);
    let engine = open(ward.folder.path(), Settings::default()).await;
    assert_eq!(engine.mill(scope("customers", "country = 'IT'")).values("orders.customers.name", None, 10, 0).await.unwrap().values, ["Bob", "Cyd"]);
    assert_eq!(engine.mill(scope("orders", "amount < 25")).values("orders.customers.name", None, 10, 0).await.unwrap().values, ["Ada"]);
    // More values than an answer has are asked for by pages.
    let few = engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(Limits { result_rows: 2, ..Limits::default() }));
    let page = few.values("orders.customers.name", None, 1, 1).await.unwrap();
    assert_eq!((page.values, page.more), (vec!["Bob".into()], true));
    assert_eq!(few.values("orders.customers.name", Some("y"), 1, 0).await.unwrap().values, ["Cyd"]);
}
