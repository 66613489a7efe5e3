//! Two releases at once: while a deployment goes on, the last release's programs and the new ones work
//! on one database, which has the newest schema.
//!
//! What the last release sends is written down in `infra/migrations/last-release.sql`; a new release
//! writes it anew (`make released`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up should stop"
)]

mod code;
mod deploying;
mod files;
mod mixed;
mod release;
mod schema;
mod surface;
mod template;
