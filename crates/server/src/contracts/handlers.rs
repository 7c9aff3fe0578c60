//! Routes of contracts.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::wire;
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, JsonBody, Path, json_of};
use crate::policy::Action;
use crate::store::audit;

/// Read what a dataset asks of its rows.
#[utoipa::path(get, path = "/datasets/{name}/contract", tag = "datasets", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = wire::Contract)))]
pub async fn find_contract(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    json_of(&caller.mill(&app).contract(&name).await?)
}

/// Say what a dataset asks of rows that come in from now on. Rows that are there are not looked at. Takes the role admin.
#[utoipa::path(
    put, path = "/datasets/{name}/contract", tag = "datasets", params(("name" = String, Path, description = "The dataset")),
    request_body = wire::Contract, responses((status = 200, body = wire::Contract)))]
pub async fn update_contract(State(app): State<App>, caller: Caller, Path(name): Path<String>, JsonBody(contract): JsonBody<tidemill::Contract>) -> Answer<Json<Value>> {
    caller.allow(Action::KeepDatasets)?;
    let contract = caller.mill(&app).set_contract(&name, contract).await?;
    audit::append(app.store.db(), app.clock.now(), &caller, "dataset.contract_changed", &name).await?;
    json_of(&contract)
}
