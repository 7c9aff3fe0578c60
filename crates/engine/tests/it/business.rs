//! Business days: filters and ranges, from rows, from partials and from rollups, against what clocks on walls say.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use tidemill::{Csv, ErrorKind, Mill, QueryResult};

use crate::ward::Ward;

const ZONES: [&str; 5] = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo"];
/// Mondays to Fridays, but for the 30th of March, which is a Saturday.
const HOLIDAYS: [&str; 4] = ["2013-03-11", "2013-03-29", "2013-03-30", "2013-10-21"];
/// Weekends by name and by the number of the day, from Monday on.
const WEEKENDS: [(&[&str], &[u32]); 3] = [(&["saturday", "sunday"], &[5, 6]), (&["friday", "saturday"], &[4, 5]), (&["sunday"], &[6])];

/// Two rows every five hours over the weeks in which clocks are put, so that hours are fewer than rows; the number of the row is its amount.
fn rows() -> Vec<(DateTime<Utc>, i64)> {
    let from = |first: &str| {
        let first = first.parse::<DateTime<Utc>>().unwrap();
        (0..400).map(move |number| first + TimeDelta::hours(5 * (number / 2)) + TimeDelta::minutes(10 * (number % 2)))
    };
    from("2013-03-01T00:30:00Z").chain(from("2013-10-12T00:30:00Z")).zip(1..).collect()
}

async fn loaded(rollups: Value) -> Ward {
    let ward = Ward::new().await;
    for part in rows().chunks(150) {
        let lines: String = part.iter().map(|(at, amount)| format!("{},{amount},{}\n", at.format("%FT%TZ"), if amount % 3 == 0 { "a" } else { "b" })).collect();
        ward.mill.load("sales", Csv::bytes(format!("at,amount,shop\n{lines}"))).await.unwrap();
    }
    change(&ward.mill, |model| model["rollups"] = rollups).await.unwrap();
    ward.mill.build_rollups("sales").await.unwrap();
    ward
}

/// Saves the model of the sales with something else in it.
async fn change(mill: &Mill, edit: impl FnOnce(&mut Value)) -> tidemill::Result<()> {
    let model = mill.model("sales").await?;
    let version = model.version;
    let mut written = serde_json::to_value(model).unwrap();
    edit(&mut written);
    mill.update_model(serde_json::from_value(written).unwrap(), version).await.map(drop)
}

fn hourly() -> Value {
    json!([{"name": "hourly", "measures": ["sum_amount"], "time_dimension": "at", "granularity": "hour"}])
}

async fn answer(mill: &Mill, query: &Value) -> QueryResult {
    mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{query}: {error}"))
}

async fn data(mill: &Mill, query: &Value) -> Value {
    answer(mill, query).await.to_json()["data"].clone()
}

async fn refused(mill: &Mill, query: &Value) -> tidemill::Error {
    mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_err()
}

fn holidays() -> Value {
    HOLIDAYS.iter().map(|date| json!({"date": date})).collect()
}

fn only(operator: &str) -> Value {
    json!([{"member": "sales.at", "operator": operator}])
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_worked_by_the_clock_on_the_wall_from_rows_partials_and_rollups() {
    for rollups in [json!([]), hourly()] {
        let ward = loaded(rollups.clone()).await;
        for (zone, hour) in ZONES.into_iter().flat_map(|zone| [0, 6].map(|hour| (zone, hour))) {
            let at = zone.parse::<Tz>().unwrap();
            let day = |instant: DateTime<Utc>| (instant.with_timezone(&at).naive_local() - TimeDelta::hours(hour)).date();
            for (weekend, numbers) in WEEKENDS {
                let worked = |day: NaiveDate| !numbers.contains(&day.weekday().num_days_from_monday()) && !HOLIDAYS.contains(&day.to_string().as_str());
                let sum = |on: bool| rows().iter().filter(|(instant, _)| worked(day(*instant)) == on).map(|(_, amount)| amount).sum::<i64>();
                for (operator, expected) in [("onBusinessDays", sum(true)), ("offBusinessDays", sum(false))] {
                    let query = json!({"measures": ["sales.sum_amount"], "filters": only(operator), "timezone": zone,
                        "calendar": {"dayStart": hour, "weekend": weekend, "holidays": holidays()}});
                    for _ in 0..2 {
                        assert_eq!(data(&ward.mill, &query).await, json!([[expected]]), "{operator} of {weekend:?} in {zone} from {hour} o'clock, kept: {rollups}");
                    }
                    let verification = ward.mill.verify(&serde_json::from_value(query.clone()).unwrap()).await.unwrap();
                    assert!(verification.equal, "{query}: {:?}", verification.differences);
                }
            }
            // By days, none of which is left out or added.
            let query = json!({"measures": ["sales.count"], "filters": only("onBusinessDays"), "timezone": zone,
                "timeDimensions": [{"dimension": "sales.at", "granularity": "day"}], "calendar": {"dayStart": hour, "holidays": holidays()}});
            let mut days: Vec<NaiveDate> = rows().iter().map(|(instant, _)| day(*instant)).collect();
            days.dedup();
            days.retain(|day| day.weekday().num_days_from_monday() < 5 && !HOLIDAYS.contains(&day.to_string().as_str()));
            assert_eq!(answer(&ward.mill, &query).await.batch.num_rows(), days.len(), "{zone} from {hour} o'clock");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rollups_answer_and_partials_of_plain_days_stay_known() {
    let ward = loaded(hourly()).await;
    let worked = json!({"measures": ["sales.sum_amount"], "filters": only("onBusinessDays"), "calendar": {"holidays": holidays()}});
    let found = answer(&ward.mill, &worked).await.provenance;
    assert_eq!((found.segments_rolled, found.rows_scanned), (found.segments_total, 0));
    // What a plain question keeps is known under every list of holidays.
    let plain = |calendar: Value| json!({"measures": ["sales.count"], "dimensions": ["sales.shop"], "timeDimensions": [{"dimension": "sales.at", "granularity": "week"}], "calendar": calendar});
    let first = answer(&ward.mill, &plain(json!({}))).await;
    assert!(first.provenance.segments_read > 0);
    let again = answer(&ward.mill, &plain(json!({"weekend": ["sunday"], "holidays": holidays()}))).await;
    assert_eq!((again.provenance.segments_read, again.provenance.rows_scanned), (0, 0));
    assert_eq!(again.to_json()["data"], first.to_json()["data"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_nest_stand_in_measures_and_are_told() {
    let ward = loaded(json!([])).await;
    let filtered = json!({"name": "worked", "label": "On business days", "kind": "sum", "column": "amount", "filters": only("onBusinessDays")});
    change(&ward.mill, |model| model["measures"].as_array_mut().unwrap().push(filtered)).await.unwrap();
    let calendar = json!({"holidays": holidays()});
    let sum = async |query: Value| data(&ward.mill, &query).await[0][0].as_i64().unwrap();
    let of = |filters: Value| json!({"measures": ["sales.sum_amount"], "filters": filters, "calendar": calendar});
    let (on, off, all) = (sum(of(only("onBusinessDays"))).await, sum(of(only("offBusinessDays"))).await, sum(of(json!([]))).await);
    assert!(on > off && off > 0 && on + off == all, "{on} and {off} of {all}");
    let off_or_a = json!([{"or": [{"member": "sales.at", "operator": "offBusinessDays"}, {"member": "sales.shop", "operator": "equals", "values": ["a"]}]}]);
    let on_and_b = json!([{"and": [{"member": "sales.at", "operator": "onBusinessDays"}, {"member": "sales.shop", "operator": "notEquals", "values": ["a"]}]}]);
    assert_eq!(sum(of(off_or_a)).await + sum(of(on_and_b)).await, all);
    let measured = json!({"measures": ["sales.worked"], "calendar": calendar});
    let found = answer(&ward.mill, &measured).await;
    assert_eq!(found.to_json()["data"], json!([[on]]));
    // SQL goes by the calendar of the mill.
    let ours = ward.mill.with_calendar(serde_json::from_value(calendar.clone()).unwrap());
    let in_sql = ours.sql("select measure(worked), measure(sum_amount) from sales").await.unwrap();
    assert_eq!(in_sql.to_json()["data"], json!([[on], [all]]));
    // Of dates too, which are put into days by another function.
    let dates = json!({"name": "booked", "label": "Booked", "type": "date", "expression": "cast(at as date)"});
    let filtered =
        json!({"name": "booked_on", "label": "Booked on business days", "kind": "sum", "column": "amount", "filters": [{"member": "sales.booked", "operator": "onBusinessDays"}]});
    change(&ward.mill, |model| {
        model["dimensions"].as_array_mut().unwrap().push(dates);
        model["measures"].as_array_mut().unwrap().push(filtered);
    })
    .await
    .unwrap();
    assert_eq!(ours.sql("select measure(booked_on) from sales").await.unwrap().to_json()["data"], json!([[on]]));
    assert_eq!(data(&ward.mill, &json!({"measures": ["sales.booked_on"], "calendar": calendar})).await, json!([[on]]));
    // Whoever reads an answer learns how many holidays were known, where they have a say.
    let told = |result: &QueryResult| serde_json::to_value(&result.provenance.calendar).unwrap();
    assert_eq!(told(&found), json!({"weekStart": "monday", "yearStart": 1, "weekend": ["saturday", "sunday"], "holidayCount": 4}));
    assert_eq!(told(&answer(&ward.mill, &of(json!([]))).await), json!({"weekStart": "monday", "yearStart": 1}));
    let lineage = ward.mill.lineage(&serde_json::from_value(of(only("offBusinessDays"))).unwrap()).await.unwrap();
    assert_eq!(lineage.calendar.and_then(|calendar| calendar.holiday_count), Some(4));
    assert_eq!(serde_json::to_value(&lineage.filters[0].filter).unwrap(), only("offBusinessDays")[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_ask_for_the_days_of_whom_they_are_from() {
    let calendars = [json!({}), json!({"holidays": holidays()}), json!({"weekend": ["friday", "saturday"]}), json!({"dayStart": 6, "holidays": holidays()})];
    for rollups in [json!([]), hourly()] {
        let ward = loaded(rollups.clone()).await;
        // Twice, so that what is kept under one list is there when another one asks.
        for calendar in calendars.iter().chain(&calendars) {
            let mill = ward.mill.with_calendar(serde_json::from_value(calendar.clone()).unwrap());
            for (condition, operator, zone) in [
                ("is_business_day(at)", "onBusinessDays", "UTC"),
                ("not is_business_day(at)", "offBusinessDays", "UTC"),
                ("is_business_day(at, 'America/New_York')", "onBusinessDays", "America/New_York"),
                ("IS_BUSINESS_DAY(at, 'Asia/Kathmandu') is false", "offBusinessDays", "Asia/Kathmandu"),
            ] {
                let sql = format!("select sum(amount) as amount from sales where {condition}");
                let question = json!({"measures": ["sales.sum_amount"], "filters": only(operator), "timezone": zone, "calendar": calendar});
                assert_eq!(mill.sql(&sql).await.unwrap().to_json()["data"], data(&ward.mill, &question).await, "{sql} with {calendar}, kept: {rollups}");
                let verification = mill.verify_sql(&sql).await.unwrap();
                assert!(verification.equal, "{sql} with {calendar}: {:?}", verification.differences);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_statements_say_of_days_is_kept_and_told() {
    let ward = loaded(json!([])).await;
    let mill = ward.mill.with_calendar(serde_json::from_value(json!({"holidays": holidays()})).unwrap());
    let sql = "select shop, sum(amount) as amount from sales where is_business_day(at) group by shop order by shop";
    let first = mill.sql(sql).await.unwrap();
    let again = mill.sql(sql).await.unwrap().provenance;
    assert_eq!((again.segments_reused, again.rows_scanned), (again.segments_total, 0));
    // Another list knows nothing of it.
    let plain = ward.mill.sql(sql).await.unwrap();
    assert_eq!(plain.provenance.segments_reused, 0);
    assert_ne!(plain.to_json()["data"], first.to_json()["data"]);
    let told = |result: &QueryResult| serde_json::to_value(&result.provenance.calendar).unwrap();
    assert_eq!(told(&first), json!({"weekStart": "monday", "yearStart": 1, "weekend": ["saturday", "sunday"], "holidayCount": 4}));
    assert_eq!(told(&mill.sql("select count(*) from sales").await.unwrap()), json!({"weekStart": "monday", "yearStart": 1}));
    assert_eq!(told(&ward.mill.sql("select count(*) from sales").await.unwrap()), Value::Null);
    // As a column, of dates, and of nothing.
    let rows = async |sql: &str| mill.sql(sql).await.unwrap().to_json()["data"].clone();
    let (on, off) = (
        first.to_json()["data"][1].as_array().unwrap().iter().filter_map(Value::as_i64).sum::<i64>(),
        rows("select sum(amount) from sales where not is_business_day(at)").await[0][0].clone(),
    );
    assert_eq!(rows("select is_business_day(at) as worked, sum(amount) from sales group by 1 order by 1").await, json!([[false, true], [off, on]]));
    assert_eq!(
        rows("select is_business_day(date '2013-03-11') as a, is_business_day(date '2013-03-12') as b, is_business_day(timestamp '2013-03-12T03:00:00Z', 'America/New_York') as c, is_business_day(cast(null as date)) as d").await,
        json!([[false], [true], [false], [null]])
    );
    assert_eq!(rows("select count(*) from sales where is_business_day(cast(at as date)) <> is_business_day(at)").await, json!([[0]]));
    for (call, said) in [("shop", "date or a timestamp"), ("at, 'Mars/Base'", "no time zone"), ("at, shop", "a text in quotes"), ("", "")] {
        let error = mill.sql(&format!("select is_business_day({call}) from sales")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{call}: {error}");
        assert!(error.message().contains(said), "{call}: {error}");
    }
    // What a model says holds for everybody, so it asks for nobody's days.
    let worked = json!({"name": "worked", "label": "Worked", "type": "boolean", "expression": "is_business_day(at)"});
    let error = change(&ward.mill, |model| model["dimensions"].as_array_mut().unwrap().push(worked)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_count_business_days() {
    // The clock stands at noon of Wednesday, the 15th of January 2014.
    let ward = loaded(json!([])).await;
    for (calendar, range, from, to, holidays) in [
        (json!({}), "last 5 business days", "2014-01-08T00:00:00Z", "2014-01-15T00:00:00Z", Some(0)),
        (json!({"holidays": [{"date": "2014-01-14"}, {"date": "2014-01-13"}]}), "last 2 business days", "2014-01-09T00:00:00Z", "2014-01-11T00:00:00Z", Some(2)),
        (json!({"weekend": ["friday", "saturday"]}), "last 3 business days", "2014-01-12T00:00:00Z", "2014-01-15T00:00:00Z", Some(0)),
        (json!({"dayStart": 13}), "last business day", "2014-01-13T13:00:00Z", "2014-01-14T13:00:00Z", Some(0)),
        (json!({}), "now-3bd/d to now", "2014-01-10T00:00:00Z", "2014-01-15T12:00:00Z", Some(0)),
        (json!({}), "last 5 days", "2014-01-10T00:00:00Z", "2014-01-15T00:00:00Z", None),
    ] {
        let query = json!({"measures": ["sales.count"], "timeDimensions": [{"dimension": "sales.at", "dateRange": range}], "calendar": calendar});
        // Twice: what was compiled for the first is asked by the second with its own window.
        for _ in 0..2 {
            let found = answer(&ward.mill, &query).await.provenance;
            let shown = found.time_range.map(|range| [range.from, range.to].map(|end| end.format("%FT%TZ").to_string())).unwrap();
            assert_eq!(shown, [from, to], "{range} of {calendar}");
            assert_eq!(found.relative_range.as_deref(), Some(range));
            assert_eq!(found.calendar.and_then(|calendar| calendar.holiday_count), holidays, "{range}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_their_own_days_and_what_has_no_time_is_on_none() {
    let ward = Ward::new().await;
    // Friday to Monday, and one without a date.
    let lines = "day,due,n\n2014-01-10,2014-01-10T12:00:00Z,1\n2014-01-11,2014-01-11T12:00:00Z,2\n2014-01-12,,4\n2014-01-13,2014-01-13T12:00:00Z,8\n,2014-01-13T12:00:00Z,16\n";
    ward.mill.load("visits", Csv::bytes(lines)).await.unwrap();
    for (member, operator, expected) in
        [("visits.day", "onBusinessDays", 9), ("visits.day", "offBusinessDays", 6), ("visits.due", "onBusinessDays", 25), ("visits.due", "offBusinessDays", 2)]
    {
        for zone in ["America/New_York", "Asia/Tokyo"] {
            let query = json!({"measures": ["visits.sum_n"], "filters": [{"member": member, "operator": operator}], "timezone": zone});
            assert_eq!(data(&ward.mill, &query).await, json!([[expected]]), "{member} {operator} in {zone}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_its_place() {
    let ward = loaded(json!([])).await;
    let asked = |filters: Value, calendar: Value| json!({"measures": ["sales.count"], "filters": filters, "calendar": calendar});
    let week = json!(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]);
    for (query, field, said) in [
        (asked(json!([{"member": "sales.shop", "operator": "onBusinessDays"}]), json!({})), "filters[0]", "timestamp or a date"),
        (asked(json!([{"member": "sales.at", "operator": "onBusinessDays", "values": ["2013-03-11"]}]), json!({})), "filters[0]", "onBusinessDays"),
        (asked(json!([]), json!({"weekend": week})), "calendar.weekend", "no business day"),
        (asked(json!([]), json!({"holidays": [{"date": "2013-03-11"}, {"date": "2013-03-11"}]})), "calendar.holidays", "2013-03-11 stands twice"),
    ] {
        let error = refused(&ward.mill, &query).await;
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)), "{error}");
        assert!(error.message().contains(said), "{error}");
    }
    // What somebody may see does not change with a list of holidays.
    let policy = json!([{"name": "office_hours", "rows": only("onBusinessDays")}]);
    let error = change(&ward.mill, |model| model["access_policies"] = policy).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("access_policies[0]")), "{error}");
}
