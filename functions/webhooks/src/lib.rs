//! The webhooks domain: where a tenant hears of its events, and what came of each delivery.
//!
//! Two binaries: `webhooks` answers requests, `webhooks-dispatch` decides what is sent when and signs
//! it. What calls the tenant's servers is another function, `webhook-sender`, which has no database.
//!
//! ```text
//! relay ──► event queue ──► webhooks-dispatch ──► webhook queue ──► webhook-sender ──► receiver
//!                                   ▲                                    │
//!                                   └─────────── result queue ◄──────────┘
//! ```

pub mod delivery;
pub mod dispatch;
pub mod domain;
pub mod handlers;
pub mod message;
pub mod routes;
pub mod schedule;
pub mod secret;
pub mod state;
pub mod store;
pub mod v2;
