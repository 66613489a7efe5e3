//! The environment variables of a function on this machine.

use std::collections::BTreeMap;

use url::Url;

use super::options::FunctionOptions;
use crate::aws::REGION;

const DATABASE_URL: &str = "DATABASE_URL";
const DATABASE_PASSWORD: &str = "DATABASE_PASSWORD";
const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";

/// What is different on this machine from what the template says.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Variables that every function gets, as the services' endpoints.
    pub everywhere: BTreeMap<String, String>,
    /// Values for variables that a function has in the template; no other function gets them.
    pub declared: BTreeMap<String, String>,
    /// The database, for functions with a `DATABASE_URL`.
    pub database: Option<DatabaseOverride>,
}

/// The database on this machine.
#[derive(Debug, Clone)]
pub struct DatabaseOverride {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The `sslmode` of connections to it.
    pub sslmode: String,
    /// The password of each role.
    pub passwords: BTreeMap<String, String>,
}

impl Overrides {
    /// The variables of a function whose template declares `declared`.
    pub fn apply(&self, declared: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut variables = declared.clone();
        if let Some(database) = &self.database
            && let Some(url) = variables
                .get(DATABASE_URL)
                .and_then(|url| database.rewrite(url))
        {
            variables.insert(DATABASE_URL.to_owned(), url);
            // The password is in the address now.
            variables.remove(DATABASE_PASSWORD);
        }
        for (name, value) in &self.declared {
            if let Some(current) = variables.get_mut(name) {
                current.clone_from(value);
            }
        }
        variables.extend(self.everywhere.clone());
        variables
    }
}

impl DatabaseOverride {
    /// The address with this machine's host, port and password for the user that it names.
    ///
    /// `None` when the text is no URL or its user has no password here.
    fn rewrite(&self, address: &str) -> Option<String> {
        let mut url = Url::parse(address).ok()?;
        let password = self.passwords.get(url.username())?;
        url.set_host(Some(&self.host)).ok()?;
        url.set_port(Some(self.port)).ok()?;
        url.set_password(Some(password)).ok()?;
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| name != "sslmode")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(kept)
            .append_pair("sslmode", &self.sslmode);
        Some(url.into())
    }
}

/// Makes the credentials that all have the function's own, as those of its role are on AWS.
pub(super) fn own_credentials(variables: &mut BTreeMap<String, String>, id: &str) {
    if let Some(key) = variables.get_mut(ACCESS_KEY_ID) {
        id.clone_into(key);
    }
}

/// All variables of an instance: what Lambda sets, and the function's own.
///
/// Lambda's are those of
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>;
/// nothing of this program's own environment is handed down.
pub(super) fn of_instance(
    options: &FunctionOptions,
    runtime_api: &str,
    instance: u32,
) -> BTreeMap<String, String> {
    let log_group = format!("/aws/lambda/{}", options.name);
    let memory = options.memory_mib.to_string();
    let log_stream = format!("instance-{instance}");
    let reserved = [
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &options.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &log_stream),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_REGION", REGION),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
        ("TZ", ":UTC"),
    ];
    let mut variables = options.environment.clone();
    variables.extend(reserved.map(|(name, value)| (name.to_owned(), value.to_owned())));
    variables
}
