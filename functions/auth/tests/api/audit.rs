//! Every change leaves an entry in the tenant's own log, or does not happen.

use serde_json::{Value, json};
use shared::tenant::Tenant;
use testkit::Call;
use tokio_postgres::Row;

use crate::world::{PASSWORD, World, sign_up_body};

const EMAIL: &str = "ada@example.com";

/// The entries of a tenant, oldest first: action, actor, subject, details.
async fn entries(world: &World, tenant: Tenant) -> Vec<(String, String, String, Value)> {
    let owner = world.db.owner().await;
    let enter = format!("BEGIN; SELECT app.enter('{}')", tenant.id());
    owner.batch_execute(&enter).await.unwrap();
    let find = "SELECT action, coalesce(actor_id::text, ''), subject_id::text, details
                FROM auth.audit_log ORDER BY occurred_at, id";
    let rows = owner.query(find, &[]).await.unwrap();
    let entry = |row: &Row| (row.get(0), row.get(1), row.get(2), row.get(3));
    rows.iter().map(entry).collect()
}

#[tokio::test]
async fn a_sign_up_a_log_in_and_its_end_are_written_down() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let (tenant, user) = (ada.tenant.id().to_string(), ada.user.to_string());
    let agent = json!({ "user_agent": null });
    let mut expected = vec![
        ("tenant.created", &user, tenant, json!({})),
        (
            "member.added",
            &user,
            user.clone(),
            json!({ "role": "owner" }),
        ),
        (
            "session.started",
            &user,
            ada.session.to_string(),
            agent.clone(),
        ),
    ];
    let found = entries(&world, ada.tenant).await;
    let of = |expected: &[(&str, &String, String, Value)]| -> Vec<_> {
        let owned = expected.iter().cloned();
        owned
            .map(|(action, by, to, details)| (action.to_owned(), by.clone(), to, details))
            .collect()
    };
    assert_eq!(found, of(&expected));

    let again = world.log_in(EMAIL).await;
    expected.push(("session.started", &user, again.session.to_string(), agent));
    // Ended twice, it ends once.
    for _ in 0..2 {
        let end = Call::new("DELETE", "/v2/auth/sessions/current").by(&again.caller());
        world.send(end).await.expect(204);
    }
    let reason = json!({ "reason": "logout" });
    expected.push(("session.ended", &user, again.session.to_string(), reason));
    let mut found = entries(&world, ada.tenant).await;
    let mut expected = of(&expected);
    // The clock stands still, so only what happened is compared.
    found.sort_by_key(|entry| format!("{entry:?}"));
    expected.sort_by_key(|entry| format!("{entry:?}"));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_session_that_ended_because_its_token_came_twice_was_ended_by_nobody() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let first = world.refresh(&ada.refresh_token).await.expect(200);
    let second = first.json()["refresh_token"].as_str().unwrap().to_owned();
    world.refresh(&second).await.expect(200);
    world.refresh(&ada.refresh_token).await.expect(401);
    let entries = entries(&world, ada.tenant).await;
    let ended: Vec<_> = entries
        .iter()
        .filter(|entry| entry.0 == "session.ended")
        .collect();
    let (nobody, session) = (String::new(), ada.session.to_string());
    let reason = json!({ "reason": "refresh_reuse" });
    assert_eq!(
        ended,
        [&("session.ended".to_owned(), nobody, session, reason)]
    );
}

/// What cannot be written down does not happen. With the right to write back, the same calls work.
#[tokio::test]
async fn without_a_log_nothing_changes() {
    let world = World::new().await;
    let ada = world.sign_up(EMAIL).await;
    let owner = world.db.owner().await;
    let log_in = json!({ "email": EMAIL, "password": PASSWORD });
    let calls = || {
        [
            Call::post("/v2/auth/tenants", &sign_up_body("bob@example.com")),
            Call::post("/v2/auth/sessions", &log_in),
            Call::new("DELETE", "/v2/auth/sessions/current").by(&ada.caller()),
        ]
    };
    let lost = "ALTER TABLE auth.audit_log RENAME TO lost";
    owner.batch_execute(lost).await.unwrap();
    for call in calls() {
        world.send(call).await.expect(500);
    }
    assert_eq!(world.count("SELECT count(*) FROM auth.users").await, 1);
    let sessions = "SELECT count(*) FROM auth.sessions WHERE revoked_at IS NULL";
    assert_eq!(world.count_in(ada.tenant, sessions).await, 1);

    let found = "ALTER TABLE auth.lost RENAME TO audit_log";
    owner.batch_execute(found).await.unwrap();
    for (call, status) in calls().into_iter().zip([201, 201, 204]) {
        world.send(call).await.expect(status);
    }
    assert_eq!(world.count("SELECT count(*) FROM auth.users").await, 2);
    assert_eq!(world.count_in(ada.tenant, sessions).await, 1);
}
