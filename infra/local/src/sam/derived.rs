//! Derives from the product's template the one that `sam local` runs.
//!
//! Stages, routes and the authorizer's settings are as they are written, so that the SAM CLI's own
//! reading of them is a second one. Of a function it is told what this machine gives it. What it has
//! no use for (roles, queues, alarms, aliases) is left out, and with it every reference to that.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::{runtime::FunctionOptions, template::Template};

const FUNCTION: &str = "AWS::Serverless::Function";
const HTTP_API: &str = "AWS::Serverless::HttpApi";
/// What `sam local` looks at in an API.
const API_PROPERTIES: [&str; 4] = ["Auth", "CorsConfiguration", "StageName", "StageVariables"];

/// A function and where its program is.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) function: FunctionOptions,
    pub(super) folder: PathBuf,
}

/// The derived template. `document` and `template` are the product's, as it is written and as the
/// stack has read it.
pub(super) fn derive(document: &Value, template: &Template, codes: &[Code]) -> Value {
    let resources = document.get("Resources").and_then(Value::as_object);
    let of_type = |kind: &'static str| {
        let resources = resources.into_iter().flatten();
        resources.filter(move |(_, resource)| resource.get("Type") == Some(&json!(kind)))
    };
    let mut derived = Map::new();
    for (id, resource) in of_type(HTTP_API) {
        derived.insert(id.clone(), api(resource, template));
    }
    for (id, resource) in of_type(FUNCTION) {
        // One whose condition does not hold is run nowhere.
        if let Some(code) = codes.iter().find(|code| code.function.id == *id) {
            derived.insert(id.clone(), function(resource, code));
        }
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": parameters(document, template),
        "Conditions": document.get("Conditions").cloned().unwrap_or_else(|| json!({})),
        "Resources": derived,
    })
}

/// The parameters, with what the stack was given as their defaults.
fn parameters(document: &Value, template: &Template) -> Value {
    let mut parameters = document
        .get("Parameters")
        .cloned()
        .unwrap_or_else(|| json!({}));
    for (name, value) in &template.parameters {
        if let Some(parameter) = parameters.get_mut(name).and_then(Value::as_object_mut) {
            parameter.insert("Default".to_owned(), json!(value));
        }
    }
    parameters
}

fn api(resource: &Value, template: &Template) -> Value {
    let mut properties = picked(resource, &API_PROPERTIES);
    let authorizers = properties.get_mut("Auth");
    let authorizers = authorizers.and_then(|auth| auth.get_mut("Authorizers"));
    let authorizers = authorizers.and_then(Value::as_object_mut);
    for (name, written) in authorizers.into_iter().flatten() {
        let read = template.api.authorizers.iter();
        let mut read = read.filter(|authorizer| authorizer.name == *name);
        // An alias, which the product's template may name here, is left out.
        if let (Some(read), Some(written)) = (read.next(), written.as_object_mut()) {
            let arn = json!({ "Fn::GetAtt": [read.function, "Arn"] });
            written.insert("FunctionArn".to_owned(), arn);
        }
    }
    json!({ "Type": HTTP_API, "Properties": properties })
}

fn function(resource: &Value, code: &Code) -> Value {
    let written = resource.get("Properties").and_then(|all| all.get("Events"));
    let events = written.and_then(Value::as_object).into_iter().flatten();
    let requests = events.filter(|(_, event)| event.get("Type") == Some(&json!("HttpApi")));
    let requests: Map<String, Value> = requests
        .map(|(name, event)| (name.clone(), event.clone()))
        .collect();
    let options = &code.function;
    json!({
        "Type": FUNCTION,
        "Properties": {
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "CodeUri": code.folder,
            "Architectures": [architecture()],
            "MemorySize": options.memory_mib,
            "Timeout": options.timeout.as_secs(),
            "Environment": { "Variables": options.environment },
            "Events": requests,
        },
    })
}

fn picked(resource: &Value, names: &[&str]) -> Map<String, Value> {
    let properties = resource.get("Properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    properties
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// This machine's architecture as Lambda calls it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::template::{Site, document};

    const TEMPLATE: &str = "
Parameters:
  LocalStage: {Type: String, Default: v1}
  Sunset: {Type: String, Default: never}
Resources:
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: alarm}}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: !Ref LocalStage
      StageVariables: {sunset: !Ref Sunset}
      AccessLogSettings: {DestinationArn: !GetAtt Alarm.Arn}
      Auth:
        Authorizers:
          Door:
            FunctionArn: !GetAtt DoorFunction.Arn
            AuthorizerPayloadFormatVersion: '2.0'
            EnableSimpleResponses: true
            Identity: {Headers: [Authorization]}
  DoorFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: door}}
    Properties:
      Role: !GetAtt DoorRole.Arn
      Environment: {Variables: {SECRET: '{{resolve:secretsmanager:secret}}'}}
      Events:
        Knock: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /knock}}
        EveryMinute: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
";

    fn derived() -> Value {
        let site = Site {
            stack: "tests".to_owned(),
            sqs_url: "http://127.0.0.1:1".to_owned(),
        };
        let parameters = BTreeMap::from([("Sunset".to_owned(), "soon".to_owned())]);
        let template = Template::parse(TEMPLATE, &site, &parameters).unwrap();
        let code = Code {
            folder: "/somewhere/door".into(),
            function: FunctionOptions {
                id: "DoorFunction".to_owned(),
                name: "door".to_owned(),
                program: "door".into(),
                timeout: Duration::from_secs(7),
                memory_mib: 128,
                instances_max: 1,
                idle_wait: Duration::from_secs(1),
                environment: BTreeMap::from([("SECRET".to_owned(), "known".to_owned())]),
            },
        };
        derive(&document(TEMPLATE).unwrap(), &template, &[code])
    }

    #[test]
    fn routes_and_stages_stay_as_they_are_written_and_the_rest_is_gone() {
        let derived = derived();
        let resources = derived["Resources"].as_object().unwrap();
        assert_eq!(
            resources.keys().collect::<Vec<_>>(),
            ["Api", "DoorFunction"]
        );
        let api = &derived["Resources"]["Api"]["Properties"];
        assert_eq!(api["StageName"], json!({ "Ref": "LocalStage" }));
        assert_eq!(api["StageVariables"]["sunset"], json!({ "Ref": "Sunset" }));
        assert_eq!(api.get("AccessLogSettings"), None);
        assert_eq!(derived["Parameters"]["Sunset"]["Default"], "soon");
        assert_eq!(derived["Parameters"]["LocalStage"]["Default"], "v1");
        let events = derived["Resources"]["DoorFunction"]["Properties"]["Events"].clone();
        let events = events.as_object().unwrap();
        assert_eq!(events.keys().collect::<Vec<_>>(), ["Knock"]);
        assert_eq!(events["Knock"]["Properties"]["Path"], "/knock");
    }

    #[test]
    fn a_function_has_its_folder_and_its_values_of_this_machine() {
        let derived = derived();
        let function = &derived["Resources"]["DoorFunction"];
        assert_eq!(function.get("Metadata"), None, "nothing is to be built");
        let properties = &function["Properties"];
        assert_eq!(properties["CodeUri"], "/somewhere/door");
        assert_eq!(properties["Timeout"], 7);
        assert_eq!(properties["Environment"]["Variables"]["SECRET"], "known");
        assert_eq!(properties.get("Role"), None);
    }
}
