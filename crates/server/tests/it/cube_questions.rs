//! What Cube's clients may write: ranges, granularities and conditions in their words mean what they mean to Cube.

use serde_json::{Value, json};

use crate::cube::{post, with_orders};
use crate::harness::Server;

/// Asks for the number of orders under conditions.
async fn counted(server: &Server, filter: Value) -> Value {
    let query = json!({"measures": ["orders.count"], "filters": [filter]});
    post(server, "/load", json!({"query": query})).await.expect(200).json()["data"][0]["orders.count"].clone()
}

async fn refused(server: &Server, query: Value) -> String {
    post(server, "/load", json!({"query": query})).await.expect(400).json()["error"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn up_to_now_is_whole_days() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    // The clock of the tests stands at noon of 2026-06-01.
    let rows = "at,amount\n2026-05-24T23:59:59Z,1\n2026-05-25T01:00:00Z,2\n2026-06-01T11:30:00Z,4\n2026-06-01T20:00:00Z,8\n2026-06-02T01:00:00Z,16\n";
    mill.load("orders", tidemill::Csv::bytes(rows)).await.unwrap();
    let sum = |range: Value| json!({"measures": ["orders.sum_amount"], "timeDimensions": [{"dimension": "orders.at", "dateRange": range}]});
    for (range, expected, ends) in [
        (json!("from 7 days ago to now"), 14, ["2026-05-25T00:00:00.000", "2026-06-01T23:59:59.999"]),
        (json!(["from 7 days ago to now"]), 14, ["2026-05-25T00:00:00.000", "2026-06-01T23:59:59.999"]),
        (json!("from 1 hour ago to now"), 4, ["2026-06-01T11:00:00.000", "2026-06-01T12:59:59.999"]),
        (json!("from now to 1 day from now"), 28, ["2026-06-01T00:00:00.000", "2026-06-02T23:59:59.999"]),
        (json!("tomorrow"), 16, ["2026-06-02T00:00:00.000", "2026-06-02T23:59:59.999"]),
    ] {
        let answer = post(&server, "/load", json!({"query": sum(range.clone())})).await.expect(200).json();
        let told = &answer["query"]["timeDimensions"][0]["dateRange"];
        assert_eq!((&answer["data"][0]["orders.sum_amount"], told), (&json!(expected), &json!(ends)), "{range}");
    }
    let within = json!({"member": "orders.at", "operator": "inDateRange", "values": ["from 7 days ago to now"]});
    assert_eq!(counted(&server, within).await, 3);
    // Our own questions go to the instant, both ways.
    let own = serde_json::from_value(sum(json!("from 7 days ago to now"))).unwrap();
    assert_eq!(mill.query(&own).await.unwrap().to_json()["data"], json!([[4]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granularity_stands_behind_a_dimension() {
    let server = with_orders().await;
    let query = json!({
        "measures": ["orders.count"], "dimensions": ["orders.at.month", "orders.city"],
        "order": {"orders.at.month": "desc", "orders.city": "asc"}
    });
    let answer = post(&server, "/load", json!({"query": query})).await.expect(200).json();
    let row = |month: &str, city: &str| json!({"orders.at.month": month, "orders.at": month, "orders.city": city, "orders.count": 1});
    let (january, february) = ("2024-01-01T00:00:00.000", "2024-02-01T00:00:00.000");
    assert_eq!(answer["data"], json!([row(february, "Oslo"), row(february, "Rome"), row(january, "Rome")]));
    assert_eq!(answer["query"]["dimensions"], json!(["orders.city"]));
    assert_eq!(answer["query"]["timeDimensions"], json!([{"dimension": "orders.at", "granularity": "month"}]));
    assert_eq!(answer["annotation"]["timeDimensions"]["orders.at.month"]["granularity"]["interval"], "1 month");
    // Within a range that the same time has beside it.
    let ranged = json!({"measures": ["orders.count"], "dimensions": ["orders.at.year"], "timeDimensions": [{"dimension": "orders.at", "dateRange": ["2024-02-01", "2024-02-29"]}]});
    let answer = post(&server, "/load", json!({"query": ranged})).await.expect(200).json();
    assert_eq!(answer["data"], json!([{"orders.at.year": january, "orders.at": january, "orders.count": 2}]));
    let unknown = refused(&server, json!({"dimensions": ["orders.at.moon"]})).await;
    assert!(unknown.contains("moon"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_understood_as_cube_writes_them() {
    let server = with_orders().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let of = |member: &str, operator: &str, values: Value| json!({"member": member, "operator": operator, "values": values});
    for (filter, expected) in [
        (of("orders.city", "in", json!(["Oslo", "Paris"])), 1),
        (of("orders.city", "notIn", json!(["Oslo"])), 2),
        (of("orders.at", "onTheDate", json!(["2024-02-05"])), 1),
        (of("orders.city", "set", json!(["whatever"])), 3),
        (of("orders.city", "notSet", json!([])), 0),
        (json!({"or": [of("orders.city", "in", json!(["Oslo"])), of("orders.at", "onTheDate", json!(["2024-02-05"]))]}), 2),
    ] {
        assert_eq!(counted(&server, filter.clone()).await, expected, "{filter}");
    }
    mill.load("parts", tidemill::Csv::bytes("code,amount\na7,1\nb8,2\nc,4\n")).await.unwrap();
    let query = json!({"measures": ["parts.sum_amount"], "filters": [of("parts.code", "contains", json!([7]))]});
    let answer = post(&server, "/load", json!({"query": query})).await.expect(200).json();
    assert_eq!(answer["data"][0]["parts.sum_amount"], 1);
    let error = refused(&server, json!({"measures": ["orders.count"], "filters": [of("orders.at", "onTheDate", json!(["2024-02-05", "2024-02-06"]))]})).await;
    assert!(error.contains("onTheDate takes one date"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_is_asked_for_as_it_was_answered() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("orders", tidemill::Csv::bytes("due,amount\n2024-01-31,1\n2024-02-01,2\n")).await.unwrap();
    let query = json!({"dimensions": ["orders.due"], "order": {"orders.due": "asc"}, "timezone": "America/New_York"});
    let answer = post(&server, "/load", json!({"query": query})).await.expect(200).json();
    let due = answer["data"][0]["orders.due"].clone();
    assert_eq!(due, "2024-01-31T00:00:00.000");
    for (operator, expected) in [("equals", 1), ("notEquals", 1), ("gt", 1), ("gte", 2), ("lt", 0), ("lte", 1)] {
        let filter = json!({"member": "orders.due", "operator": operator, "values": [due]});
        let query = json!({"measures": ["orders.count"], "filters": [filter], "timezone": "America/New_York"});
        let answer = post(&server, "/load", json!({"query": query})).await.expect(200).json();
        assert_eq!(answer["data"][0]["orders.count"], expected, "{operator}");
    }
    let morning = json!({"member": "orders.due", "operator": "gt", "values": ["2024-01-31T08:00:00.000"]});
    let error = refused(&server, json!({"measures": ["orders.count"], "filters": [morning]})).await;
    assert!(error.contains("write a day"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_measure_counts_is_a_condition() {
    let server = with_orders().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let mut model = mill.model("orders").await.unwrap();
    let version = model.version;
    let added: Vec<tidemill::Measure> = serde_json::from_value(json!([
        {"name": "roman", "label": "Roman", "kind": "count", "filters": [{"member": "orders.city", "operator": "equals", "values": ["Rome"]}]},
        {"name": "place", "label": "Place", "kind": "rank", "measure": "roman"}
    ]))
    .unwrap();
    model.measures.extend(added);
    mill.update_model(model, version).await.unwrap();
    for (name, shown) in [("sales", json!(["count", "roman", {"name": "city", "alias": "town"}])), ("hidden", json!(["count", "roman"]))] {
        let view = json!({"name": name, "label": name, "include": [{"path": "orders", "members": shown}]});
        mill.update_view(serde_json::from_value(view).unwrap(), 0).await.unwrap();
    }
    let behind = |measure: &str| json!({"measures": [format!("{}.count", measure.split_once('.').unwrap().0)], "filters": [{"member": measure, "operator": "measureFilter"}]});
    for (measure, expected) in [("orders.roman", 2), ("orders.count", 3), ("sales.roman", 2)] {
        let answer = post(&server, "/load", json!({"query": behind(measure)})).await.expect(200).json();
        let counted = answer["data"][0].as_object().unwrap().values().next().unwrap();
        assert_eq!(*counted, expected, "{measure}");
    }
    for (measure, expected) in [("orders.place", "other groups"), ("hidden.roman", "does not show"), ("orders.nothing", "no measure"), ("sales.nothing", "no measure")] {
        let error = refused(&server, behind(measure)).await;
        assert!(error.contains(expected), "{measure}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rows_are_an_answer_too() {
    let server = with_orders().await;
    let query = |layout: &str| json!({"measures": ["orders.count"], "dimensions": ["orders.city"], "limit": 0, "total": true, "responseFormat": layout});
    let answer = post(&server, "/load", json!({"query": query("default")})).await.expect(200).json();
    assert_eq!((&answer["data"], &answer["total"]), (&json!([]), &json!(2)));
    assert_eq!((&answer["query"]["limit"], &answer["query"]["rowLimit"]), (&json!(0), &json!(0)));
    assert!(answer["annotation"]["measures"]["orders.count"].is_object());
    let members = json!(["orders.city", "orders.count"]);
    let answer = post(&server, "/load", json!({"query": query("compact")})).await.expect(200).json();
    assert_eq!(answer["data"], json!({"members": members, "dataset": []}));
    let answer = post(&server, "/load", json!({"query": query("columnar")})).await.expect(200).json();
    assert_eq!(answer["data"], json!({"members": members, "columns": [[], []]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_has_a_column_for_each_granularity() {
    let server = with_orders().await;
    let ask = async |query: &Value| post(&server, "/load", json!({"query": query})).await.expect(200).json();
    let by = |granularity: &str, range: Value| json!({"dimension": "orders.at", "granularity": granularity, "dateRange": range});
    let row = |month: &str, day: &str, count: u64| json!({"orders.at.month": month, "orders.at.day": day, "orders.at": day, "orders.count": count});
    let (january, february) = ("2024-01-01T00:00:00.000", "2024-02-01T00:00:00.000");
    let answer = ask(&json!({"measures": ["orders.count"], "timeDimensions": [by("month", Value::Null), by("day", Value::Null)], "order": {"orders.at.day": "desc"}})).await;
    // The name of the time alone is the last of them, as it is to Cube.
    let [first, second, third] = ["2024-01-05T00:00:00.000", "2024-02-05T00:00:00.000", "2024-02-06T00:00:00.000"];
    assert_eq!(answer["data"], json!([row(february, third, 1), row(february, second, 1), row(january, first, 1)]));
    let told = &answer["annotation"]["timeDimensions"];
    assert_eq!((&told["orders.at.month"]["granularity"]["name"], &told["orders.at.day"]["granularity"]["name"]), (&json!("month"), &json!("day")));
    assert_eq!(told["orders.at.day"]["title"], told["orders.at"]["title"]);
    assert_eq!(answer["query"]["timeDimensions"], json!([{"dimension": "orders.at", "granularity": "month"}, {"dimension": "orders.at", "granularity": "day"}]));
    // One range is of both, and of two both hold. The same is asked by names behind the dimension.
    let ranged = |second: Value| json!({"measures": ["orders.count"], "timeDimensions": [by("month", json!(["2024-02-01", "2024-02-29"])), by("day", second)]});
    assert_eq!(ask(&ranged(Value::Null)).await["data"], json!([row(february, second, 1), row(february, third, 1)]));
    assert_eq!(ask(&ranged(json!(["2024-02-06", "2024-03-31"]))).await["data"], json!([row(february, third, 1)]));
    let behind = json!({"measures": ["orders.count"], "dimensions": ["orders.at.month", "orders.at.day"], "limit": 1});
    assert_eq!(ask(&behind).await["data"], json!([row(january, first, 1)]));
    // As it is, it has its own name.
    let plain = json!({"measures": ["orders.count"], "dimensions": ["orders.at", "orders.at.month"], "order": {"orders.at.month": "asc", "orders.at": "asc"}, "limit": 1});
    assert_eq!(ask(&plain).await["data"], json!([{"orders.at.month": january, "orders.at": "2024-01-05T23:30:00.000", "orders.count": 1}]));
    // Weeks that two months share are in both.
    let weeks = json!({"measures": ["orders.count"], "timeDimensions": [by("week", Value::Null), by("month", Value::Null)], "responseFormat": "compact"});
    assert_eq!(ask(&weeks).await["data"]["members"], json!(["orders.at.week", "orders.at.month", "orders.count", "orders.at"]));
}
