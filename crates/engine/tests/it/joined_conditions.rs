//! Measures and named filters that choose rows by what these belong to: the same numbers as a filter of the question over the same joins
//! gives, by functions of keys and by joins, and what no join leads to refused when the model is saved.

use serde_json::{Value, json};
use tidemill::{Csv, Mill, SemanticQuery};

use crate::composed::{refused, rows, shops};
use crate::ward::Ward;

/// Puts more into lists of a model.
async fn extend(mill: &Mill, name: &str, parts: &Value) -> Result<(), tidemill::Error> {
    let model = mill.model(name).await.unwrap();
    let version = model.version;
    let mut value = serde_json::to_value(&model).unwrap();
    for (key, more) in parts.as_object().unwrap() {
        let mut list = value[key].as_array().cloned().unwrap_or_default();
        list.extend(more.as_array().unwrap().iter().cloned());
        value[key] = list.into();
    }
    mill.update_model(serde_json::from_value(value).unwrap(), version).await.map(drop)
}

fn condition(member: &str, operator: &str, values: &Value) -> Value {
    json!({"member": member, "operator": operator, "values": values})
}

/// Orders 3 to 5 are of Italy, the first two of Norway; of the last two nothing is known.
async fn over_joins(ward: &Ward) -> [Mill; 2] {
    let mills = shops(ward).await;
    let italian = condition("countries.title", "equals", &json!(["Italy"]));
    let measure = |name: &str, kind: &str, column: Option<&str>, filter: &Value| json!({"name": name, "label": name, "kind": kind, "column": column, "filters": [filter]});
    let of = |name: &str, kind: &str, measure: &str| json!({"name": name, "label": name, "kind": kind, "measure": measure});
    let either = json!({"or": [condition("countries.title", "equals", &json!(["Norway"])), condition("orders.amount", "gt", &json!([50]))]});
    let month = json!({"count": 1, "unit": "month"});
    let measures = json!([
        measure("italian", "sum", Some("amount"), &italian),
        measure("italian_count", "count", None, &condition("customers.country", "equals", &json!(["IT"]))),
        measure("abroad", "count", None, &condition("customers.country", "notEquals", &json!(["NO"]))),
        measure("unknown", "count", None, &condition("customers.country", "notSet", &json!([]))),
        measure("italian_buyers", "count_distinct", Some("customer"), &italian),
        measure("italian_median", "quantile", Some("amount"), &italian),
        measure("italian_last", "last", Some("amount"), &italian),
        measure("either", "sum", Some("amount"), &either),
        {"name": "italian_part", "label": "Part", "kind": "ratio", "measure": "italian", "denominator": "revenue"},
        of("italian_share", "share_of_total", "italian"),
        of("italian_so_far", "cumulative", "italian"),
        {"name": "italian_before", "label": "Before", "kind": "time_shift", "measure": "italian", "span": month},
        {"name": "italian_two_months", "label": "Two months", "kind": "rolling", "measure": "italian", "span": {"count": 2, "unit": "month"}}
    ]);
    let segments = json!([
        {"name": "italian", "label": "Italian", "filters": [italian]},
        {"name": "named", "label": "Named", "filters": [condition("customers.name", "set", &json!([]))]},
        {"name": "paid_in_italy", "label": "Paid in Italy", "filters": [{"and": [italian, condition("orders.amount", "lt", &json!([50]))]}]}
    ]);
    extend(&mills[0], "orders", &json!({"measures": measures, "segments": segments})).await.unwrap();
    mills
}

#[tokio::test]
async fn a_measure_counts_the_rows_that_a_filter_of_the_question_would_leave() {
    let ward = Ward::new().await;
    for mill in &over_joins(&ward).await {
        let all = ["italian", "italian_count", "abroad", "unknown", "italian_buyers", "italian_median", "italian_last", "either", "italian_part"];
        let asked = json!({"measures": all.map(|name| format!("orders.{name}"))});
        let expected = json!([[120, 3, 5, 2, 2, 40.0, 50, 160, 120.0 / 280.0]]);
        // Twice, so that the second time what was kept is found.
        assert_eq!(rows(mill, asked.clone()).await, expected);
        assert_eq!(rows(mill, asked.clone()).await, expected);
        let verified = mill.verify(&serde_json::from_value::<SemanticQuery>(asked).unwrap()).await.unwrap();
        assert!(verified.equal, "{:?}", verified.differences);
        // Alone each is the same as beside others.
        for (name, value) in all.iter().zip(expected[0].as_array().unwrap()) {
            assert_eq!(rows(mill, json!({"measures": [format!("orders.{name}")]})).await, json!([[value]]), "{name}");
        }
        let by_name = |more: Value| {
            let mut asked = json!({"measures": ["orders.italian", "orders.count", "orders.italian_share"], "dimensions": ["customers.name"], "order": [["customers.name", "asc"]]});
            asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            asked
        };
        let found = rows(mill, by_name(json!({}))).await;
        assert_eq!(found, json!([["Ada", null, 2, null], ["Bob", 70, 2, 70.0 / 120.0], ["Cyd", 50, 1, 50.0 / 120.0], [null, null, 2, null]]));
        // A filter of such a measure, and a filter of the question over the same join.
        let many = json!({"filters": [condition("orders.italian_count", "gt", &json!([1]))]});
        assert_eq!(rows(mill, by_name(many)).await, json!([["Bob", 70, 2, 70.0 / 120.0]]));
        let norwegian = json!({"filters": [condition("countries.title", "equals", &json!(["Norway"]))]});
        assert_eq!(rows(mill, by_name(norwegian)).await, json!([["Ada", null, 2, null]]));
        let found = rows(mill, json!({"measures": ["orders.italian", "orders.italian_count"], "dimensions": ["orders.status"]})).await;
        assert_eq!(found, json!([["paid", 120, 3], ["open", null, 0]]));
        // Beside another table of events.
        let found = rows(mill, json!({"measures": ["orders.italian", "returns.sum_refund"], "dimensions": ["customers.country"], "order": [["customers.country", "asc"]]})).await;
        assert_eq!(found, json!([["IT", 120, 18], ["NO", null, null], [null, null, null]]));
        // Of rows it takes nothing where it does not count them.
        let found =
            rows(mill, json!({"measures": ["orders.italian", "orders.italian_count"], "dimensions": ["orders.id"], "ungrouped": true, "order": [["orders.id", "asc"]]})).await;
        assert_eq!(found, json!([[1, null, null], [2, null, null], [3, 30, 1], [4, 40, 1], [5, 50, 1], [6, null, null], [7, null, null]]));
    }
}

#[tokio::test]
async fn such_a_measure_moves_in_time() {
    let ward = Ward::new().await;
    for mill in &over_joins(&ward).await {
        let measures = ["orders.italian", "orders.italian_before", "orders.italian_two_months", "orders.italian_so_far"];
        let found =
            rows(mill, json!({"measures": measures, "timeDimensions": [{"dimension": "orders.at", "granularity": "month", "dateRange": ["2024-01-01", "2024-03-31"]}]})).await;
        let (january, february, march) = ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
        assert_eq!(found, json!([[january, null, null, null, null], [february, 70, null, 70, 70], [march, 50, 70, 120, 120]]));
    }
}

#[tokio::test]
async fn a_named_filter_means_the_same_rows_whatever_is_counted() {
    let ward = Ward::new().await;
    let mills = over_joins(&ward).await;
    // Of an order of Italy, and brought back by somebody of Norway: returns have a shorter way to a customer, who is another one.
    mills[0].load("returns", Csv::bytes("id,order_id,customer,returned_at,refund\n4,4,a,2024-03-22T00:00:00Z,100\n")).await.unwrap();
    for mill in &mills {
        let italian = json!(["orders.italian"]);
        assert_eq!(rows(mill, json!({"measures": ["orders.count"], "segments": italian})).await, json!([[3]]));
        assert_eq!(rows(mill, json!({"measures": ["returns.sum_refund"], "segments": italian})).await, json!([[118]]));
        assert_eq!(rows(mill, json!({"measures": ["returns.sum_refund"], "segments": ["orders.paid_in_italy"]})).await, json!([[111]]));
        let by_country = json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"], "segments": ["orders.italian", "orders.paid"]});
        assert_eq!(rows(mill, by_country).await, json!([["IT", 120]]));
        // Customers without orders are none of orders.
        assert_eq!(rows(mill, json!({"dimensions": ["customers.name"], "segments": ["orders.named"]})).await, json!([["Ada"], ["Bob"], ["Cyd"]]));
        // It is told where the question has it: not as a filter, of which there may be none.
        let named = json!([condition("customers.name", "set", &json!([]))]);
        for (segments, filters, at) in [(json!(["orders.italian"]), json!([]), "segments[0]"), (json!(["orders.named", "orders.italian"]), named, "segments")] {
            let asked: SemanticQuery = serde_json::from_value(json!({"measures": ["customers.count"], "segments": segments, "filters": filters})).unwrap();
            let error = mill.query(&asked).await.unwrap_err();
            assert_eq!(error.field(), Some(at), "{error}");
            assert!(error.message().contains("no row of customers belongs to one of orders"), "{error}");
        }
        let lineage = mill.lineage(&serde_json::from_value(json!({"measures": ["orders.italian"], "segments": italian})).unwrap()).await.unwrap();
        let ways: Vec<_> = lineage.ways.iter().map(|way| (way.name.as_str(), way.steps.len())).collect();
        assert_eq!(ways, [("countries", 2), ("orders > countries", 2)]);
    }
}

#[tokio::test]
async fn a_lookup_that_does_not_say_which_row_is_refused() {
    let ward = Ward::new().await;
    let mills = over_joins(&ward).await;
    mills[0].load("customers", Csv::bytes("id,name,country\nb,Bert,NO\n")).await.unwrap();
    for mill in &mills {
        for asked in [json!({"measures": ["orders.italian"]}), json!({"measures": ["orders.count"], "segments": ["orders.italian"]})] {
            let (_, message) = refused(mill, asked).await;
            assert!(message.contains("there are several with id b"), "{message}");
        }
        // Who does not ask for it is answered.
        assert_eq!(rows(mill, json!({"measures": ["orders.revenue"]})).await, json!([[280]]));
    }
}

#[tokio::test]
async fn what_no_join_leads_to_is_not_saved() {
    let ward = Ward::new().await;
    let [mill, _] = over_joins(&ward).await;
    let many = json!({"joins": [{"name": "orders", "relationship": "one_to_many", "on": [{"column": "id", "other": "customer"}]}]});
    extend(&mill, "customers", &many).await.unwrap();
    let filtered = |filter: &Value| json!({"measures": [{"name": "m", "label": "M", "kind": "count", "filters": [filter]}]});
    let segment = |filter: &Value| json!({"segments": [{"name": "s", "label": "S", "filters": [{"and": [filter]}]}]});
    let set = |member: &str| condition(member, "set", &json!([]));
    for (model, filter, says) in [
        ("customers", set("orders.amount"), "has many of orders (one_to_many), and a condition needs one"),
        ("countries", set("customers.name"), "so a condition cannot tell its rows apart by it"),
        ("orders", set("customer.name"), "did you mean customers?"),
        ("orders", set("customers.nmae"), "did you mean name?"),
        ("orders", set("customers.count"), "is a measure"),
        ("orders", condition("countries.title", "inDateRange", &json!(["last 7 days"])), "needs a timestamp or a date"),
        ("orders", condition("countries.title", "between", &json!([1])), "takes 2 value"),
    ] {
        for (parts, at) in [(filtered(&filter), "measures["), (segment(&filter), "segments[")] {
            let error = extend(&mill, model, &parts).await.unwrap_err();
            let field = error.field().unwrap_or_default();
            assert!(field.starts_with(at) && field.ends_with("].filters[0]"), "{field}: {error}");
            assert!(error.message().contains(says), "{filter}: {error}");
        }
    }
    // A rollup that would have to be another one when a lookup changes, and a name that would be taken for a path.
    let rollup = json!({"rollups": [{"name": "r", "measures": ["italian_count"], "dimensions": ["status"]}]});
    assert!(extend(&mill, "orders", &rollup).await.unwrap_err().message().contains("whose filters name what other models say"));
    let path = json!({"joins": [{"name": "a > b", "model": "customers", "on": [{"column": "customer", "other": "id"}]}]});
    assert_eq!(extend(&mill, "orders", &path).await.unwrap_err().field(), Some("joins[1]"));
    let error = mill.sql("select measure(italian) from orders").await.unwrap_err();
    assert!(error.message().contains("by what other models say of them"), "{error}");
}
