//! Our own models and views as YAML files.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{text, write};
use crate::error::{Error, Result};
use crate::semantic::model::Model;
use crate::semantic::view::View;

/// What a file says of a tenant's models and views.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Documents {
    /// The models, in the order of the file.
    pub models: Vec<Model>,
    /// The views.
    pub views: Vec<View>,
}

/// What says whether a file is one of lists, or a view. Everything else in it is read afterwards.
#[derive(Deserialize)]
struct Outline {
    models: Option<IgnoredAny>,
    views: Option<IgnoredAny>,
    include: Option<IgnoredAny>,
}

/// Reads a YAML file: a model or a view that is the file, or lists `models` and `views`. JSON is YAML too.
///
/// ```
/// use tidemill::interchange::{read_documents, write_view};
/// let text = "
/// name: sales
/// label: Sales
/// include:
///   - {path: orders, members: [revenue, at]}
///   - {path: orders.customers, members: \"*\", prefix: true}
/// ";
/// let read = read_documents("sales.view.yaml", text)?;
/// assert_eq!(read.views[0].include[1].path, "orders.customers");
/// assert_eq!(read_documents("again.yaml", &write_view(&read.views[0]))?, read);
/// # Ok::<(), tidemill::Error>(())
/// ```
///
/// # Errors
/// As [`read_models`].
pub fn read_documents(file_name: &str, text: &str) -> Result<Documents> {
    let outline: Outline = text::read(file_name, text)?;
    match outline {
        Outline { models: Some(_), .. } | Outline { views: Some(_), .. } => text::read(file_name, text),
        Outline { include: Some(_), .. } => Ok(Documents { models: Vec::new(), views: vec![text::read(file_name, text)?] }),
        _ => Ok(Documents { models: vec![text::read(file_name, text)?], views: Vec::new() }),
    }
}

/// Reads the models of a YAML file: one that is the file, or a list `models`. JSON is YAML too.
///
/// ```
/// let text = "
/// name: orders
/// dataset: orders
/// label: Orders
/// dimensions:
///   - {name: city, label: City, type: string}
/// measures:
///   - {name: count, label: Orders, kind: count}
/// ";
/// let models = tidemill::interchange::read_models("orders.yaml", text)?;
/// assert_eq!(models[0].dimensions[0].name, "city");
/// assert_eq!(tidemill::interchange::read_models("again.yaml", &tidemill::interchange::write_model(&models[0]))?, models);
/// # Ok::<(), tidemill::Error>(())
/// ```
///
/// # Errors
/// `Invalid` with file, line and column, and near names for a key that no model has; `Exhausted` for more than 1 MiB.
/// Whether a model fits its dataset is checked when it is saved.
pub fn read_models(file_name: &str, text: &str) -> Result<Vec<Model>> {
    let Documents { models, views } = read_documents(file_name, text)?;
    match views.first() {
        Some(view) => Err(Error::invalid(format!("{file_name}: {} is a view, and models are read here", view.name)).at(file_name)),
        None => Ok(models),
    }
}

/// A model as a YAML file that [`read_models`] reads back equal. The same model is always the same text; the version, which
/// the catalog sets, is in it only where it is not 0.
pub fn write_model(model: &Model) -> String {
    write::document(&value_of(model))
}

/// A view as a YAML file that [`read_documents`] reads back equal.
pub fn write_view(view: &View) -> String {
    write::document(&value_of(view))
}

/// Several models as one YAML file.
pub fn write_models(models: &[Model]) -> String {
    let models: Vec<Value> = models.iter().map(value_of).collect();
    write::document(&serde_json::json!({ "models": models }))
}

/// A model or a view without what says nothing.
fn value_of(document: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(document).unwrap_or_default();
    if let Value::Object(map) = &mut value {
        map.retain(|key, value| !(value.is_null() || (key == "version" && *value == 0)));
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;
    use crate::semantic::view::Members;

    const EVERY_FIELD: &str = include_str!("../../../tests/fixtures/interchange/models.yaml");
    const ONE: &str = "name: a\ndataset: a\nlabel: A\ndimensions: []\nmeasures: []\n";

    #[test]
    fn every_field_goes_there_and_back() {
        let models = read_models("models.yaml", EVERY_FIELD).unwrap();
        assert_eq!(models.len(), 2);
        let written = write_models(&models);
        assert_eq!(read_models("w", &written).unwrap(), models, "{written}");
        assert_eq!(write_models(&read_models("w", &written).unwrap()), written);
        for model in &models {
            assert_eq!(read_models("w", &write_model(model)).unwrap(), std::slice::from_ref(model));
            // JSON is YAML too.
            assert_eq!(read_models("w", &serde_json::to_string(model).unwrap()).unwrap(), std::slice::from_ref(model));
        }
        // The fixture itself stands as it would be written, but for its comment and what is optional in it.
        for line in
            ["      - {name: count, label: Orders, kind: count}", "          - {column: customer, other: id}", "          case when amount > 100 then 'large'", "        on:"]
        {
            assert!(written.lines().any(|written| written == line), "{line} is not in\n{written}");
        }
    }

    #[test]
    fn a_file_is_a_model_or_a_list_of_them() {
        assert_eq!(read_models("a.yaml", ONE).unwrap()[0].name, "a");
        assert_eq!(read_models("a.yaml", "models: []").unwrap(), []);
        let several = format!("models:\n  - &a\n    {}\n  - <<: *a\n    name: b\n", ONE.trim().replace('\n', "\n    "));
        assert_eq!(read_models("a.yaml", &several).unwrap()[1].name, "b");
    }

    #[test]
    fn a_file_is_a_view_or_has_views_beside_models() {
        let view = "name: sales\nlabel: Sales\ninclude:\n  - {path: a, members: \"*\", except: [b], prefix: true}\n  - {path: a.c, members: [d, {name: e, alias: f, label: \"G: h\"}]}\nfolders: [{name: \"F: 1\", includes: [b, {path: a.c}, {name: G, includes: \"*\"}]}]\n";
        let alone = read_documents("s.yaml", view).unwrap();
        assert_eq!((alone.models.len(), alone.views.len(), alone.views[0].include.len()), (0, 1, 2));
        assert_eq!(read_documents("w", &write_view(&alone.views[0])).unwrap(), alone, "{}", write_view(&alone.views[0]));
        let both = format!("models:\n  - {}\nviews:\n  - {}\n", ONE.trim().replace('\n', "\n    "), view.trim().replace('\n', "\n    "));
        let both = read_documents("b.yaml", &both).unwrap();
        assert_eq!((both.models[0].name.as_str(), &both.views), ("a", &alone.views));
        assert!(read_models("s.yaml", view).unwrap_err().message().contains("s.yaml: sales is a view"));
        for (text, expected) in [
            (view.replace("\"*\"", "all"), "these are no members of a view"),
            (view.replace("alias", "alais"), "these are no members of a view"),
            (view.replace("path: a.c,", "pth: a.c,"), "did you mean path?"),
            (view.replace("{path: a.c}", "{pth: a.c}"), "this is nothing that a folder includes"),
            (view.replace("name: \"F: 1\"", "title: F"), "unknown field `title`"),
            (view.replace("label: Sales", "lable: Sales"), "did you mean label?"),
        ] {
            let error = read_documents("s.yaml", &text).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }

    #[test]
    fn what_a_view_says_of_a_member_goes_there_and_back() {
        let view = "\
name: sales
label: Sales
include:
  - path: a
    members:
      - b
      - name: c
        label: C
        description: \"What it is: c\"
        format: .1%
        meta:
          owner: {team: shop, on: null}
          levels: [1, 2.5, \"yes\"]
folders:
  - name: Of the shop
    includes:
      - c
      - name: Within
        includes: [b]
";
        let read = read_documents("s.yaml", view).unwrap();
        let Members::Named(members) = &read.views[0].include[0].members else { panic!("no list") };
        assert_eq!((members[1].format.as_deref(), members[1].meta.as_ref().unwrap()["owner"]["team"].as_str()), (Some(".1%"), Some("shop")));
        let written = write_view(&read.views[0]);
        assert_eq!(read_documents("w", &written).unwrap(), read, "{written}");
        // And as JSON.
        assert_eq!(read_documents("w", &serde_json::to_string(&read.views[0]).unwrap()).unwrap(), read);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_what_is_near() {
        for (text, expected) in [
            ("name: a\ndatset: a", "a.yaml:2:1: unknown field `datset`"),
            ("name: a\ndatset: a", "did you mean dataset?"),
            ("models:\n  - name: a\n    mesures: []", "a.yaml:3:5"),
            ("models:\n  - name: a\n    mesures: []", "did you mean measures"),
            ("models: []\nmodel: 1", "a.yaml:2:1"),
            ("name: a\ndataset: a\nlabel: A\ndimensions: []\nmeasures:\n  - {name: n, label: N, kind: cuont}", "did you mean count"),
            ("name: a\ndataset: a\nlabel: A\ndimensions: []\nmeasures:\n  - {name: n, label: N, kind: cuont}", "a.yaml:6:"),
            (
                "name: a\ndataset: a\nlabel: A\ndimensions: []\nmeasures:\n  - name: n\n    label: N\n    kind: count\n    filters: [{member: a.b, operator: eqals}]",
                "this is no filter",
            ),
            ("name: a\ndataset: a\nlabel: A\nmeasures: []\ndimensions:\n  - {name: n, label: N, type: float, geo: lattitude}", "did you mean latitude"),
            ("name: a\nlabel: A\ndimensions: []\nmeasures: []", "missing field `dataset`"),
            ("name: [a]", "a.yaml:1:7"),
            ("name: a\nname: b", "a.yaml:2:1"),
            ("- a", "a.yaml:1:1"),
            ("", "a.yaml"),
        ] {
            let error = read_models("a.yaml", text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
            assert!(error.message().contains(expected), "{text:?}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn any_text_is_read_or_refused(text in "[a-z&*<:{}\\[\\]!|>\"'#% \n\\-]{0,60}") {
            let _ = read_models("a.yaml", &text);
        }

        #[test]
        fn any_words_go_there_and_back(label in any::<String>(), expression in any::<String>(), number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
            let mut model = read_models("models.yaml", EVERY_FIELD).unwrap().remove(0);
            model.label = label.clone();
            model.dimensions[2].expression = Some(expression);
            model.measures[7].quantile = Some(number);
            model.segments[0].label = label;
            prop_assert_eq!(read_models("w", &write_model(&model)).unwrap(), vec![model]);
        }
    }
}
