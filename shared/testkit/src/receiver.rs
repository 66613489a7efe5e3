//! A server that somebody else runs: it keeps what it is sent, and answers as badly as it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

mod secure;

/// The largest head and body that a receiver takes in.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// The pause of whoever says one byte at a time.
const DRIP: Duration = Duration::from_millis(20);

/// How a receiver answers.
#[derive(Debug, Clone)]
pub enum Manner {
    /// With these bytes.
    Says(Vec<u8>),
    /// With these bytes, one at a time.
    Drips(Vec<u8>),
    /// With these bytes, and then without end.
    Endless(Vec<u8>),
    /// Not at all, and keeps the connection.
    Silent,
}

impl Manner {
    /// A whole answer with this status and nothing to say.
    pub fn status(status: u16) -> Self {
        Self::says(&format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n"
        ))
    }

    /// With this text as it stands.
    pub fn says(text: &str) -> Self {
        Self::Says(text.as_bytes().to_vec())
    }
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// The request's first line.
    pub line: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Received {
    /// A header as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

/// A receiver on this machine.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    seen: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// One that takes whatever it is sent.
    pub async fn start() -> Self {
        let (receiver, listener) = Self::bind().await;
        let accepting = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = accepting.clone();
                tokio::spawn(async move { receiver.serve(stream).await });
            }
        });
        receiver
    }

    /// One whose connections somebody else accepts.
    pub async fn bind() -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            manner: Arc::new(Mutex::new(Manner::status(204))),
            seen: Arc::default(),
        };
        (receiver, listener)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of it.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From now on it answers like this.
    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// What has arrived so far, in order.
    pub fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    /// Takes one request in and answers it.
    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) {
        if let Some(received) = read(&mut stream).await {
            self.seen.lock().unwrap().push(received);
            let manner = self.manner.lock().unwrap().clone();
            // A sender that has heard enough hangs up.
            let _ = answer(&mut stream, manner).await;
            let _ = stream.shutdown().await;
        }
    }
}

async fn answer<S: AsyncWrite + Unpin>(stream: &mut S, manner: Manner) -> std::io::Result<()> {
    match manner {
        Manner::Says(bytes) => stream.write_all(&bytes).await?,
        Manner::Drips(bytes) => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(DRIP).await;
            }
        }
        Manner::Endless(bytes) => {
            stream.write_all(&bytes).await?;
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
        Manner::Silent => std::future::pending::<()>().await,
    }
    stream.flush().await
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Received> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, &mut bytes).await?;
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.trim_end().lines();
    let line = lines.next()?.to_owned();
    let mut headers = HeaderMap::new();
    for field in lines {
        let (name, value) = field.split_once(':')?;
        let name: HeaderName = name.parse().ok()?;
        headers.append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    let length = headers.get("content-length").map_or(Some(0), |length| {
        length.to_str().ok()?.parse::<usize>().ok()
    })?;
    while bytes.len() < head + length {
        more(stream, &mut bytes).await?;
    }
    Some(Received {
        line,
        headers,
        body: bytes[head..head + length].to_vec(),
    })
}

/// Reads on; `None` at the end, or where it is too much.
async fn more<S: AsyncRead + Unpin>(stream: &mut S, bytes: &mut Vec<u8>) -> Option<()> {
    let length = stream.read_buf(bytes).await.ok()?;
    (length > 0 && bytes.len() <= REQUEST_BYTES_MAX).then_some(())
}
