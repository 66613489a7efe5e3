//! The addresses of a stack's parts, as environment variables for people and tools.

use super::Stack;
use crate::postgres::database::{self, SERVICES};

/// What the functions are told about their stores, under the names that they know.
const STORES: [&str; 5] = [
    "REPORTS_BUCKET",
    "LIMITS_TABLE",
    "REPORT_QUEUE_URL",
    "USAGE_QUEUE_URL",
    "WEBHOOK_EVENT_QUEUE_URL",
];

impl Stack {
    /// Names and values of the variables by which everything here is reached.
    pub fn exports(&self) -> Vec<(String, String)> {
        let mut exports = vec![
            ("API_URL".to_owned(), self.url()),
            (
                "DATABASE_URL".to_owned(),
                database::owner_url(&self.cluster),
            ),
        ];
        for service in SERVICES {
            let name = format!("DATABASE_URL_{}", service.to_uppercase());
            exports.push((name, database::service_url(&self.cluster, service)));
        }
        let services = self.services.environment();
        exports.extend(services.map(|(name, value)| (name.to_owned(), value)));
        let stores = STORES.iter().filter_map(|name| self.told(name));
        exports.extend(stores);
        exports
    }

    /// The value of a variable in the environment of whichever function has it.
    fn told(&self, name: &str) -> Option<(String, String)> {
        let mut functions = self.template.functions.iter();
        let value = functions.find_map(|function| function.environment.get(name))?;
        Some((name.to_owned(), value.clone()))
    }
}
