//! The last release's programs on the newest schema, and this code on the last release's.

use shared::config;
use std::fs;
use testkit::TestDatabase;

use crate::release::{Release, path};
use crate::schema::{change, newest, of_release};

/// Set by `make released`, which is said when a release has been deployed.
const WRITE: &str = "WRITE_LAST_RELEASE";

/// What no deployment may do beside the last release, and the statement that would miss it.
const TAKEN_AWAY: [(&str, &str); 6] = [
    (
        "ALTER TABLE webhooks.endpoints DROP COLUMN rate_per_minute CASCADE",
        "webhooks::store::",
    ),
    (
        "ALTER TABLE reports.settings RENAME COLUMN locale TO language",
        "reports::store::settings::",
    ),
    (
        "ALTER TABLE reports.schedules RENAME TO plans",
        "reports::store::schedules::",
    ),
    (
        "ALTER TABLE reports.settings ALTER COLUMN brand_line TYPE varchar(200)",
        "reports::store::settings::",
    ),
    (
        "DROP FUNCTION app.enter(uuid)",
        "shared::db::ENTER as projects",
    ),
    (
        "REVOKE USAGE ON SCHEMA webhooks FROM svc_webhooks_dispatch",
        "webhooks::store::claims::",
    ),
];

#[tokio::test]
async fn the_last_release_works_on_the_newest_schema() {
    let release = Release::last();
    assert!(release.asked.len() > 100, "{}", release.asked.len());
    let misses = release.misses(&TestDatabase::new().await).await;
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

/// The control: whatever is taken away, somebody of the last release is named who misses it.
#[tokio::test]
async fn what_the_last_release_would_miss_is_named() {
    let release = Release::last();
    for (sql, expected) in TAKEN_AWAY {
        let database = TestDatabase::new().await;
        change(&database, sql).await;
        let misses = release.misses(&database).await;
        let named = misses.iter().any(|miss| miss.contains(expected));
        assert!(named, "{sql}: {misses:?}");
    }
}

/// The other control: what only adds is missed by nobody.
#[tokio::test]
async fn what_is_added_is_missed_by_nobody() {
    let database = TestDatabase::new().await;
    let sql = "ALTER TABLE projects.projects ADD COLUMN note text;
        ALTER TABLE reports.settings ADD COLUMN footer text NOT NULL DEFAULT '';
        CREATE FUNCTION app.enter(uuid, text) RETURNS void LANGUAGE sql AS 'SELECT app.enter($1)'";
    change(&database, sql).await;
    let misses = Release::last().misses(&database).await;
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

/// New code is not made for an old schema: it serves after the migrations. Without new migrations it is
/// for the schema that is there.
#[tokio::test]
async fn this_code_waits_for_new_migrations_and_for_nothing_else() {
    let (last, code) = (Release::last(), Release::of_this_code().await);
    let misses = code.misses(&of_release(last.schema).await).await;
    assert!(
        misses.is_empty() || newest() > last.schema,
        "{}",
        misses.join("\n")
    );
}

/// The control: on a schema from before the webhooks, it is their statements that miss something.
#[tokio::test]
async fn on_an_older_schema_this_code_misses_what_came_later() {
    let code = Release::of_this_code().await;
    let misses = code.misses(&of_release(16).await).await;
    let all_of = |store: &str| {
        let asked = code
            .asked
            .iter()
            .filter(|one| one.label().starts_with(store));
        let missed = misses.iter().filter(|miss| miss.starts_with(store));
        (asked.count(), missed.count())
    };
    let (asked, missed) = all_of("webhooks::store::");
    assert!(
        asked == missed && asked > 0,
        "{asked}, {missed}: {misses:?}"
    );
    let (asked, missed) = all_of("projects::store::");
    assert!(asked > 0 && missed == 0, "{asked}, {missed}: {misses:?}");
}

#[tokio::test]
async fn a_release_can_be_written_down_and_read_again() {
    let code = Release::of_this_code().await;
    assert_eq!(Release::read(&code.text()), code);
    if config::optional(WRITE).is_some() {
        fs::write(path(), code.text()).unwrap();
    }
    let last = Release::last();
    assert!(last.schema <= newest());
    assert_eq!(last.text(), fs::read_to_string(path()).unwrap());
}
