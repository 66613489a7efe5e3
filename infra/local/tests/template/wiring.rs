//! Where the functions find the database: the one that the stack makes, or the one that is there.

use serde_json::{Value, json};

use crate::document::{Document, FUNCTION, PRODUCT, STACK, assert_kept, lacks};

fn owned_or(owned: &str, given: &str) -> Value {
    json!({ "Fn::If": [
        "OwnsDatabase",
        { "Fn::GetAtt": ["Database", format!("Outputs.{owned}")] },
        { "Ref": given },
    ] })
}

fn of_function(id: &str, function: &Value) -> Vec<String> {
    let variables = &function["Environment"]["Variables"];
    let writer = &variables["DATABASE_URL"]["Fn::Sub"][1]["Host"];
    let reader = &variables["DATABASE_REPLICA_URL"];
    let sticky = &variables["DATABASE_REPLICA_STICKY_MS"];
    let owned_ms = json!({ "Fn::If": [
        "OwnsDatabase",
        { "Ref": "DatabaseReaderStickyMs" },
        { "Ref": "DatabaseReplicaStickyMs" },
    ] });
    let wanted = [
        (
            "the writer of either database",
            variables["DATABASE_URL"].is_null() || *writer == owned_or("Host", "DatabaseHost"),
        ),
        (
            "the reader of either database",
            reader.is_null()
                || reader["Fn::If"][1]["Fn::Sub"][1]["Host"]
                    == owned_or("ReaderHost", "DatabaseReplicaHost"),
        ),
        (
            "stickiness with Aurora's reader",
            reader.is_null() || *sticky == owned_ms,
        ),
    ];
    lacks(id, &wanted)
}

fn shortcomings(document: &Document) -> Vec<String> {
    let functions = document.of_type(FUNCTION).into_iter();
    let mut found: Vec<String> = functions
        .flat_map(|(id, function)| of_function(id, function))
        .collect();
    let sticky = &document.value["Parameters"]["DatabaseReaderStickyMs"];
    let vpc = &document.value["Globals"]["Function"]["VpcConfig"]["Fn::If"];
    let subnets = json!({ "Fn::If": [
        "OwnsDatabase",
        { "Fn::Split": [",", { "Fn::GetAtt": ["Network", "Outputs.SubnetIds"] }] },
        { "Ref": "SubnetIds" },
    ] });
    let replica = &document.value["Conditions"]["HasReplica"]["Fn::Or"][0];
    let wanted = [
        ("stickiness that is never 0", sticky["MinValue"] == 1),
        (
            "the subnets of either network",
            vpc[1]["SubnetIds"] == subnets,
        ),
        (
            "a reader of its own database",
            *replica == json!({ "Condition": "OwnsDatabase" }),
        ),
    ];
    found.extend(lacks("template", &wanted));
    for (id, stack) in document.of_type(STACK) {
        found.extend(lacks(id, &[("the nested parameters", are_given(stack))]));
    }
    found
}

/// Whether a nested stack is given what its template has no default for, and nothing unknown.
fn are_given(stack: &Value) -> bool {
    let nested = Document::read(stack["TemplateURL"].as_str().unwrap());
    let declared = nested.value["Parameters"].as_object().unwrap();
    let given = stack["Parameters"].as_object().unwrap();
    let is_complete = declared
        .iter()
        .filter(|(_, one)| one["Default"].is_null())
        .all(|(name, _)| given.contains_key(name));
    is_complete && given.keys().all(|name| declared.contains_key(name))
}

#[test]
fn the_functions_find_their_own_database_or_the_one_that_is_there() {
    let breaks = [
        (
            "- Host: *databaseHost\n",
            "- Host: !Ref DatabaseHost\n",
            "AuthFunction: the writer of either database",
        ),
        (
            "- Host: *readerHost\n",
            "- Host: !Ref DatabaseReplicaHost\n",
            "BillingFunction: the reader of either database",
        ),
        (
            "DATABASE_REPLICA_STICKY_MS: *readerStickyMs",
            "DATABASE_REPLICA_STICKY_MS: 0",
            "BillingFunction: stickiness with Aurora's reader",
        ),
        (
            "    Default: 1000\n    MinValue: 1\n",
            "    Default: 1000\n    MinValue: 0\n",
            "template: stickiness that is never 0",
        ),
        (
            "SubnetIds: !If [OwnsDatabase, !Split [',', !GetAtt Network.Outputs.SubnetIds], !Ref SubnetIds]",
            "SubnetIds: !Ref SubnetIds",
            "template: the subnets of either network",
        ),
        (
            "!Or [!Condition OwnsDatabase, !Not",
            "!Or [!Condition IsProd, !Not",
            "template: a reader of its own database",
        ),
        (
            "        UseProxy: !Ref",
            "        Proxied: !Ref",
            "Database: the nested parameters",
        ),
        (
            "Parameters: {FunctionName: !Ref AuthFunction, ",
            "Parameters: {",
            "AuthCanary: the nested parameters",
        ),
    ];
    assert_kept(PRODUCT, shortcomings, &breaks);
}
