//! The world that the events speak of: the tenant whose identity is in them, its owner, and what
//! belongs to it, in the state that each event assumes.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{Client as DynamoDb, error::DisplayErrorContext};
use serde_json::{Value, json};
use shared::{
    clock::Clock,
    signing::{SigningError, SigningKey},
    token::{Claims, TOKEN_TYPE},
};
use tokio_postgres::{Client, NoTls};
use uuid::{Uuid, uuid};

use super::Event;
use crate::{postgres::database::DATABASE, stack::Stack};

/// What is there for every event but those of a sign-up, which finds nothing.
const ROWS: &str = include_str!("../../../../events/world.sql");
/// The tenant, its owner and the owner's session in all events.
const TENANT: Uuid = uuid!("01980a00-0000-7000-8000-00000000000a");
const OWNER: Uuid = uuid!("01980a00-0000-7000-8000-0000000000aa");
const SESSION: Uuid = uuid!("01980a00-0000-7000-8000-0000000000ab");
/// How long an access token lasts, in seconds.
const TOKEN_SECONDS: i64 = 3_600;

/// What stands in the events for credentials, which nobody commits.
const ACCESS_TOKEN: &str = "<access token>";
const REFRESH_TOKEN: &str = "rt_example";
/// The refresh token of [`ROWS`].
const KNOWN_REFRESH_TOKEN: &str =
    "rt_AZgKAAAAcACAAAAAAAAACm9mIHRoZSBldmVudHMsIGFuZCBubyBzZWNyZXQgMzIu";

/// Empties every table but the catalogue of plans, and removes silos. Triggers are off meanwhile: they
/// would count what goes.
const EMPTY: &str = r"
SET session_replication_role = replica;
DO $$
DECLARE
  silo name;
  names text;
BEGIN
  FOR silo IN SELECT n.nspname FROM pg_namespace AS n WHERE n.nspname ^@ 't_' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', silo);
  END LOOP;
  SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') INTO names
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND pg_get_userbyid(c.relowner) = 'app_owner'
     AND (n.nspname, c.relname) NOT IN (('billing', 'plans'), ('billing', 'plan_meters'));
  EXECUTE 'TRUNCATE ' || names;
END $$;
SET session_replication_role = origin";

const QUEUED: &str = "
UPDATE reports.reports
   SET status = 'queued', fence = 0, attempts = 0, object_key = NULL, sha256 = NULL, size_bytes = NULL,
       pages = NULL, rows = NULL, started_at = NULL, finished_at = NULL
 WHERE id = '01980a00-0000-7000-8000-000000000002'";
const UNDELIVERED: &str = r#"
UPDATE reports.reports
   SET status = 'failed', object_key = NULL, sha256 = NULL, size_bytes = NULL, pages = NULL, rows = NULL,
       problem = '{"code": "delivery_exhausted", "detail": "it was delivered too often"}'
 WHERE id = '01980a00-0000-7000-8000-000000000002'"#;
const ON_THE_WAY: &str = "
DELETE FROM webhooks.attempts;
UPDATE webhooks.deliveries
   SET status = 'pending', claimed = true, tries = 0, due_at = now() + interval '10 minutes', finished_at = NULL";

/// Events, by how their names begin, and the state in which they find the world instead.
const STATES: [(&str, &str); 6] = [
    ("report-undelivered-batch", QUEUED),
    ("report-undelivered-redrive", UNDELIVERED),
    ("report-worker-", QUEUED),
    ("reports-cancel-", QUEUED),
    ("reports-retry-", UNDELIVERED),
    ("webhooks-dispatch-results", ON_THE_WAY),
];
/// Whoever signs up is nobody yet.
const SIGN_UP: &str = "auth-sign-up-";

/// Why the world is not as an event assumes it; the text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The database refused.
    #[error("the events' tenant cannot be made: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// The counters of requests could not be removed.
    #[error("the counters of the limits cannot be removed: {0}")]
    Counters(String),
    /// No token could be signed.
    #[error(transparent)]
    Token(#[from] SigningError),
}

/// The world of one stack.
pub struct World {
    client: Client,
    dynamodb: DynamoDb,
    /// Name and partition key of each table.
    tables: Vec<(String, String)>,
    key: SigningKey,
    token: String,
    /// The variables of each stage.
    stages: BTreeMap<String, BTreeMap<String, String>>,
}

impl World {
    /// The world of a stack; nothing is in it before [`Self::prepare`].
    ///
    /// # Errors
    ///
    /// The database cannot be reached, or the stack's key cannot be read.
    pub async fn of(stack: &Stack) -> Result<Self, WorldError> {
        let url = stack.cluster().superuser_url(DATABASE);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        // Its error comes back to the statement that was running.
        drop(tokio::spawn(connection));
        let key = SigningKey::from_pem(stack.signing_key())?;
        let template = stack.template();
        let tables = template.tables.iter();
        let stages = template.api.stages.iter();
        Ok(Self {
            client,
            dynamodb: stack.clients().dynamodb.clone(),
            tables: tables
                .map(|table| (table.name.clone(), table.partition_key.0.clone()))
                .collect(),
            token: key.sign(TOKEN_TYPE, &claims(stack))?,
            key,
            stages: stages
                .map(|stage| (stage.name.clone(), stage.variables.clone()))
                .collect(),
        })
    }

    /// An access token of the tenant's owner, good for an hour.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Removes whatever is there, and makes what `event` assumes.
    ///
    /// # Errors
    ///
    /// A service refused.
    pub async fn prepare(&self, event: &Event) -> Result<(), WorldError> {
        self.client.batch_execute(EMPTY).await?;
        let publish = "SELECT auth.publish_key($1, $2)";
        let key: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&self.key.kid(), self.key.public()];
        self.client.execute(publish, &key).await?;
        if !event.name.starts_with(SIGN_UP) {
            self.client.batch_execute(ROWS).await?;
        }
        for (name, state) in STATES {
            if event.name.starts_with(name) {
                self.client.batch_execute(state).await?;
            }
        }
        for (table, key) in &self.tables {
            let emptied = empty(&self.dynamodb, table, key).await;
            emptied.map_err(WorldError::Counters)?;
        }
        Ok(())
    }

    /// What the function receives here: the event with credentials that are good, and with the
    /// variables of this stack's stages, whose dates do not pass as those in the files do.
    pub fn payload(&self, event: &Event) -> Value {
        let text = event.payload.to_string();
        let text = text.replace(ACCESS_TOKEN, &self.token);
        let text = text.replace(REFRESH_TOKEN, KNOWN_REFRESH_TOKEN);
        // Neither of them has a character that JSON would escape.
        let mut payload: Value = serde_json::from_str(&text).unwrap_or_default();
        let stage = payload.pointer("/requestContext/stage");
        let variables = stage.and_then(|stage| self.stages.get(stage.as_str()?));
        let variables = json!(variables);
        if let Some(told) = payload.get_mut("stageVariables") {
            *told = variables;
        }
        payload
    }
}

fn claims(stack: &Stack) -> Claims {
    let told = |name: &str| {
        let mut functions = stack.functions().iter();
        let value = functions.find_map(|function| function.environment.get(name));
        value.cloned().unwrap_or_default()
    };
    let iat = Clock::System.now().unix_timestamp();
    Claims {
        iss: told("TOKEN_ISSUER"),
        aud: told("TOKEN_AUDIENCE"),
        sub: OWNER.into(),
        tid: TENANT.into(),
        sid: SESSION.into(),
        role: "owner".to_owned(),
        iat,
        exp: iat + TOKEN_SECONDS,
        jti: Uuid::new_v4(),
    }
}

/// Removes all items of a table that has no more than one page of them.
async fn empty(dynamodb: &DynamoDb, table: &str, key: &str) -> Result<(), String> {
    let scan = dynamodb.scan().table_name(table);
    let found = scan.send().await;
    let found = found.map_err(|error| DisplayErrorContext(error).to_string())?;
    for item in found.items() {
        let value = item.get(key).cloned();
        let delete = dynamodb.delete_item().table_name(table);
        let delete = delete.set_key(value.map(|value| [(key.to_owned(), value)].into()));
        let deleted = delete.send().await;
        deleted.map_err(|error| DisplayErrorContext(error).to_string())?;
    }
    Ok(())
}
