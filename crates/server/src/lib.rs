//! Tidemill as a service: accounts, tenants, dashboards and live updates over the engine.
//!
//! ```text
//! request -> middleware (id, span, headers, limits) -> router -> handler -> Caller + policy -> Mill or store -> wire
//! ```
//! The server is thin. Numbers come from the engine, which sees a scope and never a token; the metadata store sees a
//! tenant id that only a verified credential can make; a handler parses, asks the policy, calls and encodes.

pub mod api_keys;
pub mod app;
pub mod auth;
pub mod commands;
pub mod config;
pub mod contracts;
pub mod cube;
pub mod dashboards;
pub mod dataset_jobs;
pub mod dataset_loads;
pub mod datasets;
pub mod engine;
pub mod health;
pub mod http;
pub mod jobs;
pub mod live;
pub mod loads;
pub mod middleware;
pub mod model_files;
pub mod models;
pub mod openapi;
pub mod policy;
pub mod queries;
pub mod rollups;
pub mod router;
pub mod serve;
pub mod session;
pub mod steps;
pub mod store;
pub mod telemetry;
pub mod tenants;
pub mod uploads;
pub mod users;
pub mod versions;
pub mod views;
pub mod web;

pub use app::App;
pub use config::Settings;
