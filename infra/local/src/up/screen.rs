//! What a person sees when the stack is up.

use std::{
    env, fmt,
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use super::{env_file::EnvFile, tenants::DemoTenants};
use crate::stack::Stack;

/// Three calls that work when pasted, in a shell that has read the exports.
const CALLS: &str = r#"
  # list the projects
  curl -sSw '\n' "$API_URL/v2/projects" -H "Authorization: Bearer $TOKEN_A"

  # create one
  curl -sSw '\n' "$API_URL/v2/projects" -H "Authorization: Bearer $TOKEN_A" \
    -H "Idempotency-Key: $(date +%s)" -H "Content-Type: application/json" \
    -d '{"name":"Apollo","description":"To the moon and back"}'

  # order a report of them; a moment later, curl -L to …/v2/reports/<its id>/download gets the PDF
  curl -sSw '\n' "$API_URL/v2/reports" -H "Authorization: Bearer $TOKEN_A" \
    -H "Idempotency-Key: $(date +%s)" -H "Content-Type: application/json" \
    -d '{"type":"project_summary"}'
"#;

/// Prints the screen; a closed terminal is no reason to stop.
pub(super) fn show(stack: &Stack, tenants: &DemoTenants, file: &EnvFile, took: Duration) {
    let screen = Screen {
        stack,
        tenants,
        file: &relative(file.path()),
        took,
    };
    drop(writeln!(io::stdout().lock(), "{screen}"));
}

struct Screen<'a> {
    stack: &'a Stack,
    tenants: &'a DemoTenants,
    file: &'a str,
    took: Duration,
}

impl fmt::Display for Screen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exports = self.stack.exports();
        let value = |wanted: &str| {
            let found = exports.iter().find(|(name, _)| name == wanted);
            found.map_or("", |(_, value)| value.as_str())
        };
        let url = value("API_URL");
        writeln!(
            f,
            "\nTenantry is up on {url}, ready after {:.1} s\n",
            self.took.as_secs_f64()
        )?;
        let port = self.stack.cluster().port();
        let parts = [
            ("API", format!("{url}/v1  {url}/v2")),
            ("PostgreSQL", format!("127.0.0.1:{port}, database tenantry")),
            (
                "DynamoDB",
                described(
                    value("AWS_ENDPOINT_URL_DYNAMODB"),
                    "table",
                    value("LIMITS_TABLE"),
                ),
            ),
            (
                "S3",
                described(
                    value("AWS_ENDPOINT_URL_S3"),
                    "bucket",
                    value("REPORTS_BUCKET"),
                ),
            ),
            (
                "SQS",
                described(
                    value("AWS_ENDPOINT_URL_SQS"),
                    "queue",
                    last(value("REPORT_QUEUE_URL")),
                ),
            ),
        ];
        for (part, place) in parts {
            writeln!(f, "  {part:<12}{place}")?;
        }
        writeln!(
            f,
            "\nTwo tenants to play with; the password of both is {}\n",
            self.tenants.password()
        )?;
        for (tenant, variable) in DemoTenants::BOTH.iter().zip(["TOKEN_A", "TOKEN_B"]) {
            writeln!(f, "  {:<12}{:<24}${variable}", tenant.name, tenant.email)?;
        }
        writeln!(f, "\nIn another terminal:\n\n  . {}", self.file)?;
        writeln!(f, "{CALLS}")?;
        writeln!(f, "make top says which tenant uses how much.\n")?;
        write!(
            f,
            "Ctrl-C stops everything; the next start finds the data again."
        )
    }
}

fn described(address: &str, kind: &str, name: &str) -> String {
    format!("{address}, {kind} {name}")
}

fn last(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// The path as a person in the current folder would write it.
fn relative(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}
