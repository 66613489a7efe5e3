//! The AWS services that the bundle uses, inside this process and behind their wire protocols.
//!
//! Each listens on a free port of 127.0.0.1, so the functions reach them through the real SDKs.
//! Any credentials are taken for DynamoDB and SQS; S3 checks signatures, because presigned URLs
//! are worth nothing otherwise. Every access key id has the same secret there,
//! [`SECRET_ACCESS_KEY`], so that callers can be told apart and need not be made known.

mod dynamodb;
mod listen;
mod s3;
mod sqs;
mod witness;

use std::{collections::BTreeSet, io, path::PathBuf};

use listen::Endpoint;
pub use witness::Call;
use witness::Witness;

/// The region of everything.
pub const REGION: &str = "us-east-1";
/// The account of everything.
pub const ACCOUNT_ID: &str = "000000000000";
/// The access key id of whoever has none of its own.
pub const ACCESS_KEY_ID: &str = "test";
/// The secret access key of everybody.
pub const SECRET_ACCESS_KEY: &str = "test";

/// Why a service cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServicesError {
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No port could be listened on.
    #[error("no port to listen on: {0}")]
    Listen(io::Error),
    /// A service refused to start with what is in its folder.
    #[error("{service} cannot use its data in {}: {reason}; remove the folder", path.display())]
    Data {
        /// Which service.
        service: &'static str,
        /// Its folder or file.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

impl ServicesError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// How the services are to run.
#[derive(Debug, Clone)]
pub struct ServicesOptions {
    /// The folder for what they keep.
    pub dir: PathBuf,
    /// Whether a later start finds what this run stored; `false` empties the folder first.
    pub durable: bool,
}

/// The running services.
#[derive(Debug)]
pub struct Services {
    dynamodb: Endpoint,
    s3: Endpoint,
    sqs: Endpoint,
    witness: Option<Witness>,
}

impl Services {
    /// Starts DynamoDB, S3 and SQS.
    ///
    /// # Errors
    ///
    /// The folder cannot be used, holds what cannot be read, or there is no free port.
    pub async fn start(options: ServicesOptions) -> Result<Self, ServicesError> {
        let ServicesOptions { dir, durable } = options;
        if !durable {
            match std::fs::remove_dir_all(&dir) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ServicesError::file(dir)(error));
                }
                _ => {}
            }
        }
        std::fs::create_dir_all(&dir).map_err(ServicesError::file(&dir))?;
        let s3 = s3::start(&dir.join("s3")).await?;
        let dynamodb = dynamodb::start(durable.then(|| dir.join("dynamodb.sqlite"))).await?;
        let sqs = sqs::start(durable.then(|| dir.join("sqs.journal"))).await?;
        Ok(Self {
            dynamodb,
            s3,
            sqs,
            witness: None,
        })
    }

    /// From now on [`Self::environment`] leads through a door that notes each call, for the price
    /// of one more way to each service.
    ///
    /// # Errors
    ///
    /// There is no free port.
    pub async fn be_witnessed(&mut self) -> Result<(), ServicesError> {
        let urls = [self.dynamodb_url(), self.s3_url(), self.sqs_url()];
        self.witness = Some(Witness::start(urls).await?);
        Ok(())
    }

    /// What was called through the doors of [`Self::be_witnessed`], up to 10,000 different calls.
    pub fn calls(&self) -> BTreeSet<Call> {
        self.witness
            .as_ref()
            .map(Witness::calls)
            .unwrap_or_default()
    }

    /// DynamoDB's endpoint URL.
    pub fn dynamodb_url(&self) -> String {
        self.dynamodb.url()
    }

    /// S3's endpoint URL; buckets are addressed by path.
    pub fn s3_url(&self) -> String {
        self.s3.url()
    }

    /// SQS's endpoint URL.
    pub fn sqs_url(&self) -> String {
        self.sqs.url()
    }

    /// The ports of DynamoDB, S3 and SQS on 127.0.0.1.
    pub fn ports(&self) -> [u16; 3] {
        [&self.dynamodb, &self.s3, &self.sqs].map(Endpoint::port)
    }

    /// The environment variables by which every AWS SDK finds the services.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        let [dynamodb, s3, sqs] = match &self.witness {
            Some(witness) => [&witness.dynamodb, &witness.s3, &witness.sqs],
            None => [&self.dynamodb, &self.s3, &self.sqs],
        };
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url()),
            ("AWS_ENDPOINT_URL_SQS", sqs.url()),
            ("AWS_ENDPOINT_URL_S3", s3.url()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
        ]
    }

    /// Lets running requests finish, within a limit, and closes what the services keep.
    pub async fn stop(self) {
        if let Some(witness) = self.witness {
            witness.stop().await;
        }
        self.dynamodb.stop().await;
        self.s3.stop().await;
        self.sqs.stop().await;
    }
}
