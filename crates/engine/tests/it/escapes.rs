//! SQL does not get out: neither to files, addresses and the process, nor to another tenant, nor to rows that the scope
//! hides. What is tried stands in `escapes/corpus.txt`, a statement a line.

mod amplified;
mod functions;
mod hidden;

use std::collections::BTreeSet;
use std::time::Duration;

use tidemill::{Csv, ErrorKind, Limits, Mill, Scope, Settings, TenantId};

use crate::partials::Dice;
use crate::ward::Ward;

const CORPUS: &str = include_str!("escapes/corpus.txt");

/// What only the other tenant has: a text and a number of its rows, the name of a dataset and that of a column.
const CANARIES: [&str; 4] = ["kanarie-7c1e", "424242421", "vault_zq81", "tresor_q7"];

/// What only the caller has.
const OWN: &str = "eigen-3b9d";

/// A statement that must be refused.
struct Attempt {
    attack: &'static str,
    kinds: Vec<&'static str>,
    sql: String,
}

/// Two tenants with datasets of the same name.
struct Tenants {
    ward: Ward,
    /// Path of a segment of the other tenant.
    file: String,
    /// Id of the other tenant's `orders`.
    id: String,
}

impl Tenants {
    async fn new() -> Self {
        // Open in any run: a path and an id are read from the folder.
        let ward = Ward::open_tables(Settings::default()).await;
        ward.mill.load("orders", Csv::bytes(format!("n,city,amount,note\n1,Rome,10,{OWN}\n2,Oslo,20,{OWN}\n"))).await.unwrap();
        ward.mill.load("people", Csv::bytes("n,name\n1,Ann\n2,Bob\n")).await.unwrap();
        let [text, number, dataset, column] = CANARIES;
        let globex = ward.engine.tenant("globex").unwrap();
        globex.load("orders", Csv::bytes(format!("n,city,amount,note,{column}\n1,Rome,{number},{text},{text}\n"))).await.unwrap();
        globex.load(dataset, Csv::bytes(format!("n,note\n1,{text}\n"))).await.unwrap();
        let objects = ward.objects("../globex/orders");
        let segment = objects.iter().find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
        let first = objects.iter().find(|path| path.ends_with("_delta_log/00000000000000000000.json")).unwrap();
        let log = std::fs::read_to_string(first).unwrap();
        let id = log.split("\"metaData\"").nth(1).and_then(|data| data.split("\"id\":\"").nth(1)).and_then(|id| id.split('"').next()).unwrap().to_owned();
        let file = segment.canonicalize().unwrap().display().to_string();
        Self { ward, file, id }
    }

    fn ours(&self) -> &Mill {
        &self.ward.mill
    }

    /// Puts what a statement cannot know beforehand, and what cannot be seen in a file, in its place.
    fn filled(&self, sql: &str) -> String {
        let mut filled = String::new();
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once("{U+") {
            let (code, after) = after.split_once('}').unwrap();
            filled.push_str(before);
            filled.push(u32::from_str_radix(code, 16).ok().and_then(char::from_u32).unwrap());
            rest = after;
        }
        filled.push_str(rest);
        filled.replace("{FILE}", &self.file).replace("{ID}", &self.id)
    }

    fn attempts(&self) -> Vec<Attempt> {
        let (mut attack, mut kinds) = ("", Vec::new());
        let mut attempts = Vec::new();
        for line in CORPUS.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            match line.strip_prefix("== ") {
                Some(header) => {
                    let (name, right) = header.split_once(": ").unwrap();
                    (attack, kinds) = (name, right.split(' ').collect());
                }
                None => attempts.push(Attempt { attack, kinds: kinds.clone(), sql: self.filled(line) }),
            }
        }
        attempts
    }
}

/// What is wrong with the way in which a statement was refused, if anything is.
async fn wrong(mill: &Mill, attack: &str, sql: &str, kinds: &[&str]) -> Option<String> {
    let shown: String = sql.chars().take(200).collect();
    match mill.sql(sql).await {
        Ok(answer) => Some(format!("{attack}: answered with {} rows: {shown}", answer.batch.num_rows())),
        Err(error) if kinds.contains(&error.kind().as_str()) => None,
        Err(error) => Some(format!("{attack}: {} instead of {kinds:?}: {shown}: {error}", error.kind().as_str())),
    }
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} statements:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_of_the_corpus_is_answered() {
    let tenants = Tenants::new().await;
    let attempts = tenants.attempts();
    let different: BTreeSet<&str> = attempts.iter().map(|attempt| attempt.sql.as_str()).collect();
    assert!(different.len() == attempts.len() && attempts.len() >= 900, "{} of {} statements are different", different.len(), attempts.len());
    let mut found = Vec::new();
    for Attempt { attack, kinds, sql } in &attempts {
        assert!(kinds.iter().all(|kind| ["denied", "invalid", "exhausted", "not_found"].contains(kind)), "{attack}: {kinds:?}");
        found.extend(wrong(tenants.ours(), attack, sql, kinds).await);
    }
    assert_none(&found);
    // Nothing was made, changed or removed on the way.
    let rows = "select (select count(*) from orders) as a, (select count(*) from people) as b";
    assert_eq!(tenants.ward.rows(rows).await, serde_json::json!([[2], [2]]));
    for (tenant, expected) in [("acme", 2), ("globex", 2)] {
        assert_eq!(tenants.ward.engine.tenant(tenant).unwrap().datasets().await.unwrap().len(), expected, "{tenant}");
    }
}

/// DataFusion reads these clauses and leaves them out, so that the answer would be to another question.
#[tokio::test(flavor = "multi_thread")]
async fn a_clause_that_would_be_left_out_is_refused() {
    let tenants = Tenants::new().await;
    let mut found = Vec::new();
    for sql in [
        "select * from orders tablesample system (10)",
        "select * from orders tablesample bernoulli (10) repeatable (1)",
        "select * from orders tablesample (5 rows)",
        "select * from orders sample (10)",
        "select * from (select * from orders tablesample system (1)) as t",
        "select * from orders with ordinality",
        "select * from orders with (nolock)",
        "select n from orders connect by prior n = n",
        "select n from orders start with n = 1 connect by prior n = amount",
        "select * from orders for xml auto",
        "select * from orders for json auto",
        "select * from orders for browse",
        "select * from (select * from orders for update) as t",
        "select n from orders where n in (select n from orders for share)",
    ] {
        found.extend(wrong(tenants.ours(), "left out", sql, &["denied", "invalid"]).await);
    }
    assert_none(&found);
}

/// `count` times the same text.
fn chain(count: usize, part: &str, between: &str) -> String {
    vec![part; count].join(between)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_too_deep_or_too_wide_is_refused() {
    let tenants = Tenants::new().await;
    let nested = |depth: usize, open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
    let joins: String = (0..400).map(|index| format!(" cross join orders o{index}")).collect();
    let ctes: Vec<String> = (1..400).map(|index| format!("a{index} as (select * from a{})", index - 1)).collect();
    let both: &[&str] = &["exhausted", "invalid"];
    let exhausted: &[&str] = &["exhausted"];
    let unknown: &[&str] = &["not_found", "invalid", "exhausted"];
    let attempts = [
        (format!("select {}", nested(5_000, "(", "1", ")")), exhausted),
        (format!("select {}", nested(65, "(", "1", ")")), exhausted),
        (format!("select {}", nested(5_000, "[", "1", "]")), exhausted),
        (format!("select {}", nested(200, "abs(", "1", ")")), exhausted),
        (format!("select {}", nested(200, "cast(", "1", " as int)")), exhausted),
        (format!("select {}", nested(2_000, "case when 1 = 1 then ", "1", " end")), exhausted),
        (format!("select {}", nested(300, "case when true then ", "1", " end")), both),
        (format!("select {}", nested(2_000, "not ", "true", "")), exhausted),
        (format!("select {}", nested(2_000, "- ", "1", "")), exhausted),
        (format!("select {}", nested(2_000, "~", "1", "")), both),
        (nested(100, "select * from (", "select 1", ") as t"), exhausted),
        (nested(100, "(", "select 1", ")"), exhausted),
        (format!("select {}", nested(100, "(select ", "1", ")")), exhausted),
        (nested(100, "with a as (", "select 1", ") select * from a"), exhausted),
        (format!("select n from orders where {}", nested(100, "n in (select n from orders where ", "true", ")")), exhausted),
        (format!("select {}", chain(2_000, "1", " + ")), exhausted),
        (format!("select {}", chain(2_000, "'a'", " || ")), exhausted),
        (format!("select 1 where {}", chain(2_000, "true", " and ")), exhausted),
        (format!("select n from orders where {}", chain(2_000, "n = 1", " or ")), exhausted),
        (format!("select 1{}", "::int".repeat(2_000)), exhausted),
        (format!("select n{} from orders", "[1]".repeat(2_000)), both),
        (chain(1_200, "select 1", " union all "), exhausted),
        (chain(1_200, "select 1", " union "), exhausted),
        (chain(1_200, "select 1", " intersect "), exhausted),
        (chain(1_200, "select 1", " except "), exhausted),
        (chain(1_200, "select n from orders", " union all "), exhausted),
        (format!("select 1 from people{joins}"), exhausted),
        (format!("with a0 as (select 1 as x), {} select * from a399", ctes.join(", ")), exhausted),
        (format!("select n from orders where n in ({})", chain(40_000, "1", ",")), exhausted),
        (format!("select n from orders where n in ({})", chain(10_000, "1", ", ")), exhausted),
        (format!("values {}", chain(20_000, "(1)", ",")), exhausted),
        (format!("values {}", chain(6_000, "(1)", ",")), exhausted),
        (format!("select {} from orders", chain(30_000, "n", ",")), exhausted),
        (format!("select {} from orders", chain(6_000, "n", ",")), both),
        (format!("select {} from orders", chain(40, "*", ",")), both),
        (format!("select '{}'", "x".repeat(1 << 20)), exhausted),
        (format!("select \"{}\" from orders", "x".repeat(1 << 20)), exhausted),
        (format!("select * from \"{}\"", "x".repeat(60_000)), unknown),
        (format!("select {}(1)", "f".repeat(60_000)), both),
        (format!("select 1 {}", "/*".repeat(20_000)), both),
        (format!("select /* {} */ 1", "x".repeat(1 << 20)), exhausted),
        (" ".repeat(1 << 20), exhausted),
        (";".repeat(30_000), both),
        (format!("select cast('{}' as bigint)", "9".repeat(60_000)), both),
        (format!("select * from {}orders", "a.".repeat(5_000)), both),
        (format!("select {}n from orders", "a.".repeat(5_000)), both),
    ];
    let mut found = Vec::new();
    for (sql, kinds) in attempts {
        found.extend(wrong(tenants.ours(), "too much", &sql, kinds).await);
    }
    assert_none(&found);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_stopped() {
    let ward = Ward::new().await;
    let rows: String = (0..20_000).map(|n| format!("{n}\n")).collect();
    ward.mill.load("numbers", Csv::bytes(format!("n\n{rows}"))).await.unwrap();
    let limits = Limits { deadline: Duration::from_millis(200), ..Limits::default() };
    let hurried = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(limits));
    for sql in [
        "select count(*) from numbers a, numbers b, numbers c where a.n + b.n + c.n = 7",
        "select count(*) from numbers a join numbers b on a.n < b.n join numbers c on b.n < c.n",
        "select a.n from numbers a, numbers b order by a.n * b.n desc limit 3 offset 100000000",
        "select max(x) from (select sum(a.n) over (order by a.n * b.n) as x from numbers a, numbers b) as t",
    ] {
        let error = hurried.sql(sql).await.expect_err(sql);
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{sql}: {error}");
    }
    // What others ask is still answered.
    assert_eq!(ward.rows("select count(*) from numbers").await, serde_json::json!([[20_000]]));
}

/// Names in many ways what the other tenant has, and now and then what the caller has.
fn reference(dice: &mut Dice) -> String {
    const SPACES: [&str; 10] = ["tidemill", "public", "globex", "acme", "datafusion", "information_schema", "GLOBEX", "{ID}", "..", ""];
    const NAMES: [&str; 16] = [
        "orders",
        "people",
        "vault_zq82",
        "_delta_log",
        "{ID}",
        "{FILE}",
        "globex/orders",
        "../globex/orders",
        "/globex/orders/_delta_log/00000000000000000000.json",
        "tidemill://segments/globex/orders/",
        "globex.orders",
        "ORDERS",
        "orders{U+200B}",
        "оrders",
        "tables",
        "orders@globex",
    ];
    if dice.roll(4) == 0 {
        return dice.pick(&["orders", "Orders", "\"orders\"", "people", "orders o", "orders as globex"]).to_owned();
    }
    let mut parts: Vec<&str> = (0..dice.roll(4)).map(|_| dice.pick(&SPACES)).collect();
    parts.push(dice.pick(&NAMES));
    match dice.roll(5) {
        0 => parts.join("."),
        1 => format!("\"{}\"", parts.join(".")),
        2 => format!("\"{}\"", parts.join("/")),
        3 => format!("'{}'", parts.join("/")),
        _ => parts.iter().map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join("."),
    }
}

fn statement(dice: &mut Dice) -> String {
    const SHAPES: [&str; 28] = [
        "select * from {t}",
        "select * from {t} limit 5",
        "select count(*) from {t}",
        "select note from {t}",
        "select max(note), min(amount) from {t}",
        "select {t}.note from orders",
        "select {t} from orders",
        "select * from orders join {t} on true",
        "select * from {t}, {u}",
        "select * from orders natural join {t}",
        "select n from orders union all select n from {t}",
        "select n from orders except select n from {t}",
        "select (select max(note) from {t}) as note",
        "select n from orders where exists (select 1 from {t})",
        "select n from orders where note in (select note from {t})",
        "with orders as (select * from {t}) select * from orders",
        "with globex as (select * from {t}) select * from globex",
        "with a as (select * from {t}), b as (select * from {u}) select * from a, b",
        "select * from orders, lateral (select * from {t}) as l",
        "select * from (select * from {t}) as s order by 1",
        "select tresor_q8 from {t}",
        "select sum(amount) over (order by n) from {t}",
        "table {t}",
        "explain select * from {t}",
        "show columns from {t}",
        "copy {t} to '/tmp/out.csv'",
        "insert into {t} select * from {u}",
        "select note from {t} where note like 'k%' or cast(note as bigint) > 0",
    ];
    let shape = dice.pick(&SHAPES);
    shape.replace("{t}", &reference(dice)).replace("{u}", &reference(dice))
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_answers_nor_errors_hold_anything_of_another_tenant() {
    let tenants = Tenants::new().await;
    let mut dice = Dice(0x0e5c_a9e5);
    let corpus = tenants.attempts().into_iter().map(|attempt| attempt.sql);
    let made: Vec<String> = (0..2_000).map(|_| tenants.filled(&statement(&mut dice))).collect();
    let (mut answered, mut refused, mut own, mut found) = (0, 0, 0, Vec::new());
    for (index, sql) in corpus.chain(made).enumerate() {
        // The state that was may not tell more than the one that is.
        let answer = if index % 7 == 0 { tenants.ours().sql_as_of(&sql, 0).await } else { tenants.ours().sql(&sql).await };
        let told = match answer {
            Ok(answer) => {
                answered += 1;
                format!("{} {}", answer.to_json(), answer.to_csv().unwrap())
            }
            Err(error) => {
                refused += 1;
                format!("{error} {error:?}")
            }
        };
        own += usize::from(told.contains(OWN));
        if let Some(canary) = CANARIES.iter().find(|canary| told.contains(**canary)) {
            found.push(format!("{canary} is told by {sql}: {told}"));
        }
    }
    assert_none(&found);
    assert!(answered > 100 && refused > 2_000 && own > 50, "{answered} answered, {refused} refused, {own} with rows of the caller");
    // The canaries are there for whom they belong to.
    let globex = tenants.ward.engine.tenant("globex").unwrap();
    let theirs = globex.sql("select * from orders").await.unwrap().to_json().to_string();
    assert!(CANARIES.iter().filter(|canary| theirs.contains(**canary)).count() == 3, "{theirs}");
}
