//! Objects in Amazon S3, under keys that nobody writes by hand.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use tokio::sync::OnceCell;

use crate::aws;
use crate::ids::ReportId;
use crate::tenant::Tenant;

/// How long a download link lives, in seconds.
pub const LINK_SECS: u64 = 900;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKey {
    /// A report's document. The fence in its name makes each attempt's object its own.
    Report {
        /// Whose it is.
        tenant: Tenant,
        /// The report.
        report: ReportId,
        /// The attempt that rendered it.
        fence: i64,
    },
}

impl ObjectKey {
    /// The media type (RFC 6838).
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Report { .. } => "application/pdf",
        }
    }

    /// The name a browser saves it under.
    fn file_name(&self) -> String {
        match self {
            Self::Report { report, .. } => format!("report-{report}.pdf"),
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report {
                tenant,
                report,
                fence,
            } => write!(f, "tenants/{}/reports/{report}/{fence}.pdf", tenant.id()),
        }
    }
}

/// An object that could not be written, or a link that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("object storage: {0}")]
pub struct StorageError(String);

/// A bucket, and a client that is made when it is first needed.
#[derive(Debug, Clone)]
pub struct Storage {
    bucket: String,
    client: Arc<OnceCell<Client>>,
}

impl Storage {
    /// The bucket named `bucket`.
    pub fn new(bucket: String) -> Self {
        Self {
            bucket,
            client: Arc::default(),
        }
    }

    /// The bucket named `bucket`, through a client that is there already.
    pub fn with_client(bucket: String, client: Client) -> Self {
        Self {
            bucket,
            client: Arc::new(OnceCell::new_with(Some(client))),
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(async || {
                // An endpoint given by address has no room for a bucket in its host name.
                let config = aws::config();
                let by_path = crate::config::optional("AWS_ENDPOINT_URL_S3").is_some();
                let builder = aws_sdk_s3::config::Builder::from(config).force_path_style(by_path);
                Client::from_conf(builder.build())
            })
            .await
    }

    /// Writes an object, replacing one of the same key: the same attempt writes the same bytes.
    pub async fn put(&self, key: &ObjectKey, bytes: Vec<u8>) -> Result<(), StorageError> {
        let put = self
            .client()
            .await
            .put_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_type(key.content_type())
            .body(ByteStream::from(bytes));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(StorageError(DisplayErrorContext(error).to_string())),
        }
    }

    /// A link to download the object, good for [`LINK_SECS`]. Made when asked for, never stored.
    pub async fn link(&self, key: &ObjectKey) -> Result<String, StorageError> {
        let life = PresigningConfig::expires_in(Duration::from_secs(LINK_SECS))
            .map_err(|error| StorageError(error.to_string()))?;
        let disposition = format!("attachment; filename=\"{}\"", key.file_name());
        let link = self
            .client()
            .await
            .get_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .response_content_disposition(disposition)
            .presigned(life)
            .await;
        match link {
            Ok(request) => Ok(request.uri().to_owned()),
            Err(error) => Err(StorageError(DisplayErrorContext(error).to_string())),
        }
    }
}
