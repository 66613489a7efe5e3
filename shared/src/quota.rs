//! Quotas: how much a caller may ask for within a window of time.
//!
//! A plan sells them, the authorizer hands them on as one string (`minute=100,day=10000`), and
//! [`crate::limits`] holds callers to them.

use std::fmt;
use std::str::FromStr;

/// The largest limit a quota can have, in units of cost.
pub const LIMIT_MAX: u32 = 1_000_000_000;

/// How many quotas one caller can have: one for each [`Window`].
pub const QUOTAS_MAX: usize = Window::ALL.len();

/// The span of time a quota looks back over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// 60 seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
    /// 86,400 seconds.
    Day,
    /// 30 days; windows slide, so they follow no calendar.
    Month,
}

impl Window {
    /// All of them, shortest first.
    pub const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Month];

    /// The word used in plans and in the `RateLimit` headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// Its length in seconds.
    pub const fn secs(self) -> u32 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Month => 2_592_000,
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.name() == name)
    }
}

/// One limit over one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    window: Window,
    limit: u32,
}

impl Quota {
    /// The window.
    pub const fn window(self) -> Window {
        self.window
    }

    /// The window's name, which is also the quota's.
    pub const fn name(self) -> &'static str {
        self.window.name()
    }

    /// The most that may be admitted in any one window, in units of cost: 1 to [`LIMIT_MAX`].
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// The window's length in seconds.
    pub const fn window_secs(self) -> u32 {
        self.window.secs()
    }
}

/// One to [`QUOTAS_MAX`] quotas that hold together: a request passes all of them or none.
///
/// Written and read as `minute=100,day=10000`, shortest window first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quotas {
    first: Quota,
    // One slot for each window after the shortest, in the order of `Window::ALL`.
    rest: [Option<Quota>; QUOTAS_MAX - 1],
}

impl Quotas {
    /// A single quota. A limit below 1 counts as 1, one above [`LIMIT_MAX`] as that.
    pub const fn per(window: Window, limit: u32) -> Self {
        let limit = match limit {
            0 => 1,
            LIMIT_MAX.. => LIMIT_MAX,
            limit => limit,
        };
        Self {
            first: Quota { window, limit },
            rest: [None; QUOTAS_MAX - 1],
        }
    }

    /// All of them, shortest window first.
    pub fn iter(&self) -> impl Iterator<Item = Quota> {
        std::iter::once(self.first).chain(self.rest.iter().flatten().copied())
    }

    /// The longest window, in seconds.
    pub fn longest_secs(&self) -> u32 {
        self.iter().map(Quota::window_secs).max().unwrap_or(0)
    }

    /// The smallest limit.
    pub fn smallest_limit(&self) -> u32 {
        self.iter().map(Quota::limit).min().unwrap_or(1)
    }

    /// The same windows with other limits, each at least 1.
    #[must_use]
    pub fn map_limits(&self, limit: impl Fn(u32) -> u32) -> Self {
        let change = |quota: Quota| Quota {
            limit: limit(quota.limit).clamp(1, LIMIT_MAX),
            ..quota
        };
        Self {
            first: change(self.first),
            rest: self.rest.map(|slot| slot.map(change)),
        }
    }

    fn from_slots(slots: [Option<u32>; QUOTAS_MAX]) -> Option<Self> {
        let mut quotas = Window::ALL
            .into_iter()
            .zip(slots)
            .filter_map(|(window, limit)| limit.map(|limit| Quota { window, limit }));
        let first = quotas.next()?;
        Some(Self {
            first,
            rest: std::array::from_fn(|_| quotas.next()),
        })
    }
}

impl fmt::Display for Quotas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, quota) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{}={}", quota.name(), quota.limit())?;
        }
        Ok(())
    }
}

/// Why a text is no list of quotas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaError {
    /// It holds no quota.
    Empty,
    /// A part is not of the form `window=limit`.
    NoPair(String),
    /// A window that does not exist.
    UnknownWindow(String),
    /// A window that stands there twice.
    Twice(&'static str),
    /// A limit that is no whole number from 1 to [`LIMIT_MAX`].
    Limit(&'static str),
}

impl fmt::Display for QuotaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no quota"),
            Self::NoPair(part) => write!(f, "{part:?} is not window=limit"),
            Self::UnknownWindow(name) => {
                write!(f, "unknown window {name:?}: use minute, hour, day or month")
            }
            Self::Twice(name) => write!(f, "window {name} stands there twice"),
            Self::Limit(name) => {
                write!(
                    f,
                    "the limit per {name} is no whole number from 1 to {LIMIT_MAX}"
                )
            }
        }
    }
}

impl std::error::Error for QuotaError {}

impl FromStr for Quotas {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        if text.trim().is_empty() {
            return Err(QuotaError::Empty);
        }
        let mut slots = [None; QUOTAS_MAX];
        for part in text.split(',') {
            let (name, limit) = part
                .split_once('=')
                .ok_or_else(|| QuotaError::NoPair(part.to_owned()))?;
            let window = Window::named(name.trim())
                .ok_or_else(|| QuotaError::UnknownWindow(name.trim().to_owned()))?;
            let limit = limit
                .trim()
                .parse::<u32>()
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or(QuotaError::Limit(window.name()))?;
            let slot = slots.get_mut(window as usize).ok_or(QuotaError::Empty)?;
            if slot.replace(limit).is_some() {
                return Err(QuotaError::Twice(window.name()));
            }
        }
        Self::from_slots(slots).ok_or(QuotaError::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_as_written() {
        let quotas: Quotas = "day=10000, minute=100".parse().unwrap();
        assert_eq!(quotas.to_string(), "minute=100,day=10000");
        assert_eq!(quotas.to_string().parse(), Ok(quotas));
        let names: Vec<_> = quotas.iter().map(Quota::name).collect();
        assert_eq!(names, ["minute", "day"]);
        assert_eq!(quotas.longest_secs(), 86_400);
        assert_eq!(quotas.smallest_limit(), 100);
    }

    #[test]
    fn a_text_that_is_no_plan_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "no quota"),
            ("minute", "\"minute\" is not window=limit"),
            ("minute=1,", "\"\" is not window=limit"),
            (
                "week=5",
                "unknown window \"week\": use minute, hour, day or month",
            ),
            ("day=1,day=2", "window day stands there twice"),
            (
                "minute=0",
                "the limit per minute is no whole number from 1 to 1000000000",
            ),
            (
                "minute=-1",
                "the limit per minute is no whole number from 1 to 1000000000",
            ),
            (
                "hour=1e3",
                "the limit per hour is no whole number from 1 to 1000000000",
            ),
            (
                "day=5000000000",
                "the limit per day is no whole number from 1 to 1000000000",
            ),
        ] {
            let error = text.parse::<Quotas>().unwrap_err();
            assert_eq!(error.to_string(), reason, "for {text:?}");
        }
    }

    #[test]
    fn limits_stay_within_bounds() {
        assert_eq!(Quotas::per(Window::Minute, 0).to_string(), "minute=1");
        let most = Quotas::per(Window::Day, u32::MAX);
        assert_eq!(most.smallest_limit(), LIMIT_MAX);
        let quarter = Quotas::per(Window::Hour, 3).map_limits(|limit| limit / 4);
        assert_eq!(quarter.to_string(), "hour=1");
    }
}
