//! Who may do what. Pure functions; handlers ask them through the caller, and nothing else decides.

use sea_orm::sea_query::StringLen;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The part a user plays in a tenant. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum Role {
    /// Reads.
    #[sea_orm(string_value = "viewer")]
    Viewer,
    /// Also uploads, pushes, edits models and dashboards.
    #[sea_orm(string_value = "editor")]
    Editor,
    /// Also manages users, deletes datasets and says how long rows are kept.
    #[sea_orm(string_value = "admin")]
    Admin,
    /// Also manages admins and owners.
    #[sea_orm(string_value = "owner")]
    Owner,
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See data, models, dashboards.
    Read,
    /// Change how one's own answers are told.
    ChangeSelf,
    /// Upload files and push rows.
    LoadData,
    /// Change a model.
    EditModels,
    /// Change a dashboard.
    EditDashboards,
    /// Remove a dataset for good.
    DeleteDatasets,
    /// Say how long rows and versions are kept, and see what upkeep did.
    KeepDatasets,
    /// See and change users and API keys; which ones, [`may_manage`] and [`may_give_key`] say.
    ManageUsers,
}

/// The least role that an action takes.
pub fn least_role(action: Action) -> Role {
    match action {
        Action::Read | Action::ChangeSelf => Role::Viewer,
        Action::LoadData | Action::EditModels | Action::EditDashboards => Role::Editor,
        Action::DeleteDatasets | Action::KeepDatasets | Action::ManageUsers => Role::Admin,
    }
}

/// Whether a role may do it.
pub fn allows(role: Role, action: Action) -> bool {
    role >= least_role(action)
}

/// Whether somebody may create, change or remove a user of a role, or give a user that role.
pub fn may_manage(actor: Role, target: Role) -> bool {
    match actor {
        Role::Owner => true,
        Role::Admin => target < Role::Admin,
        Role::Editor | Role::Viewer => false,
    }
}

/// Whether somebody may make, change or revoke an API key of a role. No key has the role owner: owners are people.
pub fn may_give_key(actor: Role, role: Role) -> bool {
    actor >= Role::Admin && role <= actor && role != Role::Owner
}

/// What a person does, whatever the role of an API key.
pub fn takes_a_person(action: Action) -> bool {
    matches!(action, Action::ChangeSelf | Action::ManageUsers)
}

#[cfg(test)]
mod tests {
    use super::Action::{ChangeSelf, DeleteDatasets, EditDashboards, EditModels, KeepDatasets, LoadData, ManageUsers, Read};
    use super::Role::{Admin, Editor, Owner, Viewer};
    use super::*;

    #[test]
    fn the_table_of_roles_and_actions() {
        let table = [
            (Viewer, [true, true, false, false, false, false, false, false]),
            (Editor, [true, true, true, true, true, false, false, false]),
            (Admin, [true, true, true, true, true, true, true, true]),
            (Owner, [true, true, true, true, true, true, true, true]),
        ];
        for (role, row) in table {
            for (action, expected) in [Read, ChangeSelf, LoadData, EditModels, EditDashboards, DeleteDatasets, KeepDatasets, ManageUsers].into_iter().zip(row) {
                assert_eq!(allows(role, action), expected, "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn the_table_of_who_gives_keys_of_which_role() {
        let table = [(Viewer, [false, false, false, false]), (Editor, [false, false, false, false]), (Admin, [true, true, true, false]), (Owner, [true, true, true, false])];
        for (actor, row) in table {
            for (role, expected) in [Viewer, Editor, Admin, Owner].into_iter().zip(row) {
                assert_eq!(may_give_key(actor, role), expected, "{actor:?} {role:?}");
            }
        }
    }

    #[test]
    fn the_table_of_who_manages_whom() {
        let table = [(Viewer, [false, false, false, false]), (Editor, [false, false, false, false]), (Admin, [true, true, false, false]), (Owner, [true, true, true, true])];
        for (actor, row) in table {
            for (target, expected) in [Viewer, Editor, Admin, Owner].into_iter().zip(row) {
                assert_eq!(may_manage(actor, target), expected, "{actor:?} {target:?}");
            }
        }
    }
}
