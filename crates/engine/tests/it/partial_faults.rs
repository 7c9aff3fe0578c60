//! A store that fails, or lies, while partials are computed: the answer is right, or it is an error that names the
//! object, and it is right again as soon as the store is. Nothing that came out of a fault may be kept.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{GetOptions, GetResult, GetResultPayload, ObjectStore, Result};
use serde_json::{Value, json};
use tidemill::{Csv, Engine, ErrorKind, Settings};

use crate::partials::{Dice, assert_equal};
use crate::watched::{Watch, Watched};

/// What happens to reads of segments.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The read with this number fails.
    Once(u64),
    /// It and all after it.
    From(u64),
    /// It comes without its end.
    Truncated(u64),
    /// It comes with one bit changed; the second number says which.
    Flipped(u64, u64),
    /// The object is not there.
    Missing(u64),
}

/// Disturbs reads of segments.
#[derive(Debug)]
struct Shaky {
    fault: Mutex<Fault>,
    reads: AtomicU64,
}

impl Shaky {
    /// Begins to count reads again, under another fault.
    fn now(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
        self.reads.store(0, Ordering::SeqCst);
    }

    fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Watch for Shaky {
    async fn get(&self, store: &dyn ObjectStore, location: &Path, options: GetOptions) -> Result<GetResult> {
        let result = store.get_opts(location, options).await?;
        if !location.as_ref().ends_with(".parquet") {
            return Ok(result);
        }
        let number = self.reads.fetch_add(1, Ordering::SeqCst);
        let fault = *self.fault.lock().unwrap();
        let failed = || object_store::Error::Generic { store: "shaky", source: "the connection was reset".into() };
        let (meta, range, attributes) = (result.meta.clone(), result.range.clone(), result.attributes.clone());
        let with = |bytes: Vec<u8>| {
            let payload = GetResultPayload::Stream(stream::once(async move { Ok(Bytes::from(bytes)) }).boxed());
            GetResult { payload, meta, range, attributes }
        };
        match fault {
            Fault::Once(at) if at == number => Err(failed()),
            Fault::From(at) if at <= number => Err(failed()),
            Fault::Missing(at) if at == number => Err(object_store::Error::NotFound { path: location.to_string(), source: "gone".into() }),
            Fault::Truncated(at) if at == number => {
                let mut bytes = result.bytes().await?.to_vec();
                bytes.truncate(bytes.len() / 2);
                Ok(with(bytes))
            }
            Fault::Flipped(at, bit) if at == number => {
                let mut bytes = result.bytes().await?.to_vec();
                let bit = usize::try_from(bit).unwrap() % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
                Ok(with(bytes))
            }
            _ => Ok(result),
        }
    }
}

const QUESTIONS: [&str; 4] = [
    "select count(*), sum(amount), min(revenue), max(at) from orders",
    "select city, count(*), sum(revenue) from orders where amount > 50000 group by city",
    "select device, count(distinct city), avg(amount) from orders group by device",
    "select extract(month from at), device, sum(amount) from orders where revenue is not null group by 1, 2",
];

struct Scene {
    store: Arc<Watched<Shaky>>,
    expected: Vec<Value>,
}

impl Scene {
    async fn new() -> Self {
        let store = Arc::new(Watched::new(Arc::new(InMemory::new()), Shaky { fault: Mutex::new(Fault::None), reads: AtomicU64::new(0) }));
        let scene = Self { store, expected: Vec::new() };
        let raw = scene.engine(0).await.tenant("acme").unwrap();
        let mut dice = Dice(99);
        for rows in [400, 20] {
            // All in one month, so that each load is one segment.
            raw.load("orders", Csv::bytes(dice.rows(rows).replace("2013-02-", "2013-01-").replace("2013-03-", "2013-01-"))).await.unwrap();
        }
        let mut expected = Vec::new();
        for sql in QUESTIONS {
            expected.push(raw.sql(sql).await.unwrap().to_json()["data"].clone());
        }
        Self { expected, ..scene }
    }

    /// An engine that has read nothing yet.
    async fn engine(&self, partial_cache_bytes: usize) -> Engine {
        let settings = Settings { partial_cache_bytes, segment_max_rows: 1_000, query_partitions: 2, ..Settings::default() };
        Engine::builder().object_store(Arc::clone(&self.store) as Arc<dyn ObjectStore>).settings(settings).open().await.unwrap()
    }

    /// Asks under a fault, then again without; returns the error that the fault made, if it made one.
    async fn ask_under(&self, fault: Fault, question: usize) -> Option<tidemill::Error> {
        let mill = self.engine(32 << 20).await.tenant("acme").unwrap();
        let what = format!("{fault:?}: {}", QUESTIONS[question]);
        self.store.now(fault);
        let disturbed = mill.sql(QUESTIONS[question]).await;
        self.store.now(Fault::None);
        let error = match disturbed {
            Ok(answer) => {
                assert_equal(&answer.to_json()["data"], &self.expected[question], &what);
                None
            }
            Err(error) => {
                assert!(error.to_string().contains(".parquet"), "{what}: the object is not named: {error}");
                Some(error)
            }
        };
        for _ in 0..2 {
            let after = mill.sql(QUESTIONS[question]).await.unwrap_or_else(|error| panic!("{what}, afterwards: {error}"));
            assert_equal(&after.to_json()["data"], &self.expected[question], &format!("{what}, afterwards"));
        }
        error
    }

    /// How many reads a question takes that nobody has asked before.
    async fn reads_of(&self, question: usize) -> u64 {
        assert!(self.ask_under(Fault::None, question).await.is_none());
        let mill = self.engine(32 << 20).await.tenant("acme").unwrap();
        self.store.now(Fault::None);
        mill.sql(QUESTIONS[question]).await.unwrap();
        let reads = self.store.reads();
        assert!((6..20).contains(&reads), "{reads}");
        reads
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_is_an_error_that_names_the_object_and_nothing_of_it_stays() {
    let scene = Scene::new().await;
    for question in 0..QUESTIONS.len() {
        for read in 0..scene.reads_of(question).await {
            for fault in [Fault::Once(read), Fault::From(read)] {
                let error = scene.ask_under(fault, question).await.unwrap_or_else(|| panic!("{fault:?} had no effect"));
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            }
            let error = scene.ask_under(Fault::Missing(read), question).await.unwrap();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_missing_or_changed_are_never_a_wrong_number() {
    let scene = Scene::new().await;
    let mut dice = Dice(1);
    let (mut noticed, mut flipped) = (0, 0);
    for question in 0..QUESTIONS.len() {
        for read in 0..scene.reads_of(question).await {
            let error = scene.ask_under(Fault::Truncated(read), question).await.unwrap();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            for _ in 0..4 {
                flipped += 1;
                if let Some(error) = scene.ask_under(Fault::Flipped(read, dice.roll(1 << 30)), question).await {
                    noticed += 1;
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
                }
            }
        }
    }
    // What goes unnoticed are bits that nobody looks at: those of other columns that came with the last bytes of a file.
    assert!(noticed * 2 > flipped, "{noticed} of {flipped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_for_the_work_of_another_gets_its_error_and_is_right_afterwards() {
    let scene = Scene::new().await;
    for read in 0..scene.reads_of(0).await {
        let mill = scene.engine(32 << 20).await.tenant("acme").unwrap();
        scene.store.now(Fault::Once(read));
        let answers = futures::future::join_all((0..4).map(|_| mill.sql(QUESTIONS[0]))).await;
        for answer in answers {
            match answer {
                Ok(answer) => assert_equal(&answer.to_json()["data"], &scene.expected[0], "at the same time"),
                Err(error) => assert!(error.to_string().contains(".parquet"), "{error}"),
            }
        }
        let after = mill.sql(QUESTIONS[0]).await.unwrap();
        assert_equal(&after.to_json()["data"], &scene.expected[0], "afterwards");
    }
    assert_ne!(scene.expected[0], json!([]));
}
