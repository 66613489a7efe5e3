//! Parameters in the path and in the query.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::json::fault;
use crate::error::{ApiError, FieldError};

/// The one parameter of a path, such as the `id` of `/v2/projects/{id}`.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: FromStr<Err: std::fmt::Display>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|error| fault("path", ".", &error.body_text()))?;
        let Some((name, text)) = params.iter().next() else {
            return Err(ApiError::not_found("resource"));
        };
        text.parse().map(Self).map_err(|error: T::Err| {
            FieldError::new(name.to_owned(), "malformed", error.to_string()).into()
        })
    }
}

/// The query as a struct; an unknown parameter is an error where the struct denies it.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let reader = serde_urlencoded::Deserializer::new(pairs);
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|error| {
                let path = error.path().to_string();
                fault("query", &path, &error.into_inner().to_string())
            })
    }
}
