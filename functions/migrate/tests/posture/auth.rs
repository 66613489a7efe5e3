//! Accounts, logins, session state and keys, through the functions that give them out.

use serde_json::{Value, json};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::database::{Database, state};
use crate::seed::{self, Tenant};

#[tokio::test]
async fn a_login_finds_every_membership_without_a_tenant() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await;
        let b = seed::tenant(&database, "beta").await;
        let auth = database.entered("auth", b.id).await;
        auth.execute(
            "INSERT INTO memberships (user_id, role) VALUES ($1, 'member')",
            &[&a.user],
        )
        .await
        .unwrap();
        auth.batch_execute("COMMIT").await.unwrap();
        database
            .owner()
            .await
            .execute(
                "UPDATE app.tenants SET status = 'suspended' WHERE id = $1",
                &[&b.id],
            )
            .await
            .unwrap();

        let rows = auth
            .query(
                "SELECT * FROM auth.find_login($1)",
                &[&a.email.to_uppercase()],
            )
            .await
            .unwrap();
        let found: Vec<(Uuid, Uuid, String, String)> = rows
            .iter()
            .map(|row| {
                (
                    row.get("user_id"),
                    row.get("tenant_id"),
                    row.get("tenant_status"),
                    row.get("role"),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (a.user, a.id, "active".to_owned(), "owner".to_owned()),
                (a.user, b.id, "suspended".to_owned(), "member".to_owned()),
            ]
        );
        assert_eq!(rows[0].get::<_, String>("password_hash"), "phc");
        let unknown = auth
            .query("SELECT * FROM auth.find_login('%')", &[])
            .await
            .unwrap();
        assert_eq!(unknown.len(), 0);

        auth.execute("SELECT auth.rehash_password($1, 'stronger')", &[&a.user])
            .await
            .unwrap();
        let row = auth
            .query("SELECT * FROM auth.find_login($1)", &[&a.email])
            .await
            .unwrap();
        assert_eq!(row[0].get::<_, String>("password_hash"), "stronger");
    })
    .await;
}

#[tokio::test]
async fn an_address_is_taken_once_in_any_case() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await;
        let again = Tenant {
            id: Uuid::now_v7(),
            user: Uuid::now_v7(),
            email: a.email.to_uppercase(),
            ..a
        };
        let auth = database.service("auth").await;
        let refused = seed::sign_up(&auth, &again, "second").await.unwrap_err();
        let refused = refused.as_db_error().unwrap();
        assert_eq!(refused.code(), &SqlState::UNIQUE_VIOLATION);
        assert_eq!(refused.constraint(), Some("users_email_ci_key"));
        auth.batch_execute("ROLLBACK; BEGIN").await.unwrap();
        let entered = auth.execute("SELECT app.enter($1)", &[&again.id]).await;
        assert_eq!(
            state(entered).code(),
            "TN001",
            "nothing of the sign-up stayed"
        );
    })
    .await;
}

#[tokio::test]
async fn an_account_is_shown_to_its_own_tenants() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await;
        let b = seed::tenant(&database, "beta").await;
        let sql = "SELECT email, name FROM auth.find_user($1)";
        let inside = database.entered("auth", a.id).await;
        let row = inside.query_one(sql, &[&a.user]).await.unwrap();
        assert_eq!((row.get(0), row.get(1)), (a.email.as_str(), "Owner"));
        assert_eq!(inside.query(sql, &[&b.user]).await.unwrap().len(), 0);
        let outside = database.service("auth").await.query(sql, &[&a.user]).await;
        assert_eq!(state(outside), SqlState::INSUFFICIENT_PRIVILEGE);
    })
    .await;
}

/// The authorizer's whole question.
const STATE: &str = "
    SELECT s.user_id, s.role, s.revoked, e.plan, e.tier, e.requests_per_minute, e.requests_per_day, e.reports_per_month
      FROM auth.session_state($1) AS s CROSS JOIN billing.entitlements() AS e";

#[tokio::test]
async fn one_statement_answers_the_authorizer() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await;
        let b = seed::tenant(&database, "beta").await;
        let authorizer = database.entered("authorizer", a.id).await;
        let row = authorizer.query_one(STATE, &[&a.session]).await.unwrap();
        assert_eq!(row.get::<_, Uuid>("user_id"), a.user);
        assert_eq!(
            (row.get(1), row.get(3), row.get(4)),
            ("owner", "pro", "pool")
        );
        assert_eq!(
            (row.get(5), row.get(6), row.get(7)),
            (1_000, 100_000, 1_000)
        );
        assert!(!row.get::<_, bool>("revoked"));
        for foreign in [b.session, Uuid::now_v7()] {
            assert_eq!(authorizer.query(STATE, &[&foreign]).await.unwrap().len(), 0);
        }
        authorizer.batch_execute("COMMIT").await.unwrap();

        let billing = database.entered("billing", a.id).await;
        billing
            .batch_execute("UPDATE subscriptions SET status = 'cancelled'; COMMIT")
            .await
            .unwrap();
        let auth = database.entered("auth", a.id).await;
        auth.batch_execute(
            "UPDATE sessions SET revoked_at = now(), revoked_reason = 'logout'; COMMIT",
        )
        .await
        .unwrap();
        let authorizer = database.entered("authorizer", a.id).await;
        let row = authorizer.query_one(STATE, &[&a.session]).await.unwrap();
        assert!(row.get::<_, bool>("revoked"));
        assert_eq!(
            (row.get(3), row.get(5)),
            ("free", 100),
            "no running subscription"
        );
        let outside = database.service("authorizer").await;
        let refused = outside.query(STATE, &[&a.session]).await;
        assert_eq!(state(refused), SqlState::INSUFFICIENT_PRIVILEGE);
    })
    .await;
}

#[tokio::test]
async fn keys_are_published_once_and_never_their_private_half() {
    Database::with_migrated(async |database| {
        let auth = database.service("auth").await;
        let publish = "SELECT auth.publish_key($1, $2)";
        let first = json!({"kid": "k1", "kty": "RSA", "n": "1", "e": "AQAB"});
        let other = json!({"kid": "k1", "kty": "RSA", "n": "2", "e": "AQAB"});
        auth.execute(publish, &[&"k1", &first]).await.unwrap();
        auth.execute(publish, &[&"k1", &other]).await.unwrap();
        for refused in [
            json!({"kid": "k2", "d": "secret"}),
            json!({"kid": "k3"}),
            json!([]),
        ] {
            let outcome = auth.execute(publish, &[&"k2", &refused]).await;
            assert_eq!(state(outcome), SqlState::CHECK_VIOLATION, "{refused}");
        }
        for service in ["auth", "authorizer"] {
            let client = database.service(service).await;
            let rows = client
                .query("SELECT kid, jwk FROM auth.public_keys()", &[])
                .await
                .unwrap();
            let keys: Vec<(String, Value)> =
                rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            assert_eq!(
                keys,
                [("k1".to_owned(), first.clone())],
                "{service}: the first stays"
            );
        }
        database
            .owner()
            .await
            .batch_execute("UPDATE auth.signing_keys SET retired_at = now()")
            .await
            .unwrap();
        let rows = auth
            .query("SELECT kid FROM auth.public_keys()", &[])
            .await
            .unwrap();
        assert_eq!(rows.len(), 0, "a retired key is not published");
    })
    .await;
}
