//! A request as API Gateway takes it in, before it is known where it goes.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, Version, header},
};
use http_body_util::BodyExt as _;
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;
use tokio::time::timeout;
use url::Url;

use super::refusal::Refusal;
use crate::{clock, runtime};

/// The largest body: it has to fit into an event.
const BODY_BYTES_MAX: usize = runtime::PAYLOAD_BYTES_MAX;
/// So much of a body is read at most, so that its sender can read the refusal.
const DRAINED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a body may take to arrive.
const BODY_WAIT: Duration = Duration::from_secs(30);

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Inbound {
    pub(super) request_id: String,
    pub(super) trace_id: String,
    pub(super) received_at: OffsetDateTime,
    pub(super) source_ip: String,
    pub(super) protocol: &'static str,
    pub(super) method: String,
    /// The host without its port.
    pub(super) domain_name: String,
    /// The path with the stage in front, percent-decoded.
    pub(super) path: String,
    pub(super) raw_query: String,
    /// Names in lower case; values of one name joined by commas; without cookies.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) cookies: Vec<String>,
    pub(super) body: Bytes,
}

impl Inbound {
    /// Reads a request that came from `peer`.
    pub(super) async fn read(
        request_id: String,
        peer: SocketAddr,
        request: Request,
    ) -> Result<Self, Refusal> {
        let received_at = clock::now();
        let (parts, body) = request.into_parts();
        let body = timeout(BODY_WAIT, read_body(body))
            .await
            .unwrap_or(Err(Refusal::RequestTimeout))?;
        let trace_id = runtime::trace_id();
        let domain_name = domain_name(&parts.headers)?;
        let mut headers = joined(&parts.headers);
        let cookies = headers
            .remove("cookie")
            .map_or_else(Vec::new, |line| cookies(&line));
        let source_ip = peer.ip().to_string();
        headers
            .entry("x-forwarded-for".to_owned())
            .and_modify(|hops| *hops = format!("{hops}, {source_ip}"))
            .or_insert_with(|| source_ip.clone());
        headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
        headers.insert("x-amzn-trace-id".to_owned(), trace_id.clone());
        headers.insert("content-length".to_owned(), body.len().to_string());
        Ok(Self {
            request_id,
            trace_id,
            received_at,
            source_ip,
            protocol: protocol(parts.version),
            method: parts.method.as_str().to_owned(),
            domain_name,
            path: decoded(parts.uri.path())?,
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            headers,
            cookies,
            body,
        })
    }

    /// A header's value, empty when there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The decoded query parameters, values of one name joined by commas.
    pub(super) fn query_parameters(&self) -> BTreeMap<String, String> {
        let mut parameters: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(self.raw_query.as_bytes()) {
            parameters
                .entry(name.into_owned())
                .and_modify(|values| *values = format!("{values},{value}"))
                .or_insert_with(|| value.into_owned());
        }
        parameters
    }
}

async fn read_body(mut body: Body) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Refusal::BadRequest);
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= BODY_BYTES_MAX {
            bytes.extend_from_slice(&data);
        } else if seen > DRAINED_BYTES_MAX {
            break;
        }
    }
    if seen > BODY_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    Ok(bytes.into())
}

/// The host that the request names; functions make URLs of it, so it must be fit for one.
fn domain_name(headers: &HeaderMap) -> Result<String, Refusal> {
    let Some(host) = headers.get(header::HOST) else {
        return Ok("localhost".to_owned());
    };
    host.to_str()
        .ok()
        .and_then(|host| Url::parse(&format!("http://{host}/")).ok())
        .filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
        .and_then(|url| url.host_str().map(str::to_owned))
        .ok_or(Refusal::BadRequest)
}

/// The path as HTTP APIs hand it on: decoded, and cut at a question mark that was encoded.
fn decoded(path: &str) -> Result<String, Refusal> {
    let Ok(path) = percent_decode_str(path).decode_utf8() else {
        return Err(Refusal::BadRequest);
    };
    let path = path.split('?').next().unwrap_or_default();
    Ok(path.to_owned())
}

fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let separator = if name == header::COOKIE { ";" } else { "," };
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|values| *values = format!("{values}{separator}{value}"))
            .or_insert_with(|| value.into_owned());
    }
    joined
}

fn cookies(line: &str) -> Vec<String> {
    let pairs = line.split(';').map(str::trim);
    pairs
        .filter(|pair| !pair.is_empty())
        .map(str::to_owned)
        .collect()
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}
