//! The budget of a tenant: who changes it, and that questions over it are refused with cheaper ones.

use axum::body::Body;
use http::{Method, header};
use serde_json::{Value, json};

use crate::harness::{Server, Who};

#[tokio::test(flavor = "multi_thread")]
async fn questions_stay_within_the_budget_of_the_tenant() {
    let server = Server::start().await;
    for tenant in ["acme", "other"] {
        let mill = server.app.engine.tenant(tenant).unwrap();
        mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-03-02,1\n2013-03-03,2\n")).await.unwrap();
    }
    let question = json!({"measures": ["orders.sum_amount"]});
    assert_eq!(server.get(Who::Viewer, "/me").await.expect(200).json()["tenant"]["budget"], json!({}));
    for who in [Who::Viewer, Who::Editor] {
        server.put(who, "/tenant", None, json!({"budget": {"rows": 1}})).await.expect(403);
    }
    for wrong in [json!({"budget": {"rows": -1}}), json!({"budget": {"row": 1}})] {
        server.put(Who::Admin, "/tenant", None, wrong).await.expect(400);
    }
    server.put(Who::Admin, "/tenant", None, json!({"calendar": {"yearStart": 4}})).await.expect(200);
    let changed = server.put(Who::Admin, "/tenant", None, json!({"budget": {"rows": 1}})).await.expect(200).json();
    assert_eq!((&changed["budget"], &changed["calendar"]["yearStart"]), (&json!({"rows": 1}), &json!(4)));

    for (path, body) in [("/queries", question.clone()), ("/sql", json!({"sql": "select amount from orders"}))] {
        for who in [Who::Viewer, Who::Admin] {
            let refused = server.post(who, path, body.clone()).await.expect(429).json();
            assert_eq!(refused["code"], "exhausted");
            assert!(refused["detail"].as_str().unwrap().ends_with("its budget is 1 rows"), "{refused}");
            assert!(refused["suggestions"].as_array().is_some_and(|said| !said.is_empty()), "{refused}");
        }
    }
    let explain = async |who: Who| server.post(who, "/queries/explain", question.clone()).await.expect(200).json();
    let explained = explain(Who::Viewer).await;
    assert_eq!((&explained["within_budget"], &explained["budget"], &explained["rows"]), (&json!(false), &json!({"rows": 1}), &json!(2)));
    // Another tenant has its own.
    assert_eq!(explain(Who::Stranger).await["within_budget"], true);
    assert_eq!(server.post(Who::Stranger, "/queries", question.clone()).await.expect(200).json()["data"], json!([[3]]));

    let freed: Value = server.put(Who::Admin, "/tenant", None, json!({"budget": {}})).await.expect(200).json();
    assert_eq!(freed["budget"], json!({}));
    assert_eq!(server.post(Who::Viewer, "/queries", question.clone()).await.expect(200).json()["data"], json!([[3]]));
    // A user's own counts where the tenant has none, and never for more than the tenant grants.
    let viewer = server.get(Who::Viewer, "/me").await.expect(200).json()["user"]["id"].as_str().unwrap().to_owned();
    let (path, least) = (format!("/users/{viewer}"), json!({"measures": ["orders.min_amount"]}));
    let granted = server.put(Who::Admin, &path, None, json!({"budget": {"rows": 1}})).await.expect(200).json();
    assert_eq!((&granted["budget"], &granted["role"]), (&json!({"rows": 1}), &json!("viewer")));
    server.put(Who::Viewer, &path, None, json!({"budget": {}})).await.expect(403);
    server.put(Who::Stranger, &path, None, json!({"budget": {}})).await.expect(404);
    server.post(Who::Viewer, "/queries", least.clone()).await.expect(429);
    let statement = json!({"sql": "select amount from orders"});
    server.post(Who::Viewer, "/sql", statement.clone()).await.expect(429);
    let explained = server.post(Who::Viewer, "/sql/explain", statement.clone()).await.expect(200).json();
    assert_eq!((&explained["rows"], &explained["within_budget"], &explained["budget"]), (&json!(2), &json!(false), &json!({"rows": 1})));
    let explained = server.post(Who::Editor, "/sql/explain", statement).await.expect(200).json();
    assert_eq!((&explained["within_budget"], &explained["budget"]), (&json!(true), &json!({})));
    server.put(Who::Admin, "/tenant", None, json!({"budget": {"rows": 0}})).await.expect(200);
    assert_eq!(server.post(Who::Viewer, "/queries/explain", least.clone()).await.expect(200).json()["budget"], json!({"rows": 0}));
    server.put(Who::Admin, "/tenant", None, json!({"budget": {}})).await.expect(200);
    server.put(Who::Admin, &path, None, json!({"budget": {}})).await.expect(200);
    server.post(Who::Viewer, "/queries", least).await.expect(200);

    // The smaller one counts, also where the tenant has none.
    let own = json!({"measures": ["orders.max_amount"], "budget": {"rows": 1}});
    server.post(Who::Viewer, "/queries", own).await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_have_budgets_of_their_own_and_are_explained_beside_their_answers() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-03-02,1\n2013-03-03,2\n")).await.unwrap();
    let asked = |more: Value| {
        let mut body = json!({"sql": "select sum(amount) as total from orders"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    // A statement only lowers what it may read, in every unit.
    for (budget, words) in [(json!({"rows": 1}), "1 rows"), (json!({"bytes": 1}), "1 bytes"), (json!({"cost": 0}), "0 units of cost")] {
        let refused = server.post(Who::Viewer, "/sql", asked(json!({"budget": budget}))).await.expect(429).json();
        assert!(refused["detail"].as_str().unwrap().ends_with(&format!("its budget is {words}")), "{refused}");
        let explained = server.post(Who::Viewer, "/sql/explain", asked(json!({"budget": budget}))).await.expect(200).json();
        assert_eq!((&explained["budget"], &explained["within_budget"], &explained["cost"]), (&budget, &json!(false), &json!(1)));
    }
    server.put(Who::Admin, "/tenant", None, json!({"budget": {"rows": 1}})).await.expect(200);
    server.post(Who::Viewer, "/sql", asked(json!({"budget": {"rows": 1000}}))).await.expect(429);
    server.put(Who::Admin, "/tenant", None, json!({"budget": {"cost": 1}})).await.expect(200);
    server.post(Who::Viewer, "/sql", asked(json!({"budget": {"row": 1}}))).await.expect(400);

    let answer = server.post(Who::Viewer, "/sql", asked(json!({"explain": true}))).await.expect(200).json();
    assert_eq!((&answer["data"], &answer["explanation"]["rows"], &answer["explanation"]["budget"]), (&json!([[3]]), &json!(2), &json!({"cost": 1})));
    let plain = server.post(Who::Viewer, "/sql", asked(json!({}))).await.expect(200).json();
    assert!(plain.get("explanation").is_none(), "{plain}");
    let request = server.request(Who::Viewer, Method::POST, "/sql").header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, "text/csv");
    let refused = server.send(request.body(Body::from(asked(json!({"explain": true})).to_string())).unwrap()).await.expect(400).json();
    assert_eq!(refused["errors"][0]["field"], "explain");
    // Where nothing is answered it changes nothing.
    for path in ["/sql/explain", "/sql/verify"] {
        server.post(Who::Viewer, path, asked(json!({"explain": true}))).await.expect(200);
    }
}
