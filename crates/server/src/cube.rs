//! The dialect of Cube's REST API, for clients that speak it already: the same questions and answers as `/queries`, with
//! other names around them. What a client may ask, how long answers wait and what errors say follows Cube's documentation;
//! the numbers come from the engine as everywhere.

mod annotation;
mod answer;
mod asking;
mod caller;
mod dates;
mod dialect;
mod filters;
pub mod handlers;
mod measure_filters;
mod meta;
pub mod origins;
mod refused;
mod times;
pub mod waiting;
