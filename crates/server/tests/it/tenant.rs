//! The calendar of a tenant: who changes it, and that questions go by it.

use serde_json::{Value, json};

use crate::harness::{Server, Who};

fn weekly(calendar: Value) -> Value {
    let mut query = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "granularity": "week"}]});
    if !calendar.is_null() {
        query["calendar"] = calendar;
    }
    query
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_go_by_the_calendar_of_the_tenant() {
    let server = Server::start().await;
    for tenant in ["acme", "other"] {
        let mill = server.app.engine.tenant(tenant).unwrap();
        // Saturday and Sunday.
        mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-03-02,1\n2013-03-03,2\n")).await.unwrap();
    }
    let weeks = async |who: Who, calendar: Value| server.post(who, "/queries", weekly(calendar)).await.expect(200).json()["data"].clone();
    let (monday, sunday) = (json!([["2013-02-25T00:00:00Z"], [2]]), json!([["2013-02-24T00:00:00Z", "2013-03-03T00:00:00Z"], [1, 1]]));
    assert_eq!(weeks(Who::Viewer, Value::Null).await, monday);
    assert_eq!(server.get(Who::Viewer, "/me").await.expect(200).json()["tenant"]["calendar"], json!({}));
    for who in [Who::Viewer, Who::Editor] {
        server.put(who, "/tenant", None, json!({"calendar": {"weekStart": "sunday"}})).await.expect(403);
    }
    for wrong in [json!({"calendar": {"weekStart": "someday"}}), json!({"calendar": {"yearStart": 0}}), json!({"calendar": {"dayStart": 24}}), json!({"calendar": {}, "slug": "x"})]
    {
        server.put(Who::Admin, "/tenant", None, wrong).await.expect(400);
    }
    let changed = server.put(Who::Admin, "/tenant", None, json!({"calendar": {"weekStart": "sunday", "yearStart": 4}})).await.expect(200).json();
    assert_eq!((&changed["slug"], &changed["calendar"]), (&json!("acme"), &json!({"weekStart": "sunday", "yearStart": 4})));
    assert_eq!(weeks(Who::Viewer, Value::Null).await, sunday);
    // A question that says something itself is answered as it says, and else as the tenant says; another tenant has its own.
    assert_eq!(weeks(Who::Viewer, json!({"weekStart": "monday"})).await, monday);
    assert_eq!(weeks(Who::Viewer, json!({"yearStart": 7})).await, sunday);
    assert_eq!(weeks(Who::Stranger, Value::Null).await, monday);
    assert_eq!(server.get(Who::Viewer, "/me").await.expect(200).json()["tenant"]["calendar"]["yearStart"], 4);

    // Users may have their own, which is nobody else's.
    for wrong in [json!({"calendar": {"weekStart": "someday"}}), json!({"calendar": {"yearStart": 13}}), json!({"role": "owner"}), json!({})] {
        server.put(Who::Viewer, "/me", None, wrong).await.expect(400);
    }
    let changed = server.put(Who::Viewer, "/me", None, json!({"calendar": {"weekStart": "monday", "yearStart": 7}})).await.expect(200).json();
    assert_eq!((&changed["user"]["calendar"]["yearStart"], &changed["tenant"]["calendar"]["yearStart"]), (&json!(7), &json!(4)));
    assert_eq!(weeks(Who::Viewer, Value::Null).await, monday);
    assert_eq!(weeks(Who::Editor, Value::Null).await, sunday);
    assert_eq!(weeks(Who::Viewer, json!({"weekStart": "sunday"})).await, sunday);
    // An admin who looks through their eyes sees what they see, and changes nothing.
    let viewer = changed["user"]["id"].as_str().unwrap().to_owned();
    let as_viewer = |method, path: &str, body: Value| {
        let request = server.request(Who::Admin, method, path).header("tidemill-view-as", &viewer).header(http::header::CONTENT_TYPE, "application/json");
        server.send(request.body(axum::body::Body::from(body.to_string())).unwrap())
    };
    assert_eq!(as_viewer(http::Method::POST, "/queries", weekly(Value::Null)).await.expect(200).json()["data"], monday);
    as_viewer(http::Method::PUT, "/me", json!({"calendar": null})).await.expect(403);
    let back = server.put(Who::Viewer, "/me", None, json!({"calendar": null})).await.expect(200).json();
    assert_eq!(back["user"]["calendar"], Value::Null);
    assert_eq!(weeks(Who::Viewer, Value::Null).await, sunday);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_changed_field_by_field() {
    let server = Server::start().await;
    let holidays = json!([{"date": "2013-12-25"}]);
    for (who, path, answered, told) in [(Who::Admin, "/tenant", "/calendar", "/tenant/calendar"), (Who::Viewer, "/me", "/user/calendar", "/user/calendar")] {
        let change = async |calendar: Value| {
            let changed = server.put(who, path, None, json!({"calendar": calendar})).await.expect(200).json();
            changed.pointer(answered).cloned().unwrap()
        };
        change(json!({"yearStart": 4, "dayStart": 6, "weekend": ["friday"], "holidays": holidays})).await;
        // Who knows nothing of the holidays leaves them as they are.
        let kept = json!({"weekStart": "sunday", "yearStart": 4, "dayStart": 6, "weekend": ["friday"], "holidays": holidays});
        assert_eq!(change(json!({"weekStart": "sunday"})).await, kept);
        assert_eq!(change(json!({})).await, kept);
        let bare = json!({"weekStart": "sunday", "dayStart": 0, "weekend": ["friday"]});
        assert_eq!(change(json!({"holidays": null, "yearStart": null, "dayStart": 0})).await, bare);
        for wrong in [json!({"holiday": null}), json!({"weekStart": "someday"}), json!({"yearStart": "april"}), json!({"timezone": 9}), json!([])] {
            server.put(who, path, None, json!({"calendar": wrong})).await.expect(400);
        }
        let me = server.get(who, "/me").await.expect(200).json();
        assert_eq!(me.pointer(told), Some(&bare));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_begin_when_the_tenant_says() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-03-02T05:00:00Z,1\n2013-03-02T07:00:00Z,2\n")).await.unwrap();
    let changed = server.put(Who::Admin, "/tenant", None, json!({"calendar": {"dayStart": 6}})).await.expect(200).json();
    assert_eq!(changed["calendar"], json!({"dayStart": 6}));
    let query = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day"}]});
    let answer = server.post(Who::Viewer, "/queries", query.clone()).await.expect(200).json();
    assert_eq!(answer["data"], json!([["2013-03-01T06:00:00Z", "2013-03-02T06:00:00Z"], [1, 1]]));
    let mut midnight = query;
    midnight["calendar"] = json!({"dayStart": 0});
    let answer = server.post(Who::Viewer, "/queries", midnight).await.expect(200).json();
    assert_eq!(answer["data"], json!([["2013-03-02T00:00:00Z"], [2]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_names_one_field_has_the_others_of_the_tenant() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-04-01T05:00:00Z,1\n2013-04-01T07:00:00Z,2\n")).await.unwrap();
    server.put(Who::Admin, "/tenant", None, json!({"calendar": {"yearStart": 4, "dayStart": 6}})).await.expect(200);
    let years = async |calendar: Value| {
        let query = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "granularity": "year"}], "calendar": calendar});
        server.post(Who::Viewer, "/queries", query).await.expect(200).json()["data"].clone()
    };
    let fiscal = json!([["2012-04-01T06:00:00Z", "2013-04-01T06:00:00Z"], [1, 1]]);
    assert_eq!(years(json!({})).await, fiscal);
    assert_eq!(years(json!({"weekStart": "sunday"})).await, fiscal);
    assert_eq!(years(json!({"dayStart": 0})).await, json!([["2013-04-01T00:00:00Z"], [2]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_those_of_the_zone_of_the_tenant_until_somebody_names_another() {
    let server = Server::start().await;
    for tenant in ["acme", "other"] {
        let mill = server.app.engine.tenant(tenant).unwrap();
        // In Tokyo it is the third of March already.
        mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-03-02T16:00:00Z,1\n")).await.unwrap();
    }
    let days = async |who: Who, with: Value| {
        let mut query = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day"}]});
        query.as_object_mut().unwrap().extend(with.as_object().cloned().unwrap());
        let answer = server.post(who, "/queries", query).await.expect(200).json();
        (answer["provenance"]["timezone"].as_str().unwrap().to_owned(), answer["data"][0][0].as_str().unwrap().to_owned())
    };
    let told = |zone: &str, day: &str| (zone.to_owned(), day.to_owned());
    let (utc, tokyo, oslo) = (told("UTC", "2013-03-02T00:00:00Z"), told("Asia/Tokyo", "2013-03-02T15:00:00Z"), told("Europe/Oslo", "2013-03-01T23:00:00Z"));
    assert_eq!(days(Who::Viewer, json!({})).await, utc);
    for (who, path) in [(Who::Admin, "/tenant"), (Who::Viewer, "/me")] {
        let problem = server.put(who, path, None, json!({"calendar": {"timezone": "Asia/Tokio"}})).await.expect(400).json();
        assert!(problem.to_string().contains("calendar.timezone") && problem.to_string().contains("Asia/Tokyo"), "{problem}");
    }
    let changed = server.put(Who::Admin, "/tenant", None, json!({"calendar": {"timezone": "Asia/Tokyo"}})).await.expect(200).json();
    assert_eq!(changed["calendar"], json!({"timezone": "Asia/Tokyo"}));
    assert_eq!(days(Who::Viewer, json!({})).await, tokyo);
    assert_eq!(days(Who::Viewer, json!({"timezone": "UTC"})).await, utc);
    assert_eq!(days(Who::Viewer, json!({"calendar": {"timezone": "Europe/Oslo"}})).await, oslo);
    assert_eq!(days(Who::Stranger, json!({})).await, utc);
    // Users may have their own; what they say nothing of stays that of the tenant.
    server.put(Who::Viewer, "/me", None, json!({"calendar": {"weekStart": "sunday"}})).await.expect(200);
    assert_eq!(days(Who::Viewer, json!({})).await, tokyo);
    server.put(Who::Viewer, "/me", None, json!({"calendar": {"timezone": "Europe/Oslo"}})).await.expect(200);
    assert_eq!((days(Who::Viewer, json!({})).await, days(Who::Editor, json!({})).await), (oslo, tokyo.clone()));
    server.put(Who::Viewer, "/me", None, json!({"calendar": {"timezone": null}})).await.expect(200);
    assert_eq!(days(Who::Viewer, json!({})).await, tokyo);
    // Statements are of the same zone where they ask which days are worked: there it is Sunday.
    let worked = async |who: Who| server.post(who, "/sql", json!({"sql": "select is_business_day(at) from orders"})).await.expect(200).json()["data"][0][0].clone();
    server.put(Who::Admin, "/tenant", None, json!({"calendar": {"weekend": ["sunday"]}})).await.expect(200);
    assert_eq!(worked(Who::Viewer).await, json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn holidays_of_the_tenant_are_those_of_its_users_until_they_say_other() {
    let server = Server::start().await;
    for tenant in ["acme", "other"] {
        let mill = server.app.engine.tenant(tenant).unwrap();
        // Friday to Monday.
        mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-03-08T12:00:00Z,1\n2013-03-09T12:00:00Z,2\n2013-03-10T12:00:00Z,4\n2013-03-11T12:00:00Z,8\n"))
            .await
            .unwrap();
    }
    let worked = async |who: Who, calendar: Value| {
        let mut query = json!({"measures": ["orders.sum_amount"], "filters": [{"member": "orders.at", "operator": "onBusinessDays"}]});
        if !calendar.is_null() {
            query["calendar"] = calendar;
        }
        let answer = server.post(who, "/queries", query).await.expect(200).json();
        (answer["data"][0][0].as_i64().unwrap(), answer["provenance"]["calendar"]["holidayCount"].as_i64().unwrap())
    };
    assert_eq!(worked(Who::Viewer, Value::Null).await, (9, 0));
    let week = json!(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]);
    for (wrong, field) in [
        (json!({"holidays": [{"date": "2013-03-11"}, {"date": "2013-03-11"}]}), Some("calendar.holidays")),
        (json!({"weekend": week}), Some("calendar.weekend")),
        (json!({"holidays": [{"date": "11.3.2013"}]}), None),
        (json!({"weekend": ["caturday"]}), None),
    ] {
        for (who, path) in [(Who::Admin, "/tenant"), (Who::Viewer, "/me")] {
            let problem = server.put(who, path, None, json!({"calendar": wrong})).await.expect(400).json();
            assert!(field.is_none_or(|field| problem["errors"][0]["field"] == field), "{problem}");
        }
    }
    // Written in the order of their dates.
    let calendar =
        json!({"weekStart": "monday", "yearStart": 1, "weekend": ["friday", "saturday"], "holidays": [{"date": "2013-03-11", "name": "Founder's day"}, {"date": "2013-12-25"}]});
    let mut shuffled = calendar.clone();
    shuffled["holidays"].as_array_mut().unwrap().reverse();
    let changed = server.put(Who::Admin, "/tenant", None, json!({"calendar": shuffled})).await.expect(200).json();
    assert_eq!(changed["calendar"], calendar);
    assert_eq!(server.get(Who::Viewer, "/me").await.expect(200).json()["tenant"]["calendar"], calendar);
    assert_eq!((worked(Who::Viewer, Value::Null).await, worked(Who::Stranger, Value::Null).await), ((4, 2), (9, 0)));
    // Who says when their weeks begin keeps the days that are worked, and may change those alone.
    assert_eq!(worked(Who::Viewer, json!({"weekStart": "sunday"})).await, (4, 2));
    assert_eq!(worked(Who::Viewer, json!({"holidays": []})).await, (12, 0));
    let own = json!({"weekStart": "sunday", "yearStart": 1, "weekend": ["sunday"]});
    let changed = server.put(Who::Viewer, "/me", None, json!({"calendar": own})).await.expect(200).json();
    assert_eq!(changed["user"]["calendar"], own);
    assert_eq!((worked(Who::Viewer, Value::Null).await, worked(Who::Editor, Value::Null).await), ((3, 2), (4, 2)));
    // A dashboard has its calendar as it was given.
    let dashboard = json!({"title": "Days", "definition": {"schema": 1, "timezone": null, "calendar": calendar, "time": {"range": "last 5 business days", "grain": null},
        "time_dimension": "orders.at", "filters": [{"member": "orders.at", "operator": "offBusinessDays"}], "widgets": []}});
    let made = server.post(Who::Editor, "/dashboards", dashboard.clone()).await.expect(201).json();
    assert_eq!((&made["definition"]["calendar"], &made["definition"]["filters"][0]["operator"]), (&calendar, &json!("offBusinessDays")));
    let mut wrong = dashboard;
    wrong["definition"]["calendar"]["weekend"] = week;
    server.post(Who::Editor, "/dashboards", wrong.clone()).await.expect(400);
    // Its zone is one that there is.
    wrong["definition"]["calendar"] = Value::Null;
    wrong["definition"]["timezone"] = json!("Europe/Olso");
    let problem = server.post(Who::Editor, "/dashboards", wrong).await.expect(400).json();
    assert!(problem.to_string().contains("definition.timezone") && problem.to_string().contains("Europe/Oslo"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_know_the_days_that_the_tenant_and_its_users_work() {
    let server = Server::with_airports().await;
    server
        .app
        .engine
        .tenant("acme")
        .unwrap()
        .load("visits", tidemill::Csv::bytes("at,n\n2013-03-04T10:00:00Z,1\n2013-03-05T10:00:00Z,2\n2013-03-09T10:00:00Z,4\n"))
        .await
        .unwrap();
    let worked = async |who: Who| {
        let statement = json!({"sql": "select sum(n) as n from visits where is_business_day(at)"});
        let verified = server.post(who, "/sql/verify", statement.clone()).await.expect(200).json();
        assert_eq!(verified["equal"], true, "{verified}");
        let answer = server.post(who, "/sql", statement).await.expect(200).json();
        (answer["data"][0][0].clone(), answer["provenance"]["calendar"]["holidayCount"].clone())
    };
    assert_eq!(worked(Who::Viewer).await, (json!(3), json!(0)));
    server.put(Who::Admin, "/tenant", None, json!({"calendar": {"holidays": [{"date": "2013-03-04"}]}})).await.expect(200);
    assert_eq!(worked(Who::Viewer).await, (json!(2), json!(1)));
    // Who has days of their own goes by these, and nobody else does.
    server.put(Who::Viewer, "/me", None, json!({"calendar": {"weekend": ["monday", "tuesday"], "holidays": []}})).await.expect(200);
    assert_eq!(worked(Who::Viewer).await, (json!(4), json!(0)));
    assert_eq!(worked(Who::Editor).await, (json!(2), json!(1)));
}
