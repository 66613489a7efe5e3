//! Clients of the services on this machine, for this program's own use.

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;

use crate::aws::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Services};

/// One client of each service.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// S3, with buckets in the path.
    pub s3: aws_sdk_s3::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Clients of `services`.
    pub fn new(services: &Services) -> Self {
        let config = config();
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config)
            .endpoint_url(services.dynamodb_url())
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .endpoint_url(services.s3_url())
            .force_path_style(true)
            .build();
        let sqs = aws_sdk_sqs::config::Builder::from(&config)
            .endpoint_url(services.sqs_url())
            .build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
        }
    }
}

fn config() -> SdkConfig {
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build_https();
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client)
        .build()
}
