//! Schedules: reports that are wanted again and again.

use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode, Uri};
use shared::error::ApiError;
use shared::http::{Answer, IfMatch, Json, Path, Query, etag};
use shared::idempotency::{self, Keyed, Outcome};
use shared::ids::ScheduleId;
use shared::page::{Listing, Page, PageQuery};
use shared::tenant::TenantContext;

use crate::schedule::{Change, NewSchedule, Schedule, ScheduleError};
use crate::state::Reports;
use crate::store::{self, schedules};
use crate::v2;

/// The name of the list in its cursors.
const LIST: &str = "schedules";

type Presented = (HeaderMap, Json<v2::Schedule>);

pub(super) async fn list(
    State(reports): State<Reports>,
    context: TenantContext,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listing<v2::Schedule>>, ApiError> {
    let request = query.check(context.tenant, LIST)?;
    let work = (schedules::list(request), schedules::count());
    let (rows, total) = reports.app.db.read(context.tenant, work).await?;
    let page = Page::cut(rows, total, request, Schedule::key);
    Ok(Json(Listing::new(page, context.tenant, LIST)))
}

pub(super) async fn create(
    State(reports): State<Reports>,
    context: TenantContext,
    uri: Uri,
    Keyed { key, body }: Keyed<v2::CreateSchedule>,
) -> Result<Outcome, ApiError> {
    let new = NewSchedule::try_from(body)?;
    context.require(new.report.kind.role)?;
    let (id, now) = (ScheduleId::new(), reports.app.clock.now());
    let work = (
        store::lane(),
        schedules::is_zone(&new.when.zone),
        schedules::insert(id, &new, context.user, now),
    );
    let answer = |(_, is_zone, made): (u64, bool, Option<Schedule>)| {
        let schedule = match made {
            Some(schedule) => schedule,
            None if is_zone => return Err(ScheduleError::TooMany.into()),
            None => return Err(ScheduleError::Zone.into()),
        };
        let tag = etag(schedule.version);
        let answer = Answer::json(StatusCode::CREATED, &v2::Schedule::from(schedule))?;
        Ok::<_, ApiError>(
            answer
                .with(LOCATION, format!("{}/{id}", uri.path()))
                .with(ETAG, tag),
        )
    };
    idempotency::once_found(&reports.app.db, context.tenant, key, work, answer).await
}

pub(super) async fn find(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ScheduleId>,
) -> Result<Presented, ApiError> {
    let found = reports
        .app
        .db
        .read(context.tenant, schedules::find(id))
        .await?;
    Ok(present(found.ok_or(ScheduleError::NotFound)?))
}

pub(super) async fn change(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ScheduleId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<v2::ChangeSchedule>,
) -> Result<Presented, ApiError> {
    let change = Change::try_from(body)?;
    if let Some(report) = &change.report {
        context.require(report.kind.role)?;
    }
    may_change(&reports, &context, id).await?;
    let zone = change
        .when
        .as_ref()
        .map(|when| schedules::is_zone(&when.zone));
    let update = schedules::update(id, &change, seen, reports.app.clock.now());
    let work = (zone, update, schedules::find(id));
    let (is_zone, changed, found) = reports.app.db.write(context.tenant, work).await?;
    match (changed, found) {
        (Some(schedule), _) => Ok(present(schedule)),
        (None, None) => Err(ScheduleError::NotFound.into()),
        (None, Some(_)) if is_zone == Some(false) => Err(ScheduleError::Zone.into()),
        (None, Some(_)) => Err(ScheduleError::Stale.into()),
    }
}

pub(super) async fn delete(
    State(reports): State<Reports>,
    context: TenantContext,
    Path(id): Path<ScheduleId>,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, ApiError> {
    may_change(&reports, &context, id).await?;
    let work = (schedules::delete(id, seen), schedules::find(id));
    match reports.app.db.write(context.tenant, work).await? {
        (0, None) => Err(ScheduleError::NotFound.into()),
        (0, Some(_)) => Err(ScheduleError::Stale.into()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// Looks at the schedule before it is touched, in the primary: whoever may not ask for its reports may
/// not change it.
async fn may_change(
    reports: &Reports,
    context: &TenantContext,
    id: ScheduleId,
) -> Result<(), ApiError> {
    let found = reports
        .app
        .db
        .write(context.tenant, schedules::find(id))
        .await?;
    let schedule = found.ok_or(ScheduleError::NotFound)?;
    context.require(schedule.owners())
}

fn present(schedule: Schedule) -> Presented {
    let headers = HeaderMap::from_iter([(ETAG, etag(schedule.version))]);
    (headers, Json(schedule.into()))
}
