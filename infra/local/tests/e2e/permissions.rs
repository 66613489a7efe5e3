//! One truth about permissions: what the functions call, their roles allow, and what a role allows, its
//! function calls.

use std::collections::{BTreeMap, BTreeSet};

use local::{
    api::Call as Request,
    aws::Call,
    project,
    template::{Permission, Site, permissions_in},
};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Manner, Receiver};

use crate::{
    database::Database,
    tenant::Tenant,
    world::{SELDOM, World, folder, options, run, until},
};

/// So short that a report of some seconds is held on to.
const PARAMETERS: [(&str, &str); 2] = [
    ("ReportVisibilitySeconds", "15"),
    ("ReportLeaseSeconds", "3"),
];
/// Statements that are for AWS's own calls in a role's name; none of them is a function's.
const BY_SERVICES: [(&str, &str); 4] = [
    ("Log", "Lambda sends the records"),
    ("TakeMessages", "the event source mapping asks the queue"),
    ("UseBucketKey", "S3 asks KMS, and nothing here is encrypted"),
    ("PutFailuresAside", "Lambda sends what came to nothing"),
];
/// Calls that nothing here brings about; each was found in the code.
const UNSEEN: [(&str, &str, &str); 2] = [
    (
        "ReportWorkerFunction",
        "s3:DeleteObject",
        "a worker that was overtaken while it stored its document",
    ),
    (
        "ReportUndeliveredFunction",
        "sqs:SendMessage",
        "a report waits for one that was delivered in vain",
    ),
];

type Permissions = BTreeMap<String, Vec<Permission>>;

fn text() -> String {
    std::fs::read_to_string(project::root().join("template.yaml")).unwrap()
}

/// What the roles of the stack's functions allow, by a template's text.
fn permissions(text: &str) -> Permissions {
    let site = Site {
        stack: "tenantry".to_owned(),
        sqs_url: String::new(),
    };
    permissions_in(text, &site).unwrap()
}

/// The calls for which there is no permission.
fn forbidden(permissions: &Permissions, calls: &BTreeSet<Call>) -> Vec<String> {
    let is_allowed = |call: &Call| {
        let own = permissions.get(&call.caller);
        own.is_some_and(|own| own.iter().any(|one| one.allows(call)))
    };
    let forbidden = calls.iter().filter(|call| !is_allowed(call));
    let texts = forbidden.map(|call| format!("{} {} {}", call.caller, call.action, call.resource));
    texts.collect()
}

/// The permissions that no call needed: function, action and resource.
fn unused(permissions: &Permissions, calls: &BTreeSet<Call>) -> Vec<String> {
    let mut found = Vec::new();
    for (function, own) in permissions {
        let by_function = |one: &&Permission| BY_SERVICES.iter().all(|(sid, _)| *sid != one.sid);
        for permission in own.iter().filter(by_function) {
            for (action, resource) in pairs(permission) {
                let single = Permission {
                    actions: vec![action.clone()],
                    resources: vec![resource.clone()],
                    ..permission.clone()
                };
                let mut by_it = calls.iter().filter(|call| call.caller == *function);
                let is_unseen =
                    |(who, what, _): &(&str, &str, &str)| who == function && *what == action;
                if !by_it.any(|call| single.allows(call)) && !UNSEEN.iter().any(is_unseen) {
                    found.push(format!("{function} {action} {resource}"));
                }
            }
        }
    }
    found
}

/// Every action of a permission with every resource.
fn pairs(permission: &Permission) -> Vec<(String, String)> {
    let of_action = |action: &String| {
        let resources = permission.resources.iter();
        let pairs = resources.map(|resource| (action.clone(), resource.clone()));
        pairs.collect::<Vec<_>>()
    };
    permission.actions.iter().flat_map(of_action).collect()
}

async fn invoke(world: &World, function: &str, event: Value) -> Value {
    let answer = world
        .stack
        .lambda()
        .invoke(function, event.to_string().into());
    serde_json::from_slice(&answer.await.unwrap().unwrap()).unwrap()
}

/// Has every function do whatever takes a call to another service.
async fn do_everything(world: &World, database: &Database) {
    let owner = Tenant::sign_up(world).await;
    let receiver = Receiver::start().await;
    receiver.behave(Manner::status(500));
    let endpoint = json!({ "url": receiver.url() });
    let endpoint = Request::post("/v2/webhooks/endpoints", &endpoint).once();
    owner.expect(201, endpoint).await;
    owner.create_project("Gripper").await;
    until("a call to the receiver", SELDOM, async || {
        !receiver.seen().is_empty()
    })
    .await;
    receiver.behave(Manner::status(200));

    database.insert_projects(&owner.id, 20_000).await;
    // More at once than may be made at once, so that the last wait for the first.
    let mut reports = Vec::new();
    for _ in 0..4 {
        reports.push(owner.order_report().await);
    }
    for report in &reports {
        assert_eq!(owner.finished_report(report).await["status"], "succeeded");
    }
    assert!(owner.download(&reports[0]).await.starts_with(b"%PDF-"));
    let delete = Request::new(Method::DELETE, format!("/v2/reports/{}", reports[0]));
    owner.expect(204, delete).await;
    let old = format!(
        "UPDATE reports.reports SET finished_at = now() - interval '90 days' WHERE id = '{}'",
        reports[1]
    );
    database.client.batch_execute(&old).await.unwrap();
    let schedule = owner.create_schedule().await;
    let due = format!(
        "UPDATE reports.schedules SET next_run_at = now() - interval '1 minute' WHERE id = '{schedule}'"
    );
    database.client.batch_execute(&due).await.unwrap();
    owner.get("/v2/billing/usage").await;

    let about = |command: &str| json!({ "command": command, "tenant_id": owner.id });
    let exported = invoke(world, "TenantsFunction", about("export")).await;
    let link = Request::get(exported["link"].as_str().unwrap());
    assert_eq!(world.api.send(link).await.unwrap().status, 200);
    until("what was due", SELDOM, async || {
        let statement = "SELECT count(*) FROM reports.reports
             WHERE status = 'expired' AND object_key IS NULL OR status = 'succeeded' AND schedule_id IS NOT NULL";
        database.number(statement, &[]).await == 2
    })
    .await;
}

/// Has a tenant's time come, and everything of it removed.
async fn purge(world: &World, database: &Database) {
    let tenant = "SELECT id::text FROM app.tenants WHERE status = 'active'";
    let tenant = database.client.query_one(tenant, &[]).await.unwrap();
    let tenant: String = tenant.get(0);
    let leave = json!({ "command": "offboard", "tenant_id": tenant });
    invoke(world, "TenantsFunction", leave).await;
    let over = "UPDATE app.tenants SET leaves_at = now() WHERE status = 'offboarding'";
    database.client.batch_execute(over).await.unwrap();
    let sweep = json!({ "detail-type": "Scheduled Event" });
    invoke(world, "TenantsFunction", sweep).await;
}

#[test]
fn functions_call_what_they_may_and_may_call_nothing_else() {
    run(async {
        let mut options = options(folder("permissions"));
        let parameters = PARAMETERS.iter();
        options.parameters = parameters
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        options.witnessed = true;
        let world = World::of(options).await;
        let database = Database::of(&world).await;
        do_everything(&world, &database).await;

        let permissions = permissions(&text());
        let of_tenants = |one: &String| one.starts_with("TenantsFunction ");
        until(
            "every permission but those for a purge",
            SELDOM,
            async || {
                let unused = unused(&permissions, &world.stack.calls());
                unused.iter().all(of_tenants)
            },
        )
        .await;
        purge(&world, &database).await;
        let calls = world.stack.calls();
        assert_eq!(
            unused(&permissions, &calls),
            [""; 0],
            "allowed and not called"
        );
        assert_eq!(
            forbidden(&permissions, &calls),
            [""; 0],
            "called and not allowed"
        );
        a_change_of_the_template_is_seen(&calls);
        world.stack.stop().await.unwrap();
    });
}

/// An exception that is about nothing would hide what comes after it.
#[test]
fn every_exception_is_about_a_permission() {
    let permissions = permissions(&text());
    for (sid, why) in BY_SERVICES {
        let mut all = permissions.values().flatten();
        assert!(all.any(|one| one.sid == sid), "{sid}: {why}");
    }
    for (function, action, why) in UNSEEN {
        let mut own = permissions[function].iter();
        let is_there = own.any(|one| one.actions.iter().any(|own| own == action));
        assert!(is_there, "{function} {action}: {why}");
    }
}

/// The control: a permission that is gone is missed, and one too many is found.
fn a_change_of_the_template_is_seen(calls: &BTreeSet<Call>) {
    let changed = |from: &str, to: &str| {
        let text = text();
        assert!(text.contains(from), "{from}");
        permissions(&text.replacen(from, to, 1))
    };
    let less = changed("Action: dynamodb:UpdateItem", "Action: dynamodb:GetItem");
    assert!(
        unused(&less, calls)
            .iter()
            .any(|one| one.starts_with("AuthFunction dynamodb:GetItem "))
    );
    let missed = forbidden(&less, calls);
    assert!(
        !missed.is_empty()
            && missed
                .iter()
                .all(|one| one.starts_with("AuthFunction dynamodb:UpdateItem ")),
        "{missed:?}"
    );
    let narrow = "${ReportsBucket.Arn}/tenants/*/exports/*";
    let wrong = changed(narrow, "${ReportsBucket.Arn}/tenants/*/others/*");
    let missed = forbidden(&wrong, calls);
    assert!(
        missed
            .iter()
            .any(|one| one.starts_with("TenantsFunction s3:PutObject ")),
        "{missed:?}"
    );
    let stranger = Call {
        caller: "Stranger".to_owned(),
        ..calls.first().unwrap().clone()
    };
    assert_eq!(
        forbidden(&permissions(&text()), &[stranger].into()).len(),
        1
    );
}
