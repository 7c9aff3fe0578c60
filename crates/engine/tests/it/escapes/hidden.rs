//! Rows that a scope hides are not told by errors: an expression that fails for them is never evaluated over them. What a
//! scope is told is what it would be told if the rows that it does not see were not there at all.

use std::fmt::Write;

use tidemill::{ColumnType, Csv, DatasetName, Load, Mill, Scope, Settings, TenantId};

use super::assert_none;
use crate::ward::Ward;

const COLUMNS: &str = "n,region,city,amount,big,code,day,pos,real,text,stamp,pattern";

/// Rows that the scope sees: no expression fails for them.
const SEEN: [&str; 4] = [
    "1,north,Oslo,5,17,65,1,1,1.5,17,2013-01-01,^1",
    "2,north,Rome,2,18,66,2,2,2.25,18,2013-01-02,8$",
    "3,north,Oslo,1,19,67,3,1,4.0,19,2013-01-03,.",
    "4,north,Bern,4,20,68,4,2,8.5,20,2013-01-04,0",
];

/// Rows that it does not see: nearly every expression fails for one of them, and says what it failed for.
const HIDDEN: [&str; 4] = [
    "11,south,Secret A,0,9223372036854775807,1114112,13,0,1e300,Zoe Secret,Secret day,[",
    "12,south,Secret B,0,-9223372036854775808,-1,0,-1,-1.0,Secret,2013-99-99,(",
    "13,south,Secret C,0,4611686018427387904,999999999,99,0,-1e300,1e9999 Secret,Secret,*",
    "14,south,Secret D,0,-1,55296,-5,-9,0.0,,noon Secret,+",
];

/// Expressions that fail for some row.
const EXPRESSIONS: [&str; 84] = [
    "100 / amount",
    "100 % amount",
    "(100 + n) / amount",
    "1000 / (amount * pos)",
    "coalesce(nullif(amount, 9), 1) / amount",
    "case when n > 0 then 100 / amount end",
    "cast(text as bigint)",
    "cast(text as int)",
    "cast(text as smallint)",
    "cast(text as double)",
    "cast(text as decimal(12, 2))",
    "text::bigint + n",
    "arrow_cast(text, 'Int64')",
    "arrow_cast(text, 'Float32')",
    "cast(concat(text, '1') as bigint)",
    "cast(substr(text, 1, 2) as int)",
    "cast(case when n > 0 then text end as bigint)",
    "abs(cast(text as bigint))",
    "cast(stamp as date)",
    "cast(stamp as timestamp)",
    "to_timestamp(stamp)",
    "to_timestamp_seconds(stamp)",
    "to_timestamp_millis(stamp)",
    "to_timestamp_micros(stamp)",
    "to_date(stamp)",
    "to_date(stamp, '%Y-%m-%d')",
    "to_unixtime(stamp)",
    "date_part('year', cast(stamp as date))",
    "extract(month from cast(stamp as timestamp))",
    "date_trunc('month', cast(stamp as timestamp))",
    "date_bin(interval '1 day', cast(stamp as timestamp), timestamp '2013-01-01T00:00:00')",
    "to_char(cast(stamp as date), '%Y')",
    "cast(stamp as date) + interval '1 day'",
    "cast(stamp as date) - date '2013-01-01'",
    "to_local_time(cast(stamp as timestamp))",
    "arrow_cast(stamp, 'Date32')",
    "cast(big as int)",
    "cast(big as smallint)",
    "cast(code as tinyint)",
    "arrow_cast(big, 'Int8')",
    "arrow_cast(big, 'UInt64')",
    "cast(big as decimal(5, 0))",
    "cast(real as bigint)",
    "cast(real as int)",
    "cast(real * 1000 as smallint)",
    "cast(real as decimal(6, 2))",
    "arrow_cast(real, 'Int32')",
    "big + 1",
    "big - 2",
    "big * 2",
    "big * big",
    "big + n * big",
    "-big",
    "abs(big)",
    "power(big, 3)",
    "gcd(big, 6)",
    "lcm(big, 6)",
    "factorial(code - 60)",
    "chr(code)",
    "make_date(2013, day, 1)",
    "make_date(2013, 1, day)",
    "from_unixtime(big)",
    "to_timestamp(big)",
    "to_timestamp_seconds(big)",
    "to_timestamp_millis(big)",
    "arrow_cast(big, 'Timestamp(Nanosecond, None)')",
    "round(real, pos)",
    "trunc(real, pos)",
    "sqrt(real)",
    "ln(real)",
    "log(pos + 1, real)",
    "acos(1 / real)",
    "regexp_like(text, pattern)",
    "regexp_match(text, pattern)",
    "regexp_replace(text, pattern, 'x')",
    "regexp_count(text, pattern)",
    "regexp_instr(text, pattern)",
    "text ~ pattern",
    "text !~ pattern",
    "split_part(text, '1', pos)",
    "substr(text, 1, pos)",
    "substr_index(text, '1', pos)",
    "array_element([1, 2, 3], pos)",
    "overlay(text placing 'x' from pos)",
];

/// Where an expression can stand.
const PLACES: [&str; 20] = [
    "select {e} as x from ledger",
    "select n, {e} as x from ledger order by n",
    "select distinct {e} as x from ledger",
    "select n from ledger where {e} is not null",
    "select n from ledger where cast({e} as varchar) <> 'q' and n > 0",
    "select n from ledger where n > 0 or cast({e} as varchar) <> 'q'",
    "select count(*) from ledger where cast({e} as varchar) <> 'q'",
    "select count(*) from ledger group by {e}",
    "select region, count(*) from ledger group by region having max(cast({e} as varchar)) <> 'q'",
    "select region, max({e}) as x, count(distinct {e}) as y from ledger group by region",
    "select count({e}) filter (where cast({e} as varchar) <> 'q') as x from ledger",
    "select n from ledger order by {e}, n",
    "select n from ledger order by {e}, n limit 2",
    "select l.n from ledger l join keys k on cast({e} as varchar) = k.key",
    "select k.key, l.n from keys k left join ledger l on cast({e} as varchar) >= k.key",
    "select n, case when region = 'north' then cast({e} as varchar) else 'none' end as x from ledger",
    "select n, max(cast({e} as varchar)) over (order by n) as x from ledger",
    "select n from ledger where n in (select n from ledger where cast({e} as varchar) <> 'q')",
    "select n from ledger l where exists (select 1 from keys k where k.key < cast({e} as varchar))",
    "select n from ledger where cast({e} as varchar) <> 'q' union select n from ledger where cast({e} as varchar) = 'r'",
];

/// Where an expression stands twice, so that an optimiser computes it once, before the filter that needs it.
const SHARED: [&str; 6] = [
    "select n from ledger where cast({e} as varchar) <> 'q' or cast({e} as varchar) > 'r'",
    "select n from ledger where concat(cast({e} as varchar), cast({e} as varchar)) <> 'q'",
    "select n from ledger where cast({e} as varchar) <> 'q' and (cast({e} as varchar) > 'r' or n > 0)",
    "select n, city from ledger where case when cast({e} as varchar) <> 'q' then cast({e} as varchar) else city end <> 'r'",
    "select l.n from ledger l join keys k on true where cast({e} as varchar) <> 'q' or cast({e} as varchar) > 'r'",
    "select n from (select n, cast({e} as varchar) as x from ledger) as t where x <> 'q' or x > 'r'",
];

/// Where fewer columns come out of an expression than go into it, among them those of the row filter, so that an optimiser
/// computes it before the filter, which then has less to carry.
const NARROW: [&str; 6] = [
    "select region, concat(cast({e} as varchar), city, cast(n as varchar)) as x from ledger",
    "select concat(cast({e} as varchar), city, cast(n as varchar)) as x, region from ledger order by region",
    "select region, x from (select region, concat(cast({e} as varchar), city, cast(n as varchar)) as x from ledger) as t where x <> 'q'",
    "select region, first_value(concat(cast({e} as varchar), city, cast(n as varchar)) order by concat(cast({e} as varchar), city, cast(n as varchar))) as x from ledger group by region",
    "select region, max(concat(cast({e} as varchar), city, cast(n as varchar))) over (partition by region) as x from ledger",
    "select t.region, t.x from (select region, concat(cast({e} as varchar), city, cast(n as varchar)) as x from ledger) as t join keys k on t.x >= k.key",
];

/// The dataset whole, as a scope sees it, and without what the scope hides.
struct Views {
    ward: Ward,
    alone: Mill,
}

impl Views {
    async fn new(settings: Settings) -> Self {
        let ward = Ward::with(settings).await;
        let alone = ward.engine.tenant("mirror").unwrap();
        // Several segments, each with rows of both kinds.
        for (seen, hidden) in SEEN.chunks(2).zip(HIDDEN.chunks(2)) {
            let whole: Vec<&str> = hidden.iter().zip(seen).flat_map(|(hidden, seen)| [*hidden, *seen]).collect();
            ward.mill.load("ledger", ledger(&whole)).await.unwrap();
            alone.load("ledger", ledger(seen)).await.unwrap();
        }
        for mill in [&ward.mill, &alone] {
            mill.load("keys", Csv::bytes("key\n20\n3\nx\n").column_type("key", ColumnType::String)).await.unwrap();
        }
        assert_eq!(ward.rows("select count(*) from ledger").await, serde_json::json!([[8]]), "no row was rejected");
        Self { ward, alone }
    }

    fn through(&self, filter: &str) -> Mill {
        self.ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("ledger").unwrap(), filter))
    }

    /// What is told that should not be, or otherwise than it should be, for each expression at each place. Gives back how
    /// many statements had an answer, too.
    async fn compare(&self, filter: &str, expressions: &[&str], places: &[&str]) -> (usize, Vec<String>) {
        let scoped = self.through(filter);
        let (mut answered, mut wrong) = (0, Vec::new());
        for expression in expressions {
            for place in places {
                let sql = place.replace("{e}", expression);
                let (told, expected) = (told(&scoped, &sql).await, told(&self.alone, &sql).await);
                answered += usize::from(expected.is_ok());
                match (told, expected) {
                    (Ok(told), Ok(expected)) if told == expected => {}
                    // It fails for rows that are seen, or is none: the same without the others.
                    (Err((kind, text)), Err((expected, _))) if kind == expected && !text.contains("Secret") => {}
                    (told, expected) => wrong.push(format!("{sql}: {told:?} instead of {expected:?}")),
                }
            }
        }
        (answered, wrong)
    }
}

fn ledger(rows: &[&str]) -> Load {
    let mut text = format!("{COLUMNS}\n");
    for row in rows {
        writeln!(text, "{row}").unwrap();
    }
    let mut load = Csv::bytes(text);
    for (columns, column_type) in [("n,amount,big,code,day,pos", ColumnType::Integer), ("real", ColumnType::Float), ("region,city,text,stamp,pattern", ColumnType::String)] {
        for column in columns.split(',') {
            load = load.column_type(column, column_type);
        }
    }
    load
}

/// Rows in an order of their own, or the kind and text of an error.
async fn told(mill: &Mill, sql: &str) -> Result<Vec<String>, (&'static str, String)> {
    let answer = mill.sql(sql).await.map_err(|error| (error.kind().as_str(), format!("{error} {error:?}")))?;
    let data = answer.to_json()["data"].clone();
    let columns: Vec<&Vec<serde_json::Value>> = data.as_array().unwrap().iter().map(|column| column.as_array().unwrap()).collect();
    let mut rows: Vec<String> = (0..answer.batch.num_rows()).map(|row| columns.iter().map(|column| column[row].to_string()).collect::<Vec<_>>().join("|")).collect();
    rows.sort_unstable();
    Ok(rows)
}

fn with_partials(bytes: usize) -> Settings {
    Settings { partial_cache_bytes: bytes, ..Settings::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_that_fail_for_hidden_rows_do_not_tell_of_them() {
    let views = Views::new(Settings::default()).await;
    // Who sees all rows is told of most of them, so there is something to tell.
    let mut failing = Vec::new();
    for expression in EXPRESSIONS {
        if let Err((_, text)) = told(&views.ward.mill, &format!("select {expression} as x from ledger")).await {
            failing.push(text);
        }
    }
    let named = failing.iter().filter(|text| text.contains("Secret")).count();
    assert!(failing.len() >= 45 && named >= 10, "{} expressions fail, {named} say for what", failing.len());
    let (answered, wrong) = views.compare("region = 'north'", &EXPRESSIONS, &PLACES).await;
    assert_none(&wrong);
    assert!(answered > EXPRESSIONS.len() * PLACES.len() / 2, "{answered} answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_holds_where_no_partials_are_kept() {
    let views = Views::new(with_partials(0)).await;
    let (answered, wrong) = views.compare("region = 'north'", &EXPRESSIONS, &PLACES[6..11]).await;
    assert_none(&wrong);
    assert!(answered > EXPRESSIONS.len() * 2, "{answered} answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_computed_once_for_several_predicates_is_not_computed_for_hidden_rows() {
    let views = Views::new(Settings::default()).await;
    let (answered, wrong) = views.compare("region = 'north'", &EXPRESSIONS, &SHARED).await;
    assert_none(&wrong);
    assert!(answered > EXPRESSIONS.len() * SHARED.len() / 2, "{answered} answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_rows_narrower_is_not_computed_for_hidden_rows() {
    let views = Views::new(Settings::default()).await;
    let (answered, wrong) = views.compare("region = 'north'", &EXPRESSIONS, &NARROW).await;
    assert_none(&wrong);
    assert!(answered > EXPRESSIONS.len() * NARROW.len() / 2, "{answered} answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_filters_of_any_form_hold() {
    let views = Views::new(Settings::default()).await;
    let expressions = ["100 / amount", "cast(text as bigint)", "to_timestamp(stamp)", "regexp_like(text, pattern)", "chr(code)"];
    let mut found = Vec::new();
    for filter in [
        "region <> 'south'",
        "region in ('north', 'west')",
        "region not in ('south')",
        "region like 'n%'",
        "not region like 's%'",
        "region between 'm' and 'o'",
        "n < 10",
        "n between 1 and 4",
        "n < 10 and region is not null",
        "region = 'north' or (city = 'nowhere' and n > 100)",
        "not (region = 'south' or n > 10)",
        "case when region = 'north' then true else false end",
        // Of functions that are not known to have a value for everything.
        "substr(region, 1, 5) = 'north'",
        "concat(region, city) like 'north%'",
        "split_part(region, 'x', 1) = 'north' and n + 0 < 100",
    ] {
        let (_, wrong) = views.compare(filter, &expressions, &PLACES[3..11]).await;
        found.extend(wrong.into_iter().map(|wrong| format!("{filter}: {wrong}")));
    }
    assert_none(&found);
}
