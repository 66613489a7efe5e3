//! The API's stages, its authorizer and its name.

use serde_json::{Value, json};

use crate::document::{Document, PRODUCT, assert_kept, lacks};

/// What a line of the access log says, beside times and sizes.
const LOGGED: [(&str, &str); 7] = [
    ("requestId", "$context.requestId"),
    ("stage", "$context.stage"),
    ("routeKey", "$context.routeKey"),
    ("status", "$context.status"),
    ("latencyMs", "$context.responseLatency"),
    ("integrationError", "$context.integrationErrorMessage"),
    ("tenant", "$context.authorizer.tenant_id"),
];

fn of_stage(id: &str, stage: &Value) -> Vec<String> {
    let settings = &stage["DefaultRouteSettings"];
    let log = &stage["AccessLogSettings"];
    let line: Value = serde_json::from_str(log["Format"].as_str().unwrap_or("{}")).unwrap();
    let wanted = [
        (
            "a wall",
            settings["ThrottlingRateLimit"].is_u64() && settings["ThrottlingBurstLimit"].is_u64(),
        ),
        (
            "metrics of each route",
            settings["DetailedMetricsEnabled"] == true,
        ),
        (
            "an access log",
            log["DestinationArn"] == json!({ "Fn::GetAtt": ["AccessLogs", "Arn"] }),
        ),
        (
            "what is asked of it",
            LOGGED.iter().all(|(field, value)| line[field] == *value),
        ),
    ];
    lacks(id, &wanted)
}

/// API Gateway puts an authorizer's word into the log under the name that the authorizer gives it.
fn of_tenant() -> bool {
    let source = include_str!("../../../../functions/authorizer/src/event.rs");
    let caller = source.split("pub struct Caller {").nth(1);
    caller.is_some_and(|rest| rest.contains("    pub tenant_id: TenantId,\n"))
}

fn shortcomings(document: &Document) -> Vec<String> {
    let api = document.properties("Api");
    let mut found = of_stage("Api", api);
    found.extend(of_stage("StageV2", document.properties("StageV2")));
    let authorizer = &api["Auth"]["Authorizers"]["TenantAuthorizer"];
    let permission = document.properties("AuthorizerPermission");
    let first = document.text.split("\nResources:\n").nth(1).unwrap();
    let first = first
        .lines()
        .find(|line| !line.trim_start().starts_with('#'));
    let mapped = |id: &str, key: &str| {
        let mapping = document.properties(id);
        document.resource(id)["Condition"] == "HasDomain" && mapping["ApiMappingKey"] == key
    };
    let hides = json!({ "Fn::If": ["HasDomain", true, false] });
    let retention = &document.properties("AccessLogs")["RetentionInDays"];
    let wanted = [
        (
            "the first place, where sam local looks",
            first == Some("  Api:"),
        ),
        ("warnings that fail", api["FailOnWarnings"] == true),
        (
            "the authorizer's alias",
            authorizer["FunctionArn"] == json!({ "Fn::Sub": "${AuthorizerFunction.Arn}:live" })
                && permission["FunctionName"] == json!({ "Ref": "AuthorizerFunction.Alias" })
                && authorizer["EnableFunctionDefaultPermissions"] == false,
        ),
        (
            "answers of the authorizer that are kept",
            authorizer["Identity"]["ReauthorizeEvery"].is_u64(),
        ),
        ("an access log that ends", !retention.is_null()),
        ("a tenant whom the authorizer names", of_tenant()),
        (
            "both stages below its own name",
            mapped("DomainV1", "v1") && mapped("DomainV2", "v2"),
        ),
        ("one way in", api["DisableExecuteApiEndpoint"] == hides),
    ];
    found.extend(lacks("Api", &wanted));
    found
}

#[test]
fn both_stages_are_walled_and_logged_and_the_authorizer_is_the_one_that_is_live() {
    let breaks = [
        ("        ThrottlingRateLimit: 500\n", "", "Api: a wall"),
        (
            "DefaultRouteSettings: *throttling",
            "DefaultRouteSettings: {}",
            "StageV2: metrics of each route",
        ),
        (
            "AccessLogSettings: *accessLog",
            "AccessLogSettings: {}",
            "StageV2: an access log",
        ),
        (
            r#","tenant":"$context.authorizer.tenant_id""#,
            "",
            "Api: what is asked of it",
        ),
        (
            "\nResources:\n",
            "\nResources:\n  Before: {Type: AWS::SNS::Topic}\n",
            "Api: the first place, where sam local looks",
        ),
        (
            "FailOnWarnings: true",
            "FailOnWarnings: false",
            "Api: warnings that fail",
        ),
        (
            "FunctionArn: !Sub '${AuthorizerFunction.Arn}:live'",
            "FunctionArn: !GetAtt AuthorizerFunction.Arn",
            "Api: the authorizer's alias",
        ),
        (
            "ApiMappingKey: v2",
            "ApiMappingKey: v3",
            "Api: both stages below its own name",
        ),
        (
            "DisableExecuteApiEndpoint: !If [HasDomain, true, false]",
            "DisableExecuteApiEndpoint: false",
            "Api: one way in",
        ),
        (
            "      RetentionInDays: &retention !If [IsProd, 90, 14]\n",
            "      Tags: [{Key: a, Value: &retention 1}]\n",
            "Api: an access log that ends",
        ),
    ];
    assert_kept(PRODUCT, shortcomings, &breaks);
}
