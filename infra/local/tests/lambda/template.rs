//! Reading templates: values, and errors that name the place.

use local::template::{Site, Template};

use crate::stack::{TEMPLATE, parse, parse_at};

/// A template with one function whose variables are `variables`.
fn with_variables(variables: &str) -> String {
    format!(
        "
Parameters:
  Name: {{Type: String, Default: x}}
  Names: {{Type: CommaDelimitedList, Default: 'a, b'}}
  Count: {{Type: Number, Default: 7}}
Conditions:
  IsX: !Equals [!Ref Name, x]
  IsNotX: !Not [!Condition IsX]
  Either: !Or [!Condition IsNotX, !Condition IsX]
  Both: !And [!Condition IsNotX, !Condition IsX]
Resources:
  F:
    Type: AWS::Serverless::Function
    Metadata: {{BuildProperties: {{Binary: f}}}}
    Properties:
      Environment:
        Variables:
          {variables}
  Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Sub 'q-${{Name}}'}}}}
  Gone: {{Type: AWS::SQS::Queue, Condition: IsNotX}}
"
    )
}

fn value(expression: &str) -> String {
    let template = parse(&with_variables(&format!("V: {expression}")), &[]);
    template.function("F").unwrap().environment["V"].clone()
}

fn error(expression: &str) -> String {
    let text = with_variables(&format!("V: {expression}"));
    parse_at(&text, &[], "http://127.0.0.1:1")
        .unwrap_err()
        .to_string()
}

#[test]
fn intrinsic_functions_are_evaluated_in_both_notations() {
    assert_eq!(value("!Ref Count"), "7");
    assert_eq!(value("{Ref: Count}"), "7");
    assert_eq!(value("!Ref AWS::Region"), "us-east-1");
    assert_eq!(value("!Ref Q"), "http://127.0.0.1:1/000000000000/q-x");
    assert_eq!(
        value("!GetAtt Q.Arn"),
        "arn:aws:sqs:us-east-1:000000000000:q-x"
    );
    assert_eq!(value("{Fn::GetAtt: [Q, QueueName]}"), "q-x");
    assert_eq!(
        value("!Sub '${Name}-${Q.QueueName}-${!Kept}-${AWS::AccountId}'"),
        "x-q-x-${Kept}-000000000000"
    );
    assert_eq!(value("!Sub ['${A}${B}', {A: !Ref Name, B: 1}]"), "x1");
    assert_eq!(value("!If [IsX, one, two]"), "one");
    assert_eq!(value("!If [IsNotX, one, two]"), "two");
    assert_eq!(value("!If [Either, !If [Both, a, b], c]"), "b");
    assert_eq!(value("!Join ['-', !Ref Names]"), "a-b");
    assert_eq!(value("!Select [1, !Split [',', 'p,q']]"), "q");
    assert_eq!(value("true"), "true");
    // A node that is used twice keeps its function.
    let twice = with_variables("W: &w !If [IsX, one, two]\n          V: *w");
    assert_eq!(
        parse(&twice, &[]).function("F").unwrap().environment["V"],
        "one"
    );
}

#[test]
fn an_alias_of_a_function_is_the_function() {
    let with_arn = |arn: &str| {
        let own = "FunctionArn: !GetAtt AuthorizerFunction.Arn";
        assert!(TEMPLATE.contains(own));
        parse_at(
            &TEMPLATE.replace(own, &format!("FunctionArn: !Sub '{arn}'")),
            &[],
            "",
        )
    };
    let template = with_arn("${AuthorizerFunction.Arn}:live").unwrap();
    assert_eq!(template.api.authorizers[0].function, "AuthorizerFunction");
    let error = with_arn("${AuthorizerFunction.Arn}live")
        .unwrap_err()
        .to_string();
    let expected = "Api.Auth.Authorizers.ByToken.FunctionArn: it is no function of this template";
    assert_eq!(error, expected);
}

#[test]
fn no_value_leaves_the_property_out() {
    let template = parse(
        &with_variables("V: !If [IsNotX, x, !Ref AWS::NoValue]"),
        &[],
    );
    assert!(template.function("F").unwrap().environment.is_empty());
}

#[test]
fn resources_whose_condition_fails_do_not_exist() {
    let template = parse(&with_variables("V: x"), &[]);
    assert!(template.queue("Q").is_some());
    assert!(template.queue("Gone").is_none());
}

#[test]
fn errors_name_resource_and_property_in_one_line() {
    let cases = [
        (
            "!Ref Nobody",
            "F.Environment: Nobody has no value on this machine",
        ),
        (
            "!GetAtt Q.Color",
            "F.Environment: Q.Color has no value on this machine",
        ),
        (
            "!Sub '${Nobody}'",
            "F.Environment: Nobody has no value on this machine",
        ),
        (
            "!If [Perhaps, a, b]",
            "F.Environment: there is no condition Perhaps",
        ),
        (
            "!ImportValue x",
            "F.Environment: the local stack does not know !ImportValue",
        ),
        ("[a]", "F.Environment.Variables.V: a text is needed"),
    ];
    for (expression, expected) in cases {
        assert_eq!(error(expression), expected);
    }
    let broken = parse_at("a: [1\nb: 2", &[], "").unwrap_err().to_string();
    assert!(
        broken.starts_with("the template cannot be read: "),
        "{broken}"
    );
    assert_eq!(broken.lines().count(), 1);
    let twice = parse_at("Resources:\n  A: {}\n  A: {}\n", &[], "").unwrap_err();
    assert!(twice.to_string().contains("duplicate"), "{twice}");
}

#[test]
fn a_template_that_refers_to_itself_is_refused() {
    let text =
        "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt Q.QueueName}}}";
    let error = parse_at(text, &[], "").unwrap_err().to_string();
    assert_eq!(error, "Q.QueueName: it nests deeper than 32 levels");
}

#[test]
fn parameters_must_be_known_and_allowed() {
    let read = |name: &str, value: &str| parse_at(TEMPLATE, &[(name, value)], "");
    let unknown = read("Colour", "red").unwrap_err().to_string();
    assert_eq!(
        unknown,
        "Parameters.Colour: the template declares no such parameter"
    );
    let refused = read("Color", "green").unwrap_err().to_string();
    assert_eq!(
        refused,
        "Parameters.Color: \"green\" is not among its allowed values"
    );
    assert!(
        read("Color", "red").unwrap().api.stages[0]
            .variables
            .is_empty()
    );
}

#[test]
fn what_the_local_stack_cannot_do_is_said() {
    let changed = |from: &str, to: &str| {
        assert!(TEMPLATE.contains(from), "{from}");
        let text = TEMPLATE.replace(from, to);
        parse_at(&text, &[], "").unwrap_err().to_string()
    };
    let cases = [
        (
            "Schedule: rate(1 minute)",
            "Schedule: cron(0 12 * * ? *)",
            "ClockFunction.Events.Tick.Properties.Schedule: the local stack knows rate(…) only",
        ),
        (
            "Type: Schedule,",
            "Type: S3,",
            "ClockFunction.Events.Tick.Type: the local stack has no events of type S3",
        ),
        (
            "EnableSimpleResponses: true",
            "EnableSimpleResponses: false",
            "Api.Auth.Authorizers.ByToken.EnableSimpleResponses: the local stack understands simple responses only",
        ),
        (
            "Method: GET, Path: /private",
            "Method: GET, Path: /secret",
            "EchoFunction.Events.Secret.Properties.Path: GET /secret is routed twice",
        ),
        (
            "Timeout: 1\n",
            "Timeout: 1000\n",
            "HastyFunction.Timeout: 1 to 900 seconds are possible",
        ),
        (
            "BatchSize: 5",
            "BatchSize: many",
            "WorkerFunction.Events.Work.Properties.BatchSize: \"many\" is not a whole number",
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(changed(from, to), expected);
    }
}

#[test]
fn a_template_that_is_not_there_is_named() {
    let site = Site {
        stack: "tests".to_owned(),
        sqs_url: String::new(),
    };
    let path = std::path::Path::new("/nowhere/template.yaml");
    let error = Template::read(path, &site, &std::collections::BTreeMap::new()).unwrap_err();
    assert!(
        error.to_string().starts_with("/nowhere/template.yaml: "),
        "{error}"
    );
}
