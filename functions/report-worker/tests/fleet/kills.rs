//! Workers that are killed, stalled past their lease, and given the same message twice.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::timeout;

use crate::check::findings;
use crate::slots::{Chaos, Toll, work};
use crate::world::World;

const WORKERS: usize = 6;
/// Of so many messages one is sent twice, and one not at all: that is left to the relay.
const TWICE: usize = 7;
const NEVER: usize = 11;

const UNFINISHED: &str = "reports.reports WHERE status IN ('queued', 'running')";

/// How long the control is waited for: where claims do not count, a report may be lost for good, and that
/// is a finding too.
const CONTROL_PATIENCE: Duration = Duration::from_secs(90);

/// Asks for so many reports each of tenants with these plans, and has them made.
async fn make(
    world: &World,
    orders: &[(&str, i32)],
    projects: u32,
    chaos: Chaos,
    until: impl Future<Output = ()>,
) -> Toll {
    let mut sent = Vec::new();
    for (plan, count) in orders {
        let tenant = world.tenant(plan, projects).await;
        let messages = world.order(tenant, *count).await;
        for (place, message) in messages.iter().enumerate() {
            let copies = match place {
                place if place % NEVER == 1 => 0,
                place if place % TWICE == 1 => 2,
                _ => 1,
            };
            sent.extend(std::iter::repeat_n(message.clone(), copies));
        }
    }
    world.send(&sent, true).await;
    let relay = world.relay();
    let toll = work(world, WORKERS, chaos, until).await;
    relay.abort();
    toll
}

#[tokio::test]
async fn every_report_is_made_once_whatever_happens_to_the_workers() {
    let world = World::new().await;
    let chaos = Chaos {
        killed: 15,
        stalled: 5,
        within: Duration::from_millis(150),
    };
    // The last one may have two at once: most of its reports are parked for a time.
    let orders = [("enterprise", 130), ("enterprise", 130), ("free", 40)];
    let all = world.until_none(UNFINISHED);
    let toll = make(&world, &orders, 40, chaos, all).await;
    let found = findings(&world).await;
    let orphans = world.bucket.keys().await.len().saturating_sub(300);
    println!("300 reports, {toll:?}, {orphans} documents of nobody");
    assert_eq!(found, [""; 0]);
    assert_eq!(world.count("reports.reports").await, 300);
    // The control of the chaos: it struck workers that were at work.
    assert!(toll.kills.load(Ordering::Relaxed) >= 20, "{toll:?}");
    assert!(toll.overtaken.load(Ordering::Relaxed) >= 3, "{toll:?}");
}

/// The control: where a claim does not count, a worker that was overtaken goes on as if nothing had
/// happened, and the same checker sees what comes of it.
#[tokio::test]
async fn without_the_fence_the_checker_finds_something() {
    let world = World::new().await;
    let unfenced = "
        CREATE FUNCTION public.unfenced() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN NEW.fence := OLD.fence; RETURN NEW; END';
        CREATE TRIGGER unfenced BEFORE UPDATE ON reports.reports FOR EACH ROW
          EXECUTE FUNCTION public.unfenced()";
    world.sql(unfenced).await;
    let chaos = Chaos {
        killed: 0,
        stalled: 60,
        within: Duration::from_millis(600),
    };
    let all = async {
        drop(timeout(CONTROL_PATIENCE, world.until_none(UNFINISHED)).await);
    };
    let toll = make(&world, &[("enterprise", 24)], 3_000, chaos, all).await;
    let found = findings(&world).await;
    println!("unfenced, {toll:?}: {found:?}");
    assert!(toll.overtaken.load(Ordering::Relaxed) > 0, "{toll:?}");
    assert!(!found.is_empty(), "{toll:?}");
}
