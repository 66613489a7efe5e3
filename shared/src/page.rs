//! Lists in pages: by keyset cursor, or by number for callers who want page 7.

use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::{from_micros, micros};
use crate::error::FieldError;
use crate::tenant::Tenant;

/// Rows in a page when the caller does not say.
pub const PAGE_ROWS_DEFAULT: u32 = 50;
/// Rows in a page at most.
pub const PAGE_ROWS_MAX: u32 = 100;
/// The last page that can be asked for by number.
///
/// Such a page costs as much as all the pages before it, because the database passes over their
/// rows one by one; a cursor's costs the same wherever it starts.
pub const PAGE_NUMBER_MAX: u32 = 1_000;

const MICROS_BYTES: usize = 8;
const ID_BYTES: usize = 16;
const CHECK_BYTES: usize = 8;
const CURSOR_BYTES: usize = MICROS_BYTES + ID_BYTES + CHECK_BYTES;

/// A place in a list ordered by `(created_at, id)`, newest first: the last row already seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyset {
    /// When that row was made.
    pub created_at: OffsetDateTime,
    /// Its identity.
    pub id: Uuid,
}

impl Keyset {
    /// Before the first row of any list.
    pub const START: Self = Self {
        created_at: time::macros::datetime!(9999-12-31 23:59:59 UTC),
        id: Uuid::max(),
    };

    /// Writes it down for the caller.
    ///
    /// A checksum ties it to the tenant and the list, so that an edited or a stranger's cursor is
    /// an error and not a silently wrong page. It is no secret: a keyset opens nothing, because
    /// row-level security decides which rows there are.
    pub fn to_cursor(self, tenant: Tenant, list: &str) -> String {
        let mut bytes = Vec::with_capacity(CURSOR_BYTES);
        bytes.extend_from_slice(&micros(self.created_at).to_be_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        let check = checksum(&bytes, tenant, list);
        bytes.extend_from_slice(&check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Keyset::to_cursor`] wrote for the same tenant and list.
    pub fn from_cursor(text: &str, tenant: Tenant, list: &str) -> Result<Self, FieldError> {
        let invalid =
            || FieldError::new("cursor", "invalid_cursor", "is not a cursor of this list");
        let bytes = URL_SAFE_NO_PAD.decode(text).or(Err(invalid()))?;
        let (place, check) = bytes
            .split_at_checked(CURSOR_BYTES - CHECK_BYTES)
            .ok_or_else(invalid)?;
        let (at, id) = place
            .split_first_chunk::<MICROS_BYTES>()
            .ok_or_else(invalid)?;
        if check != checksum(place, tenant, list) {
            return Err(invalid());
        }
        // Whoever knows the checksum can write any number, and PostgreSQL refuses some years.
        let at = i64::from_be_bytes(*at);
        if !(0..=micros(Self::START.created_at)).contains(&at) {
            return Err(invalid());
        }
        Ok(Self {
            created_at: from_micros(at),
            id: Uuid::from_slice(id).or(Err(invalid()))?,
        })
    }
}

fn checksum(place: &[u8], tenant: Tenant, list: &str) -> [u8; CHECK_BYTES] {
    let mut message = Vec::with_capacity(64);
    message.extend_from_slice(tenant.id().as_uuid().as_bytes());
    message.extend_from_slice(list.as_bytes());
    message.extend_from_slice(place);
    let hash = digest(&SHA256, &message);
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}

/// The query parameters of a list, as they come: `limit`, `cursor`, `page`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    limit: Option<String>,
    cursor: Option<String>,
    page: Option<String>,
}

/// Which rows of a list a caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows, 1 to [`PAGE_ROWS_MAX`].
    pub rows: u32,
    /// After which row.
    pub after: Keyset,
    /// How many rows to pass over; 0 with a cursor.
    pub offset: u32,
    /// The number of the page, from 1, when the caller counts pages.
    pub number: Option<u32>,
}

impl PageQuery {
    /// The parameters of a list that has others besides, and no numbered pages.
    pub fn by_cursor(limit: Option<String>, cursor: Option<String>) -> Self {
        Self {
            limit,
            cursor,
            page: None,
        }
    }

    /// Checks the parameters of the list named `list`.
    pub fn check(&self, tenant: Tenant, list: &str) -> Result<PageRequest, Vec<FieldError>> {
        if self.cursor.is_some() && self.page.is_some() {
            let detail = "cannot be combined with cursor";
            return Err(vec![FieldError::new("page", "conflicting", detail)]);
        }
        let rows = number(
            "limit",
            self.limit.as_deref(),
            PAGE_ROWS_DEFAULT,
            PAGE_ROWS_MAX,
        );
        let page = number("page", self.page.as_deref(), 1, PAGE_NUMBER_MAX);
        let after = match &self.cursor {
            Some(cursor) => Keyset::from_cursor(cursor, tenant, list),
            None => Ok(Keyset::START),
        };
        match (rows, page, after) {
            (Ok(rows), Ok(page), Ok(after)) => Ok(PageRequest {
                rows,
                after,
                offset: (page - 1) * rows,
                number: self.cursor.is_none().then_some(page),
            }),
            (rows, page, after) => Err([rows.err(), page.err(), after.err()]
                .into_iter()
                .flatten()
                .collect()),
        }
    }
}

fn number(
    field: &'static str,
    text: Option<&str>,
    default: u32,
    max: u32,
) -> Result<u32, FieldError> {
    let Some(text) = text else {
        return Ok(default);
    };
    match u32::from_str(text) {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        _ => {
            let detail = format!("must be a whole number from 1 to {max}");
            Err(FieldError::new(field, "out_of_range", detail))
        }
    }
}

/// A page of a list, and how many rows the whole list has.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// Rows in the whole list.
    pub total: i64,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Keyset>,
    /// The request it answers.
    pub request: PageRequest,
}

impl<T> Page<T> {
    /// Cuts a page out of what a statement with `LIMIT rows + 1` gave: the extra row tells that
    /// there is a next page, without counting.
    pub fn cut(mut found: Vec<T>, total: i64, request: PageRequest, key: fn(&T) -> Keyset) -> Self {
        let rows = usize::try_from(request.rows).unwrap_or(usize::MAX);
        let more = found.len() > rows;
        found.truncate(rows);
        let next = found.last().filter(|_| more).map(key);
        Self {
            rows: found,
            total,
            next,
            request,
        }
    }
}

/// A list on the wire since version 2: the rows, and what belongs to the page.
#[derive(Debug, Serialize)]
pub struct Listing<T> {
    data: Vec<T>,
    meta: Meta,
}

#[derive(Debug, Serialize)]
struct Meta {
    total: i64,
    limit: u32,
    page: Option<u32>,
    next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// Presents a page of the list named `list`.
    pub fn new<R>(page: Page<R>, tenant: Tenant, list: &str) -> Self
    where
        T: From<R>,
    {
        Self {
            data: page.rows.into_iter().map(T::from).collect(),
            meta: Meta {
                total: page.total,
                limit: page.request.rows,
                page: page.request.number,
                next_cursor: page.next.map(|next| next.to_cursor(tenant, list)),
            },
        }
    }
}
