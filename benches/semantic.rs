//! Scenario `semantic`: questions over a table of sales and five lookups, and over a second table of events, beside DuckDB with
//! the SQL that asks the same; what planning takes of it; and how soon a list of a million values is searched.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Value, json};
use tidemill::{Engine, Mill, Parquet, SemanticQuery, Settings};
use tidemill_benches::answer::Answer;
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::peers::{DuckDb, literal};
use tidemill_benches::report::{Report, Row};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 4] = [
    "Rows are made by DuckDB and loaded by both from the same Parquet files.",
    "A question is asked as a semantic query of Tidemill, whose partials, decoded columns and lookups are kept, and as SQL of DuckDB in memory; answers were compared. The first round of each, not in the medians, fills what is kept and has a line of its own.",
    "Planning is the stage of that name of an answer: from the query to the physical plan, models and versions looked up, lookups in memory.",
    "Values are searched for one of several texts in turn, each met by few of them.",
];
const PLAN_MAX_MS: f64 = 2.0;
const SEARCH_MAX_MS: f64 = 50.0;
/// Tables, as DuckDB makes them. `{n}` are the rows of the events.
const TABLES: [(&str, &str); 7] = [
    ("regions", "select i as id, 'region ' || i as name from range(6) t(i)"),
    ("shops", "select i as id, 'shop ' || i as name, i % 6 as region from range(400) t(i)"),
    ("customers", "select i as id, 'tier ' || i % 4 as tier, 'town ' || i % 300 as town from range(50000) t(i)"),
    ("suppliers", "select i as id, 'country ' || i % 25 as country from range(200) t(i)"),
    ("products", "select i as id, 'category ' || i % 40 as category, i % 200 as supplier from range(3000) t(i)"),
    (
        "sales",
        "select i as id, timestamp '2025-01-01' + to_seconds(i * 31536000 // {n}) as made, hash(i) % 50000 as customer, hash(i + 1) % 3000 as product, hash(i + 2) % 400 as shop, hash(i + 3) % 90 as units, 'code ' || i % 1000000 as code from range({n}) t(i)",
    ),
    (
        "visits",
        "select i as id, timestamp '2025-01-01' + to_seconds(i * 31536000 // {n}) as made, hash(i) % 50000 as customer, hash(i + 5) % 400 as shop, hash(i + 6) % 60 as minutes from range({n}) t(i)",
    ),
];
const SALES: &str = "sales left join customers on sales.customer = customers.id left join products on sales.product = products.id left join suppliers on products.supplier = suppliers.id left join shops on sales.shop = shops.id left join regions on shops.region = regions.id";
const VISITS: &str = "visits left join customers on visits.customer = customers.id left join shops on visits.shop = shops.id left join regions on shops.region = regions.id";

#[derive(Parser)]
struct Args {
    /// Rows of each table of events.
    #[arg(long, default_value_t = 5_000_000)]
    rows: usize,
    /// Timed rounds.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&work)?;
    let folder = tempfile::tempdir_in(&work)?;
    let duckdb = DuckDb::in_memory("duckdb")?;
    let runtime = Runtime::new()?;
    let settings = Settings { background_rollups: false, ..Settings::default() };
    let engine = runtime.block_on(Engine::builder().path(folder.path().join("tidemill")).settings(settings).open())?;
    let mill = engine.tenant("bench")?;
    for (name, select) in TABLES {
        let file = folder.path().join(format!("{name}.parquet"));
        duckdb.execute(&format!("create table {name} as {}", select.replace("{n}", &args.rows.to_string())))?;
        // A hash has no sign, and whole numbers have one here.
        let signed = match name {
            "sales" => "* replace (customer::bigint as customer, shop::bigint as shop, product::bigint as product, units::bigint as units)",
            "visits" => "* replace (customer::bigint as customer, shop::bigint as shop, minutes::bigint as minutes)",
            _ => "*",
        };
        duckdb.execute(&format!("copy (select {signed} from {name}) to {} (format parquet)", literal(&file)?))?;
        runtime.block_on(mill.load(name, Parquet::path(&file))).with_context(|| format!("load {name}"))?;
    }
    runtime.block_on(describe(&mill))?;
    let mut report = Report::new("semantic", json!({"rows_of_each_table_of_events": args.rows, "lookups": 5, "rounds": args.rounds}), &NOTES);
    let by = ["regions.name", "customers.tier", "suppliers.country", "products.category"];
    let five = json!({"measures": ["sales.sold", "sales.count"], "dimensions": by, "timeDimensions": [{"dimension": "sales.made", "granularity": "quarter"}], "limit": 50000});
    let five_sql = format!("select date_trunc('quarter', sales.made)::timestamp, {}, sum(units)::bigint, count(*) from {SALES} group by all", by.join(", "));
    questions(&args, &runtime, &mill, &duckdb, "one table of events by five lookups", &five, &five_sql, &mut report)?;
    let both = json!({"measures": ["sales.sold", "visits.spent"], "dimensions": ["regions.name", "customers.tier"]});
    let both_sql = format!(
        "with a as (select regions.name as n, tier, sum(units)::bigint as u from {SALES} group by all), b as (select regions.name as n, tier, sum(minutes)::bigint as m from {VISITS} group by all) select coalesce(a.n, b.n), coalesce(a.tier, b.tier), u, m from a full join b on a.n is not distinct from b.n and a.tier is not distinct from b.tier"
    );
    questions(&args, &runtime, &mill, &duckdb, "two tables of events by two lookups", &both, &both_sql, &mut report)?;
    planning(&args, &runtime, &mill, &five, &mut report)?;
    values(&args, &runtime, &mill, &mut report)?;
    runtime.block_on(engine.close());
    report.finish()
}

async fn describe(mill: &Mill) -> Result<()> {
    let join = |name: &str, column: &str| json!({"name": name, "on": [{"column": column, "other": "id"}]});
    let sum = |name: &str, column: &str| json!({"name": name, "label": name, "kind": "sum", "column": column});
    let count = json!({"name": "count", "label": "Rows", "kind": "count"});
    for (name, joins, measures) in [
        ("shops", vec![join("regions", "region")], Vec::new()),
        ("products", vec![join("suppliers", "supplier")], Vec::new()),
        ("sales", vec![join("customers", "customer"), join("products", "product"), join("shops", "shop")], vec![sum("sold", "units"), count.clone()]),
        ("visits", vec![join("customers", "customer"), join("shops", "shop")], vec![sum("spent", "minutes"), count.clone()]),
    ] {
        let model = mill.model(name).await?;
        let version = model.version;
        let mut value = serde_json::to_value(&model)?;
        value["joins"] = joins.into();
        if !measures.is_empty() {
            value["measures"] = measures.into();
        }
        mill.update_model(serde_json::from_value(value)?, version).await?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the parts of one line of the report")]
fn questions(args: &Args, runtime: &Runtime, mill: &Mill, duckdb: &DuckDb, name: &str, query: &Value, sql: &str, report: &mut Report) -> Result<()> {
    let query: SemanticQuery = serde_json::from_value(query.clone())?;
    let mut times = [Vec::new(), Vec::new()];
    let mut first = [0.0, 0.0];
    for round in 0..=args.rounds {
        let mut answers = [None, None];
        for place in order_of_round(2, round) {
            let (answer, time) = timed(|| if place == 0 { Answer::from_batches(&[runtime.block_on(mill.query(&query))?.batch]) } else { duckdb.sql(sql) })?;
            answers[place] = Some(answer);
            if round > 0 {
                times[place].push(time);
            } else {
                first[place] = time.as_secs_f64() * 1000.0;
            }
        }
        if let [Some(ours), Some(theirs)] = answers {
            ensure!(!ours.rows.is_empty(), "{name} has no answer");
            ours.compare(theirs).with_context(|| format!("{name}: tidemill and duckdb disagree"))?;
        }
    }
    let [ours, theirs] = times.map(|times| median_ms(&times));
    report.push(Row { workload: name.to_owned(), unit: "ms", ours, peers: vec![("duckdb", theirs)], target: "faster than DuckDB".to_owned(), holds: ours < theirs });
    let [ours, theirs] = first;
    report.push(Row {
        workload: format!("{name}, the first time"),
        unit: "ms",
        ours,
        peers: vec![("duckdb", theirs)],
        target: "within twice DuckDB".to_owned(),
        holds: ours < theirs * 2.0,
    });
    Ok(())
}

fn planning(args: &Args, runtime: &Runtime, mill: &Mill, query: &Value, report: &mut Report) -> Result<()> {
    let query: SemanticQuery = serde_json::from_value(query.clone())?;
    let mut times = Vec::new();
    for round in 0..=args.rounds * 10 {
        let answer = runtime.block_on(mill.query(&query))?;
        if round > 0 {
            times.push(answer.provenance.stages.iter().find(|stage| stage.name == "plan").context("an answer that was not planned")?.duration);
        }
    }
    let ours = median_ms(&times);
    let target = format!("at most {PLAN_MAX_MS} ms");
    report.push(Row { workload: "planning with five joins, median".to_owned(), unit: "ms", ours, peers: Vec::new(), target, holds: ours <= PLAN_MAX_MS });
    Ok(())
}

fn values(args: &Args, runtime: &Runtime, mill: &Mill, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for round in 0..=args.rounds {
        let text = format!("e {}", 77_777 + round * 1_111);
        let start = Instant::now();
        let page = runtime.block_on(mill.values("sales.code", Some(&text), 50, 0))?;
        if round > 0 {
            times.push(start.elapsed());
        }
        ensure!(!page.values.is_empty(), "no value has {text:?} in it");
    }
    let ours = median_ms(&times);
    let target = format!("at most {SEARCH_MAX_MS} ms");
    report.push(Row { workload: "search in a million values, median".to_owned(), unit: "ms", ours, peers: Vec::new(), target, holds: ours <= SEARCH_MAX_MS });
    Ok(())
}
