//! What the product expects of DynamoDB, S3 and SQS, asked through the real SDKs.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod compaction;
mod dynamodb;
mod queues;
mod redrive;
mod restart;
mod s3;
mod sqs;

use std::path::{Path, PathBuf};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;
use local::aws::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Services, ServicesOptions};

/// The services of one test and the clients to reach them.
struct Cloud {
    services: Services,
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Cloud {
    /// Services in a folder of the test's own, which is emptied first.
    async fn new(test: &str) -> Self {
        Self::start(&folder(test), false).await
    }

    async fn start(dir: &Path, durable: bool) -> Self {
        let options = ServicesOptions {
            dir: dir.to_path_buf(),
            durable,
        };
        let services = Services::start(options).await.unwrap();
        let config = config(SECRET_ACCESS_KEY);
        Self {
            dynamodb: dynamodb_client(&config, &services),
            s3: s3_client(&config, &services),
            sqs: sqs_client(&config, &services),
            services,
        }
    }

    async fn queue(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let mut request = self.sqs.create_queue().queue_name(name);
        for (attribute, value) in attributes {
            request = request.attributes((*attribute).into(), *value);
        }
        request.send().await.unwrap().queue_url.unwrap()
    }
}

fn folder(test: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("aws")
        .join(test)
}

fn config(secret: &str) -> SdkConfig {
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build_https();
    let credentials = Credentials::new(ACCESS_KEY_ID, secret, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client)
        .build()
}

fn dynamodb_client(config: &SdkConfig, services: &Services) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(config);
    aws_sdk_dynamodb::Client::from_conf(config.endpoint_url(services.dynamodb_url()).build())
}

fn s3_client(config: &SdkConfig, services: &Services) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.endpoint_url(services.s3_url()).build())
}

fn sqs_client(config: &SdkConfig, services: &Services) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::config::Builder::from(config);
    aws_sdk_sqs::Client::from_conf(config.endpoint_url(services.sqs_url()).build())
}
