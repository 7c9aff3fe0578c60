//! What was looked at once and stays what it was: versions, what is seen of them, models, views and the time of a statement that is
//! answered twice, or of questions that are answered together. Whatever is committed meanwhile, all answers are of the same state.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::Mill;
use super::reach::Pinned;
use super::seen::Seen;
use crate::catalog::AsOf;
use crate::ids::DatasetName;
use crate::semantic::View;

/// Versions by name.
type Versions = Vec<(String, u64)>;

/// What the answers of one statement, or of questions that belong together, have in common.
#[derive(Debug)]
pub(super) struct Held {
    now: DateTime<Utc>,
    datasets: Mutex<HashMap<DatasetName, Seen>>,
    /// Older states, which are seen by what their policies look up in.
    states: Mutex<HashMap<(DatasetName, AsOf), Seen>>,
    /// Versions as they are seen by what a question reads, and the versions of that.
    among: Mutex<HashMap<(DatasetName, Versions), Seen>>,
    /// `None`: there was no view of that name.
    views: Mutex<HashMap<DatasetName, Option<View>>>,
}

impl Held {
    pub(super) fn since(now: DateTime<Utc>) -> Self {
        Self { now, datasets: Mutex::default(), states: Mutex::default(), among: Mutex::default(), views: Mutex::default() }
    }
}

/// What is under a name, where something is.
fn known<K: Eq + Hash, T: Clone>(names: &Mutex<HashMap<K, T>>, name: &K) -> Option<T> {
    names.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
}

/// Puts something under a name. Where two looked at the same time, the first one counts.
fn hold<K: Eq + Hash, T: Clone>(names: &Mutex<HashMap<K, T>>, name: K, found: T) -> T {
    names.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_insert(found).clone()
}

fn versions(pinned: &Pinned) -> Versions {
    pinned.iter().map(|(name, (_, seen))| (name.clone(), seen.version)).collect()
}

impl Mill {
    /// The same for one statement that is looked into: whatever is committed meanwhile, all that is asked of it is of one state, and what is
    /// damaged is told and not left out. `from_rows`: whether nothing that is kept of segments is used.
    pub(super) fn holding(&self, from_rows: bool) -> Self {
        Self { skips_damaged: false, from_rows, held: Some(Held::since(self.shared.clock.now()).into()), ..self.clone() }
    }

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
        hold(&held.datasets, name.clone(), seen.with_model(model))
    }

    /// An older state of a dataset that was looked at before.
    pub(super) fn held_state(&self, name: &DatasetName, as_of: AsOf) -> Option<Seen> {
        known(&self.held.as_ref()?.states, &(name.clone(), as_of))
    }

    /// Holds an older state of a dataset as it is seen.
    pub(super) fn hold_state(&self, name: &DatasetName, as_of: AsOf, seen: Seen) -> Seen {
        match &self.held {
            Some(held) => hold(&held.states, (name.clone(), as_of), seen),
            None => seen,
        }
    }

    /// A dataset that was looked at before among what a question reads.
    pub(super) fn held_among(&self, name: &DatasetName, pinned: &Pinned) -> Option<Seen> {
        known(&self.held.as_ref()?.among, &(name.clone(), versions(pinned)))
    }

    /// Holds a dataset as it is seen among what a question reads.
    pub(super) fn hold_among(&self, name: &DatasetName, pinned: &Pinned, seen: Seen) -> Seen {
        match &self.held {
            Some(held) => hold(&held.among, (name.clone(), versions(pinned)), seen),
            None => seen,
        }
    }

    /// A view that was looked for before, be it there or not.
    pub(super) fn held_view(&self, name: &DatasetName) -> Option<Option<View>> {
        known(&self.held.as_ref()?.views, name)
    }

    /// Holds a view as it was found.
    pub(super) fn hold_view(&self, name: &DatasetName, view: Option<View>) -> Option<View> {
        match &self.held {
            Some(held) => hold(&held.views, name.clone(), view),
            None => view,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Csv, Engine, Model, Scope, TenantId, UserAttributes};

    async fn change(mill: &Mill, name: &str, change: impl FnOnce(&mut Model)) {
        let mut model = mill.model(name).await.unwrap();
        change(&mut model);
        let version = model.version;
        mill.update_model(model, version).await.unwrap();
    }

    /// Orders that are seen by the region of their customers, by somebody of one.
    async fn orders(folder: &std::path::Path) -> (Mill, Mill) {
        let engine = Engine::open(folder).await.unwrap();
        let mill = engine.tenant("acme").unwrap();
        mill.load("customers", Csv::bytes("id,region\n1,EU\n2,US\n")).await.unwrap();
        for rows in ["1,1\n2,2\n", "1,4\n"] {
            mill.load("orders", Csv::bytes(format!("customer_id,amount\n{rows}"))).await.unwrap();
        }
        change(&mill, "orders", |model| {
            model.joins = serde_json::from_value(json!([{"name": "customers", "on": [{"column": "customer_id", "other": "id"}]}])).unwrap();
            let own = json!([{"name": "own", "rows": [{"member": "customers.region", "operator": "equals", "values": ["{user.region}"]}]}]);
            model.access_policies = serde_json::from_value(own).unwrap();
        })
        .await;
        let user = UserAttributes::default().with("region", ["EU"]);
        let eu = engine.mill(Scope::of(TenantId::parse("acme").unwrap()).seen_by(user));
        (mill, eu)
    }

    fn holding(mill: &Mill) -> Mill {
        Mill { held: Some(Held::since(mill.now()).into()), ..mill.clone() }
    }

    /// Another meaning of what the policy looks up.
    async fn change_region(mill: &Mill) {
        change(mill, "customers", |model| {
            let region = model.dimensions.iter_mut().find(|dimension| dimension.name == "region").unwrap();
            (region.column, region.expression) = (None, Some("'EU'".to_owned()));
        })
        .await;
    }

    fn named(name: &str) -> DatasetName {
        DatasetName::parse(name).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_older_state_stays_as_it_was_seen_whatever_becomes_of_what_its_policies_look_up_in() {
        let folder = tempfile::tempdir().unwrap();
        let (mill, eu) = orders(folder.path()).await;
        let held = holding(&eu);
        let seen = async |mill: &Mill| {
            let latest = mill.find(&named("orders")).await.unwrap();
            let state = mill.pin(&named("orders"), latest, Some(AsOf::Version(0))).await.unwrap();
            (state.version, state.access().fingerprint().to_owned())
        };
        let before = seen(&held).await;
        assert_eq!((before.0, &before), (0, &seen(&eu).await));
        change_region(&mill).await;
        assert_ne!(seen(&eu).await, before, "who looks for the first time sees what is there now");
        assert_eq!(seen(&held).await, before);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_question_reads_stays_as_it_was_seen_beside_a_version_that_came_between() {
        let folder = tempfile::tempdir().unwrap();
        let (mill, eu) = orders(folder.path()).await;
        let held = holding(&eu);
        let alone = held.find(&named("orders")).await.unwrap();
        mill.load("customers", Csv::bytes("id,region\n3,EU\n")).await.unwrap();
        let customers = held.find(&named("customers")).await.unwrap();
        let pinned: Pinned = [("orders", alone.clone()), ("customers", customers)].map(|(name, seen)| (name.to_owned(), (named(name), seen))).into();
        let seen = async |mill: &Mill| mill.see_among(&named("orders"), &alone, &pinned).await.unwrap().access().fingerprint().to_owned();
        let before = seen(&held).await;
        assert_ne!(before, alone.access().fingerprint(), "it looks up in the version that came between");
        change_region(&mill).await;
        assert_ne!(seen(&eu).await, before);
        assert_eq!(seen(&held).await, before);
    }
}
