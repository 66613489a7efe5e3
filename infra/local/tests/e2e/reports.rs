//! Reports that are asked for twice, and reports whose worker dies.

use futures_util::future::join;
use local::api::Call;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    database::Database,
    processes::{kill_all, ticks},
    tenant::{Tenant, order},
    world::{OFTEN, World, run, until},
};

/// So many rows take the worker of a development build a second.
const ROWS: i32 = 5_000;
/// A worker that has computed for so long since its claim is rendering.
const RENDERING_TICKS: u64 = 10;

/// The objects of a report, by their fences.
async fn documents(world: &World, tenant: &Tenant, report: &str) -> Vec<i64> {
    let bucket = &world.stack.template().buckets[0].name;
    let prefix = format!("tenants/{}/reports/{report}/", tenant.id);
    let request = world.stack.clients().s3.list_objects_v2();
    let listed = request.bucket(bucket).prefix(&prefix).send().await.unwrap();
    let keys = listed.contents().iter().filter_map(|object| object.key());
    let fence = |key: &str| {
        let name = key.strip_prefix(&prefix).unwrap();
        name.strip_suffix(".pdf").unwrap().parse().unwrap()
    };
    keys.map(fence).collect()
}

/// Where the document of an attempt is.
fn key(tenant: &Tenant, report: &str, fence: i64) -> String {
    format!("tenants/{}/reports/{report}/{fence}.pdf", tenant.id)
}

async fn object(world: &World, key: &str) -> Vec<u8> {
    let bucket = &world.stack.template().buckets[0].name;
    let request = world.stack.clients().s3.get_object();
    let object = request.bucket(bucket).key(key).send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}

#[test]
fn a_report_asked_for_twice_exists_once() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let call = order().once();
        let twins = join(owner.send(call.clone()), owner.send(call.clone())).await;
        // One of them may be told that the other is still at work.
        let statuses = [twins.0.status.as_u16(), twins.1.status.as_u16()];
        assert!(
            statuses.iter().all(|status| [202, 409].contains(status)),
            "{statuses:?}"
        );
        let again = owner.expect(202, call).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        let id = again.text("/id");
        assert_eq!(owner.finished_report(&id).await["status"], "succeeded");

        let list = owner.get("/v2/reports").await.json();
        assert_eq!(list["meta"]["total"], 1);
        assert_eq!(list["data"][0]["id"], id);
        assert_eq!(documents(world, &owner, &id).await, [1]);
        owner.usage(world, "reports", 1).await;
        // The control: under another key it is another report.
        assert_ne!(owner.order_report().await, id);
        let other_body = Call::post("/v2/reports", &json!({ "type": "other" }));
        let key = Uuid::new_v4().to_string();
        owner
            .expect(400, other_body.header("idempotency-key", key))
            .await;
    });
}

/// From the log-in that `auth` writes down to the file that a browser saves.
#[test]
fn a_data_file_has_its_own_type_and_name() {
    run(async {
        let world = World::product().await;
        let owner = Tenant::sign_up(world).await;
        let stranger = Tenant::sign_up(world).await;
        let body = json!({ "type": "audit_extract", "format": "csv" });
        let ordered = owner.expect(202, Call::post("/v2/reports", &body).once());
        let id = ordered.await.text("/id");
        let report = owner.finished_report(&id).await;
        assert_eq!(report["status"], "succeeded", "{report}");
        assert_eq!(report["pages"], Value::Null);
        let link = owner.download_link(&id).await;
        let file = world.api.send(Call::get(link)).await.unwrap();
        let kind = "text/csv; charset=utf-8; header=present";
        assert_eq!(file.header("content-type"), kind);
        let name = format!("attachment; filename=\"report-{id}.csv\"");
        assert_eq!(file.header("content-disposition"), name);
        let text = String::from_utf8(file.body).unwrap();
        let head = "occurred_at,action,actor,actor_id,subject_id,details,entry_id\r\n";
        assert!(text.starts_with(head), "{text}");
        for said in [
            "tenant.created",
            "member.added",
            "session.started",
            &owner.email,
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains(&stranger.email), "{text}");
    });
}

#[test]
fn a_worker_killed_while_rendering_is_followed_by_another() {
    run(async {
        let world = World::rough().await;
        let database = Database::of(world).await;
        let owner = Tenant::sign_up(world).await;
        database.insert_projects(&owner.id, ROWS).await;
        let id = owner.order_report().await;
        until("a worker's claim", OFTEN, async || {
            database.report(&id).await.0 == "running"
        })
        .await;
        let claimed = ticks(&world.stack, "report-worker");
        until("rendering", OFTEN, async || {
            ticks(&world.stack, "report-worker") >= claimed + RENDERING_TICKS
        })
        .await;
        kill_all(&world.stack, "report-worker").await;
        // The control: it had claimed the report and not finished it.
        assert_eq!(database.report(&id).await, ("running".to_owned(), 1));

        let report = owner.finished_report(&id).await;
        assert_eq!(report["status"], "succeeded");
        let (_, fence) = database.report(&id).await;
        assert!(fence > 1, "{fence}");
        // An attempt that was overtaken may have left its document, which nobody is shown.
        let documents = documents(world, &owner, &id).await;
        let (last, earlier): (Vec<i64>, Vec<i64>) =
            documents.iter().partition(|one| **one == fence);
        assert_eq!(last.len(), 1, "{documents:?} under fence {fence}");
        assert!(earlier.iter().all(|one| *one < fence), "{documents:?}");
        let link = owner.download_link(&id).await;
        let path = link.split('?').next().unwrap();
        assert!(path.ends_with(&key(&owner, &id, fence)), "{path}");
        let stored = object(world, &key(&owner, &id, fence)).await;
        assert_eq!(report["size_bytes"], stored.len());
        assert_eq!(owner.download(&id).await, stored);
        owner.usage(world, "reports", 1).await;
    });
}
