//! Which path is which, and what a call does.

use axum::Extension;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::error::{ApiError, FieldError};
use shared::http::{Answer, Gate, Json, Route};
use shared::tenant::TenantContext;
use shared::versioning::ApiVersion;

use crate::documents::{Discovery, JwkSet, TokenResponse};
use crate::domain::{Grant, LogIn, Me, Refresh, SignUp};
use crate::session::user_agent;
use crate::state::Auth;
use crate::{audit, store, v1, v2};

/// How long the public documents may be kept: a new key is known everywhere five minutes after it
/// was published.
const PUBLIC_CACHE: &str = "public, max-age=300";
/// Tokens are kept by nobody but the one they are for (RFC 6749, section 5.1).
const NO_CACHE: &str = "no-store";
/// Why a session ended that its owner ended.
const LOGGED_OUT: &str = "logout";

/// Every endpoint of this domain, and which shapes serve which version.
pub fn table() -> Vec<Route<Auth>> {
    vec![
        Route::post("/v1/auth/signup", sign_up::<v1::SignUp>).gate(Gate::Credentials),
        Route::post("/v1/auth/login", log_in::<v1::LogIn>).gate(Gate::Credentials),
        Route::post("/v1/auth/refresh", refresh::<v1::Refresh>).gate(Gate::Credentials),
        Route::post("/v1/auth/logout", log_out),
        Route::get("/v1/auth/me", me::<v1::Me>),
        Route::get("/v1/auth/.well-known/jwks.json", keys).gate(Gate::Public),
        Route::get("/v1/auth/.well-known/openid-configuration", discovery).gate(Gate::Public),
        Route::post("/v2/auth/tenants", sign_up::<v2::CreateTenant>).gate(Gate::Credentials),
        Route::post("/v2/auth/sessions", log_in::<v2::CreateSession>).gate(Gate::Credentials),
        Route::post("/v2/auth/sessions/refresh", refresh::<v2::RefreshSession>)
            .gate(Gate::Credentials),
        Route::delete("/v2/auth/sessions/current", log_out),
        Route::get("/v2/auth/me", me::<v2::Me>),
        Route::get("/v2/auth/.well-known/jwks.json", keys).gate(Gate::Public),
        Route::get("/v2/auth/.well-known/openid-configuration", discovery).gate(Gate::Public),
    ]
}

async fn sign_up<In>(
    State(auth): State<Auth>,
    Extension(version): Extension<ApiVersion>,
    headers: HeaderMap,
    Json(body): Json<In>,
) -> Result<Answer, ApiError>
where
    In: TryInto<SignUp, Error = FieldError> + DeserializeOwned,
{
    let grant = auth.sign_up(body.try_into()?, user_agent(&headers)).await?;
    let answer = present(StatusCode::CREATED, grant)?;
    Ok(answer.with(LOCATION, format!("/{version}/auth/me")))
}

async fn log_in<In>(
    State(auth): State<Auth>,
    Extension(version): Extension<ApiVersion>,
    headers: HeaderMap,
    Json(body): Json<In>,
) -> Result<Answer, ApiError>
where
    In: TryInto<LogIn, Error = FieldError> + DeserializeOwned,
{
    let grant = auth.log_in(body.try_into()?, user_agent(&headers)).await?;
    let status = match version {
        ApiVersion::V1 => StatusCode::OK,
        ApiVersion::V2 => StatusCode::CREATED,
    };
    present(status, grant)
}

async fn refresh<In>(State(auth): State<Auth>, Json(body): Json<In>) -> Result<Answer, ApiError>
where
    In: Into<Refresh> + DeserializeOwned,
{
    let Refresh(token) = body.into();
    present(StatusCode::OK, auth.refresh(&token).await?)
}

fn present(status: StatusCode, grant: Grant) -> Result<Answer, ApiError> {
    let answer = Answer::json(status, &TokenResponse::from(grant))?;
    Ok(answer.with(CACHE_CONTROL, NO_CACHE))
}

/// Ends the session of the token that was sent. Ended twice, it has ended.
async fn log_out(State(auth): State<Auth>, context: TenantContext) -> Result<StatusCode, ApiError> {
    let (by, now) = (Some(context.user), auth.app.clock.now());
    let end = audit::end_session(context.session, LOGGED_OUT, by, now);
    auth.app.db.write(context.tenant, end).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me<Out>(State(auth): State<Auth>, context: TenantContext) -> Result<Json<Out>, ApiError>
where
    Out: From<Me> + Serialize,
{
    let found = auth
        .app
        .db
        .read(context.tenant, store::find_user(context.user))
        .await?;
    // No longer a member, while the token still lasts.
    let account = found.ok_or_else(|| ApiError::unauthenticated("invalid_token"))?;
    Ok(Json(Me::new(context, account).into()))
}

async fn keys(State(auth): State<Auth>) -> Result<Answer, ApiError> {
    auth.tokens.publish(&auth.app.db).await?;
    let keys = auth.app.db.without_tenant(store::public_keys()).await?;
    let answer = Answer::json(StatusCode::OK, &JwkSet { keys })?;
    Ok(answer.with(CACHE_CONTROL, PUBLIC_CACHE))
}

async fn discovery(State(auth): State<Auth>) -> Result<Answer, ApiError> {
    let answer = Answer::json(StatusCode::OK, &Discovery::of(auth.tokens.issuer()))?;
    Ok(answer.with(CACHE_CONTROL, PUBLIC_CACHE))
}
