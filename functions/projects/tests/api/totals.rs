//! `meta.total`: exact for whoever asks, at no more cost for a large tenant than for a small one.

use serde_json::json;
use testkit::{Call, Caller};

use crate::{Scene, create};

/// What the list says, and how many rows there are.
async fn totals(scene: &Scene, caller: &Caller) -> (i64, i64) {
    let list = Call::get("/v2/projects?limit=1").by(caller);
    let list = list.send(&scene.service).await.expect(200).json();
    let count = shared::db::Statement::new("SELECT count(*) AS rows FROM projects")
        .one(|row| row.try_get("rows"));
    let rows = scene.app.db.read(caller.tenant, count).await.unwrap();
    (list["meta"]["total"].as_i64().unwrap(), rows)
}

#[tokio::test]
async fn creates_and_deletes_at_the_same_time_leave_an_exact_total() {
    const CALLERS: usize = 6;
    const ROUNDS: usize = 5;
    let scene = Scene::new().await;
    let stranger = scene.stranger().await;
    create(&scene.service, &stranger, "theirs").await;
    let callers = (0..CALLERS).map(|_| {
        let app = scene.database.app("projects");
        let service = shared::pipeline::service(projects::routes::table(), app);
        let owner = scene.owner.clone();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let kept = create(&service, &owner, "kept").await;
                if round % 2 == 0 {
                    let path = format!("/v2/projects/{kept}");
                    let delete = Call::new("DELETE", &path).header("if-match", "*");
                    delete.by(&owner).send(&service).await.expect(204);
                }
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!(totals(&scene, &scene.owner).await, (12, 12));
    assert_eq!(totals(&scene, &stranger).await, (1, 1), "another tenant's");
}

#[tokio::test]
async fn a_create_that_was_rolled_back_or_repeated_does_not_count() {
    let scene = Scene::new().await;
    let first = Call::post("/v2/projects", &json!({ "name": "Apollo" }));
    let first = first.header("idempotency-key", "k");
    scene.send(first.clone()).await.expect(201);
    let replayed = scene.send(first).await.expect(201);
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    assert_eq!(totals(&scene, &scene.owner).await, (1, 1));

    // Without its outbox nothing of a create is kept.
    let owner = scene.database.owner().await;
    let hide = "ALTER TABLE projects.outbox RENAME TO hidden";
    owner.batch_execute(hide).await.unwrap();
    let failed = Call::post("/v1/projects", &json!({ "name": "Gemini" }));
    scene.send(failed.clone()).await.expect(500);
    assert_eq!(totals(&scene, &scene.owner).await, (1, 1));
    let show = "ALTER TABLE projects.hidden RENAME TO outbox";
    owner.batch_execute(show).await.unwrap();
    scene.send(failed).await.expect(201);
    assert_eq!(totals(&scene, &scene.owner).await, (2, 2));
}

/// The control: the total is not counted, so it is as right as the triggers keep it.
#[tokio::test]
async fn without_the_trigger_the_total_is_wrong() {
    let scene = Scene::new().await;
    scene.create("Apollo").await;
    let owner = scene.database.owner().await;
    let drop = "DROP TRIGGER tally_insert ON projects.projects";
    owner.batch_execute(drop).await.unwrap();
    scene.create("Gemini").await;
    assert_eq!(totals(&scene, &scene.owner).await, (1, 2));
}
