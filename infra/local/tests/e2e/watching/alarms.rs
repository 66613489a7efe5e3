//! Alarms reach somebody, and that somebody knows what to do.

use std::{collections::BTreeSet, fs};

use local::project;
use serde_json::Value;

use super::documents::{Documents, text_of};
use crate::routes::template;

const RUNBOOK: &str = "docs/operations.md";

fn runbook() -> String {
    fs::read_to_string(project::root().join(RUNBOOK)).unwrap()
}

/// The places in a document that are made to be linked to.
fn anchors(text: &str) -> BTreeSet<String> {
    let places = text.split("<a id=\"").skip(1);
    let places = places.map(|rest| rest.split('"').next().unwrap().to_owned());
    places.collect()
}

/// What is wrong with the alarms, each as one text.
fn faults(documents: &Documents, runbook: &str) -> Vec<String> {
    let (mut faults, mut named) = (Vec::new(), BTreeSet::new());
    for (id, alarm) in documents.resources("AWS::CloudWatch::Alarm") {
        for actions in ["AlarmActions", "OKActions"] {
            if alarm[actions][0]["Ref"] != "AlarmTopic" {
                faults.push(format!("{id} has no {actions}"));
            }
        }
        if alarm["TreatMissingData"].is_null() {
            faults.push(format!("{id} does not say what no data mean"));
        }
        let description = text_of(&alarm["AlarmDescription"]);
        let last = description.split_whitespace().last().unwrap();
        let anchor = last.strip_prefix(RUNBOOK);
        if let Some(anchor) = anchor.and_then(|rest| rest.strip_prefix('#')) {
            named.insert(anchor.to_owned());
        } else {
            faults.push(format!("{id} does not say where its runbook is"));
        }
    }
    let lines = anchors(runbook);
    let missing = named
        .difference(&lines)
        .map(|one| format!("no runbook for {one}"));
    let left = lines
        .difference(&named)
        .map(|one| format!("no alarm for {one}"));
    faults.extend(missing.chain(left));
    faults
}

#[test]
fn every_alarm_reaches_somebody_and_has_its_line_in_the_runbook_and_the_reverse() {
    assert_eq!(faults(&Documents::read(), &runbook()), [""; 0]);
}

/// The control.
#[test]
fn an_alarm_without_action_or_runbook_is_named() {
    let runbook = runbook();
    let with = |file, right, wrong| faults(&Documents::with(file, right, wrong), &runbook);
    let mute = with(
        "database.yaml",
        "AlarmActions: [!Ref AlarmTopic]",
        "AlarmActions: []",
    );
    assert!(
        mute.contains(&"DatabaseCpu has no AlarmActions".to_owned()),
        "{mute:?}"
    );
    let lost = with("queues.yaml", "#usage-dlq", "#usage");
    assert_eq!(lost, ["no runbook for usage", "no alarm for usage-dlq"]);
    let bare = with("tenants.yaml", " docs/operations.md#tenant-share", "");
    let expected = [
        "TenantShare does not say where its runbook is",
        "no alarm for tenant-share",
    ];
    assert_eq!(bare, expected);
    let vague = with("service.yaml", "TreatMissingData: breaching\n", "\n");
    assert_eq!(vague, ["RelaySilent does not say what no data mean"]);
}

/// The dead-letter queues whose depth no alarm looks at.
fn unwatched(documents: &Documents) -> Vec<String> {
    let alarms = documents.resources("AWS::CloudWatch::Alarm");
    let text = alarms.iter().map(|(_, alarm)| alarm.to_string());
    let text: String = text.collect();
    let template = template();
    let queues = template.queues.iter();
    let targets = queues.filter_map(|queue| queue.redrive.as_ref());
    let targets: BTreeSet<&str> = targets
        .map(|redrive| redrive.dead_letter_arn.as_str())
        .collect();
    let dead = template
        .queues
        .iter()
        .filter(|queue| targets.contains(queue.arn.as_str()));
    dead.map(|queue| queue.id.clone())
        .filter(|id| !text.contains(&format!(r#""Name":"QueueName","Value":{{"Ref":"{id}"}}"#)))
        .collect()
}

#[test]
fn every_dead_letter_queue_has_its_alarm() {
    assert_eq!(unwatched(&Documents::read()), [""; 0]);
    // The control.
    let without = Documents::with("queues.yaml", "!Ref TenantDlq", "!Ref UsageDlq");
    assert_eq!(unwatched(&without), ["TenantDlq"]);
}

/// Each nested template with the parameters that it has, and those that it is given.
fn parameters(documents: &Documents) -> Vec<(String, BTreeSet<String>, BTreeSet<String>)> {
    let names = |value: &Value| {
        let names = value.as_object().unwrap().keys();
        names.cloned().collect::<BTreeSet<String>>()
    };
    let stacks = documents
        .resources("AWS::CloudFormation::Stack")
        .into_iter();
    stacks
        .map(|(_, stack)| {
            let file = text_of(&stack["TemplateURL"])
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned();
            let (_, nested) = documents.all().find(|(name, _)| *name == file).unwrap();
            let (has, given) = (names(&nested["Parameters"]), names(&stack["Parameters"]));
            (file, has, given)
        })
        .collect()
}

#[test]
fn every_nested_template_is_given_what_it_asks_for() {
    let nested = parameters(&Documents::read());
    assert_eq!(nested.len() + 1, Documents::read().all().count());
    for (file, has, given) in nested {
        assert_eq!(has, given, "{file}");
    }
    // The control.
    let without = Documents::with("monitoring.yaml", "        ApiId: !Ref ApiId\n", "");
    let differ = parameters(&without)
        .into_iter()
        .filter(|(_, has, given)| has != given);
    assert_eq!(differ.count(), 2);
}
