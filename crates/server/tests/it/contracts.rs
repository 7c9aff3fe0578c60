//! Contracts, rejected rows and profiles over HTTP.

use serde_json::{Value, json};

use crate::harness::{Server, Who};

async fn load(server: &Server, dataset: &str, mode: &str, text: &str) -> Value {
    let upload = server.upload(Who::Editor, "orders.csv", text.as_bytes()).await.expect(201).json();
    let load = server.post(Who::Editor, "/loads", json!({"upload_id": upload["upload_id"], "dataset": dataset, "mode": mode})).await.expect(202).json();
    server.finished(Who::Editor, &load).await["report"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_held_to_a_contract_exported_corrected_and_loaded_again() {
    let server = Server::start().await;
    let first = load(&server, "orders", "create", "id,amount\n1,2\n2,3\n").await;
    assert_eq!((&first["profiled"], &first["drift"]), (&json!(true), &json!([])));
    assert_eq!(server.get(Who::Viewer, "/datasets/orders/contract").await.expect(200).json(), json!({"rules": []}));
    let contract = json!({"rules": [{"check": "unique", "columns": ["id"], "on_violation": "reject"}, {"check": "range", "column": "amount", "min": 0, "on_violation": "reject"}]});
    server.put(Who::Editor, "/datasets/orders/contract", None, contract.clone()).await.expect(403);
    assert_eq!(server.put(Who::Admin, "/datasets/orders/contract", None, contract.clone()).await.expect(200).json(), contract);
    for (rule, field) in [(json!({"check": "required", "column": "x"}), "rules[0].column"), (json!({"check": "range", "column": "id"}), "rules[0].min")] {
        let problem = server.put(Who::Admin, "/datasets/orders/contract", None, json!({"rules": [rule]})).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    server
        .put(Who::Admin, "/datasets/orders/contract", None, json!({"rules": [{"check": "required", "column": "id", "why": 1}]}))
        .await
        .expect(400);

    let second = load(&server, "orders", "append", "id,amount\n1,2\n3,-1\n4,5\n").await;
    assert_eq!((&second["rows"], &second["rejected"]), (&json!(1), &json!(2)));
    let base = format!("/datasets/orders/loads/{}", second["load_id"].as_str().unwrap());
    let rejects = server.get(Who::Viewer, &format!("{base}/rejects?limit=1&offset=1")).await.expect(200).json();
    assert_eq!(
        (&rejects["total"], &rejects["items"][0]["rule"], &rejects["items"][0]["number"], &rejects["items"][0]["replayed_by"]),
        (&json!(2), &json!(2), &json!(1), &Value::Null)
    );
    let file = server.get(Who::Viewer, &format!("{base}/rejects/export")).await.expect(200);
    assert_eq!(file.text().lines().count(), 3, "{}", file.text());
    let file = server.get(Who::Viewer, &format!("{base}/rejects/export?format=ndjson")).await.expect(200);
    assert_eq!(file.text().lines().count(), 2);
    server.get(Who::Viewer, &format!("{base}/rejects/export?format=xml")).await.expect(400);

    let fixed = json!({"rows": [{"number": 1, "row": {"id": 3, "amount": 1}}]});
    server.post(Who::Viewer, &format!("{base}/rejects/replay"), fixed.clone()).await.expect(403);
    let replayed = server.post(Who::Editor, &format!("{base}/rejects/replay"), fixed.clone()).await.expect(200).json();
    assert_eq!((&replayed["rows"], &replayed["replayed"]), (&json!(1), &json!(false)));
    let again = server.post(Who::Editor, &format!("{base}/rejects/replay"), fixed).await.expect(200).json();
    assert_eq!((&again["load_id"], &again["replayed"]), (&replayed["load_id"], &json!(true)));
    let other = json!({"rows": [{"number": 0, "row": {"id": 7}}, {"number": 1, "row": {"id": 8}}]});
    server.post(Who::Editor, &format!("{base}/rejects/replay"), other).await.expect(409);

    let loads = server.get(Who::Viewer, "/datasets/orders/loads").await.expect(200).json();
    assert_eq!((loads["items"].as_array().unwrap().len(), &loads["items"][0]["replays"]), (3, &second["load_id"]));
    let profile = server.get(Who::Viewer, &format!("/datasets/orders/loads/{}/profile", first["load_id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&profile["rows"], &profile["columns"][1]["mean"]), (&json!(2), &json!(2.5)));
    server.get(Who::Viewer, &format!("{base}/profile")).await.expect(404);
    // A load that took all of its rows has none that were rejected.
    let base = format!("/datasets/orders/loads/{}", first["load_id"].as_str().unwrap());
    assert_eq!(server.get(Who::Viewer, &format!("{base}/rejects")).await.expect(200).json(), json!({"total": 0, "items": [], "headers": {}}));
    server.get(Who::Viewer, &format!("{base}/rejects/export")).await.expect(404);
    server.get(Who::Viewer, &format!("{base}/rejects?load_id=x")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_that_makes_a_dataset_may_bring_its_contract_and_steps() {
    let server = Server::start().await;
    let order = |upload: &Value, mode: &str, contract: &Value| json!({"upload_id": upload["upload_id"], "dataset": "orders", "mode": mode, "contract": contract});
    let text = b"id,amount\n1,2\n1,3\n2,-4\n3,5\n4,6\n";
    let contract = json!({"rules": [{"check": "unique", "columns": ["id"], "on_violation": "reject"}, {"check": "range", "column": "amount", "min": 0, "on_violation": "reject"}]});
    let upload = server.upload(Who::Editor, "orders.csv", text).await.expect(201).json();
    server.post(Who::Editor, "/loads", order(&upload, "create", &json!({"rules": [{"check": "no_such"}]}))).await.expect(400);
    let mut first = order(&upload, "create", &contract);
    first["steps"] = json!([{"op": "filter", "condition": "id <> 4"}]);
    let load = server.post(Who::Editor, "/loads", first).await.expect(202).json();
    let load = server.finished(Who::Editor, &load).await;
    let report = &load["report"];
    assert_eq!((&load["state"], &report["rows"], &report["rejected"], &report["left_out"]), (&json!("done"), &json!(2), &json!(2), &json!(1)), "{load}");
    assert_eq!(server.get(Who::Viewer, "/datasets/orders/contract").await.expect(200).json(), contract);

    // The same contract is no matter; another one is a conflict, and says what to do.
    let upload = server.upload(Who::Editor, "orders.csv", b"id,amount\n7,2\n").await.expect(201).json();
    let problem = server.post(Who::Editor, "/loads", order(&upload, "append", &json!({"rules": []}))).await.expect(409).json();
    assert!(problem["detail"].as_str().unwrap().contains("leave the contract out, or change that of the dataset first"), "{problem}");
    let load = server.post(Who::Editor, "/loads", order(&upload, "append", &contract)).await.expect(202).json();
    let load = server.finished(Who::Editor, &load).await;
    assert_eq!((&load["state"], &load["report"]["rows"]), (&json!("done"), &json!(1)), "{load}");
}

/// The schemas are written beside the engine's own types; what the engine says must fit them.
#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_fields_that_the_document_names() {
    let server = Server::start().await;
    let rows = |city: &str| (0..200).fold("city,n\n".to_owned(), |text, row| format!("{text}{city},{row}\n"));
    let first = load(&server, "orders", "create", &rows("Rome")).await;
    let second = load(&server, "orders", "append", &(rows("Oslo") + "x,y\n")).await;
    let profile = server.get(Who::Viewer, &format!("/datasets/orders/loads/{}/profile", second["load_id"].as_str().unwrap())).await.expect(200).json();
    let rejects = server.get(Who::Viewer, &format!("/datasets/orders/loads/{}/rejects", second["load_id"].as_str().unwrap())).await.expect(200).json();
    for (schema, value) in [
        ("LoadReport", first),
        ("LoadProfile", profile.clone()),
        ("LoadColumnProfile", profile["columns"][0].clone()),
        ("HistogramBucket", profile["columns"][1]["histogram"][0].clone()),
        ("Deciles", profile["columns"][1]["deciles"].clone()),
        ("TextLengths", profile["columns"][0]["lengths"].clone()),
        ("Drift", profile["drift"][0].clone()),
        ("RejectedRow", rejects["items"][0].clone()),
        ("DatasetLoad", server.get(Who::Viewer, "/datasets/orders/loads").await.json()["items"][0].clone()),
    ] {
        let described = &server.app.openapi["components"]["schemas"][schema];
        let properties = described["properties"].as_object().unwrap_or_else(|| panic!("{schema}: {described}"));
        for field in value.as_object().unwrap_or_else(|| panic!("{schema}: {value}")).keys() {
            assert!(properties.contains_key(field), "{schema} does not describe {field}");
        }
        for required in described["required"].as_array().into_iter().flatten() {
            assert!(value.get(required.as_str().unwrap()).is_some(), "{schema}: {required} is missing in {value}");
        }
    }
}

/// What is rejected is kept as it came, before any step.
#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_of_a_dataset_that_hides_values_are_for_those_who_may_load_it() {
    let server = Server::start().await;
    let upload = server.upload(Who::Editor, "people.csv", b"mail,amount\na@example.org,1\nb@example.org,2\n").await.expect(201).json();
    let order = json!({"upload_id": upload["upload_id"], "dataset": "people", "mode": "create", "steps": [{"op": "hash", "columns": ["mail"]}]});
    let made = server.post(Who::Editor, "/loads", order).await.expect(202).json();
    assert_eq!(server.finished(Who::Editor, &made).await["state"], "done");
    let contract = json!({"rules": [{"check": "range", "column": "amount", "min": 0}]});
    server.put(Who::Admin, "/datasets/people/contract", None, contract).await.expect(200);
    let report = load(&server, "people", "append", "mail,amount\nnightingale@example.org,-1\nc@example.org,3\n").await;
    assert_eq!((&report["rows"], &report["rejected"]), (&json!(1), &json!(1)), "{report}");
    let base = format!("/datasets/people/loads/{}", report["load_id"].as_str().unwrap());
    for path in ["/datasets/people/rejects".to_owned(), format!("{base}/rejects"), format!("{base}/rejects/export"), format!("{base}/rejects/export?format=ndjson")] {
        assert!(server.get(Who::Editor, &path).await.expect(200).text().contains("nightingale"), "{path}");
        server.get(Who::Viewer, &path).await.expect(403);
        server.get(Who::Stranger, &path).await.expect(404);
    }
    // What the dataset holds is no secret of it.
    server.get(Who::Viewer, "/datasets/people/loads").await.expect(200);
    for path in [format!("{base}/profile"), "/datasets/people/contract".to_owned(), "/datasets/people/loads".to_owned()] {
        server.get(Who::Stranger, &path).await.expect(404);
    }
}
