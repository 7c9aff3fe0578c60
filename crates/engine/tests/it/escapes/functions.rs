//! What DataFusion registers by itself and is not on our lists does not exist, whatever a new release adds.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::execution::SessionStateDefaults;
use tidemill::{Csv, ErrorKind, Mill};

use super::{assert_none, wrong};
use crate::ward::Ward;

const ALLOWED: &str = include_str!("../../../src/functions/allowed.rs");

/// Our own functions that have the names of DataFusion's.
const OWN: [&str; 5] = ["approx_distinct", "approx_percentile_cont", "approx_median", "percentile_cont", "quantile_cont"];

/// The names of one of the lists of allowed functions, as they stand in the source.
fn listed(list: &str) -> BTreeSet<&'static str> {
    let (_, after) = ALLOWED.split_once(&format!("const {list}: &[&str] = &[")).unwrap();
    let (names, _) = after.split_once("];").unwrap();
    names.split('"').skip(1).step_by(2).collect()
}

/// All names of DataFusion's functions that are not allowed under any kind.
fn unlisted() -> BTreeSet<String> {
    let mut allowed: BTreeSet<String> = OWN.iter().map(|name| (*name).to_owned()).collect();
    let mut all = BTreeSet::new();
    let mut note = |name: &str, aliases: &[String], list: &BTreeSet<&str>| {
        let names: Vec<String> = std::iter::once(name.to_owned()).chain(aliases.iter().cloned()).collect();
        if list.contains(name) {
            allowed.extend(names.iter().cloned());
        }
        all.extend(names);
    };
    let (scalar, aggregate, window) = (listed("SCALAR"), listed("AGGREGATE"), listed("WINDOW"));
    for function in SessionStateDefaults::default_scalar_functions() {
        note(function.name(), function.aliases(), &scalar);
    }
    for function in SessionStateDefaults::default_aggregate_functions() {
        note(function.name(), function.aliases(), &aggregate);
    }
    for function in SessionStateDefaults::default_window_functions() {
        note(function.name(), function.aliases(), &window);
    }
    all.into_iter().filter(|name| !allowed.contains(name)).collect()
}

async fn orders() -> Ward {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n,city\n1,Rome\n2,Oslo\n")).await.unwrap();
    ward
}

/// Whether a function does not exist: it is said to be unknown, not to have got the wrong arguments.
async fn is_unknown(mill: &Mill, name: &str) -> Result<(), String> {
    let sql = format!("select \"{name}\"(n) from orders");
    match mill.sql(&sql).await {
        Ok(_) => Err(format!("answered: {sql}")),
        Err(error) if error.kind() == ErrorKind::Invalid && error.message().contains(&format!("Invalid function '{name}'")) => Ok(()),
        Err(error) => Err(format!("{}: {sql}: {error}", error.kind().as_str())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_not_listed_does_not_exist() {
    let ward = orders().await;
    let names = unlisted();
    for dangerous in ["now", "random", "uuid", "version", "repeat", "generate_series", "range", "array_agg"] {
        assert!(names.contains(dangerous), "{dangerous} of {names:?}");
    }
    let mut found = Vec::new();
    for name in &names {
        // The planner makes maps by itself: see below.
        if name != "map" {
            found.extend(is_unknown(&ward.mill, name).await.err());
        }
        for sql in [
            format!("select {name}()"),
            format!("select \"{name}\"()"),
            format!("select {name}(1)"),
            format!("select {name}(n, n, n) from orders"),
            format!("select {name}(city, 'x') filter (where true) from orders"),
            format!("select {name}(n) over (order by n) from orders"),
            format!("select {name}(distinct n) from orders"),
            format!("select n from orders where {name}(n) is not null"),
            format!("select n from orders order by {name}(city)"),
            format!("select * from {name}(1, 2)"),
            format!("values ({name}(1))"),
        ] {
            // Some names are words of the language with an argument of their own form, and `map` is made of pairs.
            if name != "map" || !sql.contains(", 'x'") {
                found.extend(wrong(&ward.mill, "function", &sql, &["invalid", "not_found"]).await);
            }
        }
    }
    assert_none(&found);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_function_exists() {
    // A name that DataFusion does not know any more is a list that nobody looks at.
    let known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::from([
        ("SCALAR", SessionStateDefaults::default_scalar_functions().iter().map(|function| function.name().to_owned()).collect()),
        ("AGGREGATE", SessionStateDefaults::default_aggregate_functions().iter().map(|function| function.name().to_owned()).collect()),
        ("WINDOW", SessionStateDefaults::default_window_functions().iter().map(|function| function.name().to_owned()).collect()),
    ]);
    let ward = orders().await;
    let mut missing = Vec::new();
    for (list, known) in known {
        let names = listed(list);
        assert!(names.len() > 8, "{list}: {names:?}");
        for name in names.into_iter().filter(|name| known.contains(*name)) {
            if is_unknown(&ward.mill, name).await.is_ok() && list != "WINDOW" {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_of_functions_do_not_exist() {
    let ward = orders().await;
    let functions = SessionStateDefaults::default_higher_order_functions();
    assert!(!functions.is_empty());
    let mut found = Vec::new();
    for function in functions {
        for name in std::iter::once(function.name()).chain(function.aliases().iter().map(String::as_str)) {
            found.extend(is_unknown(&ward.mill, name).await.err());
        }
    }
    assert_none(&found);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_the_planner_makes_by_itself_is_not_a_way_around_the_list() {
    let ward = orders().await;
    let mut found = Vec::new();
    for sql in
        ["select map('a', 1)", "select map([1], [2])", "select make_map('a', 1)", "select make_map()", "select map(city, n) from orders", "select struct(1)", "select row(1, 2)"]
    {
        found.extend(wrong(&ward.mill, "planner", sql, &["invalid", "denied"]).await);
    }
    assert_none(&found);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_table_functions() {
    let ward = orders().await;
    let functions = SessionStateDefaults::default_table_functions();
    assert!(!functions.is_empty());
    let mut found = Vec::new();
    for name in functions.iter().map(|function| function.name()).chain(["orders", "unnest_all", "read_csv"]) {
        for sql in [
            format!("select * from {name}()"),
            format!("select * from {name}(1)"),
            format!("select * from {name}(1, 2)"),
            format!("select * from \"{name}\"(1, 2)"),
            format!("select * from public.{name}(1, 2)"),
            format!("select * from {name}(1, 2) as t (a)"),
            format!("select * from lateral {name}(1, 2)"),
            format!("select * from orders, lateral {name}(n)"),
            format!("select * from orders cross join {name}(1, 2)"),
            format!("select n from orders where n in (select * from {name}(1, 2))"),
            format!("with a as (select * from {name}(1, 2)) select * from a"),
        ] {
            found.extend(wrong(&ward.mill, "table function", &sql, &["invalid", "not_found"]).await);
        }
    }
    assert_none(&found);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_file_formats_and_no_tables_behind_addresses() {
    let ward = orders().await;
    let formats = SessionStateDefaults::default_file_formats().into_iter().map(|format| format.get_ext());
    let factories = SessionStateDefaults::default_table_factories().into_keys();
    let names: BTreeSet<String> = formats.chain(factories).chain(["deltatable", "iceberg", "xlsx"].map(str::to_owned)).map(|name| name.to_lowercase()).collect();
    assert!(names.len() > 5, "{names:?}");
    // A file that is there, so that nothing is refused only because there is none.
    let file = ward.folder.path().join("secret.csv");
    std::fs::write(&file, "a\n1\n").unwrap();
    let mut found = Vec::new();
    for name in &names {
        let renamed = file.with_extension(name);
        if renamed != file {
            std::fs::copy(&file, &renamed).unwrap();
        }
        let path = renamed.display();
        for (sql, kinds) in [
            (format!("select * from '{path}'"), ["not_found", "invalid"]),
            (format!("select * from \"{path}\""), ["not_found", "invalid"]),
            (format!("select * from 'file://{path}'"), ["not_found", "invalid"]),
            (format!("select * from \"file://{path}\" as t"), ["not_found", "invalid"]),
            (format!("create external table t stored as {name} location '{path}'"), ["denied", "invalid"]),
            (format!("create external table t (a int) stored as {name} location '{path}'"), ["denied", "invalid"]),
            (format!("copy orders to '{path}.out' stored as {name}"), ["denied", "invalid"]),
            (format!("copy (select 1) to '{path}.out.{name}'"), ["denied", "invalid"]),
        ] {
            found.extend(wrong(&ward.mill, "format", &sql, &kinds).await);
        }
    }
    assert_none(&found);
    let written = std::fs::read_dir(ward.folder.path()).unwrap().flatten().filter(|entry| entry.file_name().to_string_lossy().contains(".out"));
    assert_eq!(written.count(), 0);
}
