//! Geo roles: which dimensions say where something is, so that it can be drawn on a map. A role changes no number.
//!
//! A point is two dimensions, and the longitude names the latitude that it belongs to: by name a point stays itself when others come, go
//! or are hidden.

mod guess;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::model::{Dimension, Model};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};

pub(crate) use self::guess::guess;

/// What a dimension says of a place: the roles that Metabase, `QuickSight` and Power BI have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeoRole {
    /// Degrees north of the equator, -90 to 90 (EPSG 4326): `Latitude` of the others, one half of a `geo` of Cube and a `location` of `LookML`.
    Latitude,
    /// Degrees east of Greenwich, -180 to 180: `Longitude` of the others, the other half.
    Longitude,
    /// A country by its name or its code of two or three letters (ISO 3166-1), as `map_layer_name: countries` of `LookML` takes them.
    Country,
    /// The first division of a country, by name or code (ISO 3166-2): `State` of the others, `us_states` of `LookML`.
    Region,
    /// A city by its name.
    City,
    /// A postal code: `ZIP code` of Metabase, `type: zipcode` of `LookML`.
    PostalCode,
}

impl GeoRole {
    /// As it is written in a model.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::Country => "country",
            Self::Region => "region",
            Self::City => "city",
            Self::PostalCode => "postal_code",
        }
    }

    /// Whether values of a type can be this.
    fn takes(self, column_type: ColumnType) -> bool {
        match self {
            Self::Latitude | Self::Longitude => matches!(column_type, ColumnType::Integer | ColumnType::Float),
            Self::Country | Self::Region | Self::City => column_type == ColumnType::String,
            // Many a file has them as numbers.
            Self::PostalCode => matches!(column_type, ColumnType::Integer | ColumnType::String),
        }
    }

    fn needs(self) -> &'static str {
        match self {
            Self::Latitude | Self::Longitude => "a number of degrees",
            Self::Country | Self::Region | Self::City => "a text",
            Self::PostalCode => "a text or a whole number",
        }
    }
}

/// Checks the geo roles of a model: that types can be what they are said to be, and that each latitude has its longitude.
///
/// # Errors
/// `Invalid` with the path of the dimension at fault and near names.
pub(crate) fn check(model: &Model) -> Result<()> {
    let mut taken: HashMap<&str, &str> = HashMap::new();
    for (index, dimension) in model.dimensions.iter().enumerate() {
        let at = |error: Error, key: &str| error.context(format_args!("dimension {}", dimension.name)).at(format!("dimensions[{index}].{key}"));
        if let Some(role) = dimension.geo.filter(|role| !role.takes(dimension.column_type)) {
            return Err(at(Error::invalid(format!("it is of type {}, and a {} is {}", dimension.column_type, role.name(), role.needs())), "geo"));
        }
        let named = match (dimension.geo, &dimension.latitude) {
            (Some(GeoRole::Longitude), Some(named)) => named,
            (Some(GeoRole::Longitude), None) => return Err(at(Error::invalid(nameless(model)), "latitude")),
            (_, Some(_)) => return Err(at(Error::invalid("only a longitude names its latitude: give it geo: longitude, or take latitude out"), "latitude")),
            (_, None) => continue,
        };
        find_latitude(model, named).map_err(|error| at(error, "latitude"))?;
        if let Some(other) = taken.insert(named, &dimension.name) {
            return Err(at(Error::invalid(format!("{named} is the latitude of {other} already; a point has one of each")), "latitude"));
        }
    }
    for (index, dimension) in model.dimensions.iter().enumerate() {
        if dimension.geo == Some(GeoRole::Latitude) && !taken.contains_key(dimension.name.as_str()) {
            let problem = format!("no longitude belongs to it: give the dimension that is one geo: longitude and latitude: {}", dimension.name);
            return Err(Error::invalid(problem).context(format_args!("dimension {}", dimension.name)).at(format!("dimensions[{index}].geo")));
        }
    }
    Ok(())
}

/// What to do about a longitude that names no latitude.
fn nameless(model: &Model) -> String {
    let mut latitudes = latitudes(model).peekable();
    if latitudes.peek().is_none() {
        return "no latitude belongs to it: give the dimension that is one geo: latitude, and name it here (latitude)".to_owned();
    }
    format!("it does not say which latitude belongs to it: write latitude: {}", latitudes.collect::<Vec<_>>().join(" or "))
}

fn find_latitude(model: &Model, name: &str) -> Result<()> {
    match model.dimensions.iter().find(|dimension| dimension.name == name) {
        Some(found) if found.geo == Some(GeoRole::Latitude) => Ok(()),
        Some(_) => Err(Error::invalid(format!("{name} is no latitude: give it geo: latitude, or name another"))),
        None => Err(Error::invalid(format!("model {} has no dimension {name:?}{}", model.name, near_names(name, latitudes(model))))),
    }
}

fn latitudes(model: &Model) -> impl Iterator<Item = &str> {
    model.dimensions.iter().filter(|dimension| dimension.geo == Some(GeoRole::Latitude)).map(|dimension| dimension.name.as_str())
}

/// Takes the roles from halves of points whose other half is not there, and from what is of another type by now.
pub(crate) fn retain_visible(model: &mut Model) {
    for dimension in model.dimensions.iter_mut().filter(|dimension| dimension.geo.is_some_and(|role| !role.takes(dimension.column_type))) {
        (dimension.geo, dimension.latitude) = (None, None);
    }
    let half = |dimension: &Dimension| match dimension.geo {
        Some(GeoRole::Longitude) => dimension.latitude.as_deref().is_some_and(|named| find_latitude(model, named).is_ok()),
        Some(GeoRole::Latitude) => model.dimensions.iter().any(|other| other.latitude.as_ref() == Some(&dimension.name)),
        _ => true,
    };
    let whole: Vec<bool> = model.dimensions.iter().map(half).collect();
    for (dimension, _) in model.dimensions.iter_mut().zip(whole).filter(|(_, whole)| !whole) {
        (dimension.geo, dimension.latitude) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn model(dimensions: &[(&str, &str, Value)]) -> Model {
        let dimensions: Vec<Value> = dimensions
            .iter()
            .map(|(name, column_type, keys)| {
                let mut dimension = json!({"name": name, "label": name, "type": column_type});
                dimension.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
                dimension
            })
            .collect();
        serde_json::from_value(json!({"name": "trips", "dataset": "trips", "label": "Trips", "dimensions": dimensions, "measures": []})).unwrap()
    }

    fn latitude() -> Value {
        json!({"geo": "latitude"})
    }

    fn longitude(of: &str) -> Value {
        json!({"geo": "longitude", "latitude": of})
    }

    #[test]
    fn roles_are_of_types_that_can_be_them() {
        for (role, fits) in [("country", vec!["string"]), ("region", vec!["string"]), ("city", vec!["string"]), ("postal_code", vec!["string", "integer"])] {
            for column_type in ["boolean", "integer", "float", "string", "date", "timestamp"] {
                let checked = check(&model(&[("place", column_type, json!({"geo": role}))]));
                assert_eq!(checked.is_ok(), fits.contains(&column_type), "{role} of {column_type}");
            }
        }
        for column_type in ["integer", "float"] {
            check(&model(&[("lat", column_type, latitude()), ("lon", column_type, longitude("lat"))])).unwrap();
        }
        let error = check(&model(&[("lat", "string", latitude()), ("lon", "float", longitude("lat"))])).unwrap_err();
        assert_eq!((error.field(), error.message()), (Some("dimensions[0].geo"), "dimension lat: it is of type string, and a latitude is a number of degrees"));
        let error = check(&model(&[("country", "integer", json!({"geo": "country"}))])).unwrap_err();
        assert!(error.message().contains("a country is a text"), "{error}");
    }

    #[test]
    fn each_latitude_has_one_longitude() {
        let from = ("from_lat", "float", latitude());
        for (dimensions, field, expected) in [
            (vec![from.clone(), ("from_lon", "float", longitude("from_lat")), ("to_lat", "float", latitude()), ("to_lon", "float", longitude("to_lat"))], "", ""),
            // The order says nothing.
            (vec![("from_lon", "float", longitude("from_lat")), from.clone()], "", ""),
            (vec![from.clone()], "dimensions[0].geo", "no longitude belongs to it: give the dimension that is one geo: longitude and latitude: from_lat"),
            (vec![("lon", "float", json!({"geo": "longitude"}))], "dimensions[0].latitude", "give the dimension that is one geo: latitude"),
            (vec![from.clone(), ("lon", "float", json!({"geo": "longitude"}))], "dimensions[1].latitude", "write latitude: from_lat"),
            (vec![from.clone(), ("lon", "float", longitude("form_lat"))], "dimensions[1].latitude", "did you mean from_lat?"),
            (vec![("lat", "float", json!({})), ("lon", "float", longitude("lat"))], "dimensions[1].latitude", "lat is no latitude"),
            (vec![from.clone(), ("a", "float", longitude("from_lat")), ("b", "float", longitude("from_lat"))], "dimensions[2].latitude", "is the latitude of a already"),
            (vec![from.clone(), ("lon", "float", json!({"latitude": "from_lat"}))], "dimensions[1].latitude", "only a longitude"),
        ] {
            match check(&model(&dimensions)) {
                Ok(()) => assert_eq!(expected, "", "{dimensions:?}"),
                Err(error) => {
                    assert_eq!(error.field(), Some(field), "{error}");
                    assert!(!expected.is_empty() && error.message().contains(expected), "{dimensions:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_half_that_is_seen_alone_is_a_number() {
        let whole = model(&[
            ("from_lat", "float", latitude()),
            ("from_lon", "float", longitude("from_lat")),
            ("to_lat", "float", latitude()),
            ("to_lon", "float", longitude("to_lat")),
            ("city", "string", json!({"geo": "city"})),
        ]);
        for (hidden, left) in [("none", 5), ("from_lat", 3), ("from_lon", 3), ("city", 4)] {
            let mut seen = whole.clone();
            seen.dimensions.retain(|dimension| dimension.name != hidden);
            retain_visible(&mut seen);
            check(&seen).unwrap();
            assert_eq!(seen.dimensions.iter().filter(|dimension| dimension.geo.is_some()).count(), left, "{hidden}");
        }
        // A column may be widened to what is no place any more.
        let mut widened = whole;
        widened.dimensions[0].column_type = ColumnType::String;
        retain_visible(&mut widened);
        check(&widened).unwrap();
        assert_eq!(widened.dimensions.iter().filter(|dimension| dimension.geo.is_some()).count(), 3);
    }
}
