//! A proxy that the environment names is not asked: it would look names up itself, behind our back.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shared::config;
use shared::egress::Targets;
use testkit::Receiver;
use webhook_sender::call::Caller;
use webhook_sender::resolve::SystemResolver;
use webhook_sender::tls;

/// The variable that tells the child what to call.
const URL: &str = "WEBHOOK_TEST_URL";
/// The variable that tells the child how.
const CLIENT: &str = "WEBHOOK_TEST_CLIENT";
/// Every spelling by which clients are told of a proxy.
const PROXIES: [&str; 6] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
];

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_asked() {
    // In the child, which is this test once more with proxies in its environment.
    if let Some(url) = config::optional(URL) {
        return match config::optional(CLIENT).as_deref() {
            Some("ours") => we_call(&url).await,
            _ => another_client_calls(&url).await,
        };
    }
    let (receiver, proxy) = (Receiver::start().await, Receiver::start().await);
    for (client, direct, through) in [("ours", 1, 0), ("another", 1, 1)] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "proxies::a_proxy_in_the_environment_is_not_asked",
        ]);
        command
            .env(URL, receiver.url())
            .env(CLIENT, client)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy");
        for variable in PROXIES {
            command.env(variable, format!("http://{}", proxy.address()));
        }
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        let arrived = (receiver.seen().len(), proxy.seen().len());
        assert_eq!(arrived, (direct, through), "{client}");
    }
}

async fn we_call(url: &str) {
    let caller = Caller {
        targets: Targets::Loopback,
        resolver: Arc::new(SystemResolver),
        tls: tls::client(None).unwrap(),
        timeout: Duration::from_secs(5),
    };
    let (headers, body) = (BTreeMap::new(), "{}".to_owned());
    let call = caller.post(url, &headers, body, SystemTime::UNIX_EPOCH);
    assert_eq!(Box::pin(call).await.unwrap().status, 204);
}

/// The control: a client that does what most do.
async fn another_client_calls(url: &str) {
    let answer = reqwest::Client::new().post(url).send().await.unwrap();
    assert_eq!(answer.status(), 204);
}
