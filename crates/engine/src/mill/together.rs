//! Several questions about one state: the ranges of a comparison, the queries that a chart lays over each other. Each is a question of its own;
//! whatever is committed while they are answered, all of them read the same versions and count from the same time.

use futures::future::BoxFuture;

use super::Mill;
use super::damage::Damage;
use super::held::Held;
use crate::error::Result;
use crate::query::{QueryResult, execute};
use crate::semantic::SemanticQuery;

impl Mill {
    /// Answers semantic queries that belong together, in their order: as [`query`](Self::query) does, but all about the same versions of
    /// datasets, models and views, and with relative ranges that are counted from the same time.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("at,amount\n2024-01-05,2\n2024-02-07,3\n")).await?;
    /// let in_month = |from: &str, to: &str| {
    ///     let time = serde_json::json!({"dimension": "orders.at", "dateRange": [from, to]});
    ///     serde_json::from_value(serde_json::json!({"measures": ["orders.sum_amount"], "timeDimensions": [time]}))
    /// };
    /// let answers = mill.query_all(&[in_month("2024-01-01", "2024-01-31")?, in_month("2024-02-01", "2024-02-29")?]).await?;
    /// assert_eq!(answers[0].to_json()["data"], serde_json::json!([[2]]));
    /// assert_eq!(answers[0].provenance.version, answers[1].provenance.version);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query), for the first one that fails. The deadline of the scope holds for each, and for the look at
    /// what all of them are about.
    pub fn query_all<'a>(&'a self, queries: &'a [SemanticQuery]) -> BoxFuture<'a, Result<Vec<QueryResult>>> {
        Box::pin(async move {
            if let [only] = queries {
                return Ok(vec![self.query(only).await?]);
            }
            let same = Self { held: Some(Held::since(self.now()).into()), ..self.clone() };
            let answering = async {
                execute::within_deadline(self.scope.limits(), same.look_at(queries)).await?;
                let mut answers = Vec::with_capacity(queries.len());
                for query in queries {
                    answers.push(same.query(query).await?);
                }
                Ok(answers)
            };
            self.in_class(answering).await
        })
    }

    /// Looks at everything that questions are about, which is held from then on: a dataset that only the last one reads is of the same
    /// time as that of the first.
    async fn look_at(&self, queries: &[SemanticQuery]) -> Result<()> {
        for query in queries {
            let looked = async {
                let words = self.words(query).await?;
                let query = self.with_segments(words.query()).await?;
                self.ground(&query, &Damage::default()).await
            };
            // What is wrong with a question is told when it is answered.
            drop(looked.await);
        }
        Ok(())
    }
}
