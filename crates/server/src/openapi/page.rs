//! The document as a page: plain HTML from the server, no scripts, no foreign files.

use std::fmt::Write;

use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use serde_json::Value;

use crate::app::App;
use crate::middleware::headers::StyleNonce;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1.5rem;color:#1b2430;background:#fff}\
h1{margin:.2rem 0}h2{margin:2rem 0 .5rem;border-bottom:1px solid #d5dbe3;padding-bottom:.25rem}details{border:1px solid #d5dbe3;border-radius:6px;margin:.4rem 0;padding:.4rem .7rem}\
summary{cursor:pointer}code{font:13px ui-monospace,monospace}.m{display:inline-block;min-width:4.2rem;font-weight:600}.r{color:#5a6777}\
table{border-collapse:collapse;margin:.4rem 0}td,th{text-align:left;padding:.15rem .9rem .15rem 0;vertical-align:top}\
@media(prefers-color-scheme:dark){body{color:#dde3ea;background:#12171d}h2,details{border-color:#303944}.r{color:#96a3b3}}";

/// Read the description of the API.
#[utoipa::path(get, path = "/api/docs", tag = "operations", security(()), responses((status = 200, description = "HTML")))]
pub async fn read_page(State(app): State<App>, Extension(nonce): Extension<StyleNonce>) -> Html<String> {
    Html(render(&app.openapi, &nonce.0))
}

/// Writes the page.
pub fn render(document: &Value, nonce: &str) -> String {
    let mut page = String::with_capacity(64 << 10);
    let info = |name: &str| escape(document.pointer(&format!("/info/{name}")).and_then(Value::as_str).unwrap_or_default());
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{0} API</title><style nonce=\"{nonce}\">{STYLE}</style></head>\
         <body><h1>{0} API {1}</h1><p>{2} The whole document: <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p>",
        info("title"),
        info("version"),
        info("description")
    );
    for tag in document.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let name = text(tag, "name");
        let _ = write!(page, "<h2 id=\"{0}\">{0}</h2><p>{1}</p>", escape(name), escape(text(tag, "description")));
        for (path, method, operation) in operations(document) {
            if operation.pointer("/tags/0").and_then(Value::as_str) == Some(name) {
                write_operation(&mut page, path, method, operation);
            }
        }
    }
    page.push_str("<h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten() {
        let pretty = serde_json::to_string_pretty(schema).unwrap_or_default();
        let _ = write!(page, "<details id=\"schema-{0}\"><summary><code>{0}</code></summary><pre><code>{1}</code></pre></details>", escape(name), escape(&pretty));
    }
    page.push_str("</body></html>");
    page
}

/// Path, method and operation of all routes.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods
            .filter(|(method, _)| matches!(method.as_str(), "get" | "put" | "post" | "delete" | "patch"))
            .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn write_operation(page: &mut String, path: &str, method: &str, operation: &Value) {
    let _ = write!(
        page,
        "<details><summary><span class=\"m\">{}</span><code>{}</code> <span class=\"r\">{}</span></summary><p>{}</p>",
        method.to_uppercase(),
        escape(path),
        escape(text(operation, "summary")),
        escape(text(operation, "description"))
    );
    page.push_str("<table>");
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            escape(text(parameter, "name")),
            escape(text(parameter, "in")),
            escape(text(parameter, "description"))
        );
    }
    if let Some(body) = operation.get("requestBody") {
        let _ = write!(page, "<tr><td>body</td><td colspan=\"2\">{}{}</td></tr>", content(body), examples(body));
    }
    for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let _ = write!(page, "<tr><td>{}</td><td colspan=\"2\">{} {}</td></tr>", escape(status), escape(text(response, "description")), content(response));
    }
    page.push_str("</table></details>");
}

fn content(holder: &Value) -> String {
    let mut parts = Vec::new();
    for (kind, media) in holder.get("content").and_then(Value::as_object).into_iter().flatten() {
        let name = media.pointer("/schema/$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
        parts.push(match name {
            Some(name) => format!("<code>{}</code> <a href=\"#schema-{1}\">{1}</a>", escape(kind), escape(name)),
            None => format!("<code>{}</code>", escape(kind)),
        });
    }
    parts.join(", ")
}

/// What such a body may be: JSON as it is written, anything else as it stands.
fn examples(holder: &Value) -> String {
    let media = holder.get("content").and_then(Value::as_object).into_iter().flatten();
    let found = media.filter_map(|(_, media)| media.get("example"));
    let written = found.map(|example| example.as_str().map_or_else(|| serde_json::to_string_pretty(example).unwrap_or_default(), str::to_owned));
    written.map(|example| format!("<pre><code>{}</code></pre>", escape(&example))).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn examples_of_bodies_are_shown_as_they_are_written() {
        let body = json!({"content": {"application/json": {"example": {"sql": "select 1 < 2"}}, "application/yaml": {"example": "name: a\nlabel: b\n"}, "text/csv": {}}});
        assert_eq!(examples(&body), "<pre><code>{\n  &quot;sql&quot;: &quot;select 1 &lt; 2&quot;\n}</code></pre><pre><code>name: a\nlabel: b\n</code></pre>");
    }

    #[test]
    fn text_stays_text() {
        let document = json!({"info": {"title": "<script>"}, "tags": [{"name": "a"}], "paths": {"/x": {"get": {"tags": ["a"], "summary": "\"><img>"}}}});
        let page = render(&document, "n");
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(page.contains("style nonce=\"n\""));
    }
}
