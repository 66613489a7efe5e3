//! The whole cloud on one machine: real PostgreSQL, the AWS services the bundle uses behind their
//! own wire protocols, and the functions' binaries under the Lambda Runtime API.

pub mod api;
pub mod aws;
pub mod clients;
mod clock;
pub mod demo;
pub mod esm;
pub mod events;
pub mod gateway;
pub mod insights;
pub mod keys;
pub mod leash;
mod lock;
pub mod postgres;
pub mod project;
pub mod runtime;
pub mod sam;
pub mod say;
pub mod schedule;
pub mod secret;
pub mod signals;
pub mod stack;
pub mod template;
pub mod top;
pub mod up;
pub mod with;
