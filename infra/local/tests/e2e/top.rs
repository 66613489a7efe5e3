//! Which tenants use how much: the rules of a deployment over real traffic.

use std::{fs, process::Command};

use futures_util::future::join_all;
use local::{
    api::Call,
    insights::{Rule, Tally, each_line},
    project,
    top::RULES,
};
use serde_json::{Value, json};

use crate::{
    tenant::Tenant,
    world::{SELDOM, World, folder, program, run, until},
};

/// More than the free plan allows in a minute.
const REQUESTS: usize = 130;

fn rules() -> Vec<Rule> {
    let text = fs::read_to_string(project::root().join(RULES)).unwrap();
    Rule::all(&text).unwrap()
}

/// What a tenant comes to by a rule.
fn value(world: &World, rule: &str, tenant: &str) -> f64 {
    let rule = rules().into_iter().find(|one| one.id == rule).unwrap();
    let mut tally = Tally::new(rule);
    each_line(&world.folder.join("logs"), |line| tally.see(line)).unwrap();
    let found = tally.ranked().into_iter().find(|one| one.keys == [tenant]);
    found.map_or(0.0, |one| one.value)
}

#[test]
fn tenants_are_ranked_by_what_they_did() {
    run(async {
        let world = World::product().await;
        let (noisy, quiet) = (Tenant::sign_up(world).await, Tenant::sign_up(world).await);
        let requests = (0..REQUESTS).map(|_| noisy.send(Call::get("/v2/projects")));
        let replies = join_all(requests).await;
        let refused = replies.iter().filter(|reply| reply.status == 429).count();
        assert!(refused > 0, "nobody was refused");
        let calls = |tenant: &Tenant| value(world, "TenantsByCalls", &tenant.id);
        until("all lines", SELDOM, async || {
            calls(&noisy) >= counted(REQUESTS)
        })
        .await;

        assert!((calls(&noisy) - counted(REQUESTS)).abs() < 0.5);
        let throttles = value(world, "TenantsByThrottles", &noisy.id);
        assert!(
            (throttles - counted(refused)).abs() < 0.5,
            "{throttles} of {refused}"
        );
        assert!(calls(&quiet) < 0.5, "it called nothing");
        assert!(value(world, "TenantsByErrors", &noisy.id) < 0.5);
        assert_eq!(errors(&[line_of(world, &noisy.id)]), 0);
        let mut failed = line_of(world, &noisy.id);
        failed["outcome"] = "failed".into();
        assert_eq!(errors(&[failed]), 1);
        assert!(value(world, "TenantsByDatabaseTime", &noisy.id) > 0.0);

        let report = quiet.order_report().await;
        assert_eq!(quiet.finished_report(&report).await["status"], "succeeded");
        until("the report's line", SELDOM, async || {
            value(world, "TenantsByReportTime", &quiet.id) > 0.0
        })
        .await;
        assert!(value(world, "TenantsByReportTime", &noisy.id) < 0.5);
        shown(world, &noisy);
    });
}

/// A request of a tenant as its function wrote it down.
fn line_of(world: &World, tenant: &str) -> Value {
    let mut found = Value::Null;
    each_line(&world.folder.join("logs"), |line| {
        if line["service"] == "projects" && line["tenant"]["id"] == tenant {
            found = line.clone();
        }
    })
    .unwrap();
    found
}

/// How many tenants have errors by these lines.
fn errors(lines: &[Value]) -> usize {
    let mut rules = rules().into_iter();
    let mut tally = Tally::new(rules.find(|rule| rule.id == "TenantsByErrors").unwrap());
    for line in lines {
        tally.see(line);
    }
    tally.ranked().len()
}

fn counted(requests: usize) -> f64 {
    f64::from(u32::try_from(requests).unwrap())
}

/// The command says the same as a table.
fn shown(world: &World, noisy: &Tenant) {
    let mut command = Command::new(program());
    let output = command
        .args(["top", "--folder"])
        .arg(&world.folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for title in [
        "\nTenants by calls\n",
        "\nTenants by errors\n",
        "\nTenants by throttles\n",
        "\nTenants by database time, in ms\n",
        "\nTenants by report time, in ms\n",
    ] {
        assert!(text.contains(title), "{title} is not in: {text}");
    }
    let throttled = text.split("Tenants by throttles\n").nth(1).unwrap();
    let throttled = throttled.split("\n\n").next().unwrap();
    assert!(throttled.contains(&noisy.id), "{text}");
}

#[test]
fn a_folder_without_logs_is_said() {
    let mut command = Command::new(program());
    let folder = folder("top");
    let output = command
        .args(["top", "--folder"])
        .arg(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!("error: {}: ", folder.join("logs").display());
    assert!(said.starts_with(&expected), "{said}");
}

/// A rule with a body of the test's own.
fn rule(contribution: &str, aggregate: &str) -> Result<Rule, String> {
    let text = format!(
        "Resources:\n  R:\n    Type: AWS::CloudWatch::InsightRule\n    Properties:\n      RuleBody: >-
        {{\"Contribution\": {contribution}, \"AggregateOn\": \"{aggregate}\"}}\n"
    );
    let rules = Rule::all(&text).map_err(|error| error.to_string());
    rules.map(|mut rules| rules.remove(0))
}

#[test]
fn a_rule_counts_or_sums_up_what_passes_all_of_its_filters() {
    let lines = [
        json!({"kind": "a", "who": {"id": "one"}, "cost": {"ms": 2.5}}),
        json!({"kind": "a", "who": {"id": "two"}, "cost": {"ms": 4}}),
        json!({"kind": "b", "who": {"id": "two"}, "cost": {"ms": 8}}),
        json!({"kind": "c", "who": {"id": "two"}, "cost": {"ms": 16}}),
        json!({"kind": "a", "cost": {"ms": 32}}),
        json!({"kind": "a", "who": {"id": "two"}, "cost": "much"}),
        json!({"who": {"id": "two"}, "cost": {"ms": 64}}),
    ];
    let ranked = |contribution, aggregate| {
        let mut tally = Tally::new(rule(contribution, aggregate).unwrap());
        for line in &lines {
            tally.see(line);
        }
        let ranked = tally.ranked().into_iter();
        let ranked: Vec<_> = ranked.map(|one| (one.keys.join(" "), one.value)).collect();
        ranked
    };
    let pair = |who: &str, value: f64| (who.to_owned(), value);
    let sums = ranked(
        r#"{"Keys": ["$.who.id"], "ValueOf": "$.cost.ms",
            "Filters": [{"Match": "$.kind", "In": ["a", "b"]}]}"#,
        "Sum",
    );
    assert_eq!(sums, [pair("two", 12.0), pair("one", 2.5)]);
    let counts = ranked(
        r#"{"Keys": ["$.who.id"], "Filters": [{"Match": "$.kind", "NotIn": ["b"]}]}"#,
        "Count",
    );
    assert_eq!(counts, [pair("two", 3.0), pair("one", 1.0)]);
    let pairs = ranked(r#"{"Keys": ["$.who.id", "$.kind"]}"#, "Count");
    assert_eq!(pairs.len(), 4);
    assert_eq!(pairs[0], pair("two a", 2.0));
}

#[test]
fn a_rule_that_is_not_understood_is_refused() {
    let refused = |contribution, aggregate| rule(contribution, aggregate).unwrap_err();
    let operator = r#"{"Keys": [], "Filters": [{"Match": "$.a", "StartsWith": ["b"]}]}"#;
    let error = refused(operator, "Count");
    assert!(
        error.starts_with("R: unknown field `StartsWith`"),
        "{error}"
    );
    let error = refused(r#"{"Keys": ["$.a"]}"#, "Sum");
    assert_eq!(error, "R: a sum has a value, and a count has none");
}
