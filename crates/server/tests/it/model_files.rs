//! Models as files over HTTP: those of Cube and of Open Semantic Interchange come in, what does not fit is told by file and line and
//! keeps everything out, policies are not lost, and what is written out comes back as it was. What was stopped halfway says so, and goes on.

use std::pin::pin;
use std::task::Poll;

use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tidemill::ErrorKind;
use tidemill_server::model_files::{Format, Stopped, Stored, What, misfits, read_all, store as store_read};
use tidemill_server::store::audit;

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
fn outcomes_of(report: &Value) -> Vec<Value> {
    let one = |outcome: &Value| json!([outcome["what"], outcome["name"], outcome["version"], outcome["changed"]]);
    report["outcomes"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_cube_is_checked_and_stored() {
    let server = with_orders().await;
    let body = files("cube", &[("shop.yml", CUBE)]);
    let report = check(&server, body.clone()).await;
    assert_eq!(report["problems"], json!([]), "{report}");
    assert_eq!(outcomes_of(&report), [json!(["model", "orders", 1, true]), json!(["view", "sales", 0, true])]);
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
    assert_eq!(outcomes_of(&stored), [json!(["model", "orders", 2, true]), json!(["view", "sales", 1, true])]);
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
    assert_eq!(outcomes_of(&again), [json!(["view", "sales", 1, false]), json!(["model", "orders", 2, false])]);
    let mut osi = server.get(Who::Viewer, "/model-files?format=osi").await.expect(200).json();
    assert_eq!(osi["files"][0]["name"], "acme.osi.yml");
    assert!(osi["left_out"][0].as_str().unwrap().starts_with("the view sales: "), "{osi}");
    osi.as_object_mut().unwrap().remove("left_out");
    assert_eq!(outcomes_of(&store(&server, Who::Editor, osi).await.expect(200).json()), [json!(["model", "orders", 2, false])]);
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

/// The files of two models, each with another label than before.
async fn relabelled(server: &Server, names: [&str; 2]) -> [(String, String); 2] {
    let written = server.get(Who::Owner, "/model-files").await.expect(200).json();
    names.map(|name| {
        let file = written["files"].as_array().unwrap().iter().find(|file| file["name"] == json!(format!("{name}.yml"))).unwrap();
        let text = file["text"].as_str().unwrap();
        assert!(text.contains("version: 1\n"), "{text}");
        let label = text.lines().find(|line| line.starts_with("label: ")).unwrap();
        (format!("{name}.yml"), text.replacen(label, &format!("label: All the {name}"), 1))
    })
}

async fn with_lands() -> Server {
    let server = with_orders().await;
    server.app.engine.tenant("acme").unwrap().load("lands", tidemill::Csv::bytes("code,zone\nDE,inner\n")).await.unwrap();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_halfway_is_told_and_goes_on_with_the_same_files() {
    let server = with_lands().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let texts = relabelled(&server, ["lands", "orders"]).await;
    let mut read = read_all(&mill, Format::Tidemill, &texts).await.unwrap();
    assert!(misfits(&mill, Format::Tidemill, &mut read, false).await.unwrap().is_empty());
    // What no check has found, and stops the second.
    let mut unfit = read.found.clone();
    unfit.models[1].dimensions[0].column = Some("nothing".to_owned());
    let Stored { outcomes, stopped } = store_read(&mill, unfit).await;
    let Stopped { error, left } = stopped.unwrap();
    assert_eq!((outcomes.len(), outcomes[0].name.as_str(), outcomes[0].version, outcomes[0].changed), (1, "lands", 2, true));
    assert_eq!((error.kind(), left), (ErrorKind::Invalid, vec![(What::Model, "orders".to_owned())]));
    assert!(error.message().starts_with("one of the models and views is stored, and the others are not"), "{error}");
    // The files say that they are of the first versions, of which one is no more.
    let again = files("tidemill", &[(&texts[0].0, &texts[0].1), (&texts[1].0, &texts[1].1)]);
    let report = check(&server, again.clone()).await;
    assert_eq!(outcomes_of(&report), [json!(["model", "lands", 2, false]), json!(["model", "orders", 1, true])]);
    let stored = store(&server, Who::Editor, again.clone()).await.expect(200).json();
    assert_eq!(outcomes_of(&stored), [json!(["model", "lands", 2, false]), json!(["model", "orders", 2, true])]);
    // Of what somebody else has made of it since, the same files are refused.
    let mut model = mill.model("lands").await.unwrap();
    model.label = "Countries".to_owned();
    mill.update_model(model, 2).await.unwrap();
    let refused = store(&server, Who::Editor, again).await.expect(400).json();
    assert!(refused["errors"][0]["detail"].as_str().unwrap().starts_with("the file is of version 1, and 3 is stored"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_meanwhile_stays_and_nothing_is_stored_over_it() {
    let server = with_lands().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let view = "name: zones\nlabel: Zones\ninclude:\n  - {path: lands, members: [zone]}\n";
    let texts = [("shop.yml".to_owned(), CUBE.to_owned())];
    let mut read = read_all(&mill, Format::Cube, &texts).await.unwrap();
    assert!(misfits(&mill, Format::Cube, &mut read, false).await.unwrap().is_empty());
    let found = read.found;
    // The files were read before there was a policy, and have none.
    let mut model = mill.model("orders").await.unwrap();
    model.access_policies = serde_json::from_value(json!([{"name": "nobody", "when": [{"attribute": "team", "values": ["none"]}]}])).unwrap();
    mill.update_model(model, 1).await.unwrap();
    let Stored { outcomes, stopped } = store_read(&mill, found).await;
    let Stopped { error, left } = stopped.unwrap();
    assert_eq!((outcomes.len(), error.kind(), left.len()), (0, ErrorKind::Conflict, 2));
    assert!(error.message().starts_with("nothing is stored: model orders is at version 2, not 1"), "{error}");
    let kept = mill.model("orders").await.unwrap();
    assert_eq!((kept.version, kept.access_policies.len()), (2, 1));
    assert_eq!(mill.view("sales").await.unwrap_err().kind(), ErrorKind::NotFound);

    // So it is with views, whose files say nothing of a version: the other's stays.
    let mut read = read_all(&mill, Format::Tidemill, &[("zones.view.yml".to_owned(), view.to_owned())]).await.unwrap();
    assert!(misfits(&mill, Format::Tidemill, &mut read, false).await.unwrap().is_empty());
    let mut other = read.found.views[0].clone();
    other.label = "Where".to_owned();
    mill.update_view(other, 0).await.unwrap();
    let Stopped { error, .. } = store_read(&mill, read.found).await.stopped.unwrap();
    assert_eq!((error.kind(), mill.view("zones").await.unwrap().label.as_str()), (ErrorKind::Conflict, "Where"));
}

#[tokio::test(flavor = "multi_thread")]
async fn storing_goes_on_when_nobody_waits_any_more_and_is_written_down() {
    let server = with_orders().await;
    {
        let mut request = pin!(store(&server, Who::Editor, files("cube", &[("shop.yml", CUBE)])));
        // Until it has begun to store, and then the caller is gone.
        std::future::poll_fn(|context| {
            assert!(request.as_mut().poll(context).is_pending(), "it was answered before it was seen to store");
            if server.app.tasks.is_empty() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
    server.app.tasks.close();
    server.app.tasks.wait().await;
    assert_eq!(version(&server).await, 2);
    server.get(Who::Viewer, "/views/sales").await.expect(200);
    let log = audit::Entity::find().all(server.app.store.db()).await.unwrap();
    let written: Vec<_> = log.iter().filter(|row| row.request_id.is_some()).map(|row| (row.action.as_str(), row.subject.as_str())).collect();
    assert_eq!(written, [("model.updated", "orders"), ("view.updated", "sales")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_models_that_lead_a_policy_elsewhere_together_take_an_admin() {
    let server = access::server().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    for (name, rows) in [
        ("lands", "code,part\nDE,p\nFR,q\n"),
        ("parts", "id,side\np,s\nq,t\n"),
        ("sides", "id,zone_id\ns,1\nt,2\n"),
        ("zones", "id,zone\n1,inner\n2,outer\n"),
        ("cities", "land,shire\nDE,x\nFR,y\n"),
        ("shires", "id,zone_id\nx,2\ny,1\n"),
    ] {
        mill.load(name, tidemill::Csv::bytes(rows)).await.unwrap();
    }
    let joined = async |name: &str, joins: Value| {
        let mut model = server.get(Who::Owner, &format!("/models/{name}")).await.expect(200).json();
        model["joins"] = joins;
        model
    };
    let join = |name: &str, column: &str, other: &str| json!({"name": name, "on": [{"column": column, "other": other}]});
    let mut orders = joined("orders", json!([join("lands", "country", "code"), join("cities", "country", "land")])).await;
    orders["access_policies"] = json!([{"name": "zone", "rows": [{"member": "zones.zone", "operator": "equals", "values": ["{user.zone}"]}]}]);
    for model in [
        joined("sides", json!([join("zones", "zone_id", "id")])).await,
        joined("parts", json!([join("sides", "side", "id")])).await,
        joined("lands", json!([join("parts", "part", "id")])).await,
        orders,
    ] {
        let path = format!("/models/{}", model["name"].as_str().unwrap());
        server.put(Who::Admin, &path, model["version"].as_u64(), model).await.expect(200);
    }
    access::give(&server, Who::Viewer, json!({"zone": ["outer"]})).await.expect(200);
    // By land, part and side the outer zone has the order of France.
    assert_eq!(access::count(&server, Who::Viewer).await, json!([[1], [2]]));
    // By city and shire it is a shorter way to another zone. Each of the two joins alone leads nowhere.
    let shires = ("shires.yml", joined("shires", json!([join("zones", "zone_id", "id")])).await.to_string());
    let cities = ("cities.yml", joined("cities", json!([join("shires", "shire", "id")])).await.to_string());
    let body = |parts: &[&(&'static str, String)]| files("tidemill", &parts.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>());
    for alone in [&shires, &cities] {
        assert_eq!(check(&server, body(&[alone])).await["problems"], json!([]), "{}", alone.0);
    }
    let together = body(&[&shires, &cities]);
    server.post(Who::Editor, "/model-files/check", together.clone()).await.expect(403);
    store(&server, Who::Editor, together.clone()).await.expect(403);
    assert_eq!(access::count(&server, Who::Viewer).await, json!([[1], [2]]));
    // Nor one after the other.
    store(&server, Who::Editor, body(&[&shires])).await.expect(200);
    store(&server, Who::Editor, body(&[&cities])).await.expect(403);
    store(&server, Who::Admin, together).await.expect(200);
    assert_eq!(access::count(&server, Who::Viewer).await, json!([[2], [5]]));
}
