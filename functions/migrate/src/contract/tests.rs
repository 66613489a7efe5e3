//! The rule itself, over names of files.

use super::{File, Running, permit, survives};

const RUNNING: [Running; 4] = [
    Running::Nobody,
    Running::Release(18),
    Running::Release(19),
    Running::Unknown,
];

fn file(version: i32, name: &str) -> File {
    File {
        version,
        name: name.to_owned(),
    }
}

/// Which of [`RUNNING`] a database of V0018 may be brought to `name` beside.
fn permitted(name: &str) -> Vec<Running> {
    let applied = [file(17, "webhooks"), file(18, "how_reports_look")];
    let files = [applied.as_slice(), &[file(20, name)]].concat();
    let mut running = RUNNING.to_vec();
    running.retain(|running| permit(&applied, &files, *running).is_ok());
    running
}

#[test]
fn what_only_adds_is_applied_beside_everybody() {
    assert_eq!(permitted("tasks"), RUNNING);
}

#[test]
fn what_takes_away_is_applied_where_nobody_needs_it() {
    let nobody_needs_it = [Running::Nobody, Running::Release(19)];
    assert_eq!(permitted("contract_since_0019_old_names"), nobody_needs_it);
}

#[test]
fn a_name_that_does_not_say_since_when_waits_until_nobody_runs() {
    for name in [
        "contract",
        "contract_old_names",
        "contract_since_soon",
        "contracts",
    ] {
        assert_eq!(permitted(name), [Running::Nobody], "{name}");
    }
}

#[test]
fn what_is_applied_already_or_in_a_new_database_harms_nobody() {
    let files = [file(20, "contract_since_0019_old_names")];
    assert!(permit(&files, &files, Running::Unknown).is_ok());
    assert!(permit(&[], &files, Running::Unknown).is_ok());
}

#[test]
fn the_refusal_says_who_is_in_the_way() {
    let applied = [file(18, "how_reports_look")];
    let files = [file(20, "contract_since_0019_old_names")];
    let refused = permit(&applied, &files, Running::Release(18)).unwrap_err();
    let text = "V0020 takes away what releases before V0019 need, and V0018 is running";
    assert_eq!(refused.to_string(), text);
}

#[test]
fn a_release_comes_back_to_a_database_that_has_what_it_needs() {
    let applied = [
        file(18, "how_reports_look"),
        file(19, "new_names"),
        file(20, "contract_since_0019_old_names"),
    ];
    assert!(survives(&applied, 20).is_ok());
    assert!(survives(&applied, 19).is_ok());
    let refused = survives(&applied, 18).unwrap_err();
    let text = "V0020 took away what releases before V0019 need, and this is V0018";
    assert_eq!(refused.to_string(), text);
    // The control: what only adds keeps nobody from coming back.
    assert!(survives(applied.get(..2).unwrap(), 18).is_ok());
}
