//! What is left of a tenant that is gone: its identity, and a proof that anyone can check.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::deadline::Deadline;
use tenants::{CERTIFICATE_TYPE, MARGIN};
use testkit::Call;

use crate::scan::tenant_tables;
use crate::world::{ISSUER, Resident, World, sweep};

#[tokio::test]
async fn nothing_is_found_of_a_tenant_that_is_gone() {
    let world = World::new().await;
    let acme = world.resident("acme", 1_500).await;
    let beta = world.resident("beta", 3).await;
    let everywhere = tenant_tables(&world.owner).await;
    let traces = world.traces(acme).await;
    for table in &everywhere {
        assert!(traces.contains(table), "{table}: give it a row in seed.sql");
    }
    assert!(traces.contains(&"auth.users".to_owned()));
    assert!(world.outside(acme.tenant).await.len() > 4);
    world.export(acme.tenant).await;
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    let before = (world.traces(beta).await, world.outside(beta.tenant).await);

    assert_eq!(
        world.sweep().await,
        json!({"purged": [acme.tenant.id()], "unfinished": []})
    );

    assert_eq!(world.traces(acme).await, [""; 0]);
    assert_eq!(world.outside(acme.tenant).await, [""; 0]);
    assert_eq!(world.status(acme.tenant).await, "purged");
    let after = (world.traces(beta).await, world.outside(beta.tenant).await);
    assert_eq!(before, after, "another tenant has what it had");
    assert_eq!(world.sweep().await, json!({"purged": [], "unfinished": []}));
}

/// The certificate's claims, checked as anyone may: with the keys that the issuer publishes.
pub(crate) async fn checked(world: &World, certificate: &str) -> Value {
    let service = world.issuer();
    let keys = Call::get("/v2/auth/.well-known/jwks.json");
    let keys = keys.send(&service).await.expect(200).json();
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let header = decode_header(certificate).unwrap();
    assert_eq!(header.typ.as_deref(), Some(CERTIFICATE_TYPE));
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[ISSUER]);
    validation.required_spec_claims.remove("exp");
    validation.validate_exp = false;
    let decoded = decode::<Value>(certificate, &key, &validation);
    decoded.unwrap().claims
}

async fn gone(world: &World, resident: Resident) -> String {
    world.offboard(resident.tenant).await;
    world.let_time_pass().await;
    world.sweep().await;
    let certificate = world.command("certificate", resident.tenant).await;
    certificate.unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_certificate_says_what_there_was_and_verifies() {
    let world = World::new().await;
    let acme = world.resident("acme", 7).await;
    let certificate = gone(&world, acme).await;
    let claims = checked(&world, &certificate).await;
    assert_eq!(claims["sub"], acme.tenant.id().to_string());
    let tables = claims["tables"].as_object().unwrap();
    let named: Vec<_> = tables.keys().cloned().collect();
    assert_eq!(named, tenant_tables(&world.owner).await);
    assert_eq!(tables["projects.projects"], json!({"found": 7, "left": 0}));
    assert_eq!(tables["auth.sessions"], json!({"found": 3, "left": 0}));
    assert_eq!(
        (&claims["objects_left"], &claims["counters_left"]),
        (&json!(0), &json!(0))
    );
    assert!(claims["begun_at"].as_i64().unwrap() <= claims["iat"].as_i64().unwrap());
}

#[tokio::test]
async fn a_certificate_is_refused_while_a_row_is_left() {
    let world = World::new().await;
    let acme = world.resident("acme", 1).await;
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    let client = world.database.client("tenants").await;
    let enter = format!("BEGIN; SELECT app.enter_leaving('{}')", acme.tenant.id());
    for premature in ["SELECT app.purge_rows(1)", "SELECT app.finish_purge('x')"] {
        client.batch_execute(&enter).await.unwrap();
        let refused = client.batch_execute(premature).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "TN005", "{premature}");
        client.batch_execute("ROLLBACK").await.unwrap();
    }
    client.batch_execute(&enter).await.unwrap();
    let begin =
        "SELECT app.begin_purge(); SELECT app.purge_rows(1000); SELECT app.finish_purge('x')";
    let refused = client.batch_execute(begin).await.unwrap_err();
    let said = refused.as_db_error().unwrap().message().to_owned();
    assert!(said.starts_with("there are rows left: "), "{said}");
}

#[tokio::test]
async fn an_account_stays_while_it_belongs_to_another_tenant() {
    let world = World::new().await;
    let acme = world.resident("acme", 1).await;
    let beta = world.resident("beta", 1).await;
    let join = format!(
        "BEGIN; SELECT app.enter('{}'); INSERT INTO auth.memberships (user_id, role) VALUES ('{}', 'member'); COMMIT",
        beta.tenant.id(),
        acme.user
    );
    world.owner.batch_execute(&join).await.unwrap();
    gone(&world, acme).await;
    assert_eq!(memberships(&world).await, 1);
    gone(&world, beta).await;
    assert_eq!(memberships(&world).await, 0);
}

/// How many tenants the owner of `acme` can still log in to.
async fn memberships(world: &World) -> usize {
    let find = "SELECT tenant_id FROM auth.find_login('owner@acme.example')";
    let auth = world.database.client("auth").await;
    auth.query(find, &[]).await.unwrap().len()
}

#[tokio::test]
async fn who_runs_out_of_time_goes_on_in_the_next_run() {
    let world = World::new().await;
    let acme = world.resident("acme", 2_500).await;
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    let clock = Clock::fixed(Clock::System.now());
    let function = world.function();
    // Over before it began: the tenant is not even touched.
    let over = Deadline::new(clock.clone(), clock.now(), MARGIN);
    let answer = function.handle(sweep(), &over).await.unwrap();
    assert_eq!(
        answer,
        json!({"purged": [], "unfinished": [acme.tenant.id()]})
    );
    assert_eq!(world.status(acme.tenant).await, "offboarding");
    world.sweep().await;
    assert_eq!(world.traces(acme).await, [""; 0]);
}

#[tokio::test]
async fn a_silo_goes_with_its_tenant() {
    let world = World::new().await;
    let acme = world.resident("acme", 40).await;
    let beta = world.resident("beta", 3).await;
    for resident in [acme, beta] {
        world.move_to(resident.tenant, "silo").await;
    }
    let silo = format!("t_{}", acme.tenant.id().as_uuid().simple());
    assert!(
        world
            .traces(acme)
            .await
            .contains(&format!("{silo}.projects"))
    );
    let certificate = gone(&world, acme).await;
    let claims = checked(&world, &certificate).await;
    let tables = &claims["tables"];
    assert_eq!(tables["silo.projects"], json!({"found": 40, "left": 0}));
    assert_eq!(world.traces(acme).await, [""; 0]);
    let silos = "SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname ^@ 't_'";
    let left: String = world.owner.query_one(silos, &[]).await.unwrap().get(0);
    assert_eq!(left, format!("t_{}", beta.tenant.id().as_uuid().simple()));
}

/// A move to the pool that was killed before it cleared the silo.
#[tokio::test]
async fn what_a_move_left_behind_goes_too() {
    let world = World::new().await;
    let acme = world.resident("acme", 5).await;
    world.move_to(acme.tenant, "silo").await;
    let id = acme.tenant.id();
    let half_way = format!(
        "SET ROLE app_owner; UPDATE app.tenants SET tier = 'pool', silo_schema = NULL WHERE id = '{id}';
         INSERT INTO app.vacated (tenant, place) VALUES ('{id}', 't_' || replace('{id}', '-', '')); RESET ROLE"
    );
    world.owner.batch_execute(&half_way).await.unwrap();
    gone(&world, acme).await;
    assert_eq!(world.traces(acme).await, [""; 0]);
    world
        .owner
        .batch_execute("SET ROLE app_owner")
        .await
        .unwrap();
    let left = "SELECT count(*) FROM app.vacated";
    let left: i64 = world.owner.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

/// A silo that was made and never moved into.
#[tokio::test]
async fn an_unused_silo_goes_too() {
    let world = World::new().await;
    let acme = world.resident("acme", 1).await;
    let task = json!({"provision_silo": {"tenant_id": acme.tenant.id()}});
    world.migrate(task).await;
    let silo = format!("t_{}", acme.tenant.id().as_uuid().simple());
    assert!(world.traces(acme).await.contains(&silo));
    gone(&world, acme).await;
    assert_eq!(world.traces(acme).await, [""; 0]);
}

#[tokio::test]
async fn nothing_is_certified_with_a_key_that_nobody_can_look_up() {
    let world = World::new().await;
    let acme = world.resident("acme", 1).await;
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    let retire = "SET ROLE app_owner; DELETE FROM auth.signing_keys; RESET ROLE";
    world.owner.batch_execute(retire).await.unwrap();
    let error = world.handle(sweep()).await.unwrap_err().to_string();
    assert!(
        error.starts_with("the signing key is not published"),
        "{error}"
    );
    assert_eq!(world.status(acme.tenant).await, "purging");
    world.publish().await;
    world.sweep().await;
    assert_eq!(world.status(acme.tenant).await, "purged");
}
