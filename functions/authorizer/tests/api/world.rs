//! A tenant with somebody logged in, and the authorizer before it.

use authorizer::Authorizer;
use authorizer::event::Event;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::db::Database;
use shared::ids::{SessionId, TenantId, UserId};
use shared::token::TokenNames;
use testkit::TestDatabase;
use uuid::Uuid;

use crate::signer::Signer;

pub(crate) const ISSUER: &str = "https://api.example.com/v2/auth";
pub(crate) const AUDIENCE: &str = "tenantry-api";

pub(crate) struct World {
    pub(crate) test: TestDatabase,
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) signer: Signer,
    pub(crate) ada: Person,
    authorizer: Authorizer,
}

/// Somebody who is logged in.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
}

impl World {
    pub(crate) async fn new() -> Self {
        let test = TestDatabase::new().await;
        let clock = Clock::fixed(Clock::System.now());
        let db = test.database("authorizer");
        let signer = Signer::given();
        publish(&test, &signer).await;
        Self {
            authorizer: Authorizer::new(clock.clone(), db.clone(), &names()),
            ada: person(&test).await,
            test,
            db,
            clock,
            signer,
        }
    }

    /// A token of Ada's that nothing is wrong with, as claims to change.
    pub(crate) fn claims(&self) -> Value {
        claims(self.ada)
    }

    /// What the authorizer says to a header; always that the call may go on.
    pub(crate) async fn ask(&self, header: &str) -> Value {
        let event = event(&json!([header]));
        let response = self.authorizer.respond(&event).await.unwrap();
        context(&serde_json::to_value(response).unwrap())
    }

    /// What the authorizer says to a token.
    pub(crate) async fn ask_with(&self, token: &str) -> Value {
        self.ask(&format!("Bearer {token}")).await
    }

    /// What the authorizer says to claims with a good signature.
    pub(crate) async fn ask_as(&self, claims: &Value) -> Value {
        self.ask_with(&self.signer.sign(claims)).await
    }

    /// What the authorizer says to an event as it stands.
    pub(crate) async fn ask_event(&self, event: &Value) -> Value {
        let event = serde_json::from_value(event.clone()).unwrap();
        let response = self.authorizer.respond(&event).await.unwrap();
        context(&serde_json::to_value(response).unwrap())
    }

    /// Changes something as the owner of the database, in Ada's tenant.
    pub(crate) async fn change(&self, sql: &str) {
        let owner = self.test.owner().await;
        let enter = "SELECT set_config('app.current_tenant', $1::text, false)";
        let tenant = self.ada.tenant.to_string();
        owner.execute(enter, &[&tenant]).await.unwrap();
        assert_eq!(owner.execute(sql, &[]).await.unwrap(), 1, "{sql}");
    }
}

pub(crate) fn names() -> TokenNames {
    TokenNames {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
    }
}

pub(crate) fn claims(person: Person) -> Value {
    let now = Clock::System.now().unix_timestamp();
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": person.user,
        "tid": person.tenant,
        "sid": person.session,
        "role": "member",
        "iat": now,
        "exp": now + 600,
        "jti": Uuid::now_v7(),
    })
}

/// The gateway's event, with what it takes for the identity source.
pub(crate) fn event(source: &Value) -> Event {
    let event = json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-central-1:123456789012:api/v2/GET/projects",
        "identitySource": source,
        "routeKey": "GET /projects",
        "rawPath": "/v2/projects",
        "rawQueryString": "",
        "headers": {"host": "api.example.com", "x-tenant-id": "somebody else"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "http": {"method": "GET", "path": "/v2/projects", "sourceIp": "192.0.2.1"},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "v2",
        },
    });
    serde_json::from_value(event).unwrap()
}

fn context(response: &Value) -> Value {
    assert_eq!(response["isAuthorized"], true);
    let context = response["context"].as_object().unwrap();
    // The gateway hands on texts; of anything else it makes what it likes.
    assert!(context.values().all(Value::is_string));
    response["context"].clone()
}

pub(crate) async fn publish(test: &TestDatabase, signer: &Signer) {
    let client = test.client("auth").await;
    let publish = "SELECT auth.publish_key($1, $2)";
    client
        .execute(publish, &[&signer.kid, &signer.jwk])
        .await
        .unwrap();
}

/// Somebody who owns a new tenant and is logged in.
pub(crate) async fn person(test: &TestDatabase) -> Person {
    let person = Person {
        tenant: test.tenant().await.id(),
        user: UserId::new(),
        session: SessionId::new(),
    };
    let email = format!("{}@example.com", person.user);
    let client = test.client("auth").await;
    client.batch_execute("BEGIN").await.unwrap();
    client
        .execute("SELECT app.enter($1)", &[&person.tenant])
        .await
        .unwrap();
    let user = "SELECT auth.create_user($1, $2, 'unused', 'Ada')";
    client.execute(user, &[&person.user, &email]).await.unwrap();
    let member = "INSERT INTO memberships (user_id, role) VALUES ($1, 'owner')";
    client.execute(member, &[&person.user]).await.unwrap();
    let session = "INSERT INTO sessions (id, user_id, expires_at)
        VALUES ($1, $2, now() + interval '30 days')";
    client
        .execute(session, &[&person.session, &person.user])
        .await
        .unwrap();
    client.batch_execute("COMMIT").await.unwrap();
    person
}
