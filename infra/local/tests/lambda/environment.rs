//! What a function finds in its environment.

use std::collections::BTreeMap;

use local::runtime::{DatabaseOverride, Overrides};
use reqwest::Method;
use serde_json::Value;

use crate::stack::Stack;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

async fn variables(stack: &Stack, path: &str) -> BTreeMap<String, String> {
    let echo: Value = stack.echo(stack.request(Method::GET, path)).await;
    serde_json::from_value(echo["variables"].clone()).unwrap()
}

#[tokio::test]
async fn it_has_what_lambda_and_the_template_give_and_nothing_else() {
    let stack = Stack::start("environment-clean").await;
    let found = variables(&stack, "/v1/echo").await;
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "AWS_DEFAULT_REGION",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "COLOR",
            "ECHO_FOLDER",
            "LANG",
            "PATH",
            "QUEUE_URL",
            "SECRET",
            "TZ",
        ]
    );
    assert_eq!(found["AWS_LAMBDA_FUNCTION_NAME"], "tests-EchoFunction");
    assert_eq!(found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    assert_eq!(found["AWS_LAMBDA_FUNCTION_VERSION"], "$LATEST");
    assert_eq!(found["COLOR"], "blue");
    assert_eq!(
        found["QUEUE_URL"],
        "http://127.0.0.1:1/000000000000/tests-WorkQueue"
    );
}

#[tokio::test]
async fn a_declared_variable_is_replaced_where_it_is_declared_only() {
    let overrides = Overrides {
        everywhere: map(&[("ENDPOINT", "http://127.0.0.1:2")]),
        declared: map(&[("SECRET", "from this machine")]),
        database: None,
    };
    let stack = Stack::start_with("environment-declared", &[("Color", "red")], overrides).await;
    let echo = variables(&stack, "/v1/echo").await;
    assert_eq!(echo["SECRET"], "from this machine");
    assert_eq!(echo["ENDPOINT"], "http://127.0.0.1:2");
    assert_eq!(echo["COLOR"], "red");
    let hasty = variables(&stack, "/v1/hasty").await;
    assert_eq!(hasty.get("SECRET"), None);
    assert_eq!(hasty["ENDPOINT"], "http://127.0.0.1:2");
}

#[test]
fn the_database_is_the_one_on_this_machine() {
    let overrides = Overrides {
        database: Some(DatabaseOverride {
            host: "127.0.0.1".to_owned(),
            port: 15_432,
            sslmode: "disable".to_owned(),
            passwords: map(&[("svc_projects", "secret")]),
        }),
        ..Overrides::default()
    };
    let declared = map(&[
        (
            "DATABASE_URL",
            "postgres://svc_projects@db.example:5432/tenantry?sslmode=require&application_name=x",
        ),
        ("DATABASE_PASSWORD", "{{resolve:secretsmanager:x}}"),
    ]);
    let url = "postgres://svc_projects:secret@127.0.0.1:15432/tenantry?application_name=x&sslmode=disable";
    assert_eq!(overrides.apply(&declared), map(&[("DATABASE_URL", url)]));

    // A role without a password here keeps its address, and fails where it is used.
    let other = map(&[(
        "DATABASE_URL",
        "postgres://svc_other@db.example:5432/tenantry",
    )]);
    assert_eq!(overrides.apply(&other), other);
}
