//! What a file of the Open Semantic Interchange format looks like, version 0.1 and the draft of 0.2.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version that is written.
pub(super) const VERSION: &str = "0.2.0.dev0";
/// The dialect that is written.
pub(super) const DIALECT: &str = "ANSI_SQL";
/// Whose extensions are ours.
pub(super) const VENDOR: &str = "TIDEMILL";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub version: Option<String>,
    pub semantic_model: Vec<SemanticModel>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SemanticModel {
    pub name: String,
    #[serde(flatten)]
    pub words: Words,
    pub datasets: Vec<Dataset>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relationships: Vec<Relation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
}

/// What anything may carry beside its meaning.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Words {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_context: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_extensions: Vec<Extension>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dataset {
    pub name: String,
    /// A table or query; drafts have maps too.
    pub source: Value,
    #[serde(flatten)]
    pub words: Words,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique_keys: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    pub name: String,
    pub expression: Expression,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datatype: Option<DataType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(flatten)]
    pub words: Words,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_time: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metric {
    pub name: String,
    pub expression: Expression,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datatype: Option<DataType>,
    #[serde(flatten)]
    pub words: Words,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Relation {
    pub name: String,
    pub from: String,
    pub to: String,
    pub from_columns: Vec<String>,
    pub to_columns: Vec<String>,
    #[serde(flatten)]
    pub words: Words,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expression {
    pub dialects: Vec<Dialect>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dialect {
    pub dialect: String,
    pub expression: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extension {
    pub vendor_name: String,
    /// JSON as a text.
    pub data: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum DataType {
    String,
    Integer,
    Decimal,
    Float,
    Boolean,
    Date,
    Time,
    DateTime,
    DateTimeTz,
    Opaque,
}

impl Expression {
    pub(super) fn new(text: String) -> Self {
        Self { dialects: vec![Dialect { dialect: DIALECT.to_owned(), expression: text }] }
    }

    /// The text in standard SQL; the language of the format itself is a part of it.
    pub(super) fn standard(&self) -> Option<&str> {
        let standard =
            |dialect: &&Dialect| dialect.dialect == DIALECT || dialect.dialect.to_uppercase().starts_with("OSSIE_SQL") || dialect.dialect.to_uppercase().starts_with("OSI_SQL");
        self.dialects.iter().find(standard).map(|dialect| dialect.expression.as_str())
    }
}

impl Extension {
    pub(super) fn new(data: &Value) -> Self {
        Self { vendor_name: VENDOR.to_owned(), data: data.to_string() }
    }
}

impl Words {
    /// What we have written there ourselves.
    pub(super) fn ours(&self) -> Option<Value> {
        let ours = self.custom_extensions.iter().find(|extension| extension.vendor_name == VENDOR)?;
        serde_json::from_str(&ours.data).ok()
    }
}
