//! An answer as a value in which every field has a name: status, headers and body of a request's, the
//! payload of any other.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Response;
use serde_json::{Map, Value, json};

/// What gateways and servers add by themselves, about the connection and the moment.
const SERVERS_HEADERS: [&str; 7] = [
    "apigw-requestid",
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
];

/// The answer to a request, from what the function returned (payload format 2.0).
pub(crate) fn of_request(payload: &Value) -> Value {
    let mut headers = Map::new();
    for (name, value) in payload["headers"].as_object().into_iter().flatten() {
        headers.insert(name.to_lowercase(), value.clone());
    }
    let several = payload["multiValueHeaders"].as_object();
    for (name, values) in several.into_iter().flatten() {
        let values: Vec<_> = values.as_array().into_iter().flatten().collect();
        let texts: Vec<_> = values.iter().map(|value| value.as_str().unwrap()).collect();
        headers.insert(name.to_lowercase(), texts.join(", ").into());
    }
    let body = payload["body"].as_str().unwrap_or_default();
    let body = match payload["isBase64Encoded"] == true {
        true => STANDARD.decode(body).unwrap(),
        false => body.as_bytes().to_vec(),
    };
    // An error has no status and is told by that.
    assemble(&payload["statusCode"], headers, &body, payload)
}

/// The answer to a request, from what came over HTTP.
pub(crate) async fn of_response(response: Response) -> Value {
    let status = response.status().as_u16();
    let mut headers = Map::new();
    for name in response.headers().keys() {
        let values = response.headers().get_all(name);
        let values: Vec<_> = values.iter().map(|value| value.to_str().unwrap()).collect();
        headers.insert(name.as_str().to_owned(), values.join(", ").into());
    }
    let body = response.bytes().await.unwrap();
    assemble(&status.into(), headers, &body, &Value::Null)
}

/// The answer to anything else.
pub(crate) fn of_job(payload: &Value) -> Value {
    json!({ "payload": payload })
}

fn assemble(status: &Value, mut headers: Map<String, Value>, body: &[u8], whole: &Value) -> Value {
    if status.is_null() {
        return of_job(whole);
    }
    headers.retain(|name, _| !SERVERS_HEADERS.contains(&name.as_str()));
    let body: Value = serde_json::from_slice(body)
        .unwrap_or_else(|_no_json| String::from_utf8_lossy(body).into_owned().into());
    json!({ "status": status, "headers": headers, "body": body })
}

#[test]
fn a_function_s_words_and_those_of_http_make_the_same_answer() {
    let returned = json!({
        "statusCode": 200,
        "headers": { "Content-Type": "application/json", "content-length": "9" },
        "multiValueHeaders": { "link": ["<a>", "<b>"] },
        "body": "eyJhIjoxfQ==",
        "isBase64Encoded": true,
    });
    let expected = json!({
        "status": 200,
        "headers": { "content-type": "application/json", "link": "<a>, <b>" },
        "body": { "a": 1 },
    });
    assert_eq!(of_request(&returned), expected);
    let failed = json!({ "errorType": "Any", "errorMessage": "no" });
    assert_eq!(of_request(&failed), json!({ "payload": failed }));
}
