//! Verifying statements: one is answered as always and once more from the rows of the very same versions. What a statement leaves open,
//! the order of its rows or which of them a page has, is compared where it is determined, and refused with a reason where it is not.

use std::time::Instant;

use futures::future::BoxFuture;

use super::Mill;
use super::damage::Damage;
use super::seen::Seen;
use super::verify::{Verification, millis};
use crate::catalog::AsOf;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::query::compare::compare_statement;
use crate::query::determined::Determined;

impl Mill {
    /// Answers a statement as [`sql`](Self::sql) does, computes it again from the rows of the same versions with nothing that is kept, as
    /// [`verify`](Self::verify) does, and compares every value. Models, views and the time from which relative ranges are counted are the
    /// same for both.
    ///
    /// Rows come in the order of an ORDER BY whose columns are answered, and in any without; rows at the same place of it may change
    /// places. Sums of fractions are exact, so all else is equal or it is not.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// let verification = mill.verify_sql("select city, measure(sum_amount) from orders group by city").await?;
    /// assert!(verification.equal);
    /// assert_eq!((verification.rows, verification.values), (2, 4));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql`](Self::sql). `Invalid` at `sql` for a statement whose answer its rows do not determine: a page (LIMIT, OFFSET, or more
    /// rows than are answered) without an order that is answered, LIMIT and DISTINCT ON inside of it, windows and aggregates that take
    /// one of several rows at the same place. `Exhausted` also where the rows cannot be read within the limits of the scope.
    pub fn verify_sql<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, Result<Verification>> {
        self.verify_statement(sql, None)
    }

    /// The same over the datasets as they were.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// mill.load("orders", Csv::bytes("city,amount\nOslo,4\n")).await?;
    /// let verification = mill.verify_sql_as_of("select sum(amount) as total from orders", 0).await?;
    /// assert!(verification.equal);
    /// assert_eq!(verification.versions[0].version, 0);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`verify_sql`](Self::verify_sql) and [`sql_as_of`](Self::sql_as_of).
    pub fn verify_sql_as_of<'a>(&'a self, sql: &'a str, as_of: impl Into<AsOf>) -> BoxFuture<'a, Result<Verification>> {
        self.verify_statement(sql, Some(as_of.into()))
    }

    fn verify_statement<'a>(&'a self, sql: &'a str, as_of: Option<AsOf>) -> BoxFuture<'a, Result<Verification>> {
        Box::pin(async move {
            let kept = self.holding(false);
            let rows = Self { from_rows: true, ..kept.clone() };
            let verification = async {
                let mut pinned = Vec::new();
                let verified = kept.answer_twice(&rows, sql, as_of, &mut pinned).await;
                kept.or_refused(verified, &pinned).await
            };
            self.answering(verification).await
        })
    }

    /// Answers a statement twice, the second time as `rows` does.
    async fn answer_twice(&self, rows: &Self, sql: &str, as_of: Option<AsOf>, pinned: &mut Vec<(DatasetName, Seen)>) -> Result<Verification> {
        let (started, whole) = (Instant::now(), Damage::default());
        let (answered, determined) = self.answer_whole(sql, as_of, &whole, pinned, Determined::check).await?;
        // Before all rows are read.
        let comparable = determined.comparable(&answered)?;
        let answered_ms = millis(started);
        let (recomputed, _) = rows.answer_whole(sql, as_of, &whole, &mut Vec::new(), Determined::check).await?;
        let recomputed_ms = millis(started).saturating_sub(answered_ms);
        // Long answers take a while to compare, in which other work goes on.
        let comparing = tokio::task::spawn_blocking(move || (compare_statement(&answered, &recomputed, comparable), answered, recomputed));
        let (found, answered, recomputed) = comparing.await.map_err(|_| Error::internal("comparing two answers failed"))?;
        if found.count > 0 {
            // Neither the statement nor its columns, whose names may be values.
            tracing::error!(tenant = %self.scope.tenant(), versions = ?answered.provenance.sources_read(), differences = found.count, "the answer to a statement is not what its rows say");
        }
        Ok(Verification::of(found, answered, recomputed, [answered_ms, recomputed_ms]))
    }
}
