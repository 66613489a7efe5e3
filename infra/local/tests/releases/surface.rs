//! Expand, then contract: a file that does not say otherwise takes nothing away.
//!
//! Statements that are prepared show what the last release would not find. This compares the
//! catalogue before and after each file, and so sees what is found and then refused: a privilege that is
//! gone, a value that a new rule forbids, a column that has to be given.

use std::collections::BTreeSet;

use testkit::TestDatabase;

use crate::{files::since, release::Release, schema};

mod changes;

const FACTS: &str = include_str!("surface.sql");

/// What a database promises and asks at one moment.
#[derive(Debug)]
struct Surface {
    /// Each with what it is about.
    kept: BTreeSet<(String, String)>,
    asked: BTreeSet<(String, String)>,
}

impl Surface {
    async fn of(database: &TestDatabase) -> Self {
        let rows = database.owner().await.query(FACTS, &[]).await.unwrap();
        let of = |kind: &str| {
            let rows = rows.iter().filter(|row| row.get::<_, &str>("kind") == kind);
            rows.map(|row| (row.get("about"), row.get("fact")))
                .collect()
        };
        Self {
            kept: of("kept"),
            asked: of("asked"),
        }
    }

    /// What a database that became `later` has taken from those who knew it as this one. Nobody knew
    /// what is new, so that may ask for anything.
    fn breaches(&self, later: &Self) -> Vec<String> {
        let gone = self.kept.difference(&later.kept);
        let known: BTreeSet<&String> = self.kept.iter().map(|(about, _)| about).collect();
        let new = later.asked.difference(&self.asked);
        let new = new.filter(|(about, _)| known.contains(about));
        let gone = gone.map(|(_, fact)| format!("no more: {fact}"));
        gone.chain(new.map(|(_, fact)| format!("new: {fact}")))
            .collect()
    }
}

/// What each file behind `first` takes away, in order.
async fn taken_by_files(first: i32) -> Vec<(i32, String, Vec<String>)> {
    let database = schema::of_release(first).await;
    let mut before = Surface::of(&database).await;
    let mut taken = Vec::new();
    for (version, name) in schema::files() {
        if version > first {
            schema::migrate_to(&database, version).await;
            let after = Surface::of(&database).await;
            taken.push((version, name, before.breaches(&after)));
            before = after;
        }
    }
    taken
}

#[tokio::test]
async fn a_file_since_the_last_release_takes_something_away_only_if_it_says_so() {
    for (version, name, breaches) in taken_by_files(Release::last().schema).await {
        let is_contract = since(&name).is_some();
        assert!(
            is_contract || breaches.is_empty(),
            "V{version:04}: {breaches:#?}"
        );
        // Such a file is held back, which one that only adds need not be.
        assert!(
            !is_contract || !breaches.is_empty(),
            "V{version:04} only adds"
        );
    }
}

/// The control over real files: before the first release there were some that took something away.
#[tokio::test]
async fn the_files_of_the_first_release_show_what_that_is() {
    let taken = taken_by_files(1).await;
    let named: Vec<i32> = taken
        .iter()
        .filter(|(_, _, breaches)| !breaches.is_empty())
        .map(|(version, _, _)| *version)
        .collect();
    let states = |version: i32, fact: &str| {
        let (_, _, breaches) = taken.iter().find(|one| one.0 == version).unwrap();
        assert!(
            breaches.iter().any(|breach| breach.contains(fact)),
            "{breaches:#?}"
        );
    };
    states(15, "no more: reports.reports has reports_status_check");
    assert!(
        named.contains(&15) && named.len() < taken.len(),
        "{named:?}"
    );
}
