//! Questions about several models and measures that are computed from measures: nothing is counted twice, whatever is asked
//! together, and what cannot be answered rightly is refused with the reason.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, ErrorKind, Mill, Scope, SemanticQuery, Settings, TenantId};

use crate::live::next;
use crate::ward::{Ward, open};

pub(crate) const ORDERS: &str = "\
id,customer,at,amount,status
1,a,2024-01-05T10:00:00Z,10,paid
2,a,2024-01-20T10:00:00Z,20,open
3,b,2024-02-03T10:00:00Z,30,paid
4,b,2024-02-10T10:00:00Z,40,paid
5,c,2024-03-01T10:00:00Z,50,paid
6,,2024-03-02T10:00:00Z,60,paid
7,x,2024-03-03T10:00:00Z,70,open
";
const CUSTOMERS: &str = "\
id,name,country
a,Ada,NO
b,Bob,IT
c,Cyd,IT
d,Dan,
";
const COUNTRIES: &str = "\
code,title
NO,Norway
IT,Italy
";
/// Two returns for order 3, one for order 5: joined to orders by rows they would count amounts twice.
const RETURNS: &str = "\
id,order_id,customer,returned_at,refund
1,3,b,2024-02-20T00:00:00Z,5
2,3,b,2024-03-20T00:00:00Z,6
3,5,c,2024-03-21T00:00:00Z,7
";
const STOCK: &str = "\
day,shop,article,pieces
2024-01-01,north,pen,5
2024-01-02,north,pen,7
2024-01-01,north,cup,1
2024-01-02,south,pen,4
2024-01-03,south,pen,2
";

pub(crate) fn settings() -> Settings {
    Settings { background_rollups: false, upkeep_seconds: 0, ..Settings::default() }
}

/// The same data twice: lookups are functions of their keys, and all are joined.
pub(crate) async fn shops(ward: &Ward) -> [Mill; 2] {
    let functions = shop(ward).await;
    let joins = open(ward.folder.path(), Settings { mapped_lookup_rows: 0, ..settings() }).await;
    [functions, joins.tenant("acme").unwrap()]
}

pub(crate) async fn shop(ward: &Ward) -> Mill {
    let mill = open(ward.folder.path(), settings()).await.tenant("acme").unwrap();
    for (name, rows) in [("orders", ORDERS), ("customers", CUSTOMERS), ("countries", COUNTRIES), ("returns", RETURNS), ("stock", STOCK)] {
        mill.load(name, Csv::bytes(rows)).await.unwrap();
    }
    let join = |name: &str, column: &str, other: &str| json!([{"name": name, "on": [{"column": column, "other": other}]}]);
    change(
        &mill,
        "orders",
        json!({
            "joins": join("customers", "customer", "id"),
            "segments": [{"name": "paid", "label": "Paid", "filters": [{"member": "orders.status", "operator": "equals", "values": ["paid"]}]}],
            "measures": [
                {"name": "count", "label": "Orders", "kind": "count"},
                {"name": "revenue", "label": "Revenue", "kind": "sum", "column": "amount"},
                {"name": "paid", "label": "Paid", "kind": "sum", "column": "amount", "filters": [{"member": "orders.status", "operator": "equals", "values": ["paid"]}]},
                {"name": "mean", "label": "Mean", "kind": "avg", "column": "amount"},
                {"name": "least", "label": "Least", "kind": "min", "column": "amount"},
                {"name": "buyers", "label": "Buyers", "kind": "count_distinct", "column": "customer"},
                {"name": "median", "label": "Median", "kind": "quantile", "column": "amount"},
                {"name": "last_amount", "label": "Last", "kind": "last", "column": "amount"},
                {"name": "first_amount", "label": "First", "kind": "first", "column": "amount"},
                {"name": "paid_share", "label": "Paid share", "kind": "ratio", "measure": "paid", "denominator": "revenue"},
                {"name": "per_buyer", "label": "Per buyer", "kind": "number", "expression": "{revenue} / {buyers}"},
                {"name": "doubled", "label": "Twice", "kind": "number", "expression": "{revenue} * 2 - {orders.count}"},
                {"name": "share", "label": "Share", "kind": "share_of_total", "measure": "revenue"},
                {"name": "buyers_share", "label": "Share of buyers", "kind": "share_of_total", "measure": "buyers"},
                {"name": "place", "label": "Place", "kind": "rank", "measure": "revenue"},
                {"name": "count_place", "label": "Place by orders", "kind": "rank", "measure": "count"},
                {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "revenue"},
                {"name": "mean_so_far", "label": "Mean so far", "kind": "cumulative", "measure": "mean"},
                {"name": "two_months", "label": "Two months", "kind": "rolling", "measure": "revenue", "span": {"count": 2, "unit": "month"}},
                {"name": "month_before", "label": "Month before", "kind": "time_shift", "measure": "revenue", "span": {"count": 1, "unit": "month"}},
                {"name": "buyers_before", "label": "Buyers a month before", "kind": "time_shift", "measure": "buyers", "span": {"count": 1, "unit": "month"}},
                {"name": "growth", "label": "Growth", "kind": "number", "expression": "{revenue} / {month_before} - 1"}
            ]
        }),
    )
    .await;
    change(&mill, "customers", json!({"joins": join("countries", "country", "code")})).await;
    change(
        &mill,
        "returns",
        json!({
            "joins": [
                {"name": "orders", "on": [{"column": "order_id", "other": "id"}]},
                {"name": "customers", "on": [{"column": "customer", "other": "id"}]}
            ],
            "same_as": {"returned_at": "orders.at"}
        }),
    )
    .await;
    change(
        &mill,
        "stock",
        json!({"measures": [
            {"name": "on_hand", "label": "Pieces", "kind": "balance", "column": "pieces", "by": ["shop", "article"]},
            {"name": "moved", "label": "Rows", "kind": "count"}
        ]}),
    )
    .await;
    mill
}

/// Puts parts into a model.
pub(crate) async fn change(mill: &Mill, name: &str, parts: Value) {
    let model = mill.model(name).await.unwrap();
    let version = model.version;
    let mut value = serde_json::to_value(&model).unwrap();
    for (key, part) in parts.as_object().unwrap() {
        if key == "same_as" {
            for dimension in value["dimensions"].as_array_mut().unwrap() {
                if let Some(other) = part.get(dimension["name"].as_str().unwrap()) {
                    dimension["same_as"] = other.clone();
                }
            }
        } else {
            value[key] = part.clone();
        }
    }
    mill.update_model(serde_json::from_value(value).unwrap(), version).await.unwrap();
}

fn query(value: &Value) -> SemanticQuery {
    serde_json::from_value(value.clone()).unwrap()
}

/// The answer as rows.
pub(crate) async fn rows(mill: &Mill, value: Value) -> Value {
    let answer = mill.query(&query(&value)).await.unwrap_or_else(|error| panic!("{error}: {value}"));
    let data = answer.to_json()["data"].clone();
    let columns = data.as_array().unwrap();
    (0..answer.batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect::<Vec<_>>()).collect::<Vec<_>>().into()
}

pub(crate) async fn refused(mill: &Mill, value: Value) -> (ErrorKind, String) {
    match mill.query(&query(&value)).await {
        Ok(answer) => panic!("{value} was answered: {}", answer.to_json()),
        Err(error) => (error.kind(), error.message().to_owned()),
    }
}

#[tokio::test]
async fn measures_are_told_apart_by_what_their_rows_belong_to() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let found = rows(
            mill,
            json!({"measures": ["orders.revenue", "orders.count", "orders.mean", "orders.least"], "dimensions": ["customers.country"], "order": [["customers.country", "asc"]]}),
        )
        .await;
        assert_eq!(found, json!([["IT", 120, 3, 40.0, 30], ["NO", 30, 2, 15.0, 10], [null, 130, 2, 65.0, 60]]));
        // Two steps away, with a filter there and one on the way.
        let found = rows(
            mill,
            json!({
                "measures": ["orders.revenue", "orders.buyers"], "dimensions": ["countries.title", "customers.name"],
                "filters": [{"member": "countries.title", "operator": "equals", "values": ["Italy"]}, {"member": "orders.status", "operator": "equals", "values": ["paid"]}]
            }),
        )
        .await;
        assert_eq!(found, json!([["Italy", "Bob", 70, 1], ["Italy", "Cyd", 50, 1]]));
        // A condition on own and looked-up members at once.
        let either = json!([{"or": [{"member": "countries.title", "operator": "equals", "values": ["Norway"]}, {"member": "orders.amount", "operator": "gt", "values": [50]}]}]);
        assert_eq!(rows(mill, json!({"measures": ["orders.revenue", "orders.buyers", "orders.median"], "filters": either})).await, json!([[160, 2, 40.0]]));
        // Without measures: the combinations that there are.
        let found = rows(mill, json!({"dimensions": ["customers.country", "orders.status"]})).await;
        assert_eq!(found, json!([["IT", "paid"], ["NO", "open"], ["NO", "paid"], [null, "open"], [null, "paid"]]));
    }
}

#[tokio::test]
async fn two_tables_of_events_do_not_multiply_each_other() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let found = rows(
            mill,
            json!({"measures": ["orders.revenue", "returns.sum_refund", "returns.count"], "dimensions": ["customers.country"], "order": [["customers.country", "asc"]]}),
        )
        .await;
        assert_eq!(found, json!([["IT", 120, 18, 3], ["NO", 30, null, null], [null, 130, null, null]]));
        assert_eq!(rows(mill, json!({"measures": ["orders.revenue", "returns.sum_refund"]})).await, json!([[280, 18]]));
        // By a time that both have, each by its own.
        let found = rows(mill, json!({"measures": ["orders.revenue", "returns.sum_refund"], "timeDimensions": [{"dimension": "orders.at", "granularity": "month", "dateRange": ["2024-02-01", "2024-03-31"]}]})).await;
        assert_eq!(found, json!([["2024-02-01T00:00:00Z", 70, 5], ["2024-03-01T00:00:00Z", 180, 13]]));
        // Refunds by the status of their orders; measures of customers cannot be told apart by orders.
        let found = rows(mill, json!({"measures": ["returns.sum_refund"], "dimensions": ["orders.status"]})).await;
        assert_eq!(found, json!([["paid", 18]]));
        let (kind, message) = refused(mill, json!({"measures": ["customers.count"], "dimensions": ["orders.status"]})).await;
        assert_eq!(kind, ErrorKind::Invalid);
        assert!(message.contains("no row of customers belongs to one of orders"), "{message}");
        // Measures that are filtered, of both.
        let found = rows(
            mill,
            json!({
                "measures": ["orders.revenue"], "dimensions": ["customers.name"],
                "filters": [{"member": "returns.sum_refund", "operator": "gt", "values": [8]}]
            }),
        )
        .await;
        assert_eq!(found, json!([["Bob", 70]]));
    }
}

#[tokio::test]
async fn a_lookup_with_two_rows_for_a_key_is_refused_and_not_counted_twice() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let by_country = json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"]});
    rows(&mill, by_country.clone()).await;
    mill.load("customers", Csv::bytes("id,name,country\nb,Bert,NO\n")).await.unwrap();
    let (kind, message) = refused(&mill, by_country.clone()).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(message.contains("there are several with id b"), "{message}");
    mill.delete_rows("customers", "name = 'Bert'").await.unwrap();
    rows(&mill, by_country).await;
}

#[tokio::test]
async fn numbers_are_computed_from_measures() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let found = rows(
            mill,
            json!({
                "measures": ["orders.paid_share", "orders.per_buyer", "orders.doubled", "orders.share", "orders.buyers_share", "orders.place"],
                "dimensions": ["customers.country"], "order": [["orders.place", "asc"]]
            }),
        )
        .await;
        let share = |part: f64| part / 280.0;
        assert_eq!(
            found,
            json!([[null, 60.0 / 130.0, 130.0, 258, share(130.0), 0.25, 1], ["IT", 1.0, 60.0, 237, share(120.0), 0.5, 2], ["NO", 10.0 / 30.0, 30.0, 58, share(30.0), 0.25, 3]])
        );
        // Each rank is in an order of its own.
        let two_ranks = json!({"measures": ["orders.place", "orders.count_place"], "dimensions": ["customers.country"], "order": [["orders.place", "asc"]]});
        assert_eq!(rows(mill, two_ranks).await, json!([[null, 1, 2], ["IT", 2, 1], ["NO", 3, 2]]));
        // Division by nothing is nothing, not an error.
        let none = json!([{"member": "orders.amount", "operator": "gt", "values": [1000]}]);
        assert_eq!(rows(mill, json!({"measures": ["orders.paid_share", "orders.count"], "filters": none})).await, json!([[null, 0]]));
        // The first two of each month.
        let found = rows(
            mill,
            json!({
                "measures": ["orders.revenue"], "dimensions": ["orders.status"], "timeDimensions": [{"dimension": "orders.at", "granularity": "month"}],
                "filters": [{"member": "orders.place", "operator": "equals", "values": [1]}]
            }),
        )
        .await;
        assert_eq!(found, json!([["2024-01-01T00:00:00Z", "open", 20], ["2024-02-01T00:00:00Z", "paid", 70], ["2024-03-01T00:00:00Z", "paid", 110]]));
        assert_eq!(
            rows(mill, json!({"measures": ["orders.first_amount", "orders.last_amount"], "dimensions": ["orders.status"]})).await,
            json!([["open", 20, 70], ["paid", 10, 60]])
        );
    }
}

#[tokio::test]
async fn a_negative_zero_is_a_zero() {
    let ward = Ward::new().await;
    let mill = open(ward.folder.path(), settings()).await.tenant("acme").unwrap();
    mill.load("t", Csv::bytes("k,a,b\nx,1.5,0.5\nx,1.5,-0.5\ny,1.0,2.0\n")).await.unwrap();
    change(
        &mill,
        "t",
        json!({"measures": [
            {"name": "all_a", "label": "A", "kind": "sum", "column": "a"},
            {"name": "all_b", "label": "B", "kind": "sum", "column": "b"},
            {"name": "minus", "label": "Minus", "kind": "number", "expression": "{all_b} * -1.0"},
            {"name": "divided", "label": "Divided", "kind": "number", "expression": "{all_a} / {minus}"},
            {"name": "ratio", "label": "Ratio", "kind": "ratio", "measure": "all_a", "denominator": "minus"}
        ]}),
    )
    .await;
    let asked = json!({"measures": ["t.divided", "t.ratio"], "dimensions": ["t.k"], "order": [["t.k", "asc"]]});
    assert_eq!(rows(&mill, asked).await, json!([["x", null, null], ["y", -0.5, -0.5]]));
    for (operator, values, expected) in [
        ("equals", json!([0]), json!([["x", 3.0]])),
        ("notEquals", json!([0]), json!([["y", 1.0]])),
        ("gte", json!([0]), json!([["x", 3.0]])),
        ("lt", json!([0]), json!([["y", 1.0]])),
        ("between", json!([0, 1]), json!([["x", 3.0]])),
    ] {
        let asked = json!({"measures": ["t.all_a"], "dimensions": ["t.k"], "filters": [{"member": "t.minus", "operator": operator, "values": values}]});
        assert_eq!(rows(&mill, asked).await, expected, "{operator}");
    }
}

#[tokio::test]
async fn measures_move_in_time() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let months = |range: Option<Value>| json!([{"dimension": "orders.at", "granularity": "month", "dateRange": range}]);
        let moving = ["orders.revenue", "orders.month_before", "orders.growth", "orders.two_months", "orders.so_far", "orders.mean_so_far", "orders.buyers_before"];
        let (january, february, march) = ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
        let all = json!([
            [january, 30, null, null, 30, 30, 15.0, null],
            [february, 70, 30, 70.0 / 30.0 - 1.0, 100, 100, 25.0, 1],
            [march, 180, 70, 180.0 / 70.0 - 1.0, 250, 280, 40.0, 1]
        ]);
        // The month after the data would be one without orders.
        assert_eq!(rows(mill, json!({"measures": moving, "timeDimensions": months(None)})).await, all);
        // A range shows what it holds; what is before it still counts.
        let shown = rows(mill, json!({"measures": moving, "timeDimensions": months(Some(json!(["2024-02-01", "2024-03-31"])))})).await;
        assert_eq!(shown, json!([all[1], all[2]]));
        // By what is looked up, too.
        let found = rows(
            mill,
            json!({"measures": ["orders.revenue", "orders.month_before"], "dimensions": ["customers.name"], "timeDimensions": months(Some(json!(["2024-02-01", "2024-02-29"])))}),
        )
        .await;
        assert_eq!(found, json!([[february, "Ada", null, 30], [february, "Bob", 70, null]]));
        // Without buckets only the range moves.
        let found =
            rows(mill, json!({"measures": ["orders.revenue", "orders.month_before"], "timeDimensions": [{"dimension": "orders.at", "dateRange": ["2024-02-01", "2024-02-29"]}]}))
                .await;
        assert_eq!(found, json!([[70, 30]]));
        // Weeks of a month before are made of days.
        let weeks = rows(
            mill,
            json!({"measures": ["orders.month_before"], "timeDimensions": [{"dimension": "orders.at", "granularity": "week", "dateRange": ["2024-03-01", "2024-03-31"]}]}),
        )
        .await;
        assert_eq!(weeks, json!([["2024-02-26T00:00:00Z", 30], ["2024-03-04T00:00:00Z", 40]]));
        for (question, reason) in [
            (json!({"measures": ["orders.so_far"]}), "one time dimension that has a granularity"),
            (json!({"measures": ["orders.two_months"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day"}]}), "ask for it by month"),
        ] {
            let (kind, message) = refused(mill, question).await;
            assert_eq!(kind, ErrorKind::Invalid);
            assert!(message.contains(reason), "{message}");
        }
    }
}

#[tokio::test]
async fn a_balance_adds_over_everything_but_time() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        assert_eq!(rows(mill, json!({"measures": ["stock.on_hand", "stock.moved"]})).await, json!([[10, 5]]));
        assert_eq!(rows(mill, json!({"measures": ["stock.on_hand"], "dimensions": ["stock.shop"]})).await, json!([["north", 8], ["south", 2]]));
        let found = rows(mill, json!({"measures": ["stock.on_hand"], "timeDimensions": [{"dimension": "stock.day", "granularity": "day"}]})).await;
        assert_eq!(found, json!([["2024-01-01T00:00:00Z", 6], ["2024-01-02T00:00:00Z", 11], ["2024-01-03T00:00:00Z", 2]]));
    }
}

#[tokio::test]
async fn named_filters_are_conditions() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let found =
            rows(mill, json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"], "segments": ["orders.paid"], "order": [["customers.country", "asc"]]})).await;
        assert_eq!(found, json!([["IT", 120], ["NO", 10], [null, 60]]));
        assert_eq!(rows(mill, json!({"measures": ["orders.revenue"], "segments": ["orders.paid"]})).await, json!([[190]]));
        let (kind, message) = refused(mill, json!({"measures": ["orders.revenue"], "segments": ["orders.payed"]})).await;
        assert_eq!((kind, message.contains("paid")), (ErrorKind::Invalid, true), "{message}");
    }
}

#[tokio::test]
async fn scopes_hold_on_every_way() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    mill.query(&query(&json!({"measures": ["orders.count"]}))).await.unwrap();
    let engine = open(ward.folder.path(), Settings::default()).await;
    let dataset = |name: &str| DatasetName::parse(name).unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap())
        .with_row_filter(dataset("customers"), "country = 'IT'")
        .with_row_filter(dataset("orders"), "status = 'paid'")
        .hiding(dataset("customers"), "name");
    let seen = engine.mill(scope);
    let found = rows(&seen, json!({"measures": ["orders.revenue", "returns.sum_refund"], "dimensions": ["customers.country"], "order": [["customers.country", "asc"]]})).await;
    // Rows of hidden customers stay, because they are the scope's own orders; who they are of is not seen.
    assert_eq!(found, json!([["IT", 120, 18], [null, 70, null]]));
    let (_, message) = refused(&seen, json!({"measures": ["orders.revenue"], "dimensions": ["customers.name"]})).await;
    assert!(message.contains("no member"), "{message}");
    let answer = seen.query(&query(&json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"]}))).await.unwrap();
    assert!(answer.provenance.row_filter_applied && answer.provenance.exact);
    let sources: Vec<_> = answer.provenance.sources.iter().map(|source| (source.dataset.as_str(), source.version)).collect();
    assert_eq!(sources, [("customers", 0), ("orders", 0)]);
    // What is looked at of both is counted.
    let counted = async |name: &str| seen.sql(&format!("select count(*) from {name}")).await.unwrap().to_json()["data"][0][0].as_u64().unwrap();
    let explained = seen.explain(&query(&json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"]}))).await.unwrap();
    assert_eq!((explained.rows, explained.dataset.as_str()), (counted("orders").await + counted("customers").await, "customers, orders"));
}

#[tokio::test]
async fn partials_are_kept_under_joins() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let by_country = query(&json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"]}));
    mill.query(&by_country).await.unwrap();
    let again = mill.query(&by_country).await.unwrap();
    assert!(again.provenance.segments_reused >= 1, "{:?}", again.provenance);
    // What comes in is seen, of whichever model it is.
    mill.load("orders", Csv::bytes("id,customer,at,amount,status\n8,d,2024-03-04T10:00:00Z,80,paid\n")).await.unwrap();
    mill.load("customers", Csv::bytes("id,name,country\nx,Xia,NO\n")).await.unwrap();
    let found = rows(&mill, json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"], "order": [["customers.country", "asc"]]})).await;
    assert_eq!(found, json!([["IT", 120], ["NO", 100], [null, 140]]));
    let explained = mill.explain(&by_country).await.unwrap();
    assert!(explained.dataset.contains("customers") && explained.dataset.contains("orders"), "{explained}");
}

#[tokio::test]
async fn live_questions_follow_all_their_models() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let mut live = mill.subscribe(&query(&json!({"measures": ["orders.revenue", "returns.sum_refund"], "dimensions": ["customers.country"]}))).await.unwrap();
    let first = next(&mut live).await;
    assert_eq!(first.to_json()["result"]["data"][0].as_array().unwrap().len(), 3);
    mill.load("returns", Csv::bytes("id,order_id,customer,returned_at,refund\n4,1,a,2024-03-22T00:00:00Z,9\n")).await.unwrap();
    let changed = next(&mut live).await;
    let (json, changed) = (changed.to_json(), &changed.to_json()["changed"]["data"]);
    assert_eq!((&changed[0], &changed[2]), (&json!(["NO"]), &json!([9])), "{json}");
}

#[tokio::test]
async fn models_that_do_not_fit_together_are_refused() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let model = mill.model("orders").await.unwrap();
    for (joins, reason) in [
        (json!([{"name": "nobody", "on": [{"column": "customer", "other": "id"}]}]), "nobody"),
        (json!([{"name": "customers", "on": [{"column": "costumer", "other": "id"}]}]), "customer"),
        (json!([{"name": "customers", "on": [{"column": "customer", "other": "ident"}]}]), "no column"),
        (json!([{"name": "customers", "on": [{"column": "amount", "other": "id"}]}]), "never equal"),
        (json!([{"name": "customers", "on": []}]), "pairs of columns"),
        (json!([{"name": "orders", "on": [{"column": "id", "other": "id"}]}]), "something else"),
    ] {
        let changed = tidemill::Model { joins: serde_json::from_value(joins).unwrap(), ..model.clone() };
        let error = mill.update_model(changed, model.version).await.unwrap_err();
        assert!(error.message().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn values_are_those_that_the_scope_sees() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let page = mill.values("customers.name", None, 3, 0).await.unwrap();
    assert_eq!((page.values, page.more), (vec!["Ada".into(), "Bob".into(), "Cyd".into()], true));
    let page = mill.values("customers.name", None, 3, 3).await.unwrap();
    assert_eq!((page.values, page.more), (vec!["Dan".into()], false));
    assert_eq!(mill.values("customers.name", Some("D"), 10, 0).await.unwrap().values, ["Ada", "Cyd", "Dan"]);
    assert_eq!(mill.values("customers.name", Some("%"), 10, 0).await.unwrap().values.len(), 0);
    assert_eq!(mill.values("orders.amount", Some("0"), 2, 1).await.unwrap().values, [20, 30]);
    assert!(mill.values("customers.nmae", None, 10, 0).await.unwrap_err().message().contains("name"));
    // What is appended is in the list, what is deleted is not.
    mill.load("customers", Csv::bytes("id,name,country\ne,Abe,NO\nf,Ada,NO\n")).await.unwrap();
    assert_eq!(mill.values("customers.name", None, 10, 0).await.unwrap().values, ["Abe", "Ada", "Bob", "Cyd", "Dan"]);
    mill.delete_rows("customers", "name = 'Bob'").await.unwrap();
    assert_eq!(mill.values("customers.name", Some("B"), 10, 0).await.unwrap().values, ["Abe"]);
    mill.load("customers", Csv::bytes("id,name,country\nb,Bob,IT\n")).await.unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("customers").unwrap(), "country = 'IT'");
    let seen = open(ward.folder.path(), Settings::default()).await.mill(scope);
    assert_eq!(seen.values("customers.name", None, 10, 0).await.unwrap().values, ["Bob", "Cyd"]);
}

#[tokio::test]
async fn each_stock_is_told_by_its_own_latest_row() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    change(
        &mill,
        "stock",
        json!({"measures": [
            {"name": "on_hand", "label": "Pieces", "kind": "balance", "column": "pieces", "by": ["shop", "article"]},
            {"name": "of_shops", "label": "Of shops", "kind": "balance", "column": "pieces", "by": ["shop"]},
            {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "on_hand"},
            {"name": "days", "label": "Two days", "kind": "rolling", "measure": "on_hand", "span": {"count": 2, "unit": "day"}}
        ]}),
    )
    .await;
    // By shop and article: 7 + 1 + 2. By shop: 7 on the second, 2 on the third.
    assert_eq!(rows(&mill, json!({"measures": ["stock.on_hand", "stock.of_shops"]})).await, json!([[10, 9]]));
    // What it was last decides whether it counts: a pen that was sold out is not counted by what there was before.
    let at_least = json!([{"member": "stock.pieces", "operator": "gte", "values": [4]}]);
    assert_eq!(rows(&mill, json!({"measures": ["stock.on_hand"], "filters": at_least})).await, json!([[7]]));
    for measure in ["so_far", "days"] {
        let (kind, message) = refused(&mill, json!({"measures": [format!("stock.{measure}")], "timeDimensions": [{"dimension": "stock.day", "granularity": "day"}]})).await;
        assert_eq!(kind, ErrorKind::Invalid);
        assert!(message.contains("does not add up over time"), "{message}");
    }
}

#[tokio::test]
async fn a_name_means_one_thing_to_all_that_are_asked() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    // Both call something a place, and mean countries and customers.
    let place = |model: &str, column: &str, other: &str| json!({"joins": [{"name": "place", "model": model, "on": [{"column": column, "other": other}]}]});
    change(&mill, "orders", place("customers", "customer", "id")).await;
    change(&mill, "returns", place("countries", "customer", "code")).await;
    assert_eq!(rows(&mill, json!({"measures": ["orders.revenue"], "dimensions": ["place.name"], "limit": 1})).await, json!([[null, 130]]));
    let (kind, message) = refused(&mill, json!({"measures": ["orders.revenue", "returns.count"], "dimensions": ["place.name"]})).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(message.contains("another name"), "{message}");
    // Ranges of data end with the rows of what is asked, under whatever name.
    change(&mill, "customers", json!({"joins": [{"name": "bought", "model": "orders", "relationship": "one_to_many", "on": [{"column": "id", "other": "customer"}]}]})).await;
    let found =
        rows(&mill, json!({"measures": ["orders.revenue"], "dimensions": ["place.country"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "this month of data"}]}))
            .await;
    assert_eq!(found, json!([[null, 130], ["IT", 50]]));
}

#[tokio::test]
async fn a_lookup_by_text_and_by_several_columns_is_a_function_too() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let prices = "shop,article,price,since\nnorth,pen,2.5,2024-01-01T08:00:00Z\nsouth,pen,3.5,2024-02-01T08:00:00Z\nnorth,,9,2024-01-01T08:00:00Z\n";
        if mill.model("prices").await.is_err() {
            mill.load("prices", Csv::bytes(prices)).await.unwrap();
            let on = json!([{"column": "shop", "other": "shop"}, {"column": "article", "other": "article"}]);
            change(mill, "stock", json!({"joins": [{"name": "prices", "on": on}]})).await;
        }
        let found = rows(mill, json!({"measures": ["stock.moved"], "dimensions": ["prices.price"], "order": [["prices.price", "asc"]]})).await;
        assert_eq!(found, json!([[2.5, 2], [3.5, 2], [null, 1]]));
        // By a time that is looked up.
        let found =
            rows(mill, json!({"measures": ["stock.moved"], "timeDimensions": [{"dimension": "prices.since", "granularity": "month", "dateRange": ["2024-02-01", "2024-02-29"]}]}))
                .await;
        assert_eq!(found, json!([["2024-02-01T00:00:00Z", 2]]));
    }
}

#[tokio::test]
async fn aggregates_by_a_small_lookup_are_partials() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let asked = query(&json!({"measures": ["orders.revenue", "orders.buyers"], "dimensions": ["countries.title"], "filters": [{"member": "customers.name", "operator": "set"}]}));
    let first = mill.query(&asked).await.unwrap();
    assert!(first.provenance.rows_scanned > 0);
    let again = mill.query(&asked).await.unwrap();
    assert_eq!((again.provenance.segments_read, again.provenance.rows_scanned), (0, 0), "{:?}", again.provenance);
    // Of what comes in only that is read.
    mill.load("orders", Csv::bytes("id,customer,at,amount,status\n8,b,2024-03-04T10:00:00Z,80,paid\n")).await.unwrap();
    let more = mill.query(&asked).await.unwrap();
    assert_eq!((more.provenance.segments_read, more.provenance.rows_scanned), (1, 1), "{:?}", more.provenance);
    // Another version of a lookup is another function.
    mill.load("countries", Csv::bytes("code,title\nSE,Sweden\n")).await.unwrap();
    mill.load("customers", Csv::bytes("id,name,country\nx,Xia,SE\n")).await.unwrap();
    let found = rows(
        &mill,
        json!({"measures": ["orders.revenue"], "dimensions": ["countries.title"], "filters": [{"member": "countries.title", "operator": "equals", "values": ["Sweden"]}]}),
    )
    .await;
    assert_eq!(found, json!([["Sweden", 70]]));
}

#[tokio::test]
async fn a_looked_up_value_has_the_type_of_all_its_branches() {
    let ward = Ward::new().await;
    for mill in &shops(&ward).await {
        let mut model = mill.model("customers").await.unwrap();
        if model.dimensions.iter().all(|dimension| dimension.name != "shown") {
            let version = model.version;
            let computed = |name: &str, column_type: &str, expression: &str| {
                serde_json::from_value(json!({"name": name, "label": name, "type": column_type, "expression": expression})).unwrap()
            };
            model.dimensions.push(computed("shown", "string", "case when country = 'NO' then 'from Norway' else name end"));
            model.dimensions.push(computed("rate", "float", "case when country = 'NO' then 0 else 2.5 end"));
            mill.update_model(model, version).await.unwrap();
        }
        let found = rows(mill, json!({"measures": ["orders.revenue", "orders.last_amount"], "dimensions": ["customers.shown"], "order": [["customers.shown", "asc"]]})).await;
        assert_eq!(found, json!([["Bob", 70, 40], ["Cyd", 50, 50], ["from Norway", 30, 20], [null, 130, 70]]));
        let found = rows(mill, json!({"measures": ["orders.revenue"], "dimensions": ["customers.rate"], "order": [["customers.rate", "asc"]]})).await;
        assert_eq!(found, json!([[0.0, 30], [2.5, 120], [null, 130]]));
    }
    // A lookup without rows is looked up in all the same, and a plan that goes elsewhere joins it.
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    mill.delete_rows("customers", "id is not null").await.unwrap();
    let asked = query(&json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"]}));
    assert_eq!(rows(&mill, serde_json::to_value(&asked).unwrap()).await, json!([[null, 280]]));
    mill.plan(&asked).await.unwrap();
}
