//! Tenants take turns, whoever came first, and nothing that one of them does stops another.

use std::collections::BTreeSet;

use serde_json::json;
use shared::deadline::Deadline;
use shared::jobs::{Envelope, WebhookDue};
use testkit::{Receiver, named};
use webhooks::store::claims;

use crate::world::{World, text};

/// Runs of the schedule.
const RUNS: u32 = 40;

/// Three tenants that were founded ten days apart, each with something that is due.
const TENANTS: &str = "
SET ROLE app_owner;
DO $$
DECLARE
  tenant uuid;
BEGIN
  FOR place IN 1..3 LOOP
    tenant := lpad(to_hex(1770000000000 + place::bigint * 864000000), 12, '0') || '7000800000000000000' || place;
    INSERT INTO app.tenants (id, name) VALUES (tenant, 'one of three');
    PERFORM set_config('app.current_tenant', tenant::text, true);
    INSERT INTO webhooks.endpoints (id, slot, url, rate_per_minute) VALUES (tenant, 1, 'https://example.com/', 6000);
    INSERT INTO webhooks.secrets (endpoint_id, id, secret) VALUES (tenant, tenant, sha256('secret'));
    INSERT INTO webhooks.messages (id, type, body) VALUES (tenant, 'webhook.test', '{}');
    INSERT INTO webhooks.deliveries (id, endpoint_id, message_id, type, due_at)
    VALUES (tenant, tenant, tenant, 'webhook.test', now() - interval '1 hour');
  END LOOP;
END $$";

#[tokio::test]
async fn no_tenant_is_always_the_first() {
    let world = World::new().await;
    let owner = world.database.owner().await;
    owner.batch_execute(TENANTS).await.unwrap();
    owner.batch_execute("RESET ROLE").await.unwrap();
    let mut first = BTreeSet::new();
    for _ in 0..RUNS {
        let never = Deadline::never();
        let served = world.dispatcher.serve(json!({}), &never).await.unwrap();
        assert_eq!(served["sent"], 3);
        // Whoever was claimed first has the lowest transaction.
        let claimed =
            "SELECT tenant_id::text FROM webhooks.deliveries ORDER BY xmin::text::bigint LIMIT 1";
        let row = owner.query_one(claimed, &[]).await.unwrap();
        first.insert(row.get::<_, String>(0));
        let again = "UPDATE webhooks.deliveries SET claimed = false, due_at = created_at - interval '1 hour'";
        owner.batch_execute(again).await.unwrap();
    }
    assert!(first.len() > 1, "{first:?}");
    assert_eq!(world.outgoing.drain().await.len(), 3 * RUNS as usize);
}

/// An event that is being taken in holds its endpoints, so that none of them goes; who hands out
/// deliveries does not have to wait for that.
#[tokio::test]
async fn who_hands_out_does_not_wait_for_who_takes_in() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    for _ in 0..4 {
        let endpoint = world.endpoint(&receiver.url(), json!({})).await;
        world.test(&endpoint).await;
    }
    let ingest = named(claims::STATEMENTS, "INGEST");
    let begin = format!(
        "BEGIN; SELECT app.enter('{}'); PREPARE ingest AS {ingest};
         EXECUTE ingest (gen_random_uuid(), 'project.created', '{{}}', now())",
        world.owner.tenant.id()
    );
    let other = world.database.client("webhooks-dispatch").await;
    other.batch_execute(&begin).await.unwrap();
    let never = Deadline::never();
    let sent = world.dispatcher.pump(world.owner.tenant, &never).await;
    assert_eq!(sent.unwrap(), 4);
    // The control: a lock that keys do not pass.
    let client = world.database.client("webhooks-dispatch").await;
    let lock = format!(
        "BEGIN; SELECT app.enter('{}'); SELECT id FROM endpoints FOR UPDATE",
        world.owner.tenant.id()
    );
    let refused = client.batch_execute(&lock).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "55P03");
}

#[tokio::test]
async fn events_and_schedules_at_the_same_time_do_not_fail_each_other() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    for _ in 0..6 {
        world.endpoint(&receiver.url(), json!({})).await;
    }
    let twins: Vec<_> = (0..4)
        .map(|_| webhooks::dispatch::Dispatcher {
            db: world.database.database("webhooks-dispatch"),
            ..world.dispatcher.clone()
        })
        .collect();
    let never = Deadline::never();
    let runs = twins.iter().map(async |twin| {
        for _ in 0..8 {
            let body = serde_json::to_string(&world.project()).unwrap();
            let batch = json!({ "Records": [{ "messageId": "1", "body": body }] });
            let answer = twin.serve(batch, &never).await.unwrap();
            assert_eq!(answer["batchItemFailures"], json!([]));
            twin.pump(world.owner.tenant, &never).await.unwrap();
        }
    });
    futures_util::future::join_all(runs).await;
    assert_eq!(world.count("deliveries").await, 4 * 8 * 6);
}

#[tokio::test]
async fn an_event_of_a_suspended_tenant_arrives_when_it_is_redriven() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let endpoint = world.endpoint(&receiver.url(), json!({})).await;
    let owner = world.database.owner().await;
    let set = async |status: &str| {
        let set = format!("UPDATE app.tenants SET status = '{status}'");
        owner.batch_execute(&set).await.unwrap();
    };
    set("suspended").await;
    let event = world.project();
    let again = world.hear(&event).await;
    assert_eq!(again, json!([{ "itemIdentifier": "1" }]), "it is kept");
    let due = WebhookDue {
        endpoint_id: text(&endpoint, "id").parse().unwrap(),
    };
    let due = Envelope::new(world.owner.tenant, world.now(), due);
    assert_eq!(world.hear(&due).await, json!([]), "the schedule does it");
    set("active").await;
    assert_eq!(world.hear(&event).await, json!([]));
    world.settle().await;
    assert_eq!(receiver.seen().len(), 1);
    let id = format!("msg_{}", event.id.as_uuid().simple());
    assert_eq!(receiver.seen()[0].header("webhook-id"), id);
}

#[tokio::test]
async fn an_event_of_a_tenant_that_nobody_knows_is_dropped() {
    let world = World::new().await;
    let stranger = shared::tenant::Tenant::vouched_for(shared::ids::TenantId::new());
    let event = world.project();
    let event = Envelope::new(stranger, world.now(), event.data);
    assert_eq!(world.hear(&event).await, json!([]));
}
