//! Which reports a list shows.

use serde::Deserialize;
use shared::error::FieldError;
use shared::page::{PageQuery, PageRequest};
use shared::tenant::Tenant;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::Status;
use crate::listing::Filter;
use crate::types::ReportType;

/// The query of the list: a page of the reports that pass all filters.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListReports {
    limit: Option<String>,
    cursor: Option<String>,
    page: Option<String>,
    status: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    created_after: Option<String>,
    created_before: Option<String>,
}

impl ListReports {
    /// Checks the query; a cursor is good for the filters that it came with.
    pub fn check(
        self,
        tenant: Tenant,
        list: &str,
    ) -> Result<(PageRequest, Filter), Vec<FieldError>> {
        let status = self.status.as_deref();
        let status = status.map(|word| Status::parse("status", word)).transpose();
        let kind = self.kind.as_deref().map(ReportType::parse).transpose();
        let after = instant("created_after", self.created_after.as_deref());
        let before = instant("created_before", self.created_before.as_deref());
        let filter = match (status, kind, after, before) {
            (Ok(status), Ok(kind), Ok(created_after), Ok(created_before)) => Filter {
                status,
                kind: kind.map(|kind| kind.name.to_owned()),
                created_after,
                created_before,
            },
            (status, kind, after, before) => {
                let errors = [status.err(), kind.err(), after.err(), before.err()];
                return Err(errors.into_iter().flatten().collect());
            }
        };
        let page = PageQuery::new(self.limit, self.cursor, self.page);
        let page = page.check(tenant, &filter.list_name(list))?;
        Ok((page, filter))
    }
}

/// RFC 3339.
fn instant(field: &'static str, text: Option<&str>) -> Result<Option<OffsetDateTime>, FieldError> {
    let malformed = || {
        let detail = "must be a time such as 2026-11-27T18:00:00Z";
        FieldError::new(field, "malformed", detail)
    };
    let read = |text| OffsetDateTime::parse(text, &Rfc3339).or(Err(malformed()));
    text.map(read).transpose()
}
