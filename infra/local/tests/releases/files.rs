//! The names of the migrations.

use crate::{release::Release, schema};

/// From which release on nobody needs what a file takes away; `None` where its name does not say so.
pub(crate) fn since(name: &str) -> Option<i32> {
    let rest = name.strip_prefix("contract_since_")?;
    let (digits, what) = rest.split_once('_')?;
    let is_number = digits.len() == 4 && digits.chars().all(|one| one.is_ascii_digit());
    (is_number && !what.is_empty()).then(|| digits.parse().unwrap())
}

/// What is wrong with the names of files, which are given in order.
fn wrong(files: &[(i32, String)], last_release: i32) -> Vec<String> {
    let mut wrong = Vec::new();
    for (version, name) in files
        .iter()
        .filter(|(_, name)| name.starts_with("contract"))
    {
        match since(name) {
            None => wrong.push(format!("V{version:04} does not say since when")),
            Some(since) if since >= *version => {
                wrong.push(format!("V{version:04} takes away what it is needed by"));
            }
            // A deployment of it would be refused everywhere.
            Some(since) if *version > last_release && since > last_release => {
                wrong.push(format!("V{version:04} is for the release after the next"));
            }
            Some(_) => {}
        }
    }
    wrong
}

#[test]
fn what_takes_away_says_since_when_nobody_needs_it() {
    let wrong = wrong(&schema::files(), Release::last().schema);
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The control.
#[test]
fn a_name_that_does_not_say_it_is_named() {
    let of = |name: &str| wrong(&[(20, name.to_owned())], 18);
    for good in ["notes", "contract_since_0018_old_notes"] {
        assert!(of(good).is_empty(), "{good}");
    }
    for (bad, why) in [
        ("contract_old_notes", "does not say"),
        ("contract_since_18_old_notes", "does not say"),
        ("contract_since_0018", "does not say"),
        ("contract_since_0020_old_notes", "needed by"),
        ("contract_since_0019_old_notes", "after the next"),
    ] {
        let wrong = of(bad);
        assert!(
            wrong.len() == 1 && wrong[0].contains(why),
            "{bad}: {wrong:?}"
        );
    }
}
