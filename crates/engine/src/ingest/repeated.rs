//! Loads that were done before, as far as that is known by where they bring their source: they are answered with what was done then.
//! Those with a key that is known are in `once`; a key that may be one of those that are forgotten is refused here.

use super::LoadReport;
use super::once::report;
use super::pipeline::LoadHost;
use crate::error::Result;
use crate::storage::log::Snapshot;
use crate::storage::positions::Advance;

/// The report of the load that has brought the same part of a source before; `None` where it is to be done now.
///
/// # Errors
/// `Conflict` when the source of the load has gone on, or its key may have been known before; what the store says.
pub(super) async fn answer(host: &LoadHost, advance: Option<&Advance>, key: Option<&str>, before: Option<&Snapshot>) -> Result<Option<LoadReport>> {
    let Some(before) = before else { return Ok(None) };
    if let Some(Err(forgotten)) = key.map(|key| before.keys.refuse_forgotten(key)) {
        host.log.rely_on(before.version).await?;
        return Err(forgotten);
    }
    let Some(advance) = advance else { return Ok(None) };
    if let Some((version, record)) = before.positions.done(advance) {
        // Who is told that his rows are there already must not lose them to a power cut.
        host.log.rely_on(*version).await?;
        return Ok(Some(report(&host.dataset, *version, record.clone(), true)));
    }
    match before.positions.refuse_passed(advance) {
        Ok(()) => Ok(None),
        Err(passed) => {
            host.log.rely_on(before.version).await?;
            Err(passed)
        }
    }
}
