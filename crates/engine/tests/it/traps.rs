//! Eight ways in which an optimisation makes a state wrong for the next question, each as a test: first the question that
//! would spoil a state that is kept, then the one that would be answered from it. An engine that keeps nothing says what
//! is right.

use serde_json::{Value, json};
use tidemill::{Csv, Engine, ErrorKind, Mill, QueryResult, Settings};

use crate::partials::{Dice, assert_equal};
use crate::ward::{Ward, open};

/// An engine that keeps all partials, however large, and one that keeps none, over the same folder.
struct Pair {
    kept: Mill,
    raw: Mill,
}

impl Pair {
    async fn over(ward: &Ward, settings: Settings) -> Self {
        let open = async |partial_cache_bytes| -> Engine { open(ward.folder.path(), Settings { partial_cache_bytes, ..settings.clone() }).await };
        let [kept, raw] = [open(1 << 30).await, open(0).await].map(|engine| engine.tenant("acme").unwrap());
        Self { kept, raw }
    }

    async fn load(&self, csv: impl Into<bytes::Bytes>) {
        self.raw.load("orders", Csv::bytes(csv)).await.unwrap();
    }

    /// Asks both and compares; gives back the answer of the one that keeps partials.
    async fn ask(&self, sql: &str) -> QueryResult {
        let [ours, expected] = [&self.kept, &self.raw].map(|mill| mill.sql(sql));
        let (ours, expected) = (ours.await, expected.await);
        let [ours, expected] = [ours, expected].map(|answer| answer.unwrap_or_else(|error| panic!("{error}: {sql}")));
        assert_equal(&data(&ours), &data(&expected), sql);
        ours
    }

    /// The same, where the answer must come from what was kept: else the test would show nothing.
    async fn ask_kept(&self, sql: &str) -> QueryResult {
        let answer = self.ask(sql).await;
        let provenance = &answer.provenance;
        assert!(provenance.segments_reused > 0 && provenance.segments_read == 0, "nothing was reused by {sql}: {provenance:?}");
        answer
    }
}

fn data(answer: &QueryResult) -> Value {
    answer.to_json()["data"].clone()
}

fn settings() -> Settings {
    Settings { query_partitions: 4, ..Settings::default() }
}

/// Three segments, a day apart. The first one holds the least and the greatest amount.
async fn three_days(pair: &Pair) {
    for (day, amounts) in [(1, [0, 1_000, 500]), (2, [200, 700, 300]), (3, [100, 400, 900])] {
        let rows: String = amounts.iter().map(|amount| format!("2013-01-0{day}T12:00:00Z,c{},{amount}\n", amount % 3)).collect();
        pair.load(format!("at,city,amount\n{rows}")).await;
    }
}

/// Fails if segments are read through one plan with DataFusion's aggregate dynamic filter: the bounds of the first segment
/// would leave the states of the others empty, and those are all that the second question has.
#[tokio::test(flavor = "multi_thread")]
async fn trap_1_a_dynamic_filter_of_min_and_max() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, settings()).await;
    three_days(&pair).await;
    pair.ask("select min(amount), max(amount) from orders").await;
    let rest = pair.ask_kept("select min(amount), max(amount) from orders where at >= timestamp '2013-01-02T00:00:00Z'").await;
    assert_eq!(data(&rest), json!([[100], [900]]));
    let last = pair.ask_kept("select min(amount), max(amount) from orders where at >= timestamp '2013-01-03T00:00:00Z'").await;
    assert_eq!(data(&last), json!([[100], [900]]));
}

/// Fails if a limit of the question reaches the computing of a state (a soft limit of DISTINCT, a heap of the greatest):
/// groups beyond it would be missing for the question without a limit.
#[tokio::test(flavor = "multi_thread")]
async fn trap_2_hints_of_limits() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, settings()).await;
    for seed in 0..3 {
        pair.load(Dice(seed).rows(800)).await;
    }
    // Which group comes first is not said: only the number of rows can be compared.
    let limited = pair.kept.sql("select distinct city from orders limit 1").await.unwrap();
    assert_eq!(limited.batch.num_rows(), 1);
    pair.ask_kept("select distinct city from orders").await;
    pair.ask("select city, max(amount) from orders where city is not null group by city order by 2 desc, 1 limit 1").await;
    pair.ask_kept("select city, max(amount) from orders where city is not null group by city order by 2 desc, 1").await;
    pair.ask("select city, min(at) from orders group by city order by 2, 1 limit 2").await;
    pair.ask_kept("select city, min(at) from orders group by city order by 2 desc, 1 limit 5").await;
}

/// Fails if a state is what DataFusion's partial aggregation gives up on: after 100,000 rows that are nearly all groups of
/// their own it passes rows through, so that a "state" has a row for each of them and is not worth keeping any more.
#[tokio::test(flavor = "multi_thread")]
async fn trap_3_partial_aggregation_that_is_skipped() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, settings()).await;
    let (distinct, repeated) = (110_000_u64, 390_000_u64);
    let ids = (0..distinct).chain((0..repeated).map(|row| row % 1_000));
    let mut csv = String::from("id,x\n");
    ids.enumerate().for_each(|(row, id)| csv.push_str(&format!("{id},{}\n", row % 7)));
    pair.load(csv).await;
    let question = "select count(*), max(n), sum(total) from (select id, count(*) as n, sum(x) as total from orders group by id) q";
    let expected = json!([[distinct], [1 + repeated / 1_000], [(0..distinct + repeated).map(|row| row % 7).sum::<u64>()]]);
    assert_eq!(data(&pair.ask(question).await), expected);
    assert_eq!(data(&pair.ask_kept(question).await), expected);
    pair.ask_kept("select n, sum(total) from (select id, count(*) as n, sum(x) as total from orders group by id) q group by n").await;
}

/// Fails if a question that runs out of memory leaves behind what it had got so far: the state of the first segment is
/// all that the second question has.
#[tokio::test(flavor = "multi_thread")]
async fn trap_4_early_emission_under_memory_pressure() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, Settings { query_memory_bytes: 32 << 20, query_partitions: 1, ..Settings::default() }).await;
    let (segments, groups, rows) = (6_u64, 20_000_u64, 80_000_u64);
    for segment in 0..segments {
        let mut csv = String::from("id,part,x,y\n");
        (0..rows).for_each(|row| csv.push_str(&format!("{},{segment},{},{}\n", segment * groups + row % groups, row % 11, row % 13)));
        pair.load(csv).await;
    }
    let inner = "select id, count(*) as n, corr(x, y) as a, covar_pop(x, y) as b, stddev(x) as c, stddev(y) as d, avg(x) as e, avg(y) as f from orders";
    let question = |filter: &str| format!("select count(*), sum(n), max(n), sum(a), sum(b), sum(c), sum(d), sum(e), sum(f) from ({inner} {filter} group by id) q");
    for _ in 0..2 {
        let error = pair.kept.sql(&question("")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
        for segment in 0..segments {
            let answer = pair.kept.sql(&question(&format!("where part = {segment}"))).await.unwrap();
            assert_eq!((answer.provenance.segments_read, answer.provenance.segments_reused), (0, 1));
            let numbers = data(&answer);
            assert_eq!((&numbers[0], &numbers[1], &numbers[2]), (&json!([groups]), &json!([rows]), &json!([rows / groups])), "segment {segment}");
        }
    }
}

/// Fails if states are looked for in optimised plans: with one partition DataFusion fuses both halves of an aggregate, and
/// what is kept would be an answer and not a state (an average, not a sum and a count).
#[tokio::test(flavor = "multi_thread")]
async fn trap_5_fusion_at_one_partition() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, Settings { query_partitions: 1, ..Settings::default() }).await;
    three_days(&pair).await;
    let question = |filter: &str| format!("select city, avg(amount), stddev(amount), count(distinct amount) from orders {filter} group by city order by city");
    pair.ask(&question("")).await;
    pair.ask_kept(&question("where at >= timestamp '2013-01-02T00:00:00Z'")).await;
    pair.load("at,city,amount\n2013-01-04T12:00:00Z,c0,17\n2013-01-04T13:00:00Z,c1,400\n").await;
    let grown = pair.ask(&question("")).await;
    assert_eq!((grown.provenance.segments_read, grown.provenance.segments_reused), (1, 3));
}

/// Fails if an aggregate whose state depends on the order of rows is kept by segment and merged in another order: the
/// second load is older than the first one.
#[tokio::test(flavor = "multi_thread")]
async fn trap_6_aggregates_that_depend_on_order() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, settings()).await;
    let question =
        "select city, first_value(amount order by at) as first, last_value(amount order by at) as last, last_value(at order by amount) as peak from orders group by city";
    for rows in ["2013-01-05T00:00:00Z,Rome,5\n2013-01-06T00:00:00Z,Rome,6\n", "2013-01-01T00:00:00Z,Rome,1\n2013-01-02T00:00:00Z,Oslo,2\n", "2013-01-09T00:00:00Z,Oslo,0\n"] {
        pair.load(format!("at,city,amount\n{rows}")).await;
        for _ in 0..2 {
            pair.ask(question).await;
        }
    }
    let last = pair.ask(&format!("{question} order by city")).await;
    assert_eq!((&data(&last)[1], &data(&last)[2]), (&json!([2, 1]), &json!([0, 6])));
}

/// Fails if the order in which states are merged depends on what was kept (the same floats would have several sums), or if
/// the states of a grouping set are taken for those of the plain group.
#[tokio::test(flavor = "multi_thread")]
async fn trap_7_the_order_of_float_sums_and_grouping_sets() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, settings()).await;
    let sums = "select device, sum(revenue), avg(revenue) from orders group by device order by device";
    let sets = [
        "select device, city, sum(amount) from orders group by device, city",
        "select device, city, sum(amount) from orders group by rollup (device, city)",
        "select device, city, sum(amount), grouping(city) from orders group by cube (device, city)",
        "select device, city, sum(amount) from orders group by grouping sets ((device), (city), ())",
        "select device, city, sum(amount) from orders group by device, city",
    ];
    let mut dice = Dice(77);
    for _ in 0..20 {
        pair.load(dice.rows(200)).await;
        pair.ask(sums).await;
    }
    for sql in sets {
        pair.ask(sql).await;
    }
    // Bit by bit the same: of an engine that kept runs of every age and of one that sees all segments at once.
    let fresh = open(ward.folder.path(), Settings { partial_cache_bytes: 64 << 20, ..settings() }).await.tenant("acme").unwrap();
    let [grown, fresh] = [pair.kept.sql(sums).await.unwrap(), fresh.sql(sums).await.unwrap()];
    assert_eq!(grown.batch, fresh.batch);
}

/// Fails if a state is kept of what is no function of the rows of one segment: chance, another question inside, a window
/// over rows of several segments.
#[tokio::test(flavor = "multi_thread")]
async fn trap_8_volatile_functions_subqueries_and_windows() {
    let ward = Ward::new().await;
    let pair = Pair::over(&ward, settings()).await;
    three_days(&pair).await;
    let questions = [
        "select count(*), sum(amount) from orders where amount > (select avg(amount) from orders)",
        "select city, count(*) from orders where amount in (select max(amount) from orders group by city) group by city",
        "select count(*) from orders o where exists (select 1 from orders p where p.city = o.city and p.amount > o.amount)",
        "select sum(r), max(r) from (select row_number() over (order by amount desc) as r from orders) q",
        "select city, sum(before) from (select city, lag(amount, 1, 0) over (partition by city order by at, amount) as before from orders) q group by city",
        "select city, max(share) from (select city, amount * 1.0 / sum(amount) over () as share from orders) q group by city",
    ];
    for day in 4..7 {
        for sql in questions {
            pair.ask(sql).await;
            pair.ask(sql).await;
        }
        pair.load(format!("at,city,amount\n2013-01-0{day}T12:00:00Z,c1,{}\n", day * 300)).await;
    }
    for sql in questions {
        pair.ask(sql).await;
    }
    // Functions of chance and of the clock do not exist here, so that no state can hold them.
    for volatile in ["random()", "now()", "uuid()"] {
        let refused = pair.kept.sql(&format!("select count(*) from orders where cast({volatile} as varchar) > ''")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{volatile}");
    }
}
