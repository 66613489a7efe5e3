//! What a caller is told about its quotas.
//!
//! `RateLimit-Policy` and `RateLimit` follow draft-ietf-httpapi-ratelimit-headers
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>). The names of quotas
//! are fixed words, so no value needs escaping.

use std::fmt::Write as _;

use axum::http::{HeaderName, HeaderValue};

use super::standing::Standing;

const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The headers of every answer for which quotas were asked.
///
/// `RateLimit-Policy` has each quota's limit (`q`) and window in seconds (`w`), `RateLimit` what is
/// left of it (`r`) and the seconds until more is left (`t`).
pub fn headers(standing: &Standing) -> [(HeaderName, HeaderValue); 2] {
    let (mut policy, mut state) = (String::new(), String::new());
    for (position, of) in standing.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        let (name, limit) = (of.quota.name(), of.quota.limit());
        let window_secs = of.quota.window_secs();
        // Writing to a `String` cannot fail.
        let _ = write!(policy, "{comma}\"{name}\";q={limit};w={window_secs}");
        let (left, more_secs) = (of.remaining, of.more_after_secs);
        let _ = write!(state, "{comma}\"{name}\";r={left};t={more_secs}");
    }
    [
        (RATE_LIMIT_POLICY, value(policy)),
        (RATE_LIMIT, value(state)),
    ]
}

fn value(text: String) -> HeaderValue {
    // Words and digits only, so this does not fail; an empty header would be the lesser evil.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::sliding::Bucket;

    #[test]
    fn headers_are_those_of_the_draft() {
        let quotas = "minute=100,day=10000".parse().unwrap();
        let mut bucket = Bucket::default();
        // The first cells begin at the epoch: 2 s of the minute, 2,880 s of the day.
        bucket.decide(&quotas, 3, 500);
        let [policy, state] = headers(&bucket.standing(&quotas, 500));
        assert_eq!(policy.0, "ratelimit-policy");
        assert_eq!(policy.1, "\"minute\";q=100;w=60, \"day\";q=10000;w=86400");
        assert_eq!(state.0, "ratelimit");
        assert_eq!(state.1, "\"minute\";r=97;t=63, \"day\";r=9997;t=89281");
    }
}
