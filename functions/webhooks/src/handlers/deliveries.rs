//! What calls about deliveries do.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde::Deserialize;
use shared::db::{Access, Statement};
use shared::error::{ApiError, FieldError};
use shared::http::{Answer, Json, Path, Query};
use shared::idempotency::{self, Keyed, Outcome};
use shared::ids::{DeliveryId, EndpointId};
use shared::jobs::{Envelope, WebhookDue};
use shared::outbox;
use shared::page::{Page, PageQuery};
use shared::tenant::{Role, TenantContext};
use time::{Duration, OffsetDateTime};

use super::endpoints::load;
use crate::delivery::{Delivery, Filter, Status};
use crate::domain::{self, Endpoint, WebhookError};
use crate::message::Message;
use crate::state::Webhooks;
use crate::store as endpoints;
use crate::store::deliveries::{self as store, RECOVERED_ROWS_MAX};
use crate::v2;

/// The name of the list in its cursors.
const LIST: &str = "webhook-deliveries";
/// How far back a recovery may go, in days.
const RECOVER_DAYS_MAX: i64 = 14;

/// The query parameters of the list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    limit: Option<String>,
    cursor: Option<String>,
    endpoint_id: Option<String>,
    status: Option<String>,
    event_type: Option<String>,
}

impl DeliveryQuery {
    fn filter(&self) -> Result<Filter, FieldError> {
        let malformed = |_| FieldError::new("endpoint_id", "malformed", "must be a UUID");
        let endpoint = self.endpoint_id.as_deref().map(str::parse);
        Ok(Filter {
            endpoint: endpoint.transpose().map_err(malformed)?,
            status: self.status.as_deref().map(Status::parse).transpose()?,
            kind: self.event_type.clone(),
        })
    }
}

/// A page of deliveries.
pub async fn list(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<v2::Deliveries>, ApiError> {
    context.require(Role::Admin)?;
    let filter = query.filter()?;
    let request = PageQuery::new(query.limit, query.cursor, None).check(context.tenant, LIST)?;
    let rows = store::list(request, filter);
    let rows = webhooks.app.db.read(context.tenant, rows).await?;
    let page = Page::cut(rows, 0, request, Delivery::key);
    let next_cursor = page.next.map(|next| next.to_cursor(context.tenant, LIST));
    Ok(Json(v2::Deliveries {
        data: page.rows.into_iter().map(v2::Delivery::from).collect(),
        meta: v2::PageOfDeliveries {
            limit: request.rows,
            next_cursor,
        },
    }))
}

/// One delivery with its attempts.
pub async fn find(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<DeliveryId>,
) -> Result<Json<v2::DeliveryInFull>, ApiError> {
    context.require(Role::Admin)?;
    let work = (store::find(id), store::attempts(id));
    let (found, attempts) = webhooks.app.db.read(context.tenant, work).await?;
    let found = found.ok_or(WebhookError::NotFound("delivery"))?;
    Ok(Json(v2::DeliveryInFull::new(found, attempts)))
}

/// Begins a delivery anew: 202, because it is sent later.
pub async fn redeliver(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<DeliveryId>,
    Json(_): Json<v2::Nothing>,
) -> Result<(StatusCode, Json<v2::Delivery>), ApiError> {
    context.require(Role::Admin)?;
    let now = webhooks.app.clock.now();
    let db = &webhooks.app.db;
    let delivery = db
        .transaction(context.tenant, Access::Write, async |transaction| {
            let found = transaction.run(store::endpoint_of(id)).await?;
            let (endpoint, is_active) = found.ok_or(WebhookError::NotFound("delivery"))?;
            if !is_active {
                return Err(WebhookError::NotActive.into());
            }
            let emit = due(&context, endpoint, now)?;
            let work = (store::redeliver(id, now), emit, store::find(id));
            let (_, _, delivery) = transaction.finish(work).await?;
            delivery.ok_or_else(|| ApiError::from(WebhookError::NotFound("delivery")))
        })
        .await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}

/// Sends an endpoint a message that tells of nothing.
pub async fn test(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<EndpointId>,
    Keyed { key, .. }: Keyed<v2::Nothing>,
) -> Result<Outcome, ApiError> {
    context.require(Role::Admin)?;
    let now = webhooks.app.clock.now();
    let message = Message::test(now).map_err(ApiError::internal)?;
    let delivery = new_delivery(id, &message, now);
    let send = (
        store::add_message(&message, now),
        store::add(delivery.id, id, &message, now),
        due(&context, id, now)?,
    );
    let work = (endpoints::find(id, now), send);
    let location = format!("/v2/webhooks/deliveries/{}", delivery.id);
    let answer = |(found, _): (Option<Endpoint>, _)| {
        is_active(found)?;
        let body = v2::Delivery::from(delivery);
        let answer = Answer::json(StatusCode::ACCEPTED, &body)?;
        Ok::<_, ApiError>(answer.with(LOCATION, location))
    };
    idempotency::once_found(&webhooks.app.db, context.tenant, key, work, answer).await
}

/// Sends an endpoint what it has missed since a time: what was given up, and what came while it was
/// not active.
pub async fn recover(
    State(webhooks): State<Webhooks>,
    context: TenantContext,
    Path(id): Path<EndpointId>,
    Json(body): Json<v2::Recover>,
) -> Result<(StatusCode, Json<v2::Recovered>), ApiError> {
    context.require(Role::Admin)?;
    let now = webhooks.app.clock.now();
    if body.since > now || now - body.since > Duration::days(RECOVER_DAYS_MAX) {
        let detail = format!("must be within the last {RECOVER_DAYS_MAX} days");
        return Err(FieldError::new("since", "out_of_range", detail).into());
    }
    is_active(Some(load(&webhooks, &context, id).await?))?;
    let work = (store::recover(id, body.since, now), due(&context, id, now)?);
    let (deliveries, _) = webhooks.app.db.write(context.tenant, work).await?;
    let recovered = v2::Recovered {
        deliveries,
        more: deliveries >= RECOVERED_ROWS_MAX,
    };
    Ok((StatusCode::ACCEPTED, Json(recovered)))
}

/// Refuses an endpoint that is not there, or not sent to.
fn is_active(found: Option<Endpoint>) -> Result<(), WebhookError> {
    let found = found.ok_or(WebhookError::NotFound("endpoint"))?;
    match found.status {
        domain::Status::Active => Ok(()),
        domain::Status::Paused | domain::Status::Disabled => Err(WebhookError::NotActive),
    }
}

/// Tells the dispatcher that an endpoint has something to be sent.
fn due(
    context: &TenantContext,
    endpoint: EndpointId,
    now: OffsetDateTime,
) -> Result<Statement<u64>, ApiError> {
    let event = WebhookDue {
        endpoint_id: endpoint,
    };
    let event = Envelope::new(context.tenant, now, event);
    outbox::emit(&event, event.id)
}

fn new_delivery(endpoint: EndpointId, message: &Message, now: OffsetDateTime) -> Delivery {
    Delivery {
        id: DeliveryId::new(),
        endpoint,
        event: message.id,
        kind: message.kind.clone(),
        status: Status::Pending,
        attempts: 0,
        next_attempt_at: Some(now),
        created_at: now,
        finished_at: None,
    }
}
