//! One instance of the function in a database of its own, with a clock that stands still.

use std::time::Duration;

use auth::access::AccessTokens;
use auth::routes;
use auth::state::Auth;
use axum::Router;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::db::{Database, DatabaseConfig};
use shared::ids::{SessionId, TenantId, UserId};
use shared::limits::{Backend, Limits, MemoryLimiter};
use shared::state::App;
use shared::tenant::{Role, Tenant};
use shared::token::{Claims, TokenNames};
use shared::{config, pipeline};
use testkit::{Call, Caller, Reply, TestDatabase};

pub(crate) const ISSUER: &str = "https://api.example.com/v2/auth";
pub(crate) const AUDIENCE: &str = "tenantry-api";
pub(crate) const PASSWORD: &str = "correct horse battery";
/// What differs from one grant to the next.
pub(crate) const RANDOM: [&str; 4] = ["tenant_id", "user_id", "access_token", "refresh_token"];

pub(crate) struct World {
    pub(crate) db: TestDatabase,
    pub(crate) clock: Clock,
    pub(crate) service: Router,
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = TestDatabase::new().await;
        // Starts at the present, so that tokens are valid to everybody else, too.
        let clock = Clock::fixed(Clock::System.now());
        let service = instance(&db.url("auth"), &clock, memory());
        Self { db, clock, service }
    }

    /// A further instance of the function, with a connection of its own.
    pub(crate) fn instance(&self) -> Router {
        instance(&self.db.url("auth"), &self.clock, memory())
    }

    pub(crate) async fn send(&self, call: Call) -> Reply {
        call.send(&self.service).await
    }

    /// Posts in version 2, which names the members at fault.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Call::post(path, &body)).await
    }

    pub(crate) async fn sign_up(&self, email: &str) -> Person {
        let reply = self.post("/v2/auth/tenants", sign_up_body(email)).await;
        Person::of(&reply.expect(201))
    }

    pub(crate) async fn log_in(&self, email: &str) -> Person {
        let body = json!({"email": email, "password": PASSWORD});
        let reply = self.post("/v2/auth/sessions", body).await;
        Person::of(&reply.expect(201))
    }

    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        let body = json!({"refresh_token": token});
        self.post("/v2/auth/sessions/refresh", body).await
    }

    /// One figure about tables that belong to no tenant, asked for by the owner of the database.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let row = self.db.owner().await.query_one(sql, &[]).await.unwrap();
        row.get(0)
    }

    /// One figure about a tenant.
    pub(crate) async fn count_in(&self, tenant: Tenant, sql: &str) -> i64 {
        let owner = self.db.owner().await;
        let enter = "SELECT set_config('app.current_tenant', $1, false)";
        owner
            .execute(enter, &[&tenant.id().to_string()])
            .await
            .unwrap();
        owner.query_one(sql, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn set_status(&self, tenant: TenantId, status: &str) {
        let update = "UPDATE app.tenants SET status = $2 WHERE id = $1";
        let owner = self.db.owner().await;
        let touched = owner.execute(update, &[&tenant, &status]).await.unwrap();
        assert_eq!(touched, 1);
    }

    /// Makes a person a member of another tenant.
    pub(crate) async fn join(&self, user: UserId, tenant: Tenant) {
        let client = self.db.client("auth").await;
        client.batch_execute("BEGIN").await.unwrap();
        client
            .execute("SELECT app.enter($1)", &[&tenant.id()])
            .await
            .unwrap();
        let join = "INSERT INTO memberships (user_id, role) VALUES ($1, 'member')";
        client.execute(join, &[&user]).await.unwrap();
        client.batch_execute("COMMIT").await.unwrap();
    }
}

pub(crate) fn memory() -> Backend {
    Backend::Memory(MemoryLimiter::new())
}

pub(crate) fn instance(url: &str, clock: &Clock, backend: Backend) -> Router {
    let app = App {
        clock: clock.clone(),
        db: Database::new(DatabaseConfig::new(url, None, None).unwrap()),
        limits: Limits::new(backend, Clock::System, Duration::from_secs(1)),
    };
    let names = TokenNames {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
    };
    let key =
        config::required("TOKEN_SIGNING_KEY_FILE").expect("run the tests through `make test`");
    let pem = std::fs::read_to_string(key).unwrap();
    let state = Auth::new(app, AccessTokens::new(names, 600, pem));
    pipeline::service(routes::table(), state)
}

pub(crate) fn sign_up_body(email: &str) -> Value {
    json!({"tenant_name": "Acme", "name": "Ada Lovelace", "email": email, "password": PASSWORD})
}

/// Somebody with a grant.
pub(crate) struct Person {
    pub(crate) tenant: Tenant,
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) refresh_token: String,
    pub(crate) access_token: String,
}

impl Person {
    pub(crate) fn of(reply: &Reply) -> Self {
        let body = reply.json();
        let access_token = body["access_token"].as_str().unwrap().to_owned();
        let claims = claims(&access_token);
        assert_eq!(body["tenant_id"], claims.tid.to_string());
        assert_eq!(body["user_id"], claims.sub.to_string());
        Self {
            tenant: Tenant::vouched_for(claims.tid),
            user: claims.sub,
            session: claims.sid,
            refresh_token: body["refresh_token"].as_str().unwrap().to_owned(),
            access_token,
        }
    }

    /// The caller that the authorizer makes of the access token.
    pub(crate) fn caller(&self) -> Caller {
        Caller {
            user: self.user,
            session: self.session,
            role: Role::Owner,
            ..Caller::owner(self.tenant)
        }
    }
}

/// What a token says, unverified.
pub(crate) fn claims(token: &str) -> Claims {
    jsonwebtoken::dangerous::insecure_decode(token)
        .unwrap()
        .claims
}
