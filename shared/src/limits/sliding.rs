//! The arithmetic of a sliding window: one counter that only grows, and marks on it.
//!
//! ```text
//! total                   41 ─────────────── 60 ──────── 97 ────► 100
//! cells of the minute      │ 7101 │      │ 7103 │      │ 7105 │
//! marks                   m7101=41        m7103=60       m7105=97
//! ```
//!
//! Each window is cut into [`CELLS`] cells. The first request in a cell leaves a mark: what the
//! total was before it. What a window has admitted is the total less its oldest mark that still
//! counts, so a store needs one comparison to decide for all quotas at once: is the total at most
//! the [ceiling](Bucket::ceiling)?
//!
//! A cell counts in full until all of it has left the window. So the bound holds for every window
//! and not only on average, as weighing the previous window's total would do (a burst followed by
//! an even spread passes such a limiter almost twice); the price is that a unit comes back up to
//! one cell late.

use std::collections::BTreeMap;

use super::standing::{Decision, QuotaStanding, Standing};
use crate::quota::{Quotas, Window};

/// How many cells a window is cut into.
pub const CELLS: u64 = 30;

/// How far the clocks of two instances may be apart without more than the limit being admitted.
pub const CLOCK_SKEW_MS_MAX: u64 = 1_000;

/// What a bucket has admitted. Times are milliseconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    total: u64,
    marks: BTreeMap<(Window, u64), u64>,
}

impl Bucket {
    /// A bucket as a store has kept it.
    pub fn stored(total: u64, marks: impl IntoIterator<Item = ((Window, u64), u64)>) -> Self {
        Self {
            total,
            marks: marks.into_iter().collect(),
        }
    }

    /// Everything ever admitted, in units of cost.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Counts a request of `cost` if it fits with every quota, else with none.
    pub fn decide(&mut self, quotas: &Quotas, cost: u32, now_ms: u64) -> Decision {
        if !self.fits(quotas, cost, now_ms) {
            return self.denial(quotas, cost, now_ms);
        }
        for quota in quotas.iter() {
            let cell = cell_at(quota.window(), now_ms);
            let mark = self.marks.entry((quota.window(), cell));
            mark.or_insert(self.total);
        }
        self.total += u64::from(billable(quotas, cost));
        self.marks.retain(|mark, _| counts(mark, now_ms));
        Decision::Allow(self.standing(quotas, now_ms))
    }

    /// The highest total that no quota forbids.
    ///
    /// It never falls while the limits stay as they are, and computed from an older state of the
    /// bucket it is at most what the newest state would give. So an instance may rely on what it
    /// has last seen.
    pub fn ceiling(&self, quotas: &Quotas, now_ms: u64) -> u64 {
        quotas
            .iter()
            .map(|quota| self.base(quota.window(), now_ms) + u64::from(quota.limit()))
            .min()
            .unwrap_or(self.total)
    }

    /// Whether a request of `cost` would be admitted.
    pub fn fits(&self, quotas: &Quotas, cost: u32, now_ms: u64) -> bool {
        self.total + u64::from(billable(quotas, cost)) <= self.ceiling(quotas, now_ms)
    }

    /// Where the caller stands.
    pub fn standing(&self, quotas: &Quotas, now_ms: u64) -> Standing {
        Standing::new(quotas.iter().map(|quota| {
            let base = self.base(quota.window(), now_ms);
            let used = u32::try_from(self.total - base).unwrap_or(u32::MAX);
            let more_at = self.base_reaches_at(quota.window(), base + 1, now_ms);
            QuotaStanding {
                quota,
                remaining: quota.limit().saturating_sub(used),
                more_after_secs: more_at.map_or(0, |at_ms| secs_until(at_ms, now_ms)),
            }
        }))
    }

    /// The refusal of a request that does not fit.
    pub fn denial(&self, quotas: &Quotas, cost: u32, now_ms: u64) -> Decision {
        let wanted = self.total + u64::from(billable(quotas, cost));
        let fits_at = quotas
            .iter()
            .filter_map(|quota| {
                let base = wanted.saturating_sub(u64::from(quota.limit()));
                self.base_reaches_at(quota.window(), base, now_ms)
            })
            .max();
        Decision::Deny {
            standing: self.standing(quotas, now_ms),
            retry_after_secs: secs_until(fits_at.unwrap_or(now_ms), now_ms),
        }
    }

    /// The marks that no longer count, which a store can drop.
    pub fn stale_marks(&self, now_ms: u64) -> impl Iterator<Item = (Window, u64)> {
        let marks = self.marks.keys().copied();
        marks.filter(move |mark| !counts(mark, now_ms))
    }

    /// What the total was before the oldest request that still counts.
    fn base(&self, window: Window, now_ms: u64) -> u64 {
        let marks = self.counting(window, now_ms).map(|(_, total)| total);
        marks.fold(self.total, u64::min)
    }

    /// When [`Self::base`] will be at least `base`; `None` when it is already.
    fn base_reaches_at(&self, window: Window, base: u64, now_ms: u64) -> Option<u64> {
        let below = self
            .counting(window, now_ms)
            .filter(|(_, total)| *total < base);
        below.map(|(cell, _)| leaves_at_ms(window, cell)).max()
    }

    fn counting(&self, window: Window, now_ms: u64) -> impl Iterator<Item = (u64, u64)> {
        let oldest = oldest_cell(window, now_ms);
        let marks = self.marks.range((window, oldest)..=(window, u64::MAX));
        marks.map(|((_, cell), total)| (*cell, *total))
    }
}

/// The cost that is counted: at least 1, and never more than the smallest limit.
///
/// A request dearer than a whole limit would otherwise be refused for ever.
pub fn billable(quotas: &Quotas, cost: u32) -> u32 {
    cost.clamp(1, quotas.smallest_limit())
}

/// The cell of `window` in which a time lies.
pub fn cell_at(window: Window, now_ms: u64) -> u64 {
    now_ms / cell_ms(window)
}

fn cell_ms(window: Window) -> u64 {
    u64::from(window.secs()) * 1_000 / CELLS
}

/// How far back a window looks, the clocks' disagreement included.
fn reach_ms(window: Window) -> u64 {
    u64::from(window.secs()) * 1_000 + CLOCK_SKEW_MS_MAX
}

fn oldest_cell(window: Window, now_ms: u64) -> u64 {
    cell_at(window, now_ms.saturating_sub(reach_ms(window)))
}

fn counts(&(window, cell): &(Window, u64), now_ms: u64) -> bool {
    cell >= oldest_cell(window, now_ms)
}

fn leaves_at_ms(window: Window, cell: u64) -> u64 {
    (cell + 1) * cell_ms(window) + reach_ms(window)
}

fn secs_until(at_ms: u64, now_ms: u64) -> u32 {
    let secs = at_ms.saturating_sub(now_ms).div_ceil(1_000).max(1);
    u32::try_from(secs).unwrap_or(u32::MAX)
}
