//! A report shows one instant, however long it reads and whoever writes meanwhile.

use serde_json::json;
use shared::db::{Access, Database, DbError, Moment, Statement, Transaction};
use tokio::time::timeout;

use crate::{Scene, WAIT};

/// More than two batches, so that others get a word in between.
const PROJECTS: u32 = 2_500;
/// How often everything is turned over while reports are made.
const TURNS: u32 = 40;

const COUNT: &str = "SELECT count(*) AS rows FROM published_projects WHERE status = 'archived'";

fn archived() -> Statement<i64> {
    Statement::new(COUNT).one(|row| row.try_get("rows"))
}

const TURN: &str = "UPDATE projects.projects
                    SET status = CASE status WHEN 'active' THEN 'archived' ELSE 'active' END";

#[tokio::test]
async fn all_batches_of_a_report_are_of_one_instant() {
    let scene = Scene::new().await;
    scene.add_projects(PROJECTS).await;
    let tenant = scene.tenant.id();
    let writer = scene.database.owner().await;
    let turn = format!("BEGIN; SELECT app.enter('{tenant}'); {TURN}; COMMIT");
    let writing = async {
        for _ in 0..TURNS {
            writer.batch_execute(&turn).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..4 {
            let file = scene.file("project_summary", &json!({})).await;
            let rows = &file[1..];
            assert_eq!(rows.len(), usize::try_from(PROJECTS).unwrap());
            let same = rows.iter().filter(|row| row[2] == rows[0][2]).count();
            assert_eq!(same, rows.len(), "two instants in one report");
        }
    };
    timeout(WAIT * 4, async { tokio::join!(writing, reading) })
        .await
        .unwrap();
}

/// Turns everything over between two steps of a transaction; what each of them saw.
async fn steps(scene: &Scene, transaction: &mut Transaction<'_>) -> Result<(i64, i64), DbError> {
    let before = transaction.run(archived()).await?;
    scene.within(TURN).await;
    let after = transaction.run(archived()).await?;
    Ok((before, after))
}

/// The same two steps with and without a snapshot: without one, the second sees the other instant.
#[tokio::test]
async fn without_a_snapshot_two_steps_see_two_instants() {
    let scene = Scene::new().await;
    scene.add_projects(3).await;
    let db: &Database = &scene.worker.db;
    let moment = Moment {
        position: None,
        age: WAIT,
    };
    let work = async |transaction: &mut Transaction<'_>| steps(&scene, transaction).await;
    let snapshot = db.snapshot(scene.tenant, moment, work).await;
    assert_eq!(snapshot.unwrap(), (0, 0));
    let committed = db.transaction(scene.tenant, Access::Read, work).await;
    assert_eq!(committed.unwrap(), (3, 0));
}
