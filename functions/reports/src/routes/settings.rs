//! How a tenant's reports look: shown to everybody in it, changed by its admins and owners.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ETAG;
use shared::error::ApiError;
use shared::http::{IfMatch, Json, etag};
use shared::tenant::{Role, TenantContext};

use crate::settings::{Change, Settings};
use crate::state::Reports;
use crate::store::settings as store;
use crate::v2;

type Presented = (HeaderMap, Json<v2::Settings>);

pub(super) async fn find(
    State(reports): State<Reports>,
    context: TenantContext,
) -> Result<Presented, ApiError> {
    let found = reports.app.db.read(context.tenant, store::find()).await?;
    Ok(present(found.unwrap_or_default()))
}

pub(super) async fn change(
    State(reports): State<Reports>,
    context: TenantContext,
    IfMatch(seen): IfMatch,
    Json(body): Json<v2::ChangeSettings>,
) -> Result<Presented, ApiError> {
    context.require(Role::Admin)?;
    let change = Change::try_from(body)?;
    let work = store::change(&change, seen, reports.app.clock.now());
    let changed = reports.app.db.write(context.tenant, work).await?;
    changed.map(present).ok_or_else(IfMatch::failed)
}

fn present(settings: Settings) -> Presented {
    let headers = HeaderMap::from_iter([(ETAG, etag(settings.version))]);
    (headers, Json(settings.into()))
}
