//! What each service may read and execute.

use crate::database::SERVICES;

/// Where each service may read a whole table; some have functions only.
pub(super) const READS: [(&str, &[&str]); 10] = [
    (
        "auth",
        &["auth.memberships", "auth.refresh_tokens", "auth.sessions"],
    ),
    ("authorizer", &[]),
    (
        "billing",
        &[
            "billing.plan_meters",
            "billing.plans",
            "billing.subscriptions",
            "billing.usage_events",
            "billing.usage_months",
        ],
    ),
    (
        "projects",
        &[
            "projects.idempotency",
            "projects.projects",
            "projects.tallies",
        ],
    ),
    ("relay", &[]),
    (
        "report_worker",
        &[
            "auth.published_audit_log",
            "auth.published_events",
            // A catalogue, every column of which is published.
            "billing.plan_meters",
            "billing.published_events",
            "billing.published_plan_meters",
            "billing.published_plans",
            "billing.published_usage_events",
            "billing.published_usage_months",
            "projects.published_events",
            "projects.published_projects",
            "reports.published_events",
            "reports.reports",
            "reports.settings",
        ],
    ),
    (
        "reports",
        &[
            "reports.idempotency",
            "reports.reports",
            "reports.schedules",
            "reports.settings",
            "reports.tallies",
        ],
    ),
    ("tenants", &[]),
    // The API cannot read the secrets that it writes.
    (
        "webhooks",
        &[
            "webhooks.attempts",
            "webhooks.deliveries",
            "webhooks.endpoints",
            "webhooks.idempotency",
            "webhooks.messages",
        ],
    ),
    (
        "webhooks_dispatch",
        &[
            "webhooks.attempts",
            "webhooks.deliveries",
            "webhooks.endpoints",
            "webhooks.messages",
            "webhooks.secrets",
        ],
    ),
];

/// The services that work for tenants who may come in.
const EVERY_TENANT_SERVICE: [&str; 8] = [
    "auth",
    "authorizer",
    "billing",
    "projects",
    "report_worker",
    "reports",
    "webhooks",
    "webhooks_dispatch",
];

/// Which services may execute which function; the others of the owner's are granted to nobody.
pub(super) const FUNCTIONS: &[(&str, &[&str])] = &[
    ("app.admit(uuid)", &EVERY_TENANT_SERVICE),
    ("app.attend(uuid)", &["tenants"]),
    ("app.begin_purge()", &["tenants"]),
    ("app.change_status(uuid,text)", &["tenants"]),
    (
        "app.check_place()",
        &[
            "auth",
            "billing",
            "projects",
            "report_worker",
            "reports",
            "webhooks",
        ],
    ),
    (
        "app.check_replica(pg_lsn,bigint)",
        &[
            "auth",
            "billing",
            "projects",
            "report_worker",
            "reports",
            "webhooks",
        ],
    ),
    ("app.check_role()", &SERVICES),
    ("app.count_rows()", &["tenants"]),
    ("app.create_tenant(uuid,text)", &["auth"]),
    ("app.due_purges(integer)", &["tenants"]),
    ("app.enter(uuid)", &EVERY_TENANT_SERVICE),
    ("app.enter_leaving(uuid)", &["tenants"]),
    ("app.export_rows(text,jsonb,integer)", &["tenants"]),
    ("app.export_tables()", &["tenants"]),
    ("app.finish_purge(text)", &["tenants"]),
    ("app.idempotency_expire(integer)", &["relay"]),
    ("app.outbox_domains()", &["relay"]),
    ("app.outbox_purge(text,integer)", &["relay"]),
    ("app.outbox_sent(text,uuid[],uuid[])", &["relay"]),
    ("app.outbox_take(text,interval,integer)", &["relay"]),
    ("app.purge_certificate(uuid)", &["tenants"]),
    ("app.purge_rows(integer)", &["tenants"]),
    (
        "app.tenant_id()",
        &[
            "auth",
            "authorizer",
            "billing",
            "projects",
            "report_worker",
            "reports",
            "tenants",
            "webhooks",
            "webhooks_dispatch",
        ],
    ),
    ("app.tenant_name()", &["auth", "report_worker"]),
    ("app.write_lock(uuid)", &EVERY_TENANT_SERVICE),
    ("auth.create_user(uuid,text,text,text)", &["auth"]),
    ("auth.export_accounts(uuid,integer)", &["tenants"]),
    ("auth.find_login(text)", &["auth"]),
    ("auth.find_user(uuid)", &["auth", "report_worker"]),
    ("auth.public_keys()", &["auth", "authorizer", "tenants"]),
    ("auth.publish_key(text,jsonb)", &["auth"]),
    ("auth.rehash_password(uuid,text)", &["auth"]),
    ("auth.session_state(uuid)", &["authorizer"]),
    (
        "billing.entitlements()",
        &["authorizer", "billing", "report_worker", "reports"],
    ),
    ("billing.reports_at_once()", &["report_worker"]),
    ("reports.dedup(uuid,integer)", &["report_worker", "reports"]),
    ("reports.expire(interval,integer)", &["relay"]),
    ("reports.fire_schedules(integer)", &["relay"]),
    ("reports.is_time_zone(text)", &["reports"]),
    ("reports.lane()", &["report_worker", "reports"]),
    ("reports.lane_of(uuid)", &["report_worker", "reports"]),
    (
        "reports.next_run(text,integer,integer,text,text,timestamp with time zone)",
        &["reports"],
    ),
    ("reports.redrive(uuid,integer)", &["report_worker"]),
    ("reports.removable(integer)", &["relay"]),
    ("reports.removed(uuid[],uuid[])", &["relay"]),
    (
        "reports.wake(integer,interval)",
        &["report_worker", "reports"],
    ),
    ("reports.wake_forgotten(uuid,interval)", &["relay"]),
    (
        "webhooks.due_tenants(timestamp with time zone,uuid,integer)",
        &["webhooks_dispatch"],
    ),
    ("webhooks.pending_tenants()", &["webhooks_dispatch"]),
    (
        "webhooks.sweep(timestamp with time zone,integer)",
        &["webhooks_dispatch"],
    ),
];
