//! Roles of the test's own: those of the services belong to all tests.

use serde_json::json;
use testkit::TestDatabase;
use tokio_postgres::{Client, NoTls};
use url::Url;
use uuid::Uuid;

use super::Passwords;

/// Two roles that may log in and have no password, one of them none of a service's.
struct Roles {
    database: TestDatabase,
    service: String,
    other: String,
}

impl Roles {
    async fn create() -> Self {
        let mark = Uuid::new_v4().simple();
        let roles = Self {
            database: TestDatabase::new().await,
            service: format!("svc_{mark}"),
            other: format!("other_{mark}"),
        };
        for role in [&roles.service, &roles.other] {
            roles.run(&format!("CREATE ROLE {role} LOGIN")).await;
        }
        roles
    }

    async fn run(&self, sql: &str) {
        self.database
            .owner()
            .await
            .batch_execute(sql)
            .await
            .unwrap();
    }

    /// What is given when the secret has this password for both.
    async fn give(&self, password: &str) -> Vec<String> {
        let secret = json!({ &self.service: password, &self.other: password, "svc_nobody": "x" });
        let passwords = Passwords::read(&secret.to_string()).unwrap();
        passwords.give(&self.database.owner().await).await.unwrap()
    }

    async fn log_in(&self, role: &str, password: &str) -> Option<Client> {
        let mut url: Url = self.database.owner_url().parse().unwrap();
        url.set_username(role).unwrap();
        url.set_password(Some(password)).unwrap();
        let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls).await.ok()?;
        tokio::spawn(connection);
        Some(client)
    }

    async fn drop(self) {
        self.run(&format!("DROP ROLE {}, {}", self.service, self.other))
            .await;
    }
}

#[tokio::test]
async fn a_new_role_is_given_its_password_and_keeps_the_one_it_has() {
    let roles = Roles::create().await;
    assert!(
        roles
            .log_in(&roles.service, "it's \\ first")
            .await
            .is_none()
    );
    assert_eq!(
        roles.give("it's \\ first").await,
        std::slice::from_ref(&roles.service)
    );
    assert!(
        roles
            .log_in(&roles.service, "it's \\ first")
            .await
            .is_some()
    );
    // The control: it is held to it.
    assert!(roles.log_in(&roles.service, "second").await.is_none());
    // A secret that has been changed, or has not been yet, takes nothing away.
    assert_eq!(roles.give("second").await, [""; 0]);
    assert!(
        roles
            .log_in(&roles.service, "it's \\ first")
            .await
            .is_some()
    );
    roles
        .run(&format!("ALTER ROLE {} PASSWORD 'third'", roles.service))
        .await;
    assert_eq!(roles.give("second").await, [""; 0]);
    assert!(roles.log_in(&roles.service, "third").await.is_some());
    // What is no service's gets nothing from here.
    assert!(roles.log_in(&roles.other, "it's \\ first").await.is_none());
    roles.drop().await;
}

#[test]
fn a_secret_that_is_none_is_not_quoted() {
    for text in [
        "{{resolve:hunter2}}",
        r#"{"svc_auth": 7}"#,
        r#"["hunter2"]"#,
    ] {
        let Err(error) = Passwords::read(text) else {
            panic!("{text} was read");
        };
        let said = error.to_string();
        assert_eq!(
            said,
            "environment variable DATABASE_ROLE_PASSWORDS: is no JSON object of texts"
        );
    }
    assert!(Passwords::read("{}").is_ok());
}
