//! The keys of a bucket: one, or several for a caller too hot for a single item.
//!
//! DynamoDB takes about 1,000 writes a second for one item
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>),
//! and every request is a write. A caller whose quota allows more than [`SHARD_RATE_MAX`] a second
//! gets several items, each with its part of every limit. The parts add up to the limit, so it is
//! never exceeded; a few requests are refused while another part has room.

use super::scope::Scope;
use super::standing::Standing;
use crate::quota::{Quota, Quotas};

/// The rate one item is asked to bear, in units of cost a second, averaged over a window.
pub const SHARD_RATE_MAX: u32 = 300;

/// How many items one caller can have.
pub const SHARDS_MAX: u32 = 32;

/// Where a scope's counts are kept.
#[derive(Debug)]
pub(super) struct Shards<'a> {
    scope: &'a Scope,
    quotas: &'a Quotas,
    count: u32,
}

impl<'a> Shards<'a> {
    pub(super) fn of(scope: &'a Scope, quotas: &'a Quotas) -> Self {
        let rate = |quota: Quota| quota.limit().div_ceil(quota.window_secs());
        let fastest = quotas.iter().map(rate).max().unwrap_or(0);
        let wanted = fastest.div_ceil(SHARD_RATE_MAX).min(SHARDS_MAX);
        Self {
            scope,
            quotas,
            // A part of a limit must not be empty.
            count: wanted.clamp(1, quotas.smallest_limit()),
        }
    }

    /// The shards' numbers, starting with the one whose `turn` it is.
    pub(super) fn in_turn(&self, turn: u32) -> impl Iterator<Item = u32> + use<> {
        let count = self.count;
        (0..count).map(move |step| (turn % count + step) % count)
    }

    /// The partition key of a shard.
    pub(super) fn key(&self, shard: u32) -> String {
        let scope = self.scope;
        match self.count {
            1 => format!("rl#{scope}"),
            _ => format!("rl#{scope}#{shard}"),
        }
    }

    /// A shard's part of the quotas.
    pub(super) fn quotas(&self, shard: u32) -> Quotas {
        self.quotas.map_limits(|limit| {
            let one_more = u32::from(shard < limit % self.count);
            limit / self.count + one_more
        })
    }

    /// A shard's standing as that of the whole.
    pub(super) fn whole(&self, part: Standing) -> Standing {
        part.seen_as(self.quotas, self.count)
    }
}

/// The keys of all items that a scope can have had, whatever its quotas were.
pub(super) fn all_keys(scope: &Scope) -> impl Iterator<Item = String> {
    let shards = (0..SHARDS_MAX).map(move |shard| format!("rl#{scope}#{shard}"));
    std::iter::once(format!("rl#{scope}")).chain(shards)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;

    #[test]
    fn parts_add_up_to_the_limit() {
        let scope = Scope::tenant(TenantId::new());
        for (text, count) in [
            ("minute=18000,day=10000", 1),
            ("minute=18001,day=1000003", 2),
            ("minute=1000000000", 32),
            ("minute=1000000,day=3", 3),
        ] {
            let quotas: Quotas = text.parse().unwrap();
            let shards = Shards::of(&scope, &quotas);
            assert_eq!(shards.count, count, "for {text}");
            for (position, quota) in quotas.iter().enumerate() {
                let part = |shard| shards.quotas(shard).iter().nth(position).unwrap().limit();
                let sum: u32 = shards.in_turn(7).map(part).sum();
                assert_eq!(sum, quota.limit(), "{} of {text}", quota.name());
            }
            let mut turns: Vec<u32> = shards.in_turn(u32::MAX).collect();
            turns.sort_unstable();
            assert_eq!(turns, (0..count).collect::<Vec<_>>());
        }
    }
}
