//! The OpenAPI document, made from the routes themselves, and a page to read it.

pub mod examples;
pub mod page;
pub mod schema;

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder, Schema};

use crate::app::App;
use crate::dataset_loads::wire::FixedRow;
use crate::http::problem::WireProblem;
use crate::loads::wire::LoadReport;
use crate::queries::wire::{Condition, Operator};
use crate::uploads::wire::Inference;

#[derive(OpenApi)]
#[openapi(
    info(title = "Tidemill", description = "Live dashboards over your own data. Errors are problem details (RFC 9457) with a stable `code`.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(WireProblem, Inference, LoadReport, Condition, FixedRow, Operator)),
    tags(
        (name = "session", description = "First setup, signing in and out"),
        (name = "users", description = "Who may do what"),
        (name = "datasets", description = "Tables of the tenant"),
        (name = "versions", description = "What became of datasets over time, and how long it is kept"),
        (name = "loads", description = "Uploading files"),
        (name = "models", description = "The words in which datasets are asked"),
        (name = "queries", description = "Asking"),
        (name = "cube", description = "Asking in the words of Cube's REST API"),
        (name = "rollups", description = "What is kept so that rows need not be read"),
        (name = "dashboards", description = "What is shown"),
        (name = "live", description = "Results that change by themselves"),
        (name = "operations", description = "For those who run the server")
    )
)]
struct Base;

/// The document before the routes are added.
pub fn base() -> Document {
    Base::openapi()
}

/// Adds what every operation shares: the problem answer, an example of the body, and the token, except where the route says that it is anonymous.
pub fn complete(mut document: Document) -> Document {
    let problem = ContentBuilder::new().schema(Some(RefOr::<Schema>::Ref(Ref::from_schema_name("Problem")))).build();
    for (path, item) in &mut document.paths.paths {
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten() {
            let answer = ResponseBuilder::new().description("What went wrong").content("application/problem+json", problem.clone()).build();
            operation.responses.responses.insert("default".to_owned(), RefOr::T(answer));
            describe_operation(operation);
            examples::add(path, operation);
        }
    }
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some("An access token, or an API key (`tmk_…`)")).build());
    document.components.get_or_insert_default().add_security_scheme("access_token", token);
    document
}

fn describe_operation(operation: &mut Operation) {
    if operation.security.is_none() {
        operation.security = Some(vec![SecurityRequirement::new("access_token", Vec::<String>::new())]);
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = "Done".to_owned();
        }
    }
}

/// Read this document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", security(()), responses((status = 200, description = "OpenAPI 3.1")))]
pub async fn read_openapi(State(app): State<App>) -> Json<Value> {
    Json(app.openapi.as_ref().clone())
}
