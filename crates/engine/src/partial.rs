//! Partials: what makes a dashboard cost only what is new.
//!
//! Data comes in as immutable segments, so the aggregate of one segment is true for ever. A query over a dataset is the
//! merge of one small state per segment, and a state that was computed once is never computed again:
//!
//! ```text
//!   sum(amount) by country, last 7 days             the same question, 10,000 rows later
//!
//!        answer                                          answer'
//!          │ finish                                        │ finish
//!        merge                                           merge
//!       ╱  │   ╲                                        ╱   │   ╲
//!    run1 run2  s9*                                  run1 run2  ╲ ╲
//!    ╱│╲  ╱│╲                                         kept kept  s9* s10   ◄─ the only rows that are read
//!  s1 s2 s3 …  s8                                                    new
//!   ╰─ each computed once, from decoded columns       * its first rows lie before the window: filter kept
//! ```
//!
//! - [`fragment`] is what is computed: filters, group keys and aggregates over the columns of one dataset, free of the
//!   segment. [`rule`] finds fragments in logical plans, so that SQL and semantic queries profit alike. The row filter of
//!   a scope is in the plan and therefore in the fragment: a partial cannot be shared with somebody who may not see it.
//! - [`simplify`] removes filters that are true for every row of a segment, by its statistics, so that a window that
//!   slides leaves all partials but those at its edges as they are; it also drops segments without a row that passes.
//!   What lies across an edge is computed in [`blocks`], so that a step of the window costs one block.
//! - [`kernel`] computes a partial from [`columns`], decoded once and kept: text as [`narrow`] codes, group [`codes`] that
//!   address [`groups`] directly. The common aggregates are our own and [`fold`] rows block by block ([`count`], [`sum`],
//!   [`average`], [`extremes`], [`distinct`]), all others are DataFusion's accumulators.
//! - [`mapping`] is what another dataset says of a key, [`looked_up`] the function of it in a plan. An expression that depends on it alone is evaluated once per distinct
//!   value, as over text, so that a join costs a look into a table a row, and that once a segment.
//! - [`dictionary`] gives texts of group keys numbers that hold in all partials, so that merging compares numbers
//!   ([`interner`], [`aggregator`]); which of many groups can be among the first few of an order is known before their
//!   texts are looked up ([`best`]).
//! - [`rollup`] is a fragment whose partials are kept on storage ([`stored`]); [`derive`] says what else follows from it
//!   (other zones, coarser grains, fewer keys, filters on keys), [`regroup`] does it segment by segment.
//! - [`tree`] merges partials in runs whose boundaries depend on the segments alone, and keeps the merged runs. States that hold all
//!   values of their groups, as exact counts of texts do, are asked of the memory pool meanwhile ([`held`]).
//! - [`memory`] keeps partials, merged runs and columns inside a budget of bytes, and lets equal work run once. What a
//!   small load brings is handed over when it commits ([`fresh`]).
//! - [`exec`] is the operator that a plan holds instead of scan and aggregate. [`codec`] makes bytes of it, with
//!   [`expression`], so that another engine over the same store can run it.
//!
//! What this deliberately does not do: it never cuts a fragment out of an optimised plan, and it does not run
//! DataFusion's aggregation operator for a partial. That operator may skip aggregation, emit early, take hints of limits
//! or dynamic filters, and any of these would make a state that is kept wrong for the next query.

pub(crate) mod aggregator;
pub(crate) mod average;
pub(crate) mod best;
pub(crate) mod blocks;
pub(crate) mod codec;
pub(crate) mod codes;
pub(crate) mod columns;
pub(crate) mod compute;
pub(crate) mod count;
pub(crate) mod derive;
pub(crate) mod dictionary;
pub(crate) mod distinct;
pub(crate) mod distinct_texts;
pub(crate) mod exec;
pub(crate) mod expression;
pub(crate) mod extremes;
pub(crate) mod fold;
pub(crate) mod fragment;
pub(crate) mod fresh;
pub(crate) mod groups;
pub(crate) mod held;
pub(crate) mod interner;
pub(crate) mod kernel;
pub(crate) mod looked_up;
pub(crate) mod mapping;
pub(crate) mod memory;
pub(crate) mod narrow;
pub(crate) mod regroup;
pub(crate) mod rollup;
pub(crate) mod rule;
pub(crate) mod set;
pub(crate) mod simplify;
pub(crate) mod source;
pub(crate) mod stored;
pub(crate) mod sum;
pub(crate) mod tree;
