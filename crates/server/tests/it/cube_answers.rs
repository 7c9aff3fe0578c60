//! What Cube's clients read in answers: what tells ranges and queries apart, how members are called, and how fresh it is.

use chrono::{SecondsFormat, TimeDelta};
use http::header;
use serde_json::{Value, json};

use crate::access::{give, set_policies};
use crate::cube::{post, with_orders};
use crate::harness::{Server, Who};

async fn load(server: &Server, query: Value) -> Value {
    post(server, "/load", json!({"query": query, "queryType": "multi"})).await.expect(200).json()
}

async fn meta(server: &Server) -> Value {
    let request = http::Request::builder().uri("/cubejs-api/v1/meta").header(header::HOST, "localhost");
    let request = request.header(header::AUTHORIZATION, server.token(Who::Viewer));
    server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(200).json()
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|found| found["name"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_says_in_which_range_it_is() {
    let server = with_orders().await;
    let query = |layout: &str| {
        let times = json!([{"dimension": "orders.at", "compareDateRange": [["2024-01-01", "2024-01-31"], ["2024-02-01", "2024-02-29"]]}]);
        json!({"measures": ["orders.count"], "timeDimensions": times, "responseFormat": layout})
    };
    let (january, february) = ("2024-01-01T00:00:00.000 - 2024-01-31T23:59:59.999", "2024-02-01T00:00:00.000 - 2024-02-29T23:59:59.999");
    let answer = load(&server, query("default")).await;
    let data = |answer: &Value| answer["results"].as_array().unwrap().iter().map(|result| result["data"].clone()).collect::<Vec<_>>();
    assert_eq!(data(&answer), [json!([{"orders.count": 1, "compareDateRange": january}]), json!([{"orders.count": 2, "compareDateRange": february}])]);
    assert_eq!(answer["pivotQuery"]["dimensions"], json!(["compareDateRange"]));
    let members = json!(["orders.count", "compareDateRange"]);
    let compact = |count: u64, range: &str| json!({"members": members, "dataset": [[count, range]]});
    assert_eq!(data(&load(&server, query("compact")).await), [compact(1, january), compact(2, february)]);
    let columnar = |count: u64, range: &str| json!({"members": members, "columns": [[count], [range]]});
    assert_eq!(data(&load(&server, query("columnar")).await), [columnar(1, january), columnar(2, february)]);
    // An open range has no ends, and is told apart all the same.
    let open = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "compareDateRange": ["all", ["2024-02-01", "2024-02-29"]]}]});
    let ranges: Vec<_> = data(&load(&server, open).await).iter().map(|data| data[0]["compareDateRange"].clone()).collect();
    assert_eq!(ranges, [json!("all"), json!(february)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_range_is_that_of_the_time_that_is_compared() {
    let server = Server::start().await;
    let rows = "opened,closed,amount\n2024-01-05T10:00:00Z,2024-01-20T10:00:00Z,1\n2024-01-06T10:00:00Z,2024-02-20T10:00:00Z,2\n";
    server.app.engine.tenant("acme").unwrap().load("orders", tidemill::Csv::bytes(rows)).await.unwrap();
    let times = json!([
        {"dimension": "orders.opened", "dateRange": ["2024-01-01", "2024-12-31"]},
        {"dimension": "orders.closed", "compareDateRange": [["2024-01-01", "2024-01-31"], ["2024-02-01", "2024-02-29"]]}
    ]);
    let answer = load(&server, json!({"measures": ["orders.sum_amount"], "timeDimensions": times})).await;
    let (january, february) = ("2024-01-01T00:00:00.000 - 2024-01-31T23:59:59.999", "2024-02-01T00:00:00.000 - 2024-02-29T23:59:59.999");
    for (place, (amount, range)) in [(1, january), (2, february)].into_iter().enumerate() {
        assert_eq!(answer["results"][place]["data"], json!([{"orders.sum_amount": amount, "compareDateRange": range}]));
        assert_eq!(answer["results"][place]["query"]["timeDimensions"][0]["dateRange"], json!(["2024-01-01T00:00:00.000", "2024-12-31T23:59:59.999"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_are_blended_share_a_time() {
    let server = with_orders().await;
    server
        .app
        .engine
        .tenant("acme")
        .unwrap()
        .load("visits", tidemill::Csv::bytes("seen,amount\n2024-01-10T10:00:00Z,7\n2024-02-10T10:00:00Z,8\n"))
        .await
        .unwrap();
    let by = |measure: &str, time: &str, granularity: &str| json!({"measures": [measure], "timeDimensions": [{"dimension": time, "granularity": granularity, "dateRange": ["2024-01-01", "2024-02-29"]}]});
    let mut orders = by("orders.count", "orders.at", "month");
    orders["dimensions"] = json!(["orders.city"]);
    let answer = load(&server, json!([orders, by("visits.sum_amount", "visits.seen", "month")])).await;
    let pivot = json!({
        "measures": ["orders.count", "visits.sum_amount"], "dimensions": ["orders.city"],
        "timeDimensions": [{"dimension": "time", "granularity": "month"}], "queryType": "blendingQuery"
    });
    assert_eq!(answer["pivotQuery"], pivot);
    let visit = |month: &str, amount: u64| json!({"visits.seen.month": month, "visits.seen": month, "time.month": month, "visits.sum_amount": amount});
    assert_eq!(answer["results"][1]["data"], json!([visit("2024-01-01T00:00:00.000", 7), visit("2024-02-01T00:00:00.000", 8)]));
    for row in answer["results"][0]["data"].as_array().unwrap() {
        assert!(row["time.month"].is_string() && row["time.month"] == row["orders.at.month"], "{row}");
    }
    let uneven = json!({"query": [by("orders.count", "orders.at", "month"), by("visits.sum_amount", "visits.seen", "week")], "queryType": "multi"});
    let error = post(&server, "/load", uneven).await.expect(400).json();
    assert!(error["error"].as_str().unwrap().contains("same granularity"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_called_as_meta_calls_them() {
    let server = with_orders().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let mut model = mill.model("orders").await.unwrap();
    let version = model.version;
    let added: Vec<tidemill::Measure> = serde_json::from_value(json!([
        {"name": "latest", "label": "Latest", "kind": "max", "column": "at"},
        {"name": "first_city", "label": "First city", "kind": "min", "column": "city"}
    ]))
    .unwrap();
    model.measures.extend(added);
    model.segments =
        serde_json::from_value(json!([{"name": "roman", "label": "From Rome", "filters": [{"member": "orders.city", "operator": "equals", "values": ["Rome"]}]}])).unwrap();
    mill.update_model(model, version).await.unwrap();
    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": [
        {"name": "latest", "alias": "newest", "label": "Newest", "description": "The latest of all"}, {"name": "city", "alias": "town", "label": "Town"}
    ]}]});
    mill.update_view(serde_json::from_value(view).unwrap(), 0).await.unwrap();
    let meta = meta(&server).await;

    let query = json!({"measures": ["orders.latest", "orders.first_city", "orders.count"], "dimensions": ["orders.city"], "segments": ["orders.roman"]});
    let answer = load(&server, query).await;
    let annotation = &answer["results"][0]["annotation"];
    let cube = named(&meta["cubes"], "orders");
    let same = |told: &Value, known: &Value, keys: &[&str]| {
        for key in keys {
            assert!(!known[*key].is_null() && told[*key] == known[*key], "{key}: {told} {known}");
        }
    };
    for (measure, of_type) in [("orders.latest", "time"), ("orders.first_city", "string"), ("orders.count", "number")] {
        same(&annotation["measures"][measure], named(&cube["measures"], measure), &["title", "shortTitle", "type", "drillMembers", "drillMembersGrouped"]);
        assert_eq!(annotation["measures"][measure]["type"], of_type);
    }
    same(&annotation["dimensions"]["orders.city"], named(&cube["dimensions"], "orders.city"), &["title", "shortTitle", "type"]);
    same(&annotation["segments"]["orders.roman"], named(&cube["segments"], "orders.roman"), &["title", "shortTitle"]);
    assert_eq!(annotation["measures"]["orders.latest"]["title"], format!("{} Latest", cube["title"].as_str().unwrap()));
    assert_eq!(annotation["measures"]["orders.latest"]["shortTitle"], "Latest");

    let answer = load(&server, json!({"measures": ["sales.newest"], "dimensions": ["sales.town"]})).await;
    let (annotation, cube) = (&answer["results"][0]["annotation"], named(&meta["cubes"], "sales"));
    same(&annotation["measures"]["sales.newest"], named(&cube["measures"], "sales.newest"), &["title", "shortTitle", "type", "description"]);
    assert_eq!(annotation["measures"]["sales.newest"]["title"], "Sales Newest");
    assert_eq!(annotation["dimensions"]["sales.town"]["title"], "Sales Town");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_that_are_joined_are_of_one_component() {
    let server = with_orders().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("cities", tidemill::Csv::bytes("city,country\nRome,IT\nOslo,NO\n")).await.unwrap();
    mill.load("weather", tidemill::Csv::bytes("day,rain\n2024-01-01,3\n")).await.unwrap();
    let component = |meta: &Value, name: &str| named(&meta["cubes"], name)["connectedComponent"].as_u64().unwrap();
    let before = meta(&server).await;
    assert_ne!(component(&before, "orders"), component(&before, "cities"));
    let mut model = mill.model("orders").await.unwrap();
    let version = model.version;
    model.joins = serde_json::from_value(json!([{"name": "cities", "on": [{"column": "city", "other": "city"}]}])).unwrap();
    mill.update_model(model, version).await.unwrap();
    let joined = meta(&server).await;
    assert_eq!(component(&joined, "orders"), component(&joined, "cities"));
    assert_ne!(component(&joined, "orders"), component(&joined, "weather"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_as_fresh_as_the_last_commit_of_what_it_read() {
    let server = with_orders().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let told = async |query: Value| load(&server, query).await["results"][0]["lastRefreshTime"].clone();
    let written = |at: chrono::DateTime<chrono::Utc>| json!(at.to_rfc3339_opts(SecondsFormat::Millis, true));
    let orders = || json!({"measures": ["orders.count"]});
    let first = server.now();
    server.clock.advance(TimeDelta::seconds(30));
    assert_eq!(told(orders()).await, written(first));
    // A lookup without any time counts as well.
    mill.load("cities", tidemill::Csv::bytes("city,country\nRome,IT\nOslo,NO\n")).await.unwrap();
    let mut model = mill.model("orders").await.unwrap();
    let version = model.version;
    model.joins = serde_json::from_value(json!([{"name": "cities", "on": [{"column": "city", "other": "city"}]}])).unwrap();
    mill.update_model(model, version).await.unwrap();
    let second = mill.dataset("cities").await.unwrap().summary.updated_at;
    assert!(second > first);
    server.clock.advance(TimeDelta::seconds(30));
    assert_eq!(told(json!({"measures": ["orders.count"], "dimensions": ["cities.country"]})).await, written(second.max(mill.dataset("orders").await.unwrap().summary.updated_at)));
    // Who sees a part of the rows is not told when the others changed.
    give(&server, Who::Viewer, json!({"city": ["Rome"]})).await.expect(200);
    let policies = json!([{"name": "own", "rows": [{"member": "orders.city", "operator": "equals", "values": ["{user.city}"]}]}]);
    set_policies(&server, Who::Admin, policies).await.expect(200);
    server.clock.advance(TimeDelta::seconds(30));
    assert_eq!(told(orders()).await, written(server.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_say_how_far_they_may_be_off() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let mut rows = String::from("customer,amount\n");
    for number in 0..6_000_u32 {
        rows.push_str(&format!("customer {number},{}\n", number % 7));
    }
    mill.load("orders", tidemill::Csv::bytes(rows)).await.unwrap();
    let mut model = mill.model("orders").await.unwrap();
    let version = model.version;
    model
        .measures
        .push(serde_json::from_value(json!({"name": "buyers", "label": "Buyers", "kind": "count_distinct_approx", "column": "customer"})).unwrap());
    mill.update_model(model, version).await.unwrap();
    let answer = load(&server, json!({"measures": ["orders.buyers", "orders.sum_amount"]})).await;
    let result = &answer["results"][0];
    assert_eq!((&result["exact"], &result["bounds"][0]["measure"]), (&json!(false), &json!("orders.buyers")));
    let measures = &result["annotation"]["measures"];
    assert_eq!(measures["orders.buyers"]["bound"], result["bounds"][0]);
    assert!(measures["orders.buyers"]["bound"]["value"].as_f64().unwrap() > 0.0);
    assert!(measures["orders.sum_amount"]["bound"].is_null());
    let exact = load(&server, json!({"measures": ["orders.sum_amount"]})).await;
    assert_eq!((&exact["results"][0]["exact"], &exact["results"][0]["bounds"]), (&json!(true), &json!([])));
}
