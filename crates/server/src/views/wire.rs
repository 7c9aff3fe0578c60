//! Views as they cross HTTP. The engine reads and writes them; these types tell OpenAPI their shape.

use serde::Serialize;
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
    /// `model.measure`.
    pub member: String,
}

/// A named filter in a view.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewSegment {
    pub name: String,
    pub label: String,
    /// `model.segment`, or what the last join of its path calls the model.
    pub member: String,
}

/// The views of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewList {
    /// By name.
    pub items: Vec<ViewDetail>,
}
