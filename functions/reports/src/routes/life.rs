//! What can be done with a report after it was asked for.

use axum::extract::State;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use shared::error::ApiError;
use shared::http::{Answer, Json, Path};
use shared::idempotency::{self, Keyed, Outcome};
use shared::ids::ReportId;
use shared::jobs::{Envelope, ReportRequested};
use shared::tenant::TenantContext;

use super::POLL_AFTER_SECS;
use crate::domain::{Report, ReportError, Status};
use crate::state::Reports;
use crate::{store, v2};

/// Calls a report off, whether it waits or runs; one that was called off before stays so. A worker
/// that has it hears of it within seconds, and stops after what it is reading.
pub(super) async fn cancel(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ReportId>,
) -> Result<Json<v2::Report>, ApiError> {
    may_end(&reports, &context, id).await?;
    let work = (
        store::lane(),
        store::cancel(id, reports.app.clock.now()),
        (store::wake(), store::find(id)),
    );
    let (_, _, (_, found)) = reports.app.db.write(context.tenant, work).await?;
    let report = found.ok_or(ReportError::NotFound)?;
    match report.status {
        Status::Cancelled => Ok(Json(report.into())),
        status => Err(ReportError::Finished(status).into()),
    }
}

/// Looks at the report before it is touched, in the primary: whoever may not ask for such a one may not
/// end it either.
async fn may_end(reports: &Reports, context: &TenantContext, id: ReportId) -> Result<(), ApiError> {
    let found = reports
        .app
        .db
        .write(context.tenant, store::find(id))
        .await?;
    let report = found.ok_or(ReportError::NotFound)?;
    context.require(report.readers())
}

/// Nothing has to be said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Removes the document that an expired report still names, which nobody would find once it is made
/// anew; answers where it was.
async fn remove_expired(
    reports: &Reports,
    context: &TenantContext,
    id: ReportId,
) -> Result<Option<String>, ApiError> {
    let look = (store::find(id), store::document(id));
    let (found, document) = reports.app.db.write(context.tenant, look).await?;
    let (Some(report), Some((Status::Expired, Some(key)))) = (found, document) else {
        return Ok(None);
    };
    context.require(report.readers())?;
    let removed = reports.storage.remove(std::slice::from_ref(&key)).await;
    removed.map_err(ReportError::Storage)?;
    Ok(Some(key))
}

/// Queues a report again that failed, was called off or has expired: 202, as when it was first asked
/// for. Under another key it is another attempt.
pub(super) async fn retry(
    State(reports): State<Reports>,
    context: TenantContext,
    uri: Uri,
    Path(id): Path<ReportId>,
    Keyed {
        key,
        body: Nothing {},
    }: Keyed<Nothing>,
) -> Result<Outcome, ApiError> {
    let request = ReportRequested { report_id: id };
    let request = Envelope::new(context.tenant, reports.app.clock.now(), request);
    let removed = remove_expired(&reports, &context, id).await?;
    let retry = store::retry(id, &request, removed);
    let work = (store::lane(), retry, store::find(id));
    let path = uri.path().trim_end_matches("/retry");
    let answer = |(_, retried, found): (u64, Option<Report>, Option<Report>)| {
        let report = match (retried, found) {
            (Some(report), _) => {
                context.require(report.readers())?;
                v2::Report::from(report)
            }
            (None, Some(report)) => return Err(ReportError::NotRetryable(report.status).into()),
            (None, None) => return Err(ReportError::NotFound.into()),
        };
        let answer = Answer::json(StatusCode::ACCEPTED, &report)?;
        Ok::<_, ApiError>(
            answer
                .with(LOCATION, path)
                .with(RETRY_AFTER, POLL_AFTER_SECS),
        )
    };
    idempotency::once_found(&reports.app.db, context.tenant, key, work, answer).await
}

/// Deletes a report that has come to its end, its document first: what is cut off in between is an
/// expired report, whose document the relay removes.
pub(super) async fn delete(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ReportId>,
) -> Result<StatusCode, ApiError> {
    may_end(&reports, &context, id).await?;
    let (db, tenant) = (&reports.app.db, context.tenant);
    let retire = store::retire(id, reports.app.clock.now());
    let retire = (retire, store::document(id));
    let (_, found) = db.write(tenant, retire).await?;
    let (status, key) = found.ok_or(ReportError::NotFound)?;
    if status.pending() {
        return Err(ReportError::Unfinished(status).into());
    }
    if let Some(key) = key {
        let removed = reports.storage.remove(&[key]).await;
        removed.map_err(ReportError::Storage)?;
    }
    match db.write(tenant, store::delete(id)).await? {
        // Deleted by somebody else, or asked for again.
        0 => Err(ReportError::NotFound.into()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
