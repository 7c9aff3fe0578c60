//! Routes that order work on what a dataset stores, and that tell how it stands.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use tidemill::{Error, Mill};

use super::jobs::DatasetWork;
use super::wire::{CountedRows, DatasetJob, DatasetJobs, Report, RowsToCount, RowsToDelete, Work};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, JsonBody, Path};
use crate::policy::Action;
use crate::store::audit;

/// Count the rows that a deletion with this condition would take, and change nothing.
#[utoipa::path(
    post, path = "/datasets/{name}/rows/count", tag = "datasets", params(("name" = String, Path, description = "The dataset")),
    request_body = RowsToCount, responses((status = 200, body = CountedRows)))]
pub async fn count_rows(State(app): State<App>, caller: Caller, Path(name): Path<String>, JsonBody(which): JsonBody<RowsToCount>) -> Answer<Json<CountedRows>> {
    caller.allow(Action::LoadData)?;
    let rows = caller.mill(&app).count_rows(&name, &which.predicate).await?;
    Ok(Json(CountedRows { rows }))
}

/// Delete the rows for which a condition is true, all by one commit. Older versions have them until these are no longer kept. It runs in the
/// background; ask for the job until it has ended.
#[utoipa::path(
    post, path = "/datasets/{name}/rows/delete", tag = "datasets", params(("name" = String, Path, description = "The dataset")),
    request_body = RowsToDelete, responses((status = 202, body = DatasetJob)))]
pub async fn delete_rows(State(app): State<App>, caller: Caller, Path(name): Path<String>, JsonBody(which): JsonBody<RowsToDelete>) -> Answer<(StatusCode, Json<DatasetJob>)> {
    caller.allow(Action::LoadData)?;
    let mill = caller.mill(&app);
    check_count(&mill, &name, &which).await?;
    start(&app, &caller, mill, name, Order::Deletion(which)).await
}

/// Erase the rows for which a condition is true: they are deleted, and no older version can be read any more. Takes the role admin.
#[utoipa::path(
    post, path = "/datasets/{name}/rows/erase", tag = "datasets", params(("name" = String, Path, description = "The dataset")),
    request_body = RowsToDelete, responses((status = 202, body = DatasetJob)))]
pub async fn erase_rows(State(app): State<App>, caller: Caller, Path(name): Path<String>, JsonBody(which): JsonBody<RowsToDelete>) -> Answer<(StatusCode, Json<DatasetJob>)> {
    caller.allow(Action::KeepDatasets)?;
    let mill = caller.mill(&app);
    check_count(&mill, &name, &which).await?;
    start(&app, &caller, mill, name, Order::Erasure(which)).await
}

/// Merge the small segments of a dataset now. Takes the role admin.
#[utoipa::path(post, path = "/datasets/{name}/compaction", tag = "versions", params(("name" = String, Path, description = "The dataset")), responses((status = 202, body = DatasetJob)))]
pub async fn compact_dataset(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<(StatusCode, Json<DatasetJob>)> {
    caller.allow(Action::KeepDatasets)?;
    let mill = caller.mill(&app);
    start(&app, &caller, mill, name, Order::Compaction).await
}

/// Remove now what no version of a dataset that is kept needs. Takes the role admin.
#[utoipa::path(post, path = "/datasets/{name}/vacuum", tag = "versions", params(("name" = String, Path, description = "The dataset")), responses((status = 202, body = DatasetJob)))]
pub async fn vacuum_dataset(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<(StatusCode, Json<DatasetJob>)> {
    caller.allow(Action::KeepDatasets)?;
    let mill = caller.mill(&app);
    start(&app, &caller, mill, name, Order::Vacuum).await
}

/// List the work that was ordered for a dataset, newest first. Takes the role admin.
#[utoipa::path(get, path = "/datasets/{name}/jobs", tag = "versions", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = DatasetJobs)))]
pub async fn list_dataset_jobs(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<DatasetJobs>> {
    caller.allow(Action::KeepDatasets)?;
    caller.mill(&app).dataset_settings(&name).await?;
    Ok(Json(DatasetJobs { items: app.dataset_jobs.list(caller.tenancy(), |job| job.is_for(&name)).iter().map(|job| job.to_wire()).collect() }))
}

/// Read how ordered work stands.
#[utoipa::path(
    get, path = "/datasets/{name}/jobs/{id}", tag = "versions",
    params(("name" = String, Path, description = "The dataset"), ("id" = Uuid, Path, description = "The job")), responses((status = 200, body = DatasetJob)))]
pub async fn find_dataset_job(State(app): State<App>, caller: Caller, Path((name, id)): Path<(String, String)>) -> Answer<Json<DatasetJob>> {
    caller.allow(Action::LoadData)?;
    Ok(Json(app.dataset_jobs.find(caller.tenancy(), &id, |job| job.is_for(&name))?.to_wire()))
}

/// Cancel work that merges segments or removes what nobody needs. What has ended stays as it is. Takes the role admin.
#[utoipa::path(
    delete, path = "/datasets/{name}/jobs/{id}", tag = "versions",
    params(("name" = String, Path, description = "The dataset"), ("id" = Uuid, Path, description = "The job")), responses((status = 204)))]
pub async fn cancel_dataset_job(State(app): State<App>, caller: Caller, Path((name, id)): Path<(String, String)>) -> Answer<StatusCode> {
    caller.allow(Action::KeepDatasets)?;
    app.dataset_jobs.find(caller.tenancy(), &id, |job| job.is_for(&name))?.cancel()?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is done, and to which rows.
enum Order {
    Deletion(RowsToDelete),
    Erasure(RowsToDelete),
    Compaction,
    Vacuum,
}

impl Order {
    fn work(&self) -> Work {
        match self {
            Self::Deletion(_) => Work::Deletion,
            Self::Erasure(_) => Work::Erasure,
            Self::Compaction => Work::Compaction,
            Self::Vacuum => Work::Vacuum,
        }
    }

    /// As the audit log has it. Which rows it was for is not told: a condition may name a person who is to be forgotten.
    fn audited(&self) -> &'static str {
        match self {
            Self::Deletion(_) => "dataset.rows_deletion_started",
            Self::Erasure(_) => "dataset.rows_erasure_started",
            Self::Compaction => "dataset.compaction_started",
            Self::Vacuum => "dataset.vacuum_started",
        }
    }

    async fn perform(&self, mill: &Mill, name: &str) -> tidemill::Result<Report> {
        Ok(match self {
            // Counted once more where it is decided: rows may have come and gone while it waited for its turn.
            Self::Deletion(which) => {
                let done = mill.delete_counted_rows(name, &which.predicate, which.expected_rows).await?;
                Report { version: Some(done.version), rows: done.rows, objects: 0, bytes: 0 }
            }
            Self::Erasure(which) => {
                let done = mill.erase_counted_rows(name, &which.predicate, which.expected_rows).await?;
                Report { version: Some(done.version), rows: done.rows, objects: 0, bytes: 0 }
            }
            Self::Compaction => {
                let done = mill.compact(name).await?;
                Report { version: Some(done.version), rows: done.rows, objects: done.segments_before.saturating_sub(done.segments_after), bytes: done.bytes_written }
            }
            Self::Vacuum => {
                let done = mill.vacuum(name).await?;
                Report { version: None, rows: 0, objects: done.objects, bytes: done.bytes }
            }
        })
    }
}

/// Looks whether the rows that go are as many as the caller has agreed to, so that whoever asks is told at once; the work looks once more.
async fn check_count(mill: &Mill, name: &str, which: &RowsToDelete) -> Answer<()> {
    let rows = mill.count_rows(name, &which.predicate).await?;
    if rows != which.expected_rows {
        let message = format!("the condition picks {rows} rows by now, not {}; look at it again", which.expected_rows);
        return Err(Error::conflict(message).at("expected_rows").into());
    }
    Ok(())
}

async fn start(app: &App, caller: &Caller, mill: Mill, name: String, order: Order) -> Answer<(StatusCode, Json<DatasetJob>)> {
    // What belongs to others is not there.
    mill.dataset_settings(&name).await?;
    let now = app.clock.now();
    // What is refused never began, so it is looked at before it is written down. Begun it is afterwards: a job that nobody runs, because the
    // caller has gone meanwhile, would keep its place for ever.
    app.dataset_jobs.check_room(caller.tenancy())?;
    audit::append(app.store.db(), now, caller, order.audited(), &name).await?;
    let job = app.dataset_jobs.begin(DatasetWork::new(caller.tenancy(), &name, order.work(), now))?;
    let answer = job.to_wire();
    let running = app.clone();
    app.tasks.spawn(async move { job.run(order.perform(&mill, &name), || running.clock.now()).await });
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
