//! The migrations, as text inside the binary.

use refinery::Runner;

use crate::contract::File;

refinery::embed_migrations!("../../infra/migrations");

/// Where the applied versions are kept: not on the `search_path` of any migration or service.
pub(crate) const HISTORY_TABLE: &str = "public.schema_history";

/// This release: what applies its files.
pub(crate) fn release() -> Runner {
    let mut release = migrations::runner();
    release.set_migration_table_name(HISTORY_TABLE);
    release
}

/// The files of a release, in order.
pub(crate) fn files(release: &Runner) -> Vec<File> {
    let migrations = release.get_migrations().iter();
    let mut files: Vec<File> = migrations
        .map(|migration| File {
            version: migration.version(),
            name: migration.name().to_owned(),
        })
        .collect();
    files.sort_by_key(|file| file.version);
    files
}
