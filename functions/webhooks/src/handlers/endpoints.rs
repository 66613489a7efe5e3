//! What calls about endpoints do.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use shared::db::Access;
use shared::error::ApiError;
use shared::http::{Answer, IfMatch, Json, Path, Query, etag};
use shared::idempotency::{self, Keyed, Outcome};
use shared::ids::EndpointId;
use shared::jobs::{Envelope, PUBLISHED, WebhookDue};
use shared::outbox;
use shared::page::{Listing, Page, PageQuery};
use shared::tenant::{Role, TenantContext};

use crate::domain::{Change, Endpoint, SECRETS_MAX, Status, WebhookError};
use crate::secret::Secret;
use crate::state::Webhooks;
use crate::{store, v2};

/// The name of the list in its cursors.
const LIST: &str = "webhook-endpoints";

type Presented = (HeaderMap, Json<v2::Endpoint>);

/// The types of events that an endpoint may name.
pub async fn event_types(_: TenantContext) -> Json<v2::EventTypes> {
    let kinds = PUBLISHED.iter();
    let data = kinds.map(|(kind, description)| v2::EventType { kind, description });
    Json(v2::EventTypes {
        data: data.collect(),
    })
}

/// A page of endpoints.
pub async fn list(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listing<v2::Endpoint>>, ApiError> {
    context.require(Role::Admin)?;
    let request = query.check(context.tenant, LIST)?;
    let work = (
        store::list(request, webhooks.app.clock.now()),
        store::count(),
    );
    let (rows, total) = webhooks.app.db.read(context.tenant, work).await?;
    let page = Page::cut(rows, total, request, Endpoint::key);
    Ok(Json(Listing::new(page, context.tenant, LIST)))
}

/// Makes one. Its secret is shown in this answer and in no other one, a repetition's included.
pub async fn create(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    uri: Uri,
    Keyed { key, body }: Keyed<v2::EndpointBody>,
) -> Result<Outcome, ApiError> {
    context.require(Role::Admin)?;
    let now = webhooks.app.clock.now();
    let new = Change::try_from(body)?.into_new(webhooks.targets)?;
    let endpoint = Endpoint::create(new, now);
    let secret = Secret::random().map_err(ApiError::internal)?;
    let work = (
        store::lock(),
        store::insert(&endpoint),
        store::add_secret(endpoint.id, &secret, now),
    );
    let location = format!("{}/{}", uri.path(), endpoint.id);
    let answer = |secret| {
        let body = v2::EndpointWithSecret::new(endpoint.clone(), secret);
        let answer = Answer::json(StatusCode::CREATED, &body)?;
        Ok::<_, ApiError>(shown_once(answer, endpoint.version).with(LOCATION, location.as_str()))
    };
    let (kept, shown) = (answer(None)?, answer(Some(&secret))?);
    let refused = |error| WebhookError::on_create(error).into();
    let db = &webhooks.app.db;
    let outcome = idempotency::once_or(db, context.tenant, key, kept, work, refused).await?;
    Ok(reveal(outcome, shown))
}

/// One endpoint.
pub async fn find(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<EndpointId>,
) -> Result<Presented, ApiError> {
    context.require(Role::Admin)?;
    Ok(present(load(&webhooks, &context, id).await?))
}

/// Changes one.
pub async fn patch(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<EndpointId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<v2::EndpointBody>,
) -> Result<Presented, ApiError> {
    context.require(Role::Admin)?;
    let now = webhooks.app.clock.now();
    let change = Change::try_from(body)?.check(webhooks.targets)?;
    // What has waited for an endpoint is sent when it is active again.
    let wakes = change.status == Some(Status::Active);
    let event = Envelope::new(context.tenant, now, WebhookDue { endpoint_id: id });
    let emit = outbox::emit(&event, event.id)?;
    let db = &webhooks.app.db;
    let changed = db
        .transaction(context.tenant, Access::Write, async |transaction| {
            let update = store::update(id, change, seen, now);
            let changed = transaction.run(update).await?;
            if wakes && changed.is_some() {
                transaction.finish(emit).await?;
            }
            Ok::<_, ApiError>(changed)
        })
        .await?;
    match changed {
        Some(endpoint) => Ok(present(endpoint)),
        None => Err(missing_or_stale(&webhooks, &context, id).await),
    }
}

/// Removes one, and its secrets at once.
pub async fn delete(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<EndpointId>,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, ApiError> {
    context.require(Role::Admin)?;
    let now = webhooks.app.clock.now();
    let db = &webhooks.app.db;
    let deleted = db
        .transaction(context.tenant, Access::Write, async |transaction| {
            let deleted = transaction.run(store::delete(id, seen, now)).await?;
            if deleted > 0 {
                transaction.finish(store::forget_secrets(id)).await?;
            }
            Ok::<_, ApiError>(deleted)
        })
        .await?;
    match deleted {
        0 => Err(missing_or_stale(&webhooks, &context, id).await),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// Gives one a new secret. The one before signs as well for a day.
pub async fn rotate(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<EndpointId>,
    Keyed { key, .. }: Keyed<v2::Nothing>,
) -> Result<Outcome, ApiError> {
    context.require(Role::Admin)?;
    let now = webhooks.app.clock.now();
    let secret = Secret::random().map_err(ApiError::internal)?;
    let replace = (
        store::forget_expired(id, now),
        store::expire_secrets(id, now),
        store::add_secret(id, &secret, now),
    );
    let work = (store::lock_endpoint(id), store::find(id, now), replace);
    let mut shown = None;
    let answer = |(_, found, _): (_, Option<Endpoint>, _)| {
        let mut endpoint = found.ok_or(WebhookError::NotFound("endpoint"))?;
        if endpoint.secrets >= SECRETS_MAX {
            return Err(WebhookError::TooManySecrets.into());
        }
        endpoint.previous_secret_expires_at = Some(store::previous_ends(now));
        shown = Some(rotated(&endpoint, Some(&secret))?);
        rotated(&endpoint, None)
    };
    let db = &webhooks.app.db;
    let outcome = idempotency::once_found(db, context.tenant, key, work, answer).await?;
    Ok(match shown {
        Some(shown) => reveal(outcome, shown),
        None => outcome,
    })
}

fn rotated(endpoint: &Endpoint, secret: Option<&Secret>) -> Result<Answer, ApiError> {
    let body = v2::EndpointWithSecret::new(endpoint.clone(), secret);
    let answer = Answer::json(StatusCode::OK, &body)?;
    Ok(shown_once(answer, endpoint.version))
}

/// Puts the answer with the secret in the place of the one that was kept without it.
fn reveal(outcome: Outcome, shown: Answer) -> Outcome {
    match outcome.replayed {
        true => outcome,
        false => Outcome {
            answer: shown,
            replayed: false,
        },
    }
}

fn shown_once(answer: Answer, version: i32) -> Answer {
    answer
        .with(ETAG, etag(version))
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

/// An endpoint that must be there.
pub(super) async fn load(
    webhooks: &Webhooks,
    context: &TenantContext,
    id: EndpointId,
) -> Result<Endpoint, WebhookError> {
    let find = store::find(id, webhooks.app.clock.now());
    let found = webhooks.app.db.read(context.tenant, find).await?;
    found.ok_or(WebhookError::NotFound("endpoint"))
}

/// Why a change touched no row.
async fn missing_or_stale(
    webhooks: &Webhooks,
    context: &TenantContext,
    id: EndpointId,
) -> ApiError {
    match load(webhooks, context, id).await {
        Ok(_) => WebhookError::Stale.into(),
        Err(error) => error.into(),
    }
}

fn present(endpoint: Endpoint) -> Presented {
    let headers = HeaderMap::from_iter([(ETAG, etag(endpoint.version))]);
    (headers, Json(endpoint.into()))
}
