//! Weeks that begin on another day than Monday and years that begin with another month than January: buckets, ranges,
//! measures that look back, and rollups, against days that are counted by hand.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use serde_json::{Value, json};
use tidemill::{Csv, ErrorKind, Mill};

use crate::ward::Ward;

/// Rows of a few days each week over three years: the number of the day is its amount.
fn days() -> Vec<(NaiveDate, i64)> {
    let first = NaiveDate::from_ymd_opt(2011, 12, 1).unwrap();
    (0..780).filter(|number| number % 3 != 1).map(|number| (first + Days::new(number), number as i64 + 1)).collect()
}

async fn loaded() -> Ward {
    let ward = Ward::new().await;
    for part in days().chunks(200) {
        let rows: String = part.iter().map(|(day, amount)| format!("{day}T06:00:00Z,{amount}\n")).collect();
        ward.mill.load("sales", Csv::bytes(format!("at,amount\n{rows}"))).await.unwrap();
    }
    ward
}

fn first_of(day: NaiveDate, grain: &str, week_start: Weekday, year_start: u32) -> NaiveDate {
    let month = |months: u32| {
        (0..months)
            .map(|back| day.with_day(1).unwrap() - Months::new(back))
            .find(|first| (first.month() + 12 - year_start).is_multiple_of(months))
            .unwrap()
    };
    match grain {
        "week" => (0..7).map(|back| day - Days::new(back)).find(|first| first.weekday() == week_start).unwrap(),
        "month" => day.with_day(1).unwrap(),
        "quarter" => month(3),
        "year" => month(12),
        _ => day,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_is_told_where_something_goes_by_it() {
    let ward = loaded().await;
    let usual = json!({"weekStart": "monday", "yearStart": 1});
    let time = |part: Value| {
        let mut time = json!({"dimension": "sales.at"});
        time.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        json!({"measures": ["sales.sum_amount"], "timeDimensions": [time]})
    };
    let filtered = |operator: &str, value: &str| json!({"measures": ["sales.sum_amount"], "filters": [{"member": "sales.at", "operator": operator, "values": [value]}]});
    for (query, expected) in [
        (json!({"measures": ["sales.sum_amount"]}), Value::Null),
        (json!({"measures": ["sales.sum_amount"], "calendar": {"weekStart": "sunday"}}), json!({"weekStart": "sunday", "yearStart": 1})),
        (time(json!({"granularity": "week"})), usual.clone()),
        (time(json!({"dateRange": "last year of data"})), usual.clone()),
        (time(json!({"dateRange": ["2012-01-01", "2012-12-31"]})), usual.clone()),
        (filtered("inDateRange", "last 2 years"), usual.clone()),
        (filtered("gte", "2012-01-01T00:00:00Z"), Value::Null),
    ] {
        let query = serde_json::from_value(query).unwrap();
        let answered = ward.mill.query(&query).await.unwrap().provenance.calendar;
        assert_eq!(serde_json::to_value(&answered).unwrap(), expected, "{query:?}");
        assert_eq!(ward.mill.lineage(&query).await.unwrap().calendar, answered, "{query:?}");
    }
}

async fn ask(mill: &Mill, query: &Value) -> Value {
    mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{query}: {error}")).to_json()["data"].clone()
}

fn question(grain: &str, calendar: &Value) -> Value {
    json!({"measures": ["sales.sum_amount"], "timeDimensions": [{"dimension": "sales.at", "granularity": grain}], "calendar": calendar})
}

const CALENDARS: [(&str, Weekday, u32); 5] =
    [("monday", Weekday::Mon, 1), ("sunday", Weekday::Sun, 1), ("saturday", Weekday::Sat, 4), ("wednesday", Weekday::Wed, 10), ("sunday", Weekday::Sun, 11)];

#[tokio::test(flavor = "multi_thread")]
async fn buckets_are_those_of_the_calendar_from_rows_and_from_rollups() {
    let ward = loaded().await;
    for kept in [false, true] {
        if kept {
            let mut model = ward.mill.model("sales").await.unwrap();
            model.rollups = serde_json::from_value(json!([{"name": "hourly", "measures": ["sum_amount"], "time_dimension": "at", "granularity": "hour"}])).unwrap();
            let version = model.version;
            ward.mill.update_model(model, version).await.unwrap();
            ward.mill.build_rollups("sales").await.unwrap();
        }
        for (name, week_start, year_start) in CALENDARS {
            let calendar = json!({"weekStart": name, "yearStart": year_start});
            for grain in ["day", "week", "month", "quarter", "year"] {
                let mut expected: BTreeMap<NaiveDate, i64> = BTreeMap::new();
                for (day, amount) in days() {
                    *expected.entry(first_of(day, grain, week_start, year_start)).or_default() += amount;
                }
                let starts: Vec<String> = expected.keys().map(|first| format!("{first}T00:00:00Z")).collect();
                let sums: Vec<i64> = expected.into_values().collect();
                for _ in 0..2 {
                    assert_eq!(ask(&ward.mill, &question(grain, &calendar)).await, json!([starts, sums]), "{grain} of {calendar}, kept: {kept}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_those_of_the_calendar() {
    // The clock stands at noon of Wednesday, the 15th of January 2014.
    let ward = loaded().await;
    for (calendar, range, from, to) in [
        (json!({}), "this week", "2014-01-13", "2014-01-20"),
        (json!({"weekStart": "sunday"}), "this week", "2014-01-12", "2014-01-19"),
        (json!({"weekStart": "thursday"}), "last week", "2014-01-02", "2014-01-09"),
        (json!({"weekStart": "sunday"}), "last 2 weeks", "2013-12-29", "2014-01-12"),
        (json!({"weekStart": "sunday"}), "now-1w/w to now/w", "2014-01-05", "2014-01-19"),
        (json!({"yearStart": 4}), "this year", "2013-04-01", "2014-04-01"),
        (json!({"yearStart": 4}), "last year", "2012-04-01", "2013-04-01"),
        (json!({"yearStart": 2}), "this quarter", "2013-11-01", "2014-02-01"),
        (json!({"yearStart": 12}), "last quarter", "2013-09-01", "2013-12-01"),
        (json!({"yearStart": 10}), "now/y to now", "2013-10-01", "2014-01-15T12:00:00"),
    ] {
        let query = json!({"measures": ["sales.count"], "timeDimensions": [{"dimension": "sales.at", "dateRange": range}], "calendar": calendar});
        let answer = ward.mill.query(&serde_json::from_value(query).unwrap()).await.unwrap();
        let found = answer.provenance.time_range.unwrap();
        let shown = |instant: chrono::DateTime<chrono::Utc>| instant.format(if instant.time() == chrono::NaiveTime::MIN { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S" }).to_string();
        assert_eq!((shown(found.from).as_str(), shown(found.to).as_str()), (from, to), "{range} of {calendar}");
        assert_eq!(answer.provenance.relative_range, tidemill::DateRange::Named(range.to_owned()).canonical().ok(), "{range}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_that_look_back_go_by_the_calendar() {
    let ward = loaded().await;
    let mut model = ward.mill.model("sales").await.unwrap();
    let more = json!([
        {"name": "before", "label": "Week before", "kind": "time_shift", "measure": "sum_amount", "span": {"count": 1, "unit": "week"}},
        {"name": "two_weeks", "label": "Two weeks", "kind": "rolling", "measure": "sum_amount", "span": {"count": 2, "unit": "week"}}
    ]);
    model.measures.extend(serde_json::from_value::<Vec<tidemill::Measure>>(more).unwrap());
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    let query = json!({"measures": ["sales.sum_amount", "sales.before", "sales.two_weeks"], "calendar": {"weekStart": "sunday"},
        "timeDimensions": [{"dimension": "sales.at", "granularity": "week", "dateRange": ["2013-03-03", "2013-03-30"]}]});
    let week = |first: NaiveDate| days().iter().filter(|(day, _)| *day >= first && *day < first + Days::new(7)).map(|(_, amount)| amount).sum::<i64>();
    let firsts: Vec<NaiveDate> = (0..4).map(|number| NaiveDate::from_ymd_opt(2013, 3, 3).unwrap() + Days::new(7 * number)).collect();
    let of = |back: u64| firsts.iter().map(|first| week(*first - Days::new(back))).collect::<Vec<_>>();
    let both: Vec<i64> = of(0).iter().zip(of(7)).map(|(now, before)| now + before).collect();
    let starts: Vec<String> = firsts.iter().map(|first| format!("{first}T00:00:00Z")).collect();
    assert_eq!(ask(&ward.mill, &query).await, json!([starts, of(0), of(7), both]));
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_that_are_none_are_refused_with_what_is_possible() {
    let ward = loaded().await;
    assert!(
        serde_json::from_value::<tidemill::SemanticQuery>(question("week", &json!({"weekStart": "sunnday"})))
            .unwrap_err()
            .to_string()
            .contains("monday")
    );
    assert!(serde_json::from_value::<tidemill::SemanticQuery>(question("week", &json!({"firstDay": "sunday"}))).is_err());
    for month in [0, 13] {
        let error = ward.mill.query(&serde_json::from_value(question("year", &json!({"yearStart": month}))).unwrap()).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("calendar.yearStart")), "{error}");
    }
}
