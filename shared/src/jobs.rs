//! What travels on the queues: the contracts between functions, byte for byte.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::ids::{DeliveryId, EndpointId, EventId, ReportId, TenantId, UserId};
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
    /// A webhook endpoint is not sent to any more.
    WebhookEndpointDisabled = "webhook.endpoint_disabled" {
        /// The endpoint.
        endpoint_id: EndpointId,
        /// Why: `gone` or `failing`.
        reason: String,
    }
    /// A webhook endpoint has something to be sent. For the dispatcher alone.
    WebhookDue = "webhook.due" {
        /// The endpoint.
        endpoint_id: EndpointId,
    }
    /// A webhook is to be sent. From the dispatcher to the sender.
    WebhookSigned = "webhook.signed" {
        /// The delivery.
        delivery_id: DeliveryId,
        /// Which of the delivery's claims this is, from 1.
        claim: i32,
        /// Where to.
        url: String,
        /// The signature and what goes with it, by the headers' names.
        headers: BTreeMap<String, String>,
        /// What, byte for byte as it was signed.
        body: String,
        /// When it was signed, in seconds since the epoch.
        signed_at: i64,
    }
    /// A webhook was sent, or could not be. From the sender to the dispatcher.
    WebhookAttempted = "webhook.attempted" {
        /// The delivery.
        delivery_id: DeliveryId,
        /// Which of the delivery's claims it was.
        claim: i32,
        /// When the attempt began, in microseconds since the epoch.
        started_at: i64,
        /// How long it took, in milliseconds.
        duration_ms: i32,
        /// What came of it.
        outcome: WebhookOutcome,
    }
}

/// What came of an attempt to send a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookOutcome {
    /// The receiver answered.
    Answered {
        /// The status.
        status: u16,
        /// When it wants to be asked again, in seconds from now.
        retry_after_secs: Option<u32>,
        /// The beginning of the answer's body.
        response: String,
    },
    /// It could not be reached, or must not be, or did not answer as HTTP has it.
    Failed {
        /// Why, in one word.
        error: String,
    },
    /// The signature had grown too old in the queue, so nothing was sent.
    Stale,
}

/// The events that a tenant's webhooks may hear of, and what each says.
pub const PUBLISHED: &[(&str, &str)] = &[
    (ProjectCreated::TYPE, "A project was made."),
    (ProjectDeleted::TYPE, "A project was deleted."),
    (
        ReportSucceeded::TYPE,
        "A report was rendered and can be fetched.",
    ),
    (ReportFailed::TYPE, "A report could not be rendered."),
    (ReportCancelled::TYPE, "A report was called off."),
    (
        ReportExpired::TYPE,
        "The document of a report is no longer kept.",
    ),
    (SubscriptionChanged::TYPE, "The tenant has another plan."),
    (
        WebhookEndpointDisabled::TYPE,
        "An endpoint of the tenant is not sent to any more.",
    ),
];
