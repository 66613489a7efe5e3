//! A request to a service in the words of IAM.
//!
//! Names of actions and resources are those of the
//! [service authorization reference](https://docs.aws.amazon.com/service-authorization/latest/reference/).

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, Uri, header, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::super::{ACCOUNT_ID, REGION};

/// One call, as a policy speaks of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The access key id of who signed it.
    pub caller: String,
    /// The action that it needs, as `sqs:SendMessage`.
    pub action: String,
    /// The ARN of what it is about.
    pub resource: String,
    /// What else a policy may ask of it, as `s3:prefix`.
    pub keys: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    DynamoDb,
    S3,
    Sqs,
}

/// The calls that a request makes; more than one when it removes several objects.
pub(super) fn read(service: Service, parts: &Parts, body: &[u8]) -> Vec<Call> {
    let caller = caller(&parts.headers, &parts.uri).unwrap_or_else(|| "nobody".to_owned());
    let call = |action: String, resource: String| Call {
        caller: caller.clone(),
        action,
        resource,
        keys: BTreeMap::new(),
    };
    match service {
        Service::DynamoDb => {
            let table = member(body, "TableName");
            let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}");
            vec![call(format!("dynamodb:{}", target(&parts.headers)), arn)]
        }
        Service::Sqs => {
            let url = member(body, "QueueUrl");
            let queue = url.rsplit('/').next().unwrap_or_default();
            let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}");
            // Several messages at once take the permission for one.
            let action = target(&parts.headers).trim_end_matches("Batch");
            vec![call(format!("sqs:{action}"), arn)]
        }
        Service::S3 => of_s3(parts, body)
            .into_iter()
            .map(|(action, path, keys)| Call {
                keys,
                ..call(format!("s3:{action}"), format!("arn:aws:s3:::{path}"))
            })
            .collect(),
    }
}

/// Action, path of bucket and key, and further keys.
type OfS3 = (String, String, BTreeMap<String, String>);

fn of_s3(parts: &Parts, body: &[u8]) -> Vec<OfS3> {
    let path = parts.uri.path().trim_matches('/');
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let is_object = path.contains('/');
    let plain = |action: &str| vec![(action.to_owned(), path.clone(), BTreeMap::new())];
    match (&parts.method, is_object) {
        (&Method::GET, true) => plain("GetObject"),
        (&Method::PUT, true) => plain("PutObject"),
        (&Method::DELETE, true) => plain("DeleteObject"),
        (&Method::GET, false) if query(&parts.uri, "list-type").is_some() => {
            let prefix = query(&parts.uri, "prefix").map(|value| ("s3:prefix".to_owned(), value));
            vec![("ListBucket".to_owned(), path, prefix.into_iter().collect())]
        }
        (&Method::POST, false) if query(&parts.uri, "delete").is_some() => {
            let body = String::from_utf8_lossy(body);
            let keys = body.split("<Key>").skip(1);
            keys.filter_map(|rest| rest.split("</Key>").next())
                .map(|key| {
                    let path = format!("{path}/{key}");
                    ("DeleteObject".to_owned(), path, BTreeMap::new())
                })
                .collect()
        }
        // No policy has it, so a test that compares will name it.
        (method, _) => plain(&format!("{method} {}", parts.uri)),
    }
}

/// The access key id in the signature, or in the link.
fn caller(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let signature = headers.get(header::AUTHORIZATION);
    let of_header = signature
        .and_then(|value| value.to_str().ok()?.split_once("Credential="))
        .map(|(_, credential)| credential.to_owned());
    let credential = of_header.or_else(|| query(uri, "X-Amz-Credential"))?;
    let id = credential.split('/').next()?;
    Some(id.to_owned())
}

/// A parameter of the query, decoded; one without a value is empty.
fn query(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = uri.query()?.split('&');
    let value = pairs.find_map(|pair| match pair.split_once('=') {
        Some((own, value)) => (own == name).then_some(value),
        None => (pair == name).then_some(""),
    })?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// The operation of AWS's JSON protocols.
fn target(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target");
    let text = target.and_then(|target| target.to_str().ok());
    text.and_then(|text| text.split('.').nth(1))
        .unwrap_or("unknown")
}

/// A text in the body of AWS's JSON protocols.
fn member(body: &[u8], name: &str) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn calls(service: Service, request: axum::http::request::Builder, body: &str) -> Vec<String> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let calls = read(service, &parts, body.as_bytes());
        let texts = calls.into_iter().map(|call| {
            let keys = call
                .keys
                .into_iter()
                .map(|(name, value)| format!(" {name}={value}"));
            let keys: String = keys.collect();
            format!("{} {} {}{keys}", call.caller, call.action, call.resource)
        });
        texts.collect()
    }

    fn signed(method: &str, uri: &str) -> axum::http::request::Builder {
        let by = "AWS4-HMAC-SHA256 Credential=F/20260101/us-east-1/s3/aws4_request, Signature=0";
        Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", by)
    }

    #[test]
    fn a_request_of_each_kind_is_read() {
        let json = |target: &str| signed("POST", "/").header("x-amz-target", target);
        let table = json("DynamoDB_20120810.UpdateItem");
        assert_eq!(
            calls(Service::DynamoDb, table, r#"{"TableName":"t"}"#),
            ["F dynamodb:UpdateItem arn:aws:dynamodb:us-east-1:000000000000:table/t"]
        );
        let queue = json("AmazonSQS.SendMessageBatch");
        assert_eq!(
            calls(Service::Sqs, queue, r#"{"QueueUrl":"http://h/0/q"}"#),
            ["F sqs:SendMessage arn:aws:sqs:us-east-1:000000000000:q"]
        );
        let put = signed("PUT", "/b/tenants/1%2F2?x-id=PutObject");
        assert_eq!(
            calls(Service::S3, put, ""),
            ["F s3:PutObject arn:aws:s3:::b/tenants/1/2"]
        );
        let list = signed("GET", "/b/?list-type=2&prefix=tenants%2F1%2F");
        assert_eq!(
            calls(Service::S3, list, ""),
            ["F s3:ListBucket arn:aws:s3:::b s3:prefix=tenants/1/"]
        );
        let remove = signed("POST", "/b/?delete");
        let body = "<Delete><Object><Key>x</Key></Object><Object><Key>y</Key></Object></Delete>";
        assert_eq!(
            calls(Service::S3, remove, body),
            [
                "F s3:DeleteObject arn:aws:s3:::b/x",
                "F s3:DeleteObject arn:aws:s3:::b/y"
            ]
        );
    }

    #[test]
    fn a_link_is_its_signers_and_what_nobody_knows_is_said() {
        let link = "/b/k?X-Amz-Credential=G%2F20260101%2Fus-east-1&X-Amz-Signature=0";
        let link = Request::builder().uri(link);
        assert_eq!(
            calls(Service::S3, link, ""),
            ["G s3:GetObject arn:aws:s3:::b/k"]
        );
        let unknown = Request::builder().method("PATCH").uri("/b");
        assert_eq!(
            calls(Service::S3, unknown, ""),
            ["nobody s3:PATCH /b arn:aws:s3:::b"]
        );
    }
}
