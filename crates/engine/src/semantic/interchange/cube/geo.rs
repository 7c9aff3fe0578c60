//! Places of a cube. There a place is one dimension, a text of both degrees; here it is two dimensions of numbers, which a map, a filter
//! and an average can use.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::sql::Reason;
use super::entry::{Entry, underscored};
use super::{Cube, HARMLESS, dimensions};
use crate::semantic::generate::humanised;
use crate::semantic::geo::GeoRole;
use crate::semantic::interchange::notes::Notes;
use crate::semantic::model::Model;

/// Keys of a place that are read.
const KEYS: &[&str] = &["name", "title", "type", "latitude", "longitude", "public", "shown"];

/// Puts two dimensions of numbers where a place stands, before anything is read.
pub(super) fn split(cube: &mut Cube, notes: &mut Notes) {
    let names: BTreeSet<String> = cube.dimensions.iter().chain(&cube.measures).filter_map(Entry::name).map(str::to_owned).collect();
    for entry in std::mem::take(&mut cube.dimensions) {
        let name = entry.name().unwrap_or_default().to_owned();
        if !is_place(&entry) {
            cube.dimensions.push(entry);
            continue;
        }
        let (latitude, longitude) = (format!("{name}_latitude"), format!("{name}_longitude"));
        if let Some(taken) = [&latitude, &longitude].into_iter().find(|half| names.contains(*half)) {
            notes.left_out(&entry.spot, format!("it would become {latitude} and {longitude}, and there is a {taken} already"));
            continue;
        }
        match half(&entry, "latitude", &latitude).and_then(|first| Ok([first, half(&entry, "longitude", &longitude)?])) {
            Ok(halves) => {
                notes.changed(&entry.spot, format!("it is the two dimensions {latitude} and {longitude} here; questions, rollups and views that name {name} name these"));
                cube.dimensions.extend(halves);
                cube.points.push((latitude, longitude));
            }
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
}

fn is_place(entry: &Entry) -> bool {
    entry.text("type").ok().flatten().is_some_and(|text| underscored(&text) == "geo")
}

/// One of the two degrees as a dimension of its own, with what else is said of the place.
fn half(place: &Entry, key: &str, name: &str) -> Result<Entry, Reason> {
    place.known(&[KEYS, dimensions::SILENT, HARMLESS])?;
    let degrees = place.get(key).cloned().and_then(Entry::new).ok_or_else(|| format!("it has no {key}"))?;
    degrees.known(&[&["sql"]])?;
    let sql = degrees.text("sql")?.ok_or_else(|| format!("its {key} has no sql"))?;
    let title = place.title().map_or_else(|| humanised(name), |title| format!("{title} {key}"));
    // A note on one of them says which.
    let mut spot = place.spot.clone();
    spot.path = format!("{}_{key}", spot.path);
    Ok(place
        .with(&["latitude", "longitude"], [("name", json!(name)), ("title", json!(title)), ("type", json!("number")), ("sql", Value::String(sql))])
        .standing(spot))
}

/// Says which dimensions of the model are the halves of points, where both have been read.
pub(super) fn name_halves(cube: &Cube, model: &mut Model) {
    for (latitude, longitude) in &cube.points {
        let place = |name: &String| model.dimensions.iter().position(|dimension| dimension.name == *name);
        let (Some(first), Some(second)) = (place(latitude), place(longitude)) else { continue };
        if let Some(dimension) = model.dimensions.get_mut(first) {
            dimension.geo = Some(GeoRole::Latitude);
        }
        if let Some(dimension) = model.dimensions.get_mut(second) {
            (dimension.geo, dimension.latitude) = (Some(GeoRole::Longitude), Some(latitude.clone()));
        }
    }
}
