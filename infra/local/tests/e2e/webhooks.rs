//! A tenant's server hears of what happens, from the functions' own processes.

use local::api::Call;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use testkit::{Manner, Received, Receiver};

use crate::{
    tenant::Tenant,
    world::{OFTEN, SELDOM, World, eventually, run, until},
};

/// Makes an endpoint, and answers with what its owner is shown.
async fn endpoint(owner: &Tenant, receiver: &Receiver) -> Value {
    let body = json!({ "url": receiver.url() });
    let call = Call::post("/v2/webhooks/endpoints", &body).once();
    owner.expect(201, call).await.json()
}

/// What has arrived of one type.
fn arrived(receiver: &Receiver, kind: &str) -> Vec<Received> {
    let seen = receiver.seen().into_iter();
    seen.filter(|one| {
        let body: Value = serde_json::from_slice(&one.body).unwrap();
        body["type"] == kind
    })
    .collect()
}

#[test]
fn a_project_that_is_made_is_told_of_with_a_signature_that_the_official_library_takes() {
    run(async {
        let world = World::product().await;
        let (owner, stranger) = (Tenant::sign_up(world).await, Tenant::sign_up(world).await);
        let (ours, theirs) = (Receiver::start().await, Receiver::start().await);
        let endpoint = endpoint(&owner, &ours).await;
        self::endpoint(&stranger, &theirs).await;
        let project = owner.create_project("Apollo").await;
        until("the webhook", OFTEN, async || !ours.seen().is_empty()).await;

        let received = &arrived(&ours, "project.created")[0];
        let webhook = Webhook::new(endpoint["secret"].as_str().unwrap()).unwrap();
        webhook.verify(&received.body, &received.headers).unwrap();
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        assert_eq!(body["data"], json!({ "project_id": project }));

        let delivery = eventually("the result", SELDOM, async || {
            let list = owner.get("/v2/webhooks/deliveries").await.json();
            let delivery = list["data"][0].clone();
            (delivery["status"] == "succeeded").then_some(delivery)
        })
        .await;
        assert_eq!(delivery["webhook_id"], received.header("webhook-id"));
        let foreign = format!(
            "/v2/webhooks/deliveries/{}",
            delivery["id"].as_str().unwrap()
        );
        stranger.expect(404, Call::get(foreign)).await;
        assert_eq!(theirs.seen().len(), 0, "nobody else is told");
    });
}

#[test]
fn what_failed_is_tried_again_after_seconds_without_anybody_asking() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let receiver = Receiver::start().await;
        receiver.behave(Manner::status(500));
        endpoint(&owner, &receiver).await;
        owner.create_project("Apollo").await;
        until("the first attempt", OFTEN, async || {
            receiver.seen().len() == 1
        })
        .await;
        receiver.behave(Manner::status(200));
        until("the second attempt", OFTEN, async || {
            receiver.seen().len() == 2
        })
        .await;
        let seen = receiver.seen();
        assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
        assert_eq!(seen[0].body, seen[1].body);
    });
}
