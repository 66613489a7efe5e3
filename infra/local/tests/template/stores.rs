//! Bucket and table: encrypted, closed, and emptied by themselves.

use serde_json::json;

use crate::document::{Document, PRODUCT, assert_kept, lacks};

fn of_bucket(document: &Document) -> Vec<String> {
    let bucket = document.properties("ReportsBucket");
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    let by_default = &encryption["ServerSideEncryptionByDefault"];
    let closed = &bucket["PublicAccessBlockConfiguration"];
    let closed = [
        "BlockPublicAcls",
        "BlockPublicPolicy",
        "IgnorePublicAcls",
        "RestrictPublicBuckets",
    ]
    .iter()
    .all(|name| closed[name] == true);
    let policy = document.properties("ReportsBucketPolicy");
    let denied = &policy["PolicyDocument"]["Statement"][0];
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_array();
    let has_rule =
        |name: &str| rules.is_some_and(|rules| rules.iter().any(|rule| !rule[name].is_null()));
    let key = document.properties("BucketKey");
    let wanted = [
        (
            "a key of ours",
            by_default["SSEAlgorithm"] == "aws:kms"
                && by_default["KMSMasterKeyID"] == json!({ "Fn::GetAtt": ["BucketKey", "Arn"] })
                && encryption["BucketKeyEnabled"] == true,
        ),
        ("a key that is renewed", key["EnableKeyRotation"] == true),
        ("no way in for the public", closed),
        (
            "TLS",
            denied["Effect"] == "Deny"
                && denied["Condition"] == json!({ "Bool": { "aws:SecureTransport": "false" } })
                && denied["Principal"] == "*"
                && denied["Action"] == "s3:*",
        ),
        (
            "an end of its objects",
            has_rule("ExpirationInDays") && has_rule("AbortIncompleteMultipartUpload"),
        ),
        // What is purged would live on in them.
        ("no versions", bucket["VersioningConfiguration"].is_null()),
        (
            "its life after the stack's",
            document.resource("ReportsBucket")["DeletionPolicy"] == "Retain",
        ),
    ];
    lacks("ReportsBucket", &wanted)
}

fn of_table(document: &Document) -> Vec<String> {
    let table = document.properties("LimitsTable");
    let back = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
    let protected = json!({ "Fn::If": ["IsProd", true, false] });
    let wanted = [
        (
            "a price by the call",
            table["BillingMode"] == "PAY_PER_REQUEST",
        ),
        ("a way back", *back == true),
        (
            "protection in production",
            table["DeletionProtectionEnabled"] == protected,
        ),
        (
            "encryption",
            table["SSESpecification"]["SSEEnabled"] == true,
        ),
        (
            "an end of its items",
            table["TimeToLiveSpecification"]["Enabled"] == true,
        ),
    ];
    lacks("LimitsTable", &wanted)
}

#[test]
fn the_bucket_is_closed_and_the_table_comes_back() {
    let check = |document: &Document| [of_bucket(document), of_table(document)].concat();
    let breaks = [
        (
            "SSEAlgorithm: aws:kms",
            "SSEAlgorithm: AES256",
            "ReportsBucket: a key of ours",
        ),
        (
            "EnableKeyRotation: true",
            "EnableKeyRotation: false",
            "ReportsBucket: a key that is renewed",
        ),
        (
            "BlockPublicPolicy: true",
            "BlockPublicPolicy: false",
            "ReportsBucket: no way in for the public",
        ),
        (
            "'aws:SecureTransport': 'false'",
            "'aws:SecureTransport': 'true'",
            "ReportsBucket: TLS",
        ),
        (
            ", ExpirationInDays: 90",
            "",
            "ReportsBucket: an end of its objects",
        ),
        (
            "      OwnershipControls:\n",
            "      VersioningConfiguration: {Status: Enabled}\n      OwnershipControls:\n",
            "ReportsBucket: no versions",
        ),
        (
            "PointInTimeRecoveryEnabled: true",
            "PointInTimeRecoveryEnabled: false",
            "LimitsTable: a way back",
        ),
        (
            "DeletionProtectionEnabled: !If [IsProd, true, false]",
            "DeletionProtectionEnabled: false",
            "LimitsTable: protection in production",
        ),
        (
            "SSESpecification: {SSEEnabled: true",
            "SSESpecification: {SSEEnabled: false",
            "LimitsTable: encryption",
        ),
        (
            "AttributeName: ttl, Enabled: true",
            "AttributeName: ttl, Enabled: false",
            "LimitsTable: an end of its items",
        ),
    ];
    assert_kept(PRODUCT, check, &breaks);
}
