//! Advice: which rollups the advisor keeps, suggests or has let go, and what people say about it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use datafusion::common::DFSchema;
use futures::future::BoxFuture;
use object_store::ObjectStoreExt;

use super::Mill;
use super::seen::Seen;
use crate::advisor::choose::{self, Size};
use crate::advisor::log::Shape;
use crate::advisor::{Advice, AdviceState, Decision, Decisions};
use crate::error::{Error, Result, near_names};
use crate::ids::DatasetName;
use crate::partial::rollup::Rollup as KeptRollup;
use crate::semantic::calendar::Calendar;
use crate::semantic::model::{Model, Rollup};
use crate::semantic::query::SemanticQuery;
use crate::storage::layout;
use crate::storage::log::Snapshot;

/// Questions after which the advisor looks again.
const ROUND_QUESTIONS: u64 = 200;

impl Mill {
    /// What the advisor thinks of a dataset: rollups that it keeps, suggests or has let go, each with its reason.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// // There is advice once enough was asked.
    /// for advice in mill.advice("orders").await? {
    ///     assert!(!advice.reason.is_empty(), "{} is {:?} for no reason", advice.rollup.name, advice.state);
    /// }
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound`; `Denied` for a scope with a row filter or hidden columns.
    pub fn advice<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<Vec<Advice>>> {
        Box::pin(async move {
            let (name, snapshot) = self.whole(dataset).await?;
            self.open_rollups(&name, &snapshot).await?;
            let decisions = self.decisions(&name).await?;
            let set = self.rollup_set(&name);
            let advice = |decision: Decision| {
                let kept = set.iter().flat_map(|set| set.rollups.iter()).find(|kept| kept.name == decision.rollup.name);
                let (segments, bytes) = kept.map_or((0, 0), |kept| kept.size());
                Advice {
                    tenant: self.scope.tenant().to_string(),
                    dataset: name.to_string(),
                    rollup: decision.rollup,
                    state: decision.state,
                    reason: decision.reason,
                    decided_at: decision.decided_at,
                    segments,
                    bytes,
                    segments_answered: kept.map_or(0, |kept| kept.segments_answered.load(Ordering::Relaxed)),
                    rows_saved: kept.map_or(0, |kept| kept.rows_saved.load(Ordering::Relaxed)),
                }
            };
            Ok(decisions.decisions.into_iter().map(advice).collect())
        })
    }

    /// Keeps an advised rollup whatever it saves, until it is vetoed.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// for advice in mill.advice("orders").await? {
    ///     mill.pin_rollup("orders", &advice.rollup.name).await?;
    /// }
    /// assert!(mill.pin_rollup("orders", "nobody_advised_this").await.is_err());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is no advice of that name; `Denied` for a scope with a row filter or hidden columns.
    pub fn pin_rollup<'a>(&'a self, dataset: &'a str, rollup: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.overrule(dataset, rollup, AdviceState::Pinned, "somebody wants it kept"))
    }

    /// Lets go of an advised rollup; it is not advised again.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// for advice in mill.advice("orders").await? {
    ///     mill.veto_rollup("orders", &advice.rollup.name).await?;
    /// }
    /// assert!(mill.veto_rollup("orders", "nobody_advised_this").await.is_err());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is no advice of that name; `Denied` for a scope with a row filter or hidden columns.
    pub fn veto_rollup<'a>(&'a self, dataset: &'a str, rollup: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.overrule(dataset, rollup, AdviceState::Vetoed, "somebody does not want it kept"))
    }

    async fn overrule(&self, dataset: &str, rollup: &str, state: AdviceState, reason: &str) -> Result<()> {
        let (name, _) = self.whole(dataset).await?;
        let _alone = self.shared.advisor.deciding.lock().await;
        let mut decisions = self.latest_decisions(&name).await?;
        let known = decisions.decisions.iter().find(|decision| decision.rollup.name == rollup).map(|decision| decision.rollup.clone());
        let Some(known) = known else {
            let near = near_names(rollup, decisions.decisions.iter().map(|decision| decision.rollup.name.as_str()));
            return Err(Error::not_found(format!("there is no advice {rollup:?} about dataset {name}{near}")));
        };
        decisions.decide(Decision::new(known, state, reason.to_owned(), self.shared.clock.now()));
        self.write_decisions(&name, decisions).await?;
        self.shared.keeper.wake(self.scope.tenant(), &name);
        Ok(())
    }

    /// Remembers what a question was about and what it had to read.
    pub(super) fn learn(&self, query: &SemanticQuery, model: &Model, name: &DatasetName, snapshot: &Seen, calendar: Calendar, rows_read: u64) {
        if self.shared.settings.advised_rollup_bytes == 0 || self.shared.settings.partial_cache_bytes == 0 {
            return;
        }
        let read = (rows_read > 0).then(|| self.filtered_columns(name, snapshot)).flatten();
        let read = read.and_then(|filtered| Shape::of(query, model, calendar, &filtered)).map(|shape| (shape, rows_read));
        let since = self.shared.advisor.record(self.scope.tenant(), name, read);
        if since.is_multiple_of(ROUND_QUESTIONS) {
            self.shared.keeper.wake(self.scope.tenant(), name);
        }
    }

    /// The columns that rows are filtered by.
    fn filtered_columns(&self, name: &DatasetName, seen: &Seen) -> Option<Vec<String>> {
        let schema = DFSchema::try_from_qualified_schema(name.as_str(), &seen.arrow).ok()?;
        let Some(predicate) = seen.access().row_filter(&schema, name, self.shared.session.shared()).ok()? else { return Some(Vec::new()) };
        let mut columns: Vec<String> = predicate.column_refs().into_iter().map(|column| column.name.clone()).collect();
        columns.sort();
        Some(columns)
    }

    /// Whether enough was asked for another look.
    pub(crate) fn advice_is_due(&self, name: &DatasetName) -> bool {
        self.shared.advisor.questions(self.scope.tenant(), name) >= ROUND_QUESTIONS
    }

    /// One round: lets go of what is idle, measures what would have saved most, keeps what fits the budget.
    pub(crate) async fn advise(&self, name: &DatasetName, snapshot: &Arc<Snapshot>) -> Result<()> {
        let budget = self.shared.settings.advised_rollup_bytes;
        if budget == 0 || self.shared.settings.partial_cache_bytes == 0 {
            return Ok(());
        }
        let owner = self.owner();
        owner.open_rollups(name, snapshot).await?;
        let model = owner.model_of(name, &owner.see(name, Arc::clone(snapshot)).await?).await?;
        let _alone = self.shared.advisor.deciding.lock().await;
        let mut decisions = self.latest_decisions(name).await?;
        let before = decisions.version;
        let mut left = self.let_go(name, &model, &mut decisions, budget);
        let shapes = Arc::new(self.shared.advisor.shapes(self.scope.tenant(), name));
        // A veto holds for ever, every other judgement for its round.
        let vetoed = decisions.decisions.iter().filter(|decision| decision.state == AdviceState::Vetoed);
        let mut judged: Vec<Rollup> = vetoed.map(|decision| decision.rollup.clone()).collect();
        for _ in 0..choose::MEASURED_MAX {
            let have: Vec<Rollup> = model.rollups.iter().chain(decisions.kept()).cloned().collect();
            let (shapes, judged_before, rows) = (Arc::clone(&shapes), judged.clone(), snapshot.rows);
            // Thousands of unions may be compared: not on a thread that others wait for.
            let best = tokio::task::spawn_blocking(move || {
                let (have, judged): (Vec<&Rollup>, Vec<&Rollup>) = (have.iter().collect(), judged_before.iter().collect());
                choose::candidates(&shapes, &have, &judged, rows).into_iter().next()
            });
            let candidate = best.await.map_err(|error| Error::internal(format!("choosing a rollup failed: {error}")))?;
            let Some(candidate) = candidate else { break };
            let (state, reason) = match owner.measure(&candidate.rollup, &model, name, snapshot).await? {
                Some(size) => {
                    let (kept, reason) = choose::judge(&candidate, size, left);
                    left -= if kept { size.bytes } else { 0 };
                    (if kept { AdviceState::Kept } else { AdviceState::Suggested }, reason)
                }
                None => (AdviceState::Suggested, "one of its measures has no state that can be kept".to_owned()),
            };
            judged.push(candidate.rollup.clone());
            decisions.decide(Decision::new(candidate.rollup, state, reason, self.shared.clock.now()));
        }
        self.shared.advisor.end_round(self.scope.tenant(), name);
        if decisions.version == before {
            // Idle rounds alone are not worth an object.
            self.shared.advisor.set_decisions(self.scope.tenant(), name, decisions);
            return Ok(());
        }
        self.write_decisions(name, decisions).await
    }

    /// Retires what was idle for some rounds or is declared by now. Gives the bytes that are left of the budget.
    fn let_go(&self, name: &DatasetName, model: &Model, decisions: &mut Decisions, budget: u64) -> u64 {
        let set = self.rollup_set(name);
        let mut used = 0;
        let mut retired = Vec::new();
        for decision in decisions.decisions.iter_mut().filter(|decision| decision.state.is_kept()) {
            let kept = set.iter().flat_map(|set| set.rollups.iter()).find(|kept| kept.name == decision.rollup.name);
            let answered = kept.map_or(0, |kept| kept.segments_answered.load(Ordering::Relaxed));
            decision.idle_rounds = if answered > decision.answered_before { 0 } else { decision.idle_rounds + 1 };
            decision.answered_before = answered;
            let declared = model.rollups.iter().any(|declared| Rollup { name: decision.rollup.name.clone(), ..declared.clone() } == decision.rollup);
            let reason = match decision.state {
                AdviceState::Kept if declared => Some("the model declares it".to_owned()),
                AdviceState::Kept if choose::is_idle(decision.idle_rounds) => Some(format!("no question was answered from it in {} rounds", decision.idle_rounds)),
                _ => None,
            };
            match reason {
                Some(reason) => retired.push(Decision::new(decision.rollup.clone(), AdviceState::Retired, reason, self.shared.clock.now())),
                None => used += kept.map_or(0, |kept| kept.size().1),
            }
        }
        retired.into_iter().for_each(|decision| decisions.decide(decision));
        budget.saturating_sub(used)
    }

    /// What a rollup would take, measured on the largest segment.
    async fn measure(&self, rollup: &Rollup, model: &Model, name: &DatasetName, snapshot: &Arc<Snapshot>) -> Result<Option<Size>> {
        let Some(fragment) = self.fragment_of(rollup, model, name, snapshot)? else { return Ok(None) };
        let Some(largest) = snapshot.segments.iter().max_by_key(|segment| segment.rows) else { return Ok(None) };
        let source = self.source(name, snapshot)?;
        let (groups, bytes) = KeptRollup::measure(fragment, &source, largest, self.shared.session.shared()).await?;
        let share = snapshot.rows as f64 / largest.rows.max(1) as f64;
        Ok(Some(Size { groups, rows: largest.rows, bytes: (bytes as f64 * share) as u64 }))
    }

    pub(super) async fn decisions_version(&self, name: &DatasetName) -> Result<u64> {
        match self.shared.advisor.decisions_version(self.scope.tenant(), name) {
            Some(version) => Ok(version),
            None => Ok(self.decisions(name).await?.version),
        }
    }

    /// What was decided about a dataset: read once, then kept.
    pub(super) async fn decisions(&self, name: &DatasetName) -> Result<Decisions> {
        match self.shared.advisor.decisions(self.scope.tenant(), name) {
            Some(known) => Ok(known),
            None => self.latest_decisions(name).await,
        }
    }

    /// The same with what another engine has decided since.
    async fn latest_decisions(&self, name: &DatasetName) -> Result<Decisions> {
        let tenant = self.scope.tenant();
        let stored = match self.shared.store.get(&layout::advice(tenant, name)).await {
            Ok(object) => serde_json::from_slice(&object.bytes().await?).unwrap_or_else(|error| {
                // Advice is only ever a saving: what cannot be read is learned again.
                tracing::warn!(dataset = %name, %error, "stored advice cannot be read");
                Decisions::default()
            }),
            Err(object_store::Error::NotFound { .. }) => Decisions::default(),
            Err(error) => return Err(Error::from(error).context("read advice")),
        };
        // What is known also has the rounds in which nothing was used, which are not worth an object.
        match self.shared.advisor.decisions(tenant, name) {
            Some(known) if known.version >= stored.version => Ok(known),
            _ => {
                self.shared.advisor.set_decisions(tenant, name, stored.clone());
                Ok(stored)
            }
        }
    }

    async fn write_decisions(&self, name: &DatasetName, decisions: Decisions) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(&decisions)?;
        let tenant = self.scope.tenant();
        self.shared.store.put(&layout::advice(tenant, name), bytes.into()).await.map_err(|error| Error::from(error).context("store advice"))?;
        self.shared.advisor.set_decisions(tenant, name, decisions);
        Ok(())
    }
}
