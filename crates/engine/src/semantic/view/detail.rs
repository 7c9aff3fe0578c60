//! What a view shows, for people and programs that offer it: its members with their types, and what is broken in it.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::folders::{Seen, ViewFolder};
use super::reach::{Place, What, Words, places};
use super::{View, ViewMember, check};
use crate::catalog::ColumnType;
use crate::semantic::geo::GeoRole;
use crate::semantic::granularity::NamedGranularity;
use crate::semantic::join::Models;
use crate::semantic::model::{Hierarchy, MeasureKind};
use crate::semantic::words;

/// A view with everything that it shows to who asks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewDetail {
    /// The view. Who sees a part of its models only is not told what else it names.
    pub definition: View,
    /// The dimension that places rows of the first model in time, where the view shows it.
    pub time_dimension: Option<String>,
    /// What can be grouped by and filtered.
    pub dimensions: Vec<ViewDimension>,
    /// What can be computed.
    pub measures: Vec<ViewMeasure>,
    /// Filters with a name.
    pub segments: Vec<ViewSegment>,
    /// Hierarchies of the models, as far as the view shows their levels.
    pub hierarchies: Vec<Hierarchy>,
    /// How the members are grouped for people. What is in no folder stands beside them.
    pub folders: Vec<ViewFolder>,
    /// What is wrong with it since a model was changed under it. For who sees its models as a whole.
    pub problems: Vec<String>,
}

/// A dimension in a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewDimension {
    /// Its name in the view.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// A format preset or a d3-format string.
    pub format: Option<String>,
    /// Names for its buckets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub granularities: Vec<NamedGranularity>,
    /// What it says of a place. A latitude or longitude whose other half the view does not show is a number like others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo: Option<GeoRole>,
    /// Of a longitude: what the latitude of the same points is called in the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<String>,
    /// What it is, where the view or the model says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What programs that read the view are to know of it; else what the model says to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says.
    #[serde(skip_serializing_if = "words::is_offered")]
    pub public: bool,
    /// `model.dimension`, or what the last join of its path calls the model.
    pub member: String,
}

/// A measure in a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewMeasure {
    /// Its name in the view.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How it aggregates.
    pub kind: MeasureKind,
    /// A format preset or a d3-format string.
    pub format: Option<String>,
    /// Whether a fall is good news.
    pub lower_is_better: bool,
    /// The dimensions of the view that are shown of the rows behind a number, in this order; without any, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drill: Vec<String>,
    /// What it is, where the view or the model says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What programs that read the view are to know of it; else what the model says to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says.
    #[serde(skip_serializing_if = "words::is_offered")]
    pub public: bool,
    /// `model.measure`.
    pub member: String,
}

/// A named filter in a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewSegment {
    /// Its name in the view.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it is, where the view or the model says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What programs that read the view are to know of it; else what the model says to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says.
    #[serde(skip_serializing_if = "words::is_offered")]
    pub public: bool,
    /// `model.segment`, or what the last join of its path calls the model.
    pub member: String,
}

/// What a view shows over these models. `whole`: they are seen as a whole, so that what is wrong may be told.
pub(crate) fn detail(view: &View, models: &Models, whole: bool) -> ViewDetail {
    let places = places(view, models);
    let (mut dimensions, mut measures, mut segments, mut hierarchies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut time_dimension = None;
    for place in &places {
        for shown in place.members() {
            let (label, member, format) = (shown.label().to_owned(), shown.member.clone(), shown.format().cloned());
            let (description, meta) = said_of(shown.said, shown.own_words());
            let public = shown.is_offered();
            match shown.what {
                What::Dimension(dimension) => {
                    if place.way.is_empty() && place.model.time_dimension.as_ref() == Some(&dimension.name) {
                        time_dimension = Some(shown.name.clone());
                    }
                    let granularities = dimension.granularities.clone();
                    let latitude = dimension.latitude.as_ref().map(|named| format!("{}.{named}", place.prefix));
                    let (name, column_type, geo) = (shown.name, dimension.column_type, dimension.geo);
                    dimensions.push(ViewDimension { name, label, column_type, format, granularities, geo, latitude, description, meta, public, member });
                }
                What::Measure(measure) => {
                    let (kind, lower_is_better) = (measure.kind, measure.lower_is_better);
                    let drill = measure.drill.iter().map(|name| format!("{}.{name}", place.prefix)).collect();
                    measures.push(ViewMeasure { name: shown.name, label, kind, format, lower_is_better, drill, description, meta, public, member });
                }
            }
        }
        segments.extend(place.segments().into_iter().map(|(name, label, segment)| {
            let said = place.said(&name);
            let (description, meta) = said_of(said, (segment.description.as_ref(), segment.meta.as_ref()));
            ViewSegment { name, label: label.to_owned(), description, meta, public: segment.public || said.is_some(), member: format!("{}.{}", place.prefix, segment.name) }
        }));
    }
    join_halves(&mut dimensions);
    for measure in &mut measures {
        // Members of models so far; what the view does not show is not shown of its rows either.
        let named = |member: &String| dimensions.iter().find(|dimension| dimension.member == *member).map(|dimension| dimension.name.clone());
        measure.drill = measure.drill.iter().filter_map(named).collect();
    }
    for place in &places {
        hierarchies.extend(place.model.hierarchies.iter().filter_map(|hierarchy| within(hierarchy, place, &dimensions)));
    }
    let problems = if whole { check::problems(view, models).iter().map(|problem| told(problem.field(), problem.message())).collect() } else { Vec::new() };
    let seen = Seen::new(&places);
    let definition = if whole { view.clone() } else { shown_part(view, &places, &seen) };
    ViewDetail { definition, time_dimension, dimensions, measures, segments, hierarchies, folders: seen.folders(&view.folders), problems }
}

/// The description and the meta of a member: those of the view, and of what it says nothing, those of the model.
fn said_of(said: Option<&ViewMember>, (description, meta): Words<'_>) -> (Option<String>, Option<Map<String, Value>>) {
    let (own_description, own_meta) = said.map(|said| (said.description.as_ref(), said.meta.as_ref())).unwrap_or_default();
    (own_description.or(description).cloned(), own_meta.or(meta).cloned())
}

/// Points are those of which both halves are shown. A longitude, which names the member of a model, names that of the view from here on.
fn join_halves(dimensions: &mut [ViewDimension]) {
    let names: HashMap<String, String> = dimensions.iter().map(|dimension| (dimension.member.clone(), dimension.name.clone())).collect();
    for dimension in &mut *dimensions {
        dimension.latitude = dimension.latitude.take().and_then(|member| names.get(&member).cloned());
    }
    let latitudes: HashSet<String> = dimensions.iter().filter_map(|dimension| dimension.latitude.clone()).collect();
    for dimension in dimensions {
        dimension.geo = dimension.geo.filter(|role| match role {
            GeoRole::Latitude => latitudes.contains(&dimension.name),
            GeoRole::Longitude => dimension.latitude.is_some(),
            _ => true,
        });
    }
}

/// A problem with its place.
fn told(field: Option<&str>, message: &str) -> String {
    field.map_or_else(|| message.to_owned(), |field| format!("{field}: {message}"))
}

/// A hierarchy with those levels that the view shows, by their names in it. `None`: there are less than two.
fn within(hierarchy: &Hierarchy, place: &Place<'_>, shown: &[ViewDimension]) -> Option<Hierarchy> {
    let level = |level: &String| {
        let member = match level.split_once('.') {
            Some((model, name)) if model == place.model.name => format!("{}.{name}", place.prefix),
            Some(_) => level.clone(),
            None => format!("{}.{level}", place.prefix),
        };
        shown.iter().find(|dimension| dimension.member == member).map(|dimension| dimension.name.clone())
    };
    let levels: Vec<String> = hierarchy.levels.iter().filter_map(level).collect();
    let name = format!("{}{}", place.include.beginning(), hierarchy.name);
    (levels.len() > 1).then(|| Hierarchy { name, label: hierarchy.label.clone(), levels })
}

/// The definition without what is not shown.
fn shown_part(view: &View, places: &[Place<'_>], seen: &Seen<'_>) -> View {
    let include = places.iter().map(|place| {
        let mut include = place.include.clone();
        let (members, segments) = (place.members(), place.segments());
        // What is left out by name may be what is hidden.
        include.except.clear();
        if let super::Members::Named(list) = &mut include.members {
            list.retain(|member| {
                let name = place.name_of(member);
                members.iter().any(|shown| shown.name == name) || segments.iter().any(|(its, ..)| *its == name)
            });
        }
        include
    });
    View { include: include.collect(), folders: seen.written(&view.folders), ..view.clone() }
}
