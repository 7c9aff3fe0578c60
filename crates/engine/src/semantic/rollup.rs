//! Rollups of a model: declared as the members that they keep, turned into the query whose partials are kept.

use super::granularity::Granularity;
use super::joined::counts_over;
use super::member::{find_dimension, find_measure};
use super::model::{MeasureKind, Model, Rollup};
use super::query::{SemanticQuery, TimeDimension};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};

/// Rollups of a model at most.
const ROLLUPS_MAX: usize = 100;
/// Members of a rollup at most.
const MEMBERS_MAX: usize = 50;

/// The query whose groups a rollup keeps. Buckets are those of UTC: other zones follow from them.
pub(crate) fn query_of(rollup: &Rollup, model: &Model) -> SemanticQuery {
    let member = |name: &String| format!("{}.{name}", model.name);
    let time =
        rollup
            .time_dimension
            .as_ref()
            .map(|name| TimeDimension { dimension: member(name), granularity: rollup.granularity.map(Granularity::from), date_range: None, fill: None });
    SemanticQuery {
        measures: rollup.measures.iter().map(member).collect(),
        dimensions: rollup.dimensions.iter().map(member).collect(),
        time_dimensions: time.into_iter().collect(),
        ..SemanticQuery::default()
    }
}

/// Checks the rollups of a model against its members.
///
/// # Errors
/// `Invalid` with the path of the rollup at fault.
pub(crate) fn check(model: &Model) -> Result<()> {
    if model.rollups.len() > ROLLUPS_MAX {
        return Err(Error::exhausted(format!("a model has at most {ROLLUPS_MAX} rollups")).at("rollups"));
    }
    for (index, rollup) in model.rollups.iter().enumerate() {
        let repeated = model.rollups.iter().take(index).any(|before| before.name == rollup.name);
        check_one(rollup, repeated, model).map_err(|error| error.context(format!("rollup {}", rollup.name)).at(format!("rollups[{index}]")))?;
    }
    Ok(())
}

fn check_one(rollup: &Rollup, repeated: bool, model: &Model) -> Result<()> {
    if rollup.name.is_empty() || rollup.name.len() > 255 || rollup.name.chars().any(char::is_control) {
        return Err(Error::invalid("its name must have 1 to 255 bytes without control characters"));
    }
    if repeated {
        return Err(Error::invalid("its name stands twice"));
    }
    if rollup.measures.is_empty() {
        return Err(Error::invalid(format!("it keeps no measure{}", near_names("", model.measures.iter().map(|measure| measure.name.as_str())))));
    }
    if rollup.measures.len() + rollup.dimensions.len() > MEMBERS_MAX {
        return Err(Error::exhausted(format!("it has more than {MEMBERS_MAX} members")));
    }
    for name in &rollup.measures {
        let measure = find_measure(model, &format!("{}.{name}", model.name))?;
        if measure.kind.is_derived() || matches!(measure.kind, MeasureKind::First | MeasureKind::Last | MeasureKind::Balance) {
            return Err(Error::invalid(format!("it keeps no measure like {name}, which has no state of its own; keep those that it is computed from")));
        }
        if counts_over(model, measure) {
            return Err(Error::invalid(format!("it keeps no measure like {name}, whose filters name what other models say: it counts other rows when these change")));
        }
    }
    for name in &rollup.dimensions {
        find_dimension(model, &format!("{}.{name}", model.name))?;
    }
    match (&rollup.time_dimension, rollup.granularity) {
        (None, None) => Ok(()),
        (Some(name), Some(_)) => {
            let dimension = find_dimension(model, &format!("{}.{name}", model.name))?;
            match dimension.column_type {
                ColumnType::Timestamp | ColumnType::Date => Ok(()),
                other => Err(Error::invalid(format!("its time dimension {name} is of type {other}"))),
            }
        }
        _ => Err(Error::invalid("a time dimension and a granularity go together")),
    }
}

/// Takes out the rollups that name a member that is not there, for instance one that the scope hides.
pub(crate) fn retain_visible(model: &mut Model) {
    let visible = model.clone();
    model.rollups.retain(|rollup| check_one(rollup, false, &visible).is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::grain::Grain;
    use crate::semantic::model::{Dimension, Measure};

    fn model(rollup: Rollup) -> Model {
        let dimension = |name: &str, column_type| Dimension {
            name: name.into(),
            label: name.into(),
            description: None,
            meta: None,
            public: true,
            column_type,
            column: None,
            expression: None,
            format: None,
            same_as: None,
            granularities: Vec::new(),
            geo: None,
            latitude: None,
        };
        let count: Measure = serde_json::from_value(serde_json::json!({"name": "count", "label": "Rows", "kind": MeasureKind::Count})).unwrap();
        Model {
            name: "orders".into(),
            dataset: "orders".into(),
            label: "Orders".into(),
            description: None,
            meta: None,
            public: true,
            version: 0,
            time_dimension: None,
            dimensions: vec![dimension("at", ColumnType::Timestamp), dimension("city", ColumnType::String)],
            measures: vec![count],
            joins: Vec::new(),
            segments: Vec::new(),
            hierarchies: Vec::new(),
            rollups: vec![rollup],
            access_policies: Vec::new(),
        }
    }

    fn rollup() -> Rollup {
        Rollup { name: "daily".into(), measures: vec!["count".into()], dimensions: vec!["city".into()], time_dimension: Some("at".into()), granularity: Some(Grain::Day.into()) }
    }

    #[test]
    fn a_rollup_is_the_query_that_it_keeps() {
        let model = model(rollup());
        check(&model).unwrap();
        let query = query_of(&model.rollups[0], &model);
        assert_eq!((query.measures, query.dimensions), (vec!["orders.count".to_owned()], vec!["orders.city".to_owned()]));
        assert_eq!(query.time_dimensions[0].granularity, Some(Grain::Day.into()));
    }

    #[test]
    fn a_rollup_of_what_is_not_there_is_refused_by_name() {
        let cases = [
            (Rollup { measures: vec!["cuont".into()], ..rollup() }, "did you mean count"),
            (Rollup { measures: vec![], ..rollup() }, "no measure"),
            (Rollup { granularity: None, ..rollup() }, "go together"),
            (Rollup { time_dimension: Some("city".into()), ..rollup() }, "of type string"),
            (Rollup { name: String::new(), ..rollup() }, "name"),
        ];
        for (rollup, expected) in cases {
            let error = check(&model(rollup)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.field(), Some("rollups[0]"));
        }
        let mut twice = model(rollup());
        twice.rollups.push(rollup());
        assert!(check(&twice).unwrap_err().to_string().contains("twice"));
    }
}
