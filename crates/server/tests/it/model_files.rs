//! Models as files over HTTP: those of Cube and of Open Semantic Interchange come in, what does not fit is told by file and line and
//! keeps everything out, policies are not lost, and what is written out comes back as it was.

use serde_json::{Value, json};

use crate::access;
use crate::cube::with_orders;
use crate::harness::{Answer, Server, Who};

const CUBE: &str = "cubes:
  - name: orders
    sql_table: shop.orders
    dimensions:
      - {name: city, sql: city, type: string}
      - {name: place, sql: place, type: switch}
    measures:
      - {name: revenue, sql: amount, type: sum}
views:
  - name: sales
    cubes:
      - {join_path: orders, includes: [revenue, city]}
";

fn files(format: &str, files: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(name, text)| json!({"name": name, "text": text})).collect();
    json!({"format": format, "files": files})
}

async fn version(server: &Server) -> Value {
    server.get(Who::Owner, "/models/orders").await.expect(200).json()["version"].clone()
}

async fn store(server: &Server, who: Who, body: Value) -> Answer {
    server.post(who, "/model-files", body).await
}

async fn check(server: &Server, body: Value) -> Value {
    server.post(Who::Editor, "/model-files/check", body).await.expect(200).json()
}

/// What became of each: what it is, its name, its version and whether it changed.
fn outcomes(report: &Value) -> Vec<Value> {
    let one = |outcome: &Value| json!([outcome["what"], outcome["name"], outcome["version"], outcome["changed"]]);
    report["outcomes"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_cube_is_checked_and_stored() {
    let server = with_orders().await;
    let body = files("cube", &[("shop.yml", CUBE)]);
    let report = check(&server, body.clone()).await;
    assert_eq!(report["problems"], json!([]), "{report}");
    assert_eq!(outcomes(&report), [json!(["model", "orders", 1, true]), json!(["view", "sales", 0, true])]);
    let note = report["notes"].as_array().unwrap().iter().find(|note| note["path"] == "orders.dimensions.place").unwrap_or_else(|| panic!("{report}"));
    assert_eq!((&note["file"], &note["line"]), (&json!("shop.yml"), &json!(6)));
    assert!(note["detail"].as_str().unwrap().starts_with("left out: "), "{note}");
    // Nothing was stored, and who only reads stores nothing.
    assert_eq!(version(&server).await, 1);
    store(&server, Who::Viewer, body.clone()).await.expect(403);
    // Of another tenant's datasets nobody knows anything.
    let strange = store(&server, Who::Stranger, body.clone()).await.expect(400).json();
    assert!(strange["detail"].as_str().unwrap().ends_with("nothing is stored"), "{strange}");
    assert_eq!(version(&server).await, 1);

    let stored = store(&server, Who::Editor, body).await.expect(200).json();
    assert_eq!(outcomes(&stored), [json!(["model", "orders", 2, true]), json!(["view", "sales", 1, true])]);
    for measure in ["orders.revenue", "sales.revenue"] {
        let answer = server.post(Who::Viewer, "/queries", json!({"measures": [measure]})).await.expect(200).json();
        assert_eq!(answer["data"], json!([[60]]), "{measure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_told_by_file_and_line_and_keeps_all_out() {
    let server = with_orders().await;
    let written = server.get(Who::Editor, "/model-files").await.expect(200).json();
    assert_eq!((&written["format"], &written["files"][0]["name"], &written["left_out"]), (&json!("tidemill"), &json!("orders.yml"), &json!([])));
    let text = written["files"][0]["text"].as_str().unwrap();
    let unfit = text.replace("column: amount", "column: amont");
    let line = unfit.lines().position(|line| line.contains("amont")).unwrap() + 1;
    let view = "name: sales\nlabel: Sales\ninclude:\n  - {path: orders, members: [count, nothing]}\n";
    let body = files("tidemill", &[("unfit.yml", &unfit), ("sales.view.yml", view)]);
    let report = check(&server, body.clone()).await;
    let problems = report["problems"].as_array().unwrap();
    let told: Vec<_> = problems.iter().map(|problem| (&problem["what"], &problem["name"], &problem["file"])).collect();
    assert_eq!(told, [(&json!("model"), &json!("orders"), &json!("unfit.yml")), (&json!("view"), &json!("sales"), &json!("sales.view.yml"))], "{report}");
    assert_eq!(problems[0]["line"], json!(line));
    assert!(problems[0]["detail"].as_str().unwrap().contains("did you mean amount"), "{report}");
    let refused = store(&server, Who::Editor, body).await.expect(400).json();
    let field = refused["errors"][0]["field"].as_str().unwrap();
    assert!(field.starts_with(&format!("unfit.yml:{line}:")) && field.contains("model orders dimensions["), "{refused}");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2);
    assert_eq!(version(&server).await, 1);

    // What cannot be read has its place in the sentence.
    let unread = files("tidemill", &[("bad.yml", "name: orders\ndatset: orders\n")]);
    let report = check(&server, unread.clone()).await;
    let problem = &report["problems"][0];
    assert!(problem["what"] == "file" && problem["detail"].as_str().unwrap().starts_with("bad.yml:2:1: "), "{report}");
    store(&server, Who::Editor, unread).await.expect(400);
    // And so has what is no list of files.
    for (body, field) in [(files("tidemill", &[]), "files"), (files("tidemill", &[("", "a")]), "files[0].name"), (files("cubes", &[("a", "")]), "format")] {
        let problem = server.post(Who::Editor, "/model-files/check", body).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_out_comes_back_as_it_was() {
    let server = with_orders().await;
    store(&server, Who::Editor, files("cube", &[("shop.yml", CUBE)])).await.expect(200);
    let mut own = server.get(Who::Viewer, "/model-files").await.expect(200).json();
    own.as_object_mut().unwrap().remove("left_out");
    let again = store(&server, Who::Editor, own).await.expect(200).json();
    // The view holds already, and goes first.
    assert_eq!(outcomes(&again), [json!(["view", "sales", 1, false]), json!(["model", "orders", 2, false])]);
    let mut osi = server.get(Who::Viewer, "/model-files?format=osi").await.expect(200).json();
    assert_eq!(osi["files"][0]["name"], "acme.osi.yml");
    assert!(osi["left_out"][0].as_str().unwrap().starts_with("the view sales: "), "{osi}");
    osi.as_object_mut().unwrap().remove("left_out");
    assert_eq!(outcomes(&store(&server, Who::Editor, osi).await.expect(200).json()), [json!(["model", "orders", 2, false])]);
    let problem = server.get(Who::Viewer, "/model-files?format=cube").await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "format");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_not_lost_by_files() {
    let server = access::server().await;
    let text = "cubes:\n  - name: orders\n    sql_table: orders\n    measures:\n      - {name: revenue, sql: amount, type: sum}\n";
    // The policy that stays goes by the country.
    let without = store(&server, Who::Admin, files("cube", &[("shop.yml", text)])).await.expect(400).json();
    assert!(without["detail"].as_str().unwrap().ends_with("nothing is stored") && without.to_string().contains("country"), "{without}");
    let cube = files("cube", &[("shop.yml", &format!("{text}    dimensions:\n      - {{name: country, sql: country, type: string}}\n"))]);
    // Who sees a part of the rows changes no model.
    store(&server, Who::Editor, cube.clone()).await.expect(403);
    store(&server, Who::Admin, cube.clone()).await.expect(200);
    let model = server.get(Who::Owner, "/models/orders").await.expect(200).json();
    assert_eq!((&model["access_policies"][0]["name"], &model["measures"][0]["name"]), (&json!("own_country"), &json!("revenue")));

    // A file of ours says it all, so one without policies would take them away.
    let mut bare = model.clone();
    bare.as_object_mut().unwrap().remove("access_policies");
    let text = serde_json::to_string_pretty(&bare).unwrap();
    let mut body = files("tidemill", &[("orders.yml", &text)]);
    let refused = store(&server, Who::Admin, body.clone()).await.expect(400).json();
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("drop_policies"), "{refused}");
    body["drop_policies"] = json!(true);
    store(&server, Who::Admin, body).await.expect(200);
    assert!(server.get(Who::Owner, "/models/orders").await.expect(200).json().get("access_policies").is_none());
}
