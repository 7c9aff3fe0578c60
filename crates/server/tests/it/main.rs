//! The server as its clients see it: the router in memory, a real engine and a real SQLite in a temporary folder.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by failing")]

mod access;
mod api_keys;
mod auth;
mod bucket;
mod budgets;
mod contracts;
mod cube;
mod cube_answers;
mod cube_origins;
mod cube_questions;
mod dashboards;
mod dataset_jobs;
mod harness;
mod keys;
mod live;
mod loads;
mod matrix;
mod model_check;
mod model_files;
mod models;
mod openapi;
mod process;
mod queries;
mod rollups;
mod s3;
mod sealed;
mod steps;
mod strange;
mod surface;
mod tenant;
mod versions;
mod views;
