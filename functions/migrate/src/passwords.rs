//! What the services log in with: each role is given its password once, when it is new.

use std::collections::BTreeMap;

use postgres_protocol::password::scram_sha_256;
use shared::config::{self, ConfigError};
use tokio_postgres::Client;

use crate::MigrateError;

/// The variable with the secret that the functions' own passwords are taken from.
const VARIABLE: &str = "DATABASE_ROLE_PASSWORDS";

/// The roles that never had one. Giving a password says that it is good for ever, so that a role that has
/// one is told from a new one without a right to look.
const WITHOUT: &str = "
SELECT rolname::text
  FROM pg_roles
 WHERE rolname = ANY($1) AND rolname ^@ 'svc_' AND rolvaliduntil IS NULL
 ORDER BY 1";

/// Passwords by role.
#[derive(Clone, Default)]
pub struct Passwords(BTreeMap<String, String>);

impl Passwords {
    /// Reads `DATABASE_ROLE_PASSWORDS`; without it, nobody is given one.
    pub fn from_env() -> Result<Self, ConfigError> {
        let text = config::optional("DATABASE_ROLE_PASSWORDS");
        text.map_or(Ok(Self::default()), |text| Self::read(&text))
    }

    /// From a JSON object with a text for each role. Others than the services' are passed over.
    ///
    /// The error does not quote the text, which is a secret.
    pub fn read(text: &str) -> Result<Self, ConfigError> {
        let read = serde_json::from_str(text).map(Self);
        read.map_err(|_secret| ConfigError::Invalid {
            name: VARIABLE,
            reason: "is no JSON object of texts".to_owned(),
        })
    }

    /// Gives a password to each role that never had one, and answers which these were.
    ///
    /// A role that has one keeps it: whoever changes a password does so beside the secret, and may not
    /// have told this function yet. The server is sent what it stores, and so its log has no password.
    pub(crate) async fn give(&self, client: &Client) -> Result<Vec<String>, MigrateError> {
        let named: Vec<&String> = self.0.keys().collect();
        let mut given = Vec::new();
        for row in client.query(WITHOUT, &[&named]).await? {
            let role: String = row.try_get(0)?;
            let Some(password) = self.0.get(&role) else {
                continue;
            };
            let verifier = scram_sha_256(password.as_bytes());
            let quote = "SELECT format('ALTER ROLE %I PASSWORD %L VALID UNTIL ''infinity''', $1::text, $2::text)";
            let row = client.query_one(quote, &[&role, &verifier]).await?;
            client.batch_execute(row.try_get(0)?).await?;
            tracing::info!(role, "password given");
            given.push(role);
        }
        Ok(given)
    }
}

#[cfg(test)]
mod tests;
