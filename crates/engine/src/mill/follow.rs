//! Live questions: a semantic query that is asked again after commits, for everybody who asks the same and sees the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::Mill;
use super::ask::maybe_measures;
use super::compose::LookupsBy;
use super::damage::Damage;
use super::ground::Ground;
use super::views::Words;
use crate::error::{Error, Result};
use crate::ids::{DatasetName, TenantId};
use crate::live::Subscription;
use crate::live::refresh::{Question, Versions};
use crate::query::result::QueryResult;
use crate::semantic::date::{self, Reference};
use crate::semantic::join::Models;
use crate::semantic::shape::{self, widest};
use crate::semantic::{CalendarSettings, DateRange, Measure, MeasureKind, SemanticQuery, filter, inputs};

impl Mill {
    /// Keeps a semantic query fresh: a stream that begins with the whole result and goes on with what changes.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// use futures::StreamExt;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"]}"#)?;
    /// let mut live = mill.subscribe(&query).await?;
    /// let first = live.next().await.unwrap()?;
    /// assert_eq!((first.from, first.version), (None, 0));
    /// mill.load("orders", Csv::bytes("city,amount\nRome,3\n")).await?;
    /// let second = live.next().await.unwrap()?;
    /// assert_eq!((second.from, second.version), (Some(0), 1));
    /// assert_eq!(second.to_json()["changed"]["data"], serde_json::json!([[9]]));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query): a question that cannot be answered now is refused now. `Invalid` for one of an older
    /// state, which never changes, and for one that asks to be explained, which is about one time of asking.
    pub fn subscribe<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<Subscription>> {
        Box::pin(self.in_class(async move {
            if query.as_of.is_some() {
                return Err(Error::invalid("an older state of a dataset never changes, so there is nothing to follow; ask once, or leave asOf out").at("asOf"));
            }
            if query.explain {
                return Err(Error::invalid(
                    "an explanation is about one time of asking, and a live question is asked again and again; ask it once with explain, and follow it without",
                )
                .at("explain"));
            }
            let words = self.words(query).await?;
            let (key, live) = match self.live_question(query, &words).await {
                Ok(found) => found,
                Err(error) => return Err(self.told_error(&words, error).await),
            };
            let listener = self.shared.live.listen(key, || Arc::new(live), self.shared.events.listen());
            Ok(Subscription::new(listener))
        }))
    }

    /// A question that is asked again, and what those who share it have in common.
    async fn live_question(&self, query: &SemanticQuery, words: &Words<'_>) -> Result<(String, LiveQuestion)> {
        let whole = &*self.with_segments(words.query()).await?;
        let asked = &*widest(whole);
        let ground = self.ground(whole, &Damage::default()).await?;
        shape::check(whole, ground.models())?;
        let datasets = match &ground {
            Ground::Several(gathered) => {
                let used = self.plan_composed(asked, gathered, LookupsBy::Functions)?.used;
                let mut datasets: Vec<DatasetName> = used.into_iter().map(|(dataset, _)| dataset).collect();
                // What a measure is computed from is said by its model, of whose own rows none may be read.
                for (_, model, _) in inputs::all(maybe_measures(asked), |name| gathered.models.get(name).map(|model| &**model)) {
                    let dataset = DatasetName::parse(&model.dataset)?;
                    if !datasets.contains(&dataset) {
                        datasets.push(dataset);
                    }
                }
                datasets
            }
            Ground::One { model, dataset, seen, .. } => {
                self.check_query(asked, model, seen, dataset)?;
                vec![dataset.clone()]
            }
        };
        let sight = self.sight_of(&datasets).await?;
        // What decides what is seen is a reason to ask again too.
        let looked_up = self.looked_up_by(&datasets).await?.into_keys().collect();
        // Limits too: nobody is to be stopped at the deadline of somebody else.
        // Lists of holidays are long, and stand in it by what tells them apart.
        let business = query.calendar.as_ref().map(|calendar| calendar.business_days().to_string());
        let keyed = SemanticQuery { calendar: query.calendar.clone().map(CalendarSettings::without_business_days), ..query.clone() };
        let key = format!("{sight}|{:?}|{}|{}", self.scope.limits(), business.unwrap_or_default(), serde_json::to_string(&keyed)?);
        // Live questions are not affected by damage: who follows numbers must not miss rows without being told.
        let mill = Self { skips_damaged: false, ..self.clone() };
        Ok((key, LiveQuestion { mill, query: query.clone(), view: words.view(), datasets, looked_up, sight, moves: AtomicBool::default() }))
    }
}

/// A semantic query that is asked again after commits.
struct LiveQuestion {
    mill: Mill,
    query: SemanticQuery,
    /// The view in whose words it is asked.
    view: Option<DatasetName>,
    datasets: Vec<DatasetName>,
    /// Datasets that access policies look up in.
    looked_up: BTreeSet<String>,
    /// What those who share it see, under which policies.
    sight: String,
    /// Whether the answer that was given last changes by the clock alone.
    moves: AtomicBool,
}

/// Whether what a question asks for depends on when it is asked: a window, a filter of its own or one of its measures'.
fn moves_by_clock(query: &SemanticQuery, models: &Models, reference: &Reference) -> bool {
    let windows = query.time_dimensions.iter().filter_map(|time| time.date_range.as_ref());
    // A measure may be computed from others, so all of them are looked at.
    let measures: Vec<&Measure> = inputs::all(maybe_measures(query), |name| models.get(name).map(|model| &**model)).into_iter().map(|(.., measure)| measure).collect();
    let filters = query.filters.iter().chain(measures.iter().flat_map(|measure| &measure.filters));
    // Buckets are filled up to now, where the range goes beyond it.
    let mut filled = query.time_dimensions.iter().filter(|time| time.fill.is_some()).map(|time| time.dimension.as_str());
    let beyond = |member: &str| date::of_time(query, member, reference).map_or(true, |range| range.to.is_some_and(|to| to > reference.now.timestamp_micros()));
    // And a stock is carried on into each bucket up to now.
    let bucketed = || query.time_dimensions.iter().filter(|time| time.granularity.is_some()).map(|time| time.dimension.as_str());
    let open = |member: &str| date::of_time(query, member, reference).map_or(true, |range| range.to.is_none_or(|to| to > reference.now.timestamp_micros()));
    if measures.iter().any(|measure| measure.carry) && bucketed().any(open) {
        return true;
    }
    // What is rolled over buckets has one more with each that begins.
    if measures.iter().any(|measure| measure.kind == MeasureKind::Rolling) && bucketed().any(beyond) {
        return true;
    }
    filled.any(beyond) || windows.into_iter().any(DateRange::follows_clock) || filters.into_iter().any(filter::moves)
}

#[async_trait]
impl Question for LiveQuestion {
    async fn ask(&self) -> Result<QueryResult> {
        if self.mill.sight_of(&self.datasets).await? != self.sight {
            // Each of its listeners may see something else from now on.
            return Err(Error::conflict("what you may see of what is asked was changed; subscribe again"));
        }
        // Nothing is known of a question that finds no ground to stand on.
        self.moves.store(true, Ordering::Relaxed);
        // A model that was changed is a reason to ask: its named filters may be relative now.
        let note = |whole: &SemanticQuery, ground: &Ground| self.moves.store(moves_by_clock(&widest(whole), ground.models(), ground.reference()), Ordering::Relaxed);
        let answer = self.mill.answer_noting(&self.query, &note).await?;
        // Joins may lead elsewhere now, and what is seen may have changed while it was asked.
        let asked = answer.provenance.dataset.iter().chain(answer.provenance.sources.iter().map(|source| &source.dataset));
        let others = asked.into_iter().any(|dataset| !self.datasets.iter().any(|known| known.as_str() == dataset));
        if others || self.mill.sight_of(&self.datasets).await? != self.sight {
            return Err(Error::conflict("what is asked leads elsewhere now, or is seen otherwise; subscribe again"));
        }
        Ok(answer)
    }

    async fn versions(&self) -> Result<Versions> {
        let mut versions = Versions::new();
        for dataset in &self.datasets {
            versions.insert(dataset.to_string(), self.mill.find(dataset).await?.version);
        }
        for (dataset, version) in self.mill.looked_up_by(&self.datasets).await? {
            versions.entry(dataset).or_insert(version);
        }
        if self.mill.sight_of(&self.datasets).await? != self.sight {
            return Err(Error::conflict("what is seen of what is asked was changed"));
        }
        Ok(versions)
    }

    fn reads(&self, tenant: &TenantId, dataset: &DatasetName) -> bool {
        tenant == self.mill.scope.tenant() && (self.datasets.contains(dataset) || self.looked_up.contains(dataset.as_str()))
    }

    fn asks(&self, tenant: &TenantId, view: &DatasetName) -> bool {
        tenant == self.mill.scope.tenant() && self.view.as_ref() == Some(view)
    }

    fn follows_clock(&self) -> bool {
        self.moves.load(Ordering::Relaxed)
    }
}
