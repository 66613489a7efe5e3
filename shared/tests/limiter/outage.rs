//! A store that does not answer: what is let through, what is refused, and that somebody hears of
//! it.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use shared::clock::Clock;
use shared::limits::{Backend, DynamoDbLimiter, Limits, OnFailure, Scope, Verdict};
use shared::{config, telemetry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::{quotas, scope};

const BUDGET: Duration = Duration::from_millis(20);
const LIMIT: &str = "minute=40";
const LOCAL_LIMIT: u32 = 10;

/// Takes connections and never says a word. Dropping it ends them.
async fn black_hole() -> (TcpListener, Limits) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = limits_at(&listener, BUDGET);
    (listener, limits)
}

fn limits_at(listener: &TcpListener, budget: Duration) -> Limits {
    let address = listener.local_addr().unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        // As the SDK does by default; the limiter must not.
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .build();
    let table = DynamoDbLimiter::new(&Client::from_conf(config), "limits".to_owned());
    Limits::new(Backend::DynamoDb(table), Clock::System, budget)
}

async fn outcome(limits: &Limits, scope: &Scope, on_failure: OnFailure) -> &'static str {
    let verdict = limits.check(scope, &quotas(LIMIT), 1, on_failure).await;
    if let Verdict::Allow { standing } = &verdict {
        let quota = standing.iter().next().unwrap().quota;
        assert_eq!(quota.limit(), 40, "the caller sees its own plan");
    }
    verdict.as_str()
}

#[tokio::test]
async fn an_open_route_goes_on_with_a_part_of_the_limit() {
    let (_listener, limits) = black_hole().await;
    let scope = scope();
    for _ in 0..LOCAL_LIMIT {
        assert_eq!(outcome(&limits, &scope, OnFailure::Open).await, "degraded");
    }
    assert_eq!(outcome(&limits, &scope, OnFailure::Open).await, "denied");
}

/// Set for the run whose log is read.
const LOGGED: &str = "LIMITER_TEST_LOGGED";

#[tokio::test]
async fn a_closed_route_refuses() {
    if config::optional(LOGGED).is_some() {
        telemetry::init("limiter-test", None).unwrap();
    }
    let (_listener, limits) = black_hole().await;
    let scope = Scope::account("ada@example.com");
    assert_eq!(
        outcome(&limits, &scope, OnFailure::Closed).await,
        "unavailable"
    );
    assert_eq!(
        outcome(&limits, &scope, OnFailure::Closed).await,
        "unavailable"
    );
}

#[tokio::test]
async fn a_refused_connection_is_an_outage_too() {
    let (listener, limits) = black_hole().await;
    drop(listener);
    assert_eq!(
        outcome(&limits, &scope(), OnFailure::Open).await,
        "degraded"
    );
    assert_eq!(
        outcome(&limits, &scope(), OnFailure::Closed).await,
        "unavailable"
    );
}

#[tokio::test]
async fn a_failed_write_is_not_sent_again() {
    const ERROR: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = limits_at(&listener, Duration::from_secs(30));
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 65_536];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                // A request may come in several pieces; its first line comes in the first.
                if buffer[..read].starts_with(b"POST ") {
                    seen.fetch_add(1, Ordering::Relaxed);
                    stream.write_all(ERROR).await.unwrap();
                }
            }
        }
    });
    assert_eq!(
        outcome(&limits, &scope(), OnFailure::Closed).await,
        "unavailable"
    );
    assert_eq!(requests.load(Ordering::Relaxed), 1);
}

/// The count goes to standard output, so the test above is run once more to read it there.
#[test]
fn an_outage_is_counted() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "outage::a_closed_route_refuses", "--nocapture"])
        .env(LOGGED, "1")
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let counted = output.lines().filter_map(|line| {
        // The test harness may have begun the line.
        let line = line.get(line.find('{')?..)?;
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let count = line["limiter_degraded"].as_u64()?;
        assert_eq!(line["service"], "limiter-test");
        Some((count, line["cause"].clone()))
    });
    let counted: Vec<_> = counted.collect();
    assert_eq!(
        counted,
        [(1, "timeout".into()), (1, "timeout".into())],
        "{output}"
    );
}
