//! The step that finds out who is calling.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::tenant::TenantContext;

/// Puts the [`TenantContext`] into the request, or ends it with 401 or 403.
pub(super) async fn identify(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let context = match TenantContext::from_authorizer(&parts) {
        Ok(context) => context,
        Err(refusal) => return refusal.into_response(),
    };
    parts.extensions.insert(context.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // For the record of the request, which is written further out.
    response.extensions_mut().insert(context);
    response
}
