//! An example of each body that a request may have, by the schema of the body or, where that has no name, by its path. All are about one
//! imaginary shop, and a test reads each as the route would.

use serde_json::{Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{RefOr, Schema};

use super::schema::COMPONENTS;

/// Puts examples to the bodies of an operation.
pub fn add(path: &str, operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for (content_type, content) in &mut body.content {
        if let RefOr::T(content) = content {
            content.example = match &content.schema {
                Some(RefOr::<Schema>::Ref(schema)) => schema.ref_location.strip_prefix(COMPONENTS).and_then(of_schema),
                _ => of_text(path, content_type),
            };
        }
    }
}

/// A model as a file.
const MODEL_FILE: &str =
    "name: orders\ndataset: orders\nlabel: Orders\ndimensions:\n  - {name: city, label: City, type: string}\nmeasures:\n  - {name: count, label: Orders, kind: count}\n";

/// The example of a schema.
fn of_schema(name: &str) -> Option<Value> {
    Some(match name {
        "Setup" => json!({
            "code": "0f1e2d3c-4b5a6978-8796a5b4-c3d2e1f0", "tenant": {"slug": "acme", "name": "Acme Ltd"},
            "owner": {"email": "ann@example.com", "name": "Ann", "password": "four words that nobody knows"}
        }),
        "SignIn" => json!({"email": "ann@example.com", "password": "four words that nobody knows"}),
        "MyChange" => json!({"calendar": {"timezone": "Europe/Oslo", "weekStart": "monday"}}),
        "PasswordChange" => json!({"current_password": "four words that nobody knows", "new_password": "four other words in a row"}),
        "TenantChange" => json!({"calendar": {"timezone": "Europe/Oslo", "yearStart": 4}, "budget": {"rows": 100_000_000}}),
        "NewUser" => json!({"email": "ben@example.com", "name": "Ben", "role": "viewer", "password": "four other words in a row", "attributes": {"country": ["NO", "SE"]}}),
        "UserChange" => json!({"role": "editor", "budget": {"rows": 10_000_000}}),
        "NewApiKey" => json!({"name": "Nightly export", "role": "viewer", "attributes": {"country": ["NO"]}, "expires_at": "2027-01-01T00:00:00Z"}),
        "ApiKeyChange" => json!({"name": "Nightly export to the warehouse", "expires_at": null}),
        "ReadOptions" => json!({"encoding": "latin-1", "delimiter": ";", "null_tokens": ["-999"]}),
        "PreviewOrder" => json!({"steps": steps(), "types": {"zip": "string"}, "limit": 20}),
        "NewLoad" => json!({
            "upload_id": "0197a3c2-7c1e-7d0a-9a52-5f6f2d1c8b11", "dataset": "orders", "label": "Orders", "mode": "upsert", "key": ["id"], "types": {"zip": "string"},
            "idempotency_key": "orders-2026-11-28"
        }),
        "FixedRows" => json!({"rows": [{"number": 0, "row": {"id": 7, "at": "2026-11-28T09:30:00Z", "city": "Oslo", "amount": 12.5}}]}),
        "RowsToCount" => json!({"predicate": "customer_id = 7"}),
        "RowsToDelete" => json!({"predicate": "customer_id = 7", "expected_rows": 3}),
        "DatasetSettings" => json!({"keep_days": 730, "versions_kept_days": null, "keys_kept_days": 90}),
        "DatasetSteps" => json!({"steps": steps()}),
        "Contract" => json!({"rules": [
            {"check": "required", "column": "id"},
            {"check": "range", "column": "amount", "min": 0, "on_violation": "null"},
            {"check": "unique", "columns": ["id"]}
        ]}),
        "Model" => json!({
            "name": "orders", "dataset": "orders", "label": "Orders", "version": 3, "time_dimension": "at",
            "dimensions": [{"name": "at", "label": "Time", "type": "timestamp"}, {"name": "city", "label": "City", "type": "string"}],
            "measures": [
                {"name": "count", "label": "Orders", "kind": "count"},
                {"name": "revenue", "label": "Revenue", "kind": "sum", "column": "amount", "format": "currency_eur"}
            ]
        }),
        "ModelFiles" => json!({"format": "tidemill", "files": [{"name": "orders.yaml", "text": MODEL_FILE}]}),
        "View" => json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["at", "city", {"name": "revenue", "alias": "turnover"}]}]}),
        "SemanticQuery" => json!({
            "measures": ["orders.revenue"], "dimensions": ["orders.city"],
            "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "dateRange": "last 30 days"}],
            "filters": [{"member": "orders.city", "operator": "notEquals", "values": ["Rome"]}], "limit": 500
        }),
        "SqlQuery" => json!({"sql": "select city, measure(revenue) as revenue from orders group by city order by revenue desc", "limit": 100}),
        "AdviceChange" => json!({"state": "pinned"}),
        "GenerateDashboard" => json!({"dataset": "orders"}),
        "NewDashboard" => json!({
            "title": "Sales", "description": "What the shop sells",
            "definition": {
                "schema": 1, "timezone": "Europe/Oslo", "time": {"range": "last 90 days of data", "grain": null}, "time_dimension": "orders.at", "filters": [],
                "widgets": [widget()]
            }
        }),
        "Widget" => widget(),
        "InBody" => json!({"query": {"measures": ["orders.revenue"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "dateRange": "last 7 days"}]}}),
        _ => return None,
    })
}

fn widget() -> Value {
    json!({
        "id": "w1", "kind": "line", "title": "Revenue", "layout": {"x": 0, "y": 0, "w": 6, "h": 4},
        "query": {"measures": ["orders.revenue"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day"}]},
        "options": {"comparison": "previous_period"}
    })
}

fn steps() -> Value {
    json!([{"op": "trim"}, {"op": "parse_number", "column": "amount", "decimal": ",", "group": "."}, {"op": "filter", "condition": "amount > 0"}])
}

/// The example of a body that is no named schema.
fn of_text(path: &str, content_type: &str) -> Option<Value> {
    let rows = path.ends_with("/rows");
    Some(match content_type {
        "application/json" if rows => json!([{"id": 7, "city": "Oslo", "amount": 12.5}, {"id": 8, "city": "Rome", "amount": 3}]),
        "application/x-ndjson" if rows => "{\"id\": 7, \"city\": \"Oslo\", \"amount\": 12.5}\n{\"id\": 8, \"city\": \"Rome\", \"amount\": 3}\n".into(),
        "application/yaml" => MODEL_FILE.into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::{api_keys, cube, dashboards, dataset_jobs, dataset_loads, loads, model_files, queries, rollups, session, steps, tenants, uploads, users};

    fn read<T: DeserializeOwned>(name: &str) -> T {
        serde_json::from_value(of_schema(name).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[test]
    fn each_is_read_by_its_route() {
        read::<session::wire::Setup>("Setup");
        read::<session::wire::SignIn>("SignIn");
        read::<users::wire::MyChange>("MyChange");
        read::<users::wire::PasswordChange>("PasswordChange");
        read::<users::wire::NewUser>("NewUser");
        read::<users::wire::UserChange>("UserChange");
        read::<tenants::wire::TenantChange>("TenantChange");
        read::<api_keys::wire::NewApiKey>("NewApiKey");
        read::<api_keys::wire::ApiKeyChange>("ApiKeyChange");
        read::<uploads::wire::ReadOptions>("ReadOptions");
        read::<steps::wire::PreviewOrder>("PreviewOrder");
        read::<loads::wire::NewLoad>("NewLoad");
        read::<dataset_loads::wire::FixedRows>("FixedRows");
        read::<dataset_jobs::wire::RowsToCount>("RowsToCount");
        read::<dataset_jobs::wire::RowsToDelete>("RowsToDelete");
        read::<tidemill::DatasetSettings>("DatasetSettings");
        read::<tidemill::DatasetSteps>("DatasetSteps");
        read::<model_files::wire::ModelFiles>("ModelFiles");
        read::<tidemill::View>("View");
        read::<tidemill::SemanticQuery>("SemanticQuery");
        read::<queries::wire::SqlQuery>("SqlQuery");
        read::<rollups::wire::AdviceChange>("AdviceChange");
        read::<dashboards::wire::GenerateDashboard>("GenerateDashboard");
        read::<cube::handlers::InBody>("InBody");
        read::<dashboards::wire::Widget>("Widget").check("").unwrap();
        read::<dashboards::wire::NewDashboard>("NewDashboard").check().unwrap();
        read::<tidemill::Contract>("Contract").check_form().unwrap();
        let model: tidemill::Model = read("Model");
        let yaml = of_text("/api/v1/models/{name}", "application/yaml").unwrap();
        let written = tidemill::interchange::read_models("orders.yaml", yaml.as_str().unwrap()).unwrap();
        assert_eq!((written[0].name.as_str(), written[0].dataset.as_str()), (model.name.as_str(), model.dataset.as_str()));
    }
}
