//! Objects in Amazon S3, under keys that nobody writes by hand.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use uuid::Uuid;

use crate::aws;
use crate::ids::ReportId;
use crate::tenant::Tenant;

/// How long a download link lives, in seconds.
pub const LINK_SECS: u64 = 900;

/// How many objects are removed at a time: a page of a listing, and what one request may name.
pub const REMOVED_OBJECTS_MAX: i32 = 1_000;

/// How long a call may take, its retries included, in milliseconds: less than the relay keeps back.
const CALL_TIMEOUT_MS: u64 = 4_000;
/// The same for writing an object, of 64 MiB at most, in milliseconds: less than a worker keeps back for it.
const PUT_TIMEOUT_MS: u64 = 12_000;

/// The form of a report's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Pages to read.
    #[default]
    Pdf,
    /// Rows to work with (RFC 4180), in UTF-8.
    Csv,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Pdf, Self::Csv];

    /// The word used in tables, on the wire and at the end of a file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Csv => "csv",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    /// The media type (RFC 6838; RFC 7111 for CSV).
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKey<'a> {
    /// A report's document. The fence in its name makes each attempt's object its own.
    Report {
        /// Whose it is.
        tenant: Tenant,
        /// The report.
        report: ReportId,
        /// The attempt that rendered it.
        fence: i64,
        /// Its form.
        format: Format,
    },
    /// A part of a table's exported rows.
    Rows {
        /// Whose it is.
        tenant: Tenant,
        /// The export.
        export: Uuid,
        /// The table.
        table: &'a str,
        /// The part's number, from 0.
        part: usize,
    },
    /// What an export consists of.
    Manifest {
        /// Whose it is.
        tenant: Tenant,
        /// The export.
        export: Uuid,
    },
}

impl ObjectKey<'_> {
    /// The media type (RFC 6838).
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Report { format, .. } => format.content_type(),
            Self::Rows { .. } => "application/x-ndjson",
            Self::Manifest { .. } => "application/json",
        }
    }

    /// The name a browser saves it under.
    fn file_name(&self) -> String {
        match self {
            Self::Report { report, format, .. } => {
                format!("report-{report}.{}", format.as_str())
            }
            Self::Rows {
                export,
                table,
                part,
                ..
            } => format!("export-{export}-{table}.{part:05}.ndjson"),
            Self::Manifest { export, .. } => format!("export-{export}-manifest.json"),
        }
    }
}

impl fmt::Display for ObjectKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report {
                tenant,
                report,
                fence,
                format,
            } => {
                let (folder, ending) = (folder(*tenant), format.as_str());
                write!(f, "{folder}reports/{report}/{fence}.{ending}")
            }
            Self::Rows {
                tenant,
                export,
                table,
                part,
            } => {
                let folder = folder(*tenant);
                write!(f, "{folder}exports/{export}/{table}.{part:05}.ndjson")
            }
            Self::Manifest { tenant, export } => {
                write!(f, "{}exports/{export}/manifest.json", folder(*tenant))
            }
        }
    }
}

/// Where all objects of a tenant are. It ends in a slash, so that no other tenant's can begin with it.
fn folder(tenant: Tenant) -> String {
    format!("tenants/{}/", tenant.id())
}

/// An object that could not be written or removed, or a link that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("object storage: {0}")]
pub struct StorageError(String);

impl StorageError {
    fn of<E, R>(error: SdkError<E, R>) -> Self
    where
        E: std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        Self(DisplayErrorContext(error).to_string())
    }
}

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
    pub async fn put(&self, key: &ObjectKey<'_>, bytes: Vec<u8>) -> Result<(), StorageError> {
        let put = self
            .client()
            .await
            .put_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .content_type(key.content_type())
            .body(ByteStream::from(bytes));
        within(PUT_TIMEOUT_MS, put.send()).await?;
        Ok(())
    }

    /// A link to download the object, good for [`LINK_SECS`]. Made when asked for, never stored.
    pub async fn link(&self, key: &ObjectKey<'_>) -> Result<String, StorageError> {
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
        let link = link.map_err(StorageError::of)?;
        Ok(link.uri().to_owned())
    }

    /// Removes up to [`REMOVED_OBJECTS_MAX`] objects of a tenant; answers how many it found, so that
    /// 0 means that there are none left.
    pub async fn remove_some(&self, tenant: Tenant) -> Result<usize, StorageError> {
        let client = self.client().await;
        let list = client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(folder(tenant))
            .max_keys(REMOVED_OBJECTS_MAX);
        let listed = within(CALL_TIMEOUT_MS, list.send()).await?;
        let keys = listed.contents().iter().filter_map(|object| object.key());
        let keys: Vec<_> = keys.map(str::to_owned).collect();
        self.remove(&keys).await?;
        Ok(keys.len())
    }

    /// Removes up to [`REMOVED_OBJECTS_MAX`] objects by their keys, as [`ObjectKey`] wrote them. One
    /// that is not there counts as removed.
    pub async fn remove(&self, keys: &[String]) -> Result<(), StorageError> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = keys
            .iter()
            .map(|key| ObjectIdentifier::builder().key(key).build())
            .collect::<Result<_, _>>()
            .map_err(|error| StorageError(error.to_string()))?;
        let these = Delete::builder().set_objects(Some(keys)).quiet(true);
        let these = these
            .build()
            .map_err(|error| StorageError(error.to_string()))?;
        let client = self.client().await;
        let remove = client.delete_objects().bucket(&self.bucket).delete(these);
        let removed = within(CALL_TIMEOUT_MS, remove.send()).await?;
        match removed.errors().first() {
            None => Ok(()),
            Some(error) => Err(StorageError(format!("{error:?}"))),
        }
    }
}

async fn within<T, E, R>(
    limit_ms: u64,
    call: impl Future<Output = Result<T, SdkError<E, R>>>,
) -> Result<T, StorageError>
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    // On the heap: the SDK's futures are large, and copied about otherwise.
    match timeout(Duration::from_millis(limit_ms), Box::pin(call)).await {
        Ok(answer) => answer.map_err(StorageError::of),
        Err(_) => Err(StorageError("no answer in time".to_owned())),
    }
}
