//! A question goes out: `plan (version pinned, row filter inside) -> execute -> result + provenance`.
//!
//! ```text
//!   SemanticQuery -- semantic::compile --\
//!                                         LogicalPlan over ScopedTable -- plan --> physical -- execute --> QueryResult
//!   SQL text ------- gate ---------------/        |
//!                                                 DatasetTable: segments of one pinned version,
//!                                                 pruned by their statistics before anything is opened
//! ```
//! Questions for rows open what can hold them and no more: `pruning` by bounds, `lookup` by bloom filters,
//! `first_rows` by the rows that were found already.
//!
//! A table of a query is always made by `table::scoped_plan`: the rows and columns of an `access` are inside it, so there is
//! no way to name the dataset without them.

pub(crate) mod access;
pub(crate) mod allowance;
pub(crate) mod alone;
mod checked_arithmetic;
pub(crate) mod compare;
mod counted;
pub(crate) mod determined;
pub(crate) mod estimate;
pub(crate) mod execute;
pub(crate) mod explanation;
pub(crate) mod first_rows;
pub(crate) mod gate;
pub(crate) mod guard;
mod holding;
mod instants;
mod left_alone;
pub(crate) mod lookup;
pub(crate) mod matching;
mod misread;
pub(crate) mod pace;
mod passing;
mod probing;
pub(crate) mod pruning;
pub(crate) mod question_table;
pub(crate) mod reading;
pub mod result;
mod row_bytes;
pub(crate) mod session;
pub(crate) mod subqueries;
pub(crate) mod survey;
pub(crate) mod table;
pub(crate) mod tile;
pub(crate) mod time_class;
pub(crate) mod total_order;
pub(crate) mod value_list;
pub(crate) mod walk;
mod whole_groups;
pub(crate) mod windows;
pub(crate) mod write;
mod written_out;
mod zero_keys;
pub(crate) mod zeros;

pub use compare::{Difference, DifferenceKind};
pub use explanation::{AggregateExplanation, Explanation};
pub use result::{
    AppliedAccess, Bound, BoundKind, ColumnRole, DamagedSegment, Provenance, QueryResult, ResultColumn, RollupUse, SourceVersion, Stage, Subtotal, TimeRange, UsedView,
};
