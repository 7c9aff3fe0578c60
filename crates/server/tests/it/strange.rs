//! Callers who want to break something: odd names, bodies that are none or too large, questions that ask nothing, names of what is gone, two
//! at once. Every route of the table refuses them in the words of a problem, and nothing ends in an error of ours.

use http::header;
use serde_json::{Value, json};

use crate::cube;
use crate::harness::{Answer, Server, Who, definition, example};
use crate::matrix::{NOTHING, address, call, call_with, table};

/// Names that nothing has.
const ODD: [&str; 14] = ["%FF", "%C3%28", "%00", "%20", "..", "%2E%2E%2F", "a%2Fb", "AIRPORTS", "airports%0A", "airports%20", "%F0%9F%A6%80", "-", "%25", "*"];

/// The airports, for somebody who calls very often.
async fn server() -> Server {
    let server = Server::start_with(|settings| settings.http.requests_per_minute = 1_000_000).await;
    server.app.engine.tenant("acme").unwrap().load("airports", tidemill::Load::path(example("airports.csv"))).await.unwrap();
    server
}

/// That it is refused, and in the form that its callers read.
#[track_caller]
fn assert_refused(answer: &Answer, what: &str) {
    let (status, text) = (answer.status.as_u16(), answer.text());
    assert!((400..500).contains(&status), "{what}: {status} {text}");
    let form = if what.contains("/cubejs-api") { "application/json" } else { "application/problem+json" };
    assert_eq!(answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()), Some(form), "{what}: {status} {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_name_nothing() {
    let server = server().await;
    let long = "x".repeat(2_000);
    for (operation, (_, body)) in table() {
        let path = operation.split_once(' ').unwrap().1;
        for odd in ODD.into_iter().chain([long.as_str()]).filter(|_| path.contains('{')) {
            let path = address(&path.replace("{rollup}", odd).replace("{load_id}", odd).replace("{widget_id}", odd), odd, odd);
            let answer = call(&server, Who::Owner, operation, &path, &body).await;
            assert_refused(&answer, &format!("{operation} {odd}"));
        }
    }
    assert_eq!(server.get(Who::Owner, "/datasets").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_none_are_refused_by_every_route() {
    let server = server().await;
    let deep = "[".repeat(100_000);
    let wide = format!("{{\"a\": {}1{}}}", "[".repeat(120), "]".repeat(120));
    for (operation, (_, body)) in table() {
        let path = address(operation.split_once(' ').unwrap().1, "airports", NOTHING);
        for text in ["", "{", "null", "0", "\"x\"", "{\"no_such_field\": 1}", "{\"\": {}}", "{} {}", "\u{0}", "{\"name\": 1e999}", deep.as_str(), wide.as_str()] {
            if body.is_null() {
                continue;
            }
            let answer = call_with(&server, Who::Owner, operation, &path, Some(text.to_owned())).await;
            let what = format!("{operation} with {}", &text[..text.len().min(40)]);
            // Of pushed rows each is taken or rejected, and what is wrong with a text that is to be a model is the answer.
            if path.ends_with("/rows") || path.ends_with("/models/airports/check") {
                assert!(answer.status.as_u16() < 500, "{what}: {}", answer.text());
            } else {
                assert_refused(&answer, &what);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_beyond_the_limit_of_their_route_are_too_large() {
    let server = server().await;
    for (operation, (_, body)) in table() {
        let path = operation.split_once(' ').unwrap().1;
        // A file is a stream with a limit of its own.
        if body.is_null() || path == "/api/v1/uploads" {
            continue;
        }
        let limit = match path {
            _ if path.ends_with("/rows") || path.ends_with("/replay") => 16 << 20,
            "/api/v1/model-files" | "/api/v1/model-files/check" => 4 << 20,
            _ => 1 << 20,
        };
        let text = format!("{}{body}", " ".repeat(limit));
        let answer = call_with(&server, Who::Owner, operation, &address(path, "airports", NOTHING), Some(text)).await;
        assert_eq!(answer.status.as_u16(), 413, "{operation}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_ask_nothing_or_too_much_are_refused_on_every_way() {
    let server = server().await;
    let counted = |more: Value| {
        let mut query = json!({"measures": ["airports.count"]});
        query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        query
    };
    let condition = |values: Vec<&str>| json!({"member": "airports.faa", "operator": "equals", "values": values});
    let wrong = [
        json!({}),
        json!({"measures": []}),
        json!({"measures": [""]}),
        json!({"measures": ["."]}),
        json!({"measures": ["airports."]}),
        json!({"measures": [".count"]}),
        json!({"measures": ["airports.count."]}),
        json!({"measures": ["airports.count\u{0}"]}),
        json!({"measures": ["AIRPORTS.count"]}),
        json!({"measures": "airports.count"}),
        json!({"measures": {"airports.count": 1}}),
        json!({"measures": vec!["airports.count"; 200]}),
        counted(json!({"dimensions": [""]})),
        counted(json!({"timeDimensions": [{"dimension": "", "granularity": "day"}]})),
        counted(json!({"filters": [{"member": "", "operator": "equals", "values": ["a"]}]})),
        counted(json!({"filters": vec![condition(vec!["EWR"]); 5_000]})),
        counted(json!({"filters": [condition(vec!["EWR"; 20_000])]})),
        counted(json!({"order": {"airports.nothing": "asc"}})),
        counted(json!({"segments": ["airports.nothing"]})),
        counted(json!({"timezone": ""})),
        counted(json!({"asOf": "yesterday"})),
        counted(json!({"asOf": -1})),
        counted(json!({"asOf": 99})),
        counted(json!({"budget": {"rows": -1}})),
        counted(json!({"limit": -1})),
        counted(json!({"offset": -1})),
        counted(json!({"offset": usize::MAX})),
    ];
    for query in wrong {
        let shown = query.to_string();
        let shown = &shown[..shown.len().min(200)];
        for path in ["/queries", "/queries/explain", "/queries/verify", "/queries/lineage"] {
            assert_refused(&server.post(Who::Viewer, path, query.clone()).await, &format!("{path} {shown}"));
        }
        for path in ["/load", "/dry-run", "/sql"] {
            assert_refused(&cube::post(&server, path, json!({"query": query})).await, &format!("/cubejs-api{path} {shown}"));
        }
    }
    let beyond = server.post(Who::Viewer, "/queries", counted(json!({"offset": usize::MAX}))).await.expect(400).json();
    assert_eq!(beyond["errors"][0]["field"], "offset", "{beyond}");
    // Behind the last row there is nothing, which is an answer.
    let behind = server.post(Who::Viewer, "/queries", counted(json!({"offset": 1_000_000_000}))).await.expect(200).json();
    assert_eq!(behind["data"], json!([[]]));
    // Nobody has models read by the thousand by naming measures of them.
    let behind: Vec<Value> = (0..200).map(|number| json!({"member": format!("airports.m{number}"), "operator": "measureFilter"})).collect();
    let refused = cube::post(&server, "/load", json!({"query": counted(json!({"filters": behind}))})).await.expect(400).json();
    assert!(refused["error"].as_str().unwrap().contains("at most 100"), "{refused}");
    for sql in ["", " ", ";", "--", "select 1; select 2", "\u{0}", "select * from \"\""] {
        for path in ["/sql", "/sql/explain", "/sql/verify", "/sql/lineage"] {
            assert_refused(&server.post(Who::Viewer, path, json!({"sql": sql})).await, &format!("{path} {sql:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_there_are_not_are_refused() {
    let server = server().await;
    for path in [
        "/models?hiden=true",
        "/models/airports/values?dimension=faa&serach=E",
        "/models/airports/values?search=E",
        "/models/airports/values?dimension=",
        "/models/airports/values?dimension=faa&limit=0",
        "/models/airports/values?dimension=faa&limit=1001",
        "/models/airports/values?dimension=faa&offset=18446744073709551615",
        "/models/airports/values?dimension=faa&offset=-1",
        "/model-files?fromat=osi",
        "/model-files?format=",
        "/datasets/airports/versions?limit=0",
        "/datasets/airports/versions?before=-1",
        "/datasets/airports/changes?from=",
        "/datasets/airports/changes?from=99",
        "/datasets/airports/rejects?limit=1001",
        "/datasets/airports/rejects?load_id=x",
        "/datasets/airports/preview?limit=0",
        "/loads?state=",
        "/loads?state=ended",
        "/loads?sate=running",
    ] {
        assert_refused(&server.get(Who::Owner, path).await, path);
    }
    // Far behind the last there are none.
    let far = server.get(Who::Owner, "/datasets/airports/rejects?offset=18446744073709551615").await.expect(200).json();
    assert_eq!(far["items"], json!([]));
    let far = server.get(Who::Owner, "/datasets/airports/versions?before=18446744073709551615").await.expect(200).json();
    assert_eq!(far["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_not_there_on_any_route() {
    let server = server().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("gone", tidemill::Csv::bytes("faa,n\nEWR,1\n")).await.unwrap();
    let view = |name: &str| json!({"name": name, "label": "V", "include": [{"path": "airports", "members": "*"}]});
    server.put(Who::Owner, "/views/left", Some(0), view("left")).await.expect(200);
    let dashboard = server.post(Who::Owner, "/dashboards", json!({"title": "T", "definition": definition()})).await.expect(201).json();
    let dashboard = dashboard["id"].as_str().unwrap().to_owned();
    for path in ["/datasets/gone".to_owned(), "/views/left".to_owned(), format!("/dashboards/{dashboard}")] {
        server.delete(Who::Owner, &path).await.expect(204);
    }
    for (operation, (_, body)) in table() {
        let path = operation.split_once(' ').unwrap().1;
        if !path.contains('{') {
            continue;
        }
        let name = if path.contains("/views/") { "left" } else { "gone" };
        let body = serde_json::from_str(&body.to_string().replace("\"airports\"", &format!("\"{name}\""))).unwrap();
        let answer = call(&server, Who::Owner, operation, &address(path, name, &dashboard), &body).await;
        assert_eq!(answer.status.as_u16(), 404, "{operation}: {}", answer.text());
    }
    for query in [json!({"measures": ["gone.count"]}), json!({"measures": ["left.count"]})] {
        server.post(Who::Owner, "/queries", query).await.expect(404);
    }
    server.post(Who::Owner, "/sql", json!({"sql": "select * from gone"})).await.expect(404);
}

/// What two callers were answered, the lower status first.
fn statuses(one: &Answer, other: &Answer) -> [u16; 2] {
    let mut both = [one.status.as_u16(), other.status.as_u16()];
    both.sort_unstable();
    both
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_save_at_once_one_is_told_of_the_other() {
    let server = server().await;
    let view = |label: &str| json!({"name": "sales", "label": label, "include": [{"path": "airports", "members": "*"}]});
    let (one, other) = tokio::join!(server.put(Who::Editor, "/views/sales", Some(0), view("One")), server.put(Who::Admin, "/views/sales", Some(0), view("Other")));
    assert_eq!(statuses(&one, &other), [200, 412], "{} {}", one.text(), other.text());
    let saved = if one.status == 200 { "One" } else { "Other" };
    let stored = server.get(Who::Viewer, "/views/sales").await.expect(200).json();
    assert!(stored.to_string().contains(&format!("\"label\":\"{saved}\"")), "{stored}");

    let model = server.get(Who::Editor, "/models/airports").await.expect(200).json();
    let labelled = |label: &str| {
        let mut model = model.clone();
        model["label"] = json!(label);
        model
    };
    let version = model["version"].as_u64();
    let (one, other) = tokio::join!(server.put(Who::Editor, "/models/airports", version, labelled("One")), server.put(Who::Admin, "/models/airports", version, labelled("Other")));
    assert_eq!(statuses(&one, &other), [200, 412], "{} {}", one.text(), other.text());
    let saved = if one.status == 200 { "One" } else { "Other" };
    let model = server.get(Who::Viewer, "/models/airports").await.expect(200).json();
    assert_eq!(model["label"], saved);

    // Files of the version that both have read: what the other has stored is not stored over, however far this one was.
    let files = |label: &str| {
        let mut model = model.clone();
        model["label"] = json!(label);
        json!({"format": "tidemill", "files": [{"name": "airports.yml", "text": model.to_string()}]})
    };
    let (one, other) = tokio::join!(server.post(Who::Editor, "/model-files", files("Third")), server.post(Who::Admin, "/model-files", files("Fourth")));
    let both = statuses(&one, &other);
    assert!(both[0] == 200 && matches!(both[1], 400 | 409), "{both:?} {} {}", one.text(), other.text());
    let saved = if one.status == 200 { "Third" } else { "Fourth" };
    assert_eq!(server.get(Who::Viewer, "/models/airports").await.expect(200).json()["label"], saved);

    // Who deletes what the other deletes has deleted it too, or finds it gone.
    let (one, other) = tokio::join!(server.delete(Who::Editor, "/views/sales"), server.delete(Who::Admin, "/views/sales"));
    let both = statuses(&one, &other);
    assert!(both[0] == 204 && matches!(both[1], 204 | 404 | 409), "{both:?} {} {}", one.text(), other.text());
    server.get(Who::Viewer, "/views/sales").await.expect(404);
}
