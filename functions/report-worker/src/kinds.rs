//! The types of reports. Each is one file, which says what is read, what is shown, and in which
//! columns; and one line of [`KINDS`].
//!
//! What a type may be asked with, the function `reports` says. Here its parameters are read again:
//! a report may have waited while the code changed.

use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::db::{Database, DbError, Moment, Transaction};
use shared::storage::Format;
use shared::tenant::Tenant;
use time::OffsetDateTime;

use crate::csv;
use crate::job::JobError;
use crate::pdf::{self, RenderError, Summary};
use crate::progress::{Progress, Watched};
use crate::report::{Limits, ReportData, SpooledRows};

pub mod activity;
pub mod audit_extract;
mod frame;
pub mod invoice;
pub mod period;
pub mod project_summary;
pub mod settings;
pub mod sheet;
pub mod terms;
pub mod usage_statement;
mod words;

use settings::Settings;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The type's name.
    pub kind: &'a str,
    /// Its parameters.
    pub params: &'a Value,
    /// The form of the document.
    pub format: Format,
    /// The tenant's name.
    pub tenant_name: &'a str,
    /// When it was asked for: what `this month` and the like are counted from.
    pub asked_at: OffsetDateTime,
    /// When it is made.
    pub now: OffsetDateTime,
    /// How large it may get.
    pub limits: &'a Limits,
}

impl Order<'_> {
    /// The parameters as a type knows them.
    fn read<P: DeserializeOwned>(&self) -> Result<P, JobError> {
        serde_json::from_value(self.params.clone()).map_err(JobError::Params)
    }
}

/// All that a document is made of.
#[derive(Debug)]
pub struct Material {
    /// What stands around the rows on paper.
    pub data: ReportData,
    /// The rows, as the format wants them.
    pub rows: SpooledRows,
    /// The names of a data file's columns.
    pub names: Vec<&'static str>,
    /// How it looks on paper.
    pub settings: Settings,
}

impl Material {
    /// Makes the document, until `progress` is stopped. Pure computation: call it off the async threads.
    pub fn render(
        self,
        format: Format,
        limits: &Limits,
        progress: Arc<Progress>,
        out: &mut dyn Write,
    ) -> Result<Summary, RenderError> {
        let mut rows = Watched::new(self.rows, progress);
        match format {
            Format::Pdf => pdf::render(&self.data, &self.settings.theme(), &mut rows, limits, out),
            Format::Csv => csv::write(&self.names, &mut rows, limits, out),
        }
    }
}

type Reading<'a> = Pin<Box<dyn Future<Output = Result<Material, JobError>> + Send + 'a>>;

/// One type of report.
struct Kind {
    name: &'static str,
    read: for<'a> fn(&'a mut Transaction<'_>, &'a Order<'a>) -> Reading<'a>,
}

macro_rules! kinds {
    ($($kind:ident),+ $(,)?) => {
        &[$(Kind {
            name: stringify!($kind),
            read: |transaction, order| Box::pin($kind::read(transaction, order)),
        }),+]
    };
}

const KINDS: &[Kind] = kinds! {
    activity,
    audit_extract,
    invoice,
    project_summary,
    usage_statement,
};

/// The names of all types.
pub fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// Reads everything a report shows, as of one instant that is not before `moment`.
///
/// The rows come in batches and go into a spool, so that neither the database nor the worker holds
/// them all; more than the limits allow is refused before it has been read.
pub async fn read(
    db: &Database,
    tenant: Tenant,
    moment: Moment,
    order: &Order<'_>,
) -> Result<Material, JobError> {
    let kind = KINDS.iter().find(|kind| kind.name == order.kind);
    let kind = kind.ok_or_else(|| JobError::UnknownType(order.kind.to_owned()))?;
    let work = async |transaction: &mut Transaction<'_>| (kind.read)(transaction, order).await;
    db.snapshot(tenant, moment, work).await
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}
