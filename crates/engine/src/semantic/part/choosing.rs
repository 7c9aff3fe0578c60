//! Where a condition acts: on rows before anything is aggregated, behind lookups, or, of a stock, on the latest row of each. When a stock
//! is looked at is chosen among rows, as a range does it; what it was then is told by the one that is left.

use super::Part;
use crate::error::{Error, Result};
use crate::semantic::compile::Compiler;
use crate::semantic::model::Dimension;
use crate::semantic::query::Filter;

impl<'a> Part<'a> {
    /// The conditions that choose what this part is about, each with its place in the question. Of a stock those of a group that must
    /// all hold are told one by one: some say when it is looked at, others what it was then.
    pub(super) fn asked(&self) -> Result<Vec<(usize, &'a Filter)>> {
        let mut asked = Vec::new();
        for (index, condition) in self.world.query.filters.iter().enumerate() {
            if self.world.is_of_measures(condition)? || self.is_of_all(index) {
                continue;
            }
            let parts = if self.balances { each(condition) } else { vec![condition] };
            asked.extend(parts.into_iter().map(|part| (index, part)));
        }
        Ok(asked)
    }

    /// Whether a condition needs something that is looked up, or is one of what a stock was last. One of when that was chooses rows, as
    /// a range of the time does: the stock before the first of February is the latest of January, also where there is a later one.
    pub(super) fn is_behind(&self, condition: &Filter, compiler: &Compiler<'a>) -> Result<bool> {
        let members = condition.members();
        if !self.balances {
            return Ok(members.into_iter().any(|member| !self.is_told(member, compiler)));
        }
        let when = members.iter().filter(|member| self.tells_when(member, compiler)).count();
        if when > 0 && when < members.len() {
            let why = "is a stock, for which conditions on its time choose rows and all others look at the latest of them, and one of several (or) mixes both";
            return Err(Error::invalid(format!("{} {why}; give the time a dateRange, or a filter of its own", self.named())));
        }
        Ok(when == 0)
    }

    /// Whether a member says nothing but when a row was, by the time of the model: that time under whatever name, or what is made of it.
    pub(super) fn tells_when(&self, member: &str, compiler: &Compiler<'a>) -> bool {
        let model = compiler.model;
        let time = model.time_dimension.as_ref().and_then(|name| model.dimensions.iter().find(|dimension| dimension.name == *name));
        let bound = |dimension: &Dimension| compiler.columns.dimension(dimension).ok();
        let (Some(asked), Some(time)) = (self.own(member, model).and_then(bound), time.and_then(bound)) else { return false };
        !asked.column_refs().is_empty() && asked.column_refs() == time.column_refs()
    }

    /// Members told by own rows that conditions behind lookups look at.
    pub(super) fn filtered_behind(&self, compiler: &Compiler<'a>) -> Result<Vec<&'a str>> {
        let mut members = Vec::new();
        for (_, condition) in self.asked()? {
            if self.is_behind(condition, compiler)? {
                members.extend(condition.members().into_iter().filter(|member| self.is_told(member, compiler)));
            }
        }
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}

/// The conditions of groups that must all hold, or the one that is none.
fn each(condition: &Filter) -> Vec<&Filter> {
    match condition {
        Filter::And { and } if !and.is_empty() => and.iter().flat_map(each).collect(),
        other => vec![other],
    }
}
