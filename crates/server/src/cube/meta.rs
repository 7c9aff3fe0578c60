//! Models and views as Cube describes them.

use serde_json::{Value, json};
use tidemill::{ColumnType, Dimension, GeoRole, Hierarchy, MeasureKind, Model, NamedGranularity, ViewDetail, ViewDimension};

use super::dialect::{granularity, kind_of};

/// What can be asked.
pub(super) fn describe(models: &[Model], views: &[ViewDetail]) -> Value {
    json!({"cubes": models.iter().map(cube).chain(views.iter().map(view)).collect::<Vec<_>>()})
}

fn cube(model: &Model) -> Value {
    let of = Owner { name: &model.name, label: &model.label };
    let dimension = |found: &Dimension| {
        let described = of.dimension(&found.name, &found.label, (found.column_type, found.format.as_ref()), &found.granularities);
        of.placed(described, found.geo, found.latitude.as_deref())
    };
    json!({
        "name": model.name,
        "title": model.label,
        "type": "cube",
        "public": true,
        "isVisible": true,
        "measures": model.measures.iter().map(|measure| of.measure(&measure.name, &measure.label, measure.kind, measure.format.as_ref())).collect::<Vec<_>>(),
        "dimensions": model.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        "segments": model.segments.iter().map(|segment| of.member(&segment.name, &segment.label)).collect::<Vec<_>>(),
        "joins": model.joins.iter().map(|join| json!({"name": join.target(), "relationship": join.relationship})).collect::<Vec<_>>(),
        "hierarchies": model.hierarchies.iter().map(|hierarchy| of.hierarchy(hierarchy)).collect::<Vec<_>>(),
        "folders": [],
        "nestedFolders": []
    })
}

fn view(detail: &ViewDetail) -> Value {
    let view = &detail.definition;
    let of = Owner { name: &view.name, label: &view.label };
    let aliased = |member: Value, base: &str| with(member, &json!({ "aliasMember": base }));
    let dimension = |found: &ViewDimension| {
        let described = of.dimension(&found.name, &found.label, (found.column_type, found.format.as_ref()), &found.granularities);
        aliased(of.placed(described, found.geo, found.latitude.as_deref()), &found.member)
    };
    json!({
        "name": view.name,
        "title": view.label,
        "description": view.description,
        "type": "view",
        "public": true,
        "isVisible": true,
        "measures": detail.measures.iter().map(|measure| aliased(of.measure(&measure.name, &measure.label, measure.kind, measure.format.as_ref()), &measure.member)).collect::<Vec<_>>(),
        "dimensions": detail.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        "segments": detail.segments.iter().map(|segment| aliased(of.member(&segment.name, &segment.label), &segment.member)).collect::<Vec<_>>(),
        "joins": [],
        "hierarchies": detail.hierarchies.iter().map(|hierarchy| of.hierarchy(hierarchy)).collect::<Vec<_>>(),
        "folders": [],
        "nestedFolders": []
    })
}

/// The cube or view whose members are described.
struct Owner<'a> {
    name: &'a str,
    label: &'a str,
}

impl Owner<'_> {
    fn member(&self, name: &str, label: &str) -> Value {
        json!({"name": format!("{}.{name}", self.name), "title": format!("{} {label}", self.label), "shortTitle": label, "public": true, "isVisible": true})
    }

    fn measure(&self, name: &str, label: &str, kind: MeasureKind, format: Option<&String>) -> Value {
        let parts = json!({
            "type": "number", "aggType": agg_type(kind), "format": format, "cumulative": matches!(kind, MeasureKind::Cumulative | MeasureKind::Rolling),
            "cumulativeTotal": kind == MeasureKind::Cumulative, "drillMembers": [], "drillMembersGrouped": {"measures": [], "dimensions": []}
        });
        with(self.member(name, label), &parts)
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

    /// A hierarchy, whose levels have the names of members.
    fn hierarchy(&self, hierarchy: &Hierarchy) -> Value {
        let levels: Vec<String> = hierarchy.levels.iter().map(|level| if level.contains('.') { level.clone() } else { format!("{}.{level}", self.name) }).collect();
        json!({"name": format!("{}.{}", self.name, hierarchy.name), "title": hierarchy.label, "levels": levels, "public": true})
    }
}

fn with(mut member: Value, parts: &Value) -> Value {
    for (key, part) in parts.as_object().into_iter().flatten() {
        member[key] = part.clone();
    }
    member
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
