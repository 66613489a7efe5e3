//! Negative controls: limiters that are in use elsewhere, and must fail the same checker.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use shared::limits::Decision;
use shared::limits::sliding::Bucket;
use tokio::sync::Barrier;

use crate::log::Log;
use crate::world::{World, quotas};

const LIMIT: u32 = 60;
const WINDOW_MS: u64 = 60_000;

trait Limiter {
    fn admits(&mut self, now_ms: u64) -> bool;
}

/// Counts by calendar minute.
#[derive(Default)]
struct FixedWindow(HashMap<u64, u32>);

impl Limiter for FixedWindow {
    fn admits(&mut self, now_ms: u64) -> bool {
        let count = self.0.entry(now_ms / WINDOW_MS).or_default();
        *count += 1;
        *count <= LIMIT
    }
}

/// Weighs the previous minute's total by how much of it still lies in the window.
#[derive(Default)]
struct WeighedWindows(HashMap<u64, u64>);

impl Limiter for WeighedWindows {
    fn admits(&mut self, now_ms: u64) -> bool {
        let (index, elapsed) = (now_ms / WINDOW_MS, now_ms % WINDOW_MS);
        let previous = self.0.get(&(index - 1)).copied().unwrap_or(0);
        let weighed = previous * (WINDOW_MS - elapsed) / WINDOW_MS;
        let current = self.0.entry(index).or_default();
        let admits = *current + weighed < u64::from(LIMIT);
        *current += u64::from(admits);
        admits
    }
}

/// Ours.
impl Limiter for Bucket {
    fn admits(&mut self, now_ms: u64) -> bool {
        let minute = quotas(&format!("minute={LIMIT}"));
        matches!(self.decide(&minute, 1, now_ms), Decision::Allow(_))
    }
}

fn worst(limiter: &mut dyn Limiter, requests: impl Iterator<Item = u64>) -> u32 {
    let mut log = Log::default();
    for at_ms in requests {
        if limiter.admits(at_ms) {
            log.admit(at_ms, 1);
        }
    }
    log.worst(WINDOW_MS)
}

/// 100 requests in the last second of a minute, and 100 in the first of the next.
fn around_an_edge() -> impl Iterator<Item = u64> {
    (0..200).map(|request| 10 * WINDOW_MS - 1_000 + request * 10)
}

/// 100 requests in the last second of a minute, and five a second through the next.
fn burst_then_spread() -> impl Iterator<Item = u64> {
    let burst = (0..100).map(|request| 10 * WINDOW_MS - 1_000 + request * 10);
    burst.chain((0..290).map(|request| 10 * WINDOW_MS + request * 200))
}

#[test]
fn the_checker_finds_a_fixed_window() {
    assert_eq!(
        worst(&mut FixedWindow::default(), around_an_edge()),
        2 * LIMIT
    );
    assert_eq!(worst(&mut Bucket::default(), around_an_edge()), LIMIT);
}

#[test]
fn the_checker_finds_a_weighed_previous_window() {
    let weighed = worst(&mut WeighedWindows::default(), burst_then_spread());
    assert!(weighed > LIMIT * 19 / 10, "{weighed}");
    assert_eq!(worst(&mut Bucket::default(), burst_then_spread()), LIMIT);
}

#[tokio::test]
async fn reading_before_writing_admits_too_many() {
    const TAKERS: usize = 32;
    const ONE_ITEM_LIMIT: i64 = 10;
    let world = World::in_dynamodb().await;
    let together = Arc::new(Barrier::new(TAKERS));
    let takers = (0..TAKERS).map(|_| {
        let (client, table) = (world.table().client.clone(), world.table().name.clone());
        let together = Arc::clone(&together);
        tokio::spawn(async move {
            let key = AttributeValue::S("rl#naive".to_owned());
            let read = client.get_item().table_name(&table).key("pk", key.clone());
            let item = read.consistent_read(true).send().await.unwrap().item;
            let count = item.map_or(0, |item| item["n"].as_n().unwrap().parse().unwrap());
            together.wait().await;
            let counted = AttributeValue::N((count + 1).to_string());
            let write = client.put_item().table_name(&table);
            write
                .item("pk", key)
                .item("n", counted)
                .send()
                .await
                .unwrap();
            count < ONE_ITEM_LIMIT
        })
    });
    let takers = join_all(takers).await.into_iter();
    let admitted = takers
        .filter(|admitted| *admitted.as_ref().unwrap())
        .count();
    assert_eq!(
        admitted, TAKERS,
        "each of them read the count before any wrote it"
    );
    world.close().await;
}
