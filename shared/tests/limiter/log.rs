//! The checker: a log of what was admitted, and the most of it that lies in one window.

/// What was admitted: when, in milliseconds, and at what cost.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<(u64, u32)>);

impl Log {
    pub(crate) fn admit(&mut self, at_ms: u64, cost: u32) {
        self.0.push((at_ms, cost));
    }

    /// The cost admitted after `from_ms`, up to and including `to_ms`.
    pub(crate) fn between(&self, from_ms: u64, to_ms: u64) -> u32 {
        let within = self
            .0
            .iter()
            .filter(|(at, _)| (from_ms + 1..=to_ms).contains(at));
        within.map(|(_, cost)| cost).sum()
    }

    /// The most that was admitted within any `window_ms`.
    pub(crate) fn worst(&self, window_ms: u64) -> u32 {
        let ends = self.0.iter().map(|(at, _)| *at);
        let in_window = ends.map(|end| self.between(end - window_ms, end));
        in_window.max().unwrap_or(0)
    }
}
