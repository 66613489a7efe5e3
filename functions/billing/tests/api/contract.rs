//! Version 1, byte for byte: a snapshot that changes is a broken promise.

use serde_json::{Value, json};
use shared::tenant::Role;
use testkit::Call;

use crate::invoice::count;
use crate::{Scene, put};

#[tokio::test]
async fn v1_bodies_stay_as_they_are() {
    let scene = Scene::new().await;
    let mut bodies = Vec::new();
    for path in ["plans", "subscription", "usage", "invoices/preview"] {
        let body = scene.get(&format!("/v1/billing/{path}")).await;
        bodies.push((format!("GET /v1/billing/{path}"), body));
    }
    let changed = scene.choose("pro").await;
    bodies.push(("PUT /v1/billing/subscription".to_owned(), changed.json()));

    count(&scene, "reports", 203).await;
    for path in ["usage", "invoices/preview"] {
        let body = scene.get(&format!("/v1/billing/{path}")).await;
        bodies.push((format!("GET /v1/billing/{path}, beyond"), body));
    }

    let member = scene.owner.clone().with_role(Role::Member);
    let failures = [
        ("400 plan", put("gold").by(&scene.owner)),
        ("400 body", put("").json(&json!({})).by(&scene.owner)),
        ("403", put("pro").by(&member)),
        ("401", Call::get("/v1/billing/usage")),
    ];
    for (name, call) in failures {
        bodies.push((name.to_owned(), call.send(&scene.service).await.json()));
    }
    let bodies: Value = bodies.into_iter().collect();
    insta::assert_json_snapshot!(bodies);
}
