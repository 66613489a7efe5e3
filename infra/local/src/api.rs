//! A small client of the product's own API, for the demo tenants and the tour.

use std::time::Duration;

use reqwest::{
    Client, Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
    redirect::Policy,
};
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

/// A function's first request includes its start; a gateway gives up after 30 s.
const ANSWER_WAIT: Duration = Duration::from_secs(35);
/// The largest answer that is read, in bytes; a report of a few pages has some hundred thousand.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A call that did not go as it should; the text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// There was no whole answer.
    #[error("{request}: {source}")]
    Transport {
        /// Method and path.
        request: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The answer is too large.
    #[error("{0}: the answer has more than {BODY_BYTES_MAX} bytes")]
    TooLarge(String),
    /// The answer's status is not the expected one.
    #[error("{request}: {status} {body}", body = short(.body))]
    Status {
        /// Method and path.
        request: String,
        /// The answer's status.
        status: StatusCode,
        /// The answer's body.
        body: String,
    },
}

/// What to send.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: String,
    token: Option<String>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl Call {
    /// A call of `path`, which has the version in front, or of a whole URL.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            token: None,
            headers: Vec::new(),
            body: None,
        }
    }

    /// `GET path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// `POST path` with a body.
    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(Method::POST, path).json(body)
    }

    /// With a JSON body; a value that cannot be written as JSON makes an empty one.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_string(body).unwrap_or_default());
        self
    }

    /// As the owner of an access token.
    #[must_use]
    pub fn by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With an `Idempotency-Key` that nobody has used before.
    #[must_use]
    pub fn once(self) -> Self {
        self.header("idempotency-key", Uuid::new_v4().to_string())
    }

    /// The body, if there is one.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Method and path, as errors and transcripts name the call.
    ///
    /// The query of another server's URL may hold a signature and is left out.
    pub fn name(&self) -> String {
        let path = match self.path.starts_with('/') {
            true => &self.path,
            false => self.path.split('?').next().unwrap_or_default(),
        };
        format!("{} {path}", self.method)
    }
}

/// A JSON object of texts that keeps its order.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a>(pub &'a [(&'a str, &'a str)]);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    request: String,
}

impl Reply {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A text in the body's JSON, by its pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901));
    /// empty when it is not there.
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let found = json.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    }

    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The reply, if it has this status.
    ///
    /// # Errors
    ///
    /// [`CallError::Status`].
    pub fn expect(self, status: StatusCode) -> Result<Self, CallError> {
        if self.status == status {
            return Ok(self);
        }
        Err(CallError::Status {
            request: self.request,
            status: self.status,
            body: String::from_utf8_lossy(&self.body).into_owned(),
        })
    }
}

/// The API at one place.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    base: String,
}

impl Api {
    /// The API whose stages are below `base`.
    ///
    /// # Errors
    ///
    /// The system gives no HTTP client.
    pub fn at(base: String) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(ANSWER_WAIT)
            .build()?;
        Ok(Self { client, base })
    }

    /// Sends a call and reads the whole answer.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is too large. Its status is not looked at.
    pub async fn send(&self, call: Call) -> Result<Reply, CallError> {
        let request = call.name();
        let failed = |source| CallError::Transport {
            request: request.clone(),
            source,
        };
        let url = match call.path.starts_with('/') {
            true => format!("{}{}", self.base, call.path),
            false => call.path,
        };
        let mut builder = self.client.request(call.method, url);
        if let Some(token) = call.token {
            builder = builder.bearer_auth(token);
        }
        for (name, value) in call.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = call.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        let mut response = builder.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(CallError::TooLarge(request));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status,
            headers,
            body,
            request,
        })
    }
}

/// The beginning of a body, on one line.
fn short(body: &str) -> String {
    const SHORT_CHARS: usize = 200;
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(SHORT_CHARS).collect()
}
