//! Rewriting: after deletions and compactions in any order, with late rows in between, the answers are those of the rows;
//! whatever fails on the way, the rows are as before or as after.

mod atomic;
mod counted;
mod model;
mod scope;
mod shared;
