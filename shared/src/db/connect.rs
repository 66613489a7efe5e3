//! One connection: address, TLS, and a task that keeps it alive.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DbError;
use crate::config::{self, ConfigError};

/// How long a connection may take to be made, in seconds.
const CONNECT_TIMEOUT_SECS: u64 = 2;
/// How long sent data may stay unacknowledged before the connection counts as dead, in seconds.
const TCP_USER_TIMEOUT_SECS: u64 = 3;
/// How long a connection may be silent before the kernel probes it, in seconds.
const KEEPALIVE_IDLE_SECS: u64 = 30;

/// Where the database is and how to log in.
#[derive(Clone)]
pub struct DatabaseConfig {
    config: Config,
    roots: Option<Arc<RootCertStore>>,
}

impl DatabaseConfig {
    /// Reads `DATABASE_URL`, `DATABASE_PASSWORD` where the URL has none, and `DATABASE_CA_FILE`.
    pub fn from_env() -> Result<Self, ConfigError> {
        let url = config::required("DATABASE_URL")?;
        let password = config::optional("DATABASE_PASSWORD");
        let authorities = config::optional("DATABASE_CA_FILE");
        Self::new(&url, password.as_deref(), authorities.as_deref()).map_err(|reason| {
            ConfigError::Invalid {
                name: "DATABASE_URL",
                reason,
            }
        })
    }

    /// From a URL (`postgres://user:password@host:port/database?sslmode=require`).
    ///
    /// Unless the URL says `sslmode=disable`, the server's certificate is verified: against the PEM file
    /// `authorities`, which is how Amazon RDS publishes its own, or else the public web's roots,
    /// which RDS Proxy's certificate chains to.
    pub fn new(
        url: &str,
        password: Option<&str>,
        authorities: Option<&str>,
    ) -> Result<Self, String> {
        let mut config: Config = url
            .parse()
            .map_err(|_secret: tokio_postgres::Error| "is not a PostgreSQL URL".to_owned())?;
        if let (None, Some(password)) = (config.get_password(), password) {
            config.password(password);
        }
        config
            .connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_SECS))
            .tcp_user_timeout(Duration::from_secs(TCP_USER_TIMEOUT_SECS))
            .keepalives_idle(Duration::from_secs(KEEPALIVE_IDLE_SECS));
        // Without a word about it the driver would fall back to plain text.
        let tls = config.get_ssl_mode() != SslMode::Disable;
        if tls {
            config.ssl_mode(SslMode::Require);
        }
        let roots = match tls {
            true => Some(Arc::new(roots(authorities)?)),
            false => None,
        };
        Ok(Self { config, roots })
    }
}

fn roots(authorities: Option<&str>) -> Result<RootCertStore, String> {
    let Some(file) = authorities else {
        return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file)
        .map_err(|error| format!("certificate authorities in {file}: {error}"))?;
    roots.add_parsable_certificates(certificates.flatten());
    match roots.is_empty() {
        true => Err(format!("no certificate authority in {file}")),
        false => Ok(roots),
    }
}

/// Makes a connection and spawns the task that drives it until the client is dropped.
///
/// The bare client is for migrations; functions go through [`super::Database`].
pub async fn open(database: &DatabaseConfig) -> Result<Client, DbError> {
    let Some(roots) = &database.roots else {
        let (client, connection) = database.config.connect(NoTls).await?;
        tokio::spawn(drive(connection));
        return Ok(client);
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(Arc::clone(roots)))
        .map(ConfigBuilder::<ClientConfig, _>::with_no_client_auth);
    let Ok(tls) = tls else {
        return Err(DbError::NoTls);
    };
    let (client, connection) = database.config.connect(MakeRustlsConnect::new(tls)).await?;
    tokio::spawn(drive(connection));
    Ok(client)
}

async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!(error = %error, "database connection ended");
    }
}
