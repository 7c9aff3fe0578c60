//! Time: older states answer as they did, a log is opened from checkpoints, what is too old goes, and upkeep says so.

mod checkpoints;
mod model;
mod retention;
mod travel;
