//! A worker that fails at everything: reports fail in the end, their tenants are told, and an operator
//! has them done when the worker works again. And what else happens to a report along its way.

use local::api::Call;
use serde_json::{Value, json};

use crate::{
    database::Database,
    tenant::Tenant,
    world::{OFTEN, SELDOM, World, eventually, run, until},
};

/// A message comes back after so many seconds, and five times.
const PARAMETERS: [(&str, &str); 2] = [
    ("ReportVisibilitySeconds", "2"),
    ("ReportLeaseSeconds", "2"),
];
/// Without it a worker cannot claim, and whoever stands behind the dead-letter queue needs it not.
const TO_CLAIM: &str = "FUNCTION billing.reports_at_once()";
const FUNCTION: &str = "ReportUndeliveredFunction";

async fn command(world: &World, command: &Value) -> Value {
    let lambda = world.stack.lambda();
    let answer = lambda.invoke(FUNCTION, command.to_string().into()).await;
    serde_json::from_slice(&answer.unwrap().unwrap()).unwrap()
}

#[test]
fn a_report_that_was_delivered_in_vain_fails_and_is_redriven() {
    run(async {
        let world = World::start("undelivered", &PARAMETERS).await;
        let database = Database::of(&world).await;
        let owner = Tenant::sign_up(&world).await;
        let grant = async |sql: &str| {
            let sql = format!("SET ROLE app_owner; {sql}; RESET ROLE");
            database.client.batch_execute(&sql).await.unwrap();
        };
        grant(&format!(
            "REVOKE EXECUTE ON {TO_CLAIM} FROM svc_report_worker"
        ))
        .await;
        let id = owner.order_report().await;
        let failed = owner.finished_report(&id).await;
        assert_eq!(failed["status"], "failed");
        assert_eq!(failed["problem"]["code"], "delivery_exhausted");

        grant(&format!("GRANT EXECUTE ON {TO_CLAIM} TO svc_report_worker")).await;
        let redrive = json!({ "command": "redrive", "tenant_id": owner.id });
        assert_eq!(command(&world, &redrive).await, json!({ "queued": 1 }));
        assert_eq!(owner.finished_report(&id).await["status"], "succeeded");
        assert!(owner.download(&id).await.starts_with(b"%PDF-"));
        owner.usage(&world, "reports", 1).await;
        world.stack.stop().await.unwrap();
    });
}

#[test]
fn a_report_is_called_off_asked_for_again_ordered_by_schedule_and_deleted() {
    run(async {
        let world = World::product().await;
        let database = Database::of(world).await;
        let owner = Tenant::sign_up(world).await;
        // So much to draw that there is time to call it off.
        database.insert_projects(&owner.id, 20_000).await;
        let id = owner.order_report().await;
        until("a worker's claim", OFTEN, async || {
            database.report(&id).await.0 == "running"
        })
        .await;
        let act = |verb: &str| Call::post(format!("/v2/reports/{id}/{verb}"), &json!({})).once();
        let cancelled = owner.expect(200, act("cancel")).await;
        assert_eq!(cancelled.text("/status"), "cancelled");
        owner
            .expect(409, Call::get(format!("/v2/reports/{id}/download")))
            .await;
        owner.expect(202, act("retry")).await;
        assert_eq!(owner.finished_report(&id).await["status"], "succeeded");
        let (_, fence) = database.report(&id).await;
        assert_eq!(fence, 2, "it was claimed twice");

        let schedule = owner.create_schedule().await;
        let due = format!(
            "UPDATE reports.schedules SET next_run_at = now() - interval '1 minute' WHERE id = '{schedule}'"
        );
        database.client.batch_execute(&due).await.unwrap();
        let ordered = eventually("the schedule's report", SELDOM, async || {
            let list = owner.get("/v2/reports?limit=1").await.json();
            let first = list["data"][0].clone();
            (first["schedule_id"] == *schedule).then_some(first)
        })
        .await;
        let ordered = ordered["id"].as_str().unwrap();
        assert_eq!(owner.finished_report(ordered).await["status"], "succeeded");

        owner
            .expect(
                204,
                Call::new(reqwest::Method::DELETE, format!("/v2/reports/{id}")),
            )
            .await;
        owner
            .expect(404, Call::get(format!("/v2/reports/{id}")))
            .await;
    });
}
