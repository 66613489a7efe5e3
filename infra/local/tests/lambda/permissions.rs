//! Reading what roles allow.

use std::collections::BTreeMap;

use local::{
    aws::Call,
    template::{Site, TemplateError, permissions_in},
};

const TEMPLATE: &str = "
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Role: !GetAtt R.Arn}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: g}}
  Key: {Type: AWS::KMS::Key}
  B: {Type: AWS::S3::Bucket}
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - {Sid: Log, Effect: Allow, Action: [logs:PutLogEvents], Resource: !GetAtt Logs.Arn}
              - {Sid: Open, Effect: Allow, Action: kms:Decrypt, Resource: !GetAtt Key.Arn}
              - Sid: Find
                Effect: Allow
                Action: s3:ListBucket
                Resource: !GetAtt B.Arn
                Condition: {StringLike: {'s3:prefix': 'tenants/*'}}
";

fn allows(text: &str, call: &Call) -> Result<bool, TemplateError> {
    let site = Site {
        stack: "tests".to_owned(),
        sqs_url: String::new(),
    };
    let permissions = permissions_in(text, &site)?;
    Ok(permissions["F"].iter().any(|one| one.allows(call)))
}

fn call(action: &str, resource: &str, keys: &[(&str, &str)]) -> Call {
    let keys = keys.iter();
    let keys = keys.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Call {
        caller: "F".to_owned(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        keys: keys.collect::<BTreeMap<_, _>>(),
    }
}

#[test]
fn a_call_is_allowed_by_action_resource_and_condition_together() {
    let logs = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";
    let key = "arn:aws:kms:us-east-1:000000000000:key/tests-Key";
    let bucket = "arn:aws:s3:::tests-b";
    let (own, other) = ([("s3:prefix", "tenants/1/")], [("s3:prefix", "all/")]);
    for (call, expected) in [
        (
            call("logs:PutLogEvents", &logs.replace('*', "stream"), &[]),
            true,
        ),
        (call("logs:CreateLogGroup", logs, &[]), false),
        (call("kms:Decrypt", key, &[]), true),
        (call("kms:Decrypt", logs, &[]), false),
        (call("s3:ListBucket", bucket, &own), true),
        (call("s3:ListBucket", bucket, &other), false),
        (call("s3:ListBucket", bucket, &[]), false),
    ] {
        assert_eq!(allows(TEMPLATE, &call).unwrap(), expected, "{call:?}");
    }
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let none = call("s3:GetObject", "x", &[]);
    let roleless = TEMPLATE.replace("{Role: !GetAtt R.Arn}", "{}");
    let error = allows(&roleless, &none).unwrap_err().to_string();
    assert_eq!(error, "F.Role: a role of this template is needed");
    let denying = TEMPLATE.replacen("Effect: Allow", "Effect: Deny", 1);
    let error = allows(&denying, &none).unwrap_err().to_string();
    let expected = "R.Policies.0.PolicyDocument.Statement.0.Effect: only Allow is understood";
    assert_eq!(error, expected);
}
