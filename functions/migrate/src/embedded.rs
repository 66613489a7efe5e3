//! The migrations, as text inside the binary.

refinery::embed_migrations!("../../infra/migrations");

pub(crate) use migrations::runner;
