//! Puts names in the place of what differs between two answers to the same event. Whatever no rule
//! here names has to be equal.

use std::collections::BTreeMap;

use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;
use uuid::Uuid;

/// How identities begin that the events and their world bring along: those of things, and those of
/// messages.
const KNOWN_IDS: [&str; 2] = ["01980a00-0000-7000-8000-", "059f36b4-87a3-44ab-83d2-"];
/// How a webhook's identity begins; a UUID without hyphens follows.
const WEBHOOK: &str = "msg_";
/// The length of an identity as text.
const ID_CHARS: usize = 36;
/// Parameters of a presigned URL that hold the moment, the day, or what follows from them.
const SIGNED: [&str; 3] = ["X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"];

/// The names of one answer's identities, and since when times are of this run.
#[derive(Debug)]
pub(crate) struct Placeholders {
    ids: BTreeMap<Uuid, usize>,
    recent: OffsetDateTime,
}

/// The answer with everything replaced. `now` is any moment of the run.
pub(crate) fn placed(mut answer: Value, now: OffsetDateTime) -> Value {
    let mut placeholders = Placeholders {
        ids: BTreeMap::new(),
        // The world has times of up to an hour ago, and some that are fixed, which are compared.
        recent: now - Duration::hours(2),
    };
    placeholders.walk("", &mut answer);
    answer
}

impl Placeholders {
    fn walk(&mut self, name: &str, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.walk(name, member);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.walk(name, item);
                }
            }
            Value::String(text) => *text = self.text(name, text),
            // For how long a tenant's writes were refused.
            Value::Number(_) if name == "refused_ms" => *value = "<milliseconds>".into(),
            _ => {}
        }
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        match name {
            // Each host gives requests identities of its own; the local gateway's are not SAM's.
            "request-id" | "request_id" => "<request id>".to_owned(),
            // A position in the write-ahead log, which moves with each write.
            "consistency-token" => "<position>".to_owned(),
            // What is left of a limit is compared, the seconds until there is more are not.
            "ratelimit" => without_seconds(text),
            // Of a manifest with a new identity and the moment in it.
            "sha256" => "<hash>".to_owned(),
            _ => self.by_look(text),
        }
    }

    /// What is known by how it looks, wherever it stands.
    fn by_look(&mut self, text: &str) -> String {
        // Credentials are new each time.
        let is_token = text.starts_with("eyJ") && text.split('.').count() == 3;
        for (is_so, name) in [
            (is_token, "<access token>"),
            (text.starts_with("rt_"), "<refresh token>"),
            (text.starts_with("whsec_"), "<secret>"),
        ] {
            if is_so {
                return name.to_owned();
            }
        }
        if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
            let is_recent = time > self.recent;
            return if is_recent { "<time>" } else { text }.to_owned();
        }
        if let Some(id) = text
            .strip_prefix(WEBHOOK)
            .and_then(|id| Uuid::try_parse(id).ok())
        {
            return format!("{WEBHOOK}{}", self.with_named_ids(&id.to_string()));
        }
        let text = presigned(text).unwrap_or_else(|| text.to_owned());
        self.with_named_ids(&text)
    }

    /// The text with names for new identities, the same name for the same identity.
    fn with_named_ids(&mut self, text: &str) -> String {
        let mut named = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let found = rest.get(..ID_CHARS);
            let found = found.filter(|id| !KNOWN_IDS.iter().any(|known| id.starts_with(known)));
            if let Some(id) = found.and_then(|id| Uuid::try_parse(id).ok()) {
                let next = self.ids.len() + 1;
                let number = *self.ids.entry(id).or_insert(next);
                named.extend(["<id ", &number.to_string(), ">"]);
                rest = &rest[ID_CHARS..];
            } else {
                named.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        named
    }
}

/// `"minute";r=99;t=42` with a name in the place of 42.
fn without_seconds(text: &str) -> String {
    let mut parts = text.split(";t=");
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        named.push_str(";t=<seconds>");
        named.push_str(rest);
    }
    named
}

/// A presigned URL without its signature and the place of the bucket, which containers know by
/// another address; `None` for any other text.
fn presigned(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let query: Vec<_> = url.query_pairs().collect();
    if !query.iter().any(|(name, _)| name == "X-Amz-Signature") {
        return None;
    }
    let pairs = query.iter().map(|(name, value)| {
        let is_signed = SIGNED.contains(&name.as_ref());
        let value = if is_signed { "<signed>" } else { value };
        format!("{name}={value}")
    });
    let pairs: Vec<_> = pairs.collect();
    Some(format!("<s3>{}?{}", url.path(), pairs.join("&")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-27 20:00:00 UTC);

    #[test]
    fn what_has_to_differ_is_named_and_what_belongs_together_has_one_name() {
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let answer = json!({
            "headers": {
                "location": format!("/v2/projects/{one}"),
                "ratelimit": "\"minute\";r=99;t=42, \"day\";r=9999;t=7",
                "request-id": "JKJaXmPLvHcES17=",
            },
            "payload": {
                "at": "2026-11-27T20:00:00.123Z",
                "ids": [other, one],
                "link": "http://127.0.0.1:1/bucket/key?X-Amz-Expires=900&X-Amz-Signature=ab",
                "refused_ms": 17,
                "token": "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
                "webhook_id": format!("msg_{}", one.simple()),
            },
        });
        let expected = json!({
            "headers": {
                "location": "/v2/projects/<id 1>",
                "ratelimit": "\"minute\";r=99;t=<seconds>, \"day\";r=9999;t=<seconds>",
                "request-id": "<request id>",
            },
            "payload": {
                "at": "<time>",
                "ids": ["<id 2>", "<id 1>"],
                "link": "<s3>/bucket/key?X-Amz-Expires=900&X-Amz-Signature=<signed>",
                "refused_ms": "<milliseconds>",
                "token": "<access token>",
                "webhook_id": "msg_<id 1>",
            },
        });
        assert_eq!(placed(answer, NOW), expected);
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let answer = json!({
            "status": 200,
            "headers": { "etag": "\"1\"", "ratelimit-policy": "\"minute\";q=100;w=60" },
            "body": {
                "id": "01980a00-0000-7000-8000-000000000001",
                "name": "eyJ is no token",
                "itemIdentifier": "059f36b4-87a3-44ab-83d2-661975970002",
                "created_at": "2026-11-20T20:00:00Z",
                "url": "https://hooks.example.com/tenantry",
                "duration_ms": 42,
            },
        });
        assert_eq!(placed(answer.clone(), NOW), answer);
    }
}
