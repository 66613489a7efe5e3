//! The database: encrypted, over TLS alone, kept, and with a password for each role.

use std::collections::BTreeSet;

use local::postgres::database::{OWNER, SERVICES};
use serde_json::json;

use crate::document::{Document, assert_kept, lacks};

const DATABASE: &str = "infra/database.yaml";

fn roles() -> BTreeSet<String> {
    let services = SERVICES.iter().map(|service| format!("svc_{service}"));
    services.chain([OWNER.to_owned()]).collect()
}

/// The roles that have a secret; one whose name and user differ has none.
fn with_secret(document: &Document) -> BTreeSet<String> {
    let secrets = document.of_type("AWS::SecretsManager::Secret").into_iter();
    secrets
        .filter_map(|(_, secret)| {
            let name = secret["Name"]["Fn::Sub"].as_str()?;
            let role = name.strip_prefix("${SecretPrefix}/")?;
            let generated = &secret["GenerateSecretString"];
            let template = format!(r#"{{"username":"{role}"}}"#);
            let is_whole = generated["SecretStringTemplate"] == *template
                && generated["GenerateStringKey"] == "password"
                && generated["ExcludePunctuation"] == true
                && secret["KmsKeyId"] == json!({ "Fn::GetAtt": ["Key", "Arn"] });
            is_whole.then(|| role.to_owned())
        })
        .collect()
}

fn of_cluster(document: &Document) -> Vec<String> {
    let cluster = document.properties("Cluster");
    let settings = &document.properties("Settings")["Parameters"];
    let of_prod = |name: &str, yes: serde_json::Value, no: serde_json::Value| {
        cluster[name] == json!({ "Fn::If": ["IsProd", yes, no] })
    };
    let instances = document.of_type("AWS::RDS::DBInstance");
    let wanted = [
        (
            "encryption by a key of ours",
            cluster["StorageEncrypted"] == true
                && cluster["KmsKeyId"] == json!({ "Fn::GetAtt": ["Key", "Arn"] }),
        ),
        ("TLS for everybody", settings["rds.force_ssl"] == "1"),
        (
            "statements without values in its log",
            settings["log_parameter_max_length"] == "0",
        ),
        (
            "backups",
            of_prod("BackupRetentionPeriod", json!(30), json!(7)),
        ),
        (
            "protection in production",
            of_prod("DeletionProtection", json!(true), json!(false)),
        ),
        (
            "a last snapshot",
            document.resource("Cluster")["DeletionPolicy"] == "Snapshot",
        ),
        (
            "log-ins by IAM",
            cluster["EnableIAMDatabaseAuthentication"] == true,
        ),
        (
            "a writer, and a reader that can take over",
            instances.len() == 2 && instances.iter().all(|(_, one)| one["PromotionTier"] == 1),
        ),
        (
            "nothing of it in public",
            instances
                .iter()
                .all(|(_, one)| one["PubliclyAccessible"] == false),
        ),
        (
            "an insight into its load",
            instances
                .iter()
                .all(|(_, one)| one["EnablePerformanceInsights"] == true),
        ),
        (
            "records that end",
            !document.properties("Logs")["RetentionInDays"].is_null(),
        ),
    ];
    lacks("Cluster", &wanted)
}

fn of_proxy(document: &Document) -> Vec<String> {
    let secrets = document.of_type("AWS::SecretsManager::Secret").into_iter();
    let secrets: BTreeSet<String> = secrets
        .map(|(id, _)| json!({ "Ref": id }).to_string())
        .collect();
    let proxy = document.properties("Proxy");
    let auth: Vec<_> = proxy["Auth"].as_array().into_iter().flatten().collect();
    let shown = auth.iter().map(|one| one["SecretArn"].to_string());
    let statements =
        &document.properties("ProxyRole")["Policies"][0]["PolicyDocument"]["Statement"];
    let readable = statements[0]["Resource"].as_array().into_iter().flatten();
    let parts = ["ProxyRole", "Proxy", "ProxyTargets", "ProxyReader"];
    let wanted = [
        ("every role", shown.collect::<BTreeSet<_>>() == secrets),
        (
            "the permission to read their secrets, and no others",
            readable.map(ToString::to_string).collect::<BTreeSet<_>>() == secrets,
        ),
        ("TLS", proxy["RequireTLS"] == true),
        (
            "a way to the reader",
            document.properties("ProxyReader")["TargetRole"] == "READ_ONLY",
        ),
        (
            "a switch",
            parts
                .iter()
                .all(|id| document.resource(id)["Condition"] == "HasProxy"),
        ),
    ];
    lacks("Proxy", &wanted)
}

fn of_secrets(document: &Document) -> Vec<String> {
    let is_complete = with_secret(document) == roles();
    lacks("secrets", &[("one for each role", is_complete)])
}

#[test]
fn the_cluster_is_kept_and_closed() {
    let breaks = [
        (
            "StorageEncrypted: true",
            "StorageEncrypted: false",
            "Cluster: encryption by a key of ours",
        ),
        (
            "rds.force_ssl: '1'",
            "rds.force_ssl: '0'",
            "Cluster: TLS for everybody",
        ),
        (
            "        log_parameter_max_length: '0'\n",
            "",
            "Cluster: statements without values in its log",
        ),
        (
            "!If [IsProd, 30, 7]",
            "!If [IsProd, 1, 1]",
            "Cluster: backups",
        ),
        (
            "DeletionProtection: !If [IsProd, true, false]",
            "DeletionProtection: false",
            "Cluster: protection in production",
        ),
        (
            "    DeletionPolicy: Snapshot\n",
            "    DeletionPolicy: Delete\n",
            "Cluster: a last snapshot",
        ),
        (
            "EnableIAMDatabaseAuthentication: true",
            "EnableIAMDatabaseAuthentication: false",
            "Cluster: log-ins by IAM",
        ),
        (
            "PromotionTier: 1",
            "PromotionTier: 15",
            "Cluster: a writer, and a reader that can take over",
        ),
        (
            "PubliclyAccessible: false",
            "PubliclyAccessible: true",
            "Cluster: nothing of it in public",
        ),
        (
            "EnablePerformanceInsights: true",
            "EnablePerformanceInsights: false",
            "Cluster: an insight into its load",
        ),
    ];
    assert_kept(DATABASE, of_cluster, &breaks);
}

#[test]
fn every_role_has_a_password_that_the_proxy_knows() {
    let breaks = [
        ("RequireTLS: true", "RequireTLS: false", "Proxy: TLS"),
        (
            "SecretArn: !Ref AuthSecret",
            "SecretArn: !Ref RelaySecret",
            "Proxy: every role",
        ),
        (
            "                  - !Ref AuthSecret\n",
            "",
            "Proxy: the permission to read their secrets, and no others",
        ),
        (
            "TargetRole: READ_ONLY",
            "TargetRole: READ_WRITE",
            "Proxy: a way to the reader",
        ),
        (
            "Name: !Sub ${SecretPrefix}/svc_auth\n",
            "Name: !Sub ${SecretPrefix}/svc_other\n",
            "secrets: one for each role",
        ),
    ];
    let check = |document: &Document| [of_proxy(document), of_secrets(document)].concat();
    assert_kept(DATABASE, check, &breaks);
}
