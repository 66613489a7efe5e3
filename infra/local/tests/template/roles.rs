//! Roles allow single actions on single resources, to one function each.

use serde_json::{Value, json};

use crate::document::{Document, FUNCTION, PRODUCT, assert_kept, lacks, texts};

/// The managed policies, whose actions know no resource; everything else does.
const WITHOUT_RESOURCE: [(&str, &[&str]); 2] = [
    (
        "NetworkPolicy",
        &[
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
    ),
    (
        "TracePolicy",
        &["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
    ),
];

fn statements(role: &Value) -> impl Iterator<Item = &Value> {
    let policies = role["Policies"].as_array().into_iter().flatten();
    policies
        .filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array())
        .flatten()
}

fn of_role(document: &Document, function: &str) -> Vec<String> {
    let stem = function.strip_suffix("Function").unwrap();
    let id = format!("{stem}Role");
    let role = document.properties(&id);
    let trusted = &role["AssumeRolePolicyDocument"]["Statement"];
    let is_inside = document.properties(function)["VpcConfig"] != json!({ "Ref": "AWS::NoValue" });
    let network =
        json!({ "Fn::If": ["InVpc", { "Ref": "NetworkPolicy" }, { "Ref": "AWS::NoValue" }] });
    let traces =
        json!({ "Fn::If": ["IsTraced", { "Ref": "TracePolicy" }, { "Ref": "AWS::NoValue" }] });
    let managed = match is_inside {
        true => json!([network, traces]),
        false => json!([traces]),
    };
    let own_logs = json!({ "Fn::GetAtt": [format!("{stem}Logs"), "Arn"] });
    let mut all = statements(role);
    let mut logs = statements(role).filter(|one| {
        let actions = texts(&one["Action"]);
        actions.iter().any(|action| action.starts_with("logs:"))
    });
    let wanted = [
        (
            "trust in Lambda alone",
            trusted.as_array().is_some_and(|all| all.len() == 1)
                && trusted[0]["Principal"] == json!({ "Service": "lambda.amazonaws.com" }),
        ),
        (
            "the network's policy where it is inside, and only there",
            role["ManagedPolicyArns"] == managed,
        ),
        (
            "its own records and no others",
            logs.next().is_some_and(|one| one["Resource"] == own_logs) && logs.next().is_none(),
        ),
        (
            "actions and resources by name",
            all.all(|one| {
                let actions = texts(&one["Action"]);
                let is_named = !actions.is_empty() && actions.iter().all(|one| !one.contains('*'));
                is_named && one["Resource"] != "*" && !one["Sid"].is_null()
            }),
        ),
    ];
    lacks(&id, &wanted)
}

fn shortcomings(document: &Document) -> Vec<String> {
    let functions = document.of_type(FUNCTION);
    let mut found: Vec<String> = functions
        .iter()
        .flat_map(|(id, _)| of_role(document, id))
        .collect();
    let roles = document.of_type("AWS::IAM::Role");
    let spare = roles.len() - functions.len();
    found.extend((spare > 0).then(|| format!("{spare} roles are no function's")));
    for (id, policy) in document.of_type("AWS::IAM::ManagedPolicy") {
        let known = WITHOUT_RESOURCE.iter().find(|(name, _)| *name == id);
        for statement in policy["PolicyDocument"]["Statement"].as_array().unwrap() {
            let mut actions = texts(&statement["Action"]);
            actions.sort_unstable();
            let is_known = known.is_some_and(|(_, known)| *known == actions);
            found.extend(lacks(id, &[("the actions that were looked at", is_known)]));
        }
    }
    found
}

#[test]
fn a_role_is_one_functions_and_allows_what_it_names() {
    let breaks = [
        (
            "Principal: {Service: lambda.amazonaws.com}",
            "Principal: '*'",
            "AuthorizerRole: trust in Lambda alone",
        ),
        (
            "ManagedPolicyArns: [!If [IsTraced, !Ref TracePolicy, !Ref AWS::NoValue]]",
            "ManagedPolicyArns: *inNetwork",
            "WebhookSenderRole: the network's policy where it is inside, and only there",
        ),
        (
            "Resource: !GetAtt AuthLogs.Arn",
            "Resource: !GetAtt RelayLogs.Arn",
            "AuthRole: its own records and no others",
        ),
        (
            "Action: dynamodb:UpdateItem",
            "Action: dynamodb:*",
            "AuthRole: actions and resources by name",
        ),
        (
            "Resource: !GetAtt LimitsTable.Arn",
            "Resource: '*'",
            "AuthRole: actions and resources by name",
        ),
        (
            "              - ec2:DescribeSubnets\n",
            "              - ec2:DescribeSubnets\n              - ec2:RunInstances\n",
            "NetworkPolicy: the actions that were looked at",
        ),
        (
            "\n  TracePolicy:",
            "\n  Spare: {Type: AWS::IAM::Role, Properties: {}}\n  TracePolicy:",
            "1 roles are no function's",
        ),
    ];
    assert_kept(PRODUCT, shortcomings, &breaks);
}
