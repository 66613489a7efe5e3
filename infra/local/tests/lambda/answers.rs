//! What a function's answer becomes.

use serde_json::{Value, json};

use crate::stack::Stack;

#[tokio::test]
async fn an_answer_with_a_status_says_what_the_response_is() {
    let stack = Stack::start("answers-full").await;
    stack.put(
        "full",
        &json!({
            "statusCode": 201,
            "headers": { "X-One": "1", "x-number": 2, "Connection": "close", "Content-Length": "999" },
            "cookies": ["a=1; Secure", "b=2"],
            "body": "created",
        })
        .to_string(),
    );
    let response = stack.get("/v1/echo?answer=full").await;
    assert_eq!(response.status(), 201);
    let headers = response.headers();
    assert_eq!(headers["x-one"], "1");
    assert_eq!(headers["x-number"], "2");
    assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(headers["content-length"], "7");
    let cookies: Vec<_> = headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Secure", "b=2"]);
    assert_eq!(response.text().await.unwrap(), "created");
}

#[tokio::test]
async fn base64_is_decoded() {
    let stack = Stack::start("answers-base64").await;
    let answer = json!({
        "statusCode": 200,
        "headers": { "content-type": "image/png" },
        "isBase64Encoded": true,
        "body": "AJ+Slg==",
    });
    stack.put("binary", &answer.to_string());
    let response = stack.get("/v1/echo?answer=binary").await;
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.bytes().await.unwrap().as_ref(), [0, 159, 146, 150]);
}

#[tokio::test]
async fn an_answer_without_a_status_is_the_body() {
    let stack = Stack::start("answers-bare").await;
    for (answer, body) in [
        (json!({ "name": "x" }), r#"{"name":"x"}"#),
        (json!("plain"), "plain"),
        (json!([1, 2]), "[1,2]"),
    ] {
        stack.put("bare", &answer.to_string());
        let response = stack.get("/v1/echo?answer=bare").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.text().await.unwrap(), body);
    }
}

#[tokio::test]
async fn an_answer_without_a_body_has_none() {
    let stack = Stack::start("answers-empty").await;
    for body in [Value::Null, json!("")] {
        stack.put(
            "empty",
            &json!({ "statusCode": 204, "body": body }).to_string(),
        );
        let response = stack.get("/v1/echo?answer=empty").await;
        assert_eq!(response.status(), 204);
        assert!(!response.headers().contains_key("content-type"));
        assert_eq!(response.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_response_is_the_functions_fault() {
    let stack = Stack::start("answers-wrong").await;
    for answer in [
        json!({ "statusCode": "two hundred" }),
        json!({ "statusCode": 99 }),
        json!({ "statusCode": 200, "body": { "not": "text" } }),
        json!({ "statusCode": 200, "body": "%%%", "isBase64Encoded": true }),
        json!({ "statusCode": 200, "headers": { "bad name": "x" } }),
        json!({ "statusCode": 200, "headers": { "x-split": "a\r\nb: c" } }),
        json!({ "statusCode": 200, "cookies": [1] }),
    ] {
        stack.put("wrong", &answer.to_string());
        let response = stack.get("/v1/echo?answer=wrong").await;
        assert_eq!(response.status(), 500, "{answer}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body, json!({ "message": "Internal Server Error" }));
    }
}
