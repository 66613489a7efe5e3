//! The parts of a stack, each started with what is different on this machine.

use std::collections::BTreeMap;

use time::{Duration, Time, format_description::well_known::Rfc3339};
use tokio::task::spawn_blocking;

use super::{StackError, StackOptions};
use crate::{
    aws::{Services, ServicesOptions},
    clients::Clients,
    clock, keys,
    postgres::{
        Cluster, ClusterOptions,
        database::{self, Earlier, OWNER, SERVICES},
    },
    project,
    runtime::{DatabaseOverride, Overrides},
    template::{Site, Template, provision::provision},
};

/// What the names of the resources begin with.
const STACK_NAME: &str = "tenantry";
/// The longest lifetime that the template allows, in seconds: a person works with one token.
const ACCESS_TOKEN_SECONDS: &str = "3600";
/// A laptop under load is slower than DynamoDB, and whoever waits no longer counts by the instance
/// alone, which is not exact. Less than the 15 s that a function may take.
const LIMITER_TIMEOUT_MS: &str = "10000";
/// How long ago version 1 was deprecated, whenever that is.
const DEPRECATED_DAYS_AGO: i64 = 180;
/// In how many days version 1 ends. The template's date is a deployment's, and passes.
const SUNSET_DAYS_AHEAD: i64 = 365;

pub(super) async fn services(options: &StackOptions) -> Result<Services, StackError> {
    let mut services = Services::start(ServicesOptions {
        dir: options.dir.join("aws"),
        durable: options.durable,
    })
    .await?;
    if options.witnessed {
        services.be_witnessed().await?;
    }
    (options.progress)("DynamoDB, S3 and SQS are up");
    Ok(services)
}

/// Reads the template with the parameters of this machine, and then those of `options`.
pub(super) fn template(
    options: &StackOptions,
    services: &Services,
    port: u16,
) -> Result<Template, StackError> {
    let own = [
        // The issuer's documents are found below its name, here as on AWS.
        ("TokenIssuer", format!("http://127.0.0.1:{port}/v2/auth")),
        ("AccessTokenSeconds", ACCESS_TOKEN_SECONDS.to_owned()),
        ("LimiterTimeoutMs", LIMITER_TIMEOUT_MS.to_owned()),
        // Receivers of webhooks are on this machine too.
        ("WebhookTargets", "loopback".to_owned()),
        ("V1DeprecatedAt", midnight_in(-DEPRECATED_DAYS_AGO)),
        ("V1SunsetAt", midnight_in(SUNSET_DAYS_AHEAD)),
    ];
    let mut parameters: BTreeMap<String, String> =
        own.map(|(name, value)| (name.to_owned(), value)).into();
    parameters.extend(options.parameters.clone());
    let site = Site {
        stack: STACK_NAME.to_owned(),
        sqs_url: services.sqs_url(),
    };
    let path = project::root().join("template.yaml");
    Ok(Template::read(&path, &site, &parameters)?)
}

/// The beginning of a day before or after today, as RFC 3339 has it.
fn midnight_in(days: i64) -> String {
    let day = clock::now() + Duration::days(days);
    let midnight = day.replace_time(Time::MIDNIGHT);
    // A year of five digits has no such text; the functions pass an empty date over.
    midnight.format(&Rfc3339).unwrap_or_default()
}

pub(super) async fn stores(template: &Template, clients: &Clients) -> Result<(), StackError> {
    Ok(provision(template, clients).await?)
}

pub(super) async fn postgres(options: &StackOptions) -> Result<Cluster, StackError> {
    let cluster = Cluster::start(ClusterOptions {
        dir: options.dir.join("postgres"),
        durable: options.durable,
    })
    .await?;
    let earlier = match options.durable {
        true => Earlier::Keep,
        false => Earlier::Drop,
    };
    let _advice = database::prepare(&cluster, earlier).await?;
    (options.progress)("PostgreSQL is up, its schema is current");
    Ok(cluster)
}

/// The key pair takes a while to make, so it is made beside everything else.
pub(super) async fn signing_key(options: &StackOptions) -> Result<String, StackError> {
    let path = options.dir.join("signing-key.pem");
    let file = StackError::file(path.clone());
    let made = spawn_blocking(move || keys::signing_key(&path)).await;
    made.map_err(std::io::Error::other)
        .and_then(std::convert::identity)
        .map_err(file)
}

/// What the functions' environments say differently from the template.
pub(super) fn overrides(services: &Services, cluster: &Cluster, signing_key: &str) -> Overrides {
    let everywhere = services
        .environment()
        .map(|(name, value)| (name.to_owned(), value));
    let roles = SERVICES.iter().map(|service| format!("svc_{service}"));
    let roles = roles.chain([OWNER.to_owned()]);
    Overrides {
        everywhere: everywhere.into(),
        declared: BTreeMap::from([
            ("TOKEN_SIGNING_KEY".to_owned(), signing_key.to_owned()),
            // Whoever prepares the database gives them.
            ("DATABASE_ROLE_PASSWORDS".to_owned(), String::new()),
        ]),
        database: Some(DatabaseOverride {
            host: "127.0.0.1".to_owned(),
            port: cluster.port(),
            sslmode: "disable".to_owned(),
            passwords: roles
                .map(|role| (role.clone(), cluster.password(&role)))
                .collect(),
        }),
    }
}
