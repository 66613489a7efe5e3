//! Identifiers: UUIDv7 (RFC 9562), one type for each kind of thing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A text that is no UUID in its hyphenated form (RFC 9562, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct IdError;

/// Declares identifier types over [`Uuid`].
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new one, ordered by the time it was made.
            #[expect(clippy::new_without_default, reason = "a default identity would be a lie")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The bare UUID.
            pub fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ToSql for $name {
            fn to_sql(
                &self,
                kind: &Type,
                out: &mut BytesMut,
            ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
                self.0.to_sql(kind, out)
            }

            fn accepts(kind: &Type) -> bool {
                <Uuid as ToSql>::accepts(kind)
            }

            to_sql_checked!();
        }

        impl<'a> FromSql<'a> for $name {
            fn from_sql(
                kind: &Type,
                raw: &'a [u8],
            ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
                Uuid::from_sql(kind, raw).map(Self)
            }

            fn accepts(kind: &Type) -> bool {
                <Uuid as FromSql<'_>>::accepts(kind)
            }
        }
    )+};
}

ids! {
    /// A tenant: a customer organisation whose data is its own.
    TenantId;
    /// A person who can log in.
    UserId;
    /// A login of one person on one device.
    SessionId;
    /// A project.
    ProjectId;
    /// A report, which is also the job that renders it.
    ReportId;
    /// A report that is wanted again and again.
    ScheduleId;
    /// A domain event.
    EventId;
    /// Where a tenant hears of its events.
    EndpointId;
    /// An event on its way to an endpoint.
    DeliveryId;
}

/// Reads the hyphenated form only: one spelling for one thing keeps caches and logs honest.
fn parse(text: &str) -> Result<Uuid, IdError> {
    const HYPHENATED_CHARS: usize = 36;
    if text.len() != HYPHENATED_CHARS {
        return Err(IdError);
    }
    Uuid::try_parse(text).or(Err(IdError))
}
