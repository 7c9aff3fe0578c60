//! Views as they cross HTTP. The engine reads and writes them; these types tell OpenAPI their shape.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::datasets::wire::ColumnType;
use crate::models::wire::{GeoRole, Hierarchy, MeasureKind, NamedGranularity};

/// What people see of one or several models. Questions ask `view.member`.
#[derive(Debug, Serialize, ToSchema)]
pub struct View {
    /// No dataset and no join has it.
    pub name: String,
    pub label: String,
    pub description: Option<String>,
    /// Grows with every change.
    #[schema(required = false)]
    pub version: u64,
    /// What it takes from which model, in the order in which people see it.
    pub include: Vec<Include>,
    /// How its members are grouped for people. What is in no folder stands beside them.
    #[schema(required = false)]
    pub folders: Vec<Folder>,
}

/// What a view takes from one model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ViewInclude)]
pub struct Include {
    /// The model, reached from the first one by joins: `orders`, `orders.customers`.
    pub path: String,
    pub members: Members,
    /// Names that `"*"` leaves out.
    #[schema(required = false)]
    pub except: Vec<String>,
    /// Whether names begin with the last step of the path, or its alias: `customers_country`.
    #[schema(required = false)]
    pub prefix: bool,
    /// What names begin with in place of the last step.
    pub alias: Option<String>,
}

/// Which members of a model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ViewMembers)]
pub enum Members {
    /// All of them: `"*"`.
    Every(Every),
    /// These.
    Named(Vec<ViewMember>),
}

/// All members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EveryMember)]
pub enum Every {
    #[serde(rename = "*")]
    Star,
}

/// A member of a model in a view: its name alone, or what the view makes of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ViewMember {
    /// Under its own name.
    Name(String),
    /// Otherwise.
    Made(MadeMember),
}

/// What a view makes of a member.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeMember {
    /// Its name in the model.
    pub name: String,
    /// What it is called in the view, behind the prefix.
    pub alias: Option<String>,
    /// What people read.
    pub label: Option<String>,
    /// What it is; else as in the model.
    pub description: Option<String>,
    /// A format preset or a d3-format string; else that of the model. A named filter has none.
    pub format: Option<String>,
    /// Whatever programs that read the view are to know of it; else as in the model.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
}

/// Members of a view that belong together for people.
#[derive(Debug, Serialize, ToSchema)]
pub struct Folder {
    /// What people read; no other folder beside it has it.
    pub name: String,
    pub includes: FolderIncludes,
}

/// What lies in a folder.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FolderIncludes {
    /// All members of the view: `"*"`.
    Every(Every),
    /// These. A member may lie in several folders.
    Listed(Vec<FolderItem>),
}

/// One thing in a folder.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FolderItem {
    /// A member, by its name in the view.
    Member(String),
    /// All members that the view takes from one model.
    Part(FolderPart),
    /// A folder within this one.
    #[schema(no_recursion)]
    Folder(Folder),
}

/// All members of a part of the view.
#[derive(Debug, Serialize, ToSchema)]
pub struct FolderPart {
    /// The path of the part.
    pub path: String,
}

/// A folder as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewFolder {
    pub name: String,
    /// Members of the view that are there, by their names in it, and folders within.
    pub members: Vec<FolderMember>,
}

/// One thing in a folder that is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum FolderMember {
    /// A member, by its name in the view.
    Member(String),
    #[schema(no_recursion)]
    Folder(ViewFolder),
}

/// A view with everything that it shows to who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewDetail {
    /// The view. Who sees a part of its models only is not told what else it names.
    pub definition: View,
    /// The dimension that places rows of the first model in time, where the view shows it.
    #[schema(required)]
    pub time_dimension: Option<String>,
    pub dimensions: Vec<ViewDimension>,
    pub measures: Vec<ViewMeasure>,
    pub segments: Vec<ViewSegment>,
    /// Hierarchies of the models, as far as the view shows their levels.
    pub hierarchies: Vec<Hierarchy>,
    /// How the members are grouped for people. What is in no folder stands beside them.
    pub folders: Vec<ViewFolder>,
    /// What is wrong with it since a model was changed under it. For who sees its models as a whole.
    pub problems: Vec<String>,
}

/// A dimension in a view.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewDimension {
    pub name: String,
    pub label: String,
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    #[schema(required)]
    pub format: Option<String>,
    /// Names for its buckets.
    #[schema(required = false)]
    pub granularities: Vec<NamedGranularity>,
    /// What it says of a place, for maps.
    pub geo: Option<GeoRole>,
    /// Of a longitude: what the latitude of the same points is called in the view.
    pub latitude: Option<String>,
    /// What it is, where the view or the model says so.
    pub description: Option<String>,
    /// What programs that read the view are to know of it; else what the model says to them.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says.
    #[schema(required = false, default = true)]
    pub public: bool,
    /// `model.dimension`, or what the last join of its path calls the model.
    pub member: String,
}

/// A measure in a view.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewMeasure {
    pub name: String,
    pub label: String,
    pub kind: MeasureKind,
    #[schema(required)]
    pub format: Option<String>,
    pub lower_is_better: bool,
    /// The dimensions of the view that are shown of the rows behind a number, in this order; without any, all of them.
    #[schema(required = false)]
    pub drill: Vec<String>,
    /// What it is, where the view or the model says so.
    pub description: Option<String>,
    /// What programs that read the view are to know of it; else what the model says to them.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says.
    #[schema(required = false, default = true)]
    pub public: bool,
    /// `model.measure`.
    pub member: String,
}

/// A named filter in a view.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewSegment {
    pub name: String,
    pub label: String,
    /// What it is, where the view or the model says so.
    pub description: Option<String>,
    /// What programs that read the view are to know of it; else what the model says to them.
    #[schema(value_type = Option<Object>)]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says.
    #[schema(required = false, default = true)]
    pub public: bool,
    /// `model.segment`, or what the last join of its path calls the model.
    pub member: String,
}

/// The views of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewList {
    /// By name.
    pub items: Vec<ViewDetail>,
}
