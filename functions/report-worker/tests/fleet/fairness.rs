//! One tenant's thousand reports do not hold up another's single one.

use std::time::Duration;

use shared::tenant::Tenant;
use tokio::time::{sleep, timeout};

use crate::slots::{Chaos, work};
use crate::world::World;

const WORKERS: usize = 4;
/// Reports of the large tenant that are done before the small one asks.
const DONE_FIRST: i64 = 6;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_mins(4);

/// How many of the large tenant's reports were begun while the small one's was in the queue.
async fn begun_before(world: &World, waiting: i32, grouped: bool) -> i64 {
    // More at once than there are workers: it is the queue that is fair here.
    let (large, small) = (
        world.tenant("enterprise", 20).await,
        world.tenant("free", 20).await,
    );
    let backlog = world.order(large, waiting).await;
    world.send(&backlog, grouped).await;
    let begun = async {
        let done = format!("{} AS r WHERE finished_at IS NOT NULL", reports_of(large));
        wait(async || world.count(&done).await >= DONE_FIRST).await;
        let order = world.order(small, 1).await;
        world.send(&order, grouped).await;
        world
            .sql("CREATE TABLE public.sent AS SELECT clock_timestamp() AS at")
            .await;
        let begun = format!("{} AS r WHERE started_at IS NOT NULL", reports_of(small));
        wait(async || world.count(&begun).await > 0).await;
    };
    work(world, WORKERS, Chaos::NONE, begun).await;
    let between = format!(
        "{} AS a, {} AS b, public.sent AS s WHERE a.started_at BETWEEN s.at AND b.started_at",
        reports_of(large),
        reports_of(small)
    );
    world.count(&between).await
}

fn reports_of(tenant: Tenant) -> String {
    format!(
        "(SELECT * FROM reports.reports WHERE tenant_id = '{}')",
        tenant.id()
    )
}

async fn wait(mut is_so: impl AsyncFnMut() -> bool) {
    let look = async {
        while !is_so().await {
            sleep(LOOK_EVERY).await;
        }
    };
    timeout(PATIENCE, look).await.unwrap();
}

#[tokio::test]
async fn a_tenant_with_one_report_waits_for_two_others_at_most() {
    let world = World::new().await;
    let begun = begun_before(&world, 1_000, true).await;
    println!("{begun} reports of a tenant with 1,000 were begun before another's one");
    assert!(begun <= 2, "{begun}");
    let waiting = world.count("reports.reports WHERE status = 'queued'").await;
    assert!(waiting > 900, "{waiting} were still waiting behind it");
}

/// The control: without groups it waits for all that came before it.
#[tokio::test]
async fn without_groups_it_waits_for_all_of_them() {
    let world = World::new().await;
    let begun = begun_before(&world, 60, false).await;
    println!("{begun} of 60 without groups");
    assert!(begun > 40, "{begun}");
}
