//! What travels on the queues: the contracts between functions, byte for byte.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::ids::{EventId, ReportId, TenantId, UserId};
use crate::tenant::Tenant;

/// The version of the envelope this code writes and the only one it reads.
pub const ENVELOPE_VERSION: u8 = 1;

/// Something that happened, or is to be done, in one tenant.
pub trait Event: Serialize {
    /// Its name on the wire, `<thing>.<past participle>`.
    const TYPE: &'static str;
}

/// A message on a queue: whose it is, what it is, and the thing itself.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope<D> {
    /// [`ENVELOPE_VERSION`].
    pub v: u8,
    /// The event: the same on every delivery, so that a receiver can tell a repetition.
    pub id: EventId,
    tenant_id: TenantId,
    /// [`Event::TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub occurred_at: OffsetDateTime,
    /// What happened.
    pub data: D,
}

impl<D> Envelope<D> {
    /// The tenant of a message from one of our own queues, which only our functions can fill.
    pub fn tenant(&self) -> Tenant {
        Tenant::vouched_for(self.tenant_id)
    }

    /// An envelope around something that is already JSON.
    pub fn wrap(
        id: EventId,
        tenant: TenantId,
        kind: String,
        occurred_at: OffsetDateTime,
        data: D,
    ) -> Self {
        Self {
            v: ENVELOPE_VERSION,
            id,
            tenant_id: tenant,
            kind,
            occurred_at,
            data,
        }
    }
}

impl<E: Event> Envelope<E> {
    /// A new event of `tenant`.
    pub fn new(tenant: Tenant, occurred_at: OffsetDateTime, event: E) -> Self {
        let kind = E::TYPE.to_owned();
        Self::wrap(EventId::new(), tenant.id(), kind, occurred_at, event)
    }

    /// An event of `tenant` that is in the outbox already, to be sent again.
    pub fn again(tenant: Tenant, id: EventId, occurred_at: OffsetDateTime, event: E) -> Self {
        Self::wrap(id, tenant.id(), E::TYPE.to_owned(), occurred_at, event)
    }
}

/// A message that this function cannot read, now or ever.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It is not the JSON we write.
    #[error("message is no envelope")]
    Malformed(#[from] serde_json::Error),
    /// It was written by code of another time.
    #[error("envelope version {0} is not {ENVELOPE_VERSION}")]
    Version(u8),
    /// It is not for this function.
    #[error("unexpected message type {0}")]
    Type(String),
}

/// An envelope as it comes; only [`Envelope::open`] makes one out of it that has a tenant.
#[derive(Deserialize)]
struct Incoming {
    v: u8,
    id: EventId,
    tenant_id: TenantId,
    #[serde(rename = "type")]
    kind: String,
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
    data: Box<RawValue>,
}

impl Envelope<Box<RawValue>> {
    /// Opens a message of one of our own queues, without looking at its data.
    pub fn open(body: &str) -> Result<Self, EnvelopeError> {
        let incoming: Incoming = serde_json::from_str(body)?;
        match incoming.v {
            ENVELOPE_VERSION => Ok(Self::wrap(
                incoming.id,
                incoming.tenant_id,
                incoming.kind,
                incoming.occurred_at,
                incoming.data,
            )),
            other => Err(EnvelopeError::Version(other)),
        }
    }

    /// Reads the data as an `E`.
    pub fn read<E: Event + DeserializeOwned>(&self) -> Result<E, EnvelopeError> {
        if self.kind != E::TYPE {
            return Err(EnvelopeError::Type(self.kind.clone()));
        }
        Ok(serde_json::from_str(self.data.get())?)
    }
}

/// Declares events with their names.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Event for $name {
            const TYPE: &'static str = $kind;
        }
    )+};
}

events! {
    /// A tenant was founded.
    TenantCreated = "tenant.created" {
        /// Who founded it.
        user_id: UserId,
    }
    /// A project was made.
    ProjectCreated = "project.created" {
        /// The project.
        project_id: crate::ids::ProjectId,
    }
    /// A project was deleted.
    ProjectDeleted = "project.deleted" {
        /// The project.
        project_id: crate::ids::ProjectId,
    }
    /// A report is to be rendered.
    ReportRequested = "report.requested" {
        /// The report.
        report_id: ReportId,
    }
    /// A report was rendered and can be fetched.
    ReportSucceeded = "report.succeeded" {
        /// The report.
        report_id: ReportId,
        /// Pages of the document.
        pages: u32,
    }
    /// A report could not be rendered.
    ReportFailed = "report.failed" {
        /// The report.
        report_id: ReportId,
    }
    /// A report was called off.
    ReportCancelled = "report.cancelled" {
        /// The report.
        report_id: ReportId,
    }
    /// A report's document was kept for as long as it is, and is no more.
    ReportExpired = "report.expired" {
        /// The report.
        report_id: ReportId,
    }
    /// A tenant has another plan.
    SubscriptionChanged = "subscription.changed" {
        /// The plan's identity.
        plan: String,
    }
}
