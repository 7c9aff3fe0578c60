//! Every route that the server answers is in the API document that the checkout holds, so that the document and the
//! types made from it are never older than the server.

use regex::Regex;
use serde_json::Value;

use super::{File, Problem};

const ROUTER: &str = "crates/server/src/router.rs";
const DOCUMENT: &str = "docs/openapi.json";
const PREFIX: &str = "/api/v1";

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let Some(router) = files.iter().find(|file| file.path == ROUTER) else { return Vec::new() };
    let Some(document) = files.iter().find(|file| file.path == DOCUMENT) else {
        return vec![Problem::error(router, 1, format!("{DOCUMENT} is missing: write it with the server's test of the document"))];
    };
    let described: Value = match serde_json::from_str(&document.text) {
        Ok(value) => value,
        Err(error) => return vec![Problem::error(document, error.line(), format!("not JSON: {error}"))],
    };
    let (paths, operations) = names(&described);
    let is_described = |name: &str| {
        if name.starts_with('/') { paths.iter().any(|path| path == name || path.strip_prefix(PREFIX) == Some(name)) } else { operations.iter().any(|operation| operation == name) }
    };
    routes(router)
        .into_iter()
        .filter(|(_, name)| !is_described(name))
        .map(|(line, name)| Problem::error(router, line, format!("route {name} is not in {DOCUMENT}")))
        .collect()
}

/// Paths and operation ids of the document.
fn names(document: &Value) -> (Vec<String>, Vec<String>) {
    let Some(paths) = document["paths"].as_object() else { return (Vec::new(), Vec::new()) };
    let operations = paths.values().filter_map(Value::as_object).flat_map(|methods| methods.values());
    (paths.keys().cloned().collect(), operations.filter_map(|operation| operation["operationId"].as_str()).map(str::to_owned).collect())
}

/// Handlers in `routes!(…)` and paths in `route("…", …)`, with their lines. The router may break lines anywhere.
fn routes(router: &File) -> Vec<(usize, String)> {
    let shipped = router.text.split("#[cfg(test)]").next().unwrap_or_default();
    let (Ok(handlers), Ok(paths)) = (Regex::new(r"routes!\(([^)]*)\)"), Regex::new(r#"route\(\s*"([^"]+)""#)) else { return Vec::new() };
    let line_of = |place: usize| shipped.get(..place).unwrap_or_default().matches('\n').count() + 1;
    let mut found = Vec::new();
    for list in handlers.captures_iter(shipped).filter_map(|captures| captures.get(1)) {
        let handlers = list.as_str().split(',').map(str::trim).filter(|path| !path.is_empty());
        found.extend(handlers.map(|path| (line_of(list.start()), path.rsplit("::").next().unwrap_or(path).to_owned())));
    }
    found.extend(paths.captures_iter(shipped).filter_map(|captures| captures.get(1)).map(|path| (line_of(path.start()), path.as_str().to_owned())));
    found
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn a_route_that_is_not_described_is_found() {
        let router = "fn api() {\n  Router::new()\n    .routes(routes!(users::list_users, users::forget_user))\n    .route(\n      \"/secret/{id}\",\n      get(find))\n    .route(\"/users\", get(list))\n}\n";
        let document = r#"{"paths": {"/api/v1/users": {"get": {"operationId": "list_users"}}}}"#;
        let problems = check(&files([(ROUTER, router), (DOCUMENT, document)]));
        let found: Vec<_> = problems.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
        assert_eq!(found, [(3, "route forget_user is not in docs/openapi.json"), (5, "route /secret/{id} is not in docs/openapi.json")]);
    }

    #[test]
    fn a_missing_document_is_said() {
        assert_eq!(check(&files([(ROUTER, "")])).len(), 1);
    }
}
