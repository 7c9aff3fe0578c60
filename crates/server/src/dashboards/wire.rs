//! Dashboards as they cross HTTP and as their definition is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill::SemanticQuery;
use tidemill::{CalendarSettings, DateRange, Filter, Grain};
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::Model;
use crate::http::{Answer, Problem};
use crate::queries::wire as schema;
use crate::tenants::wire::{check_calendar, check_name};
use crate::users::wire::instant;

const TITLE_MAX_CHARS: usize = 200;
const DESCRIPTION_MAX_CHARS: usize = 2_000;
const WIDGETS_MAX: usize = 100;
const WIDGET_ID_MAX_CHARS: usize = 64;
const GRID_COLUMNS: u32 = 12;
const GRID_ROWS_MAX: u32 = 10_000;
const SCHEMA: u32 = 1;

/// What a dashboard shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DashboardDefinition)]
pub struct Definition {
    /// How to read the rest; 1.
    #[schema(example = 1)]
    pub schema: u32,
    /// IANA name of the zone in which days begin; nothing: that of its calendar, or of who looks.
    #[serde(default)]
    pub timezone: Option<String>,
    /// When days, weeks and years begin in its widgets, where their queries do not say; what it says nothing of: as for who looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Calendar>)]
    pub calendar: Option<CalendarSettings>,
    /// Which time, how fine.
    pub time: TimeControl,
    /// The dimension that the time control acts on.
    #[serde(default)]
    pub time_dimension: Option<String>,
    /// Conditions on all widgets.
    #[serde(default)]
    #[schema(value_type = Vec<schema::Filter>)]
    pub filters: Vec<Filter>,
    /// The widgets.
    pub widgets: Vec<Widget>,
}

/// Which time, how fine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DashboardTime)]
pub struct TimeControl {
    /// As `dateRange` of a query.
    #[schema(value_type = schema::DateRange)]
    pub range: DateRange,
    /// Bucket width of time axes; `null` to suit the range.
    #[serde(default)]
    #[schema(value_type = Option<schema::Grain>)]
    pub grain: Option<Grain>,
}

/// One card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Widget {
    /// Unique in its dashboard.
    pub id: String,
    /// How it is drawn.
    pub kind: WidgetKind,
    /// What people read.
    pub title: String,
    /// Where it stands.
    pub layout: WidgetLayout,
    /// What it asks; the date range of the dashboard's time dimension is left empty.
    #[schema(value_type = schema::SemanticQuery)]
    pub query: SemanticQuery,
    /// How it is shown.
    #[serde(default)]
    pub options: WidgetOptions,
}

/// How a widget is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WidgetKind {
    Number,
    Line,
    Area,
    Bar,
    StackedBar,
    Table,
    Heatmap,
    Map,
}

/// Where a widget stands in the grid of 12 columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WidgetLayout {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

/// How a widget is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WidgetOptions {
    /// What a number is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Whether a fall is good news.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower_is_better: Option<bool>,
    /// A format preset or a d3-format string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// What a number is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// The range of the same length before.
    PreviousPeriod,
}

/// A dashboard to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDashboard {
    /// What people read.
    pub title: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What it shows.
    pub definition: Definition,
}

/// Which dataset to make a dashboard for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateDashboard {
    /// The dataset.
    pub dataset: String,
}

/// A dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dashboard {
    /// Id.
    pub id: Uuid,
    /// What people read.
    pub title: String,
    /// What it is for.
    #[schema(required)]
    pub description: Option<String>,
    /// For `If-Match`.
    pub version: i64,
    /// When it was saved last.
    #[schema(value_type = DateTime<Utc>)]
    pub updated_at: String,
    /// By whom.
    #[schema(required)]
    pub updated_by: Option<String>,
    /// What it shows.
    #[schema(value_type = Definition)]
    pub definition: Value,
}

/// A dashboard in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardSummary {
    /// Id.
    pub id: Uuid,
    /// What people read.
    pub title: String,
    /// What it is for.
    #[schema(required)]
    pub description: Option<String>,
    /// For `If-Match`.
    pub version: i64,
    /// How many widgets it has.
    pub widgets: usize,
    /// The models that its widgets ask, by name.
    pub models: Vec<String>,
    /// When it was saved last.
    #[schema(value_type = DateTime<Utc>)]
    pub updated_at: String,
    /// By whom.
    #[schema(required)]
    pub updated_by: Option<String>,
}

/// The dashboards of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardList {
    /// By title.
    pub items: Vec<DashboardSummary>,
}

impl From<Model> for Dashboard {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            title: row.title,
            description: row.description,
            version: row.version,
            updated_at: instant(row.updated_at),
            updated_by: row.updated_by,
            definition: row.definition,
        }
    }
}

impl From<Model> for DashboardSummary {
    fn from(row: Model) -> Self {
        let widgets = row.definition.get("widgets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Self {
            id: row.id,
            title: row.title,
            description: row.description,
            version: row.version,
            widgets: widgets.len(),
            models: models_of(widgets),
            updated_at: instant(row.updated_at),
            updated_by: row.updated_by,
        }
    }
}

/// A member is `model.name`.
fn models_of(widgets: &[Value]) -> Vec<String> {
    let lists = widgets.iter().filter_map(|widget| widget.get("query")).flat_map(|query| {
        let members = |list: &str| query.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let times = members("timeDimensions").iter().filter_map(|time| time.get("dimension"));
        members("measures").iter().chain(members("dimensions")).chain(times)
    });
    let names = lists.filter_map(|member| Some(member.as_str()?.split_once('.')?.0.to_owned()));
    names.collect::<std::collections::BTreeSet<String>>().into_iter().collect()
}

impl NewDashboard {
    /// Checks texts, grid and ids. Members are not checked: a model may change under a dashboard, and the widget says so then.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self) -> Answer<()> {
        check_name("title", &self.title, TITLE_MAX_CHARS)?;
        if self.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_MAX_CHARS) {
            return Err(Problem::field("description", format!("has at most {DESCRIPTION_MAX_CHARS} characters")));
        }
        self.definition.check("definition.")
    }
}

impl Definition {
    /// Checks grid and ids; fields are named below `prefix`.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self, prefix: &str) -> Answer<()> {
        if self.schema != SCHEMA {
            return Err(Problem::field(format!("{prefix}schema"), format!("is {SCHEMA}")));
        }
        let zone = CalendarSettings { timezone: self.timezone.clone(), ..CalendarSettings::default() };
        zone.check().map_err(|error| Problem::field(format!("{prefix}timezone"), error.message()))?;
        if let Some(calendar) = &self.calendar {
            check_calendar(&format!("{prefix}calendar"), calendar)?;
        }
        if self.widgets.len() > WIDGETS_MAX {
            return Err(Problem::field(format!("{prefix}widgets"), format!("are at most {WIDGETS_MAX}")));
        }
        for (index, widget) in self.widgets.iter().enumerate() {
            let place = format!("{prefix}widgets[{index}].");
            widget.check(&place)?;
            if self.widgets.iter().take(index).any(|other| other.id == widget.id) {
                return Err(Problem::field(format!("{place}id"), "is the id of another widget"));
            }
        }
        Ok(())
    }
}

impl Widget {
    /// Checks id, title and place.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self, prefix: &str) -> Answer<()> {
        let id_fits = !self.id.is_empty() && self.id.len() <= WIDGET_ID_MAX_CHARS && self.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !id_fits {
            return Err(Problem::field(format!("{prefix}id"), format!("is 1 to {WIDGET_ID_MAX_CHARS} letters, digits, '-' or '_'")));
        }
        if self.title.chars().count() > TITLE_MAX_CHARS {
            return Err(Problem::field(format!("{prefix}title"), format!("has at most {TITLE_MAX_CHARS} characters")));
        }
        let WidgetLayout { x, y, w, h } = self.layout;
        let inside = w >= 1 && h >= 1 && x.checked_add(w).is_some_and(|right| right <= GRID_COLUMNS) && y.checked_add(h).is_some_and(|bottom| bottom <= GRID_ROWS_MAX);
        if inside { Ok(()) } else { Err(Problem::field(format!("{prefix}layout"), format!("lies in a grid of {GRID_COLUMNS} columns and is at least 1 by 1"))) }
    }
}
