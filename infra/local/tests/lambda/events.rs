//! What functions get for an HTTP request.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::Stack;

#[tokio::test]
async fn a_get_has_all_of_format_2() {
    let stack = Stack::start("events-get").await;
    let request = stack
        .request(Method::GET, "/v1/echo/17?color=blue%20sky&n=1&n=2&empty=")
        .header("User-Agent", "tests")
        .header("X-Twice", "one")
        .header("X-Twice", "two")
        .header("Cookie", "a=1; b=2");
    let echo = stack.echo(request).await;
    let event = &echo["event"];

    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "GET /echo/{id}");
    assert_eq!(event["rawPath"], "/v1/echo/17");
    assert_eq!(event["rawQueryString"], "color=blue%20sky&n=1&n=2&empty=");
    assert_eq!(
        event["queryStringParameters"],
        json!({ "color": "blue sky", "n": "1,2", "empty": "" })
    );
    assert_eq!(event["pathParameters"], json!({ "id": "17" }));
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event.get("body"), None);

    let headers = &event["headers"];
    assert_eq!(headers["x-twice"], "one,two");
    assert_eq!(headers["content-length"], "0");
    assert_eq!(headers["host"], stack.address().to_string());
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers.get("cookie"), None);
    let trace_id = headers["x-amzn-trace-id"].as_str().unwrap();
    assert!(trace_id.starts_with("Root=1-"), "{trace_id}");

    let context = &event["requestContext"];
    assert_eq!(context["http"]["method"], "GET");
    assert_eq!(context["http"]["path"], "/v1/echo/17");
    assert_eq!(context["http"]["protocol"], "HTTP/1.1");
    assert_eq!(context["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["http"]["userAgent"], "tests");
    assert_eq!(context["stage"], "v1");
    assert_eq!(context["routeKey"], "GET /echo/{id}");
    assert_eq!(context["domainName"], "127.0.0.1");
    assert_eq!(context.get("authorizer"), None);
    assert!(context["timeEpoch"].as_i64().unwrap() > 1_700_000_000_000);
    let time = context["time"].as_str().unwrap();
    assert_eq!(time.len(), "23/Nov/2026:20:00:00 +0000".len(), "{time}");
    assert!(time.ends_with(" +0000"), "{time}");
}

#[tokio::test]
async fn the_answer_names_the_request_of_the_event() {
    let stack = Stack::start("events-request-id").await;
    let response = stack.get("/v1/echo").await;
    let id = response.headers()["apigw-requestid"]
        .to_str()
        .unwrap()
        .to_owned();
    let echo: Value = response.json().await.unwrap();
    assert_eq!(echo["event"]["requestContext"]["requestId"], id);
    let other = stack.get("/v1/echo").await;
    assert_ne!(other.headers()["apigw-requestid"].to_str().unwrap(), id);
}

#[tokio::test]
async fn a_stage_brings_its_own_variables() {
    let stack = Stack::start("events-stages").await;
    let first = stack.echo(stack.request(Method::GET, "/v1/echo")).await;
    let variables = json!({ "successor": "v2", "sunset_at": "2027-06-30T00:00:00Z" });
    assert_eq!(first["event"]["stageVariables"], variables);
    let second = stack.echo(stack.request(Method::GET, "/v2/echo")).await;
    assert_eq!(second["event"].get("stageVariables"), None);
    assert_eq!(second["event"]["rawPath"], "/v2/echo");
    assert_eq!(second["event"]["requestContext"]["stage"], "v2");
}

#[tokio::test]
async fn text_travels_as_text_and_all_else_as_base64() {
    let stack = Stack::start("events-bodies").await;
    let bytes: &[u8] = &[0, 159, 146, 150];
    let cases: [(&str, &[u8], bool); 6] = [
        ("application/json", b"{\"name\": \"x\"}", false),
        ("text/plain; charset=utf-8", "grün".as_bytes(), false),
        ("application/json", bytes, true),
        ("application/octet-stream", bytes, true),
        ("application/x-www-form-urlencoded", b"a=1", true),
        ("image/png", b"text in fact", true),
    ];
    for (content_type, body, is_base64) in cases {
        let request = stack
            .request(Method::POST, "/v1/echo")
            .header("content-type", content_type)
            .body(body.to_vec());
        let event = &stack.echo(request).await["event"];
        let expected = if is_base64 {
            STANDARD.encode(body)
        } else {
            String::from_utf8(body.to_vec()).unwrap()
        };
        assert_eq!(event["body"], expected, "{content_type}");
        assert_eq!(event["isBase64Encoded"], is_base64, "{content_type}");
        assert_eq!(event["headers"]["content-length"], body.len().to_string());
    }
}

#[tokio::test]
async fn paths_are_decoded_before_they_are_routed() {
    let stack = Stack::start("events-paths").await;
    let request = stack.request(Method::GET, "/v1/echo/gr%C3%BCn%20one");
    let event = &stack.echo(request).await["event"];
    assert_eq!(event["rawPath"], "/v1/echo/grün one");
    assert_eq!(event["pathParameters"]["id"], "grün one");
    // An encoded slash separates segments, as behind an HTTP API.
    assert_eq!(stack.get("/v1/echo/a%2Fb").await.status(), 404);
    assert_eq!(stack.get("/v1/echo/%ff").await.status(), 400);
}

#[tokio::test]
async fn the_most_specific_route_wins() {
    let stack = Stack::start("events-precedence").await;
    let literal = stack.echo(stack.request(Method::GET, "/v1/echo/own")).await;
    assert_eq!(literal["event"]["routeKey"], "GET /echo/own");
    let rest = stack
        .echo(stack.request(Method::PUT, "/v1/files/a/b/c"))
        .await;
    assert_eq!(rest["event"]["routeKey"], "ANY /files/{path+}");
    assert_eq!(rest["event"]["pathParameters"]["path"], "a/b/c");
}

#[tokio::test]
async fn lambda_tells_the_request_and_its_deadline() {
    let stack = Stack::start("events-lambda").await;
    let echo = stack.echo(stack.request(Method::GET, "/v1/echo")).await;
    let arrived = echo["event"]["requestContext"]["timeEpoch"]
        .as_i64()
        .unwrap();
    let deadline = echo["deadlineMs"].as_i64().unwrap();
    assert!(deadline >= arrived + 20_000, "{deadline} {arrived}");
    assert_eq!(
        echo["arn"],
        "arn:aws:lambda:us-east-1:000000000000:function:tests-EchoFunction"
    );
    assert_eq!(echo["requestId"].as_str().unwrap().len(), 36);
}
