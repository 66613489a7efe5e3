//! The auth domain: who may come in, and the tokens that prove it.
//!
//! | file | what it is |
//! |---|---|
//! | `sign_up`, `log_in`, `refresh` | the three ways to a grant |
//! | `access` | access tokens: short-lived, signed, verified without asking here |
//! | `refresh_token` | refresh tokens: long-lived, opaque, used once |
//! | `password` | what is kept of a password |
//! | `documents` | what standards fix: token responses, keys, discovery |
//! | `session` | how long a login lasts |
//! | `audit` | the log of who did what |

pub mod access;
pub mod audit;
pub mod documents;
pub mod domain;
pub mod error;
pub mod log_in;
pub mod password;
pub mod refresh;
pub mod refresh_token;
pub mod routes;
pub mod session;
pub mod sign_up;
pub mod state;
pub mod store;
pub mod v1;
pub mod v2;
