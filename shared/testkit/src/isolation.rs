//! The questions that every route of every function must answer right, asked of its route table.

use axum::Router;
use serde_json::json;
use shared::http::{Gate, Route};
use uuid::Uuid;

use crate::call::{Call, Reply};
use crate::caller::Caller;

/// Reasons for which an authorizer turns a caller down.
const DENIALS: [&str; 3] = ["invalid_token", "expired_token", "revoked_session"];

/// Nobody gets through a tenant's route without an accepted caller: no credentials, and each kind
/// of denied ones, answer 401 before anything else is looked at.
pub async fn no_route_admits_a_stranger<S: Clone + Send + Sync + 'static>(
    table: &[Route<S>],
    service: &Router,
) {
    let guarded = table.iter().filter(|route| route.gate == Gate::Tenant);
    for route in guarded {
        let call = call(route, &Uuid::now_v7().to_string());
        call.send(service).await.expect(401);
        for reason in DENIALS {
            let reply = call.clone().denied(reason).send(service).await.expect(401);
            assert!(reply.header("www-authenticate").starts_with("Bearer"));
        }
    }
}

/// A thing of another tenant is, on every route that names one, byte for byte a thing that never
/// existed: 404 with the same body.
///
/// `foreign` is a thing that exists in a tenant other than the caller's; `bodies` gives a route a
/// body it accepts. The negative control is the caller's: the owner of `foreign` must reach it.
pub async fn foreign_is_absent<S: Clone + Send + Sync + 'static>(
    table: &[Route<S>],
    service: &Router,
    stranger: &Caller,
    foreign: &str,
    body: fn(&Route<S>) -> serde_json::Value,
) {
    let naming = table.iter().filter(|route| route.path.contains("{id}"));
    let mut asked = 0;
    for route in naming {
        let send = async |id: &str| {
            let call = call(route, id).json(&body(route));
            call.by(stranger).send(service).await
        };
        let (theirs, nobodys) = (send(foreign).await, send(&Uuid::now_v7().to_string()).await);
        same(route, &theirs.expect(404), &nobodys.expect(404));
        asked += 1;
    }
    assert!(asked > 0, "no route names a thing");
}

fn same<S>(route: &Route<S>, theirs: &Reply, nobodys: &Reply) {
    let path = route.path;
    assert_eq!(theirs.body, nobodys.body, "{} {path}", route.method);
    let names = |reply: &Reply| {
        let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(theirs), names(nobodys), "{} {path}", route.method);
}

fn call<S>(route: &Route<S>, id: &str) -> Call {
    let path = route.path.replace("{id}", id);
    Call::new(route.method.as_str(), &path)
        .header("if-match", "*")
        .header("idempotency-key", &Uuid::now_v7().to_string())
        .json(&json!({}))
}
