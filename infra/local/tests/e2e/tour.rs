//! What the tour shows, as assertions.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use local::api::{Call, Texts};
use serde_json::json;
use shared::clock::Clock;
use time::{
    Duration, OffsetDateTime,
    format_description::well_known::{Rfc2822, Rfc3339},
};

use crate::{
    tenant::Tenant,
    world::{World, run},
};

#[test]
fn a_tenant_gets_from_sign_up_to_its_report() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let owner = Tenant::log_in(world, owner.email).await;
        let me = owner.get("/v2/auth/me").await.json();
        assert_eq!(me["user"]["email"], owner.email);
        assert_eq!(me["tenant"]["id"], owner.id);
        assert_eq!(
            me["tenant"]["limits"],
            json!({ "minute": 100, "day": 10_000 })
        );

        let call = Call::post("/v1/projects", &Texts(&[("name", "Gripper")]));
        let first = owner.expect(201, call).await.json();
        assert_eq!(first, json!({ "id": first["id"], "name": "Gripper" }));
        let call = Call::post(
            "/v2/projects",
            &Texts(&[("name", "Zürich"), ("description", "Pilot")]),
        );
        let second = owner.expect(201, call.once()).await;
        assert_eq!(second.text("/description"), "Pilot");

        let list = owner.get("/v1/projects").await;
        let bare = json!([{ "id": second.text("/id"), "name": "Zürich" }, first]);
        assert_eq!(list.json(), bare);
        let (deprecated_at, sunset_at) = lifecycle(world);
        let deprecation = format!("@{}", deprecated_at.unix_timestamp());
        assert_eq!(list.header("deprecation"), deprecation);
        let sunset = OffsetDateTime::parse(list.header("sunset"), &Rfc2822);
        assert_eq!(sunset, Ok(sunset_at));
        assert!(
            list.header("link")
                .contains(r#"</v2/projects>; rel="successor-version""#)
        );
        let list = owner.get("/v2/projects").await;
        assert_eq!(list.json()["data"][0], second.json());
        assert_eq!(list.json()["meta"]["total"], 2);
        assert_eq!(list.header("deprecation"), "");

        let report = owner.order_report().await;
        let finished = owner.finished_report(&report).await;
        assert_eq!(finished["status"], "succeeded");
        let document = owner.download(&report).await;
        assert_eq!(finished["size_bytes"], document.len());
        let text = text_of(&document);
        for word in ["Acme", "Gripper", "Zürich", "Page 1 of 1"] {
            assert!(text.contains(word), "{word} is not in: {text}");
        }
    });
}

/// When the stack says that version 1 was deprecated and that it ends.
fn lifecycle(world: &World) -> (OffsetDateTime, OffsetDateTime) {
    let stages = &world.stack.template().api.stages;
    let first = stages.iter().find(|stage| stage.name == "v1").unwrap();
    let at = |name: &str| OffsetDateTime::parse(&first.variables[name], &Rfc3339).unwrap();
    (at("deprecated_at"), at("sunset_at"))
}

/// A date of the template's own would come, and version 1 would be gone from every machine.
#[test]
fn the_first_version_is_deprecated_and_ends_long_after_the_present() {
    run(async {
        let (deprecated_at, sunset_at) = lifecycle(World::product().await);
        let now = Clock::System.now();
        assert!(deprecated_at < now, "{deprecated_at}");
        assert!(sunset_at > now + Duration::days(300), "{sunset_at}");
    });
}

#[test]
fn the_same_document_comes_through_the_first_version() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        owner.create_project("Gripper").await;
        let job = owner
            .expect(200, Call::post("/v1/reports", &json!({})))
            .await;
        let id = job.text("/job_id");
        assert_eq!(owner.finished_report(&id).await["status"], "succeeded");
        let url = owner
            .get(&format!("/v1/reports/{id}/download"))
            .await
            .text("/url");
        let document = world.api.send(Call::get(url)).await.unwrap();
        assert_eq!(document.body, owner.download(&id).await);
        assert!(document.body.starts_with(b"%PDF-"));
    });
}

#[test]
fn the_discovery_document_leads_to_the_keys() {
    run(async {
        let world = World::product().await;
        Tenant::sign_up(world).await;
        let call = Call::get("/v2/auth/.well-known/openid-configuration");
        let discovery = world.api.send(call).await.unwrap();
        let keys = world
            .api
            .send(Call::get(discovery.text("/jwks_uri")))
            .await
            .unwrap();
        assert_eq!(keys.status, 200);
        assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 1);
    });
}

fn text_of(document: &[u8]) -> String {
    let mut command = Command::new("pdftotext");
    command
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let child = command.spawn();
    let mut child = child.unwrap_or_else(|_| panic!("pdftotext is missing: run make test"));
    child.stdin.take().unwrap().write_all(document).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "no PDF");
    String::from_utf8(output.stdout).unwrap()
}
