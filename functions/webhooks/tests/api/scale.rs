//! A tenant with many deliveries is served as one with few: what a statement touches is counted in
//! blocks.

use testkit::{blocks, named};
use tokio_postgres::Client;
use webhooks::store::{self, claims, deliveries, results};

use crate::Scene;

/// Other tenants, with a few deliveries each.
const TENANTS: u32 = 100;
/// Deliveries of the large one.
const ROWS: u32 = 20_000;
/// What a statement may touch: a page of rows of three tables, and the way to them.
const BLOCKS_MAX: u64 = 1_500;

/// Statements of the API with their arguments.
const CALLS: &[(&str, &str)] = &[
    ("FIND", "gen_random_uuid()"),
    (
        "LIST",
        "'9999-12-31 23:59:59Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 101, NULL, NULL, NULL",
    ),
    (
        "LIST",
        "'9999-12-31 23:59:59Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 101, '00000000-0000-7000-8000-000000000001', NULL, NULL",
    ),
    // What hardly any of them is.
    (
        "LIST",
        "'9999-12-31 23:59:59Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 101, NULL, 'failed', NULL",
    ),
    (
        "LIST",
        "'9999-12-31 23:59:59Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 101, NULL, NULL, 'project.deleted'",
    ),
    ("ATTEMPTS", "gen_random_uuid(), 100"),
    ("ENDPOINT_OF", "gen_random_uuid()"),
    ("REDELIVER", "gen_random_uuid(), now()"),
];

/// Statements of the dispatcher with theirs.
const DISPATCHES: &[(&str, &str)] = &[
    (
        "INGEST",
        "gen_random_uuid(), 'project.created', '{}', now()",
    ),
    ("LOCK_ENDPOINTS", ""),
    ("CLAIM", "now(), now() + interval '10 minutes', 10, 20"),
    // When all that is pending is due.
    (
        "CLAIM",
        "now() + interval '2 days', now() + interval '3 days', 10, 20",
    ),
];

/// As much for `tenant` as `rows` says: half of it pending, and not due for long.
fn fill(tenant: &str, rows: u32) -> String {
    format!(
        "PERFORM set_config('app.current_tenant', {tenant}::text, true);
         INSERT INTO webhooks.endpoints (id, slot, url, rate_per_minute)
         VALUES ('00000000-0000-7000-8000-000000000001', 1, 'https://example.com/', 100);
         INSERT INTO webhooks.messages (id, type, body, created_at)
         SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 'project.created', '{{}}', now() - n * interval '1 second'
           FROM generate_series(1, {rows}) AS n;
         INSERT INTO webhooks.deliveries (id, endpoint_id, message_id, type, status, due_at, created_at, finished_at)
         SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', m.id, 'project.created',
                CASE WHEN n % 2 = 0 THEN 'pending' ELSE 'succeeded' END, now() + interval '1 day', m.created_at,
                CASE WHEN n % 2 = 0 THEN NULL ELSE now() END
           FROM (SELECT m.id, m.created_at, row_number() OVER () AS n FROM webhooks.messages AS m
                  WHERE m.tenant_id = {tenant}) AS m;"
    )
}

/// A database with many tenants, of whom the scene's own is by far the largest.
async fn crowded() -> Scene {
    let scene = Scene::new().await;
    let (few, many) = (
        fill("tenant", 5),
        fill(&format!("'{}'::uuid", scene.owner.tenant.id()), ROWS),
    );
    let settle = format!(
        "SET ROLE app_owner;
         DO $$
         DECLARE
           tenant uuid;
         BEGIN
           FOR place IN 1..{TENANTS} LOOP
             tenant := gen_random_uuid();
             INSERT INTO app.tenants (id, name) VALUES (tenant, 'small');
             {few}
           END LOOP;
           {many}
         END $$;
         ANALYZE webhooks.endpoints; ANALYZE webhooks.messages; ANALYZE webhooks.deliveries"
    );
    scene
        .database
        .owner()
        .await
        .batch_execute(&settle)
        .await
        .unwrap();
    scene
}

async fn entered(scene: &Scene, service: &str) -> Client {
    let client = scene.database.client(service).await;
    let enter = format!("BEGIN; SELECT app.enter('{}')", scene.owner.tenant.id());
    client.batch_execute(&enter).await.unwrap();
    client
}

#[tokio::test]
async fn no_statement_reads_all_that_the_largest_tenant_has() {
    let scene = crowded().await;
    let api = entered(&scene, "webhooks").await;
    for (name, arguments) in CALLS {
        let touched = blocks(&api, named(deliveries::STATEMENTS, name), arguments).await;
        assert!(touched <= BLOCKS_MAX, "{name}: {touched}");
    }
    let list = "'9999-12-31 23:59:59Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, 0, now()";
    let touched = blocks(&api, named(store::STATEMENTS, "LIST"), list).await;
    assert!(touched <= BLOCKS_MAX, "{touched}");
    let dispatch = entered(&scene, "webhooks-dispatch").await;
    for (name, arguments) in DISPATCHES {
        let touched = blocks(&dispatch, named(claims::STATEMENTS, name), arguments).await;
        assert!(touched <= BLOCKS_MAX, "{name}: {touched}");
    }
    let find = named(results::STATEMENTS, "FIND");
    let touched = blocks(&dispatch, find, "gen_random_uuid()").await;
    assert!(touched <= BLOCKS_MAX, "{touched}");
    // Across tenants the cost is that of the tenants, and not of what they have.
    let dispatch = scene.database.client("webhooks-dispatch").await;
    dispatch.batch_execute("BEGIN").await.unwrap();
    let due = named(claims::STATEMENTS, "DUE_TENANTS");
    let nil = "now(), '00000000-0000-0000-0000-000000000000', 200";
    let touched = blocks(&dispatch, due, nil).await;
    assert!(touched <= BLOCKS_MAX, "{touched}");
}

/// The control: reading all of it is more.
#[tokio::test]
async fn to_count_what_the_largest_tenant_has_reads_all_of_it() {
    let scene = crowded().await;
    let api = entered(&scene, "webhooks").await;
    let all = "SELECT count(*) FROM deliveries AS d JOIN messages AS m ON m.id = d.message_id";
    let touched = blocks(&api, all, "").await;
    assert!(touched > BLOCKS_MAX, "{touched}");
}
