//! The AWS SDK's configuration: loaded once, when the first client is needed.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::sync::OnceCell;

static CONFIG: OnceCell<SdkConfig> = OnceCell::const_new();

/// The configuration that all clients of this process share, and with it their connections.
pub async fn config() -> &'static SdkConfig {
    CONFIG.get_or_init(load).await
}

/// Region, credentials and endpoints from the environment that Lambda sets; TLS by aws-lc-rs.
///
/// `AWS_ENDPOINT_URL_<SERVICE>` points a client somewhere else, as everywhere in AWS's SDKs
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
pub async fn load() -> SdkConfig {
    let tls = Provider::Rustls(CryptoMode::AwsLc);
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(Builder::new().tls_provider(tls).build_https())
        .load()
        .await
}
