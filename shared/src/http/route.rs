//! Routes as data: what the pipeline serves and what the tests enumerate.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

/// Who may come through a route, and what they are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A tenant's caller, counted by tenant. The default.
    Tenant,
    /// Anybody; for documents that are public, counted by nothing but the gateway.
    Public,
    /// Anybody who wants to become somebody: log-in, sign-up, refresh. Counted by address, and
    /// refused when the counter is out of reach.
    Credentials,
}

/// One endpoint: method, path with the version in front, gate and handler.
pub struct Route<S> {
    /// The method.
    pub method: Method,
    /// The path, such as `/v2/projects/{id}`.
    pub path: &'static str,
    /// Who may come through.
    pub gate: Gate,
    /// Whether `Idempotency-Key` must be sent.
    pub key_required: bool,
    pub(crate) handler: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    fn new<H, T>(method: Method, filter: MethodFilter, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        Self {
            method,
            path,
            gate: Gate::Tenant,
            key_required: false,
            handler: on(filter, handler),
        }
    }

    /// `GET path`.
    pub fn get<H: Handler<T, S>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::GET, MethodFilter::GET, path, handler)
    }

    /// `POST path`.
    pub fn post<H: Handler<T, S>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::POST, MethodFilter::POST, path, handler)
    }

    /// `PUT path`.
    pub fn put<H: Handler<T, S>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::PUT, MethodFilter::PUT, path, handler)
    }

    /// `PATCH path`.
    pub fn patch<H: Handler<T, S>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::PATCH, MethodFilter::PATCH, path, handler)
    }

    /// `DELETE path`.
    pub fn delete<H: Handler<T, S>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::DELETE, MethodFilter::DELETE, path, handler)
    }

    /// Opens the route to others than tenants' callers.
    #[must_use]
    pub fn gate(mut self, gate: Gate) -> Self {
        self.gate = gate;
        self
    }

    /// Insists on an `Idempotency-Key`.
    #[must_use]
    pub fn key_required(mut self) -> Self {
        self.key_required = true;
        self
    }
}
