//! Models in SQL: a measure is the number that a semantic query gives, dimensions are columns, and nothing that a SELECT could
//! not do before can be done by means of them.

use serde_json::{Value, json};
use tidemill::{CalendarSettings, Csv, DatasetName, ErrorKind, Limits, Mill, Scope, TenantId};

use crate::access::{seen_by, set_policies};
use crate::composed::{ORDERS, change, settings};
use crate::ward::Ward;

/// Measures that rows of a group tell.
const TOLD: [&str; 18] = [
    "count",
    "customers",
    "revenue",
    "paid",
    "nothing",
    "mean",
    "least",
    "greatest",
    "buyers",
    "about_buyers",
    "median",
    "most",
    "first_amount",
    "last_amount",
    "paid_share",
    "per_buyer",
    "never",
    "doubled",
];

async fn shop() -> Ward {
    let ward = Ward::with(settings()).await;
    ward.mill.load("orders", Csv::bytes(ORDERS)).await.unwrap();
    ward.mill.load("customers", Csv::bytes("id,size\na,2\nb,3\nc,5\n")).await.unwrap();
    let paid = json!([{"member": "orders.status", "operator": "equals", "values": ["paid"]}]);
    let none = json!([{"member": "orders.status", "operator": "equals", "values": ["returned"]}]);
    let mut dimensions = serde_json::to_value(ward.mill.model("orders").await.unwrap().dimensions).unwrap();
    dimensions.as_array_mut().unwrap().extend([
        json!({"name": "size", "label": "Size", "type": "string", "expression": "case when amount > 35 then 'large' else 'small' end"}),
        json!({"name": "buyer", "label": "Buyer", "type": "string", "column": "customer"}),
    ]);
    let parts = json!({
        "dimensions": dimensions,
        "measures": [
            {"name": "count", "label": "Orders", "kind": "count"},
            {"name": "customers", "label": "Orders with a customer", "kind": "count", "column": "customer"},
            {"name": "revenue", "label": "Revenue", "kind": "sum", "column": "amount"},
            {"name": "paid", "label": "Paid", "kind": "sum", "column": "amount", "filters": paid},
            {"name": "nothing", "label": "Returned", "kind": "count", "filters": none},
            {"name": "mean", "label": "Mean", "kind": "avg", "expression": "amount + 1"},
            {"name": "least", "label": "Least", "kind": "min", "column": "amount"},
            {"name": "greatest", "label": "Greatest", "kind": "max", "column": "at"},
            {"name": "buyers", "label": "Buyers", "kind": "count_distinct", "column": "customer"},
            {"name": "about_buyers", "label": "Buyers", "kind": "count_distinct_approx", "column": "customer", "filters": paid},
            {"name": "median", "label": "Median", "kind": "quantile", "column": "amount"},
            {"name": "most", "label": "Most", "kind": "quantile", "column": "amount", "quantile": 0.9, "filters": paid},
            {"name": "first_amount", "label": "First", "kind": "first", "column": "amount"},
            {"name": "last_amount", "label": "Last", "kind": "last", "column": "amount", "filters": paid},
            {"name": "paid_share", "label": "Paid share", "kind": "ratio", "measure": "paid", "denominator": "revenue"},
            {"name": "per_buyer", "label": "Per buyer", "kind": "number", "expression": "{revenue} / {buyers}"},
            {"name": "never", "label": "Per return", "kind": "number", "expression": "{revenue} / {nothing}"},
            {"name": "doubled", "label": "Twice", "kind": "number", "expression": "{revenue} * 2 - {orders.count}"},
            {"name": "Mixed", "label": "Mixed", "kind": "count"},
            {"name": "share", "label": "Share", "kind": "share_of_total", "measure": "revenue"},
            {"name": "half_share", "label": "Half", "kind": "number", "expression": "{share} / 2"},
            {"name": "place", "label": "Place", "kind": "rank", "measure": "revenue"},
            {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "revenue"},
            {"name": "two_months", "label": "Two months", "kind": "rolling", "measure": "revenue", "span": {"count": 2, "unit": "month"}},
            {"name": "month_before", "label": "Month before", "kind": "time_shift", "measure": "revenue", "span": {"count": 1, "unit": "month"}},
            {"name": "stock", "label": "Stock", "kind": "balance", "column": "amount", "by": ["customer"]},
            {"name": "per_stock", "label": "Per stock", "kind": "ratio", "measure": "revenue", "denominator": "stock"}
        ]
    });
    change(&ward.mill, "orders", parts).await;
    ward
}

async fn rows(mill: &Mill, sql: &str) -> Value {
    mill.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).to_json()["data"].clone()
}

async fn refused(mill: &Mill, sql: &str) -> tidemill::Error {
    match mill.sql(sql).await {
        Ok(answer) => panic!("{sql} was answered: {}", answer.to_json()),
        Err(error) => error,
    }
}

async fn same(mill: &Mill, pairs: &[(&str, &str)]) {
    for (by_name, written_out) in pairs {
        assert_eq!(rows(mill, by_name).await, rows(mill, written_out).await, "{by_name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_the_number_of_the_semantic_query() {
    let ward = shop().await;
    for measure in TOLD {
        for (dimension, by) in [("status", "status"), ("size", "size"), ("buyer", "buyer")] {
            let query = json!({"measures": [format!("orders.{measure}")], "dimensions": [format!("orders.{dimension}")], "order": [[format!("orders.{dimension}"), "asc"]]});
            let expected = ward.data(&query.to_string()).await;
            assert_eq!(
                rows(&ward.mill, &format!("select {by}, measure({measure}) from orders group by {by} order by {by} nulls last")).await,
                expected,
                "{measure} by {dimension}"
            );
        }
        let whole = ward.data(&json!({"measures": [format!("orders.{measure}")]}).to_string()).await;
        assert_eq!(rows(&ward.mill, &format!("select MEASURE(o.{measure}) from orders o")).await, whole, "{measure}");
    }
    // By zero there is no number, and a division is one of fractions.
    assert_eq!(rows(&ward.mill, "select measure(never), measure(per_buyer), measure(paid_share) from orders").await, json!([[null], [70.0], [190.0 / 280.0]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measure_stands_wherever_an_aggregate_does() {
    let ward = shop().await;
    let paid = "sum(amount) filter (where status = 'paid')";
    same(
        &ward.mill,
        &[
            (
                "select status, measure(revenue) from orders group by 1 having measure(revenue) > 100 order by measure(count) desc",
                "select status, sum(amount) from orders group by status having sum(amount) > 100 order by count(*) desc",
            ),
            (
                "select customer as c, measure(revenue) r from orders where status = 'paid' group by c order by r desc, 1",
                "select customer, sum(amount) from orders where status = 'paid' group by 1 order by 2 desc, 1",
            ),
            (
                "select status, customer, measure(revenue) from orders group by rollup(status, customer) order by 1 nulls last, 2 nulls last, 3",
                "select status, customer, sum(amount) from orders group by rollup(status, customer) order by 1 nulls last, 2 nulls last, 3",
            ),
            (
                "select measure(revenue) from orders group by grouping sets ((status), (customer)) order by 1",
                "select sum(amount) from orders group by grouping sets ((status), (customer)) order by 1",
            ),
            (
                "select status, measure(revenue) / measure(count) from orders group by all order by 1",
                "select status, sum(amount) / count(*) from orders group by status order by 1",
            ),
            (
                "select distinct measure(revenue) > 50 as big from orders group by customer order by big",
                "select distinct sum(amount) > 50 as big from orders group by customer order by big",
            ),
            ("select measure(paid) filter (where amount > 30) as p from orders", "select sum(amount) filter (where status = 'paid' and amount > 30) as p from orders"),
            (
                "select status, rank() over (order by measure(revenue) desc) from orders group by status order by 1",
                "select status, rank() over (order by sum(amount) desc) from orders group by status order by 1",
            ),
            (
                "select measure(count) from orders union all select measure(revenue) from orders o order by 1",
                "select count(*) from orders union all select sum(amount) from orders order by 1",
            ),
            (
                "with t as (select customer, measure(revenue) as r from orders group by customer) select max(r) from t",
                "select max(r) from (select sum(amount) as r from orders group by customer) t",
            ),
            (
                "select c.id, o.r from customers c join (select customer, measure(revenue) as r from orders group by 1) o on o.customer = c.id order by 1",
                "select c.id, sum(amount) from customers c join orders o on o.customer = c.id group by 1 order by 1",
            ),
            (
                "select c.id, (select measure(revenue) from orders o where o.customer = c.id) from customers c order by 1",
                "select c.id, (select sum(amount) from orders o where o.customer = c.id) from customers c order by 1",
            ),
            (
                "select id from customers where size * 10 < (select measure(mean) from orders) order by 1",
                "select id from customers where size * 10 < (select avg(amount + 1) from orders) order by 1",
            ),
            ("select measure(revenue) as amount from orders where amount > 10 having measure(revenue) > 0", "select sum(amount) as s from orders where amount > 10"),
            ("select measure(\"Mixed\"), measure(revenue) from public.orders", "select count(*), sum(amount) from orders"),
        ],
    )
    .await;
    assert_eq!(rows(&ward.mill, "select measure(paid) from orders").await, rows(&ward.mill, &format!("select {paid} from orders")).await);
    let answer = ward.mill.sql("select status, MEASURE(o.Revenue), measure(median) as middle from orders o group by status").await.unwrap().to_json();
    let names: Vec<&str> = answer["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["status", "measure(revenue)", "middle"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_is_refused_with_the_reason() {
    let ward = shop().await;
    for (sql, reason) in [
        ("select measure(revenu) from orders", "no measure \"revenu\"; did you mean revenue"),
        ("select measure(status) from orders", "status is a dimension of orders"),
        ("select measure(mixed) from orders", "did you mean Mixed"),
        ("select revenue from orders", "write measure(revenue)"),
        ("select o.revenue from orders o group by 1", "write measure(revenue)"),
        ("select measure(share) from orders", "ask a semantic query for orders.share"),
        ("select measure(half_share) from orders", "ask a semantic query for orders.half_share"),
        ("select measure(place) from orders", "other rows than those of its group"),
        ("select measure(so_far) from orders", "other rows than those of its group"),
        ("select measure(two_months) from orders", "other rows than those of its group"),
        ("select measure(month_before) from orders", "other rows than those of its group"),
        ("select measure(stock) from orders", "a stock is the latest row"),
        ("select measure(per_stock) from orders", "a stock is the latest row"),
        ("select measure(revenue) from orders o join customers c on o.customer = c.id", "over a join"),
        ("select measure(revenue) from (select * from orders) o", "reads a subquery"),
        ("with o as (select * from orders) select measure(revenue) from o", "query of WITH"),
        ("select status from orders where measure(revenue) > 1", "WHERE"),
        ("select measure(revenue) from orders group by measure(count)", "in GROUP BY"),
        ("select sum(measure(revenue)) from orders", "cannot be nested"),
        ("select measure(paid) filter (where measure(count) > 1) from orders", "cannot be nested"),
        ("select measure(revenue) over (partition by status) from orders", "no window function"),
        ("select status, measure(revenue) from orders", "GROUP BY"),
    ] {
        let error = refused(&ward.mill, sql).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{sql}: {error}");
        assert!(error.message().contains(reason), "{sql}: {error}");
    }
    for sql in [
        "select measure(revenue) as r from orders group by r",
        "select measure(revenue) from orders group by 1",
        "select 1 from orders o join customers c on measure(revenue) = c.size",
    ] {
        refused(&ward.mill, sql).await;
    }
    let many = format!("select {} from orders", vec!["measure(per_buyer) + 0"; 150].join(" + "));
    let error = refused(&ward.mill, &many).await;
    assert_eq!((error.kind(), error.field()), (ErrorKind::Exhausted, Some("sql")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_dimensions_are_too_many_and_a_wrong_name_beside_them_is_a_wrong_name() {
    let ward = shop().await;
    let dimension = |n: usize| json!({"name": format!("d{n}"), "label": "D", "type": "string", "expression": format!("concat(status, '{n}')")});
    let mut dimensions = serde_json::to_value(ward.mill.model("orders").await.unwrap().dimensions).unwrap();
    dimensions.as_array_mut().unwrap().extend((0..33).map(dimension));
    change(&ward.mill, "orders", json!({"dimensions": dimensions})).await;
    let of = |names: &[String]| format!("select {} from orders", names.join(", "));
    let mut names: Vec<String> = (0..32).map(|n| format!("d{n}")).collect();
    ward.mill.sql(&of(&names)).await.unwrap();
    names.push("nonsense".to_owned());
    let error = refused(&ward.mill, &of(&names)).await;
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{error}");
    assert!(error.message().contains("nonsense"), "{error}");
    names[32] = "d32".to_owned();
    let error = refused(&ward.mill, &of(&names)).await;
    assert_eq!((error.kind(), error.field()), (ErrorKind::Exhausted, Some("sql")), "{error}");
    assert!(error.message().contains("more than 32 dimensions"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dimensions_are_columns_and_columns_stay_what_they_are() {
    let ward = shop().await;
    let size = "case when amount > 35 then 'large' else 'small' end";
    let pairs: Vec<(String, String)> = vec![
        ("select size, count(*) from orders group by size order by 1".to_owned(), format!("select {size}, count(*) from orders group by 1 order by 1")),
        (
            "select o.id from orders o where o.size = 'large' and buyer is not null order by 1".to_owned(),
            "select id from orders where amount > 35 and customer is not null order by 1".to_owned(),
        ),
        ("select *, size from orders order by id".to_owned(), format!("select *, {size} from orders order by id")),
        ("select o.* from orders o where size = 'large' order by o.id".to_owned(), "select * from orders where amount > 35 order by id".to_owned()),
        ("select * from (select * from orders where size = 'large') t order by id".to_owned(), "select * from orders where amount > 35 order by id".to_owned()),
        // Where a column is meant, it stays that one.
        (
            "select size from customers c join orders o on o.customer = c.id order by 1".to_owned(),
            "select c.size from customers c join orders o on o.customer = c.id order by 1".to_owned(),
        ),
        // Also beside a name that only the model knows.
        (
            "select c.id from customers c where exists (select 1 from orders o where o.customer = c.id and size > 2 and buyer is not null) order by 1".to_owned(),
            "select c.id from customers c where exists (select 1 from orders o where o.customer = c.id and c.size > 2 and o.customer is not null) order by 1".to_owned(),
        ),
        ("select amount as size from orders order by size".to_owned(), "select amount from orders order by amount".to_owned()),
    ];
    for (by_name, written_out) in &pairs {
        assert_eq!(rows(&ward.mill, by_name).await, rows(&ward.mill, written_out).await, "{by_name}");
    }
    let answer = ward.mill.sql("select * from orders where size = 'large'").await.unwrap();
    assert_eq!(answer.columns.len(), 5, "{:?}", answer.columns);
    assert_eq!(rows(&ward.mill, "select o.size as a, c.size as b from orders o join customers c on o.customer = c.id where o.id = 4").await, json!([["large"], [3]]));
    for (sql, reason) in [
        ("select t.size from (select * from orders) t", "only by its name"),
        ("select * from orders o join orders p using (id) where o.size = 'large'", "name the columns"),
        ("select o.size from orders o natural join orders p", "NATURAL JOIN"),
        ("select sizes from orders", "sizes"),
    ] {
        let error = refused(&ward.mill, sql).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{sql}: {error}");
        assert!(error.message().contains(reason), "{sql}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn relative_dates_go_by_the_calendar_of_who_asks() {
    let ward = shop().await;
    let latest = json!([{"member": "orders.at", "operator": "inDateRange", "values": ["this year of data"]}]);
    change(&ward.mill, "orders", json!({"measures": [{"name": "this_year", "label": "This year", "kind": "sum", "column": "amount", "filters": latest}]})).await;
    let march = CalendarSettings { year_start: Some(3), ..CalendarSettings::default() };
    assert_eq!(rows(&ward.mill, "select measure(this_year) from orders").await, json!([[280]]));
    assert_eq!(rows(&ward.mill.with_calendar(march), "select measure(this_year) from orders").await, json!([[180]]));
    let query = json!({"measures": ["orders.this_year"], "calendar": {"yearStart": 3}});
    assert_eq!(ward.data(&query.to_string()).await, json!([[180]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_measures_what_they_see() {
    let ward = shop().await;
    set_policies(
        &ward.mill,
        "orders",
        json!([{"name": "own", "rows": [{"member": "orders.status", "operator": "equals", "values": ["{user.status}"]}], "masked": [{"column": "customer", "expression": "'somebody'"}]}]),
    )
    .await;
    let open = seen_by(&ward, &[("status", &["open"])]);
    for _ in 0..2 {
        assert_eq!(rows(&open, "select measure(revenue), measure(count), measure(paid), measure(buyers) from orders").await, json!([[90], [2], [null], [1]]));
        assert_eq!(rows(&open, "select buyer, measure(revenue) from orders group by buyer").await, json!([["somebody"], [90]]));
        assert_eq!(rows(&ward.mill, "select measure(revenue), measure(buyers) from orders").await, json!([[280], [4]]));
    }
    let answer = open.sql("select measure(revenue) from orders").await.unwrap();
    assert!(answer.provenance.row_filter_applied && answer.provenance.rows_scanned == 0, "{:?}", answer.provenance);
    // Neither the condition of a measure nor a filter of the caller's reaches rows that are not seen.
    assert_eq!(rows(&open, "select measure(count) filter (where 100 / (amount - 10) > 0) from orders").await, json!([[2]]));
    let scope = |hidden: &str| Scope::of(TenantId::parse("acme").unwrap()).hiding(DatasetName::parse("orders").unwrap(), hidden);
    let poor = ward.engine.mill(scope("amount"));
    assert_eq!(rows(&poor, "select measure(count) from orders").await, json!([[7]]));
    for sql in ["select measure(revenue) from orders", "select measure(paid_share) from orders", "select measure(doubled) from orders"] {
        let error = refused(&poor, sql).await;
        assert!(error.kind() == ErrorKind::Invalid && error.message().contains("no measure"), "{sql}: {error}");
    }
    let error = refused(&poor, "select size from orders").await;
    assert!(error.message().contains("No field named size") && !error.message().contains("dimension"), "{error}");
    assert_eq!(rows(&ward.engine.mill(scope("status")), "select measure(revenue) from orders").await, json!([[280]]));
    let error = refused(&ward.engine.mill(scope("status")), "select measure(paid) from orders").await;
    assert!(error.message().contains("no measure"), "{error}");
    let filtered = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "amount > 35");
    assert_eq!(rows(&ward.engine.mill(filtered), "select size, measure(revenue) from orders group by size").await, json!([["large"], [220]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn partials_are_shared_with_semantic_queries() {
    let ward = shop().await;
    for (measure, dimension) in [("revenue", "status"), ("paid", "status"), ("paid_share", "customer"), ("buyers", "status"), ("median", "size"), ("count", "buyer")] {
        ward.data(&json!({"measures": [format!("orders.{measure}")], "dimensions": [format!("orders.{dimension}")]}).to_string()).await;
        let answer = ward.mill.sql(&format!("select {dimension}, measure({measure}) from orders group by {dimension}")).await.unwrap();
        let told = &answer.provenance;
        assert_eq!((told.segments_read, told.segments_reused), (0, told.segments_total), "{measure} by {dimension}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn older_states_are_measured_too_and_limits_hold() {
    let ward = shop().await;
    ward.mill.load("orders", Csv::bytes("id,customer,at,amount,status\n8,d,2024-04-01T10:00:00Z,80,paid\n")).await.unwrap();
    let sql = "select size, measure(paid) from orders group by size order by 1";
    assert_eq!(rows(&ward.mill, sql).await, json!([["large", "small"], [230, 40]]));
    assert_eq!(ward.mill.sql_as_of(sql, 0).await.unwrap().to_json()["data"], json!([["large", "small"], [150, 40]]));
    let shallow = Scope::of(TenantId::parse("acme").unwrap()).with_limits(Limits { depth: 12, ..Limits::default() });
    let shallow = ward.engine.mill(shallow);
    assert_eq!(rows(&shallow, "select measure(count) from orders").await, json!([[8]]));
    assert_eq!(refused(&shallow, &format!("select {}measure(count){} from orders", "(".repeat(14), ")".repeat(14))).await.kind(), ErrorKind::Exhausted);
}
