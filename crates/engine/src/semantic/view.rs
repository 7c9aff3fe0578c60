//! Views: what people see of one or several models, under names of the view's own. A view computes nothing. What is asked of it
//! is said in the words of its models before anything else happens ([`translate`]), and the answer is told in its own ([`names`]).
//!
//! ```text
//!   View {include: path, members} + Models
//!     | reach       where each path leads, along the joins
//!     | check       each name is there once, and a question of the models goes the way that the path tells
//!     | folders     how its members are grouped for people, and nothing that a question knows of
//!     | translate   a question by view.member becomes one by model.member
//!     v
//!   names           columns, errors and provenance of the answer, told back
//! ```

pub(crate) mod check;
pub(crate) mod detail;
pub(crate) mod folders;
pub(crate) mod names;
pub(crate) mod reach;
pub(crate) mod translate;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::folders::Folder;

/// What people see of one or several models.
///
/// ```
/// let view: tidemill::View = serde_json::from_str(
///     r#"{"name": "sales", "label": "Sales", "include": [
///         {"path": "orders", "members": ["revenue", {"name": "at", "alias": "ordered_at"}]},
///         {"path": "orders.customers", "members": "*", "except": ["id"], "prefix": true}],
///         "folders": [{"name": "Money", "includes": ["revenue", {"name": "Who paid", "includes": [{"path": "orders.customers"}]}]}]}"#,
/// )?;
/// assert_eq!(view.include[1].path, "orders.customers");
/// assert_eq!(view.folders[0].name, "Money");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Name, the first part of every member. No dataset and no join has it.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Grows with every change; set by the catalog.
    #[serde(default)]
    pub version: u64,
    /// What it takes from which model, in the order in which people see it.
    pub include: Vec<Include>,
    /// How its members are grouped for people. What is in no folder stands beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<Folder>,
}

impl View {
    /// The model that all paths begin with.
    pub fn root(&self) -> &str {
        self.include.first().map_or("", |include| include.steps().0)
    }
}

/// What a view takes from one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Include {
    /// The model, reached from the first one by joins: `orders`, `orders.customers`.
    pub path: String,
    /// Which members.
    pub members: Members,
    /// Names that `"*"` leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// Whether names begin with the last step of the path, or its alias: `customers_country`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prefix: bool,
    /// What names begin with in place of the last step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

impl Include {
    /// The model that the path begins with, and the joins after it.
    pub(crate) fn steps(&self) -> (&str, Vec<&str>) {
        let mut steps = self.path.split('.');
        (steps.next().unwrap_or_default(), steps.collect())
    }

    /// What the names begin with.
    pub(crate) fn beginning(&self) -> String {
        let last = || self.path.rsplit('.').next().unwrap_or_default();
        if self.prefix { format!("{}_", self.alias.as_deref().unwrap_or_else(last)) } else { String::new() }
    }
}

/// Members of a model: dimensions, measures and named filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Members {
    /// All of them, written `"*"`.
    Every(Every),
    /// These.
    Named(Vec<ViewMember>),
}

/// The text `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Every {
    /// All members.
    #[serde(rename = "*")]
    Star,
}

/// A member of a model in a view: its name alone, or what the view makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct ViewMember {
    /// Its name in the model.
    pub name: String,
    /// What it is called in the view, behind the prefix; else as in the model.
    pub alias: Option<String>,
    /// What people read; else as in the model.
    pub label: Option<String>,
    /// What it is; else as in the model.
    pub description: Option<String>,
    /// A format preset or a d3-format string; else as in the model. A named filter has none.
    pub format: Option<String>,
    /// Whatever programs that read the view are to know of it; else as in the model. Nothing here looks at it.
    pub meta: Option<Map<String, Value>>,
}

impl ViewMember {
    /// A member under its own name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), alias: None, label: None, description: None, format: None, meta: None }
    }
}

/// A member as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Made(Made),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<Map<String, Value>>,
}

impl From<Written> for ViewMember {
    fn from(written: Written) -> Self {
        match written {
            Written::Name(name) => Self::named(name),
            Written::Made(Made { name, alias, label, description, format, meta }) => Self { name, alias, label, description, format, meta },
        }
    }
}

impl From<ViewMember> for Written {
    fn from(member: ViewMember) -> Self {
        match member {
            ViewMember { name, alias: None, label: None, description: None, format: None, meta: None } => Self::Name(name),
            ViewMember { name, alias, label, description, format, meta } => Self::Made(Made { name, alias, label, description, format, meta }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::folders::{FolderIncludes, FolderItem, FolderPart};
    use super::*;

    #[test]
    fn members_are_written_as_they_are_read() {
        let text = r#"{"name":"s","label":"S","version":0,"include":[{"path":"o","members":"*","except":["id"],"prefix":true},{"path":"o.c","members":["a",{"name":"b","alias":"c"},{"name":"d","description":"D","format":".1%","meta":{"k":[null]}}]}],"folders":[{"name":"F","includes":["o_x",{"path":"o.c"},{"name":"G","includes":"*"}]}]}"#;
        let view: View = serde_json::from_str(text).unwrap();
        let meta = serde_json::from_str(r#"{"k":[null]}"#).unwrap();
        let made = ViewMember { description: Some("D".into()), format: Some(".1%".into()), meta: Some(meta), ..ViewMember::named("d") };
        assert_eq!(view.include[1].members, Members::Named(vec![ViewMember::named("a"), ViewMember { alias: Some("c".into()), ..ViewMember::named("b") }, made]));
        let inner = Folder { name: "G".into(), includes: FolderIncludes::Every(Every::Star) };
        let items = vec![FolderItem::Member("o_x".into()), FolderItem::Part(FolderPart { path: "o.c".into() }), FolderItem::Folder(inner)];
        assert_eq!(view.folders, [Folder { name: "F".into(), includes: FolderIncludes::Listed(items) }]);
        assert_eq!(serde_json::to_string(&view).unwrap(), text);
        assert_eq!((view.root(), view.include[0].beginning().as_str(), view.include[1].beginning().as_str()), ("o", "o_", ""));
        for wrong in [r#"{"path":"o","members":"all"}"#, r#"{"path":"o","members":[{"name":"a","title":"A"}]}"#, r#"{"path":"o"}"#, r#"{"members":"*"}"#] {
            assert!(serde_json::from_str::<Include>(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            r#"{"name":"F"}"#,
            r#"{"includes":["a"]}"#,
            r#"{"name":"F","includes":"a"}"#,
            r#"{"name":"F","includes":[1]}"#,
            r#"{"name":"F","includes":[{"path":"o","name":"G"}]}"#,
            r#"{"name":"F","includes":[{"name":"G"}]}"#,
            r#"{"name":"F","members":["a"]}"#,
        ] {
            assert!(serde_json::from_str::<Folder>(wrong).is_err(), "{wrong}");
        }
    }
}
