//! The flights that left New York in 2013 and its weather by the hour as facts; planes, airports (twice) and airlines as lookups.
//! Many planes and some airports are unknown, much is not there, and delays are negative as often as not.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tidemill::ColumnType::{Float, Integer, String as Text, Timestamp};
use tidemill::MeasureKind::{Avg, Count, CountDistinct, Max, Min, Quantile, Sum};
use tidemill_benches::peers::literal;

use crate::measures::Measures;
use crate::models::{Dataset, column, expression, link};

/// One in `every` flights, and everything else.
pub(crate) fn datasets(every: usize) -> Result<Vec<Dataset>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    let read = |name: &str| Ok::<_, anyhow::Error>(format!("read_csv({}, header = true, all_varchar = true, nullstr = 'NA')", literal(&folder.join(name))?));
    let airlines =
        Dataset { name: "airlines", select: format!("select carrier, name from {}", read("airlines.csv")?), dimensions: vec![column("name", Text)], ..Dataset::default() };
    let planes = Dataset {
        name: "planes",
        select: format!("select tailnum, year::bigint as year, type, manufacturer, model, engines::bigint as engines, seats::bigint as seats, engine from {}", read("planes.csv")?),
        dimensions: vec![
            column("year", Integer),
            column("type", Text),
            column("manufacturer", Text),
            column("model", Text).fine(),
            column("engines", Integer),
            column("seats", Integer),
            column("engine", Text),
            expression("age", Text, "case when year < 1995 then 'old' when year < 2005 then 'used' when year is not null then 'new' end"),
        ],
        segments: vec![("jets", json!([{"member": "planes.engine", "operator": "equals", "values": ["Turbo-jet"]}]))],
        ..Dataset::default()
    };
    let airports = Dataset {
        name: "airports",
        select: format!("select faa, name, lat::double as lat, alt::bigint as alt, tz::bigint as tz, dst, tzone from {}", read("airports.csv")?),
        dimensions: vec![
            column("name", Text).fine(),
            column("lat", Float).fine(),
            column("alt", Integer).fine(),
            column("tz", Integer),
            column("dst", Text),
            column("tzone", Text),
            expression("height", Text, "case when alt > 2000 then 'high' when alt > 200 then 'flat' else 'low' end"),
        ],
        ..Dataset::default()
    };
    Ok(vec![flights(&read("flights.csv.gz")?, every), weather(&read("weather.csv")?), planes, airports, airlines])
}

fn flights(from: &str, every: usize) -> Dataset {
    let late = json!([{"member": "flights.dep_delay", "operator": "gt", "values": [15]}]);
    let by_jets = json!([{"member": "planes.engine", "operator": "equals", "values": ["Turbo-jet"]}]);
    let measures = Measures::default()
        .base("count", Count, "", Integer)
        .base("landed", Count, "arr_delay", Integer)
        .base("miles", Sum, "distance", Integer)
        .base("delays", Sum, "dep_delay + arr_delay", Integer)
        .base("mean_delay", Avg, "dep_delay", Integer)
        .base("least_delay", Min, "arr_delay", Integer)
        .base("greatest_delay", Max, "arr_delay", Integer)
        .base("last", Max, "time_hour", Timestamp)
        .base("least_tail", Min, "tailnum", Text)
        .base("tails", CountDistinct, "tailnum", Text)
        .base("numbers", CountDistinct, "flight", Integer)
        .base("long_flight", Quantile, "air_time", Integer)
        .ends(["delay_at_first", "delay_at_last"], "arr_delay", "time_hour", Integer)
        .filtered("late", Count, "", Integer, &late, "dep_delay > 15")
        .filtered("late_tails", CountDistinct, "tailnum", Text, &late, "dep_delay > 15")
        .filtered("by_jets", Count, "", Integer, &by_jets, r#""planes.engine" = 'Turbo-jet'"#)
        .filtered("tails_of_jets", CountDistinct, "tailnum", Text, &by_jets, r#""planes.engine" = 'Turbo-jet'"#)
        .filtered("miles_of_jets", Sum, "distance", Integer, &by_jets, r#""planes.engine" = 'Turbo-jet'"#)
        .ratio("late_part", "late", "count")
        .ratio("miles_of_tail", "miles", "tails")
        .number("cancelled", ["count", "landed"], Integer, "{count} - {landed}", "{0} - {1}")
        .number("speed", ["miles", "landed"], Float, "{miles} / {landed} + 1", "{0}::double / nullif({1}, 0) + 1")
        .share("share", "count")
        .share("tail_share", "tails")
        .rank("rank", "count")
        .shift("week_before", "count", 1, "week")
        .shift("month_before", "miles", 1, "month")
        .shift("tails_before", "tails", 1, "month")
        .growth("growth", "count", "week_before")
        .rolling("week", "count", 7, "day")
        .rolling("tails_of_week", "tails", 7, "day")
        .rolling("late_tails_of_week", "late_tails", 7, "day")
        .cumulative("so_far", "miles")
        .cumulative("least_so_far", "least_delay")
        .share("share_of_jets", "by_jets")
        .shift("jets_before", "miles_of_jets", 1, "month")
        .rolling("jets_of_week", "by_jets", 7, "day");
    Dataset {
        name: "flights",
        select: format!(
            "select month::bigint as month, dep_delay::bigint as dep_delay, arr_delay::bigint as arr_delay, carrier, flight::bigint as flight, tailnum, origin, dest,
             air_time::bigint as air_time, distance::bigint as distance, timezone('UTC', time_hour::timestamptz) as time_hour
             from (select *, row_number() over () as place from {from}) where place % {every} = 0"
        ),
        time: Some("time_hour"),
        dimensions: vec![
            column("time_hour", Timestamp).fine(),
            column("month", Integer),
            column("carrier", Text),
            column("origin", Text),
            column("dest", Text),
            column("dep_delay", Integer).fine(),
            column("air_time", Integer).fine(),
            column("flight", Integer).fine(),
            column("tailnum", Text).fine(),
            expression("punctual", Text, "case when dep_delay > 60 then 'very late' when dep_delay > 15 then 'late' when dep_delay is not null then 'in time' end"),
            expression("route", Text, "origin || '-' || dest").fine(),
            expression("hour", Integer, "date_part('hour', time_hour)"),
        ],
        links: vec![
            link("airlines", "airlines", "carrier", "carrier"),
            link("planes", "planes", "tailnum", "tailnum"),
            link("origin_airport", "airports", "origin", "faa"),
            link("destination", "airports", "dest", "faa"),
        ],
        segments: vec![("flown", json!([{"member": "flights.air_time", "operator": "set"}])), ("of_large", json!([{"member": "planes.seats", "operator": "gt", "values": [150]}]))],
        measures: measures.0,
    }
}

fn weather(from: &str) -> Dataset {
    let wet = json!([{"member": "weather.precip", "operator": "gt", "values": [0]}]);
    let measures = Measures::default()
        .base("count", Count, "", Integer)
        .base("rain", Sum, "precip", Float)
        .base("mean_temp", Avg, "temp", Float)
        .base("greatest_wind", Max, "wind_speed", Float)
        .base("least_sight", Min, "visib", Float)
        .base("directions", CountDistinct, "wind_dir", Integer)
        .filtered("wet", Count, "", Integer, &wet, "precip > 0")
        .ratio("wet_part", "wet", "count")
        .share("wet_share", "wet")
        .rank("rank", "wet")
        .shift("month_before", "wet", 1, "month")
        .rolling("days", "wet", 7, "day")
        .rolling("directions_of_days", "directions", 7, "day")
        .cumulative("so_far", "wet");
    Dataset {
        name: "weather",
        select: format!(
            "select origin, temp::double as temp, wind_dir::bigint as wind_dir, wind_speed::double as wind_speed, precip::double as precip, visib::double as visib,
             timezone('UTC', time_hour::timestamptz) as time_hour from {from}"
        ),
        time: Some("time_hour"),
        dimensions: vec![
            column("time_hour", Timestamp).fine().same_as("flights.time_hour"),
            column("origin", Text).same_as("flights.origin"),
            column("wind_dir", Integer),
            column("visib", Float),
            column("precip", Float),
            expression("heat", Text, "case when temp < 32 then 'frost' when temp > 80 then 'hot' when temp is not null then 'fair' end"),
        ],
        links: vec![link("origin_airport", "airports", "origin", "faa")],
        segments: vec![("wet", json!([{"member": "weather.precip", "operator": "gt", "values": [0]}]))],
        measures: measures.0,
    }
}
