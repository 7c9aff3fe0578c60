//! Routes of loads.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use tidemill::DatasetName;
use tidemill::ingest::{Load as EngineLoad, LoadMode, Progress};

use super::jobs::LoadJob;
use super::wire::{Load, LoadList, LoadParams, Mode, NewLoad, SourcePart};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, Code, JsonBody, Path, Problem, QueryOf};
use crate::policy::Action;
use crate::store::audit;
use crate::uploads::staging::StagedFile;

const LABEL_MAX_CHARS: usize = 120;
const KEY_MAX_CHARS: usize = 128;

/// Load an uploaded file into a dataset. It runs in the background; ask for it until it has ended.
#[utoipa::path(post, path = "/loads", tag = "loads", request_body = NewLoad, responses((status = 202, body = Load)))]
pub async fn create_load(State(app): State<App>, caller: Caller, JsonBody(new): JsonBody<NewLoad>) -> Answer<(StatusCode, Json<Load>)> {
    caller.allow(Action::LoadData)?;
    DatasetName::parse(&new.dataset).map_err(|error| Problem::field("dataset", error.message()))?;
    let now = app.clock.now();
    let staged = app.staging.find(caller.tenancy(), &new.upload_id, now)?;
    let progress = Progress::new();
    let load = order(&new, &staged, progress.clone())?;
    let mill = caller.mill(&app);
    // What is known by its key or its position was loaded before, perhaps under the contract of that time.
    if let Some(given) = new.contract.as_ref().filter(|_| new.idempotency_key.is_none() && new.position.is_none())
        && let Ok(known) = mill.contract(&new.dataset).await
        && known != *given
    {
        let what =
            format!("dataset {} is there and has another contract; leave the contract out, or change that of the dataset first (PUT /datasets/{{name}}/contract)", new.dataset);
        return Err(Problem::new(Code::Conflict, what));
    }
    // Begun it is after it was written down: a job that nobody runs, because the caller has gone meanwhile, would keep its place for ever.
    app.loads.check_room(caller.tenancy())?;
    audit::append(app.store.db(), now, &caller, "load.started", &new.dataset).await?;
    let job = app.loads.begin(LoadJob::new(caller.tenancy(), staged.id, &new.dataset, progress))?;
    let answer = job.to_wire()?;
    let running = app.clone();
    app.tasks.spawn(async move {
        let result = mill.load(&new.dataset, load).await;
        if result.is_ok() {
            running.staging.release(staged.id);
        }
        job.finish(result, running.clock.now());
        drop(staged);
    });
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// List the loads of uploads that run, and those that ended within the hour, newest first.
#[utoipa::path(get, path = "/loads", tag = "loads", params(LoadParams), responses((status = 200, body = LoadList)))]
pub async fn list_loads(State(app): State<App>, caller: Caller, QueryOf(params): QueryOf<LoadParams>) -> Answer<Json<LoadList>> {
    caller.allow(Action::LoadData)?;
    let mut items = app.loads.list(caller.tenancy(), |_| true).iter().map(|load| load.to_wire()).collect::<Answer<Vec<Load>>>()?;
    items.retain(|load| params.state.is_none_or(|state| load.state == state));
    Ok(Json(LoadList { items }))
}

/// Read how a load stands.
#[utoipa::path(get, path = "/loads/{id}", tag = "loads", params(("id" = Uuid, Path, description = "The load")), responses((status = 200, body = Load)))]
pub async fn find_load(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Load>> {
    caller.allow(Action::LoadData)?;
    app.loads.find(caller.tenancy(), &id, |_| true)?.to_wire().map(Json)
}

/// Cancel a load. One that has ended stays as it is.
#[utoipa::path(delete, path = "/loads/{id}", tag = "loads", params(("id" = Uuid, Path, description = "The load")), responses((status = 204)))]
pub async fn cancel_load(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    caller.allow(Action::LoadData)?;
    app.loads.find(caller.tenancy(), &id, |_| true)?.cancel();
    Ok(StatusCode::NO_CONTENT)
}

fn order(new: &NewLoad, staged: &StagedFile, progress: Progress) -> Answer<EngineLoad> {
    let mut load = EngineLoad::from_input(staged.input()).options(new.options.to_engine()?).progress(progress);
    for (column, column_type) in &new.types {
        load = load.column_type(column, *column_type);
    }
    if let Some(key) = &new.idempotency_key {
        if key.is_empty() || key.chars().count() > KEY_MAX_CHARS {
            return Err(Problem::field("idempotency_key", format!("is 1 to {KEY_MAX_CHARS} characters")));
        }
        load = load.idempotency_key(key);
    }
    if let Some(SourcePart { source, from, to }) = &new.position {
        load = load.position(source, *from, *to);
    }
    load = load.mode(mode(new)?).widening(new.widening.into());
    if let Some(steps) = &new.steps {
        load = load.steps(steps.clone());
    }
    if let Some(contract) = &new.contract {
        load = load.contract(contract.clone());
    }
    if new.mode == Mode::Append {
        return Ok(load);
    }
    if let Some(label) = &new.label {
        crate::tenants::wire::check_name("label", label, LABEL_MAX_CHARS)?;
        load = load.label(label);
    }
    if let Some(time_column) = &new.time_column {
        load = load.time_column(time_column.as_deref());
    }
    Ok(load)
}

fn mode(new: &NewLoad) -> Answer<LoadMode> {
    let ranged = new.mode == Mode::ReplaceRange;
    for (field, given) in [("from", new.from.is_some()), ("to", new.to.is_some())] {
        if given != ranged {
            return Err(Problem::field(field, if given { "goes with the mode replace_range alone" } else { "is needed for the mode replace_range" }));
        }
    }
    if new.key.is_empty() == (new.mode == Mode::Upsert) {
        return Err(Problem::field("key", if new.key.is_empty() { "is needed for the mode upsert" } else { "goes with the mode upsert alone" }));
    }
    Ok(match (new.mode, new.from, new.to) {
        (Mode::ReplaceRange, Some(from), Some(to)) => LoadMode::ReplaceRange { from, to },
        (Mode::Create | Mode::ReplaceRange, ..) => LoadMode::Create,
        (Mode::Append, ..) => LoadMode::Append,
        (Mode::Replace, ..) => LoadMode::Replace,
        (Mode::Upsert, ..) => LoadMode::Upsert { key: new.key.clone() },
    })
}
