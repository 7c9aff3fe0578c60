//! What was looked at once and stays what it was: versions, what is seen of them, models, views and the time of a statement that is
//! answered twice. Whatever is committed meanwhile, both answers are of the same state.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::Mill;
use super::seen::Seen;
use crate::ids::DatasetName;
use crate::semantic::View;

/// What the answers of one statement have in common.
#[derive(Debug)]
pub(super) struct Held {
    now: DateTime<Utc>,
    datasets: Mutex<BTreeMap<DatasetName, Seen>>,
    /// `None`: there was no view of that name.
    views: Mutex<BTreeMap<DatasetName, Option<View>>>,
}

impl Held {
    pub(super) fn since(now: DateTime<Utc>) -> Self {
        Self { now, datasets: Mutex::default(), views: Mutex::default() }
    }
}

/// What is under a name, where something is.
fn known<T: Clone>(names: &Mutex<BTreeMap<DatasetName, T>>, name: &DatasetName) -> Option<T> {
    names.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
}

/// Puts something under a name. Where two looked at the same time, the first one counts.
fn hold<T: Clone>(names: &Mutex<BTreeMap<DatasetName, T>>, name: &DatasetName, found: T) -> T {
    names.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_insert(found).clone()
}

impl Mill {
    /// The time from which relative ranges are counted.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.held.as_ref().map_or_else(|| self.shared.clock.now(), |held| held.now)
    }

    /// A dataset that was looked at before.
    pub(super) fn held_dataset(&self, name: &DatasetName) -> Option<Seen> {
        known(&self.held.as_ref()?.datasets, name)
    }

    /// Holds a dataset as it is seen, with its model, for as long as this is to be the same.
    pub(super) async fn hold_dataset(&self, name: &DatasetName, seen: Seen) -> Seen {
        let Some(held) = &self.held else { return seen };
        let model = match seen.stored() {
            Some(_) => None,
            // Who needs a model that cannot be read meets the error there.
            None => self.stored_model(name, seen.snapshot()).await.ok(),
        };
        hold(&held.datasets, name, seen.with_model(model))
    }

    /// A view that was looked for before, be it there or not.
    pub(super) fn held_view(&self, name: &DatasetName) -> Option<Option<View>> {
        known(&self.held.as_ref()?.views, name)
    }

    /// Holds a view as it was found.
    pub(super) fn hold_view(&self, name: &DatasetName, view: Option<View>) -> Option<View> {
        match &self.held {
            Some(held) => hold(&held.views, name, view),
            None => view,
        }
    }
}
