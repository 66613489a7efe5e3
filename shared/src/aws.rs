//! The AWS SDK's configuration, made from what Lambda sets when the first client is needed.
//!
//! Lambda tells region and credentials by environment variables
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>), so the SDK's search
//! for them (profiles, metadata services, STS) stays out of the programs and of their start.

mod lean;
mod put;

use std::sync::OnceLock;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::config;

pub(crate) use lean::Lean;
pub use put::{PutError, put};

/// The roots of Amazon Trust Services, to which the certificates of all AWS services chain
/// (<https://www.amazontrust.com/repository/>): reading the system's hundred and more would take a
/// good part of a cold start.
const ROOTS: &str = include_str!("aws/roots.pem");

static CONFIG: OnceLock<SdkConfig> = OnceLock::new();

/// The configuration that all clients of this process share, and with it their connections.
pub fn config() -> &'static SdkConfig {
    CONFIG.get_or_init(load)
}

/// Region and credentials from the environment; TLS by aws-lc-rs, with Amazon's own roots or those
/// in the file that `AWS_CA_BUNDLE` names.
///
/// `AWS_ENDPOINT_URL_<SERVICE>` points a client somewhere else, as everywhere in AWS's SDKs
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>). Where there is no
/// region or no credentials, each call fails and says so.
pub fn load() -> SdkConfig {
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(trust());
    let mut builder = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(config::optional("AWS_REGION").map(Region::new))
        .http_client(client.build_https())
        .service_config(Endpoints);
    builder.set_credentials_provider(credentials().map(SharedCredentialsProvider::new));
    builder.build()
}

fn trust() -> TlsContext {
    let roots = match config::optional("AWS_CA_BUNDLE").map(std::fs::read) {
        None => ROOTS.as_bytes().to_vec(),
        Some(Ok(bundle)) => bundle,
        Some(Err(error)) => {
            tracing::error!(error.causes = %error, "AWS_CA_BUNDLE cannot be read");
            Vec::new()
        }
    };
    let store = TrustStore::empty().with_pem_certificate(roots);
    // Only a missing trust store is an error.
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .unwrap_or_default()
}

fn credentials() -> Option<Credentials> {
    let id = config::optional("AWS_ACCESS_KEY_ID")?;
    let secret = config::optional("AWS_SECRET_ACCESS_KEY")?;
    let token = config::optional("AWS_SESSION_TOKEN");
    Some(Credentials::new(id, secret, token, None, "environment"))
}

/// Where services are, as far as the environment says so.
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        config::optional(&format!("{}_{service}", key.env()))
    }
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn every_root_can_be_read() {
        let roots: Vec<_> = CertificateDer::pem_slice_iter(ROOTS.as_bytes())
            .collect::<Result<_, _>>()
            .unwrap();
        let mut store = RootCertStore::empty();
        assert_eq!(store.add_parsable_certificates(roots), (5, 0));
    }
}
