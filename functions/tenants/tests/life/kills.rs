//! A purge that is killed at any moment is finished by the next run.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;
use shared::deadline::Deadline;
use tokio::time::timeout;

use crate::world::{Resident, World, sweep};

/// How many purges are cut off, each at another moment.
const KILLS: u32 = 50;
/// Rows enough for several statements.
const PROJECTS: u32 = 30;

async fn leaving(world: &World) -> Resident {
    let acme = world.resident("acme", PROJECTS).await;
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    acme
}

/// Cutting a run off drops its future at an await, and its connections with it: for the database, the
/// bucket and the table, that is what a killed process looks like.
#[tokio::test]
async fn a_purge_that_is_cut_off_is_finished_by_the_next_run() {
    let world = World::new().await;
    let beta = world.resident("beta", 5).await;
    leaving(&world).await;
    let begun = Instant::now();
    world.sweep().await;
    let whole = begun.elapsed();

    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for kill in 1..=KILLS {
        let acme = leaving(&world).await;
        let function = world.function();
        let deadline = Deadline::never();
        let run = function.handle(sweep(), &deadline);
        // Whether it was cut off or came to its end: both happen, and both are fine.
        let _ = timeout(whole * kill / KILLS, run).await;
        *seen.entry(world.status(acme.tenant).await).or_default() += 1;
        world.sweep().await;
        assert_eq!(world.status(acme.tenant).await, "purged", "kill {kill}");
        assert_eq!(world.outside(acme.tenant).await, [""; 0], "kill {kill}");
        let certificate = world.command("certificate", acme.tenant).await;
        assert!(certificate.unwrap().is_string());
        if kill == KILLS {
            assert_eq!(world.traces(acme).await, [""; 0]);
        }
    }
    assert!(
        seen.contains_key("purging"),
        "none was cut off half-way: {seen:?}"
    );
    assert_eq!(world.sweep().await, json!({"purged": [], "unfinished": []}));
    assert_eq!(world.status(beta.tenant).await, "active");
}
