//! Which path is which, and what a call does.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode, Uri};
use serde::Serialize;
use shared::error::ApiError;
use shared::http::{Answer, IfNoneMatch, Json, Path, Query, Route};
use shared::idempotency::{self, IdempotencyKey, Keyed, Outcome};
use shared::ids::ReportId;
use shared::jobs::{Envelope, ReportRequested};
use shared::outbox;
use shared::page::{Listing, Page, PageQuery, PageRequest};
use shared::tenant::TenantContext;

use crate::domain::{Report, ReportError};
use crate::listing::Filter;
use crate::state::Reports;
use crate::types::{NewReport, TYPES};
use crate::{store, v1, v2};

mod life;
mod schedules;
mod settings;

/// The name of the list in its cursors.
const LIST: &str = "reports";
/// When to look for the document of a report just asked for, in seconds.
const POLL_AFTER_SECS: u32 = 2;

/// Every endpoint of this domain, and which shapes serve which version.
pub fn table() -> Vec<Route<Reports>> {
    vec![
        Route::get("/v1/reports", list_v1),
        Route::post("/v1/reports", request_v1),
        Route::get("/v1/reports/{id}", find::<v1::Job>),
        Route::get("/v1/reports/{id}/download", download_v1),
        Route::get("/v2/reports", list_v2),
        Route::post("/v2/reports", request_v2).key_required(),
        Route::get("/v2/reports/types", types),
        Route::get("/v2/reports/settings", settings::find),
        Route::patch("/v2/reports/settings", settings::change),
        Route::get("/v2/reports/{id}", find::<v2::Report>),
        Route::get("/v2/reports/{id}/download", download_v2),
        Route::delete("/v2/reports/{id}", life::delete),
        Route::post("/v2/reports/{id}/cancel", life::cancel),
        Route::post("/v2/reports/{id}/retry", life::retry).key_required(),
        Route::get("/v2/reports/schedules", schedules::list),
        Route::post("/v2/reports/schedules", schedules::create).key_required(),
        Route::get("/v2/reports/schedules/{id}", schedules::find),
        Route::patch("/v2/reports/schedules/{id}", schedules::change),
        Route::delete("/v2/reports/schedules/{id}", schedules::delete),
    ]
}

async fn list_v1(
    State(reports): State<Reports>,
    context: TenantContext,
    Query(query): Query<PageQuery>,
) -> Result<Json<Vec<v1::Job>>, ApiError> {
    let request = query.check(context.tenant, LIST)?;
    let page = page(&reports, &context, request, &Filter::default()).await?;
    Ok(Json(v1::list(page)))
}

async fn list_v2(
    State(reports): State<Reports>,
    context: TenantContext,
    Query(query): Query<v2::ListReports>,
) -> Result<Json<Listing<v2::Report>>, ApiError> {
    let (request, filter) = query.check(context.tenant, LIST)?;
    let page = page(&reports, &context, request, &filter).await?;
    let list = filter.list_name(LIST);
    Ok(Json(Listing::new(page, context.tenant, &list)))
}

async fn page(
    reports: &Reports,
    context: &TenantContext,
    request: PageRequest,
    filter: &Filter,
) -> Result<Page<Report>, ApiError> {
    let work = (store::list(request, filter), store::count(filter));
    let (rows, total) = reports.app.db.read(context.tenant, work).await?;
    Ok(Page::cut(rows, total, request, Report::key))
}

/// The article's shape: 200, whatever the state.
async fn request_v1(
    State(reports): State<Reports>,
    context: TenantContext,
    Keyed { key, body }: Keyed<v1::RequestReport>,
) -> Result<Outcome, ApiError> {
    let report = new_report(&reports, &context, body.try_into()?)?;
    let answer = Answer::json(StatusCode::OK, &v1::Job::from(report.clone()))?;
    request(&reports, &context, key, &report, answer).await
}

/// 202 (RFC 9110, section 15.3.3), with where to look and when.
async fn request_v2(
    State(reports): State<Reports>,
    context: TenantContext,
    uri: Uri,
    Keyed { key, body }: Keyed<v2::RequestReport>,
) -> Result<Outcome, ApiError> {
    let report = new_report(&reports, &context, body.try_into()?)?;
    let answer = Answer::json(StatusCode::ACCEPTED, &v2::Report::from(report.clone()))?
        .with(LOCATION, format!("{}/{}", uri.path(), report.id))
        .with(RETRY_AFTER, POLL_AFTER_SECS);
    request(&reports, &context, key, &report, answer).await
}

/// A report to be, if the caller may have such a one.
fn new_report(
    reports: &Reports,
    context: &TenantContext,
    new: NewReport,
) -> Result<Report, ApiError> {
    context.require(new.kind.role)?;
    let now = reports.app.clock.now();
    Ok(Report::request(new, context.user, now))
}

/// What can be asked for. It changes with the code alone, so callers may keep it.
async fn types(known: IfNoneMatch) -> Result<Answer, ApiError> {
    let answer = Answer::json(StatusCode::OK, &v2::Types::from(TYPES))?;
    Ok(known.unless_known(answer))
}

/// Commits report and event in one round trip. The relay takes the event from there to the queue: the
/// answer waits for no queue, and the function needs none.
async fn request(
    reports: &Reports,
    context: &TenantContext,
    key: Option<IdempotencyKey>,
    report: &Report,
    answer: Answer,
) -> Result<Outcome, ApiError> {
    let event = ReportRequested {
        report_id: report.id,
    };
    let event = Envelope::new(context.tenant, report.created_at, event);
    let work = (store::insert(report), outbox::emit(&event, report.id)?);
    idempotency::once(&reports.app.db, context.tenant, key, answer, work).await
}

async fn find<Out>(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ReportId>,
) -> Result<Json<Out>, ApiError>
where
    Out: From<Report> + Serialize,
{
    Ok(Json(Out::from(load(&reports, &context, id).await?)))
}

async fn load(
    reports: &Reports,
    context: &TenantContext,
    id: ReportId,
) -> Result<Report, ReportError> {
    let found = reports.app.db.read(context.tenant, store::find(id)).await?;
    found.ok_or(ReportError::NotFound)
}

async fn link(
    reports: &Reports,
    context: &TenantContext,
    id: ReportId,
) -> Result<String, ApiError> {
    let report = load(reports, context, id).await?;
    context.require(report.readers())?;
    let document = report.document(context.tenant)?;
    let link = reports.storage.link(&document).await;
    Ok(link.map_err(ReportError::from)?)
}

async fn download_v1(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ReportId>,
) -> Result<Json<v1::Download>, ApiError> {
    let url = link(&reports, &context, id).await?;
    Ok(Json(v1::Download { url }))
}

/// 303 to a link that nobody stores: made for this caller, now.
async fn download_v2(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ReportId>,
) -> Result<Answer, ApiError> {
    let url = link(&reports, &context, id).await?;
    Ok(Answer::empty(StatusCode::SEE_OTHER)
        .with(LOCATION, url)
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}
