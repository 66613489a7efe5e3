//! The events in `events/` are ones that the functions understand.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use shared::deadline::Deadline;
use shared::ids::EndpointId;
use testkit::{Call, TestQueue};
use webhooks::dispatch::Dispatcher;

use crate::Scene;

/// The events whose names begin like this, with their names.
fn events(prefix: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
    let wanted = named.filter(|(name, _)| name.starts_with(prefix));
    wanted
        .map(|(name, path)| (name, fs::read_to_string(path).unwrap()))
        .collect()
}

#[tokio::test]
async fn each_call_is_understood() {
    let scene = Scene::new().await;
    let calls = events("webhooks-").into_iter();
    let calls = calls.filter(|(name, _)| name.ends_with("-v2.json"));
    let mut count = 0;
    for (name, text) in calls {
        count += 1;
        let reply = scene.send(Call::from_event(&text)).await;
        let expected = match name.as_str() {
            "webhooks-create-endpoint-v2.json" => 201,
            "webhooks-event-types-v2.json"
            | "webhooks-list-deliveries-v2.json"
            | "webhooks-list-endpoints-v2.json" => 200,
            // The time that it asks for is to come, seen from here.
            "webhooks-recover-endpoint-v2.json" => 400,
            _ => 404,
        };
        reply.expect(expected);
    }
    assert_eq!(count, webhooks::routes::table().len());
}

#[tokio::test]
async fn each_batch_is_understood() {
    let scene = Scene::new().await;
    let dispatcher = Dispatcher {
        clock: scene.clock.clone(),
        db: scene.database.database("webhooks-dispatch"),
        events: TestQueue::new().await.queue(),
        outgoing: TestQueue::new().await.queue(),
    };
    let batches = events("webhooks-dispatch-");
    assert_eq!(batches.len(), 3);
    let founded = "INSERT INTO app.tenants (id, name) VALUES ('01980a00-0000-7000-8000-00000000000a', 'Acme')";
    scene
        .database
        .owner()
        .await
        .batch_execute(founded)
        .await
        .unwrap();
    for (name, text) in batches {
        let event: Value = serde_json::from_str(&text).unwrap();
        let answer = dispatcher.serve(event, &Deadline::never()).await.unwrap();
        let failures = answer
            .get("batchItemFailures")
            .cloned()
            .unwrap_or(json!([]));
        assert_eq!(failures, json!([]), "{name}");
    }
    // The control: a batch for somebody else is not.
    let strange = json!({ "v": 1, "id": EndpointId::new(), "tenant_id": scene.owner.tenant.id(),
        "type": "report.requested", "occurred_at": "2026-11-23T20:00:00Z", "data": {} });
    let strange = json!({ "Records": [{ "messageId": "1", "body": strange.to_string() }] });
    let answer = dispatcher.serve(strange, &Deadline::never()).await.unwrap();
    assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], "1");
}
