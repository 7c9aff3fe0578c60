//! Folders of a view: how its members are grouped for people who look for one. As in Cube a member may lie in several folders, and
//! folders within folders. No question knows of them, so a view is asked alike whatever they say.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::reach::Place;
use super::{Every, Members, View};
use crate::error::{Error, Result, near_names};

/// Folders within each other at most.
const DEPTH_MAX: usize = 8;
/// Folders of a view at most, and what one of them lists.
const LISTED_MAX: usize = 2_000;
/// Longest name of a folder.
const NAME_MAX_BYTES: usize = 255;

/// Members of a view that belong together for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// What people read; no other folder beside it has it.
    pub name: String,
    /// What lies in it, in the order in which people see it.
    pub includes: FolderIncludes,
}

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FolderIncludes {
    /// All members of the view, written `"*"`.
    Every(Every),
    /// These.
    Listed(Vec<FolderItem>),
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FolderItem {
    /// A member, by its name in the view.
    Member(String),
    /// All members that the view takes from one model.
    Part(FolderPart),
    /// A folder within this one.
    Folder(Folder),
}

/// All members of a part of the view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderPart {
    /// The path of the part.
    pub path: String,
}

/// A folder as it is shown: each member by its name in the view, and none that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewFolder {
    /// What people read.
    pub name: String,
    /// What lies in it.
    pub members: Vec<FolderMember>,
}

/// One thing in a folder that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FolderMember {
    /// A member, by its name in the view.
    Member(String),
    /// A folder within.
    Folder(ViewFolder),
}

impl FolderIncludes {
    /// What is listed.
    fn items(&self) -> &[FolderItem] {
        match self {
            Self::Every(_) => &[],
            Self::Listed(items) => items,
        }
    }

    /// The folders within, each with its number among the rest.
    fn inner(&self) -> impl Iterator<Item = (usize, &Folder)> {
        self.items().iter().enumerate().filter_map(|(number, item)| match item {
            FolderItem::Folder(folder) => Some((number, folder)),
            FolderItem::Member(_) | FolderItem::Part(_) => None,
        })
    }
}

/// Whether folders hold what the view has. `places`: all of its parts. One that leads nowhere is wrong for itself, and what
/// folders name of it is not known.
pub(super) fn check(view: &View, places: &[Place<'_>], problems: &mut Vec<Error>) {
    if view.folders.is_empty() || places.len() != view.include.len() {
        return;
    }
    // What a part lists and its model has lost is told where it is listed.
    let known = places.iter().flat_map(|place| match &place.include.members {
        Members::Every(_) => names_in(place),
        Members::Named(list) => list.iter().map(|member| place.name_of(member)).collect(),
    });
    let mut checking = Checking { view, known: known.collect(), count: 0, problems };
    let folders = view.folders.iter().enumerate().map(|(number, folder)| (format!("folders[{number}]"), folder)).collect();
    if let Err(error) = checking.folders(folders, 1) {
        checking.problems.push(error);
    }
}

struct Checking<'c> {
    view: &'c View,
    /// Names of the members.
    known: BTreeSet<String>,
    /// Folders that were seen.
    count: usize,
    problems: &'c mut Vec<Error>,
}

impl Checking<'_> {
    /// Folders that lie beside each other, each with its path.
    ///
    /// # Errors
    /// `Exhausted` where there are too many to look at the rest.
    fn folders(&mut self, folders: Vec<(String, &Folder)>, depth: usize) -> Result<()> {
        let mut names = BTreeSet::new();
        for (at, folder) in folders {
            self.count += 1;
            if depth > DEPTH_MAX || self.count > LISTED_MAX {
                return Err(Error::exhausted(format!("a view has at most {LISTED_MAX} folders, {DEPTH_MAX} within each other")).at(at));
            }
            if folder.name.trim().is_empty() || folder.name.len() > NAME_MAX_BYTES {
                self.problems.push(Error::invalid(format!("the name of a folder has 1 to {NAME_MAX_BYTES} bytes")).at(format!("{at}.name")));
            } else if !names.insert(folder.name.as_str()) {
                let reason = format!("two folders beside each other are called {:?}; give one of them another name", folder.name);
                self.problems.push(Error::invalid(reason).at(format!("{at}.name")));
            }
            self.items(folder, &at);
            let inner = folder.includes.inner().map(|(number, inner)| (format!("{at}.includes[{number}]"), inner)).collect();
            self.folders(inner, depth + 1)?;
        }
        Ok(())
    }

    fn items(&mut self, folder: &Folder, at: &str) {
        let FolderIncludes::Listed(items) = &folder.includes else { return };
        if items.is_empty() || items.len() > LISTED_MAX {
            self.problems.push(Error::invalid(format!("a folder lists 1 to {LISTED_MAX} things")).at(format!("{at}.includes")));
        }
        let mut seen = HashSet::new();
        for (number, item) in items.iter().enumerate() {
            let wrong = match item {
                FolderItem::Member(name) if !self.known.contains(name) => {
                    Some(format!("view {} has no member {name:?}{}", self.view.name, near_names(name, self.known.iter().map(String::as_str))))
                }
                FolderItem::Part(FolderPart { path }) if !self.view.include.iter().any(|include| include.path == *path) => {
                    let near = near_names(path, self.view.include.iter().map(|include| include.path.as_str()));
                    Some(format!("view {} takes nothing from {path:?}{near}", self.view.name))
                }
                FolderItem::Member(name) if !seen.insert((true, name)) => Some(format!("{name} stands twice in the folder {:?}", folder.name)),
                FolderItem::Part(FolderPart { path }) if !seen.insert((false, path)) => Some(format!("{path} stands twice in the folder {:?}", folder.name)),
                FolderItem::Member(_) | FolderItem::Part(_) | FolderItem::Folder(_) => None,
            };
            self.problems.extend(wrong.map(|reason| Error::invalid(reason).at(format!("{at}.includes[{number}]"))));
        }
    }
}

/// Names of what the view takes from a place, in its order. A named filter may have the name of another member.
fn names_in(place: &Place<'_>) -> Vec<String> {
    let mut seen = HashSet::new();
    let members = place.members().into_iter().map(|shown| shown.name);
    members.chain(place.segments().into_iter().map(|(name, ..)| name)).filter(|name| seen.insert(name.clone())).collect()
}

/// What can be seen of a view.
pub(super) struct Seen<'p> {
    /// The path of each part, and the names of its members.
    parts: Vec<(&'p str, Vec<String>)>,
    names: HashSet<String>,
}

impl<'p> Seen<'p> {
    pub(super) fn new(places: &[Place<'p>]) -> Self {
        let parts: Vec<(&'p str, Vec<String>)> = places.iter().map(|place| (place.include.path.as_str(), names_in(place))).collect();
        let names = parts.iter().flat_map(|(_, names)| names.iter().cloned()).collect();
        Self { parts, names }
    }

    fn of_path(&self, path: &str) -> Vec<&String> {
        self.parts.iter().filter(|(known, _)| *known == path).flat_map(|(_, names)| names).collect()
    }

    /// Folders as they are shown. One in which nothing can be seen is not there: it would tell that there is more.
    pub(super) fn folders(&self, folders: &[Folder]) -> Vec<ViewFolder> {
        folders.iter().filter_map(|folder| self.folder(folder)).collect()
    }

    fn folder(&self, folder: &Folder) -> Option<ViewFolder> {
        let (mut members, mut taken) = (Vec::new(), HashSet::new());
        match &folder.includes {
            FolderIncludes::Every(_) => {
                for (_, names) in &self.parts {
                    add(&mut members, &mut taken, names);
                }
            }
            FolderIncludes::Listed(items) => {
                for item in items {
                    match item {
                        FolderItem::Member(name) => add(&mut members, &mut taken, self.names.get(name)),
                        FolderItem::Part(FolderPart { path }) => add(&mut members, &mut taken, self.of_path(path)),
                        FolderItem::Folder(inner) => members.extend(self.folder(inner).map(FolderMember::Folder)),
                    }
                }
            }
        }
        (!members.is_empty()).then(|| ViewFolder { name: folder.name.clone(), members })
    }

    /// Folders as they were written, without what cannot be seen.
    pub(super) fn written(&self, folders: &[Folder]) -> Vec<Folder> {
        folders.iter().filter_map(|folder| self.written_folder(folder)).collect()
    }

    fn written_folder(&self, folder: &Folder) -> Option<Folder> {
        let FolderIncludes::Listed(items) = &folder.includes else { return Some(folder.clone()) };
        let kept = items.iter().filter_map(|item| match item {
            FolderItem::Member(name) => self.names.contains(name).then(|| item.clone()),
            FolderItem::Part(FolderPart { path }) => (!self.of_path(path).is_empty()).then(|| item.clone()),
            FolderItem::Folder(inner) => self.written_folder(inner).map(FolderItem::Folder),
        });
        let kept: Vec<FolderItem> = kept.collect();
        (!kept.is_empty()).then(|| Folder { name: folder.name.clone(), includes: FolderIncludes::Listed(kept) })
    }
}

/// Adds members that are not in the folder yet.
fn add<'n>(members: &mut Vec<FolderMember>, taken: &mut HashSet<String>, names: impl IntoIterator<Item = &'n String>) {
    members.extend(names.into_iter().filter(|name| taken.insert((*name).clone())).cloned().map(FolderMember::Member));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::detail::detail;
    use super::super::reach::places;
    use super::*;
    use crate::semantic::join::Models;
    use crate::semantic::model::Model;

    fn models() -> Models {
        let model = |name: &str, members: [&str; 2], joins: Value| -> (String, Arc<Model>) {
            let dimensions = members.map(|member| json!({"name": member, "label": member, "type": "string"}));
            let segments = json!([{"name": members[1], "label": "S", "filters": []}, {"name": "few", "label": "Few", "filters": []}]);
            let model = json!({"name": name, "dataset": name, "label": name, "dimensions": dimensions, "measures": [{"name": "count", "label": "N", "kind": "count"}], "joins": joins, "segments": segments});
            (name.to_owned(), Arc::new(serde_json::from_value(model).unwrap()))
        };
        Models::from([model("orders", ["id", "state"], json!([{"name": "buyers", "on": [{"column": "id", "other": "id"}]}])), model("buyers", ["id", "city"], json!([]))])
    }

    fn view(folders: &Value) -> View {
        let include = json!([
            {"path": "orders", "members": ["count", {"name": "state", "alias": "status"}, "few"]},
            {"path": "orders.buyers", "members": "*", "except": ["id"], "prefix": true},
        ]);
        serde_json::from_value(json!({"name": "sales", "label": "Sales", "include": include, "folders": folders})).unwrap()
    }

    fn wrong(folders: &Value) -> Vec<(String, String)> {
        let (view, models, mut problems) = (view(folders), models(), Vec::new());
        check(&view, &places(&view, &models), &mut problems);
        problems.iter().map(|problem| (problem.field().unwrap_or_default().to_owned(), problem.message().to_owned())).collect()
    }

    #[test]
    fn members_lie_in_several_folders_and_folders_in_each_other() {
        let folders = json!([
            {"name": "Much", "includes": ["status", {"name": "Much", "includes": ["count", {"path": "orders.buyers"}]}, {"path": "orders"}]},
            {"name": "All", "includes": "*"},
        ]);
        assert_eq!(wrong(&folders), []);
        let (view, models) = (view(&folders), models());
        let shown = detail(&view, &models, true).folders;
        // `city` and `status` are dimensions and named filters at once, and stand once.
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!([
                {"name": "Much", "members": ["status", {"name": "Much", "members": ["count", "buyers_city", "buyers_count", "buyers_few"]}, "count", "few"]},
                {"name": "All", "members": ["count", "status", "few", "buyers_city", "buyers_count", "buyers_few"]},
            ])
        );
    }

    #[test]
    fn what_is_wrong_with_a_folder_is_told_at_its_place() {
        let deep = (0..DEPTH_MAX).fold(json!({"name": "F", "includes": ["count"]}), |inner, _| json!({"name": "F", "includes": [inner]}));
        for (folders, field, expected) in [
            (json!([{"name": "F", "includes": ["count", "statsu"]}]), "folders[0].includes[1]", "view sales has no member \"statsu\"; did you mean status?"),
            // The names are those of the view.
            (json!([{"name": "F", "includes": ["state"]}]), "folders[0].includes[0]", "no member \"state\""),
            (json!([{"name": "F", "includes": ["sales.count"]}]), "folders[0].includes[0]", "no member"),
            (json!([{"name": "F", "includes": [{"path": "orders.buyer"}]}]), "folders[0].includes[0]", "did you mean orders.buyers?"),
            (json!([{"name": "F", "includes": ["count", "few", "count"]}]), "folders[0].includes[2]", "count stands twice in the folder \"F\""),
            (json!([{"name": "F", "includes": [{"path": "orders"}, {"path": "orders"}]}]), "folders[0].includes[1]", "stands twice"),
            (json!([{"name": "F", "includes": []}]), "folders[0].includes", "lists 1 to"),
            (json!([{"name": " ", "includes": "*"}]), "folders[0].name", "1 to 255 bytes"),
            (json!([{"name": "F", "includes": "*"}, {"name": "G", "includes": "*"}, {"name": "F", "includes": "*"}]), "folders[2].name", "are called \"F\""),
            (json!([{"name": "F", "includes": ["few", {"name": "G", "includes": ["cuont"]}]}]), "folders[0].includes[1].includes[0]", "did you mean count?"),
            (json!([deep]), "folders[0].includes[0].includes[0].includes[0].includes[0].includes[0].includes[0].includes[0].includes[0]", "8 within each other"),
        ] {
            let told = wrong(&folders);
            assert_eq!(told.len(), 1, "{folders}: {told:?}");
            assert_eq!(told[0].0, field, "{told:?}");
            assert!(told[0].1.contains(expected), "{told:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_in_no_folder() {
        let folders = json!([
            {"name": "Seen", "includes": ["count", "status", {"name": "Not", "includes": ["status"]}]},
            {"name": "Nothing", "includes": ["status"]},
            {"name": "Others", "includes": [{"path": "orders.buyers"}]},
        ]);
        let mut models = models();
        let hidden = models.get_mut("orders").unwrap();
        Arc::make_mut(hidden).dimensions.retain(|dimension| dimension.name != "state");
        Arc::make_mut(hidden).segments.retain(|segment| segment.name != "state");
        models.remove("buyers");
        let view = view(&folders);
        let detail = detail(&view, &models, false);
        assert_eq!(serde_json::to_value(detail.folders).unwrap(), json!([{"name": "Seen", "members": ["count"]}]));
        assert_eq!(serde_json::to_value(detail.definition.folders).unwrap(), json!([{"name": "Seen", "includes": ["count"]}]));
    }
}
