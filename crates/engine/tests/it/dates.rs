//! Dates belong to the day that they name, in every zone and whenever days begin: buckets, ranges, filters, measures that look
//! back and other models' times, from rows, from partials and from rollups, against dates that are counted by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde_json::{Value, json};
use tidemill::clock::ManualClock;
use tidemill::{ChangeKind, Csv, Mill, QueryResult, Settings};
use tokio_stream::StreamExt;

use crate::composed::change;
use crate::ward::{Ward, builder, open};

const ZONES: [&str; 6] = ["UTC", "America/New_York", "Pacific/Honolulu", "Asia/Tokyo", "Pacific/Kiritimati", "Asia/Kolkata"];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Each day from December 2012 to the middle of February 2014; the number of the day is its amount.
fn days() -> Vec<(NaiveDate, i64)> {
    let first = day("2012-12-01");
    let count = (day("2014-02-15") - first).num_days() + 1;
    (0..count.unsigned_abs()).map(|number| (first + Days::new(number), number.cast_signed() + 1)).collect()
}

/// The sum over the days from one to another, the last one included.
fn sum(from: &str, to: &str) -> i64 {
    days().iter().filter(|(date, _)| (day(from)..=day(to)).contains(date)).map(|(_, amount)| amount).sum()
}

/// Visits by date, in three loads.
async fn loaded() -> Ward {
    loaded_with("").await
}

/// The same with some more text after each line.
async fn loaded_with(more: &str) -> Ward {
    let ward = Ward::new().await;
    for part in days().chunks(150) {
        let lines: String = part.iter().map(|(day, amount)| format!("{day},{amount}\n{}", more.replace("day", &day.to_string()))).collect();
        ward.mill.load("visits", Csv::bytes(format!("day,amount\n{lines}"))).await.unwrap();
    }
    ward
}

async fn mill(ward: &Ward, partial_cache_bytes: usize) -> Mill {
    let settings = Settings { partial_cache_bytes, background_rollups: false, ..Settings::default() };
    open(ward.folder.path(), settings).await.tenant("acme").unwrap()
}

async fn answer(mill: &Mill, query: &Value) -> QueryResult {
    mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{query}: {error}"))
}

async fn data(mill: &Mill, query: &Value) -> Value {
    answer(mill, query).await.to_json()["data"].clone()
}

/// The instant at which a day begins, as it is written.
fn begins(day: NaiveDate, zone: &str, hour: i64) -> String {
    let zone: Tz = zone.parse().unwrap();
    let wall = day.and_hms_opt(0, 0, 0).unwrap() + TimeDelta::hours(hour);
    zone.from_local_datetime(&wall).earliest().unwrap().to_utc().format("%FT%TZ").to_string()
}

/// The first day of a bucket.
fn first_of(day: NaiveDate, grain: &str, week_start: Weekday, year_start: u32) -> NaiveDate {
    let month = |months: u32| {
        let mut firsts = (0..months).map(|back| day.with_day(1).unwrap() - Months::new(back));
        firsts.find(|first| (first.month() + 12 - year_start).is_multiple_of(months)).unwrap()
    };
    match grain {
        "week" => (0..7).map(|back| day - Days::new(back)).find(|first| first.weekday() == week_start).unwrap(),
        "2 weeks from 2013-01-02" => (0..14).map(|back| day - Days::new(back)).find(|first| (*first - self::day("2013-01-02")).num_days() % 14 == 0).unwrap(),
        "month" => day.with_day(1).unwrap(),
        "quarter" => month(3),
        "year" => month(12),
        _ => day,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_is_of_the_same_bucket_in_every_zone_from_rows_partials_and_rollups() {
    // Where dates are as many as rows, no rollup is kept.
    let ward = loaded_with("day,0\n").await;
    let kept = json!([{"name": "daily", "measures": ["sum_amount"], "time_dimension": "day", "granularity": "day"}]);
    change(&ward.mill, "visits", json!({"rollups": kept})).await;
    let (raw, cold) = (mill(&ward, 0).await, mill(&ward, 1).await);
    // Before they are built there is nothing but rows.
    for rolled in [false, true] {
        if rolled {
            cold.build_rollups("visits").await.unwrap();
        }
        for (name, week_start, year_start, hour) in [("monday", Weekday::Mon, 1, 0), ("sunday", Weekday::Sun, 4, 0), ("monday", Weekday::Mon, 10, 6)] {
            for zone in ZONES {
                for grain in ["day", "week", "2 weeks from 2013-01-02", "month", "quarter", "year"] {
                    let mut expected: BTreeMap<NaiveDate, i64> = BTreeMap::new();
                    for (date, amount) in days() {
                        *expected.entry(first_of(date, grain, week_start, year_start)).or_default() += amount;
                    }
                    let starts: Vec<String> = expected.keys().map(|first| begins(*first, zone, hour)).collect();
                    let expected = json!([starts, expected.into_values().collect::<Vec<_>>()]);
                    let asked = json!({"measures": ["visits.sum_amount"], "timeDimensions": [{"dimension": "visits.day", "granularity": grain}],
                        "timezone": zone, "calendar": {"weekStart": name, "yearStart": year_start, "dayStart": hour}});
                    if rolled {
                        let found = answer(&cold, &asked).await;
                        assert_eq!(found.to_json()["data"], expected, "rollup: {asked}");
                        assert_eq!((found.provenance.segments_rolled > 0, found.provenance.rows_scanned), (true, 0), "{asked}");
                    } else {
                        assert_eq!(data(&raw, &asked).await, expected, "rows: {asked}");
                        for _ in 0..2 {
                            assert_eq!(data(&ward.mill, &asked).await, expected, "partials: {asked}");
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_hours_has_a_date_at_the_beginning_of_its_day() {
    let ward = loaded().await;
    let asked = json!({"measures": ["visits.sum_amount"], "timezone": "America/New_York",
        "timeDimensions": [{"dimension": "visits.day", "granularity": "hour", "dateRange": ["2014-01-10", "2014-01-11"]}]});
    let expected = json!([["2014-01-10T05:00:00Z", "2014-01-11T05:00:00Z"], [sum("2014-01-10", "2014-01-10"), sum("2014-01-11", "2014-01-11")]]);
    assert_eq!(data(&ward.mill, &asked).await, expected);
}

/// The clock stands at noon of the 15th of January 2014 in UTC.
#[tokio::test(flavor = "multi_thread")]
async fn ranges_and_filters_compare_dates() {
    let ward = loaded().await;
    let (raw, kept) = (mill(&ward, 0).await, &ward.mill);
    for zone in ZONES {
        for hour in [0, 6] {
            let today = match (zone, hour) {
                ("Pacific/Kiritimati", 0) => "2014-01-16",
                // It is two in the morning there.
                ("Pacific/Honolulu", 6) => "2014-01-14",
                _ => "2014-01-15",
            };
            let back = |count: u64| (day(today) - Days::new(count)).to_string();
            for (range, from, to) in [
                (json!("2014-01-10"), "2014-01-10", "2014-01-10"),
                (json!(["2014-01-10", "2014-01-12"]), "2014-01-10", "2014-01-12"),
                (json!(["2013-03-01", "2013-03-31"]), "2013-03-01", "2013-03-31"),
                (json!("today"), today, today),
                (json!("yesterday"), back(1).as_str(), back(1).as_str()),
                (json!("last 7 days"), back(7).as_str(), back(1).as_str()),
                (json!("this month"), "2014-01-01", "2014-01-31"),
                (json!("last year"), "2013-01-01", "2013-12-31"),
                (json!("now-1d/d to now/d"), back(1).as_str(), today),
                (json!("last 7 days of data"), "2014-02-09", "2014-02-15"),
                (json!("this month of data"), "2014-02-01", "2014-02-15"),
                // Instants at which days begin, the last one included.
                (json!([begins(day("2014-01-10"), zone, hour), begins(day("2014-01-11"), zone, hour)]), "2014-01-10", "2014-01-11"),
            ] {
                let expected = json!([[sum(from, to)]]);
                let calendar = json!({"dayStart": hour});
                let asked = json!({"measures": ["visits.sum_amount"], "timeDimensions": [{"dimension": "visits.day", "dateRange": range}], "timezone": zone, "calendar": calendar});
                let values = if range.is_array() { range.clone() } else { json!([range]) };
                let filtered = |operator: &str| json!({"measures": ["visits.sum_amount"], "filters": [{"member": "visits.day", "operator": operator, "values": values}], "timezone": zone, "calendar": calendar});
                for mill in [&raw, kept, kept] {
                    assert_eq!(data(mill, &asked).await, expected, "{asked}");
                    assert_eq!(data(mill, &filtered("inDateRange")).await, expected, "{asked}");
                }
                let others = sum("2012-12-01", "2014-02-15") - sum(from, to);
                assert_eq!(data(kept, &filtered("notInDateRange")).await, json!([[others]]), "{asked}");
            }
            for (operator, from, to) in [
                ("beforeDate", "2012-12-01", "2013-03-09"),
                ("beforeOrOnDate", "2012-12-01", "2013-03-10"),
                ("afterDate", "2013-03-11", "2014-02-15"),
                ("afterOrOnDate", "2013-03-10", "2014-02-15"),
                ("equals", "2013-03-10", "2013-03-10"),
                ("gte", "2013-03-10", "2014-02-15"),
            ] {
                let asked = json!({"measures": ["visits.sum_amount"], "filters": [{"member": "visits.day", "operator": operator, "values": ["2013-03-10"]}],
                    "timezone": zone, "calendar": {"dayStart": hour}});
                assert_eq!(data(kept, &asked).await, json!([[sum(from, to)]]), "{asked}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_dates_opens_the_segments_that_have_them() {
    let ward = loaded().await;
    let raw = mill(&ward, 0).await;
    for zone in ZONES {
        let asked = json!({"measures": ["visits.sum_amount"], "timeDimensions": [{"dimension": "visits.day", "granularity": "day", "dateRange": "2013-01-01"}], "timezone": zone});
        let found = answer(&raw, &asked).await;
        assert_eq!(found.to_json()["data"], json!([[begins(day("2013-01-01"), zone, 0)], [sum("2013-01-01", "2013-01-01")]]), "{zone}");
        let (pruned, total) = (found.provenance.segments_pruned, found.provenance.segments_total);
        assert!(total >= 3 && pruned + 1 == total, "{zone}: {pruned} of {total}");
    }
}

/// An instant as it is written.
fn written(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "not known".to_owned(), |at| at.format("%FT%TZ").to_string())
}

/// It is noon of the 15th of January 2014.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_dates_is_complete_until_its_latest_day_ends() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("orders", Csv::bytes("at,amount\n2014-01-09T12:00:00Z,1\n2014-01-12T12:00:00Z,2\n")).await.unwrap();
    mill.load("targets", Csv::bytes("day,goal\n2014-01-08,10\n2014-01-10,20\n")).await.unwrap();
    change(mill, "targets", json!({"dimensions": [{"name": "day", "label": "Day", "type": "date", "same_as": "orders.at"}]})).await;
    for zone in ZONES {
        for hour in [0, 6] {
            let asked = |measures: Value, time: &str, range: Value| {
                let time = json!({"dimension": time, "granularity": "day", "dateRange": range});
                json!({"measures": measures, "timeDimensions": [time], "timezone": zone, "calendar": {"dayStart": hour}})
            };
            let ended = begins(day("2014-01-11"), zone, hour);
            let one = asked(json!(["targets.sum_goal"]), "targets.day", json!("all"));
            assert_eq!(written(answer(mill, &one).await.provenance.complete_until), ended, "{one}");
            let query = serde_json::from_value(one).unwrap();
            assert_eq!(written(mill.lineage(&query).await.unwrap().datasets[0].complete_until), ended, "{zone} {hour}");
            assert_eq!(written(mill.verify(&query).await.unwrap().versions[0].complete_until), ended, "{zone} {hour}");
            // Of several models the one that knows least counts, and of instants the latest is as far as they go.
            let both = answer(mill, &asked(json!(["orders.sum_amount", "targets.sum_goal"]), "orders.at", json!("all"))).await.provenance;
            assert_eq!(written(both.complete_until), ended, "{zone} {hour}");
            let each: Vec<String> = both.sources.iter().map(|source| written(source.complete_until)).collect();
            assert_eq!(each, ["2014-01-12T12:00:00Z", ended.as_str()], "{zone} {hour}");
            // Ranges of data are counted from the latest date and not from the day after it.
            let last = answer(mill, &asked(json!(["targets.sum_goal"]), "targets.day", json!("last 1 day of data"))).await;
            assert_eq!(last.to_json()["data"], json!([[begins(day("2014-01-10"), zone, hour)], [20]]), "{zone} {hour}");
        }
    }
    mill.load("shops", Csv::bytes("name,floor\nnorth,1\n")).await.unwrap();
    for (sql, until) in [
        ("select goal from targets", "2014-01-11T00:00:00Z"),
        ("select amount from orders", "2014-01-12T12:00:00Z"),
        // Of several datasets the one that knows least counts, as in a question; one without times has no say.
        ("select sum(amount) as sold, (select sum(goal) from targets) as planned from orders", "2014-01-11T00:00:00Z"),
        ("select o.amount, t.goal from orders as o cross join targets as t", "2014-01-11T00:00:00Z"),
        ("select o.amount, s.floor from orders as o cross join shops as s", "2014-01-12T12:00:00Z"),
        ("select floor from shops", "not known"),
    ] {
        assert_eq!(written(mill.sql(sql).await.unwrap().provenance.complete_until), until, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bucket_in_which_it_is_runs_also_where_rows_are_dated_ahead() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("orders", Csv::bytes("at,amount\n2013-12-31T20:00:00Z,1\n2030-01-01T00:00:00Z,2\n")).await.unwrap();
    mill.load("visits", Csv::bytes("at,n\n2013-12-10T00:00:00Z,1\n")).await.unwrap();
    change(mill, "visits", json!({"dimensions": [{"name": "at", "label": "At", "type": "timestamp", "same_as": "orders.at"}]})).await;
    let noon = "2014-01-15T12:00:00Z";
    let told = async |measures: Value, granularity: &str| {
        let query = json!({"measures": measures, "timeDimensions": [{"dimension": "orders.at", "granularity": granularity}]});
        let told = answer(mill, &query).await.provenance;
        assert_eq!(written(told.answered_at), noon, "{query}");
        (written(told.complete_until), written(told.running_from))
    };
    for (granularity, from) in
        [("hour", "2014-01-15T12:00:00Z"), ("day", "2014-01-15T00:00:00Z"), ("week", "2014-01-13T00:00:00Z"), ("month", "2014-01-01T00:00:00Z"), ("year", "2014-01-01T00:00:00Z")]
    {
        assert_eq!(told(json!(["orders.sum_amount"]), granularity).await, (noon.to_owned(), from.to_owned()), "{granularity}");
    }
    // Of several models the one counts that knows least: of December most is missing there.
    let both = told(json!(["orders.sum_amount", "visits.sum_n"]), "month").await;
    assert_eq!(both, ("2013-12-10T00:00:00Z".to_owned(), "2013-12-01T00:00:00Z".to_owned()));
    // What has no buckets has none that runs.
    let plain = answer(mill, &json!({"measures": ["orders.sum_amount"]})).await.provenance;
    assert_eq!((written(plain.answered_at).as_str(), plain.running_from), (noon, None));
}

/// When something is due is no time until which rows are there.
#[tokio::test(flavor = "multi_thread")]
async fn buckets_of_another_time_run_by_the_clock_alone() {
    let ward = Ward::new().await;
    let rows = "at,due,amount\n2013-11-10T00:00:00Z,2014-03-01T00:00:00Z,1\n2013-11-20T00:00:00Z,2013-10-05T00:00:00Z,2\n";
    ward.mill.load("invoices", Csv::bytes(rows).time_column(Some("at"))).await.unwrap();
    let total = json!({"name": "total", "label": "Total", "kind": "sum", "column": "amount"});
    let part = json!({"name": "part", "label": "Part", "kind": "share_of_total", "measure": "total"});
    change(&ward.mill, "invoices", json!({"measures": [total, part]})).await;
    // The second is computed from the first.
    for measure in ["invoices.total", "invoices.part"] {
        for (time, from) in [("invoices.due", "2014-01-01T00:00:00Z"), ("invoices.at", "2013-11-01T00:00:00Z")] {
            let query = json!({"measures": [measure], "timeDimensions": [{"dimension": time, "granularity": "month"}]});
            let told = answer(&ward.mill, &query).await.provenance;
            assert_eq!((written(told.complete_until).as_str(), written(told.running_from).as_str()), ("2013-11-20T00:00:00Z", from), "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_on_which_its_data_were_loaded_goes_on() {
    let ward = Ward::new().await;
    ward.mill.load("visits", Csv::bytes("day,n\n2014-01-13,1\n2014-01-14,2\n")).await.unwrap();
    let asked = |zone: &str, hour: i64| json!({"measures": ["visits.sum_n"], "timezone": zone, "calendar": {"dayStart": hour}});
    let mut live = ward.mill.subscribe(&serde_json::from_value(asked("UTC", 0)).unwrap()).await.unwrap();
    let ChangeKind::Snapshot(first) = live.next().await.unwrap().unwrap().kind else { panic!("the whole result comes first") };
    assert_eq!(written(first.provenance.complete_until), "2014-01-15T00:00:00Z");
    ward.mill.load("visits", Csv::bytes("day,n\n2014-01-15,4\n")).await.unwrap();
    let told = match live.next().await.unwrap().unwrap().kind {
        ChangeKind::Snapshot(result) => result.provenance.clone(),
        ChangeKind::Patch { provenance, .. } | ChangeKind::Unchanged(provenance) => provenance,
    };
    let noon = "2014-01-15T12:00:00Z";
    assert_eq!(written(told.complete_until), noon);
    for zone in ZONES {
        for hour in [0, 6] {
            let (begin, end) = (begins(day("2014-01-15"), zone, hour), begins(day("2014-01-16"), zone, hour));
            // What is over, or planned for a day to come, is there as a whole.
            let expected = if begin.as_str() <= noon && noon < end.as_str() { noon } else { end.as_str() };
            assert_eq!(written(answer(&ward.mill, &asked(zone, hour)).await.provenance.complete_until), expected, "{zone} {hour}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_goes_on_until_something_is_loaded_after_it() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap())));
    let engine = builder(folder.path(), Settings::default()).clock(Arc::clone(&clock) as _).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    let asked = json!({"measures": ["visits.sum_n"]});
    let until = async || written(answer(&mill, &asked).await.provenance.complete_until);
    // As many as are put together.
    for day in 11..=15 {
        mill.load("visits", Csv::bytes(format!("day,n\n2014-01-{day},1\n"))).await.unwrap();
    }
    clock.advance(TimeDelta::days(1));
    assert_eq!(until().await, "2014-01-15T12:00:00Z");
    // What is only put together anew knows no more.
    assert!(mill.compact("visits").await.unwrap().rows > 0);
    assert_eq!(until().await, "2014-01-15T12:00:00Z");
    mill.load("visits", Csv::bytes("day,n\n2014-01-15,4\n")).await.unwrap();
    assert_eq!(until().await, "2014-01-16T00:00:00Z");
    // Nor on a day that was planned before.
    for day in 17..=20 {
        mill.load("visits", Csv::bytes(format!("day,n\n2014-01-{day},1\n"))).await.unwrap();
    }
    assert_eq!(until().await, "2014-01-21T00:00:00Z");
    clock.advance(TimeDelta::days(4));
    assert!(mill.compact("visits").await.unwrap().rows > 0);
    assert_eq!(until().await, "2014-01-21T00:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_back_goes_by_dates() {
    let ward = loaded().await;
    let more = json!([
        {"name": "total", "label": "Total", "kind": "sum", "column": "amount"},
        {"name": "different", "label": "Different", "kind": "count_distinct", "column": "amount"},
        {"name": "before", "label": "Month before", "kind": "time_shift", "measure": "total", "span": {"count": 1, "unit": "month"}},
        {"name": "different_before", "label": "Different before", "kind": "time_shift", "measure": "different", "span": {"count": 1, "unit": "month"}},
        {"name": "two_days", "label": "Two days", "kind": "rolling", "measure": "total", "span": {"count": 2, "unit": "day"}},
        {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "total"},
        {"name": "latest", "label": "Latest", "kind": "last", "column": "amount"}
    ]);
    change(&ward.mill, "visits", json!({"measures": more, "time_dimension": "day"})).await;
    let one = |date: &str| sum(date, date);
    for zone in ZONES {
        for hour in [0, 6] {
            let ask = |measures: Value, grain: Value| {
                json!({"measures": measures, "timeDimensions": [{"dimension": "visits.day", "granularity": grain, "dateRange": ["2014-01-10", "2014-01-11"]}],
                    "timezone": zone, "calendar": {"dayStart": hour}})
            };
            let all = ask(json!(["visits.total", "visits.before", "visits.different_before", "visits.two_days", "visits.so_far"]), json!("day"));
            let expected = json!([
                [begins(day("2014-01-10"), zone, hour), begins(day("2014-01-11"), zone, hour)],
                [one("2014-01-10"), one("2014-01-11")],
                [one("2013-12-10"), one("2013-12-11")],
                [1, 1],
                [sum("2014-01-09", "2014-01-10"), sum("2014-01-10", "2014-01-11")],
                [sum("2012-12-01", "2014-01-10"), sum("2012-12-01", "2014-01-11")]
            ]);
            assert_eq!(data(&ward.mill, &all).await, expected, "{all}");
            let whole = ask(json!(["visits.before", "visits.different_before"]), Value::Null);
            assert_eq!(data(&ward.mill, &whole).await, json!([[sum("2013-12-10", "2013-12-11")], [2]]), "{whole}");
            let last = ask(json!(["visits.latest"]), Value::Null);
            assert_eq!(data(&ward.mill, &last).await, json!([[one("2014-01-11")]]), "{last}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_times_meet_in_the_day_that_the_times_are_of() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("orders", Csv::bytes("at,amount\n2024-03-01T04:30:00Z,1\n2024-03-01T05:30:00Z,2\n2024-03-01T12:00:00Z,4\n")).await.unwrap();
    mill.load("targets", Csv::bytes("day,goal\n2024-02-29,10\n2024-03-01,20\n")).await.unwrap();
    change(mill, "targets", json!({"dimensions": [{"name": "day", "label": "Day", "type": "date", "same_as": "orders.at"}]})).await;
    for (zone, hour, range, expected) in [
        ("America/New_York", 0, json!("all"), json!([["2024-02-29T05:00:00Z", "2024-03-01T05:00:00Z"], [1, 6], [10, 20]])),
        ("America/New_York", 6, json!("all"), json!([["2024-02-29T11:00:00Z", "2024-03-01T11:00:00Z"], [3, 4], [10, 20]])),
        ("America/New_York", 6, json!("2024-03-01"), json!([["2024-03-01T11:00:00Z"], [4], [20]])),
        ("Asia/Tokyo", 0, json!("all"), json!([["2024-02-28T15:00:00Z", "2024-02-29T15:00:00Z"], [null, 7], [10, 20]])),
        ("Asia/Tokyo", 0, json!("2024-03-01"), json!([["2024-02-29T15:00:00Z"], [7], [20]])),
    ] {
        let asked = json!({"measures": ["orders.sum_amount", "targets.sum_goal"], "timezone": zone, "calendar": {"dayStart": hour},
            "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "dateRange": range}]});
        assert_eq!(data(mill, &asked).await, expected, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_that_are_looked_up_are_dates_too() {
    let ward = Ward::new().await;
    ward.mill.load("sales", Csv::bytes("shop,amount\n1,1\n2,2\n3,4\n")).await.unwrap();
    ward.mill.load("shops", Csv::bytes("id,opened\n1,2024-02-29\n2,2024-03-01\n3,2024-03-31\n")).await.unwrap();
    change(&ward.mill, "sales", json!({"joins": [{"name": "shops", "on": [{"column": "shop", "other": "id"}]}]})).await;
    // As functions of their keys, and joined.
    let settings = Settings { mapped_lookup_rows: 0, background_rollups: false, ..Settings::default() };
    let joined = open(ward.folder.path(), settings).await.tenant("acme").unwrap();
    for mill in [&ward.mill, &joined] {
        let ask = |range: &str| {
            json!({"measures": ["sales.sum_amount"], "timezone": "America/New_York",
                "timeDimensions": [{"dimension": "shops.opened", "granularity": "month", "dateRange": if range == "all" { json!("all") } else { json!([range, "2024-03-31"]) }}]})
        };
        assert_eq!(data(mill, &ask("all")).await, json!([["2024-02-01T05:00:00Z", "2024-03-01T05:00:00Z"], [1, 6]]));
        assert_eq!(data(mill, &ask("2024-03-01")).await, json!([["2024-03-01T05:00:00Z"], [6]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_without_dates_are_filled_and_answers_are_verified_and_explained_by_dates() {
    let ward = Ward::new().await;
    ward.mill.load("visits", Csv::bytes("day,n\n2014-01-10,1\n2014-01-13,2\n")).await.unwrap();
    for (zone, hour) in [("America/New_York", 0), ("America/New_York", 6), ("Asia/Tokyo", 0), ("Pacific/Kiritimati", 6)] {
        let asked = json!({"measures": ["visits.sum_n"], "timezone": zone, "calendar": {"dayStart": hour},
            "timeDimensions": [{"dimension": "visits.day", "granularity": "day", "dateRange": ["2014-01-10", "2014-01-13"], "fill": "zero"}]});
        let starts: Vec<String> = (0..4).map(|number| begins(day("2014-01-10") + Days::new(number), zone, hour)).collect();
        assert_eq!(data(&ward.mill, &asked).await, json!([starts, [1, 0, 0, 2]]), "{asked}");
        assert!(ward.mill.verify(&serde_json::from_value(asked).unwrap()).await.unwrap().equal);
    }
    // What was applied is told in dates, which are the same everywhere.
    let asked = json!({"measures": ["visits.sum_n"], "timezone": "America/New_York", "filters": [
        {"member": "visits.day", "operator": "inDateRange", "values": ["last 2 days"]},
        {"member": "visits.day", "operator": "beforeOrOnDate", "values": ["2014-01-13"]}
    ]});
    let told = serde_json::to_value(ward.mill.lineage(&serde_json::from_value(asked).unwrap()).await.unwrap().filters).unwrap().to_string();
    assert!(told.contains(r#"["2014-01-13","2014-01-14"]"#) && told.contains(r#"["2014-01-14"]"#), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bucket_is_shown_for_a_date_whose_day_began_before_the_range() {
    // It is noon of the 15th of January 2014.
    let ward = loaded().await;
    change(
        &ward.mill,
        "visits",
        json!({"measures": [
            {"name": "sum_amount", "label": "Amount", "kind": "sum", "column": "amount"},
            {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "sum_amount"},
            {"name": "before", "label": "The day before", "kind": "time_shift", "measure": "sum_amount", "span": {"count": 1, "unit": "day"}}
        ]}),
    )
    .await;
    let shown: Vec<NaiveDate> = (9..=15).map(|number| day(&format!("2014-01-{number:02}"))).collect();
    for zone in ["UTC", "America/New_York", "Asia/Tokyo"] {
        let asked = |measures: Value, fill: Value| {
            let time = json!({"dimension": "visits.day", "granularity": "day", "dateRange": "from 7 days ago to now", "fill": fill});
            json!({"measures": measures, "timeDimensions": [time], "timezone": zone})
        };
        let starts: Vec<String> = shown.iter().map(|date| begins(*date, zone, 0)).collect();
        let of = |date: &NaiveDate, back: u64| sum(&(*date - Days::new(back)).to_string(), &date.to_string());
        let amounts: Vec<i64> = shown.iter().map(|date| of(date, 0)).collect();
        for fill in [Value::Null, json!("zero")] {
            assert_eq!(data(&ward.mill, &asked(json!(["visits.sum_amount"]), fill.clone())).await, json!([starts, amounts]), "{zone} {fill}");
        }
        let moved = data(&ward.mill, &asked(json!(["visits.sum_amount", "visits.so_far", "visits.before"]), Value::Null)).await;
        let so_far: Vec<i64> = shown.iter().map(|date| sum("2012-12-01", &date.to_string())).collect();
        let before: Vec<i64> = shown.iter().map(|date| of(&(*date - Days::new(1)), 0)).collect();
        assert_eq!(moved, json!([starts, amounts, so_far, before]), "{zone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_that_gives_dates_is_one_of_dates() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("at,amount\n2024-02-29T23:00:00Z,1\n2024-03-01T01:00:00Z,2\n")).await.unwrap();
    for (column_type, expression) in [("date", "cast(at as date)"), ("timestamp", "cast(at as date)"), ("date", "date_trunc('day', at)"), ("date", "at")] {
        let dimension = json!({"name": "booked", "label": "Booked", "type": column_type, "expression": expression});
        change(&ward.mill, "orders", json!({"time_dimension": null, "dimensions": [dimension]})).await;
        let asked = json!({"measures": ["orders.sum_amount"], "timezone": "America/New_York",
            "timeDimensions": [{"dimension": "orders.booked", "granularity": "month", "dateRange": ["2024-03-01", "2024-03-31"]}]});
        assert_eq!(data(&ward.mill, &asked).await, json!([["2024-03-01T05:00:00Z"], [2]]), "{expression} as {column_type}");
        if column_type == "date" {
            // It is grouped by and compared as the date that it is put into buckets by.
            let asked = json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.booked"], "filters": [{"member": "orders.booked", "operator": "equals", "values": ["2024-03-01"]}]});
            assert_eq!(data(&ward.mill, &asked).await, json!([["2024-03-01"], [2]]), "{expression}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_is_looked_up_is_the_one_that_the_asked_model_calls_so() {
    let ward = Ward::new().await;
    for (name, rows) in
        [("days", "id,at\n1,2013-01-02\n"), ("moments", "id,at\n1,2013-01-02T06:00:00Z\n"), ("a_sales", "id,day\n1,1\n"), ("b_orders", "sale,moment,amount\n1,1,5\n")]
    {
        ward.mill.load(name, Csv::bytes(rows)).await.unwrap();
    }
    let join = |name: &str, model: &str, column: &str| json!({"name": name, "model": model, "on": [{"column": column, "other": "id"}]});
    // Both call something so, and one has dates and the other instants.
    change(&ward.mill, "a_sales", json!({"joins": [join("placed", "days", "day")]})).await;
    change(&ward.mill, "b_orders", json!({"joins": [join("a_sales", "a_sales", "sale"), join("placed", "moments", "moment")]})).await;
    let asked = |measure: &str| {
        json!({"measures": [measure], "timeDimensions": [{"dimension": "placed.at", "granularity": "day", "fill": "zero",
            "dateRange": ["2013-01-01T12:00:00Z", "2013-01-03T12:00:00Z"]}]})
    };
    // The first day is there where instants of its second half are asked for, and its date is not.
    let [first, second, third] = ["2013-01-01T00:00:00Z", "2013-01-02T00:00:00Z", "2013-01-03T00:00:00Z"];
    assert_eq!(data(&ward.mill, &asked("b_orders.sum_amount")).await, json!([[first, second, third], [0, 5, 0]]));
    assert_eq!(data(&ward.mill, &asked("a_sales.count")).await, json!([[second, third], [1, 0]]));
}
