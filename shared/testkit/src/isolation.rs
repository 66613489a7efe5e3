//! The questions that every route of every function must answer right, asked of its route table.
//!
//! A domain says what each of its routes does ([`Expected`]) and how a thing is made; [`Suite`]
//! knocks at all of them: as a stranger, as another tenant, in each role, and as the owner. A
//! route that nobody said anything about is a finding, so a new one cannot be forgotten.
//!
//! The negative controls are built in: whatever another caller must not reach or do, the owner
//! does with the same request, and can be seen to have done.

mod another;
mod callers;
mod expected;
mod lists;
mod view;

use axum::Router;
use shared::http::{Gate, Route};

pub use expected::Expected;

use crate::call::{Call, Reply};
use crate::caller::Caller;

/// A function with two tenants in front of it.
pub struct Suite<'a, Make> {
    /// The function.
    pub service: &'a Router,
    /// What its routes do.
    pub expected: Vec<Expected>,
    /// The owner of a tenant.
    pub owner: &'a Caller,
    /// The owner of another one.
    pub other: &'a Caller,
    /// Makes a new thing, of the kind that the routes name, in a caller's tenant, and answers its id.
    /// A domain without things changes what the tenant has, and answers the tenant's id.
    pub make: Make,
}

impl<Make: AsyncFn(&Caller) -> String> Suite<'_, Make> {
    /// Fails the test unless every route of `table` keeps tenants apart.
    pub async fn holds<S: Clone + Send + Sync + 'static>(&self, table: &[Route<S>]) {
        let findings = self.findings(table).await;
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }

    /// Every way in which a route of `table` does not do what it should.
    pub async fn findings<S: Clone + Send + Sync + 'static>(
        &self,
        table: &[Route<S>],
    ) -> Vec<String> {
        let mut findings = expected::uncovered(table, &self.expected);
        if !findings.is_empty() {
            return findings;
        }
        for expected in &self.expected {
            let found = match expected.gate {
                Gate::Tenant => [
                    self.strangers(expected).await,
                    self.another_tenant(expected).await,
                    self.roles(expected).await,
                ]
                .concat(),
                Gate::Public | Gate::Credentials => self.anybody(expected).await,
            };
            findings.extend(found.into_iter().map(|what| format!("{expected}: {what}")));
        }
        findings.extend(self.lists().await);
        findings
    }

    async fn send(&self, call: Call, caller: &Caller) -> Reply {
        call.by(caller).send(self.service).await
    }
}

/// A finding, unless the answer has the status.
fn status(who: &str, reply: &Reply, expected: u16) -> Option<String> {
    let status = reply.status.as_u16();
    let body = String::from_utf8_lossy(&reply.body);
    (status != expected).then(|| format!("{who} got {status}, not {expected}: {body}"))
}

/// A finding, unless it holds.
fn claim(holds: bool, what: impl FnOnce() -> String) -> Option<String> {
    (!holds).then(what)
}
