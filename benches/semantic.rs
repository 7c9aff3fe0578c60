//! Scenario `semantic`: questions over a table of sales and five lookups, and over a second table of events, beside DuckDB with
//! the SQL that asks the same; what planning takes of it; and how soon a list of a million values is searched.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use arrow::array::RecordBatch;
use clap::Parser;
use serde_json::{Value, json};
use tidemill::{Csv, Engine, Measure, MeasureKind, Mill, Parquet, Scope, SemanticQuery, Settings, UserAttributes};
use tidemill_benches::answer::Answer;
use tidemill_benches::measure::{median_ms, order_of_round, timed};
use tidemill_benches::peers::{DuckDb, literal};
use tidemill_benches::report::{Report, Row};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: [&str; 8] = [
    "Rows are made by DuckDB and loaded by both from the same Parquet files.",
    "A question is asked as a semantic query of Tidemill, whose partials, decoded columns and lookups are kept, and as SQL of DuckDB in memory; answers were compared. The first round of each, not in the medians, fills what is kept and has a line of its own.",
    "What is joined in SQL is rows, by the same statement for both; nothing of it is kept.",
    "Planning is the stage of that name of an answer: from the query to the physical plan, models and versions looked up, lookups in memory.",
    "Values are searched for one of several texts in turn, each met by few of them.",
    "A thousand users see different sets of twelve parts by an access policy; what is kept before is what the first question of somebody who sees everything has made. Reuse is told by how the kept partials grow.",
    "Rows that are not seen: the answers of both users were compared. Both are asked in turns; the first time of each is one time and no median.",
    "Models are read by an engine that was just opened, from 200 datasets of their own, and checked against these.",
];
const PLAN_MAX_MS: f64 = 2.0;
const SEARCH_MAX_MS: f64 = 50.0;
/// Parts of the dataset under policies: a load, and so a segment, each.
const PARTS: usize = 12;
/// Users who see different parts.
const SCOPES: usize = 1_000;
const REUSED_MIN_PERCENT: f64 = 80.0;
/// Rows that somebody sees, and how many times as many are hidden.
const HIDDEN_ROWS: usize = 60_000;
const HIDDEN_TIMES: usize = 10;
/// Tenants whose users see as many rows, among few others and among many.
const HIDING: [&str; 2] = ["hides_few", "hides_many"];
/// The first time class of an engine that tells answers in classes.
const CLASS_MS: u64 = 100;
/// Models, and members of each.
const MODELS: (usize, usize) = (200, 25);
const MODELS_MAX_MS: f64 = 200.0;
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
    let asked = |query: &Value| -> Result<_> {
        let query: SemanticQuery = serde_json::from_value(query.clone())?;
        let (runtime, mill) = (&runtime, &mill);
        Ok(move || Ok(runtime.block_on(mill.query(&query))?.batch))
    };
    questions(&args, &asked(&five)?, &duckdb, "one table of events by five lookups", &five_sql, &mut report)?;
    let both = json!({"measures": ["sales.sold", "visits.spent"], "dimensions": ["regions.name", "customers.tier"]});
    let both_sql = format!(
        "with a as (select regions.name as n, tier, sum(units)::bigint as u from {SALES} group by all), b as (select regions.name as n, tier, sum(minutes)::bigint as m from {VISITS} group by all) select coalesce(a.n, b.n), coalesce(a.tier, b.tier), u, m from a full join b on a.n is not distinct from b.n and a.tier is not distinct from b.tier"
    );
    questions(&args, &asked(&both)?, &duckdb, "two tables of events by two lookups", &both_sql, &mut report)?;
    let rows = "select tier, sum(units)::bigint as units, count(*) as n from sales join customers on sales.customer = customers.id group by tier";
    questions(&args, &|| Ok(runtime.block_on(mill.sql(rows))?.batch), &duckdb, "rows of two tables joined in SQL", rows, &mut report)?;
    planning(&args, &runtime, &mill, &five, &mut report)?;
    values(&args, &runtime, &mill, &mut report)?;
    policies(&args, &runtime, &engine, &mut report)?;
    let asked = hidden(&args, &runtime, &engine, &mut report)?;
    runtime.block_on(engine.close());
    let classes = Settings { background_rollups: false, time_class_ms: CLASS_MS, ..Settings::default() };
    let engine = runtime.block_on(Engine::builder().path(folder.path().join("tidemill")).settings(classes).open())?;
    in_classes(&runtime, &engine, &asked, &mut report)?;
    runtime.block_on(engine.close());
    models(&runtime, &mut report)?;
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

fn questions(args: &Args, ask: &dyn Fn() -> Result<RecordBatch>, duckdb: &DuckDb, name: &str, sql: &str, report: &mut Report) -> Result<()> {
    let mut times = [Vec::new(), Vec::new()];
    let mut first = [0.0, 0.0];
    for round in 0..=args.rounds {
        let mut answers = [None, None];
        for place in order_of_round(2, round) {
            let (answer, time) = timed(|| if place == 0 { Answer::from_batches(&[ask()?]) } else { duckdb.sql(sql) })?;
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

/// A policy on the column by which the dataset lies in parts: what one user's question has made serves all others.
fn policies(args: &Args, runtime: &Runtime, engine: &Engine, report: &mut Report) -> Result<()> {
    let mill = engine.tenant("parts")?;
    let rows = args.rows / 10 / PARTS;
    runtime.block_on(async {
        for part in 0..PARTS {
            let lines: String = (0..rows).map(|row| format!("p{part},{},{}\n", row % 500, row % 97)).collect();
            mill.load("parts", Csv::bytes(format!("part,article,pieces\n{lines}"))).await?;
        }
        let mut model = mill.model("parts").await?;
        model.access_policies = serde_json::from_value(json!([{"name": "own", "rows": [{"member": "parts.part", "operator": "equals", "values": ["{user.part}"]}]}]))?;
        let version = model.version;
        mill.update_model(model, version).await
    })?;
    let query: SemanticQuery = serde_json::from_value(json!({"measures": ["parts.sum_pieces", "parts.count"], "dimensions": ["parts.article"], "limit": 1_000}))?;
    let start = Instant::now();
    runtime.block_on(mill.query(&query))?;
    let all = start.elapsed();
    let before = runtime.block_on(engine.cache_bytes()).partials;
    let (mut times, mut parts) = (Vec::new(), 0_usize);
    for scope in 1..=SCOPES {
        // Each number is another set of parts.
        let set = scope * (1 << PARTS) / (SCOPES + 1);
        let seen: Vec<String> = (0..PARTS).filter(|part| (set.max(1) >> part) & 1 == 1).map(|part| format!("p{part}")).collect();
        let user = engine.mill(Scope::of(mill.scope().tenant().clone()).seen_by(UserAttributes::default().with("part", seen.iter().cloned())));
        let (answer, time) = timed(|| Ok(runtime.block_on(user.query(&query))?))?;
        ensure!(answer.provenance.row_filter_applied && answer.batch.num_rows() == 500, "user {scope} sees {} groups", answer.batch.num_rows());
        parts += seen.len();
        times.push(time);
    }
    let grown = runtime.block_on(engine.cache_bytes()).partials.saturating_sub(before) as f64;
    let each = before as f64 / PARTS as f64;
    let reused = (100.0 * (1.0 - grown / (each * parts as f64))).max(0.0);
    let target = format!("at least {REUSED_MIN_PERCENT} %");
    report.push(Row {
        workload: "partials reused by 1,000 users of other rows".to_owned(),
        unit: "%",
        ours: reused,
        peers: Vec::new(),
        target,
        holds: reused >= REUSED_MIN_PERCENT,
    });
    let (ours, first) = (median_ms(&times), all.as_secs_f64() * 1000.0);
    report.push(Row {
        workload: "the first question of each of them, beside the first of all".to_owned(),
        unit: "ms",
        ours,
        peers: vec![("first of all", first)],
        target: "less".to_owned(),
        holds: ours < first,
    });
    Ok(())
}

/// Whether how long an answer takes tells how many rows are hidden: the same visible rows among few others, and among many.
fn hidden(args: &Args, runtime: &Runtime, engine: &Engine, report: &mut Report) -> Result<SemanticQuery> {
    let query: SemanticQuery = serde_json::from_value(json!({"measures": ["rows.sum_pieces", "rows.count"], "dimensions": ["rows.article"], "limit": 1_000}))?;
    for (tenant, others) in [(HIDING[0], 1), (HIDING[1], HIDDEN_TIMES)] {
        let mill = engine.tenant(tenant)?;
        runtime.block_on(async {
            for part in 0..PARTS {
                let line = |row: usize| (0..=others).map(move |other| format!("{},{},{}\n", if other == 0 { "own" } else { "others" }, row % 500, (row + part) % 97));
                let lines: String = (0..HIDDEN_ROWS / PARTS).flat_map(line).collect();
                mill.load("rows", Csv::bytes(format!("whose,article,pieces\n{lines}"))).await?;
            }
            let mut model = mill.model("rows").await?;
            model.access_policies = serde_json::from_value(json!([{"name": "own", "rows": [{"member": "rows.whose", "operator": "equals", "values": ["{user.whose}"]}]}]))?;
            let version = model.version;
            mill.update_model(model, version).await
        })?;
    }
    let users = restricted(engine)?;
    let mut times = [Vec::new(), Vec::new()];
    let mut first = [0.0; 2];
    for round in 0..=args.rounds * 10 {
        let mut answers = Vec::new();
        for place in order_of_round(2, round) {
            let (answer, time) = timed(|| Ok(runtime.block_on(users[place].query(&query))?))?;
            answers.push((place, answer.batch));
            if round == 0 {
                first[place] = time.as_secs_f64() * 1000.0;
            } else {
                times[place].push(time);
            }
        }
        answers.sort_by_key(|(place, _)| *place);
        ensure!(answers[0].1 == answers[1].1, "rows that are not seen have changed an answer");
    }
    let [few, many] = times.map(|times| median_ms(&times));
    report.push(Row {
        workload: format!("a restricted question, kept, with {HIDDEN_TIMES} times as many rows hidden"),
        unit: "ms",
        ours: many,
        peers: vec![("few hidden", few)],
        target: "of the same class: within 1.5 times".to_owned(),
        holds: many <= few * 1.5,
    });
    report.push(Row {
        workload: "the same, the first time".to_owned(),
        unit: "ms",
        ours: first[1],
        peers: vec![("few hidden", first[0])],
        target: "none: rows are read before they are hidden (ADR 0028), and how long that takes is told where there are no time classes".to_owned(),
        holds: true,
    });
    Ok(query)
}

/// Who sees their own rows, few of which are hidden in the first and many in the second.
fn restricted(engine: &Engine) -> Result<[Mill; 2]> {
    let [few, many] = HIDING.map(|tenant| {
        let tenant = engine.tenant(tenant)?.scope().tenant().clone();
        anyhow::Ok(engine.mill(Scope::of(tenant).seen_by(UserAttributes::default().with("whose", ["own".to_owned()]))))
    });
    Ok([few?, many?])
}

/// The same first questions, told at the ends of time classes by an engine that has nothing in memory.
fn in_classes(runtime: &Runtime, engine: &Engine, query: &SemanticQuery, report: &mut Report) -> Result<()> {
    let [few, many] = restricted(engine)?.map(|mill| anyhow::Ok(timed(|| Ok(runtime.block_on(mill.query(query))?))?.1.as_secs_f64() * 1000.0));
    let (few, many) = (few?, many?);
    report.push(Row {
        workload: format!("the same, the first time, in time classes of {CLASS_MS} ms"),
        unit: "ms",
        ours: many,
        peers: vec![("few hidden", few)],
        target: "of the same class: within 5 ms".to_owned(),
        holds: (many - few).abs() <= 5.0,
    });
    Ok(())
}

/// Models of an engine that was just opened.
fn models(runtime: &Runtime, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let open = || Engine::builder().path(folder.path()).settings(Settings { background_rollups: false, upkeep_seconds: 0, ..Settings::default() }).open();
    let (count, members) = MODELS;
    runtime.block_on(async {
        let engine = open().await?;
        let mill = engine.tenant("bench")?;
        for number in 0..count {
            let name = format!("events_{number}");
            mill.load(&name, Csv::bytes("at,city,amount\n2025-01-01,Rome,1\n2025-01-02,Oslo,2\n")).await?;
            let mut model = mill.model(&name).await?;
            let have = model.dimensions.len() + model.measures.len();
            model.measures.extend((have..members).map(|measure| Measure {
                name: format!("m{measure}"),
                label: format!("Measure {measure}"),
                kind: MeasureKind::Sum,
                expression: Some(format!("amount * {measure}")),
                ..Measure::default()
            }));
            let version = model.version;
            mill.update_model(model, version).await?;
        }
        engine.close().await;
        Ok::<_, anyhow::Error>(())
    })?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let engine = runtime.block_on(open())?;
        let mill = engine.tenant("bench")?;
        // The logs of the datasets are opened before: this is about models.
        runtime.block_on(mill.datasets())?;
        let (found, time) = timed(|| Ok(runtime.block_on(mill.models())?))?;
        ensure!(found.len() == count && found.iter().all(|model| model.dimensions.len() + model.measures.len() == members), "{} models", found.len());
        times.push(time);
        runtime.block_on(engine.close());
    }
    let ours = median_ms(&times);
    let target = format!("at most {MODELS_MAX_MS} ms");
    report.push(Row {
        workload: format!("{count} models of {} members read and checked, cold", count * members),
        unit: "ms",
        ours,
        peers: Vec::new(),
        target,
        holds: ours <= MODELS_MAX_MS,
    });
    Ok(())
}
