//! Buckets of several units, buckets with names, and days that do not begin at midnight: from rows, from rollups and next to
//! plain SQL, in zones that put their clocks, against sums over what clocks on walls say.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use tidemill::{Csv, ErrorKind, Grain, Mill, QueryResult, Settings};

use crate::ward::{Ward, open};

/// Nothing is kept in memory, so that every answer comes from stored partials or from rows.
const COLD: usize = 1;
/// Days in which some zone puts its clocks.
const DAYS: [&str; 6] = ["2013-03-09", "2013-03-30", "2013-04-06", "2013-10-05", "2013-10-26", "2013-11-02"];
const ZONES: [&str; 6] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"];

/// A row every seven minutes over three days each.
fn instants(day: &str) -> Vec<DateTime<Utc>> {
    let first = format!("{day}T00:00:03Z").parse::<DateTime<Utc>>().unwrap();
    (0..3 * 24 * 60 / 7).map(|number| first + TimeDelta::minutes(7 * number)).collect()
}

fn rows() -> Vec<(DateTime<Utc>, i64)> {
    DAYS.iter().flat_map(|day| instants(day)).zip(1..).collect()
}

/// A tenant with the rows in as many segments as there are days, and a mill that keeps nothing in memory.
async fn loaded(rollups: Value) -> (Ward, Mill) {
    let ward = Ward::new().await;
    let settings = Settings { partial_cache_bytes: COLD, background_rollups: false, ..Settings::default() };
    let mill = open(ward.folder.path(), settings).await.tenant("acme").unwrap();
    for part in rows().chunks(rows().len() / DAYS.len()) {
        let lines: String = part.iter().map(|(at, amount)| format!("{},{amount}\n", at.format("%FT%TZ"))).collect();
        mill.load("sales", Csv::bytes(format!("at,amount\n{lines}"))).await.unwrap();
    }
    change(&mill, |model| model["rollups"] = rollups).await;
    mill.build_rollups("sales").await.unwrap();
    (ward, mill)
}

/// Saves the model of the sales with something else in it.
async fn change(mill: &Mill, edit: impl FnOnce(&mut Value)) {
    let model = mill.model("sales").await.unwrap();
    let version = model.version;
    let mut written = serde_json::to_value(model).unwrap();
    edit(&mut written);
    mill.update_model(serde_json::from_value(written).unwrap(), version).await.unwrap();
}

fn question(granularity: &str, zone: &str) -> Value {
    json!({"measures": ["sales.sum_amount"], "timeDimensions": [{"dimension": "sales.at", "granularity": granularity}], "timezone": zone, "limit": 50_000})
}

async fn answer(mill: &Mill, query: &Value) -> QueryResult {
    mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{query}: {error}"))
}

async fn data(mill: &Mill, query: &Value) -> Value {
    answer(mill, query).await.to_json()["data"].clone()
}

/// Sums over rows for which the same is said, in the order of the first of them.
fn sums<L: Ord>(zone: &str, label: impl Fn(NaiveDateTime, i32) -> L) -> Vec<i64> {
    let zone: Tz = zone.parse().unwrap();
    let mut found: BTreeMap<L, (DateTime<Utc>, i64)> = BTreeMap::new();
    for (at, amount) in rows() {
        let local = at.with_timezone(&zone);
        found.entry(label(local.naive_local(), local.offset().fix().local_minus_utc())).or_insert((at, 0)).1 += amount;
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_unstable();
    found.into_iter().map(|(_, sum)| sum).collect()
}

/// What a clock says, in so many hours since a beginning long ago.
fn hours(wall: NaiveDateTime) -> i64 {
    i64::from(wall.date().num_days_from_ce()) * 24 + i64::from(wall.hour())
}

fn minutes(wall: NaiveDateTime) -> i64 {
    hours(wall) * 60 + i64::from(wall.minute())
}

/// Days since a day.
fn since(wall: NaiveDateTime, day: &str) -> i64 {
    wall.date().signed_duration_since(day.parse::<NaiveDate>().unwrap()).num_days()
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_of_several_units_are_those_of_plain_sql() {
    let (_ward, mill) = loaded(json!([])).await;
    for granularity in ["10 seconds", "5 minutes", "15 minutes", "30 minutes", "2 hours", "6 hours", "12 hours"] {
        let sql = format!("select date_bin(interval '{granularity}', at) as bucket, sum(amount) as amount from sales group by 1 order by 1");
        let plain = mill.sql(&sql).await.unwrap().to_json()["data"].clone();
        let found = data(&mill, &question(granularity, "UTC")).await;
        assert_eq!(found[1], plain[1], "{granularity}");
        assert_eq!(found[0].as_array().unwrap().len(), plain[0].as_array().unwrap().len(), "{granularity}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_follow_the_clock_on_the_wall_from_rows_and_from_rollups() {
    let kept = |grain: &str| json!([{"name": "kept", "measures": ["sum_amount"], "time_dimension": "at", "granularity": grain}]);
    for rollups in [json!([]), kept("hour"), kept("15 minutes")] {
        let (_ward, mill) = loaded(rollups.clone()).await;
        for zone in ZONES {
            for (granularity, expected) in [
                ("15 minutes", sums(zone, |wall, offset| (minutes(wall).div_euclid(15), offset))),
                ("20 minutes", sums(zone, |wall, offset| (minutes(wall).div_euclid(20), offset))),
                ("hour", sums(zone, |wall, offset| (hours(wall), offset))),
                ("2 hours", sums(zone, |wall, _| hours(wall).div_euclid(2))),
                ("6 hours", sums(zone, |wall, _| hours(wall).div_euclid(6))),
                ("8 hours from 2024-01-01T06:00", sums(zone, |wall, _| (hours(wall) - 6).div_euclid(8))),
                ("day", sums(zone, |wall, _| wall.date())),
                ("10 days", sums(zone, |wall, _| since(wall, "2000-01-03").div_euclid(10))),
                ("2 weeks", sums(zone, |wall, _| since(wall, "2000-01-03").div_euclid(14))),
                ("2 weeks from 2024-01-02", sums(zone, |wall, _| since(wall, "2024-01-02").div_euclid(14))),
                ("4 months", sums(zone, |wall, _| wall.month0() / 4)),
                ("1 month from 2024-01-25", sums(zone, |wall, _| wall.month() + u32::from(wall.day() >= 25))),
            ] {
                let found = data(&mill, &question(granularity, zone)).await;
                assert_eq!(found[1], json!(expected), "{granularity} in {zone}, kept: {rollups}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_answers_what_is_made_of_its_buckets() {
    for (kept, granularity, zone, rolled) in [
        ("hour", "6 hours", "UTC", true),
        ("hour", "6 hours", "Europe/Berlin", true),
        ("hour", "2 weeks", "America/New_York", true),
        ("hour", "2 weeks from 2024-01-02", "UTC", true),
        ("hour", "15 minutes", "UTC", false),
        // Hours of UTC do not fit between half hours.
        ("hour", "6 hours", "Asia/Kolkata", false),
        ("15 minutes", "30 minutes", "UTC", true),
        ("15 minutes", "hour", "Europe/Berlin", true),
        ("15 minutes", "6 hours", "Asia/Kolkata", true),
        ("15 minutes", "day", "America/St_Johns", true),
        ("15 minutes", "20 minutes", "UTC", false),
        ("6 hours", "day", "UTC", true),
        ("6 hours", "day", "Europe/Berlin", false),
    ] {
        let (_ward, mill) = loaded(json!([{"name": "kept", "measures": ["sum_amount"], "time_dimension": "at", "granularity": kept}])).await;
        let found = answer(&mill, &question(granularity, zone)).await.provenance;
        assert_eq!((found.segments_rolled > 0, found.rows_scanned == 0), (rolled, rolled), "{granularity} in {zone} from {kept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_without_rows_are_filled_over_a_clock_change() {
    let (_ward, mill) = loaded(json!([])).await;
    let mut asked = question("6 hours", "Europe/Berlin");
    asked["timeDimensions"][0]["dateRange"] = json!(["2013-03-29", "2013-03-31"]);
    asked["timeDimensions"][0]["fill"] = json!("zero");
    let found = data(&mill, &asked).await;
    let starts: Vec<String> = ["28T23", "29T05", "29T11", "29T17", "29T23", "30T05", "30T11", "30T17", "30T23", "31T04", "31T10", "31T16"]
        .map(|start| format!("2013-03-{start}:00:00Z"))
        .to_vec();
    assert_eq!(found[0], json!(starts));
    assert_eq!(found[1].as_array().unwrap()[..4], [0, 0, 0, 0].map(Value::from));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dimension_has_names_for_buckets() {
    let (_ward, mill) = loaded(json!([])).await;
    let named = json!([
        {"name": "sprint", "label": "Sprint", "interval": "2 weeks", "origin": "2024-01-02"},
        {"name": "shift", "label": "Shift", "interval": "8 hours", "origin": "2024-01-01T06:00"}
    ]);
    let shifted = json!({"name": "sprint_before", "label": "Sprint before", "kind": "time_shift", "measure": "sum_amount", "span": {"count": 2, "unit": "week"}});
    let so_far = json!({"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "sum_amount"});
    change(&mill, |model| {
        model["dimensions"].as_array_mut().unwrap().iter_mut().find(|dimension| dimension["name"] == "at").unwrap()["granularities"] = named.clone();
        model["measures"].as_array_mut().unwrap().extend([shifted, so_far]);
    })
    .await;
    for (name, width) in [("sprint", "2 weeks from 2024-01-02"), ("shift", "8 hours from 2024-01-01T06:00")] {
        for zone in ["UTC", "America/New_York"] {
            let found = answer(&mill, &question(name, zone)).await;
            assert_eq!(found.to_json()["data"], data(&mill, &question(width, zone)).await, "{name} in {zone}");
            let column = &found.columns[0];
            assert_eq!(column.granularity.as_ref().unwrap().to_string(), name);
            assert_eq!(column.interval.unwrap().to_string(), width);
            assert_eq!(column.grain, Some(if name == "sprint" { Grain::Week } else { Grain::Hour }));
        }
    }
    // What looks back goes by the same buckets.
    let mut asked = question("sprint", "Europe/Berlin");
    asked["measures"] = json!(["sales.sum_amount", "sales.sprint_before", "sales.so_far"]);
    asked["timeDimensions"][0]["dateRange"] = json!(["2013-03-01", "2013-11-30"]);
    let found = data(&mill, &asked).await;
    let sprints = sums("Europe/Berlin", |wall, _| since(wall, "2024-01-02").div_euclid(14));
    let mut total = 0;
    let numbers: Vec<i64> = rows().iter().map(|(at, _)| since(at.with_timezone(&chrono_tz::Europe::Berlin).naive_local(), "2024-01-02").div_euclid(14)).collect();
    let mut by_number: BTreeMap<i64, i64> = BTreeMap::new();
    for (number, (_, amount)) in numbers.iter().zip(rows()) {
        *by_number.entry(*number).or_default() += amount;
    }
    assert_eq!(by_number.values().copied().collect::<Vec<_>>(), sprints);
    let first = NaiveDate::from_ymd_opt(2024, 1, 2).unwrap();
    let starts = found[0].as_array().unwrap();
    for (row, start) in starts.iter().enumerate() {
        let start = start.as_str().unwrap().parse::<DateTime<Utc>>().unwrap().with_timezone(&chrono_tz::Europe::Berlin).date_naive();
        let number = start.signed_duration_since(first).num_days() / 14;
        assert_eq!(start.signed_duration_since(first).num_days() % 14, 0, "{start}");
        let of = |number: i64| by_number.get(&number).map_or(Value::Null, |sum| json!(sum));
        assert_eq!((&found[1][row], &found[2][row]), (&of(number), &of(number - 1)), "{start}");
        if let Some(sum) = by_number.get(&number) {
            total += sum;
            assert_eq!(found[3][row], json!(total), "{start}");
        }
    }
    assert_eq!(total, sprints.iter().sum::<i64>());

    let error = mill.query(&serde_json::from_value(question("sprnit", "UTC")).unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("timeDimensions[0].granularity")), "{error}");
    assert!(error.message().contains("did you mean sprint?"), "{error}");
    assert!(serde_json::from_value::<tidemill::SemanticQuery>(question("7 minutes", "UTC")).unwrap_err().to_string().contains("15, 20, 30"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_cannot_be_are_refused_when_the_model_is_saved() {
    let (_ward, mill) = loaded(json!([])).await;
    for (dimension, named, told) in [
        ("at", json!({"name": "week", "label": "Week", "interval": "1 week"}), "unit week"),
        ("at", json!({"name": "pay", "label": "Pay", "interval": "1 month", "origin": "2024-01-31"}), "28th"),
        ("amount", json!({"name": "sprint", "label": "Sprint", "interval": "2 weeks"}), "only times"),
    ] {
        let mut model = mill.model("sales").await.unwrap();
        let version = model.version;
        if dimension == "amount" && !model.dimensions.iter().any(|known| known.name == "amount") {
            model.dimensions.push(serde_json::from_value(json!({"name": "amount", "label": "Amount", "type": "integer"})).unwrap());
            model.measures.retain(|measure| measure.name != "amount");
        }
        let place = model.dimensions.iter().position(|known| known.name == dimension).unwrap();
        model.dimensions[place].granularities = vec![serde_json::from_value(named).unwrap()];
        let error = mill.update_model(model, version).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(told), "{error}");
        assert!(error.field().unwrap().starts_with(&format!("dimensions[{place}].granularities")), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_begin_at_the_hour_of_the_calendar() {
    for rollups in [json!([]), json!([{"name": "kept", "measures": ["sum_amount"], "time_dimension": "at", "granularity": "hour"}])] {
        let (_ward, mill) = loaded(rollups.clone()).await;
        for (zone, hour) in ZONES.into_iter().flat_map(|zone| [5, 12, 23].map(|hour| (zone, hour))) {
            let business = |wall: NaiveDateTime| wall - TimeDelta::hours(hour);
            for (granularity, expected) in [
                ("6 hours", sums(zone, |wall, _| hours(wall).div_euclid(6))),
                ("day", sums(zone, |wall, _| business(wall).date())),
                ("week", sums(zone, |wall, _| since(business(wall), "2000-01-03").div_euclid(7))),
                ("2 weeks from 2024-01-02", sums(zone, |wall, _| since(business(wall), "2024-01-02").div_euclid(14))),
                ("month", sums(zone, |wall, _| business(wall).month())),
            ] {
                let mut asked = question(granularity, zone);
                asked["calendar"] = json!({"dayStart": hour});
                assert_eq!(data(&mill, &asked).await[1], json!(expected), "{granularity} in {zone} from {hour} o'clock, kept: {rollups}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_follow_the_hour_with_which_days_begin() {
    // The clock stands at noon of Wednesday, the 15th of January 2014.
    let (_ward, mill) = loaded(json!([])).await;
    for (hour, range, from, to) in [
        (6, json!("today"), "2014-01-15T06:00:00Z", "2014-01-16T06:00:00Z"),
        (13, json!("today"), "2014-01-14T13:00:00Z", "2014-01-15T13:00:00Z"),
        (13, json!("yesterday"), "2014-01-13T13:00:00Z", "2014-01-14T13:00:00Z"),
        (6, json!("this week"), "2014-01-13T06:00:00Z", "2014-01-20T06:00:00Z"),
        (6, json!("last 2 days"), "2014-01-13T06:00:00Z", "2014-01-15T06:00:00Z"),
        (6, json!("last month"), "2013-12-01T06:00:00Z", "2014-01-01T06:00:00Z"),
        (6, json!("2014-01-10"), "2014-01-10T06:00:00Z", "2014-01-11T06:00:00Z"),
        (6, json!(["2014-01-10", "2014-01-12"]), "2014-01-10T06:00:00Z", "2014-01-13T06:00:00Z"),
        (6, json!("now-1d/d to now"), "2014-01-14T06:00:00Z", "2014-01-15T12:00:00Z"),
        (6, json!("last 2 hours"), "2014-01-15T10:00:00Z", "2014-01-15T12:00:00Z"),
    ] {
        let asked = json!({"measures": ["sales.count"], "timeDimensions": [{"dimension": "sales.at", "dateRange": range}], "calendar": {"dayStart": hour}});
        let found = answer(&mill, &asked).await.provenance.time_range.unwrap();
        let shown = |instant: DateTime<Utc>| instant.format("%FT%TZ").to_string();
        assert_eq!((shown(found.from).as_str(), shown(found.to).as_str()), (from, to), "{range} from {hour} o'clock");
    }
    let error = mill.query(&serde_json::from_value(json!({"measures": ["sales.count"], "calendar": {"dayStart": 24}})).unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("calendar.dayStart")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_belong_to_their_date_whenever_days_begin() {
    let ward = Ward::new().await;
    ward.mill.load("visits", Csv::bytes("day,n\n2014-01-13,1\n2014-01-14,2\n2014-01-15,4\n")).await.unwrap();
    let ask = async |range: Value, hour: u32| {
        let asked =
            json!({"measures": ["visits.sum_n"], "timeDimensions": [{"dimension": "visits.day", "granularity": "day", "dateRange": range}], "calendar": {"dayStart": hour}});
        data(&ward.mill, &asked).await
    };
    for hour in [0, 6, 13] {
        let begins = |day: u32| format!("2014-01-{day}T{hour:02}:00:00Z");
        assert_eq!(ask(json!("all"), hour).await, json!([[begins(13), begins(14), begins(15)], [1, 2, 4]]), "{hour}");
        assert_eq!(ask(json!("2014-01-14"), hour).await, json!([[begins(14)], [2]]), "{hour}");
    }
    // At noon it is still yesterday where days begin at one o'clock.
    assert_eq!(ask(json!("today"), 6).await, json!([["2014-01-15T06:00:00Z"], [4]]));
    assert_eq!(ask(json!("today"), 13).await, json!([["2014-01-14T13:00:00Z"], [2]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_before_follows_the_hour_with_which_days_begin() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    // The last row is of the 30th of April where days begin at six.
    mill.load("orders", Csv::bytes("at,amount\n2024-04-29T12:00:00,1\n2024-04-30T12:00:00,2\n2024-05-01T03:00:00,4\n")).await.unwrap();
    mill.load("targets", Csv::bytes("day,goal\n2024-04-30,10\n")).await.unwrap();
    let total = json!({"name": "total", "label": "Total", "kind": "sum", "column": "amount"});
    let before = json!({"name": "before", "label": "Month before", "kind": "time_shift", "measure": "total", "span": {"count": 1, "unit": "month"}});
    let different = json!({"name": "different", "label": "Different", "kind": "count_distinct", "column": "amount"});
    let latest = json!({"name": "latest", "label": "Latest", "kind": "last", "column": "amount"});
    let [different_before, latest_before] = ["different", "latest"]
        .map(|measure| json!({"name": format!("{measure}_before"), "label": "Month before", "kind": "time_shift", "measure": measure, "span": {"count": 1, "unit": "month"}}));
    crate::composed::change(mill, "orders", json!({"measures": [total, before, different, latest, different_before, latest_before]})).await;
    crate::composed::change(mill, "targets", json!({"dimensions": [{"name": "day", "label": "Day", "type": "date", "same_as": "orders.at"}]})).await;
    let ask = |range: Value, granularity: Value| json!({"measures": ["orders.before"], "calendar": {"dayStart": 6}, "timeDimensions": [{"dimension": "orders.at", "dateRange": range, "granularity": granularity}]});
    for (range, expected) in [(json!("2024-05-30"), 6), (json!(["2024-05-01", "2024-05-30"]), 7), (json!("2024-05-29"), 1), (json!(["2024-05-01", "2024-05-31"]), 7)] {
        assert_eq!(data(mill, &ask(range.clone(), Value::Null)).await, json!([[expected]]), "{range}");
    }
    assert_eq!(data(mill, &ask(json!("2024-05-30"), json!("day"))).await, json!([["2024-05-30T06:00:00Z"], [6]]));
    // What has no states that could be moved goes where these go: the 29th of April stays alone, and nothing falls on the 31st of May.
    for (measure, expected) in [("before", [1, 6]), ("different_before", [1, 2]), ("latest_before", [1, 4])] {
        let mut asked = ask(json!(["2024-05-01", "2024-05-31"]), json!("day"));
        asked["measures"] = json!([format!("orders.{measure}")]);
        assert_eq!(data(mill, &asked).await, json!([["2024-05-29T06:00:00Z", "2024-05-30T06:00:00Z"], expected]), "{measure}");
    }

    // Dates and times meet whenever days begin.
    let both = |hour: u32| json!({"measures": ["orders.total", "targets.sum_goal"], "calendar": {"dayStart": hour}, "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "dateRange": "2024-04-30"}]});
    assert_eq!(data(mill, &both(0)).await, json!([["2024-04-30T00:00:00Z"], [2], [10]]));
    assert_eq!(data(mill, &both(6)).await, json!([["2024-04-30T06:00:00Z"], [6], [10]]));
}
