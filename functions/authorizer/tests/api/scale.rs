//! A caller of a large tenant costs what one of a small tenant does, and so does one of many tenants.

use authorizer::store::STATEMENTS;
use testkit::{TestDatabase, blocks, named};

use crate::world::World;

/// What a statement may touch: a few ways down an index.
const BLOCKS_MAX: u64 = 40;

/// A thousand tenants with one member and one session each; and in Ada's, two hundred members with
/// two sessions each. The planner may look at them.
const MANY: &str = "
    SET ROLE app_owner;
    DO $$
    DECLARE
      person uuid;
      large constant uuid := (SELECT tenant_id FROM auth.memberships);
      tenant uuid;
    BEGIN
      FOR n IN 1..1200 LOOP
        person := gen_random_uuid();
        IF n <= 1000 THEN
          tenant := gen_random_uuid();
          INSERT INTO app.tenants (id, name) VALUES (tenant, 'small');
        ELSE
          tenant := large;
        END IF;
        INSERT INTO auth.users (id, email, password_hash, name) VALUES (person, n || '@example.com', 'phc', 'x');
        PERFORM set_config('app.current_tenant', tenant::text, true);
        INSERT INTO auth.memberships (user_id, role) VALUES (person, 'member');
        INSERT INTO auth.sessions (id, user_id, expires_at)
        SELECT gen_random_uuid(), person, now() FROM generate_series(1, CASE WHEN n <= 1000 THEN 1 ELSE 2 END);
      END LOOP;
    END $$;
    ANALYZE auth.memberships, auth.sessions, app.tenants";

async fn touched(test: &TestDatabase, world: &World, name: &str, arguments: &str) -> u64 {
    let client = test.client("authorizer").await;
    let enter = format!("BEGIN; SELECT app.enter('{}')", world.ada.tenant);
    client.batch_execute(&enter).await.unwrap();
    blocks(&client, named(STATEMENTS, name), arguments).await
}

#[tokio::test]
async fn a_session_is_found_among_many() {
    let world = World::new().await;
    let test = &world.test;
    let owner = test.owner().await;
    owner.batch_execute(MANY).await.unwrap();
    let session = format!("'{}'", world.ada.session);
    let found = touched(test, &world, "SESSION_STATE", &session).await;
    assert!(found <= BLOCKS_MAX, "{found}");
    let entitled = touched(test, &world, "ENTITLEMENTS", "").await;
    assert!(entitled <= BLOCKS_MAX, "{entitled}");

    // The control: planned for the average tenant, it reads all members and their sessions.
    let believe = "
        ALTER TABLE auth.memberships ALTER COLUMN tenant_id RESET (n_distinct);
        ALTER TABLE auth.sessions ALTER COLUMN tenant_id RESET (n_distinct);
        ANALYZE auth.memberships, auth.sessions";
    owner.batch_execute(believe).await.unwrap();
    let found = touched(test, &world, "SESSION_STATE", &session).await;
    assert!(found > BLOCKS_MAX, "{found}");
}
