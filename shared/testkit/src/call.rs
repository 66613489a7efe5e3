//! A call as API Gateway delivers it, and its answer.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::caller::Caller;

/// An HTTP API event (payload format 2.0) in the making.
#[derive(Debug, Clone)]
pub struct Call {
    event: Value,
}

impl Call {
    /// A call of `method` on `target`, a path with the version in front and perhaps a query.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let stage = path.split('/').nth(1).unwrap_or_default();
        let event = json!({
            "version": "2.0",
            "routeKey": format!("{method} {path}"),
            "rawPath": path,
            "rawQueryString": query,
            "headers": { "host": "api.example.com", "accept": "application/json" },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "api.example.com",
                "domainPrefix": "api",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "testkit",
                },
                "requestId": Uuid::now_v7().to_string(),
                "routeKey": format!("{method} {path}"),
                "stage": stage,
                "time": "23/Nov/2026:20:00:00 +0000",
                "timeEpoch": 1_795_464_000_000_u64,
            },
            "isBase64Encoded": false,
        });
        Self { event }
    }

    /// `GET target`.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// `POST target` with a JSON body.
    pub fn post(target: &str, body: &Value) -> Self {
        Self::new("POST", target).json(body)
    }

    /// An event from a file of `events/`.
    pub fn from_event(text: &str) -> Self {
        Self {
            event: serde_json::from_str(text).unwrap(),
        }
    }

    /// The same call by an accepted caller.
    #[must_use]
    pub fn by(self, caller: &Caller) -> Self {
        self.context(&caller.context())
    }

    /// The same call with credentials that the authorizer turned down.
    #[must_use]
    pub fn denied(self, reason: &str) -> Self {
        self.context(&json!({ "denied": reason }))
    }

    /// The same call with the authorizer's context as it stands.
    #[must_use]
    pub fn context(mut self, context: &Value) -> Self {
        self.event["requestContext"]["authorizer"] = json!({ "lambda": context });
        self
    }

    /// The same call from another address.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        self.event["requestContext"]["http"]["sourceIp"] = address.into();
        self
    }

    /// The same call through a stage with these variables.
    #[must_use]
    pub fn stage_variables(mut self, variables: Value) -> Self {
        self.event["stageVariables"] = variables;
        self
    }

    /// The same call with a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = value.into();
        self
    }

    /// The same call with a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(&body.to_string())
    }

    /// The same call with a body as it stands.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        self.event["body"] = body.into();
        self
    }

    /// The event itself.
    pub fn event(&self) -> &Value {
        &self.event
    }

    /// Sends it through a function's service.
    pub async fn send(&self, service: &Router) -> Reply {
        let request = lambda_http::request::from_str(&self.event.to_string()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON; `null` when there is none.
    pub fn json(&self) -> Value {
        match self.body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&self.body).unwrap(),
        }
    }

    /// A header as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Stops the test unless the status is this one.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the check is often all that is wanted"
    )]
    pub fn expect(self, status: u16) -> Self {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "{body}");
        self
    }

    /// The fields a problem document blames, sorted.
    pub fn blamed(&self) -> Vec<String> {
        let errors = self.json()["errors"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let field = |error: &Value| error["field"].as_str().unwrap_or_default().to_owned();
        let mut fields: Vec<_> = errors.iter().map(field).collect();
        fields.sort();
        fields
    }

    /// The body with the values of these members replaced by their names, for snapshots.
    pub fn redacted(&self, members: &[&str]) -> Value {
        fn walk(value: Value, members: &[&str]) -> Value {
            match value {
                Value::Array(items) => items.into_iter().map(|item| walk(item, members)).collect(),
                Value::Object(object) => Value::Object(
                    object
                        .into_iter()
                        .map(|(name, value)| {
                            let value = match members.contains(&name.as_str()) {
                                true => Value::from(format!("[{name}]")),
                                false => walk(value, members),
                            };
                            (name, value)
                        })
                        .collect::<Map<_, _>>(),
                ),
                other => other,
            }
        }
        walk(self.json(), members)
    }
}
