//! Releases to come, applied to a database of this one.

use refinery::{Migration, Runner};
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use testkit::TestDatabase;

use super::{Applied, Work, deploy, run};
use crate::contract::Running;
use crate::embedded::{self, HISTORY_TABLE};
use crate::lint::Strictness;
use crate::{MigrateError, Passwords};

/// This release, with more files behind its last one.
fn release_with(files: &[(i32, &str, &str)]) -> Runner {
    let mut migrations = embedded::release().get_migrations().clone();
    for (behind, name, sql) in files {
        let file = format!("V{:04}__{name}", own() + behind);
        migrations.push(Migration::unapplied(&file, sql).unwrap());
    }
    let mut release = Runner::new(&migrations);
    release.set_migration_table_name(HISTORY_TABLE);
    release
}

/// This release's own number.
fn own() -> i32 {
    embedded::files(&embedded::release())
        .last()
        .unwrap()
        .version
}

const ADDS: (i32, &str, &str) = (
    1,
    "notes",
    "SET LOCAL ROLE app_owner; ALTER TABLE projects.projects ADD COLUMN note text; RESET ROLE",
);
const DROP: &str =
    "SET LOCAL ROLE app_owner; ALTER TABLE projects.projects DROP COLUMN note; RESET ROLE";

/// What takes the note away again, from two behind this release on.
fn takes_away() -> (i32, String, &'static str) {
    (2, format!("contract_since_{:04}_notes", own() + 1), DROP)
}

/// Brings a database to `release`, as a deployment of its last file or by an operator.
async fn bring(
    database: &TestDatabase,
    release: &Runner,
    asked: Option<i32>,
    running: Running,
) -> Result<Applied, MigrateError> {
    let config = DatabaseConfig::new(&database.owner_url(), None, None).unwrap();
    let work = Work {
        release,
        database: &config,
        passwords: &Passwords::default(),
        strictness: Strictness::Advising,
        deadline: &Deadline::never(),
    };
    match asked {
        Some(asked) => deploy(&work, asked, running).await,
        None => run(&work, running).await,
    }
}

async fn has_note(database: &TestDatabase) -> bool {
    let note = "SELECT EXISTS (SELECT FROM pg_attribute WHERE attname = 'note'
                  AND attrelid = 'projects.projects'::regclass AND NOT attisdropped)";
    let owner = database.owner().await;
    owner.query_one(note, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn what_takes_away_waits_until_nobody_needs_it() {
    let (version, name, sql) = takes_away();
    let release = release_with(&[ADDS, (version, &name, sql)]);
    let (next, after) = (own() + 1, own() + 2);
    let database = TestDatabase::new().await;
    for running in [Running::Release(own()), Running::Unknown] {
        for asked in [Some(after), None] {
            let refused = bring(&database, &release, asked, running).await;
            let named = matches!(refused, Err(MigrateError::Contract { version, since, .. })
                if version == after && since == next);
            assert!(named, "{refused:?}");
            // Not by half either.
            assert!(!has_note(&database).await);
        }
    }
    // One release adds; the next one takes away what it has stopped to use.
    let adding = release_with(&[ADDS]);
    let running = Running::Release(own());
    let applied = bring(&database, &adding, Some(next), running)
        .await
        .unwrap();
    assert_eq!(applied.versions, [next]);
    assert!(has_note(&database).await);
    let running = Running::Release(next);
    let applied = bring(&database, &release, Some(after), running)
        .await
        .unwrap();
    assert_eq!(applied.versions, [after]);
    assert!(!has_note(&database).await);
}

#[tokio::test]
async fn with_nobody_running_all_is_applied_at_once() {
    let (version, name, sql) = takes_away();
    let release = release_with(&[ADDS, (version, &name, sql)]);
    let database = TestDatabase::new().await;
    let applied = bring(&database, &release, None, Running::Nobody)
        .await
        .unwrap();
    assert_eq!(applied.versions, [own() + 1, own() + 2]);
}

/// What a deployment that is undone, or an older release, finds.
#[tokio::test]
async fn the_way_back_changes_nothing() {
    let release = release_with(&[ADDS]);
    let (next, database) = (own() + 1, TestDatabase::new().await);
    let running = Running::Release(own());
    bring(&database, &release, Some(next), running)
        .await
        .unwrap();
    // Undone by the new program, and then by the old one.
    for program in [&release, &embedded::release()] {
        let running = Running::Release(next);
        let back = bring(&database, program, Some(own()), running)
            .await
            .unwrap();
        assert_eq!(back.versions, [0; 0]);
        assert!(has_note(&database).await);
    }
    // The control: an operator who asks the old program for all of it is told that there is more.
    let older = bring(&database, &embedded::release(), None, Running::Nobody).await;
    assert!(
        matches!(older, Err(MigrateError::Migration(_))),
        "{older:?}"
    );
}

#[tokio::test]
async fn there_is_no_way_back_past_what_was_taken_away() {
    let (version, name, sql) = takes_away();
    let release = release_with(&[ADDS, (version, &name, sql)]);
    let database = TestDatabase::new().await;
    bring(&database, &release, None, Running::Nobody)
        .await
        .unwrap();
    let running = Running::Release(own() + 2);
    for program in [&release, &embedded::release()] {
        let refused = bring(&database, program, Some(own()), running).await;
        let named = matches!(refused, Err(MigrateError::Contracted { release, .. })
            if release == own());
        assert!(named, "{refused:?}");
    }
    // One step back is none past it.
    let step = bring(&database, &release_with(&[ADDS]), Some(own() + 1), running).await;
    assert_eq!(step.unwrap().versions, [0; 0]);
}

#[tokio::test]
async fn a_program_that_is_older_than_its_deployment_is_refused() {
    let database = TestDatabase::new().await;
    let asked = own() + 1;
    let refused = bring(
        &database,
        &embedded::release(),
        Some(asked),
        Running::Unknown,
    )
    .await;
    let text = format!(
        "V{asked:04} is to be deployed, and this program ends with V{:04}",
        own()
    );
    assert_eq!(refused.unwrap_err().to_string(), text);
}
