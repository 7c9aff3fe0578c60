//! The committed description of the API is the one that the server gives.

use std::path::Path;

use crate::harness::{Server, Who};

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_current() {
    let server = Server::empty().await;
    let document = server.get(Who::Anonymous, "/openapi.json").await.expect(200).json();
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "docs/openapi.json is not current; run this test with UPDATE=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_points_somewhere_and_every_operation_is_described() {
    let server = Server::empty().await;
    let document = &server.app.openapi;
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    for (path, method, operation) in tidemill_server::openapi::page::operations(document) {
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
        assert!(operation["operationId"].is_string() && operation["tags"].is_array(), "{method} {path}");
        assert!(operation["responses"]["default"]["content"]["application/problem+json"].is_object(), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_body_has_an_example_with_fields_that_its_schema_has() {
    let server = Server::empty().await;
    let document = &server.app.openapi;
    for (path, method, operation) in tidemill_server::openapi::page::operations(document) {
        let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
        // A file is its own example.
        for (content_type, content) in bodies.filter(|(content_type, _)| *content_type != "multipart/form-data") {
            let example = &content["example"];
            assert!(!example.is_null(), "{method} {path}: {content_type} has no example");
            let Some(schema) = content["schema"]["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) else { continue };
            let schema = document.pointer(schema).unwrap();
            for field in example.as_object().unwrap().keys() {
                assert!(schema["properties"].get(field).is_some(), "{method} {path}: {field} is not described");
            }
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(example.get(required.as_str().unwrap()).is_some(), "{method} {path}: {required} is missing");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_document_is_a_schema_of_its_own() {
    let server = Server::empty().await;
    server.get(Who::Anonymous, "/schemas/Modle").await.expect(404);
    for name in ["Model", "View", "SemanticQuery", "DashboardDefinition"] {
        let schema = server.get(Who::Anonymous, &format!("/schemas/{name}")).await.expect(200).json();
        let text = schema.to_string();
        assert!(!text.contains("/components/"), "{text}");
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(schema.pointer(pointer).is_some(), "{name}: {pointer}");
        }
    }
    // What a model is made of comes with it, and nothing else.
    let model = server.get(Who::Anonymous, "/schemas/Model").await.json();
    let parts: Vec<&String> = model["$defs"].as_object().unwrap().keys().collect();
    assert!(["Dimension", "Measure", "Join", "NamedFilter"].iter().all(|part| parts.iter().any(|known| known == part)), "{parts:?}");
    assert!(!parts.iter().any(|part| *part == "Dashboard"), "{parts:?}");
}

/// The schemas are written beside the engine's own types; what the engine says must fit them.
#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_fields_that_the_document_names() {
    let server = Server::with_airports().await;
    let query = serde_json::json!({"measures": ["airports.count"]});
    let verification = server.post(Who::Viewer, "/queries/verify", query.clone()).await.json();
    let of_statement = server.post(Who::Viewer, "/sql/verify", serde_json::json!({"sql": "select count(*) as n from airports"})).await.expect(200).json();
    let by_name = serde_json::json!({"measures": ["airports.count"], "dimensions": ["airports.name"], "limit": 1});
    let lineage = server.post(Who::Viewer, "/queries/lineage", by_name).await.json();
    let sql = "select faa, measure(count) from airports where faa > 'A' group by faa";
    let of_sql = server.post(Who::Viewer, "/sql/lineage", serde_json::json!({"sql": sql})).await.expect(200).json();
    let mut wrong = server.get(Who::Editor, "/models/airports").await.json();
    wrong["time_dimension"] = serde_json::json!("nowhere");
    let checked = server.post(Who::Editor, "/models/airports/check", wrong).await.expect(200).json();
    let explained = server.post(Who::Viewer, "/queries", serde_json::json!({"measures": ["airports.count"], "explain": true})).await.json();
    let upload = server.upload(Who::Editor, "a.csv", b"a,b\n1,x\n").await.expect(201).json();
    for (schema, value) in [
        ("DatasetSummary", server.get(Who::Viewer, "/datasets").await.json()["items"][0].clone()),
        ("ColumnProfile", server.get(Who::Viewer, "/datasets/airports/profile").await.json()["columns"][0].clone()),
        ("DatasetColumn", server.get(Who::Viewer, "/datasets/airports").await.json()["columns"][0].clone()),
        ("DatasetLoad", server.get(Who::Viewer, "/datasets/airports").await.json()["loads"][0].clone()),
        ("Model", server.get(Who::Viewer, "/models/airports").await.json()),
        ("QueryResult", server.post(Who::Viewer, "/queries", query.clone()).await.json()),
        ("Provenance", server.post(Who::Viewer, "/queries", query.clone()).await.json()["provenance"].clone()),
        ("ResultColumn", server.post(Who::Viewer, "/queries", query).await.json()["columns"][0].clone()),
        ("QueryResult", explained.clone()),
        ("Explanation", explained["explanation"].clone()),
        ("Verification", verification),
        ("Verification", of_statement),
        ("Lineage", lineage.clone()),
        ("MeasureLineage", lineage["measures"][0].clone()),
        ("DimensionLineage", lineage["dimensions"][0].clone()),
        ("DatasetLineage", lineage["datasets"][0].clone()),
        ("CommitLineage", lineage["datasets"][0]["commits"][0].clone()),
        ("SegmentLineage", lineage["datasets"][0]["commits"][0]["segments"][0].clone()),
        ("StatementLineage", of_sql.clone()),
        ("ReadLineage", of_sql["reads"][0].clone()),
        ("DatasetLineage", of_sql["datasets"][0].clone()),
        ("ModelCheck", checked.clone()),
        ("Diagnostic", checked["diagnostics"][0].clone()),
        ("WaitingUpload", server.get(Who::Editor, "/uploads").await.json()["items"][0].clone()),
        ("Inference", upload["inference"].clone()),
        ("InferredColumn", upload["inference"]["columns"][0].clone()),
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
