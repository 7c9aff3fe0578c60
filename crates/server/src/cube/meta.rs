//! Models as Cube describes them.

use serde_json::{Value, json};
use tidemill::{MeasureKind, Model};

use super::dialect::kind_of;

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
            json!({"type": kind_of(dimension.column_type), "format": dimension.format, "suggestFilterValues": true, "primaryKey": false}),
        )).collect::<Vec<_>>(),
        "segments": model.segments.iter().map(|segment| member(&segment.name, &segment.label)).collect::<Vec<_>>(),
        "joins": model.joins.iter().map(|join| json!({"name": join.target(), "relationship": join.relationship})).collect::<Vec<_>>(),
        "hierarchies": [],
        "folders": [],
        "nestedFolders": []
    })
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
