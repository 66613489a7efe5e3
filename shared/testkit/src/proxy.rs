//! A wire between a function and PostgreSQL that counts how often the function waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

#[derive(Default)]
struct Count {
    trips: AtomicU64,
    answered: AtomicBool,
}

/// A TCP proxy that counts round trips: a round trip begins when the client speaks after the
/// server has spoken.
pub struct CountingProxy {
    url: Url,
    count: Arc<Count>,
}

impl CountingProxy {
    /// Puts a proxy before the database that `url` names.
    pub async fn before(url: &str) -> Self {
        let mut url: Url = url.parse().unwrap();
        let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        let count = Arc::new(Count::default());
        tokio::spawn(accept(listener, target, Arc::clone(&count)));
        Self { url, count }
    }

    /// The database's URL through the proxy.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Round trips so far, those of the connection's set-up among them.
    pub fn trips(&self) -> u64 {
        self.count.trips.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, target: String, count: Arc<Count>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(&target).await.unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        count.answered.store(true, Ordering::SeqCst);
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let speaking = Arc::clone(&count);
        tokio::spawn(pump(from_client, to_server, move || {
            if speaking.answered.swap(false, Ordering::SeqCst) {
                speaking.trips.fetch_add(1, Ordering::SeqCst);
            }
        }));
        let answering = Arc::clone(&count);
        tokio::spawn(pump(from_server, to_client, move || {
            answering.answered.store(true, Ordering::SeqCst);
        }));
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, note: impl Fn()) {
    const BUFFER_BYTES: usize = 64 * 1024;
    let mut buffer = vec![0; BUFFER_BYTES];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        note();
        let Some(bytes) = buffer.get(..read) else {
            break;
        };
        if to.write_all(bytes).await.is_err() {
            break;
        }
    }
    // Whoever is at the other end has gone, which is all that shutting down could tell it.
    let _ = to.shutdown().await;
}
