//! Tenants as sign-up, log-in and months of work would leave them, made by few statements.

use auth::access::{AccessTokens, Subject};
use local::stack::Stack;
use shared::clock::Clock;
use shared::db::{Database, DatabaseConfig};
use shared::ids::{SessionId, TenantId, UserId};
use shared::tenant::Role;
use shared::token::TokenNames;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::WorldError;

/// The plan of every tenant: the largest, so that limits are counted and never reached.
pub(super) const PLAN: &str = "enterprise";
/// How long the tokens last, in seconds: longer than any run.
const TOKEN_SECONDS: u32 = 3_600;

/// A tenant and its owner.
#[derive(Debug, Clone)]
pub struct Resident {
    /// The tenant.
    pub tenant: TenantId,
    /// Its owner.
    pub user: UserId,
    /// The owner's log-in.
    pub session: SessionId,
    /// An access token for that log-in.
    pub token: String,
}

/// Makes `tenants` tenants with `rows` projects each.
pub(super) async fn settle(
    stack: &Stack,
    tenants: u32,
    rows: u32,
) -> Result<Vec<Resident>, WorldError> {
    let ids: Vec<[Uuid; 3]> = (0..tenants)
        .map(|_| [(); 3].map(|()| Uuid::now_v7()))
        .collect();
    insert(stack, &ids, rows).await?;
    let tokens = issuer(stack)?;
    let url = local::postgres::database::service_url(stack.cluster(), "auth");
    let config = DatabaseConfig::new(&url, None, None);
    let db = Database::new(config.map_err(WorldError::Template)?);
    let mut residents = Vec::with_capacity(ids.len());
    for [tenant, user, session] in ids {
        let subject = Subject {
            tenant: tenant.into(),
            user: user.into(),
            session: session.into(),
            role: Role::Owner,
        };
        let token = tokens.issue(&db, subject, Clock::System.now()).await?;
        residents.push(Resident {
            tenant: subject.tenant,
            user: subject.user,
            session: subject.session,
            token,
        });
    }
    Ok(residents)
}

fn issuer(stack: &Stack) -> Result<AccessTokens, WorldError> {
    let missing = || WorldError::Template("AuthFunction has no token names".to_owned());
    let environment = &stack
        .function("AuthFunction")
        .ok_or_else(missing)?
        .environment;
    let names = TokenNames {
        issuer: environment.get("TOKEN_ISSUER").ok_or_else(missing)?.clone(),
        audience: environment
            .get("TOKEN_AUDIENCE")
            .ok_or_else(missing)?
            .clone(),
    };
    Ok(AccessTokens::new(
        names,
        TOKEN_SECONDS,
        stack.signing_key().to_owned(),
    ))
}

/// As superuser, whom no policy holds. Rows of different tenants lie side by side, as they would
/// after months of work by all of them.
async fn insert(stack: &Stack, ids: &[[Uuid; 3]], rows: u32) -> Result<(), tokio_postgres::Error> {
    let client = superuser(stack).await?;
    let column =
        |at: usize| -> Vec<Uuid> { ids.iter().filter_map(|row| row.get(at).copied()).collect() };
    let (tenants, users, sessions) = (column(0), column(1), column(2));
    client
        .execute("INSERT INTO app.tenants (id, name) SELECT id, 'Tenant ' || n FROM unnest($1::uuid[]) WITH ORDINALITY AS t (id, n)", &[&tenants])
        .await?;
    client
        .execute("INSERT INTO billing.subscriptions (tenant_id, plan_id) SELECT id, $2 FROM unnest($1::uuid[]) AS t (id)", &[&tenants, &PLAN])
        .await?;
    client
        .execute("INSERT INTO auth.users (id, email, password_hash, name) SELECT id, n || '@bench.example', '-', 'Owner' FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)", &[&users])
        .await?;
    client
        .execute("INSERT INTO auth.memberships (tenant_id, user_id, role) SELECT * , 'owner' FROM unnest($1::uuid[], $2::uuid[])", &[&tenants, &users])
        .await?;
    client
        .execute("INSERT INTO auth.sessions (tenant_id, id, user_id, expires_at) SELECT t, s, u, now() + interval '1 day' FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS x (t, u, s)", &[&tenants, &users, &sessions])
        .await?;
    client
        .execute(PROJECTS, &[&tenants, &i64::from(rows)])
        .await?;
    client.batch_execute("ANALYZE").await
}

/// Names and descriptions have the length that people give them; the times' fraction is one that
/// no writer of JSON shortens.
const PROJECTS: &str = "
INSERT INTO projects.projects (tenant_id, id, name, description, created_at, updated_at)
SELECT t.id, gen_random_uuid(), 'Project number ' || n,
       'What the team of project ' || n || ' wants to have done by the end of the quarter.',
       made.at, made.at
FROM generate_series(1, $2::bigint) AS n
CROSS JOIN unnest($1::uuid[]) AS t (id)
CROSS JOIN LATERAL (
  SELECT date_trunc('second', now()) + interval '0.123457 s' - n * interval '1 minute'
) AS made (at)
ORDER BY n";

async fn superuser(stack: &Stack) -> Result<Client, tokio_postgres::Error> {
    let url = stack
        .cluster()
        .superuser_url(local::postgres::database::DATABASE);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    // Its error comes back to the statement that was running.
    drop(tokio::spawn(connection));
    Ok(client)
}
