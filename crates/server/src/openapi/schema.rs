//! Parts of the document as JSON Schemas of their own, for editors and checkers of files: `schemas/Model` describes a model that
//! is kept in a file, `schemas/View` a view, `schemas/SemanticQuery` a question, `schemas/DashboardDefinition` a dashboard.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::http::{Path, Problem};

/// Where the document has its schemas, and where a JSON Schema has its own.
pub(super) const COMPONENTS: &str = "#/components/schemas/";
const DEFINITIONS: &str = "#/$defs/";

/// A schema with everything that it refers to. OpenAPI 3.1 writes schemas as JSON Schema 2020-12 does, so only references change.
pub fn of(document: &Value, name: &str) -> Option<Value> {
    let components = document.pointer("/components/schemas")?;
    components.get(name)?;
    let (mut definitions, mut open) = (Map::new(), vec![name.to_owned()]);
    while let Some(name) = open.pop() {
        if !definitions.contains_key(&name)
            && let Some(schema) = components.get(&name)
        {
            let mut schema = schema.clone();
            rebase(&mut schema, &mut open);
            definitions.insert(name, schema);
        }
    }
    Some(json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, "$ref": format!("{DEFINITIONS}{name}"), "$defs": definitions}))
}

/// Turns references of the document into those of a schema, and notes what they refer to.
fn rebase(value: &mut Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str().and_then(|text| text.strip_prefix(COMPONENTS)).map(str::to_owned) {
                    Some(name) if key == "$ref" => {
                        *value = format!("{DEFINITIONS}{name}").into();
                        found.push(name);
                    }
                    _ => rebase(value, found),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rebase(item, found)),
        _ => {}
    }
}

/// Read the JSON Schema of a part of this document, for instance `Model`.
#[utoipa::path(get, path = "/schemas/{name}", tag = "operations", security(()), params(("name" = String, Path, description = "As the document calls it")), responses((status = 200, description = "JSON Schema 2020-12", body = Object)))]
pub async fn read_schema(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    of(&app.openapi, &name).map(Json).ok_or_else(|| Problem::not_found("schema of that name; the document has them under components/schemas"))
}
