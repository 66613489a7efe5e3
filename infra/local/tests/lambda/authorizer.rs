//! The Lambda authorizer in front of routes.

use local::runtime::Overrides;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::Stack;

async fn ask(stack: &Stack, path: &str, token: &str) -> (u16, Value) {
    let request = stack
        .request(Method::GET, path)
        .header("Authorization", token);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// The events that the authorizer has got.
fn asked(stack: &Stack) -> Vec<Value> {
    let noted = stack.noted().into_iter();
    noted.filter(|event| event["type"] == "REQUEST").collect()
}

#[tokio::test]
async fn its_context_reaches_the_function() {
    let stack = Stack::start("authorizer-context").await;
    let (status, echo) = ask(&stack, "/v1/private?x=1", "token").await;
    assert_eq!(status, 200);
    let context = &echo["event"]["requestContext"]["authorizer"]["lambda"];
    assert_eq!(*context, json!({ "token": "token", "asked": "1" }));

    let [event] = asked(&stack).try_into().unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["identitySource"], json!(["token"]));
    assert_eq!(event["routeKey"], "GET /private");
    assert_eq!(
        event["routeArn"],
        "arn:aws:execute-api:us-east-1:000000000000:local/v1/GET/private"
    );
    assert_eq!(event["headers"]["authorization"], "token");
    assert_eq!(event["queryStringParameters"], json!({ "x": "1" }));
    assert_eq!(event["stageVariables"]["successor"], "v2");
    assert_eq!(event.get("body"), None);
    assert_eq!(event.get("isBase64Encoded"), None);
}

#[tokio::test]
async fn without_a_token_it_is_not_asked() {
    let stack = Stack::start("authorizer-missing").await;
    let response = stack.get("/v1/private").await;
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({ "message": "Unauthorized" }));
    assert_eq!(ask(&stack, "/v1/private", "").await.0, 401);
    assert_eq!(stack.noted(), Vec::<Value>::new());
}

#[tokio::test]
async fn public_routes_do_not_ask() {
    let stack = Stack::start("authorizer-public").await;
    let (status, echo) = ask(&stack, "/v1/echo", "deny").await;
    assert_eq!(status, 200);
    assert_eq!(echo["event"]["requestContext"].get("authorizer"), None);
    assert_eq!(asked(&stack), Vec::<Value>::new());
}

#[tokio::test]
async fn a_refusal_is_forbidden_and_a_failure_an_error() {
    let stack = Stack::start("authorizer-refusals").await;
    let forbidden = (403, json!({ "message": "Forbidden" }));
    let error = (500, json!({ "message": "Internal Server Error" }));
    assert_eq!(ask(&stack, "/v1/private", "deny").await, forbidden);
    assert_eq!(ask(&stack, "/v1/private", "fail").await, error);
    assert_eq!(ask(&stack, "/v1/private", "nonsense").await, error);
    let functions_events = stack.noted().len() - asked(&stack).len();
    assert_eq!(functions_events, 0);
}

#[tokio::test]
async fn answers_are_kept_by_token_and_errors_are_not() {
    let stack = Stack::start("authorizer-cache").await;
    for _ in 0..3 {
        let (_, echo) = ask(&stack, "/v1/private", "one").await;
        let context = &echo["event"]["requestContext"]["authorizer"]["lambda"];
        assert_eq!(context["asked"], "1");
    }
    assert_eq!(asked(&stack).len(), 1);
    // An answer holds for all routes, since the identity says nothing of them.
    ask(&stack, "/v1/secret", "one").await;
    assert_eq!(asked(&stack).len(), 1);
    ask(&stack, "/v1/private", "two").await;
    assert_eq!(asked(&stack).len(), 2);
    for _ in 0..2 {
        ask(&stack, "/v1/private", "deny").await;
    }
    assert_eq!(asked(&stack).len(), 3);
    for _ in 0..2 {
        ask(&stack, "/v1/private", "fail").await;
    }
    assert_eq!(asked(&stack).len(), 5);
}

#[tokio::test]
async fn with_zero_seconds_nothing_is_kept() {
    let parameters = [("AuthorizerSeconds", "0")];
    let stack = Stack::start_with("authorizer-fresh", &parameters, Overrides::default()).await;
    for _ in 0..3 {
        ask(&stack, "/v1/private", "one").await;
    }
    assert_eq!(asked(&stack).len(), 3);
}
