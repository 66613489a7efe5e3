//! One truth: what a function answers does not depend on what runs it.
//!
//! Every event of `events/` goes to the functions under the local stack's runtime, as a request
//! through its gateway where it is one, and, as `TRUTH_RUNNERS` says, through `cargo lambda watch`
//! (`watch`) and `sam local` (`sam`). `make truth-watch` and `make truth-sam` set it; what it names is
//! compared or the test fails, and what it does not name is said to be left out.
//!
//! The functions' programs have to be built: the targets of `make` do that first.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod answer;
mod compare;
mod placeholders;
mod replay;
mod router;
mod runners;
mod scene;
mod watch;
