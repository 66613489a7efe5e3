//! Which path is which, and what a call does.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ETAG;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::error::{ApiError, FieldError};
use shared::http::{IfMatch, Json, Route, etag};
use shared::state::App;
use shared::tenant::{Role, TenantContext};

use crate::domain::{BillingError, Plan, PlanId, Subscription};
use crate::invoice::{Invoice, Usage};
use crate::period::Period;
use crate::subscribe::change_plan;
use crate::{store, v1, v2};

/// Every endpoint of this domain, and which shapes serve which version.
pub fn table() -> Vec<Route<App>> {
    vec![
        Route::get("/v1/billing/plans", plans::<v1::Plans>),
        Route::get("/v1/billing/subscription", subscription::<v1::Subscription>),
        Route::put(
            "/v1/billing/subscription",
            replace::<v1::SubscriptionBody, v1::Subscription>,
        ),
        Route::get("/v1/billing/usage", usage::<v1::Usage>),
        Route::get("/v1/billing/invoices/preview", preview::<v1::Invoice>),
        Route::get("/v2/billing/plans", plans::<v2::Plans>),
        Route::get("/v2/billing/subscription", subscription::<v2::Subscription>),
        Route::patch(
            "/v2/billing/subscription",
            patch::<v2::UpdateSubscription, v2::Subscription>,
        ),
        Route::get("/v2/billing/usage", usage::<v2::Usage>),
        Route::get("/v2/billing/invoices/preview", preview::<v2::Invoice>),
    ]
}

type Presented<Out> = Result<(HeaderMap, Json<Out>), ApiError>;

async fn plans<Out>(State(app): State<App>, context: TenantContext) -> Result<Json<Out>, ApiError>
where
    Out: for<'a> From<&'a [Plan]> + Serialize,
{
    let plans = app.db.read(context.tenant, store::plans()).await?;
    Ok(Json(Out::from(&plans)))
}

async fn subscription<Out>(State(app): State<App>, context: TenantContext) -> Presented<Out>
where
    Out: for<'a> From<&'a Subscription> + Serialize,
{
    let found = app.db.read(context.tenant, store::find()).await?;
    let subscription = found.unwrap_or_else(|| Subscription::free(context.tenant));
    Ok(present(&subscription))
}

async fn replace<In, Out>(
    State(app): State<App>,
    context: TenantContext,
    Json(body): Json<In>,
) -> Presented<Out>
where
    In: TryInto<PlanId, Error = FieldError> + DeserializeOwned,
    Out: for<'a> From<&'a Subscription> + Serialize,
{
    context.require(Role::Admin)?;
    let plan = body.try_into()?;
    let subscription = change_plan(&app, context.tenant, &plan, None).await?;
    Ok(present(&subscription))
}

async fn patch<In, Out>(
    State(app): State<App>,
    context: TenantContext,
    IfMatch(seen): IfMatch,
    Json(body): Json<In>,
) -> Presented<Out>
where
    In: TryInto<PlanId, Error = FieldError> + DeserializeOwned,
    Out: for<'a> From<&'a Subscription> + Serialize,
{
    context.require(Role::Admin)?;
    let plan = body.try_into()?;
    let subscription = change_plan(&app, context.tenant, &plan, seen).await?;
    Ok(present(&subscription))
}

async fn usage<Out>(State(app): State<App>, context: TenantContext) -> Result<Json<Out>, ApiError>
where
    Out: for<'a> From<&'a Usage> + Serialize,
{
    let usage = current_usage(&app, &context).await?;
    Ok(Json(Out::from(&usage)))
}

async fn preview<Out>(State(app): State<App>, context: TenantContext) -> Result<Json<Out>, ApiError>
where
    Out: for<'a> From<&'a Invoice> + Serialize,
{
    let usage = current_usage(&app, &context).await?;
    let invoice = Invoice::preview(&usage).map_err(BillingError::from)?;
    Ok(Json(Out::from(&invoice)))
}

async fn current_usage(app: &App, context: &TenantContext) -> Result<Usage, BillingError> {
    let period = Period::month_of(app.clock.now());
    let work = (store::plan_in_force(), store::counted(period));
    let (plan, counted) = app.db.read(context.tenant, work).await?;
    Ok(Usage::price(plan, period, &counted)?)
}

fn present<Out>(subscription: &Subscription) -> (HeaderMap, Json<Out>)
where
    Out: for<'a> From<&'a Subscription> + Serialize,
{
    let headers = HeaderMap::from_iter([(ETAG, etag(subscription.version))]);
    (headers, Json(Out::from(subscription)))
}
