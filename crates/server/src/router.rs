//! Every route of the server, on one page. A route is added by its handler's own description, so OpenAPI cannot miss it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::api_keys::handlers as api_keys;
use crate::app::App;
use crate::contracts::handlers as contracts;
use crate::cube::{handlers as cube, origins};
use crate::dashboards::{handlers as dashboards, widget_handlers as widgets};
use crate::dataset_jobs::handlers as dataset_jobs;
use crate::dataset_loads::handlers as dataset_loads;
use crate::datasets::handlers as datasets;
use crate::health::handlers as health;
use crate::live::handlers as live;
use crate::loads::handlers as loads;
use crate::middleware::{deadline, headers, panic, request_id};
use crate::model_files::handlers as model_files;
use crate::models::handlers as models;
use crate::queries::handlers as queries;
use crate::rollups::handlers as rollups;
use crate::session::handlers as session;
use crate::steps::handlers as steps;
use crate::tenants::handlers as tenants;
use crate::uploads::handlers as uploads;
use crate::users::handlers as users;
use crate::versions::handlers as versions;
use crate::views::handlers as views;
use crate::{openapi, web};

/// Bytes of a body, where a route says nothing else.
const BODY_MAX_BYTES: usize = 1 << 20;

fn api_v1() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        // Anonymous: each is limited by the address of its peer.
        .routes(routes!(session::read_bootstrap))
        .routes(routes!(session::set_up))
        .routes(routes!(session::create_session, session::delete_session))
        .routes(routes!(session::refresh_session))
        .routes(routes!(openapi::read_openapi))
        .routes(routes!(openapi::schema::read_schema))
        // With a token.
        .routes(routes!(session::read_me, session::update_me))
        .routes(routes!(session::update_password))
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(users::update_user, users::delete_user))
        .routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))
        .routes(routes!(api_keys::update_api_key, api_keys::delete_api_key))
        .routes(routes!(tenants::update_tenant))
        .routes(routes!(datasets::list_datasets))
        .routes(routes!(datasets::find_dataset, datasets::delete_dataset))
        .routes(routes!(datasets::preview_dataset))
        .routes(routes!(datasets::profile_dataset))
        .routes(routes!(datasets::list_rejects))
        .routes(routes!(contracts::find_contract, contracts::update_contract))
        .routes(routes!(dataset_loads::list_dataset_loads))
        .routes(routes!(dataset_loads::find_load_profile))
        .routes(routes!(dataset_loads::list_load_rejects))
        .routes(routes!(dataset_loads::export_load_rejects))
        .routes(routes!(dataset_loads::replay_load_rejects).layer(DefaultBodyLimit::max(datasets::PUSH_MAX_BYTES)))
        .routes(routes!(datasets::push_rows).layer(DefaultBodyLimit::max(datasets::PUSH_MAX_BYTES)))
        .routes(routes!(dataset_loads::list_positions))
        .routes(routes!(dataset_jobs::count_rows))
        .routes(routes!(dataset_jobs::delete_rows))
        .routes(routes!(dataset_jobs::erase_rows))
        .routes(routes!(dataset_jobs::compact_dataset))
        .routes(routes!(dataset_jobs::vacuum_dataset))
        .routes(routes!(dataset_jobs::list_dataset_jobs))
        .routes(routes!(dataset_jobs::find_dataset_job, dataset_jobs::cancel_dataset_job))
        .routes(routes!(uploads::list_uploads))
        .routes(routes!(uploads::delete_upload))
        .routes(routes!(uploads::infer_upload))
        .routes(routes!(steps::preview_upload))
        .routes(routes!(steps::find_steps, steps::update_steps))
        .routes(routes!(versions::list_versions))
        .routes(routes!(versions::list_changes))
        .routes(routes!(versions::find_settings, versions::update_settings))
        .routes(routes!(versions::read_upkeep))
        .routes(routes!(loads::list_loads, loads::create_load))
        .routes(routes!(loads::find_load, loads::cancel_load))
        .routes(routes!(models::list_models))
        .routes(routes!(models::find_model, models::update_model))
        .routes(routes!(models::check_model))
        .routes(routes!(models::list_values))
        .routes(routes!(model_files::write_model_files, model_files::store_model_files).layer(DefaultBodyLimit::max(model_files::BODY_MAX_BYTES)))
        .routes(routes!(model_files::check_model_files).layer(DefaultBodyLimit::max(model_files::BODY_MAX_BYTES)))
        .routes(routes!(views::list_views))
        .routes(routes!(views::find_view, views::update_view, views::delete_view))
        .routes(routes!(views::list_view_values))
        .routes(routes!(queries::run_query))
        .routes(routes!(queries::run_sql))
        .routes(routes!(rollups::explain_sql))
        .routes(routes!(queries::verify_sql))
        .routes(routes!(queries::trace_sql))
        .routes(routes!(queries::verify_query))
        .routes(routes!(queries::trace_query))
        .routes(routes!(rollups::explain_query))
        .routes(routes!(rollups::list_rollups))
        .routes(routes!(rollups::list_advice))
        .routes(routes!(rollups::update_advice))
        .routes(routes!(dashboards::list_dashboards, dashboards::create_dashboard))
        .routes(routes!(dashboards::generate_dashboard))
        .routes(routes!(dashboards::find_dashboard, dashboards::update_dashboard, dashboards::delete_dashboard))
        .routes(routes!(widgets::create_widget))
        .routes(routes!(widgets::update_widget, widgets::delete_widget))
        .layer(from_fn(deadline::bound))
        // Streams: they bound themselves.
        .routes(routes!(uploads::create_upload).layer(DefaultBodyLimit::disable()))
        .routes(routes!(live::open_live))
}

/// Where Cube's clients expect what they ask for, also those that run in pages of these origins.
fn cube_v1(allowed: &[String]) -> OpenApiRouter<App> {
    let routes = OpenApiRouter::new()
        .routes(routes!(cube::load_cube_in_address, cube::load_cube))
        .routes(routes!(cube::dry_run_cube_in_address, cube::dry_run_cube))
        .routes(routes!(cube::poll_cube_in_address, cube::poll_cube))
        .routes(routes!(cube::explain_cube_in_address, cube::explain_cube))
        .routes(routes!(cube::describe_cubes))
        .layer(from_fn(deadline::bound));
    origins::open(routes, allowed)
}

fn all(cube_origins: &[String]) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base())
        .nest("/api/v1", api_v1())
        .nest("/cubejs-api/v1", cube_v1(cube_origins))
        .routes(routes!(openapi::page::read_page))
        .routes(routes!(health::check_health))
        .routes(routes!(health::check_readiness))
}

/// The description of all routes.
pub fn describe() -> OpenApi {
    openapi::complete(all(&[]).into_openapi())
}

/// The router with its layers, outermost first.
pub fn build(app: App) -> Router {
    let (routes, _) = all(&app.settings.http.cube_origins).split_for_parts();
    let layers = ServiceBuilder::new()
        .layer(from_fn(request_id::carry))
        .layer(from_fn(headers::secure))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES));
    routes.fallback(web::serve).with_state(app).layer(layers)
}
