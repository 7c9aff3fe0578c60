//! What access policies reach over joins: a dimension of another model, as a function of the keys of the rows that the policy is
//! about. Which dataset, version, key and value that is stands in the function's name, so it is in the plan and in every key as the
//! policy itself is (ADR 0022, 0023).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use datafusion::logical_expr::{Expr, lit};

use super::check::follow_one;
use super::compose::Source;
use super::join::{Models, Step};
use super::joined;
use super::mapped::{Mapped, Rows, along};
use super::member::{Columns, model_of};
use super::model::{Dimension, Model};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};

/// Who names what joins lead to.
const POLICY: &str = "a policy";

/// What joins lead to from a model with policies.
pub(crate) struct Reach<'a> {
    /// The models as they are stored: what the scope or another policy hides does not matter here.
    models: &'a Models,
    /// All rows of what is looked up in, by model.
    sources: &'a BTreeMap<String, Source>,
    /// Rows of a lookup at most.
    rows_max: u64,
    /// Functions that could not be written out, and why.
    unfit: &'a BTreeMap<String, String>,
    mapped: RefCell<BTreeMap<String, Mapped>>,
}

impl<'a> Reach<'a> {
    pub(crate) fn new(models: &'a Models, sources: &'a BTreeMap<String, Source>, rows_max: u64, unfit: &'a BTreeMap<String, String>) -> Self {
        Self { models, sources, rows_max, unfit, mapped: RefCell::default() }
    }

    /// The functions that were asked for.
    pub(crate) fn into_mapped(self) -> Vec<Mapped> {
        self.mapped.into_inner().into_values().collect()
    }

    /// A member that a join leads to, as an expression over the rows of `from`, whose columns are `root`; and its type.
    ///
    /// # Errors
    /// `Invalid` where no way or several lead there, to many rows, or to no dimension; `Exhausted` where there are too many rows.
    pub(super) fn dimension(&self, from: &Model, root: &Columns<'_>, member: &str) -> Result<(Expr, ColumnType)> {
        let (way, dimension) = self.find(from, member)?;
        let mut dimension = dimension.clone();
        if let Some(last) = way.last() {
            follow_one(&mut dimension, &Columns { state: root.state, schema: self.rows(&last.target)?.plan.schema() });
        }
        let value = self.along(&way, root, &|columns| columns.dimension(&dimension))?;
        Ok((value, dimension.column_type))
    }

    /// Whether there is a row where a join leads to: true, or nothing.
    pub(super) fn partner(&self, from: &Model, root: &Columns<'_>, member: &str) -> Result<Expr> {
        let (way, _) = self.find(from, member)?;
        self.along(&way, root, &|_| Ok(lit(true)))
    }

    /// The way to a member, and the dimension that it is.
    fn find(&self, from: &Model, member: &str) -> Result<(Vec<Step>, &'a Dimension)> {
        joined::find(from, member, self.models, POLICY)
    }

    fn along(&self, way: &[Step], root: &Columns<'_>, value: &dyn Fn(&Columns<'_>) -> Result<Expr>) -> Result<Expr> {
        let needed: RefCell<Vec<String>> = RefCell::default();
        let found = along(way, root, &|target| self.rows(target), value, &|mapped| {
            needed.borrow_mut().push(mapped.name.clone());
            self.mapped.borrow_mut().entry(mapped.name.clone()).or_insert(mapped).slot.clone()
        })?;
        if let Some(reason) = needed.into_inner().iter().find_map(|name| self.unfit.get(name)) {
            return Err(Error::invalid(reason.clone()));
        }
        found.ok_or_else(|| {
            let target = way.last().map_or("", |step| step.target.as_str());
            Error::invalid(format!(
                "{target} cannot be looked up in by a policy: keys are whole numbers, texts, dates or times, values are not nested and do not change by the clock"
            ))
        })
    }

    fn rows(&self, target: &str) -> Result<Rows<'a>> {
        let source = self.sources.get(target).ok_or_else(|| Error::internal(format!("model {target} has no plan")))?;
        if source.snapshot.rows > self.rows_max {
            return Err(Error::exhausted(format!("{target} has more rows than the {} that a policy looks up in (mapped_lookup_rows)", self.rows_max)));
        }
        let plan = source.plan.as_ref().map_err(Error::shared)?;
        Ok(Rows { plan, identity: source.identity() })
    }
}

/// The names of what policies reach over joins.
pub(crate) fn prefixes<'m>(from: &str, members: impl IntoIterator<Item = &'m str>) -> BTreeSet<String> {
    members.into_iter().filter_map(|member| model_of(member).ok()).filter(|prefix| *prefix != from).map(str::to_owned).collect()
}

/// What members over joins mean: the way to each and the dimension there, without what only people read. `None`: nothing.
pub(crate) fn meant(from: &Model, members: &BTreeSet<&str>, models: &Models) -> Vec<Option<(Vec<Step>, Dimension)>> {
    members
        .iter()
        .map(|member| joined::find(from, member, models, POLICY).ok().map(|(way, dimension)| (way, dimension.clone().bare())))
        .collect()
}
