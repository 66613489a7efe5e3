//! Queues put aside what fails, and what runs by the clock has such a place too.

use serde_json::{Value, json};

use crate::document::{Document, FUNCTION, PRODUCT, assert_kept, lacks, texts};

const QUEUE: &str = "AWS::SQS::Queue";
/// A message is tried more than once, and not for ever.
const RECEIVES: std::ops::RangeInclusive<u64> = 3..=10;
/// Fourteen days, the longest that SQS keeps a message, in seconds.
const RETENTION_SECS_MAX: u64 = 1_209_600;

fn of_queue(document: &Document, id: &str, queue: &Value) -> Vec<String> {
    let encrypted = ("encryption", queue["SqsManagedSseEnabled"] == true);
    let Some(stem) = id.strip_suffix("Queue") else {
        return lacks(id, &[encrypted]);
    };
    let aside = format!("{stem}Dlq");
    let policy = &queue["RedrivePolicy"];
    let receives = policy["maxReceiveCount"].as_u64().unwrap_or_default();
    let dead = document.properties(&aside);
    let arn = format!(
        "arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:${{AWS::StackName}}-{id}"
    );
    let allowed = &dead["RedriveAllowPolicy"];
    let size = "MaximumMessageSize";
    let wanted = [
        encrypted,
        (
            "a dead-letter queue of its own",
            policy["deadLetterTargetArn"] == json!({ "Fn::GetAtt": [aside, "Arn"] }),
        ),
        ("a number of receives", RECEIVES.contains(&receives)),
        (
            "a dead-letter queue that takes nothing from others",
            allowed["redrivePermission"] == "byQueue"
                && allowed["sourceQueueArns"] == json!([{ "Fn::Sub": arn }])
                && queue["QueueName"] == json!({ "Fn::Sub": format!("${{AWS::StackName}}-{id}") }),
        ),
        (
            "a dead-letter queue that keeps it for long, at its full size",
            dead["MessageRetentionPeriod"] == RETENTION_SECS_MAX && dead[size] == queue[size],
        ),
    ];
    lacks(id, &wanted)
}

fn of_queues(document: &Document) -> Vec<String> {
    let queues = document.of_type(QUEUE);
    assert!(queues.len() >= 13, "{}", queues.len());
    queues
        .into_iter()
        .flat_map(|(id, queue)| of_queue(document, id, queue))
        .collect()
}

#[test]
fn a_queue_puts_aside_what_fails() {
    let breaks = [
        (
            "SqsManagedSseEnabled: true",
            "SqsManagedSseEnabled: false",
            "ReportQueue: encryption",
        ),
        (
            "{deadLetterTargetArn: !GetAtt ReportDlq.Arn, maxReceiveCount: 5}",
            "{deadLetterTargetArn: !GetAtt UsageDlq.Arn, maxReceiveCount: 5}",
            "ReportQueue: a dead-letter queue of its own",
        ),
        (
            "{deadLetterTargetArn: !GetAtt ReportDlq.Arn, maxReceiveCount: 5}",
            "{deadLetterTargetArn: !GetAtt ReportDlq.Arn, maxReceiveCount: 1}",
            "ReportQueue: a number of receives",
        ),
        (
            "redrivePermission: byQueue",
            "redrivePermission: allowAll",
            "ReportQueue: a dead-letter queue that takes nothing from others",
        ),
        (
            "QueueName: !Sub ${AWS::StackName}-ReportQueue",
            "QueueName: !Sub ${AWS::StackName}-Reports",
            "ReportQueue: a dead-letter queue that takes nothing from others",
        ),
        (
            "MessageRetentionPeriod: 1209600",
            "MessageRetentionPeriod: 345600",
            "ReportQueue: a dead-letter queue that keeps it for long, at its full size",
        ),
    ];
    assert_kept(PRODUCT, of_queues, &breaks);
}

/// Whether a role may send to where failures are put aside.
fn may_put_aside(role: &Value) -> bool {
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array();
    statements.into_iter().flatten().any(|statement| {
        texts(&statement["Action"]) == ["sqs:SendMessage"]
            && statement["Resource"] == json!({ "Fn::GetAtt": ["ScheduleDlq", "Arn"] })
    })
}

fn of_schedules(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    let mut count = 0;
    for (id, function) in document.of_type(FUNCTION) {
        let events = function["Events"].as_object().into_iter().flatten();
        let mut kinds = events.map(|(_, event)| &event["Type"]);
        if kinds.all(|kind| kind != "Schedule") {
            continue;
        }
        count += 1;
        let invoke = &function["EventInvokeConfig"];
        let failed = &invoke["DestinationConfig"]["OnFailure"];
        let aside =
            json!({ "Type": "SQS", "Destination": { "Fn::GetAtt": ["ScheduleDlq", "Arn"] } });
        let role = format!("{}Role", id.strip_suffix("Function").unwrap());
        let wanted = [
            ("a place for runs that fail", *failed == aside),
            (
                "the permission to put them there",
                may_put_aside(document.properties(&role)),
            ),
            (
                "an end of its attempts",
                invoke["MaximumRetryAttempts"].is_u64()
                    && invoke["MaximumEventAgeInSeconds"].is_u64(),
            ),
        ];
        found.extend(lacks(id, &wanted));
    }
    assert!(count >= 3, "{count}");
    found
}

#[test]
fn what_runs_by_the_clock_puts_its_failures_aside() {
    let breaks = [
        (
            "DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt ScheduleDlq.Arn}}",
            "DestinationConfig: {}",
            "RelayFunction: a place for runs that fail",
        ),
        (
            "Resource: !GetAtt ScheduleDlq.Arn",
            "Resource: !GetAtt UsageDlq.Arn",
            "RelayFunction: the permission to put them there",
        ),
        (
            "        MaximumRetryAttempts: 0\n",
            "",
            "RelayFunction: an end of its attempts",
        ),
    ];
    assert_kept(PRODUCT, of_schedules, &breaks);
}

fn of_triggers(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    for (id, function) in document.of_type(FUNCTION) {
        for (name, event) in function["Events"].as_object().into_iter().flatten() {
            if event["Type"] != "SQS" {
                continue;
            }
            let of = &event["Properties"];
            let bound = of["ScalingConfig"]["MaximumConcurrency"].as_u64();
            let wanted = [
                (
                    "an answer for each message",
                    texts(&of["FunctionResponseTypes"]) == ["ReportBatchItemFailures"],
                ),
                ("a bound to its events at once", bound.is_some()),
            ];
            found.extend(lacks(&format!("{id}.{name}"), &wanted));
        }
    }
    found
}

#[test]
fn a_trigger_is_bounded_and_answers_for_each_message() {
    let breaks = [
        (
            "FunctionResponseTypes: [ReportBatchItemFailures]",
            "FunctionResponseTypes: []",
            "BillingMeterFunction.Usage: an answer for each message",
        ),
        (
            "ScalingConfig: {MaximumConcurrency: 10}",
            "ScalingConfig: {}",
            "ReportWorkerFunction.Reports: a bound to its events at once",
        ),
    ];
    assert_kept(PRODUCT, of_triggers, &breaks);
}
