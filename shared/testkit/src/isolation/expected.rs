//! What a domain says about its routes.

use std::fmt;

use axum::http::Method;
use serde_json::{Value, json};
use shared::http::{Gate, Route};
use shared::tenant::Role;
use uuid::Uuid;

use crate::call::Call;

/// What one route does: for whom, with what body, with what answer.
///
/// By default it is a tenant's, for every role, and answers 200; `post` 201 and `delete` 204.
#[derive(Debug, Clone)]
pub struct Expected {
    method: Method,
    path: &'static str,
    body: Value,
    pub(super) gate: Gate,
    pub(super) role: Role,
    pub(super) status: u16,
    pub(super) lists: bool,
    pub(super) creates: bool,
    pub(super) unseen: bool,
}

impl Expected {
    fn new(method: Method, path: &'static str, body: Value, status: u16) -> Self {
        Self {
            method,
            path,
            body,
            gate: Gate::Tenant,
            role: Role::Member,
            status,
            lists: false,
            creates: false,
            unseen: false,
        }
    }

    /// `GET path`.
    pub fn get(path: &'static str) -> Self {
        Self::new(Method::GET, path, Value::Null, 200)
    }

    /// `POST path` with a body that it takes.
    pub fn post(path: &'static str, body: Value) -> Self {
        Self::new(Method::POST, path, body, 201)
    }

    /// `PUT path` with a body that it takes, and that changes something.
    pub fn put(path: &'static str, body: Value) -> Self {
        Self::new(Method::PUT, path, body, 200)
    }

    /// `PATCH path` with a body that it takes, and that changes something.
    pub fn patch(path: &'static str, body: Value) -> Self {
        Self::new(Method::PATCH, path, body, 200)
    }

    /// `DELETE path`.
    pub fn delete(path: &'static str) -> Self {
        Self::new(Method::DELETE, path, Value::Null, 204)
    }

    /// It answers with another status.
    #[must_use]
    pub fn answers(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// It is for callers of this role and above.
    #[must_use]
    pub fn for_role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// It lists the domain's things in pages.
    #[must_use]
    pub fn lists(mut self) -> Self {
        self.lists = true;
        self
    }

    /// It makes a thing, once for each `Idempotency-Key`.
    #[must_use]
    pub fn creates(mut self) -> Self {
        self.creates = true;
        self
    }

    /// What it changes is shown by no route of the domain.
    #[must_use]
    pub fn unseen(mut self) -> Self {
        self.unseen = true;
        self
    }

    /// It is open to everybody, and says the same to each.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.gate = Gate::Public;
        self
    }

    /// It is for those who want to become somebody.
    #[must_use]
    pub fn credentials(mut self) -> Self {
        self.gate = Gate::Credentials;
        self
    }

    pub(super) fn reads(&self) -> bool {
        self.method == Method::GET
    }

    pub(super) fn names_a_thing(&self) -> bool {
        self.path.contains("{id}")
    }

    /// The path without its version: the same list in each version.
    pub(super) fn resource(&self) -> &'static str {
        let rest = self.path.trim_start_matches('/').split_once('/');
        rest.map_or(self.path, |(_, rest)| rest)
    }

    /// A call of the route about the thing `id`, on any version of it and under a new key.
    pub(super) fn call(&self, id: &str) -> Call {
        self.call_with(id, "")
    }

    /// The same with a query.
    pub(super) fn call_with(&self, id: &str, query: &str) -> Call {
        let path = self.path.replace("{id}", id);
        let call = Call::new(self.method.as_str(), &format!("{path}{query}"))
            .header("if-match", "*")
            .header("idempotency-key", &Uuid::now_v7().to_string());
        match &self.body {
            Value::Null => call.json(&json!({})),
            body => call.json(body),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Where a route table and what is said about it differ.
pub(super) fn uncovered<S>(table: &[Route<S>], expected: &[Expected]) -> Vec<String> {
    let mut findings = Vec::new();
    for route in table {
        let name = format!("{} {}", route.method, route.path);
        let mut said = expected.iter().filter(|said| said.to_string() == name);
        match (said.next(), said.next()) {
            (None, _) => findings.push(format!("{name}: nobody says what it does")),
            (Some(_), Some(_)) => findings.push(format!("{name}: is spoken of twice")),
            (Some(said), None) if said.gate != route.gate => {
                let gates = format!("{:?}, not {:?}", route.gate, said.gate);
                findings.push(format!("{name}: its gate is {gates}"));
            }
            (Some(_), None) => {}
        }
        if route.path.replace("{id}", "").contains('{') {
            findings.push(format!("{name}: nobody knows what it names"));
        }
    }
    let gone = expected.iter().filter(|said| {
        let is = |route: &Route<S>| route.method == said.method && route.path == said.path;
        !table.iter().any(is)
    });
    findings.extend(gone.map(|said| format!("{said}: there is no such route")));
    findings
}
