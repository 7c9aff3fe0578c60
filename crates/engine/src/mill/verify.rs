//! Verifying: a question is answered as always, by what is kept of segments, and once more from the rows of the very same
//! versions by DataFusion's own operators. The two have to be equal; where they are not, the fault is ours.

use std::time::Instant;

use futures::future::BoxFuture;
use serde::Serialize;

use super::Mill;
use super::damage::Damage;
use super::seen::Seen;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::query::compare::{Comparison, Difference, compare, compare_wide};
use crate::query::result::{Provenance, QueryResult, SourceVersion, Subtotal};
use crate::semantic::SemanticQuery;

/// Whether an answer is what its rows say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// Whether there is no difference.
    pub equal: bool,
    /// Rows of the answer.
    pub rows: u64,
    /// Values of measures that were compared.
    pub values: u64,
    /// How many differences there are.
    pub difference_count: u64,
    /// The first of them, 20 at most.
    pub differences: Vec<Difference>,
    /// What was read, both times.
    pub versions: Vec<SourceVersion>,
    /// How long the answer took, in milliseconds. `None` for who does not see all rows and columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_ms: Option<u64>,
    /// How long it took to compute it from rows, in milliseconds. `None` for who does not see all rows and columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recomputed_ms: Option<u64>,
    /// Where the answer comes from: which segments were kept, rolled up, left out.
    pub answered: Provenance,
    /// Where the other numbers come from. No segment is kept, rolled up or left out by what the log says of it.
    pub recomputed: Provenance,
}

impl Mill {
    /// Answers a semantic query as [`query`](Self::query) does, computes it again from the rows of the same versions, and
    /// compares every value, the rows and their order. The second time uses nothing that is kept: no partials, rollups,
    /// lookups or compiled questions, and neither bounds of segments in the log nor bloom filters; so all segments of the
    /// versions are opened, and their own statistics say what has to be decoded. It costs accordingly, and the deadline of
    /// the scope holds for both together. What the scope sees and from where relative ranges are counted is found out once.
    ///
    /// A difference is a fault of the engine: it is logged as an error, without values, and told in the result.
    /// [`skipping_damaged`](Self::skipping_damaged) has no effect.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]}"#)?;
    /// let verification = mill.verify(&query).await?;
    /// assert!(verification.equal);
    /// assert_eq!((verification.rows, verification.values, verification.versions[0].version), (2, 2, 0));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query); `Exhausted` also where the rows cannot be read within the limits of the scope.
    pub fn verify<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<Verification>> {
        Box::pin(async move {
            // Both must read the same, so nothing is left out by one of them.
            let kept = Self { skips_damaged: false, from_rows: false, ..self.clone() };
            let rows = Self { from_rows: true, ..kept.clone() };
            let verification = async {
                let words = kept.words(query).await?;
                let verified = kept.verify_in_models(&rows, words.query()).await;
                kept.told(&words, verified).await
            };
            self.answering(verification).await
        })
    }

    /// Answers a question in the words of models twice, the second time as `rows` does.
    async fn verify_in_models(&self, rows: &Self, query: &SemanticQuery) -> Result<Verification> {
        let asked = self.with_segments(query).await?.into_owned();
        let rows_max = self.scope.limits().result_rows;
        let query = &long(&asked, rows_max);
        let ground = self.ground(query, &Damage::default()).await?;
        let started = Instant::now();
        let both = async {
            let wide = match Wide::of(&asked, rows_max) {
                Some(wide) => Some((self.answer_shaped(&ground, &wide.query).await?, wide)),
                None => None,
            };
            let answered = self.answer_shaped(&ground, query).await?;
            let answered_ms = millis(started);
            Ok((answered, rows.answer_shaped(&ground, query).await?, wide, answered_ms))
        };
        let (answered, recomputed, wide, answered_ms) = self.or_refused(both.await, &ground.pinned()).await?;
        let recomputed_ms = millis(started).saturating_sub(answered_ms);
        // Long answers take a while to compare, in which other work goes on.
        let order: Vec<String> = query.order.iter().map(|(name, _)| name.clone()).collect();
        let offset = query.offset.unwrap_or(0);
        let comparing = tokio::task::spawn_blocking(move || {
            let mut found = compare_all(&answered, &recomputed, &order, offset);
            if let Some((wide, how)) = wide {
                found.add(compare_wide(&wide, &recomputed, &how.query.pivot, how.others_of(&recomputed)));
            }
            (found, answered, recomputed)
        });
        let (found, answered, recomputed) = comparing.await.map_err(|_| Error::internal("comparing two answers failed"))?;
        if found.count > 0 {
            let columns: Vec<&str> = found.told.iter().filter_map(|difference| difference.column.as_deref()).collect();
            // Neither rows nor filters, whose values are somebody's.
            tracing::error!(tenant = %self.scope.tenant(), versions = ?answered.provenance.sources_read(), measures = ?query.measures, dimensions = ?query.dimensions, differences = found.count, ?columns, "an answer is not what its rows say");
        }
        Ok(Verification::of(found, answered, recomputed, [answered_ms, recomputed_ms]))
    }

    /// What came of a question or a statement; an error as it is told to who sees these.
    pub(super) async fn or_refused<T>(&self, done: Result<T>, asked: &[(DatasetName, Seen)]) -> Result<T> {
        match done {
            Ok(done) => Ok(done),
            Err(error) => match self.skip(&mut Damage::default(), error, asked).await {
                Err(error) => Err(error),
                Ok(()) => Err(Error::internal("a damaged segment was left out of what leaves out none")),
            },
        }
    }
}

impl Verification {
    /// What two answers come to.
    pub(super) fn of(found: Comparison, answered: QueryResult, recomputed: QueryResult, [answered_ms, recomputed_ms]: [u64; 2]) -> Self {
        let Comparison { values, count, told } = found;
        // Hidden rows have a part in how long it took, and hidden columns decide how rows are stored.
        let took = |milliseconds: u64| (!answered.provenance.restricted).then_some(milliseconds);
        let (answered_ms, recomputed_ms) = (took(answered_ms), took(recomputed_ms));
        Self {
            equal: count == 0,
            rows: answered.batch.num_rows() as u64,
            values,
            difference_count: count,
            differences: told,
            versions: answered.provenance.sources_read(),
            answered_ms,
            recomputed_ms,
            answered: answered.provenance,
            recomputed: recomputed.provenance,
        }
    }
}

/// Compares two answers, and what stands around them.
fn compare_all(answered: &QueryResult, recomputed: &QueryResult, order: &[String], offset: usize) -> Comparison {
    let order: Vec<&str> = order.iter().map(String::as_str).collect();
    let mut found = compare(answered, recomputed, &order, offset);
    let around = |answer: &QueryResult| answer.totals.iter().chain(&answer.others).map(|part| on_its_own(part, answer)).collect::<Vec<_>>();
    for (ours, theirs) in around(answered).iter().zip(&around(recomputed)) {
        found.add(compare(ours, theirs, &[], 0));
    }
    found
}

/// The question without columns made of values, with all of its rows: what the numbers of those are compared by.
fn long(asked: &SemanticQuery, rows_max: usize) -> SemanticQuery {
    if asked.pivot.is_empty() {
        return asked.clone();
    }
    SemanticQuery { pivot: Vec::new(), limit: Some(rows_max), offset: None, ..asked.clone() }
}

/// A question whose values become columns, as it is asked but for its page: all rows are looked at.
struct Wide {
    query: SemanticQuery,
}

impl Wide {
    fn of(asked: &SemanticQuery, rows_max: usize) -> Option<Self> {
        (!asked.pivot.is_empty()).then(|| Self { query: SemanticQuery { limit: Some(rows_max), offset: None, totals: None, ..asked.clone() } })
    }

    /// The others of the long answer, where they became columns.
    fn others_of<'a>(&self, long: &'a QueryResult) -> Option<&'a Subtotal> {
        let top = self.query.top.as_ref().filter(|top| self.query.pivot.contains(&top.dimension))?;
        long.others.as_ref().filter(|_| top.others)
    }
}

/// A part of an answer as an answer.
fn on_its_own(part: &Subtotal, answer: &QueryResult) -> QueryResult {
    let provenance = Provenance { bounds: part.bounds.clone(), truncated: part.truncated, total_rows: None, ..answer.provenance.clone() };
    QueryResult { columns: part.columns.clone(), batch: part.batch.clone(), totals: Vec::new(), others: None, explanation: None, provenance }
}

pub(super) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
