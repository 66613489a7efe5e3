//! When a delivery is tried again, and when an endpoint is given up.

use aws_lc_rs::digest::{SHA256, digest};
use shared::ids::DeliveryId;
use shared::jobs::WebhookOutcome;
use time::{Duration, OffsetDateTime};

/// The waits after the first attempt, the second and so on, in seconds: of Standard Webhooks. After the
/// last one a delivery has failed.
pub const WAITS_SECS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// How far a wait may be off to either side, in percent: receivers that come back are not met by
/// everybody at the same instant.
const JITTER_PERCENT: i64 = 20;
/// The longest time that a receiver may ask to be left alone, in seconds.
pub const RETRY_AFTER_SECS_MAX: i64 = 86_400;
/// How long an endpoint may go without one success before it is disabled, in seconds: 5 days.
pub const FAILING_SECS_MAX: i64 = 432_000;
/// Gone (RFC 9110, section 15.5.11): a receiver that wants to hear nothing more.
const GONE: u16 = 410;

/// How a delivery and its endpoint stand when a result comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Attempts that failed before.
    pub tries: i32,
    /// Since when the endpoint has had no success, if its last delivery failed.
    pub failing_since: Option<OffsetDateTime>,
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It has arrived.
    Succeeded,
    /// It is tried again then.
    Again(OffsetDateTime),
    /// It is given up.
    Failed,
}

/// Why an endpoint is not sent to any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It answered 410.
    Gone,
    /// It had no success for [`FAILING_SECS_MAX`].
    Failing,
}

impl Reason {
    /// The word used in tables and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// What follows from a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// For the delivery.
    pub next: Next,
    /// Attempts that have failed by now.
    pub tries: i32,
    /// Since when the endpoint fails.
    pub failing_since: Option<OffsetDateTime>,
    /// Whether the endpoint is to be disabled.
    pub disable: Option<Reason>,
}

/// Judges an attempt that was made; `now` is when its result came in.
///
/// Only 2xx is a success. `Retry-After` can put the next attempt off and not bring it forward.
pub fn judge(standing: Standing, outcome: &WebhookOutcome, now: OffsetDateTime) -> Verdict {
    let (status, asked_secs) = match outcome {
        WebhookOutcome::Answered {
            status,
            retry_after_secs,
            ..
        } => (Some(*status), retry_after_secs.unwrap_or(0)),
        WebhookOutcome::Failed { .. } | WebhookOutcome::Stale => (None, 0),
    };
    if status.is_some_and(|status| (200..300).contains(&status)) {
        return Verdict {
            next: Next::Succeeded,
            tries: standing.tries,
            failing_since: None,
            disable: None,
        };
    }
    let since = standing.failing_since.unwrap_or(now);
    let gone = status == Some(GONE);
    let failing = now - since >= Duration::seconds(FAILING_SECS_MAX);
    Verdict {
        next: match wait_secs(standing) {
            Some(secs) if !gone => {
                let asked_secs = i64::from(asked_secs).min(RETRY_AFTER_SECS_MAX);
                Next::Again(now + Duration::seconds(secs.max(asked_secs)))
            }
            _ => Next::Failed,
        },
        tries: standing.tries.saturating_add(1),
        failing_since: Some(since),
        disable: match (gone, failing) {
            (true, _) => Some(Reason::Gone),
            (false, true) => Some(Reason::Failing),
            (false, false) => None,
        },
    }
}

/// The wait before the next attempt, with its jitter; `None` after the last one.
fn wait_secs(standing: Standing) -> Option<i64> {
    let place = usize::try_from(standing.tries).ok()?;
    let wait = *WAITS_SECS.get(place)?;
    // As good as chance, and the same for the same attempt: a repeated result changes nothing.
    let seed = [
        standing.delivery.as_uuid().as_bytes(),
        &standing.tries.to_be_bytes()[..],
    ]
    .concat();
    let hash = digest(&SHA256, &seed);
    let first = hash.as_ref().first_chunk().copied().unwrap_or_default();
    let spread = wait * JITTER_PERCENT / 100;
    let off = i64::from(u32::from_be_bytes(first)) % (2 * spread + 1);
    Some(wait - spread + off)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-02-03 04:05:06 UTC);

    fn standing(tries: i32) -> Standing {
        Standing {
            delivery: DeliveryId::new(),
            tries,
            failing_since: None,
        }
    }

    fn answered(status: u16, retry_after_secs: Option<u32>) -> WebhookOutcome {
        WebhookOutcome::Answered {
            status,
            retry_after_secs,
            response: String::new(),
        }
    }

    #[test]
    fn each_wait_is_the_schedules_give_or_take_a_fifth() {
        for (tries, wait) in (0..).zip(WAITS_SECS) {
            let mut waits = Vec::new();
            for _ in 0..200 {
                let verdict = judge(standing(tries), &answered(500, None), NOW);
                let Next::Again(at) = verdict.next else {
                    panic!("{verdict:?}");
                };
                assert_eq!(verdict.tries, tries + 1);
                waits.push((at - NOW).whole_seconds());
            }
            let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(
                *least >= wait - wait / 5 && *most <= wait + wait / 5,
                "{least} {most}"
            );
            assert!(least < most, "no jitter after attempt {tries}");
        }
        let last = judge(standing(9), &answered(500, None), NOW);
        assert_eq!((last.next, last.disable), (Next::Failed, None));
    }

    #[test]
    fn only_2xx_is_a_success_and_410_ends_it() {
        for status in [200, 201, 204, 299] {
            let verdict = judge(standing(3), &answered(status, None), NOW);
            assert_eq!(
                (verdict.next, verdict.failing_since),
                (Next::Succeeded, None)
            );
        }
        for status in [
            199, 300, 301, 302, 307, 308, 400, 401, 404, 409, 411, 429, 500, 503,
        ] {
            let verdict = judge(standing(0), &answered(status, None), NOW);
            assert!(matches!(verdict.next, Next::Again(_)), "{status}");
            assert_eq!((verdict.failing_since, verdict.disable), (Some(NOW), None));
        }
        let gone = judge(standing(0), &answered(410, Some(60)), NOW);
        assert_eq!(
            (gone.next, gone.disable),
            (Next::Failed, Some(Reason::Gone))
        );
    }

    #[test]
    fn a_receiver_may_put_an_attempt_off_for_a_day_and_not_bring_it_forward() {
        let after =
            |tries: i32, asked: u32| match judge(standing(tries), &answered(503, Some(asked)), NOW)
                .next
            {
                Next::Again(at) => (at - NOW).whole_seconds(),
                other => panic!("{other:?}"),
            };
        assert_eq!(after(0, 120), 120);
        assert_eq!(after(0, u32::MAX), RETRY_AFTER_SECS_MAX);
        assert!(after(5, 1) >= WAITS_SECS[5] * 4 / 5);
    }

    #[test]
    fn an_endpoint_is_given_up_after_five_days_without_a_success() {
        let failed = WebhookOutcome::Failed {
            error: "timeout".to_owned(),
        };
        for (days, disable) in [
            (4, None),
            (5, Some(Reason::Failing)),
            (9, Some(Reason::Failing)),
        ] {
            let since = NOW - Duration::days(days);
            let standing = Standing {
                failing_since: Some(since),
                ..standing(2)
            };
            let verdict = judge(standing, &failed, NOW);
            assert_eq!(
                (verdict.disable, verdict.failing_since),
                (disable, Some(since))
            );
            // The delivery stays on its way, for when the endpoint is enabled again.
            assert!(matches!(verdict.next, Next::Again(_)));
        }
    }
}
