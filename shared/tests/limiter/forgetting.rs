//! Removing a caller's counts over a wire that fails at first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use shared::config;
use shared::limits::{DynamoDbLimiter, LimiterError, Scope};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use url::Url;

use crate::world::{World, ask, quotas, scope};

/// The items that a scope can have: one, and its shards.
const ITEMS: usize = 33;
/// How long a test waits for what has to end by itself, in seconds.
const WAIT_SECS_MAX: u64 = 60;
const MESSAGE_BYTES_MAX: usize = 65_536;
const ERROR: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It is never answered.
    Silence,
    /// The answer is that the service has failed.
    Error,
}

/// A wire to the real table on which the first requests meet a fate.
struct Wire {
    listener: Url,
    requests: Arc<AtomicUsize>,
}

impl Wire {
    async fn with(fates: &'static [Fate]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, fates, Arc::clone(&seen)));
            }
        });
        Self {
            listener: address.parse().unwrap(),
            requests,
        }
    }

    fn limiter(&self, world: &World) -> DynamoDbLimiter {
        let config = aws_sdk_dynamodb::config::Builder::from(&shared::aws::load())
            .endpoint_url(self.listener.as_str())
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        DynamoDbLimiter::new(
            &Client::from_conf(config.build()),
            world.table().name.clone(),
        )
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn carry(mut stream: TcpStream, fates: &[Fate], seen: Arc<AtomicUsize>) {
    let service = config::required("AWS_ENDPOINT_URL_DYNAMODB").unwrap();
    let service: Url = service.parse().unwrap();
    let address = (service.host_str().unwrap(), service.port().unwrap());
    while let Some(request) = message(&mut stream).await {
        let answer = match fates.get(seen.fetch_add(1, Ordering::SeqCst)) {
            Some(Fate::Silence) => continue,
            Some(Fate::Error) => ERROR.to_vec(),
            None => {
                let mut table = TcpStream::connect(address).await.unwrap();
                table.write_all(&request).await.unwrap();
                message(&mut table).await.unwrap()
            }
        };
        stream.write_all(&answer).await.unwrap();
    }
}

/// A whole message of HTTP/1.1 whose length is given; none once the other side has gone.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
        assert!(bytes.len() < MESSAGE_BYTES_MAX);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.unwrap().parse().unwrap() {
            return Some(bytes);
        }
    }
}

/// A table with one item of the scope.
async fn counted() -> (World, Scope) {
    let (world, scope) = (World::in_dynamodb().await, scope());
    ask(&world.instance(), &scope, &quotas("minute=40")).await;
    assert_eq!(world.table().keys().await.len(), 1);
    (world, scope)
}

async fn forget(world: &World, wire: &Wire, scope: &Scope) -> Result<u32, LimiterError> {
    let limiter = wire.limiter(world);
    let limit = Duration::from_secs(WAIT_SECS_MAX);
    let ended = timeout(limit, limiter.forget(scope)).await;
    ended.expect("a removal that ends")
}

#[tokio::test]
async fn a_removal_is_tried_again_after_silence_and_after_an_error() {
    let (world, scope) = counted().await;
    let wire = Wire::with(&[Fate::Silence, Fate::Error]).await;
    assert_eq!(forget(&world, &wire, &scope).await.unwrap(), 1);
    assert_eq!(world.table().keys().await, [""; 0]);
    assert_eq!(wire.requests(), ITEMS + 2);
    world.close().await;
}

/// The control: with one failure more it is given up, the item stays, and the caller hears of it.
#[tokio::test]
async fn a_removal_that_keeps_failing_is_given_up() {
    let (world, scope) = counted().await;
    let wire = Wire::with(&[Fate::Silence, Fate::Error, Fate::Error]).await;
    let error = forget(&world, &wire, &scope).await.unwrap_err();
    assert!(matches!(error, LimiterError::Request(_)), "{error:?}");
    let wire = Wire::with(&[Fate::Error, Fate::Error, Fate::Silence]).await;
    let error = forget(&world, &wire, &scope).await.unwrap_err();
    assert!(matches!(error, LimiterError::Timeout), "{error:?}");
    assert_eq!(wire.requests(), 3);
    assert_eq!(world.table().keys().await.len(), 1);
    world.close().await;
}
