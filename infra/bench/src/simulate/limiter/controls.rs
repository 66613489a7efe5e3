//! Limiters that are in use elsewhere, as controls: they see one exact clock and no network, and
//! still let more through than their limit.

/// A limiter that is asked about one request after the other.
pub trait Control {
    /// Whether a request at this time, in microseconds, is admitted.
    fn admits(&mut self, at_us: u64) -> bool;
}

const MINUTE_US: u64 = 60_000_000;

/// Counts by calendar minute, as the usual `INCR` with an expiry does.
#[derive(Debug)]
pub struct FixedWindow {
    limit: u64,
    minute: u64,
    count: u64,
}

impl FixedWindow {
    /// A limiter of `limit` a minute.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            minute: 0,
            count: 0,
        }
    }
}

impl Control for FixedWindow {
    fn admits(&mut self, at_us: u64) -> bool {
        let minute = at_us / MINUTE_US;
        if minute != self.minute {
            (self.minute, self.count) = (minute, 0);
        }
        let admits = self.count < self.limit;
        self.count += u64::from(admits);
        admits
    }
}

/// Weighs the previous minute's count by how much of that minute still lies in the window.
#[derive(Debug)]
pub struct WeighedWindows {
    limit: u64,
    minute: u64,
    count: u64,
    previous: u64,
}

impl WeighedWindows {
    /// A limiter of `limit` a minute.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            minute: 0,
            count: 0,
            previous: 0,
        }
    }
}

impl Control for WeighedWindows {
    fn admits(&mut self, at_us: u64) -> bool {
        let (minute, elapsed_us) = (at_us / MINUTE_US, at_us % MINUTE_US);
        if minute != self.minute {
            let follows = minute == self.minute + 1;
            self.previous = if follows { self.count } else { 0 };
            (self.minute, self.count) = (minute, 0);
        }
        let weighed = self.previous * (MINUTE_US - elapsed_us) / MINUTE_US;
        let admits = weighed + self.count < self.limit;
        self.count += u64::from(admits);
        admits
    }
}
