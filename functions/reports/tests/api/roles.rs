//! What only admins may ask for, only they may do something with.

use serde_json::{Value, json};
use shared::ids::ReportId;
use shared::tenant::Role;
use testkit::{Call, Caller, Reply};

use crate::{Scene, id, schedules};

/// Reports of this type are for admins.
const GUARDED: &str = "audit_extract";

impl Scene {
    async fn send_as(&self, role: Role, call: Call) -> Reply {
        let caller = Caller {
            role,
            ..self.owner.clone()
        };
        call.by(&caller).send(&self.service).await
    }

    async fn ordered_by_admin(&self, kind: &str) -> String {
        let key = ReportId::new().to_string();
        let order = Call::post("/v2/reports", &json!({ "type": kind }));
        let order = order.header("idempotency-key", &key);
        id(&self.send_as(Role::Admin, order).await.expect(202))
    }

    /// Sends it as a member, who is refused where the type is guarded, and as an admin, who is not.
    async fn guards(&self, guarded: bool, status: u16, call: impl Fn() -> Call) {
        if guarded {
            let refused = self.send_as(Role::Member, call()).await.expect(403);
            assert_eq!(refused.json()["code"], "insufficient_role");
            self.send_as(Role::Admin, call()).await.expect(status);
        } else {
            // The control: it is the type that makes the difference.
            self.send_as(Role::Member, call()).await.expect(status);
        }
    }
}

fn keyed(path: &str, body: &Value) -> Call {
    Call::post(path, body).header("idempotency-key", &ReportId::new().to_string())
}

#[tokio::test]
async fn a_member_ends_and_repeats_no_report_that_is_for_admins() {
    let scene = Scene::new().await;
    for (kind, guarded) in [(GUARDED, true), ("project_summary", false)] {
        let id = scene.ordered_by_admin(kind).await;
        let path = format!("/v2/reports/{id}");
        let post = |verb: &str| keyed(&format!("{path}/{verb}"), &json!({}));
        scene.guards(guarded, 200, || post("cancel")).await;
        scene.guards(guarded, 202, || post("retry")).await;
        scene.fail(&scene.owner, &id).await;
        scene
            .guards(guarded, 204, || Call::new("DELETE", &path))
            .await;
    }
}

#[tokio::test]
async fn a_member_schedules_no_report_that_is_for_admins() {
    let scene = Scene::new().await;
    let schedule = |kind: &str| {
        let when = schedules::weekly()["when"].clone();
        json!({ "report": { "type": kind }, "when": when })
    };
    for (kind, guarded) in [(GUARDED, true), ("project_summary", false)] {
        let create = || keyed("/v2/reports/schedules", &schedule(kind));
        scene.guards(guarded, 201, create).await;
        let made = scene.send_as(Role::Admin, create()).await.expect(201);
        let path = format!("/v2/reports/schedules/{}", id(&made));
        let change = |body: Value| {
            Call::new("PATCH", &path)
                .header("if-match", "*")
                .json(&body)
        };
        let pause = || change(json!({ "paused": true }));
        scene.guards(guarded, 200, pause).await;
        scene
            .guards(guarded, 204, || {
                Call::new("DELETE", &path).header("if-match", "*")
            })
            .await;
    }
    // One that was harmless does not become what its owner may not have.
    let made = scene.send_as(
        Role::Member,
        keyed("/v2/reports/schedules", &schedule("activity")),
    );
    let path = format!("/v2/reports/schedules/{}", id(&made.await.expect(201)));
    let change = || {
        Call::new("PATCH", &path)
            .header("if-match", "*")
            .json(&json!({ "report": { "type": GUARDED } }))
    };
    scene.guards(true, 200, change).await;
}
