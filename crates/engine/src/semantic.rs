//! Questions in the words of a model, made into plans.
//!
//! ```text
//!   SemanticQuery {measures, dimensions, timeDimensions, filters, …}
//!     | view     members of a view become those of its models
//!     | member   which model, which dimension or measure, by name; near names in the error
//!     | date     relative ranges become absolute, in the query's zone
//!     | filter   conditions become expressions; on dimensions before, on measures after aggregation
//!     v
//!   Filter > Aggregate > Filter > Sort > Limit   over the scoped plan of the dataset
//! ```
//! Nothing here reads data: compiling is pure in (query, model, schema, now, latest data).

pub(crate) mod absolute;
pub(crate) mod access;
mod balance;
pub(crate) mod business;
pub(crate) mod calendar;
pub(crate) mod check;
mod combinations;
pub(crate) mod compile;
pub(crate) mod compose;
pub(crate) mod date;
pub(crate) mod derived;
pub(crate) mod fill;
pub(crate) mod filter;
pub(crate) mod generate;
pub(crate) mod geo;
pub(crate) mod grain;
pub(crate) mod granularity;
pub(crate) mod hierarchy;
mod horizon;
pub(crate) mod in_sql;
pub(crate) mod inputs;
pub mod interchange;
pub(crate) mod interval;
pub(crate) mod join;
pub(crate) mod joined;
pub(crate) mod lookups;
pub(crate) mod mapped;
pub(crate) mod member;
pub(crate) mod model;
mod moved;
mod part;
pub(crate) mod pivot;
pub(crate) mod policy;
pub(crate) mod query;
pub(crate) mod reach;
pub(crate) mod relative;
pub(crate) mod role;
pub(crate) mod rollup;
pub(crate) mod segments;
pub(crate) mod shape;
mod states;
pub(crate) mod timed;
pub(crate) mod view;
mod weekday;
pub(crate) mod words;

pub use business::{Holiday, Holidays, Weekend};
pub use calendar::{CalendarSettings, UsedCalendar};
pub use geo::GeoRole;
pub use grain::Grain;
pub use granularity::{Granularity, NamedGranularity};
pub use interval::Interval;
pub use join::{Join, JoinKey, Relationship};
pub use model::{Dimension, Hierarchy, Measure, MeasureKind, Model, NamedFilter, Rollup, Span};
pub use policy::{AccessPolicy, AttributeCondition, MaskedColumn};
pub use query::{Condition, DateRange, Direction, Fill, Filter, Operator, SemanticQuery, TimeDimension, Top, Totals};
pub use view::detail::{ViewDetail, ViewDimension, ViewMeasure, ViewSegment};
pub use view::folders::{Folder, FolderIncludes, FolderItem, FolderMember, FolderPart, ViewFolder};
pub use view::{Every, Include, Members, View, ViewMember};
