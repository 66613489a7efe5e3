//! Events in payload format 2.0, for functions and for authorizers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::{inbound::Inbound, routes::Found};
use crate::{
    aws::{ACCOUNT_ID, REGION},
    template::{API_ID, Stage},
};

/// The time form of access logs, which events have as well.
const TIME_FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
/// Content types, beside `text/*`, whose bodies travel as text; all others are put into Base64.
const TEXT_TYPES: [&str; 3] = [
    "application/json",
    "application/xml",
    "application/javascript",
];

/// A request whose stage and route are known.
#[derive(Debug)]
pub(super) struct Routed<'r> {
    pub(super) inbound: &'r Inbound,
    pub(super) stage: &'r Stage,
    pub(super) found: &'r Found<'r>,
}

impl Routed<'_> {
    /// The event for the route's function; `context` is what the authorizer said.
    pub(super) fn for_function(&self, context: Option<Value>) -> Value {
        let mut event = self.common();
        if let Some(context) = context
            && let Some(request_context) = event.get_mut("requestContext")
            && let Some(members) = request_context.as_object_mut()
        {
            members.insert("authorizer".to_owned(), json!({ "lambda": context }));
        }
        let (body, is_base64) = body(self.inbound);
        if let Some(body) = body {
            event.insert("body".to_owned(), body.into());
        }
        event.insert("isBase64Encoded".to_owned(), is_base64.into());
        Value::Object(event)
    }

    /// The event for an authorizer; `identity` are the headers' values that it asks for.
    pub(super) fn for_authorizer(&self, identity: &[String]) -> Value {
        let stage = &self.stage.name;
        let path = self.inbound.path.trim_start_matches('/');
        let path = path.strip_prefix(stage.as_str()).unwrap_or(path);
        let method = &self.inbound.method;
        let arn =
            format!("arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{API_ID}/{stage}/{method}{path}");
        let mut event = self.common();
        event.insert("type".to_owned(), "REQUEST".into());
        event.insert("routeArn".to_owned(), arn.into());
        event.insert("identitySource".to_owned(), json!(identity));
        Value::Object(event)
    }

    fn common(&self) -> Map<String, Value> {
        let inbound = self.inbound;
        let mut event = Map::new();
        event.insert("version".to_owned(), "2.0".into());
        event.insert("routeKey".to_owned(), self.found.key().into());
        event.insert("rawPath".to_owned(), inbound.path.clone().into());
        event.insert(
            "rawQueryString".to_owned(),
            inbound.raw_query.clone().into(),
        );
        event.insert("headers".to_owned(), json!(inbound.headers));
        event.insert("requestContext".to_owned(), self.request_context());
        // What is empty is left out.
        let parameters = inbound.query_parameters();
        let optional = [
            (
                "cookies",
                json!(inbound.cookies),
                inbound.cookies.is_empty(),
            ),
            (
                "queryStringParameters",
                json!(parameters),
                parameters.is_empty(),
            ),
            (
                "pathParameters",
                json!(self.found.parameters),
                self.found.parameters.is_empty(),
            ),
            (
                "stageVariables",
                json!(self.stage.variables),
                self.stage.variables.is_empty(),
            ),
        ];
        for (name, value, is_empty) in optional {
            if !is_empty {
                event.insert(name.to_owned(), value);
            }
        }
        event
    }

    fn request_context(&self) -> Value {
        let inbound = self.inbound;
        json!({
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": inbound.domain_name,
            "domainPrefix": inbound.domain_name.split('.').next(),
            "http": {
                "method": inbound.method,
                "path": inbound.path,
                "protocol": inbound.protocol,
                "sourceIp": inbound.source_ip,
                "userAgent": inbound.header("user-agent"),
            },
            "requestId": inbound.request_id,
            "routeKey": self.found.key(),
            "stage": self.stage.name,
            "time": time_text(inbound.received_at),
            "timeEpoch": epoch_ms(inbound.received_at),
        })
    }
}

/// The body as events carry it, and whether that is Base64.
fn body(inbound: &Inbound) -> (Option<String>, bool) {
    if inbound.body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(&inbound.body) {
        Ok(text) if is_text(inbound.header("content-type")) => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(&inbound.body)), true),
    }
}

fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence.starts_with("text/") || TEXT_TYPES.contains(&essence.as_str())
}

fn time_text(at: OffsetDateTime) -> String {
    at.format(TIME_FORMAT).unwrap_or_default()
}

fn epoch_ms(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
