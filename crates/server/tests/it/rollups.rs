//! Rollups through the API: declared in a model, seen in their list, in answers and in explanations.

use serde_json::json;

use crate::harness::{Server, Who};

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_rollup_is_listed_explained_and_used() {
    let server = Server::with_airports().await;
    let mut model = server.get(Who::Editor, "/models/airports").await.expect(200).json();
    let version = model["version"].as_u64();
    model["rollups"] = json!([{"name": "by_dst", "measures": ["cuont"], "dimensions": ["dst"]}]);
    let problem = server.put(Who::Editor, "/models/airports", version, model.clone()).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "rollups[0]");
    assert!(problem["detail"].as_str().unwrap().contains("did you mean count"), "{problem}");

    model["rollups"][0]["measures"] = json!(["count"]);
    server.put(Who::Editor, "/models/airports", version, model).await.expect(200);
    let listed = server.get(Who::Viewer, "/datasets/airports/rollups").await.expect(200).json();
    assert_eq!((&listed["items"][0]["rollup"]["name"], &listed["items"][0]["advised"]), (&json!("by_dst"), &json!(false)));

    let question = json!({"measures": ["airports.count"], "dimensions": ["airports.dst"]});
    let explained = server.post(Who::Viewer, "/queries/explain", question.clone()).await.expect(200).json();
    assert_eq!((&explained["dataset"], &explained["segments_total"], &explained["rollups"]), (&json!("airports"), &json!(1), &json!([])));
    assert!(explained["plan"].as_str().unwrap().contains("SegmentAggregateExec"), "{explained}");
    let lacking = server.post(Who::Viewer, "/queries", json!({"measures": ["airports.count"], "dimensions": ["airports.tzone"]})).await.expect(200).json();
    assert!(lacking["provenance"]["rollups"][0]["lacks"].as_str().unwrap().contains("tzone"), "{lacking}");

    assert_eq!(server.get(Who::Viewer, "/datasets/airports/advice").await.expect(200).json(), json!({"items": []}));
    let unknown = server.put(Who::Editor, "/datasets/airports/advice/nothing", None, json!({"state": "pinned"})).await.expect(404).json();
    assert!(unknown["detail"].as_str().unwrap().contains("there is no advice"), "{unknown}");
    server.put(Who::Editor, "/datasets/airports/advice/nothing", None, json!({"state": "kept"})).await.expect(400);
}
