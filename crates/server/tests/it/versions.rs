//! Older states of datasets over HTTP: asking them, listing them, saying how long they are kept.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{NOW, Server, Who};

/// Three loads, a minute apart; the last row is then deleted.
async fn with_orders() -> Server {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    for amount in 1..=3 {
        let load = tidemill::Json::bytes(format!(r#"{{"at": "2026-05-0{amount}T00:00:00Z", "amount": {amount}}}"#)).idempotency_key(format!("k{amount}"));
        mill.load("orders", load).await.unwrap();
        server.clock.advance(TimeDelta::minutes(1));
    }
    mill.delete_rows("orders", "amount = 3").await.unwrap();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_is_asked_by_version_and_by_time() {
    let server = with_orders().await;
    let half_past = "2026-06-01T12:01:30Z";
    for (as_of, total, version) in [(json!(0), 1, 0), (json!(2), 6, 2), (json!(3), 3, 3), (json!(NOW), 1, 0), (json!(half_past), 3, 1)] {
        let query = json!({"measures": ["orders.sum_amount"], "asOf": as_of});
        let answer = server.post(Who::Viewer, "/queries", query.clone()).await.expect(200).json();
        assert_eq!((&answer["data"], &answer["provenance"]["version"]), (&json!([[total]]), &json!(version)), "{as_of}");
        let explained = server.post(Who::Viewer, "/queries/explain", query).await.expect(200).json();
        assert_eq!(explained["version"], version);
        let answer = server.post(Who::Viewer, "/sql", json!({"sql": "select sum(amount) from orders", "asOf": as_of})).await.expect(200).json();
        assert_eq!((&answer["data"], &answer["provenance"]["version"]), (&json!([[total]]), &json!(version)), "{as_of}");
    }
    for (as_of, text) in [
        (json!(4), "versions 0 (2026-06-01T12:00:00Z) to 3 (2026-06-01T12:03:00Z)"),
        (json!("2026-05-01T00:00:00Z"), "before the first"),
        (json!("2027-01-01T00:00:00Z"), "future"),
    ] {
        for (path, body) in [("/queries", json!({"measures": ["orders.count"], "asOf": as_of})), ("/sql", json!({"sql": "select 1 from orders", "asOf": as_of}))] {
            let problem = server.post(Who::Viewer, path, body).await.expect(400).json();
            assert_eq!(problem["errors"][0]["field"], "asOf", "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains(text), "{problem}");
        }
    }
    for as_of in [json!(-1), json!(1.5), json!("yesterday"), json!(true)] {
        let problem = server.post(Who::Viewer, "/queries", json!({"measures": ["orders.count"], "asOf": as_of})).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], "asOf", "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_say_what_made_them() {
    let server = with_orders().await;
    let page = server.get(Who::Viewer, "/datasets/orders/versions?limit=2").await.expect(200).json();
    assert_eq!((&page["latest"], &page["first_readable"], &page["next"]), (&json!(3), &json!(0), &json!(2)));
    let operations = |page: &Value| page["items"].as_array().unwrap().iter().map(|item| item["operation"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(operations(&page), ["deletion", "load"]);
    assert_eq!((&page["items"][0]["rows_removed"], &page["items"][1]["loads"][0]["idempotency_key"]), (&json!(1), &json!("k3")));
    assert_eq!(page["items"][1]["loads"][0]["promotions"], json!([]));
    let rest = server.get(Who::Viewer, "/datasets/orders/versions?before=2").await.expect(200).json();
    assert_eq!((operations(&rest), &rest["next"]), (vec!["load".to_owned(), "load".to_owned()], &Value::Null));
    server.get(Who::Viewer, "/datasets/orders/versions?limit=0").await.expect(400);

    let changes = server.get(Who::Viewer, "/datasets/orders/changes?from=2026-06-01T12:00:30Z").await.expect(200).json();
    assert_eq!((&changes["from"], &changes["to"], &changes["rows_added"], &changes["rows_removed"]), (&json!(0), &json!(3), &json!(2), &json!(1)));
    for (query, field) in [("from=3&to=1", "from"), ("from=9", "from"), ("from=x", "from"), ("from=0&to=9", "to")] {
        let problem = server.get(Who::Viewer, &format!("/datasets/orders/changes?{query}")).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_says_how_long_things_are_kept() {
    let server = with_orders().await;
    let nothing = json!({"keep_days": null, "versions_kept_days": null, "keys_kept_days": null});
    assert_eq!(server.get(Who::Viewer, "/datasets/orders/settings").await.expect(200).json(), nothing);
    let settings = json!({"keep_days": 30, "versions_kept_days": 2, "keys_kept_days": 90});
    server.put(Who::Editor, "/datasets/orders/settings", None, settings.clone()).await.expect(403);
    assert_eq!(server.put(Who::Admin, "/datasets/orders/settings", None, settings.clone()).await.expect(200).json(), settings);
    assert_eq!(server.get(Who::Viewer, "/datasets/orders/settings").await.expect(200).json(), settings);
    for (settings, field) in [
        (json!({"keep_days": 0}), "keep_days"),
        (json!({"versions_kept_days": 9_999}), "versions_kept_days"),
        (json!({"keys_kept_days": 36_501}), "keys_kept_days"),
        (json!({"keep": 1}), "keep"),
    ] {
        let problem = server.put(Who::Admin, "/datasets/orders/settings", None, settings).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let report = server.get(Who::Admin, "/upkeep").await.expect(200).json();
    assert_eq!(report, json!({"enabled": false, "listed_at": null, "records": []}));
}
