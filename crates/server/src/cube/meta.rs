//! Models as Cube describes them.

use serde_json::{Value, json};
use tidemill::{Dimension, MeasureKind, Model};

use super::dialect::{granularity, kind_of};

/// What can be asked.
pub(super) fn describe(models: &[Model]) -> Value {
    json!({"cubes": models.iter().map(cube).collect::<Vec<_>>()})
}

fn cube(model: &Model) -> Value {
    let member = |name: &str, label: &str| {
        json!({
            "name": format!("{}.{name}", model.name), "title": format!("{} {label}", model.label), "shortTitle": label,
            "public": true, "isVisible": true
        })
    };
    let with = |mut member: Value, parts: Value| {
        for (key, part) in parts.as_object().into_iter().flatten() {
            member[key] = part.clone();
        }
        member
    };
    json!({
        "name": model.name,
        "title": model.label,
        "type": "cube",
        "public": true,
        "isVisible": true,
        "measures": model.measures.iter().map(|measure| with(
            member(&measure.name, &measure.label),
            json!({
                "type": "number", "aggType": agg_type(measure.kind), "format": measure.format, "cumulative": matches!(measure.kind, MeasureKind::Cumulative | MeasureKind::Rolling),
                "cumulativeTotal": measure.kind == MeasureKind::Cumulative, "drillMembers": [], "drillMembersGrouped": {"measures": [], "dimensions": []}
            }),
        )).collect::<Vec<_>>(),
        "dimensions": model.dimensions.iter().map(|dimension| with(
            member(&dimension.name, &dimension.label),
            described(dimension),
        )).collect::<Vec<_>>(),
        "segments": model.segments.iter().map(|segment| member(&segment.name, &segment.label)).collect::<Vec<_>>(),
        "joins": model.joins.iter().map(|join| json!({"name": join.target(), "relationship": join.relationship})).collect::<Vec<_>>(),
        "hierarchies": [],
        "folders": [],
        "nestedFolders": []
    })
}

/// What a dimension is, with the names that it has for buckets beside the units of the calendar, which are always there.
fn described(dimension: &Dimension) -> Value {
    let mut described = json!({"type": kind_of(dimension.column_type), "format": dimension.format, "suggestFilterValues": true, "primaryKey": false});
    if !dimension.granularities.is_empty() {
        let named = dimension.granularities.iter().filter_map(|named| Some(granularity(&named.name, &named.label, named.buckets().ok()?)));
        described["granularities"] = named.collect();
    }
    described
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
