//! Who calls waits longer than who is called may take.

use std::collections::BTreeMap;

use local::template::{Site, Template};

use crate::document::{Document, PRODUCT, assert_kept, lacks};

/// API Gateway gives an HTTP API's integration so long, in seconds
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>).
const GATEWAY_SECONDS: u32 = 30;
/// The same for an authorizer, in seconds.
const AUTHORIZER_SECONDS: u32 = 10;
/// Lambda may deliver a batch again and again before the queue does, for so many time-outs
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>).
const TIMES: u32 = 6;

fn shortcomings(document: &Document) -> Vec<String> {
    let site = Site {
        stack: "tests".to_owned(),
        sqs_url: "http://127.0.0.1:1".to_owned(),
    };
    let template = Template::parse(&document.text, &site, &BTreeMap::new()).unwrap();
    let seconds = |id: &str| template.function(id).unwrap().timeout_seconds;
    let mut found = Vec::new();
    for route in &template.api.routes {
        let is_in_time = seconds(&route.function) < GATEWAY_SECONDS;
        found.extend(lacks(
            &route.function,
            &[("less time than its gateway", is_in_time)],
        ));
    }
    for authorizer in &template.api.authorizers {
        let is_in_time = seconds(&authorizer.function) < AUTHORIZER_SECONDS;
        found.extend(lacks(
            &authorizer.function,
            &[("less time than its gateway", is_in_time)],
        ));
    }
    assert!(template.queue_triggers.len() >= 7);
    for trigger in &template.queue_triggers {
        let is_in_time = trigger.queue.visibility_seconds >= TIMES * seconds(&trigger.function);
        let wanted = [("six times its function's time hidden", is_in_time)];
        found.extend(lacks(&trigger.queue.id, &wanted));
    }
    found.dedup();
    found
}

#[test]
fn nobody_works_on_when_the_caller_has_gone() {
    let breaks = [
        (
            "      Description: Plans, subscriptions, usage and invoices.\n",
            "      Description: Plans, subscriptions, usage and invoices.\n      Timeout: 30\n",
            "BillingFunction: less time than its gateway",
        ),
        (
            "Timeout: 5\n",
            "Timeout: 10\n",
            "AuthorizerFunction: less time than its gateway",
        ),
        (
            "VisibilityTimeout: 90\n",
            "VisibilityTimeout: 89\n",
            "UsageQueue: six times its function's time hidden",
        ),
    ];
    assert_kept(PRODUCT, shortcomings, &breaks);
}
