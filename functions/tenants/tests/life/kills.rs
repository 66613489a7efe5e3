//! A purge that is killed at any moment is finished by the next run.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::json;
use shared::deadline::Deadline;
use tokio::time::timeout;

use crate::world::{World, sweep};

/// How often a purge is cut off, each time a little later.
const KILLS: u32 = 50;

/// Cutting a run off drops its future at an await, and its connection with it: for the database, the
/// bucket and the table, that is what a killed process looks like.
#[tokio::test]
async fn a_purge_that_is_cut_off_is_finished_by_the_next_run() {
    let world = World::new().await;
    let first = world.resident("first", 3_000).await;
    world.offboard(first.tenant).await;
    world.let_time_pass().await;
    let begun = Instant::now();
    world.sweep().await;
    let whole = begun.elapsed();

    let acme = world.resident("acme", 3_000).await;
    let beta = world.resident("beta", 5).await;
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    let mut seen = BTreeSet::new();
    for kill in 1..=KILLS {
        let function = world.function();
        let deadline = Deadline::never();
        let run = function.handle(sweep(), &deadline);
        // Whether it was cut off or came to its end: both happen, and both are fine.
        let _ = timeout(whole * kill / KILLS, run).await;
        seen.insert(world.status(acme.tenant).await);
    }
    assert!(seen.contains("purging"), "never cut off half-way: {seen:?}");
    world.sweep().await;
    assert_eq!(world.sweep().await, json!({"purged": [], "unfinished": []}));
    assert_eq!(world.traces(acme).await, [""; 0]);
    assert_eq!(world.outside(acme.tenant).await, [""; 0]);
    let certificate = world.command("certificate", acme.tenant).await;
    assert!(certificate.unwrap().is_string());
    assert_eq!(world.status(beta.tenant).await, "active");
}
