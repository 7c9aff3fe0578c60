//! SQL: what it may do and, above all, what it may not.

use std::sync::Arc;

use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use serde_json::json;
use tidemill::{Csv, DatasetName, ErrorKind, Limits, Scope, Settings, TenantId};

use crate::ward::{Ward, open};

#[tokio::test(flavor = "multi_thread")]
async fn sql_reads_the_datasets_of_its_tenant_and_nothing_else() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n,city\n1,Rome\n2,Oslo\n")).await.unwrap();
    ward.engine.tenant("other").unwrap().load("secrets", Csv::bytes("n\n7\n")).await.unwrap();
    let file = ward.objects("orders").into_iter().find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
    let cases = [
        (format!("select * from '{}'", file.display()), ErrorKind::NotFound),
        ("select * from read_parquet('/etc/passwd')".to_owned(), ErrorKind::NotFound),
        ("select * from generate_series(1, 10)".to_owned(), ErrorKind::NotFound),
        ("select * from secrets".to_owned(), ErrorKind::NotFound),
        ("select * from other.secrets".to_owned(), ErrorKind::NotFound),
        ("select * from other.public.secrets".to_owned(), ErrorKind::NotFound),
        ("select * from information_schema.tables".to_owned(), ErrorKind::NotFound),
        ("select now()".to_owned(), ErrorKind::Invalid),
        ("select random()".to_owned(), ErrorKind::Invalid),
        ("select repeat('x', 1000000000)".to_owned(), ErrorKind::Invalid),
        ("select version()".to_owned(), ErrorKind::Invalid),
        ("show tables".to_owned(), ErrorKind::Denied),
        ("insert into orders values (1, 'x')".to_owned(), ErrorKind::Denied),
        ("truncate table orders".to_owned(), ErrorKind::Denied),
        ("copy (select * from orders) to '/tmp/out.csv'".to_owned(), ErrorKind::Denied),
        ("create view v as select 1".to_owned(), ErrorKind::Denied),
        ("prepare p as select 1".to_owned(), ErrorKind::Denied),
        ("select nmu from orders".to_owned(), ErrorKind::Invalid),
    ];
    for (sql, expected) in cases {
        let error = ward.mill.sql(&sql).await.expect_err(&sql);
        assert_eq!((error.kind(), error.field()), (expected, Some("sql")), "{sql}: {error}");
    }
    assert!(ward.mill.sql("select * from ordres").await.unwrap_err().to_string().contains("did you mean orders?"));
    assert_eq!(ward.rows("with big as (select * from orders where n > 1) select city from big union all select 'x' order by 1").await, serde_json::json!([["Oslo", "x"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subquery_that_is_not_planned_is_told_in_words_and_beside_or_an_aggregate_is() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n,city\n1,Rome\n2,Oslo\n3,Oslo\n")).await.unwrap();
    for sql in ["select n in (select n from orders where n > 1) from orders", "select exists (select 1 from orders b where b.n = a.n + 1) from orders a"] {
        let error = ward.mill.sql(sql).await.expect_err(sql);
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{sql}: {error}");
        assert!(error.message().contains("cannot be planned where it stands") && !error.message().contains("Subquery"), "{sql}: {error}");
    }
    let greatest = "select n from orders a where n in (select max(b.n) from orders b where b.city = a.city) or n = 2 order by n";
    assert_eq!(ward.rows(greatest).await, json!([[1, 2, 3]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_stop_what_is_too_much() {
    let ward = Ward::new().await;
    let rows: String = (0..20_000).map(|n| format!("{n}\n")).collect();
    ward.mill.load("numbers", Csv::bytes(format!("n\n{rows}"))).await.unwrap();
    let hurried = Scope::of(TenantId::parse("acme").unwrap()).with_limits(Limits { deadline: std::time::Duration::from_millis(50), ..Limits::default() });
    let endless = "select count(*) from numbers a, numbers b, numbers c where a.n + b.n + c.n = 7";
    let error = ward.engine.mill(hurried).sql(endless).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    let megabyte = format!("select '{}'", "x".repeat(1 << 20));
    assert_eq!(ward.mill.sql(&megabyte).await.unwrap_err().kind(), ErrorKind::Exhausted);
    // A plan is made within the deadline, too.
    let late = Scope::of(TenantId::parse("acme").unwrap()).with_limits(Limits { deadline: std::time::Duration::ZERO, ..Limits::default() });
    let late = ward.engine.mill(late);
    let question = serde_json::from_value(serde_json::json!({"measures": ["numbers.count"]})).unwrap();
    for planned in [late.plan_sql("select count(*) from numbers").await, late.plan(&question).await] {
        assert_eq!(planned.unwrap_err().kind(), ErrorKind::Exhausted);
    }
    // As long and as deep as the gate lets pass: planned without harm.
    let wide = format!("select 1 from numbers where {}", vec!["n = 1"; 400].join(" or "));
    ward.mill.sql(&wide).await.unwrap();
}

/// What a join keeps in memory.
fn built(plan: &Arc<dyn ExecutionPlan>) -> Option<String> {
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return Some(displayable(join.left().as_ref()).indent(false).to_string());
    }
    plan.children().into_iter().find_map(built)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_keeps_the_side_with_fewer_rows_whichever_comes_first() {
    let ward = Ward::new().await;
    let rows: String = (0..9_000).map(|n| format!("{n},{}\n", n % 10)).collect();
    ward.mill.load("numbers", Csv::bytes(format!("n,k\n{rows}"))).await.unwrap();
    ward.mill.load("names", Csv::bytes("k,name\n1,a\n2,b\n3,c\n")).await.unwrap();
    let dataset = |name: &str| DatasetName::parse(name).unwrap();
    let restricted = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(dataset("numbers"), "n >= 0").with_row_filter(dataset("names"), "k > 0");
    let restricted = ward.engine.mill(restricted);
    for (from, first) in [("numbers join names", "numbers"), ("names join numbers", "names")] {
        let sql = format!("select name, n from {from} using (k)");
        let kept = built(&ward.mill.plan_sql(&sql).await.unwrap()).unwrap();
        assert!(kept.contains("acme/names/") && !kept.contains("acme/numbers/"), "{sql}: {kept}");
        // How many rows there are that somebody does not see must not decide about the order of those that he does.
        let kept = built(&restricted.plan_sql(&sql).await.unwrap()).unwrap();
        assert!(kept.contains(&format!("acme/{first}/")), "{sql}: {kept}");
    }
    let joined = "select count(*), sum(n) from numbers join names using (k)";
    assert_eq!(ward.rows(joined).await, serde_json::json!([[2_700], [12_141_900]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_look_at_all_groups_whatever_a_limit_wants() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,1\nOslo,2\nBari,3\nRome,4\n")).await.unwrap();
    ward.mill.load("cities", Csv::bytes("city,country\nRome,IT\nOslo,NO\nBari,IT\n")).await.unwrap();
    let raw = open(ward.folder.path(), Settings { partial_cache_bytes: 0, ..Settings::default() }).await.tenant("acme").unwrap();
    for mill in [&ward.mill, &raw] {
        for (sql, expected) in [
            ("select city, count(*) over () as n from orders group by city order by city limit 1", json!([["Bari"], [3]])),
            ("select o.city, count(*) over () as n from orders o join cities c on o.city = c.city group by o.city order by o.city limit 1", json!([["Bari"], [3]])),
            (
                "select c.country, max(o.amount) as m, sum(max(o.amount)) over () as n from orders o join cities c on o.city = c.city group by c.country order by m desc limit 1",
                json!([["IT"], [4], [6]]),
            ),
            (
                "with s as (select city from orders order by city limit 3), u as (select * from s union all select * from s union all select * from s) \
                    select distinct city from u order by city limit 3",
                json!([["Bari", "Oslo", "Rome"]]),
            ),
        ] {
            let verification = mill.verify_sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
            assert!(verification.equal, "{sql}: {:?}", verification.differences);
            assert_eq!(mill.sql(sql).await.unwrap().to_json()["data"], expected, "{sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_planned_as_something_else_is_refused_with_what_to_write() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n,city\n1,Rome\n2,Oslo\n3,\n")).await.unwrap();
    ward.mill.load("cities", Csv::bytes("city,country\nRome,IT\nBari,IT\n")).await.unwrap();
    for (sql, expected) in [
        ("select city from orders except all select city from cities", "leave ALL out"),
        ("select city, country from orders full join cities using (city)", "coalesce(a.k, b.k)"),
        ("select * from orders natural right join cities", "coalesce(a.k, b.k)"),
        ("select n, lead(city) ignore nulls over (order by n) from orders", "turn the order of the window round"),
        ("select n, lag(city, -1) ignore nulls over (order by n) from orders", "turn the order of the window round"),
        ("select n from (select n, city from orders order by city offset 1) p order by n", "number the rows"),
        ("with p as (select n from orders order by n limit 1 offset 1) select * from p order by n", "number the rows"),
    ] {
        let error = ward.mill.sql(sql).await.expect_err(sql);
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{sql}: {error}");
        assert!(error.message().contains(expected), "{sql}: {error}");
    }
    let told = "select coalesce(o.city, c.city) as city from orders o full join cities c on o.city = c.city order by city nulls last";
    assert_eq!(ward.rows(told).await, json!([["Bari", "Oslo", "Rome", null]]));
    let numbered = "select n from (select n, row_number() over (order by city nulls last) as place from orders) p where place > 1 order by n";
    assert_eq!(ward.rows(numbered).await, json!([[1, 3]]));
    assert_eq!(ward.rows("select n from orders order by n limit 1 offset 1").await, json!([[2]]));
    assert_eq!(ward.rows("select n, lag(city) ignore nulls over (order by n desc) as later from orders order by n").await, json!([[1, 2, 3], ["Oslo", null, null]]));
}
