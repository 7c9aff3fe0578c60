//! What is stopped gives back what it held within three seconds, its threads and its memory: cancelled, over its deadline, or with
//! as many rows as it may give (ADR 0035). The three seconds are what is promised.

use std::time::Duration;

use tidemill::{Csv, ErrorKind, Limits, Mill, Scope, Settings, TenantId};

use crate::ward::Ward;

/// Statements that hold more and more until they are stopped, all over pairs of rows, of which there are 800 million.
const GREEDY: [&str; 4] = [
    // A sort.
    "select a.n as x, b.n as y from numbers a join numbers b on a.k = b.k order by a.n * b.n, a.n",
    // An aggregate of as many groups as rows.
    "select count(*) from (select a.n * 40000 + b.n as x, count(*) as c from numbers a join numbers b on a.k = b.k group by 1) as t where c > 1",
    // A join that looks for rows among as many others.
    "with pairs as (select a.n * 40000 + b.n as x from numbers a join numbers b on a.k = b.k) select count(*) from pairs l join pairs r on l.x = r.x",
    // A window over all of them.
    "select max(m) from (select avg(a.n * b.n) over () as m from numbers a join numbers b on a.k = b.k) as t",
];

/// 40,000 numbers, half of them of each key.
async fn numbers() -> Ward {
    let ward = Ward::with(Settings { background_rollups: false, ..Settings::default() }).await;
    let rows: String = (0..40_000).map(|n| format!("{n},{}\n", n % 2)).collect();
    ward.mill.load("numbers", Csv::bytes(format!("n,k\n{rows}"))).await.unwrap();
    // What is made once is made now.
    let ended = "select count(*) from numbers a join numbers b on a.n = b.n";
    ward.mill.sql(ended).await.unwrap();
    soon(ended, || held(&ward) == 0).await;
    ward
}

fn within(ward: &Ward, limits: Limits) -> Mill {
    ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(limits))
}

fn hurried(ward: &Ward) -> Mill {
    within(ward, Limits { deadline: Duration::from_millis(300), ..Limits::default() })
}

/// Bytes that statements hold.
fn held(ward: &Ward) -> usize {
    ward.engine.task_context().memory_pool().reserved()
}

/// Waits until it is so, for as long as is promised.
async fn soon(statement: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), waiting).await.expect(statement);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stopped_gives_its_threads_back_within_three_seconds() {
    let ward = numbers().await;
    let hurried = hurried(&ward);
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    for endless in [
        "select count(*) from numbers a join numbers b on a.k = b.k where a.n * b.n = -1",
        "select sum(a.n - b.n) from numbers a join numbers b on a.k = b.k join numbers c on c.k = b.k",
        "select count(*) from numbers a join numbers b on a.n < -7 * b.n - 1",
        "select count(*) from numbers a left join numbers b on a.k = b.k and a.n * b.n = -1",
        "select sum(a.n) from numbers a, numbers b, numbers c",
        "select max(m) from (select median(a.n) over (order by a.n) as m from numbers a, numbers b where b.n < 10) as t",
    ] {
        let error = hurried.sql(endless).await.expect_err(endless);
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
        soon(endless, || alive() <= before && held(&ward) == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cancelled_gives_its_memory_back_within_three_seconds() {
    let ward = numbers().await;
    for greedy in GREEDY {
        let mill = ward.mill.clone();
        let running = tokio::spawn(async move { mill.sql(greedy).await });
        // Or nothing would be given back.
        while held(&ward) < 4 << 20 {
            assert!(!running.is_finished(), "{greedy}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        running.abort();
        soon(greedy, || held(&ward) == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_its_deadline_gives_its_memory_back_within_three_seconds() {
    let ward = numbers().await;
    let hurried = hurried(&ward);
    for greedy in GREEDY {
        let error = hurried.sql(greedy).await.expect_err(greedy);
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{greedy}: {error}");
        soon(greedy, || held(&ward) == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_its_rows_gives_its_memory_back_within_three_seconds() {
    let ward = numbers().await;
    let short = within(&ward, Limits { result_rows: 10, ..Limits::default() });
    for statement in [
        "select n from numbers order by n * -1",
        "select a.n as x, count(*) as c from numbers a join numbers b on a.n = b.n group by a.n",
        // Most of these pairs are never made.
        "select a.n as x, b.n as y from numbers a join numbers b on a.k = b.k",
        "select n, sum(n) over (partition by k) as s from numbers",
    ] {
        let answer = short.sql(statement).await.unwrap();
        assert!(answer.provenance.truncated && answer.batch.num_rows() == 10, "{statement}");
        soon(statement, || held(&ward) == 0).await;
    }
}
