//! Measures that look at other times: what is moved ends with its month, keeps to the days of its zone, and is refused where it
//! cannot be right.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, ErrorKind, Mill, Scope, TenantId};

use crate::composed::{change, refused, rows, settings};
use crate::ward::{Ward, open};

/// A dataset of instants with amounts, and measures that move.
async fn events(ward: &Ward, rows: &str) -> Mill {
    let mill = open(ward.folder.path(), settings()).await.tenant("acme").unwrap();
    mill.load("events", Csv::bytes(format!("at,kind,amount\n{rows}"))).await.unwrap();
    change(
        &mill,
        "events",
        json!({"measures": [
            {"name": "total", "label": "Total", "kind": "sum", "column": "amount"},
            {"name": "day_before", "label": "A day before", "kind": "time_shift", "measure": "total", "span": {"count": 1, "unit": "day"}},
            {"name": "month_before", "label": "A month before", "kind": "time_shift", "measure": "total", "span": {"count": 1, "unit": "month"}},
            {"name": "year_before", "label": "A year before", "kind": "time_shift", "measure": "total", "span": {"count": 1, "unit": "year"}},
            {"name": "two_days", "label": "Two days", "kind": "rolling", "measure": "total", "span": {"count": 2, "unit": "day"}},
            {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "total"},
            {"name": "product", "label": "Product", "kind": "number", "expression": "{total} * {total}"}
        ]}),
    )
    .await;
    mill
}

fn at(granularity: Option<&str>, range: &Value) -> Value {
    json!([{"dimension": "events.at", "granularity": granularity, "dateRange": range}])
}

#[tokio::test]
async fn what_is_moved_ends_with_the_month_it_comes_from() {
    let ward = Ward::new().await;
    let mill = events(&ward, "2023-02-28T12:00:00Z,a,1\n2024-01-31T12:00:00Z,a,2\n2024-02-28T12:00:00Z,a,4\n2024-02-29T23:30:00Z,a,8\n2024-03-30T12:00:00Z,a,16\n").await;
    for (measure, range, expected) in [
        // A whole month moves to a whole month, whatever its length.
        ("month_before", ["2024-03-01", "2024-03-31"], 12),
        ("month_before", ["2024-02-01", "2024-02-29"], 2),
        // February has no 30th: its last day is all there.
        ("month_before", ["2024-03-29", "2024-03-30"], 8),
        ("month_before", ["2024-03-30", "2024-03-30"], 8),
        ("year_before", ["2024-02-29", "2024-02-29"], 1),
        ("year_before", ["2024-01-01", "2024-12-31"], 1),
    ] {
        let found = rows(&mill, json!({"measures": [format!("events.{measure}")], "timeDimensions": at(None, &json!(range))})).await;
        assert_eq!(found, json!([[expected]]), "{measure} {range:?}");
    }
    // By days, what has no day in the other month counts on its last one.
    let found = rows(&mill, json!({"measures": ["events.month_before"], "timeDimensions": at(Some("day"), &json!(["2024-02-01", "2024-03-31"]))})).await;
    assert_eq!(found, json!([["2024-02-29T00:00:00Z", 2], ["2024-03-28T00:00:00Z", 4], ["2024-03-29T00:00:00Z", 8]]));
}

#[tokio::test]
async fn what_is_moved_keeps_to_the_days_of_its_zone() {
    let ward = Ward::new().await;
    // The clocks of São Paulo had no midnight on 2013-10-20: that day began at one.
    let mill = events(&ward, "2013-10-19T03:30:00Z,a,1\n2013-10-20T03:30:00Z,a,2\n2013-10-21T02:30:00Z,a,4\n").await;
    let asked = json!({
        "measures": ["events.total", "events.day_before", "events.two_days"], "timezone": "America/Sao_Paulo",
        "timeDimensions": at(Some("day"), &json!(["2013-10-19", "2013-10-21"]))
    });
    let days = ["2013-10-19T03:00:00Z", "2013-10-20T03:00:00Z", "2013-10-21T02:00:00Z"];
    assert_eq!(rows(&mill, asked).await, json!([[days[0], 1, null, 1], [days[1], 2, 1, 3], [days[2], 4, 2, 6]]));
    let found = rows(&mill, json!({"measures": ["events.day_before"], "timezone": "America/Sao_Paulo", "timeDimensions": at(None, &json!(["2013-10-20", "2013-10-20"]))})).await;
    assert_eq!(found, json!([[1]]));
}

#[tokio::test]
async fn what_is_rolled_over_buckets_ends_with_the_one_that_runs() {
    let ward = Ward::new().await;
    // It is the 15th of January 2014, and the range goes on.
    let mill = events(&ward, "2014-01-13T12:00:00Z,a,1\n2014-01-15T10:00:00Z,a,4\n").await;
    let day = |number: u32| format!("2014-01-{number}T00:00:00Z");
    let asked = json!({"measures": ["events.total", "events.two_days"], "timeDimensions": at(Some("day"), &json!(["2014-01-10", "2014-01-31"]))});
    assert_eq!(rows(&mill, asked.clone()).await, json!([[day(13), 1, 1], [day(14), null, 1], [day(15), 4, 4]]));
    // What is planned has begun as far as it goes, and what was is shown of all days that are to come.
    mill.load("events", Csv::bytes("at,kind,amount\n2014-01-20T12:00:00Z,a,8\n")).await.unwrap();
    assert_eq!(rows(&mill, asked).await, json!([[day(13), 1, 1], [day(14), null, 1], [day(15), 4, 4], [day(16), null, 4], [day(20), 8, 8]]));
    let before = json!({"measures": ["events.day_before"], "timeDimensions": at(Some("day"), &json!(["2014-01-20", "2014-01-31"]))});
    assert_eq!(rows(&mill, before).await, json!([[day(21), 8]]));
}

#[tokio::test]
async fn what_is_moved_by_any_time_ends_with_the_latest_row_that_is_seen() {
    let ward = Ward::new().await;
    let engine = open(ward.folder.path(), settings()).await;
    let mill = engine.tenant("acme").unwrap();
    let lines = "2014-01-01T00:00:00Z,2014-01-12T12:00:00Z,2014-01-12,a,1\n2014-01-02T00:00:00Z,2014-01-15T10:00:00Z,2014-01-15,a,4\n\
                 2014-01-03T00:00:00Z,2014-01-18T10:00:00Z,2014-01-18,b,8\n";
    mill.load("events", Csv::bytes(format!("at,paid,due,kind,amount\n{lines}")).time_column(Some("at"))).await.unwrap();
    let moved = |name: &str, kind: &str, days: u32| json!({"name": name, "label": name, "kind": kind, "measure": "total", "span": {"count": days, "unit": "day"}});
    change(
        &mill,
        "events",
        json!({
            "dimensions": [
                {"name": "at", "label": "At", "type": "timestamp"},
                {"name": "paid", "label": "Paid", "type": "timestamp"},
                {"name": "hour", "label": "Hour", "type": "timestamp", "expression": "date_trunc('hour', paid)"},
                {"name": "due", "label": "Due", "type": "date"},
                {"name": "kind", "label": "Kind", "type": "string"}
            ],
            "measures": [
                {"name": "total", "label": "Total", "kind": "sum", "column": "amount"},
                {"name": "half", "label": "Half", "kind": "quantile", "column": "amount"},
                moved("two_days", "rolling", 2),
                moved("day_before", "time_shift", 1),
                {"name": "half_two_days", "label": "Half", "kind": "rolling", "measure": "half", "span": {"count": 2, "unit": "day"}}
            ]
        }),
    )
    .await;
    let some = engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("events").unwrap(), "kind = 'a'"));
    let day = |number: u32| format!("2014-01-{number}T00:00:00Z");
    // It is the 15th of January 2014.
    let (whole, ahead) = (Value::Null, json!(["2014-01-10", "2014-01-31"]));
    let only = json!([{"member": "events.kind", "operator": "equals", "values": ["a"]}]);
    for time in ["events.paid", "events.hour", "events.due"] {
        let asked =
            |measure: &str, range: &Value| json!({"measures": [format!("events.{measure}")], "timeDimensions": [{"dimension": time, "granularity": "day", "dateRange": range}]});
        let all = json!([[day(12), 1], [day(13), 1], [day(15), 4], [day(16), 4], [day(18), 8]]);
        let seen = json!([[day(12), 1], [day(13), 1], [day(15), 4]]);
        for range in [&whole, &ahead] {
            assert_eq!(rows(&mill, asked("two_days", range)).await, all, "{time} {range}");
            assert_eq!(rows(&some, asked("two_days", range)).await, seen, "{time} {range}");
        }
        let halves = json!([[day(12), 1.0], [day(13), 1.0], [day(15), 4.0]]);
        assert_eq!(rows(&some, asked("half_two_days", &whole)).await, halves, "{time}");
        assert_eq!(rows(&some, asked("day_before", &whole)).await, json!([[day(13), 1]]), "{time}");
        assert_eq!(rows(&some, asked("day_before", &ahead)).await, json!([[day(13), 1], [day(16), 4]]), "{time}: to the end of the range");
        // The latest row is that of everything, whatever the question chooses.
        let mut chosen = asked("two_days", &whole);
        chosen.as_object_mut().unwrap().insert("filters".to_owned(), only.clone());
        assert_eq!(rows(&mill, chosen).await, json!([[day(12), 1], [day(13), 1], [day(15), 4], [day(16), 4]]), "{time}");
        assert!(some.verify(&serde_json::from_value(asked("two_days", &whole)).unwrap()).await.unwrap().equal);
    }
    // Of two models that share a time, it is the latest row of both.
    mill.load("visits", Csv::bytes("seen,n\n2014-01-20T00:00:00Z,1\n")).await.unwrap();
    change(&mill, "visits", json!({"same_as": {"seen": "events.paid"}})).await;
    let both =
        json!({"measures": ["events.two_days", "visits.count"], "timeDimensions": [{"dimension": "events.paid", "granularity": "day", "dateRange": ["2014-01-18", "2014-01-31"]}]});
    assert_eq!(rows(&mill, both).await, json!([[day(18), 8, null], [day(19), 8, null], [day(20), null, 1]]));
}

#[tokio::test]
async fn two_ranges_of_a_time_that_moves_are_refused_and_others_mean_both() {
    let ward = Ward::new().await;
    let mill = events(&ward, "2024-01-10T00:00:00Z,a,1\n2024-02-10T00:00:00Z,a,2\n2024-02-20T00:00:00Z,a,4\n2024-03-10T00:00:00Z,a,8\n").await;
    let ranges = |granularity: Option<&str>| {
        json!([
            {"dimension": "events.at", "granularity": granularity, "dateRange": ["2024-01-01", "2024-02-29"]},
            {"dimension": "events.at", "dateRange": ["2024-02-15", "2024-03-31"]}
        ])
    };
    assert_eq!(rows(&mill, json!({"measures": ["events.total"], "timeDimensions": ranges(Some("month"))})).await, json!([["2024-02-01T00:00:00Z", 4]]));
    // It is told which range that was, asked as a whole, from what is kept, and in parts.
    for measures in [json!(["events.total"]), json!(["events.total"]), json!(["events.product"])] {
        let asked = serde_json::from_value(json!({"measures": measures, "timeDimensions": ranges(Some("month"))})).unwrap();
        let told = mill.query(&asked).await.unwrap().provenance.time_range.unwrap();
        assert_eq!([told.from, told.to].map(|end| end.format("%F").to_string()), ["2024-02-15", "2024-03-01"], "{measures}");
    }
    for (measure, granularity) in [("month_before", Some("month")), ("month_before", None), ("two_days", Some("day")), ("so_far", Some("month"))] {
        let (kind, message) = refused(&mill, json!({"measures": ["events.total", format!("events.{measure}")], "timeDimensions": ranges(granularity)})).await;
        assert_eq!(kind, ErrorKind::Invalid, "{measure}");
        assert!(message.contains("several ranges of events.at") || message.contains("give one time dimension"), "{measure}: {message}");
    }
}

#[tokio::test]
async fn conditions_on_a_time_that_moves_are_refused_under_every_name() {
    let ward = Ward::new().await;
    let mill = open(ward.folder.path(), settings()).await.tenant("acme").unwrap();
    let lines = "2024-01-10T00:00:00Z,2024-03-01T00:00:00Z,1\n2024-02-10T00:00:00Z,2024-03-02T00:00:00Z,2\n2024-03-10T00:00:00Z,2024-03-20T00:00:00Z,4\n";
    mill.load("events", Csv::bytes(format!("at,paid,amount\n{lines}"))).await.unwrap();
    mill.load("visits", Csv::bytes("seen,n\n2024-02-01T00:00:00Z,1\n")).await.unwrap();
    let chosen = |member: &str| json!([{"member": member, "operator": "afterDate", "values": ["2024-01-31"]}]);
    let time = |name: &str, more: Value| {
        let mut dimension = json!({"name": name, "label": name, "type": "timestamp"});
        dimension.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        dimension
    };
    change(
        &mill,
        "events",
        json!({
            "dimensions": [
                time("at", json!({"same_as": "visits.seen"})),
                time("made", json!({"column": "at"})),
                time("day", json!({"expression": "date_trunc('day', at)"})),
                time("logged", json!({"column": "paid", "same_as": "visits.seen"})),
                time("paid", json!({})),
                {"name": "month", "label": "Month", "type": "integer", "expression": "cast(extract(month from at) as bigint)"}
            ],
            "segments": [{"name": "late", "label": "Late", "filters": chosen("events.made")}],
            "measures": [
                {"name": "total", "label": "Total", "kind": "sum", "column": "amount"},
                {"name": "before", "label": "Before", "kind": "time_shift", "measure": "total", "span": {"count": 1, "unit": "month"}},
                {"name": "late", "label": "Late", "kind": "sum", "column": "amount", "filters": chosen("events.made")},
                {"name": "late_before", "label": "Late before", "kind": "time_shift", "measure": "late", "span": {"count": 1, "unit": "month"}},
                {"name": "paid_late", "label": "Paid late", "kind": "sum", "column": "amount", "filters": chosen("events.paid")},
                {"name": "paid_late_before", "label": "Paid late before", "kind": "time_shift", "measure": "paid_late", "span": {"count": 1, "unit": "month"}},
                {"name": "doubled", "label": "Doubled", "kind": "number", "expression": "{late_before} * 2"}
            ]
        }),
    )
    .await;
    let months = |more: Value| {
        let mut query = json!({"measures": ["events.before"], "timeDimensions": [{"dimension": "events.at", "granularity": "month", "dateRange": ["2024-02-01", "2024-03-31"]}]});
        query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        query
    };
    let beside = |member: &str| json!({"timeDimensions": [{"dimension": "events.at", "granularity": "month"}, {"dimension": member, "dateRange": ["2024-02-01", "2024-03-31"]}]});
    for (question, reason) in [
        (months(json!({"filters": chosen("events.at")})), "not chosen by events.at in filters"),
        (months(json!({"filters": chosen("events.made")})), "not chosen by events.made (which is events.at) in filters"),
        (months(json!({"filters": chosen("events.day")})), "not chosen by events.day (which is events.at) in filters"),
        (months(json!({"filters": chosen("events.logged")})), "not chosen by events.logged (which is events.at) in filters"),
        (months(json!({"segments": ["events.late"]})), "not chosen by events.made (which is events.at) in filters"),
        (months(beside("events.made")), "events.made (which is events.at) has a range of its own"),
        (months(json!({"measures": ["events.total", "events.late_before"]})), "late counts rows that it chooses by events.made (which is events.at)"),
        (months(json!({"measures": ["events.doubled"]})), "late counts rows that it chooses by events.made (which is events.at)"),
    ] {
        let (kind, message) = refused(&mill, question.clone()).await;
        assert_eq!(kind, ErrorKind::Invalid, "{question}");
        assert!(message.contains(reason), "{message}");
    }
    let (february, march) = ("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
    // Other times, and what is no time, choose rows as they were.
    for (more, expected) in [
        (json!({"filters": chosen("events.paid")}), json!([[february, 1], [march, 2]])),
        (json!({"filters": [{"member": "events.month", "operator": "equals", "values": [1]}]}), json!([[february, 1]])),
        (json!({"measures": ["events.paid_late_before"]}), json!([[february, 1], [march, 2]])),
    ] {
        assert_eq!(rows(&mill, months(more.clone())).await, expected, "{more}");
    }
    // What does not move is chosen by any of them.
    assert_eq!(rows(&mill, months(json!({"measures": ["events.late"], "filters": chosen("events.made")}))).await, json!([[february, 2], [march, 4]]));
}

#[tokio::test]
async fn what_cannot_be_moved_rightly_is_refused() {
    let ward = Ward::new().await;
    let mill = events(&ward, "2024-01-01T00:00:00Z,a,4000000000\n,a,5\n").await;
    let before = json!([{"member": "events.at", "operator": "afterDate", "values": ["2023-01-01"]}]);
    for (question, reason) in [
        (json!({"measures": ["events.month_before"], "timeDimensions": at(Some("month"), &Value::Null), "filters": before}), "give it a dateRange"),
        (json!({"measures": ["events.month_before"]}), "a granularity or a dateRange"),
        // Four billions squared need more than 64 bits.
        (json!({"measures": ["events.product"]}), "exceeds 64 bits"),
    ] {
        let (kind, message) = refused(&mill, question.clone()).await;
        assert_eq!(kind, ErrorKind::Invalid, "{question}");
        assert!(message.contains(reason), "{message}");
    }
    // A row without a time is in no bucket, and so in none of those after it.
    let found = rows(&mill, json!({"measures": ["events.so_far"], "timeDimensions": at(Some("year"), &Value::Null)})).await;
    assert_eq!(found, json!([["2024-01-01T00:00:00Z", 4_000_000_000_i64]]));
}
