//! Every function has an alias, a canary with alarms, records that end, and a name on the bill.

use serde_json::{Value, json};

use crate::document::{Document, FUNCTION, PRODUCT, STACK, assert_kept, lacks};

fn of_globals(document: &Document) -> Vec<String> {
    let globals = &document.value["Globals"]["Function"];
    let canary = json!({ "Fn::If": ["IsProd", "Canary10Percent5Minutes", "AllAtOnce"] });
    let wanted = [
        ("an alias", globals["AutoPublishAlias"] == "live"),
        (
            "a canary in production",
            globals["DeploymentPreference"]["Type"] == canary,
        ),
        (
            "tags on the bill",
            globals["Tags"]["env"] == json!({ "Ref": "Env" }) && globals["PropagateTags"] == true,
        ),
    ];
    lacks("Globals", &wanted)
}

/// The function's time-out in milliseconds.
fn timeout_ms(document: &Document, function: &Value) -> u64 {
    let common = &document.value["Globals"]["Function"]["Timeout"];
    let seconds = function["Timeout"].as_u64().or(common.as_u64());
    1_000 * seconds.unwrap()
}

fn of_function(document: &Document, id: &str, function: &Value) -> Vec<String> {
    let stem = id.strip_suffix("Function").unwrap();
    let own = |kind: &str| format!("{stem}{kind}");
    let (canary, logs) = (own("Canary"), own("Logs"));
    let binary = document.binary(id).as_str().unwrap();
    let preference = &function["DeploymentPreference"];
    let alarms = json!([
        { "Fn::GetAtt": [canary, "Outputs.Errors"] },
        { "Fn::GetAtt": [canary, "Outputs.Duration"] },
    ]);
    let stack = document.properties(&canary);
    let told = &stack["Parameters"];
    let group = document.properties(&logs);
    let name = format!("/aws/lambda/${{AWS::StackName}}-{binary}");
    let slow_ms = told["DurationMs"].as_u64().unwrap_or(u64::MAX);
    let wanted = [
        (
            "a new version for a changed variable",
            function["AutoPublishAliasAllProperties"] == true,
        ),
        (
            "both alarms of its canary, and no other preference",
            preference["Alarms"] == alarms && preference["Type"].is_null(),
        ),
        (
            "a canary of its new version",
            document.resource(&canary)["Type"] == STACK
                && stack["TemplateURL"] == "infra/canary.yaml"
                && told["FunctionName"] == json!({ "Ref": id })
                && told["Version"] == json!({ "Fn::GetAtt": [id, "Version.Version"] }),
        ),
        (
            "an alarm before its time is out",
            slow_ms < timeout_ms(document, function),
        ),
        (
            "a role of its own",
            function["Role"] == json!({ "Fn::GetAtt": [own("Role"), "Arn"] })
                && document.resource(&own("Role"))["Type"] == "AWS::IAM::Role"
                && function["Policies"].is_null(),
        ),
        (
            "records in a group of its own",
            function["LoggingConfig"]["LogGroup"] == json!({ "Ref": logs })
                && group["LogGroupName"] == json!({ "Fn::Sub": name }),
        ),
        ("records that end", !group["RetentionInDays"].is_null()),
        (
            "its name on the bill",
            function["Tags"]["service"] == binary,
        ),
    ];
    lacks(id, &wanted)
}

fn shortcomings(document: &Document) -> Vec<String> {
    let functions = document.of_type(FUNCTION);
    assert!(functions.len() >= 14, "{}", functions.len());
    let of_functions = functions
        .into_iter()
        .flat_map(|(id, function)| of_function(document, id, function));
    of_globals(document)
        .into_iter()
        .chain(of_functions)
        .collect()
}

#[test]
fn every_function_is_brought_in_with_care_and_leaves_records() {
    let breaks = [
        (
            "AutoPublishAlias: live",
            "AutoPublishAlias: other",
            "Globals: an alias",
        ),
        (
            "Type: !If [IsProd, Canary10Percent5Minutes, AllAtOnce]",
            "Type: AllAtOnce",
            "Globals: a canary in production",
        ),
        (
            "PropagateTags: true",
            "PropagateTags: false",
            "Globals: tags on the bill",
        ),
        (
            "AutoPublishAliasAllProperties: true\n",
            "AutoPublishAliasAllProperties: false\n",
            "AuthorizerFunction: a new version for a changed variable",
        ),
        (
            "[!GetAtt AuthCanary.Outputs.Errors, !GetAtt AuthCanary.Outputs.Duration]",
            "[!GetAtt AuthCanary.Outputs.Errors]",
            "AuthFunction: both alarms of its canary, and no other preference",
        ),
        (
            "FunctionName: !Ref AuthFunction, Version",
            "FunctionName: !Ref RelayFunction, Version",
            "AuthFunction: a canary of its new version",
        ),
        (
            "RelayFunction.Version.Version, DurationMs: 85000",
            "RelayFunction.Version.Version, DurationMs: 90000",
            "RelayFunction: an alarm before its time is out",
        ),
        (
            "Role: !GetAtt AuthRole.Arn",
            "Role: !GetAtt RelayRole.Arn",
            "AuthFunction: a role of its own",
        ),
        (
            "LoggingConfig: {LogGroup: !Ref AuthLogs}",
            "LoggingConfig: {LogGroup: !Ref RelayLogs}",
            "AuthFunction: records in a group of its own",
        ),
        (
            "-auth', RetentionInDays: *retention}",
            "-auth'}",
            "AuthFunction: records that end",
        ),
        (
            "Tags: {service: auth}",
            "Tags: {service: relay}",
            "AuthFunction: its name on the bill",
        ),
    ];
    assert_kept(PRODUCT, shortcomings, &breaks);
}

/// The alarms themselves, which are about nothing but the version that is brought in.
fn of_canary(document: &Document) -> Vec<String> {
    let dimensions = json!([
        { "Name": "FunctionName", "Value": { "Ref": "FunctionName" } },
        { "Name": "Resource", "Value": { "Fn::Sub": "${FunctionName}:live" } },
        { "Name": "ExecutedVersion", "Value": { "Ref": "Version" } },
    ]);
    let alarm = |id: &str, metric: &str, statistic: &str, figure: &str| {
        let alarm = document.properties(id);
        let wanted = [
            (
                "its metric",
                alarm["Namespace"] == "AWS/Lambda"
                    && alarm["MetricName"] == metric
                    && alarm[statistic] == figure,
            ),
            ("the version", alarm["Dimensions"] == dimensions),
            (
                "silence is good",
                alarm["TreatMissingData"] == "notBreaching",
            ),
            (
                "its output",
                document.value["Outputs"][id]["Value"] == json!({ "Ref": id }),
            ),
        ];
        lacks(id, &wanted)
    };
    let mut found = alarm("Errors", "Errors", "Statistic", "Sum");
    found.extend(alarm("Duration", "Duration", "ExtendedStatistic", "p99"));
    found
}

#[test]
fn a_canary_looks_at_failures_and_slowness_of_the_new_version() {
    let breaks = [
        (
            "MetricName: Errors",
            "MetricName: Throttles",
            "Errors: its metric",
        ),
        (
            "ExtendedStatistic: p99",
            "ExtendedStatistic: p50",
            "Duration: its metric",
        ),
        (
            "Value: !Ref Version",
            "Value: $LATEST",
            "Errors: the version",
        ),
        (
            "TreatMissingData: notBreaching",
            "TreatMissingData: breaching",
            "Errors: silence is good",
        ),
        (
            "Value: !Ref Duration\n",
            "Value: !Ref Errors\n",
            "Duration: its output",
        ),
    ];
    assert_kept("infra/canary.yaml", of_canary, &breaks);
}
