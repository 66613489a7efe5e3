//! What is different in a local stack, and why it cannot be switched on anywhere else by accident.

use shared::config::ConfigError;
use shared::egress::Targets;
use url::{Host, Url};

/// Which addresses may be called, and which authority is trusted besides the public web's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The addresses.
    pub targets: Targets,
    /// A PEM file with certificates, for a receiver on this machine.
    pub authorities: Option<String>,
}

impl Settings {
    /// Checks the settings of a sender whose results go to the queue at `queue_url`.
    ///
    /// A wider choice than the usual one is refused unless that queue is on this machine itself: a
    /// deployment's queue is AWS's, so no deployment can run with it.
    pub fn check(
        targets: Targets,
        authorities: Option<String>,
        queue_url: &str,
    ) -> Result<Self, ConfigError> {
        let local = is_loopback(queue_url);
        let wider = match (targets, &authorities) {
            (Targets::Public, None) => None,
            (Targets::Loopback, _) => Some("WEBHOOK_TARGETS"),
            (Targets::Public, Some(_)) => Some("WEBHOOK_CA_FILE"),
        };
        match wider {
            Some(name) if !local => Err(ConfigError::Invalid {
                name,
                reason: "is for a local stack, and the queues are not on this machine".to_owned(),
            }),
            _ => Ok(Self {
                targets,
                authorities,
            }),
        }
    }
}

fn is_loopback(url: &str) -> bool {
    let url = Url::parse(url);
    match url.as_ref().ok().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/results";
    const LOCAL: &str = "http://127.0.0.1:9324/000000000000/results";

    #[test]
    fn a_deployment_cannot_be_told_to_call_loopback_or_to_trust_a_strange_authority() {
        let file = Some("/tmp/ca.pem".to_owned());
        for (targets, authorities) in [
            (Targets::Loopback, None),
            (Targets::Loopback, file.clone()),
            (Targets::Public, file.clone()),
        ] {
            for url in [
                AWS,
                "http://localhost.example/results",
                "http://10.0.0.1/results",
                "",
            ] {
                Settings::check(targets, authorities.clone(), url).unwrap_err();
            }
            // The control: where the queues are on this machine, it can.
            Settings::check(targets, authorities, LOCAL).unwrap();
        }
        Settings::check(Targets::Public, None, AWS).unwrap();
    }
}
