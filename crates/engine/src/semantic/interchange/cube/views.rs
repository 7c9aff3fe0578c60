//! Views of Cube, read. Their paths and names are ours too; what a view would show otherwise than Cube does is left out.

use std::sync::Arc;

use serde_json::Value;

use super::HARMLESS;
use super::entry::Entry;
use super::relations::Others;
use crate::ids::DatasetName;
use crate::semantic::generate::humanised;
use crate::semantic::interchange::notes::Notes;
use crate::semantic::interchange::sql::Reason;
use crate::semantic::join::Models;
use crate::semantic::model::Model;
use crate::semantic::view::{Every, Include, Members, View, ViewMember, check};

/// Keys of a view that are read.
const KEYS: &[&str] = &["name", "title", "description", "cubes", "public", "shown", "access_policy", "folders"];
/// Keys of a member whose value changes no number.
const SILENT: &[&str] = &["format", "description", "meta", "ai_context"];
/// Cubes of a view, and members of each, at most.
const LISTED_MAX: usize = 2_000;

/// Reads the views over the models that were read.
pub(super) fn read(entries: Vec<Entry>, others: &Others, models: &[Model], notes: &mut Notes) -> Vec<View> {
    let models: Models = models.iter().map(|model| (model.name.clone(), Arc::new(model.clone()))).collect();
    let mut views: Vec<View> = Vec::new();
    for entry in entries {
        let name = entry.name().unwrap_or_default().to_owned();
        let path = format!("views.{name}");
        match view(&entry, &name, others, &models, notes) {
            Ok(_) if views.iter().any(|other| other.name == name) => notes.left_out(path, "a view of this name stands before it"),
            Ok(view) => views.push(view),
            Err(reason) => notes.left_out(path, reason),
        }
    }
    views
}

fn view(entry: &Entry, name: &str, others: &Others, models: &Models, notes: &mut Notes) -> Result<View, Reason> {
    let path = format!("views.{name}");
    entry.known(&[KEYS, &["meta", "ai_context"]])?;
    if entry.is_hidden() {
        return Err("Cube hides it from those who ask (public), and a view hides nothing".to_owned());
    }
    DatasetName::parse(name).map_err(|_| "the name of a view has small letters, digits and _ and begins with a letter".to_owned())?;
    if models.contains_key(name) {
        return Err(format!("the model {name} has its name; call the view otherwise"));
    }
    let Some(Value::Array(cubes)) = entry.get("cubes") else { return Err("it names no cubes; list them with their join_path".to_owned()) };
    let mut include = Vec::new();
    for (index, cube) in cubes.iter().take(LISTED_MAX).enumerate() {
        let place = format!("{path}.cubes[{index}]");
        let part = Entry::new(cube.clone()).ok_or_else(|| "it is no map".to_owned()).and_then(|cube| part(&cube, &place, name, others, models, notes));
        match part {
            Ok(part) => include.push(part),
            Err(reason) => notes.left_out(place, reason),
        }
    }
    let view = View { name: name.to_owned(), label: entry.title().unwrap_or_else(|| humanised(name)), description: entry.text("description").ok().flatten(), version: 0, include };
    check::check(&view, models).map_err(|error| format!("{}: {error}", error.field().unwrap_or_default()))?;
    if entry.has("access_policy") {
        notes.left_out(format!("{path}.access_policy"), "access policies are not taken over; write them into the models before others may ask the view");
    }
    for key in ["folders", "meta", "ai_context"].into_iter().filter(|key| entry.has(key)) {
        notes.dropped(&path, &path, key);
    }
    Ok(view)
}

fn part(cube: &Entry, place: &str, view: &str, others: &Others, models: &Models, notes: &mut Notes) -> Result<Include, Reason> {
    cube.known(&[&["join_path", "includes", "excludes", "prefix", "alias", "split"]])?;
    if cube.get("split").is_some_and(|split| *split != Value::Bool(false)) {
        return Err("it is to be a view of its own (split); write it as one".to_owned());
    }
    let join_path = cube.text("join_path")?.ok_or("it has no join_path")?;
    let (root, rest) = join_path.split_once('.').map_or((join_path.as_str(), None), |(root, rest)| (root, Some(rest)));
    let (dataset, _) = others.get(root).ok_or_else(|| format!("the cube {root} is not among those that are read; read their files together"))?;
    let mut include = Include {
        path: rest.map_or_else(|| dataset.clone(), |rest| format!("{dataset}.{rest}")),
        members: Members::Every(Every::Star),
        except: texts(cube.get("excludes"), "excludes")?,
        prefix: cube.get("prefix") == Some(&Value::Bool(true)),
        alias: cube.text("alias")?,
    };
    if include.prefix && rest.is_none() && root != dataset {
        include.alias.get_or_insert_with(|| root.to_owned());
    }
    let (_, model, _) = crate::semantic::view::reach::walk(&include, models).map_err(|error| error.message().to_owned())?;
    let is_there = |name: &str| {
        let members = model.dimensions.iter().map(|dimension| &dimension.name).chain(model.measures.iter().map(|measure| &measure.name));
        members.chain(model.segments.iter().map(|segment| &segment.name)).any(|known| known == name)
    };
    let is_hierarchy = |name: &str| model.hierarchies.iter().any(|hierarchy| hierarchy.name == name);
    include.except.retain(|name| is_there(name));
    match cube.get("includes") {
        Some(Value::String(all)) if all == "*" => {}
        Some(Value::Array(list)) => {
            let mut members = Vec::new();
            for (index, item) in list.iter().take(LISTED_MAX).enumerate() {
                match member(item, place, view, notes) {
                    // Those of the models are there wherever their levels are.
                    Ok(member) if is_hierarchy(&member.name) => {}
                    Ok(member) if !is_there(&member.name) => notes.left_out(format!("{place}.includes.{}", member.name), format!("it is not in the model {}", model.name)),
                    Ok(member) if include.except.contains(&member.name) => {}
                    Ok(member) => members.push(member),
                    Err(reason) => notes.left_out(format!("{place}.includes[{index}]"), reason),
                }
            }
            if members.is_empty() {
                return Err("none of its members is in the model".to_owned());
            }
            include.except.clear();
            include.members = Members::Named(members);
        }
        _ => return Err("its includes are neither \"*\" nor a list".to_owned()),
    }
    Ok(include)
}

fn member(item: &Value, place: &str, view: &str, notes: &mut Notes) -> Result<ViewMember, Reason> {
    if let Value::String(name) = item {
        return Ok(ViewMember::named(name.as_str()));
    }
    let entry = Entry::new(item.clone()).ok_or("it is neither a name nor a map")?;
    entry.known(&[&["name", "alias", "title"], SILENT, HARMLESS])?;
    let name = entry.text("name")?.ok_or("it has no name")?;
    for key in entry.among(SILENT) {
        notes.dropped(&format!("views.{view}"), &format!("{place}.includes.{name}"), key);
    }
    Ok(ViewMember { alias: entry.text("alias")?, label: entry.title(), name })
}

fn texts(value: Option<&Value>, key: &str) -> Result<Vec<String>, Reason> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("{key} holds what is no name"))).collect(),
        Some(_) => Err(format!("{key} is no list")),
    }
}
