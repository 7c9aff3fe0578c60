//! Steps over HTTP: seen on an upload, loaded with it, kept for pushes, changed, and out of reach of others.

use serde_json::json;

use crate::harness::{Server, Who};

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_previewed_loaded_and_changed() {
    let server = Server::start().await;
    let csv = "Tag;Preis\n31.01.2013;1.234,50\n01.02.2013;-1,00\nsoon;2,00\n02.02.2013;7,00\n".as_bytes();
    let upload = server.upload(Who::Editor, "verkauf.csv", csv).await.expect(201).json();
    let steps = json!([
        {"op": "rename", "columns": {"Tag": "day", "Preis": "price"}},
        {"op": "parse_date", "column": "day", "formats": ["%d.%m.%Y"]},
        {"op": "parse_number", "column": "price", "decimal": ",", "group": "."},
        {"op": "filter", "condition": "price > 0"}
    ]);
    let path = format!("/uploads/{}/preview", upload["upload_id"].as_str().unwrap());
    let preview = server.post(Who::Editor, &path, json!({"steps": steps, "limit": 2})).await.expect(200).json();
    assert_eq!(preview["columns"], json!([{"name": "day", "type": "date"}, {"name": "price", "type": "float"}]));
    assert_eq!(preview["source"], json!([{"name": "Tag", "type": "string"}, {"name": "Preis", "type": "string"}]));
    assert_eq!(preview["before"][0], json!({"Tag": "31.01.2013", "Preis": "1.234,50"}));
    assert_eq!(preview["after"], json!([{"day": "2013-01-31", "price": 1234.5}, {"day": "2013-02-02", "price": 7.0}]));
    assert_eq!((&preview["rejects"][0]["line"], &preview["rejects"][0]["raw"]), (&json!(4), &json!(r#"{"Tag":"soon","Preis":"2,00"}"#)));
    assert_eq!(preview["steps"][3], json!({"step": 4, "op": "filter", "rows_in": 3, "rows_out": 2, "rejected": 0}));
    assert_eq!(server.get(Who::Editor, "/datasets").await.json(), json!({"items": []}));

    let wrong = server.post(Who::Editor, &path, json!({"steps": [{"op": "trimm"}]})).await.expect(400);
    assert!(wrong.text().contains("step 1: there is no op \\\"trimm\\\"; did you mean trim?"), "{}", wrong.text());
    let wrong = server.post(Who::Editor, &path, json!({"steps": [{"op": "trim"}, {"op": "drop", "columns": ["Prais"]}]})).await.expect(400);
    assert!(wrong.text().contains("step 2 (drop): there is no column \\\"Prais\\\"; did you mean Preis?"), "{}", wrong.text());
    server.post(Who::Editor, &path, json!({"limit": 0})).await.expect(400);

    let order = json!({"upload_id": upload["upload_id"], "dataset": "sales", "mode": "create", "steps": steps});
    let load = server.post(Who::Editor, "/loads", order).await.expect(202).json();
    let report = server.finished(Who::Editor, &load).await["report"].clone();
    assert_eq!((&report["rows"], &report["rejected"], &report["left_out"]), (&json!(2), &json!(1), &json!(1)));

    let push = json!([{"Tag": "03.02.2013", "Preis": "3,00"}, {"Tag": "03.02.2013", "Preis": "-3,00"}]);
    let pushed = server.post(Who::Editor, "/datasets/sales/rows", push).await.expect(200).json();
    assert_eq!((&pushed["rows"], &pushed["left_out"]), (&json!(1), &json!(1)));

    let kept = server.get(Who::Editor, "/datasets/sales/steps").await.expect(200).json();
    assert_eq!(kept["steps"], steps);
    let fewer = json!({"steps": [steps[0], steps[1], steps[2]]});
    let changed = server.put(Who::Editor, "/datasets/sales/steps", None, fewer).await.expect(200).json();
    assert_eq!((&changed["source"], changed["steps"].as_array().unwrap().len()), (&kept["source"], 3));
    let pushed = server.post(Who::Editor, "/datasets/sales/rows", json!([{"Tag": "03.02.2013", "Preis": "-3,00"}])).await.expect(200).json();
    assert_eq!((&pushed["rows"], &pushed["left_out"]), (&json!(1), &json!(0)));
    let wrong = server.put(Who::Editor, "/datasets/sales/steps", None, json!({"steps": [{"op": "trim"}]})).await.expect(400);
    assert!(wrong.text().contains("the steps leave a column \\\"Tag\\\" that the dataset does not have"), "{}", wrong.text());
}
