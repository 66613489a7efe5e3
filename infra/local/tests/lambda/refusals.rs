//! What the gateway answers without a function.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::stack::Stack;

async fn refused(response: Response, status: u16, message: &str) {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers().contains_key("apigw-requestid"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({ "message": message }));
}

#[tokio::test]
async fn what_is_not_routed_is_not_found() {
    let stack = Stack::start("refusals-routes").await;
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v3/echo",
        "/echo",
        "/v1/other",
        "/v1/echo/",
        "/v1/echo/1/2",
    ] {
        refused(stack.get(path).await, 404, "Not Found").await;
    }
    let wrong_method = stack
        .request(Method::DELETE, "/v1/echo")
        .send()
        .await
        .unwrap();
    refused(wrong_method, 404, "Not Found").await;
    assert_eq!(stack.noted(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_body_that_no_event_can_hold_is_too_large() {
    let stack = Stack::start("refusals-size").await;
    let post = |bytes: usize| {
        let body = vec![b'x'; bytes];
        let request = stack.request(Method::POST, "/v1/echo");
        request
            .header("content-type", "text/plain")
            .body(body)
            .send()
    };
    let over = post(6 * 1024 * 1024 + 1).await.unwrap();
    refused(over, 413, "Request Entity Too Large").await;
    // The body alone would fit, and does not together with the rest of the event.
    let full = post(6 * 1024 * 1024).await.unwrap();
    refused(full, 413, "Request Entity Too Large").await;
    assert_eq!(stack.noted(), Vec::<Value>::new());
    // The echo of half as much still fits into an answer.
    assert_eq!(post(1024 * 1024).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_host_that_is_none_is_a_bad_request() {
    let stack = Stack::start("refusals-host").await;
    for host in ["a b", "[::1", "x:99999", "/", "h#f"] {
        let request = format!("GET /v1/echo HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(stack.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{host}: {answer}");
    }
    assert_eq!(stack.noted(), Vec::<Value>::new());
}
