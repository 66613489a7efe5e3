//! What goes over the wire: a signed request, and nothing about the program that sent it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use shared::limits::DynamoDbLimiter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{quotas, scope};

const HEAD_BYTES_MAX: usize = 65_536;
/// What DynamoDB answers when it has counted the first request.
const COUNTED: &str = r#"{"Attributes":{"n":{"N":"1"}}}"#;

/// Reads the headers of one request, and answers it.
async fn headers(stream: &mut TcpStream) -> BTreeMap<String, String> {
    let mut bytes = Vec::new();
    let head = loop {
        let read = stream.read_buf(&mut bytes).await.unwrap();
        assert!(read > 0 && bytes.len() < HEAD_BYTES_MAX);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            break head.to_owned();
        }
    };
    let length = COUNTED.len();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{COUNTED}");
    stream.write_all(answer.as_bytes()).await.unwrap();
    let pairs = head.split("\r\n").filter_map(|line| line.split_once(": "));
    pairs
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn a_request_is_signed_and_says_nothing_about_the_program() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let limiter = DynamoDbLimiter::new(&Client::from_conf(config), "limits".to_owned());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        headers(&mut stream).await
    });
    let (scope, quotas) = (scope(), quotas("minute=40"));
    let asked = limiter.take(&scope, &quotas, 1, 1_790_000_039_800);
    asked.await.unwrap();
    let headers = served.await.unwrap();
    let scope = "/eu-central-1/dynamodb/aws4_request";
    assert!(headers["authorization"].contains(scope), "{headers:?}");
    for name in [
        "user-agent",
        "x-amz-user-agent",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
    ] {
        assert!(!headers.contains_key(name), "{name}");
    }
}
