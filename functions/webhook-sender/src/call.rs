//! One call: an address that may be called, a connection to it, a request, the beginning of the answer.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{HeaderMap, Method, Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shared::egress::Targets;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::resolve::{ADDRESSES_MAX, Resolve};

/// What is read of an answer's body, in bytes.
pub const RESPONSE_BYTES_MAX: usize = 1_024;
/// What an answer's head may have, in bytes, and how many headers.
const HEAD_BYTES_MAX: usize = 16 * 1_024;
const HEADERS_MAX: usize = 100;
/// How long one address has to take a connection, in milliseconds: past that the next one is tried.
const CONNECT_TIMEOUT_MS: u64 = 4_000;
/// How long the body of an answer whose status is known is waited for, in milliseconds.
const RESPONSE_TIMEOUT_MS: u64 = 2_000;

/// Why a call came to nothing, in a word that the tenant may see: it says nothing about our network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The URL is none that may be called.
    #[error("url_not_allowed")]
    Url,
    /// The host's name has no address.
    #[error("name_not_resolved")]
    Name,
    /// No address of the host may be called.
    #[error("address_not_allowed")]
    Address,
    /// Nobody answers at the address.
    #[error("connection_failed")]
    Connection,
    /// The certificate is not good for the host, or there is no common TLS.
    #[error("tls_failed")]
    Tls,
    /// What came is no HTTP/1.1 answer, or its head is too large, or the connection broke.
    #[error("answer_malformed")]
    Answer,
    /// It took too long.
    #[error("timeout")]
    Timeout,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Retry-After` (RFC 9110, section 10.2.3), in seconds from now.
    pub retry_after_secs: Option<u32>,
    /// The beginning of the body, up to [`RESPONSE_BYTES_MAX`]; what is no UTF-8, or nothing
    /// that SQS takes, is replaced.
    pub response: String,
}

/// What calls are made with.
#[derive(Clone)]
pub struct Caller {
    /// Which addresses may be called.
    pub targets: Targets,
    /// Who knows the addresses of names.
    pub resolver: Arc<dyn Resolve>,
    /// Whom to believe.
    pub tls: Arc<ClientConfig>,
    /// How long a call may take, from the look-up to the end of the answer.
    pub timeout: Duration,
}

impl Caller {
    /// Posts `body` to `url`; `now` is what a date in `Retry-After` is counted from.
    pub async fn post(
        &self,
        url: &str,
        headers: &BTreeMap<String, String>,
        body: String,
        now: SystemTime,
    ) -> Result<Answer, CallError> {
        let url = self.targets.check(url).or(Err(CallError::Url))?;
        let request = request(&url, headers, body)?;
        let call = async {
            let addresses = self.addresses(&url).await?;
            let stream = connect(&addresses).await?;
            match url.scheme() {
                "https" => {
                    let name = server_name(&url)?;
                    let connector = TlsConnector::from(Arc::clone(&self.tls));
                    let stream = connector.connect(name, stream).await;
                    exchange(stream.or(Err(CallError::Tls))?, request).await
                }
                _ => exchange(stream, request).await,
            }
        };
        let began = tokio::time::Instant::now();
        let response = tokio::time::timeout(self.timeout, call).await;
        let response = response.or(Err(CallError::Timeout))??;
        let left = self.timeout.saturating_sub(began.elapsed());
        let left = left.min(Duration::from_millis(RESPONSE_TIMEOUT_MS));
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after_secs: retry_after(response.headers(), now),
            response: beginning(response, left).await,
        })
    }

    /// The addresses of a URL's host that may be called, with its port. The check is here, between the
    /// only look-up and the connection, for names and literals alike.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, CallError> {
        let port = url.port_or_known_default().ok_or(CallError::Url)?;
        let found = match url.host().ok_or(CallError::Url)? {
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
            Host::Domain(name) => {
                let found = self.resolver.resolve(name).await;
                found.or(Err(CallError::Name))?
            }
        };
        if found.is_empty() {
            return Err(CallError::Name);
        }
        let admitted: Vec<_> = found
            .into_iter()
            .filter(|address| self.targets.admits(url, *address))
            .map(|address| SocketAddr::new(address, port))
            .take(ADDRESSES_MAX)
            .collect();
        match admitted.is_empty() {
            true => Err(CallError::Address),
            false => Ok(admitted),
        }
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, CallError> {
    for address in addresses {
        let within = Duration::from_millis(CONNECT_TIMEOUT_MS);
        let connected = tokio::time::timeout(within, TcpStream::connect(address)).await;
        if let Ok(Ok(stream)) = connected {
            return Ok(stream);
        }
    }
    Err(CallError::Connection)
}

fn server_name(url: &Url) -> Result<ServerName<'static>, CallError> {
    match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).or(Err(CallError::Url)),
        Some(Host::Ipv4(address)) => Ok(ServerName::from(IpAddr::V4(address))),
        Some(Host::Ipv6(address)) => Ok(ServerName::from(IpAddr::V6(address))),
        None => Err(CallError::Url),
    }
}

/// Not the absolute form of the target, which a proxy would want: the path, to the host itself.
fn request(
    url: &Url,
    headers: &BTreeMap<String, String>,
    body: String,
) -> Result<Request<Full<Bytes>>, CallError> {
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target = format!("{target}?{query}");
    }
    let host = url.host_str().ok_or(CallError::Url)?;
    let authority = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target)
        .header(HOST, authority)
        .header(CONNECTION, HeaderValue::from_static("close"))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(USER_AGENT, HeaderValue::from_static("tenantry-webhooks/1"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
        .body(Full::new(Bytes::from(body)))
        .or(Err(CallError::Url))
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, CallError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    TokioIo<S>: Read + Write,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .or(Err(CallError::Answer))?;
    // It ends when the answer is dropped, read to its end or not.
    drop(tokio::spawn(connection));
    sender
        .send_request(request)
        .await
        .or(Err(CallError::Answer))
}

/// What there is of the body, however it ends: the status has said what matters.
async fn beginning(response: Response<Incoming>, within: Duration) -> String {
    let mut body = response.into_body();
    let mut read = Vec::new();
    let reading = async {
        while read.len() < RESPONSE_BYTES_MAX {
            match body.frame().await {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    let room = RESPONSE_BYTES_MAX - read.len();
                    read.extend_from_slice(data.get(..room).unwrap_or(&data));
                }
                Some(Err(_)) | None => break,
            }
        }
    };
    // Too slow is as good as ended.
    let _ = tokio::time::timeout(within, reading).await;
    let text = String::from_utf8_lossy(&read);
    let mut text = text.replace(|char| !is_sendable(char), "\u{fffd}");
    text.truncate(text.floor_char_boundary(RESPONSE_BYTES_MAX));
    text
}

/// Whether SQS takes it: of Unicode, what XML 1.0 has
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>). A
/// result that it refuses would never be told.
fn is_sendable(char: char) -> bool {
    !matches!(char, '\0'..'\t' | '\u{b}' | '\u{c}' | '\u{e}'..' ' | '\u{fffe}' | '\u{ffff}')
}

fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u32> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = text.parse::<u64>() {
        return Some(u32::try_from(secs).unwrap_or(u32::MAX));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let secs = at.duration_since(now).map_or(0, |left| left.as_secs());
    Some(u32::try_from(secs).unwrap_or(u32::MAX))
}
