//! Models and views as Cube describes them.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use tidemill::{
    ColumnType, Dimension, FolderMember, GeoRole, Hierarchy, Measure, MeasureKind, Model, NamedFilter, NamedGranularity, ViewDetail, ViewDimension, ViewFolder, ViewMeasure,
    ViewSegment,
};

use super::annotation::kind_of;
use super::answer::granularity;

/// What can be asked. `hidden`: models that people are not offered too; what they are joined to and what views take from them is told in any case.
pub(super) fn describe(models: &[Model], views: &[ViewDetail], hidden: bool) -> Value {
    let told = models.iter().zip(components(models)).filter(|(model, _)| hidden || model.public);
    let cubes = told.map(|(model, component)| with(cube(model), &json!({ "connectedComponent": component })));
    json!({"cubes": cubes.chain(views.iter().map(|detail| view(detail, models))).collect::<Vec<_>>()})
}

/// The number of the group of models that joins lead between, for each model.
fn components(models: &[Model]) -> Vec<usize> {
    let places: HashMap<&str, usize> = models.iter().enumerate().map(|(place, model)| (model.name.as_str(), place)).collect();
    let mut numbers: Vec<usize> = (1..=models.len()).collect();
    for (place, model) in models.iter().enumerate() {
        for other in model.joins.iter().filter_map(|join| places.get(join.target())) {
            let (Some(here), Some(there)) = (numbers.get(place).copied(), numbers.get(*other).copied()) else { continue };
            let (kept, given_up) = (here.min(there), here.max(there));
            numbers.iter_mut().filter(|number| **number == given_up).for_each(|number| *number = kept);
        }
    }
    numbers
}

/// A model. What it says does not depend on other models.
pub(super) fn cube(model: &Model) -> Value {
    let of = Owner { name: &model.name, label: &model.label };
    // As with Cube, nothing of what is hidden is shown.
    let said = |member: Value, words: Words<'_>, public: bool| shown(with_words(member, words), model.public && public);
    let dimension = |found: &Dimension| {
        let described = of.dimension(&found.name, &found.label, (found.column_type, found.format.as_ref()), &found.granularities);
        said(of.placed(described, found.geo, found.latitude.as_deref()), (&found.description, &found.meta), found.public)
    };
    let measure = |found: &Measure| {
        let described = of.drilled(of.measure((&found.name, &found.label), found.kind, type_of(found, model), found.format.as_ref()), &found.drill);
        said(described, (&found.description, &found.meta), found.public)
    };
    let segment = |found: &NamedFilter| said(of.member(&found.name, &found.label), (&found.description, &found.meta), found.public);
    let described = json!({
        "name": model.name,
        "title": model.label,
        "type": "cube",
        "public": true,
        "isVisible": true,
        "measures": model.measures.iter().map(measure).collect::<Vec<_>>(),
        "dimensions": model.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        "segments": model.segments.iter().map(segment).collect::<Vec<_>>(),
        "joins": model.joins.iter().map(|join| json!({"name": join.target(), "relationship": join.relationship})).collect::<Vec<_>>(),
        "hierarchies": model.hierarchies.iter().map(|hierarchy| of.hierarchy(hierarchy)).collect::<Vec<_>>(),
        "folders": [],
        "nestedFolders": []
    });
    shown(with_words(described, (&model.description, &model.meta)), model.public)
}

/// A view. `models`: those that its measures are of, by which the types of these are known.
pub(super) fn view(detail: &ViewDetail, models: &[Model]) -> Value {
    let view = &detail.definition;
    let of = Owner { name: &view.name, label: &view.label };
    let said = |member: Value, base: &str, words: Words<'_>, public: bool| shown(with_words(with(member, &json!({ "aliasMember": base })), words), public);
    let dimension = |found: &ViewDimension| {
        let described = of.dimension(&found.name, &found.label, (found.column_type, found.format.as_ref()), &found.granularities);
        said(of.placed(described, found.geo, found.latitude.as_deref()), &found.member, (&found.description, &found.meta), found.public)
    };
    let measure = |found: &ViewMeasure| {
        let described = of.drilled(of.measure((&found.name, &found.label), found.kind, shown_type(found, models), found.format.as_ref()), &found.drill);
        said(described, &found.member, (&found.description, &found.meta), found.public)
    };
    let segment = |found: &ViewSegment| said(of.member(&found.name, &found.label), &found.member, (&found.description, &found.meta), found.public);
    json!({
        "name": view.name,
        "title": view.label,
        "description": view.description,
        "type": "view",
        "public": true,
        "isVisible": true,
        "measures": detail.measures.iter().map(measure).collect::<Vec<_>>(),
        "dimensions": detail.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        "segments": detail.segments.iter().map(segment).collect::<Vec<_>>(),
        "joins": [],
        "hierarchies": detail.hierarchies.iter().map(|hierarchy| of.hierarchy(hierarchy)).collect::<Vec<_>>(),
        "folders": detail.folders.iter().map(|folder| of.flat_folder(folder)).collect::<Vec<_>>(),
        "nestedFolders": detail.folders.iter().map(|folder| of.folder(folder)).collect::<Vec<_>>()
    })
}

/// The description and the meta of something.
type Words<'a> = (&'a Option<String>, &'a Option<Map<String, Value>>);

/// The cube or view whose members are described.
struct Owner<'a> {
    name: &'a str,
    label: &'a str,
}

impl Owner<'_> {
    fn member(&self, name: &str, label: &str) -> Value {
        json!({"name": format!("{}.{name}", self.name), "title": format!("{} {label}", self.label), "shortTitle": label, "public": true, "isVisible": true})
    }

    fn measure(&self, (name, label): (&str, &str), kind: MeasureKind, of_type: &str, format: Option<&String>) -> Value {
        let parts = json!({
            "type": of_type, "aggType": agg_type(kind), "format": format, "cumulative": matches!(kind, MeasureKind::Cumulative | MeasureKind::Rolling),
            "cumulativeTotal": kind == MeasureKind::Cumulative
        });
        with(self.member(name, label), &parts)
    }

    /// A measure with what is shown of the rows behind it.
    fn drilled(&self, measure: Value, drill: &[String]) -> Value {
        let members: Vec<String> = drill.iter().map(|dimension| format!("{}.{dimension}", self.name)).collect();
        with(measure, &json!({"drillMembers": members, "drillMembersGrouped": {"measures": [], "dimensions": members}}))
    }

    /// A dimension, with the names that it has for buckets beside the units of the calendar, which are always there.
    fn dimension(&self, name: &str, label: &str, (column_type, format): (ColumnType, Option<&String>), granularities: &[NamedGranularity]) -> Value {
        let mut described = json!({"type": kind_of(column_type), "format": format, "suggestFilterValues": true, "primaryKey": false});
        if !granularities.is_empty() {
            let named = granularities.iter().filter_map(|named| Some(granularity(&named.name, &named.label, named.buckets().ok()?)));
            described["granularities"] = named.collect();
        }
        with(self.member(name, label), &described)
    }

    /// What a dimension says of a place. A `geo` of Cube is one text of both degrees, and ours are two numbers, so it stands in what Cube
    /// leaves to models.
    fn placed(&self, mut described: Value, geo: Option<GeoRole>, latitude: Option<&str>) -> Value {
        if let Some(role) = geo {
            described["meta"] = json!({ "geo": role });
        }
        if let Some(latitude) = latitude {
            described["meta"]["latitude"] = json!(format!("{}.{latitude}", self.name));
        }
        described
    }

    /// A folder with those within it.
    fn folder(&self, folder: &ViewFolder) -> Value {
        let members = folder.members.iter().map(|member| match member {
            FolderMember::Member(name) => format!("{}.{name}", self.name).into(),
            FolderMember::Folder(inner) => self.folder(inner),
        });
        json!({"name": folder.name, "members": members.collect::<Vec<_>>()})
    }

    /// A folder for clients that know none within another: what lies in those is in it itself, each member once.
    fn flat_folder(&self, folder: &ViewFolder) -> Value {
        let mut names = Vec::new();
        collect(folder, &mut HashSet::new(), &mut names);
        json!({"name": folder.name, "members": names.into_iter().map(|name| format!("{}.{name}", self.name)).collect::<Vec<_>>()})
    }

    /// A hierarchy, whose levels have the names of members.
    fn hierarchy(&self, hierarchy: &Hierarchy) -> Value {
        let levels: Vec<String> = hierarchy.levels.iter().map(|level| if level.contains('.') { level.clone() } else { format!("{}.{level}", self.name) }).collect();
        json!({"name": format!("{}.{}", self.name, hierarchy.name), "title": hierarchy.label, "levels": levels, "public": true})
    }
}

/// The members of a folder and of those within it.
fn collect<'f>(folder: &'f ViewFolder, seen: &mut HashSet<&'f str>, names: &mut Vec<&'f str>) {
    for member in &folder.members {
        match member {
            FolderMember::Member(name) if seen.insert(name) => names.push(name),
            FolderMember::Member(_) => {}
            FolderMember::Folder(inner) => collect(inner, seen, names),
        }
    }
}

/// A model or a member with what is said of it. Its own `meta` counts more than what is known of a place.
fn with_words(mut member: Value, (description, meta): Words<'_>) -> Value {
    if let Some(description) = description {
        member["description"] = json!(description);
    }
    for (key, value) in meta.iter().flatten() {
        member["meta"][key] = value.clone();
    }
    member
}

/// A model or a member, and whether people are offered it: two keys, as older clients of Cube read the second.
fn shown(mut member: Value, public: bool) -> Value {
    member["public"] = public.into();
    member["isVisible"] = public.into();
    member
}

fn with(mut member: Value, parts: &Value) -> Value {
    for (key, part) in parts.as_object().into_iter().flatten() {
        member[key] = part.clone();
    }
    member
}

/// The type of a measure in Cube's words: that of its values where it takes one of them, as far as a dimension over the same column tells.
fn type_of(measure: &Measure, model: &Model) -> &'static str {
    if !matches!(measure.kind, MeasureKind::Min | MeasureKind::Max | MeasureKind::First | MeasureKind::Last) {
        return "number";
    }
    let same = |dimension: &&Dimension| match (&dimension.expression, &measure.expression) {
        (Some(expression), Some(measured)) => expression == measured,
        (None, None) => Some(dimension.column.as_ref().unwrap_or(&dimension.name)) == measure.column.as_ref(),
        _ => false,
    };
    model.dimensions.iter().find(same).map_or("number", |dimension| kind_of(dimension.column_type))
}

fn shown_type(shown: &ViewMeasure, models: &[Model]) -> &'static str {
    let (model, name) = shown.member.split_once('.').unwrap_or_default();
    let model = models.iter().find(|known| known.name == model);
    model.and_then(|model| model.measures.iter().find(|known| known.name == name).map(|measure| type_of(measure, model))).unwrap_or("number")
}

fn agg_type(kind: MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Count => "count",
        MeasureKind::Sum | MeasureKind::Balance => "sum",
        MeasureKind::Avg => "avg",
        MeasureKind::Min => "min",
        MeasureKind::Max => "max",
        MeasureKind::CountDistinct => "countDistinct",
        MeasureKind::CountDistinctApprox => "countDistinctApprox",
        _ => "number",
    }
}
