//! A large tenant's requests cost what a small one's do, and so do those among many tenants.
//!
//! The costs are counted in blocks. Where the planner goes by the average tenant, it is the largest
//! one that pays, so these tests give it an average to go by, and one tenant that is far from it.

use projects::store::STATEMENTS;
use testkit::{blocks, named};
use tokio_postgres::Client;

use crate::Scene;

/// Other tenants.
const TENANTS: u32 = 300;
/// Rows of the large one.
const ROWS: u32 = 20_000;
/// What a statement may touch: a page of rows in as many blocks, and the way to them.
const BLOCKS_MAX: u64 = 150;

const FIRST_PAGE: &str = "'9999-12-31 23:59:59Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 101, 0";

/// Each statement with its arguments.
const CALLS: &[(&str, &str)] = &[
    ("FIND", "gen_random_uuid()"),
    ("LIST", FIRST_PAGE),
    ("COUNT", ""),
    (
        "INSERT",
        "gen_random_uuid(), 'x', '', 'active', 1, now(), now()",
    ),
    ("UPDATE", "gen_random_uuid(), 'x', NULL, NULL, now(), NULL"),
    ("DELETE", "gen_random_uuid(), NULL"),
];

/// Gives `TENANTS` tenants `rows` projects each, and lets the planner know.
async fn settle(scene: &Scene, rows: u32) {
    let settle = format!(
        "SET ROLE app_owner;
         DO $$
         DECLARE
           tenant uuid;
         BEGIN
           FOR n IN 1..{TENANTS} LOOP
             tenant := gen_random_uuid();
             INSERT INTO app.tenants (id, name) VALUES (tenant, 'small');
             PERFORM set_config('app.current_tenant', tenant::text, true);
             INSERT INTO projects.projects (id, name)
             SELECT gen_random_uuid(), 'x' FROM generate_series(1, {rows});
           END LOOP;
         END $$;
         ANALYZE projects.projects"
    );
    let owner = scene.database.owner().await;
    owner.batch_execute(&settle).await.unwrap();
}

/// A transaction of the scene's own tenant, which has just become the largest. Nobody else knows
/// yet, the planner's statistics neither.
async fn large(scene: &Scene) -> Client {
    let client = scene.database.client("projects").await;
    let tenant = scene.owner.tenant.id();
    let grow = format!(
        "BEGIN; SET LOCAL statement_timeout = 0; SELECT app.enter('{tenant}');
         INSERT INTO projects (tenant_id, id, name, created_at)
         SELECT '{tenant}', gen_random_uuid(), 'x', now() + n * interval '1 second'
           FROM generate_series(1, {ROWS}) AS n"
    );
    client.batch_execute(&grow).await.unwrap();
    client
}

#[tokio::test]
async fn no_statement_costs_more_for_the_largest_tenant() {
    let called: Vec<_> = CALLS.iter().map(|call| named(STATEMENTS, call.0)).collect();
    let labels = STATEMENTS
        .iter()
        .filter(|statement| !called.contains(statement))
        .map(|statement| statement.lines().next());
    let missing: Vec<_> = labels.collect();
    assert!(missing.is_empty(), "CALLS has no arguments for {missing:?}");
    for rows in [1, 5, 40] {
        let scene = Scene::new().await;
        settle(&scene, rows).await;
        let large = large(&scene).await;
        for (name, arguments) in CALLS {
            let touched = blocks(&large, named(STATEMENTS, name), arguments).await;
            assert!(touched <= BLOCKS_MAX, "{name} among {rows}: {touched}");
        }
    }
}

/// The control: counting the rows is what it says.
#[tokio::test]
async fn a_count_costs_the_more_the_more_there_are() {
    let scene = Scene::new().await;
    let large = large(&scene).await;
    let touched = blocks(&large, "SELECT count(*) FROM projects", "").await;
    assert!(touched > BLOCKS_MAX, "{touched}");
}

/// The control: where tenants have a row each and the planner takes it for the rule, it looks one
/// up among all rows of its tenant.
#[tokio::test]
async fn planned_for_the_average_a_look_up_reads_every_row() {
    let scene = Scene::new().await;
    let owner = scene.database.owner().await;
    let believe = "ALTER TABLE projects.projects ALTER COLUMN tenant_id RESET (n_distinct)";
    owner.batch_execute(believe).await.unwrap();
    settle(&scene, 1).await;
    let large = large(&scene).await;
    let touched = blocks(&large, named(STATEMENTS, "FIND"), "gen_random_uuid()").await;
    assert!(touched > BLOCKS_MAX, "{touched}");
}

/// The control: where tenants have less than a page each, all rows are read and sorted for one.
#[tokio::test]
async fn sorted_a_page_reads_every_row() {
    let scene = Scene::new().await;
    settle(&scene, 5).await;
    let large = large(&scene).await;
    let sort = "SET LOCAL enable_sort = on";
    large.batch_execute(sort).await.unwrap();
    let touched = blocks(&large, named(STATEMENTS, "LIST"), FIRST_PAGE).await;
    assert!(touched > BLOCKS_MAX, "{touched}");
}
