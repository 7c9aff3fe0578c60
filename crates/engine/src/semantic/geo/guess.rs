//! Geo roles by the names of columns, for a model that nobody has written yet. Whoever knows better changes them.

use std::collections::HashMap;

use super::GeoRole;
use crate::catalog::ColumnType;
use crate::semantic::model::Dimension;
use crate::semantic::role::Words;

/// Words behind a place that say how it is written.
const SPELLINGS: &[&str] = &["name", "code", "iso", "iso2", "iso3"];

/// Gives dimensions the roles that their names tell: `pickup_lat` beside `pickup_lon`, `country_code`, `zip`.
pub(crate) fn guess(dimensions: &mut [Dimension]) {
    let read: Vec<(Vec<String>, Option<GeoRole>)> = dimensions
        .iter()
        .map(|dimension| {
            let words = Words::of(&dimension.name).into_vec();
            let role = coordinate(&words, dimension.column_type).map(|(role, _)| role).or_else(|| named(&words, dimension.column_type));
            (words, role)
        })
        .collect();
    // What is left of a name says which halves belong together. Of two that are called alike nobody knows.
    let mut points: HashMap<Vec<String>, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (place, ((words, _), dimension)) in read.iter().zip(dimensions.iter()).enumerate() {
        let Some((role, rest)) = coordinate(words, dimension.column_type) else { continue };
        let (latitudes, longitudes) = points.entry(rest).or_default();
        let halves = if role == GeoRole::Latitude { latitudes } else { longitudes };
        halves.push(place);
    }
    let points: Vec<(usize, usize)> = points.into_values().filter_map(|(latitudes, longitudes)| Some((one(&latitudes)?, one(&longitudes)?))).collect();
    let has_places = read.iter().any(|(_, role)| matches!(role, Some(GeoRole::Country | GeoRole::City | GeoRole::PostalCode)));
    for (place, (words, role)) in read.iter().enumerate() {
        let role = match role {
            Some(GeoRole::Latitude | GeoRole::Longitude) => None,
            // A state alone may be that of an order.
            Some(GeoRole::Region) if words.last().is_some_and(|last| last == "state") && !has_places => None,
            role => *role,
        };
        if let Some(dimension) = dimensions.get_mut(place) {
            dimension.geo = role;
        }
    }
    for (latitude, longitude) in points {
        let name = dimensions.get_mut(latitude).map(|dimension| {
            dimension.geo = Some(GeoRole::Latitude);
            dimension.name.clone()
        });
        if let Some(dimension) = dimensions.get_mut(longitude) {
            (dimension.geo, dimension.latitude) = (Some(GeoRole::Longitude), name);
        }
    }
}

fn one(places: &[usize]) -> Option<usize> {
    if let [one] = places { Some(*one) } else { None }
}

/// Which coordinate a name says, and what else it says. Degrees without a fraction are seldom a place, and whole numbers often
/// millionths of a degree.
fn coordinate(words: &[String], column_type: ColumnType) -> Option<(GeoRole, Vec<String>)> {
    let role = |word: &String| match word.as_str() {
        "lat" | "latitude" => Some(GeoRole::Latitude),
        "lon" | "lng" | "long" | "longitude" => Some(GeoRole::Longitude),
        _ => None,
    };
    let (place, role) = words.iter().enumerate().find_map(|(place, word)| Some((place, role(word)?)))?;
    let rest = words.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, word)| word.clone()).collect();
    (column_type == ColumnType::Float).then_some((role, rest))
}

/// Which place a name says.
fn named(words: &[String], column_type: ColumnType) -> Option<GeoRole> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let place = match words.as_slice() {
        [.., "postal" | "post", "code"] => "zip",
        [.., place, last] if SPELLINGS.contains(last) => *place,
        [.., last] => *last,
        [] => return None,
    };
    let role = match place {
        "country" | "nation" => GeoRole::Country,
        "region" | "state" | "province" => GeoRole::Region,
        "city" | "town" => GeoRole::City,
        "zip" | "zipcode" | "postcode" | "postalcode" => GeoRole::PostalCode,
        _ => return None,
    };
    role.takes(column_type).then_some(role)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn guessed(columns: &[(&str, &str)]) -> Vec<String> {
        let mut dimensions: Vec<Dimension> = columns
            .iter()
            .map(|(name, column_type)| serde_json::from_value(json!({"name": name, "label": name, "type": column_type})).unwrap())
            .collect();
        guess(&mut dimensions);
        let told = |dimension: Dimension| Some(format!("{} {}{}", dimension.name, dimension.geo?.name(), dimension.latitude.map(|of| format!(" of {of}")).unwrap_or_default()));
        dimensions.into_iter().filter_map(told).collect()
    }

    #[test]
    fn halves_belong_together_by_the_rest_of_their_names() {
        assert_eq!(guessed(&[("lat", "float"), ("lon", "float")]), ["lat latitude", "lon longitude of lat"]);
        assert_eq!(
            guessed(&[("start_lng", "float"), ("start_lat", "float"), ("endLatitude", "float"), ("endLongitude", "float"), ("lat_home", "float"), ("LONG_HOME", "float")]),
            [
                "start_lng longitude of start_lat",
                "start_lat latitude",
                "endLatitude latitude",
                "endLongitude longitude of endLatitude",
                "lat_home latitude",
                "LONG_HOME longitude of lat_home"
            ]
        );
        for columns in [
            &[("lat", "float")][..],
            &[("lat", "float"), ("start_lon", "float")],
            &[("lat", "string"), ("lon", "float")],
            &[("lat", "integer"), ("lon", "integer")],
            &[("lat", "float"), ("latitude", "float"), ("lon", "float")],
            &[("flat", "float"), ("salon", "float")],
        ] {
            assert_eq!(guessed(columns), [""; 0], "{columns:?}");
        }
    }

    #[test]
    fn places_are_known_by_their_last_word() {
        for (name, column_type, role) in [
            ("country", "string", "country"),
            ("billing_country_code", "string", "country"),
            ("shipCity", "string", "city"),
            ("city name", "string", "city"),
            ("province", "string", "region"),
            ("zip", "integer", "postal_code"),
            ("zip_code", "string", "postal_code"),
            ("postalCode", "string", "postal_code"),
            ("post_code", "string", "postal_code"),
            ("country", "integer", ""),
            ("zip", "float", ""),
            ("city_tax", "string", ""),
            ("post", "string", ""),
            ("code", "string", ""),
            ("name", "string", ""),
            ("___", "string", ""),
        ] {
            let expected = if role.is_empty() { Vec::new() } else { vec![format!("{name} {role}")] };
            assert_eq!(guessed(&[(name, column_type)]), expected, "{name} of {column_type}");
        }
    }

    #[test]
    fn a_state_is_one_of_a_place_where_there_are_places() {
        assert_eq!(guessed(&[("state", "string"), ("amount", "float")]), [""; 0]);
        assert_eq!(guessed(&[("state", "string"), ("city", "string")]), ["state region", "city city"]);
    }
}
