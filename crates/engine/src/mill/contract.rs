//! The contract of a dataset: read and replaced by whoever sees the whole of it.

use futures::future::BoxFuture;

use super::Mill;
use super::change::ATTEMPTS;
use crate::catalog::contract::KeptContract;
use crate::catalog::{Contract, Rule};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::DatasetName;
use crate::ingest::contract::reference::ReferenceReader;
use crate::storage::commit::Committed;
use crate::storage::entry::{Entry, Metadata};

impl Mill {
    /// The contract of a dataset; one without rules where nobody gave it any.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Contract, Csv, Engine, Rule};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let contract = Contract::new(vec![Rule::required("city")]);
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n").contract(contract.clone())).await?;
    /// assert_eq!(mill.contract("orders").await?, contract);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names; `Denied` for a scope that does not see the whole dataset; `Corrupt` when this engine
    /// cannot read it.
    pub fn contract<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<Contract>> {
        Box::pin(async move {
            let snapshot = self.find_whole(&DatasetName::parse(dataset)?, "read the contract of").await?;
            Ok(snapshot.metadata.contract.known()?.as_ref().clone())
        })
    }

    /// Replaces the contract of a dataset, by a commit. Loads that begin later are held to it; loads that are under way
    /// end with `Conflict`. Rows that are in the dataset are not looked at.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// use tidemill::{Contract, Reaction, Rule};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("id,country\n1,IT\n")).await?;
    /// let contract = Contract::new(vec![Rule::unique(["id"]), Rule::pattern("country", "[A-Z]{2}").otherwise(Reaction::Null)]);
    /// mill.set_contract("orders", contract.clone()).await?;
    /// assert_eq!(mill.contract("orders").await?, contract);
    /// let report = mill.load("orders", Csv::bytes("id,country\n1,NO\n2,Norway\n")).await?;
    /// assert_eq!((report.rows, report.rejected, report.nulled), (1, 1, 1));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid`, naming the rule, for one that does not fit the dataset or what it refers to; `NotFound` with near names;
    /// `Denied` for a scope that does not see the whole dataset and all that the contract refers to; `Conflict` when others
    /// change it again and again; `Unavailable` when the store does not answer or the engine is closing.
    pub fn set_contract<'a>(&'a self, dataset: &'a str, contract: Contract) -> BoxFuture<'a, Result<Contract>> {
        Box::pin(async move {
            let (_open, name, log) = self.begin_change(dataset).await?;
            let contract_kept = KeptContract::of(contract.clone());
            let mut last = Error::internal("no change was tried");
            for _ in 0..ATTEMPTS {
                let snapshot = self.find_whole(&name, "change the contract of").await?;
                contract.check(&snapshot.metadata.schema)?;
                self.allow_references(Some(&contract)).await?;
                let shared = &self.shared;
                let reader = ReferenceReader { store: &shared.store, datasets: &shared.datasets, tenant: self.scope.tenant(), known: &shared.references };
                reader.check_types(&contract, &snapshot.metadata.schema.columns).await?;
                if snapshot.metadata.contract == contract_kept {
                    log.rely_on(snapshot.version).await?;
                    return Ok(contract);
                }
                let metadata = Metadata { contract: contract_kept.clone(), ..(*snapshot.metadata).clone() };
                let entry = Entry { metadata: Some(metadata), alters: Some(snapshot.metadata.clone()), committed_at: shared.clock.now(), ..Entry::default() };
                match log.commit(entry).await {
                    Ok(Committed::Version(snapshot)) => {
                        self.raise_rewritten(&name, &snapshot, &[], &[], None);
                        return Ok(contract);
                    }
                    Ok(Committed::Unknown(error)) => return Err(error),
                    Ok(Committed::Before(..)) => return Err(Error::internal("a change of a contract was taken for a load")),
                    Err(error) if error.kind() == ErrorKind::Conflict => last = error,
                    Err(error) => return Err(error.context(format!("change the contract of {name}"))),
                }
            }
            Err(last.context(format!("change the contract of {name}")))
        })
    }

    /// Whoever gives a contract must see what it refers to: its rejected rows tell which values are there.
    pub(super) async fn allow_references(&self, contract: Option<&Contract>) -> Result<()> {
        for (number, rule) in contract.into_iter().flat_map(Contract::numbered) {
            let Rule::Reference { dataset, .. } = rule else { continue };
            let name = DatasetName::parse(dataset).map_err(|error| rule.named(number, error.at("dataset")))?;
            if self.scope.may_restrict() && self.access_to(&name).await?.restricts() {
                let error = Error::denied(format!("a scope with a row filter or hidden columns of {name} does not refer to it; ask somebody who sees it"));
                return Err(rule.named(number, error.at("dataset")));
            }
        }
        Ok(())
    }
}
