//! The product's own template, as the local stack reads it.

use std::collections::BTreeSet;

use local::{
    project,
    template::{Function, Template},
};

use crate::stack::parse;

fn text() -> String {
    std::fs::read_to_string(project::root().join("template.yaml")).unwrap()
}

fn template() -> Template {
    parse(&text(), &[])
}

#[test]
fn every_program_is_one_of_the_workspace() {
    let folder = project::root().join("functions");
    for function in template().functions {
        let own = folder.join(&function.binary).join("Cargo.toml");
        let file = format!("src/bin/{}.rs", function.binary);
        let crates = std::fs::read_dir(&folder).unwrap();
        let mut beside = crates.map(|one| one.unwrap().path().join(&file));
        assert!(
            own.is_file() || beside.any(|file| file.is_file()),
            "{}",
            function.binary
        );
    }
}

#[test]
fn every_route_but_those_for_strangers_has_the_authorizer() {
    let template = template();
    let public: BTreeSet<String> = template
        .api
        .routes
        .iter()
        .filter(|route| route.authorizer.is_none())
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let expected = [
        "GET /auth/.well-known/jwks.json",
        "GET /auth/.well-known/openid-configuration",
        "POST /auth/login",
        "POST /auth/refresh",
        "POST /auth/sessions",
        "POST /auth/sessions/refresh",
        "POST /auth/signup",
        "POST /auth/tenants",
    ];
    assert_eq!(public, expected.map(str::to_owned).into());
}

#[test]
fn the_first_stage_carries_its_lifecycle_and_the_second_none() {
    let stages = template().api.stages;
    assert_eq!(stages.len(), 2);
    assert_eq!(stages[0].name, "v1");
    assert_eq!(stages[0].variables["deprecated_at"], "2026-06-01T00:00:00Z");
    assert_eq!(stages[0].variables["sunset_at"], "2027-06-30T00:00:00Z");
    assert_eq!(stages[0].variables["successor"], "v2");
    assert_eq!(stages[1].name, "v2");
    assert!(stages[1].variables.is_empty());
}

#[test]
fn each_function_logs_in_with_its_own_role() {
    for function in template().functions {
        let Some(url) = function.environment.get("DATABASE_URL") else {
            // What calls tenants' servers has no database.
            assert_eq!(function.binary, "webhook-sender");
            assert!(!function.environment.contains_key("DATABASE_PASSWORD"));
            continue;
        };
        let role = match function.binary.as_str() {
            "billing-meter" => "svc_billing".to_owned(),
            "report-undelivered" => "svc_report_worker".to_owned(),
            "migrate" => "tenantry".to_owned(),
            other => format!("svc_{}", other.replace('-', "_")),
        };
        assert!(url.starts_with(&format!("postgres://{role}@")), "{url}");
        let password = &function.environment["DATABASE_PASSWORD"];
        assert!(
            password.ends_with(&format!("/{role}:SecretString:password}}}}")),
            "{password}"
        );
    }
}

/// The functions that read for tenants, with their replica's URL when its host is this.
fn replicas(host: &str) -> Vec<(String, String)> {
    let template = parse(&text(), &[("DatabaseReplicaHost", host)]);
    let replica = |function: Function| {
        let url = function.environment.get("DATABASE_REPLICA_URL")?;
        Some((function.binary, url.clone()))
    };
    template.functions.into_iter().filter_map(replica).collect()
}

#[test]
fn the_functions_that_read_for_tenants_have_a_replica_when_there_is_one() {
    let (none, some) = (replicas(""), replicas("replica.internal"));
    let names: Vec<&str> = some.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "auth",
            "billing",
            "projects",
            "report-worker",
            "reports",
            "webhooks"
        ]
    );
    for (name, url) in &some {
        let role = name.replace('-', "_");
        let start = format!("postgres://svc_{role}@replica.internal:5432/");
        assert!(url.starts_with(&start), "{url}");
    }
    assert!(none.iter().all(|(_, url)| url.is_empty()), "{none:?}");
    assert_eq!(none.len(), some.len());
}

#[test]
fn only_those_who_sign_have_the_signing_key() {
    let holders: Vec<String> = template()
        .functions
        .into_iter()
        .filter(|function| function.environment.contains_key("TOKEN_SIGNING_KEY"))
        .map(|function| function.binary)
        .collect();
    assert_eq!(holders, ["auth", "tenants"]);
}

#[test]
fn queues_hide_messages_six_times_as_long_as_their_function_may_take() {
    let template = template();
    assert_eq!(template.queue_triggers.len(), 7);
    let dead_letters = |arn: &str| {
        let mut queues = template.queues.iter();
        queues.any(|queue| (queue.redrive.as_ref()).is_some_and(|to| to.dead_letter_arn == arn))
    };
    for trigger in &template.queue_triggers {
        let function = template.function(&trigger.function).unwrap();
        assert!(trigger.queue.visibility_seconds >= 6 * function.timeout_seconds);
        assert!(trigger.reports_failures);
        // What cannot be done leaves its queue, and stays on the one for that.
        let ends_there = dead_letters(&trigger.queue.arn);
        assert_ne!(trigger.queue.redrive.is_some(), ends_there);
    }
}

/// The part of the template that is about one resource.
fn part<'a>(text: &'a str, id: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n  {id}:\n")).unwrap();
    let end = rest.find("\n\n").unwrap();
    &rest[..end]
}

#[test]
fn what_calls_strangers_is_outside_the_network_and_may_tell_its_results_only() {
    let text = text();
    let sender = part(&text, "WebhookSenderFunction");
    let inside = "VpcConfig: !Ref AWS::NoValue";
    assert!(sender.contains(inside));
    for word in ["Database", "secretsmanager", "LimitsTable", "Bucket"] {
        assert!(!sender.contains(word), "{word}");
    }
    assert!(sender.contains("Role: !GetAtt WebhookSenderRole.Arn\n"));
    let role = part(&text, "WebhookSenderRole");
    let resources = role.split("Resource: !GetAtt ").skip(1);
    let resources: Vec<_> = resources
        .filter_map(|rest| rest.split('.').next())
        .collect();
    let own = ["WebhookSenderLogs", "WebhookQueue", "WebhookResultQueue"];
    assert_eq!(resources, own);
    // The control: the others are inside.
    let dispatch = part(&text, "WebhooksDispatchFunction");
    assert!(!dispatch.contains(inside) && dispatch.contains("Database"));
}

#[test]
fn a_webhook_is_in_its_queue_for_less_time_than_it_counts_as_on_the_way() {
    let queue = template().queue("WebhookQueue").unwrap().clone();
    let lease = u32::try_from(webhooks::store::claims::LEASE_SECS).unwrap();
    assert!(queue.retention_seconds < lease);
    // Long enough for a message that kills its function to be put aside.
    let receives = queue.redrive.unwrap().receives_max;
    assert!(queue.visibility_seconds * receives < queue.retention_seconds);
}

/// All Rust sources of the crate that a program belongs to.
fn sources(binary: &str) -> String {
    let folder = project::root().join("functions");
    let file = format!("bin/{binary}.rs");
    let crates = std::fs::read_dir(&folder).unwrap();
    let sources = crates.map(|one| one.unwrap().path().join("src"));
    let own = folder.join(binary).join("src");
    let mut homes = std::iter::once(own.clone()).chain(sources);
    let home = homes.find(|src| src.is_dir() && (*src == own || src.join(&file).is_file()));
    let mut text = String::new();
    let mut folders = vec![home.unwrap()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

#[test]
fn a_function_is_told_of_the_stores_that_its_code_asks_for_and_no_others() {
    for function in template().functions {
        let sources = sources(&function.binary);
        for name in [
            "REPORT_QUEUE_URL",
            "USAGE_QUEUE_URL",
            "WEBHOOK_RESULT_QUEUE_URL",
            "REPORTS_BUCKET",
        ] {
            let asked = sources.contains(&format!("required(\"{name}\")"));
            let told = function.environment.contains_key(name);
            assert_eq!(told, asked, "{} and {name}", function.id);
        }
    }
}
