//! The dependency rules of this workspace, as tests.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a rule that cannot be read is broken"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

mod sources;

use sources::{code, relative, root, sources};

/// The modules of `shared`, lowest first: each imports those of earlier lines only.
const LAYERS: &[&[&str]] = &[
    &["clock", "config", "error", "hex", "ids", "quota", "recent"],
    &[
        "aws",
        "deadline",
        "egress",
        "signing",
        "tenant",
        "text",
        "token",
        "versioning",
    ],
    &["jobs", "page", "telemetry"],
    &["db", "http", "limits", "queue", "storage"],
    &["batch", "idempotency", "outbox"],
    &["state"],
    &["pipeline"],
];

/// Who may say that a tenant is who it claims to be: whoever verified a credential, founded the
/// tenant, read one of our own messages, works for the operator who names it, or for whom the
/// database names by a reviewed function.
const VOUCHERS: &[&str] = &[
    "functions/auth/",
    "functions/authorizer/",
    "functions/tenants/",
    "functions/webhooks/src/dispatch/pump.rs",
    "shared/src/jobs.rs",
    "shared/src/tenant.rs",
];

/// Who may make an envelope for any tenant, or open one: what crosses a queue is ours, what crosses
/// the API is not.
const CARRIERS: &[&str] = &[
    "functions/relay/",
    "shared/src/batch.rs",
    "shared/src/jobs.rs",
];

/// A source file holds one subject; past this many lines it holds two.
const FILE_LINES_MAX: usize = 300;

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("give the module {module} a place in LAYERS"))
}

/// The modules of its own crate that a text imports with `use crate::…`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut heads = BTreeSet::new();
    for rest in text.split("use crate::").skip(1) {
        let (tree, _) = rest.split_once(';').unwrap();
        let mut depth = 0;
        let mut head = String::new();
        for character in tree.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth <= 1 && tree.starts_with('{') => head.push(','),
                _ if depth == 0 || (depth == 1 && tree.starts_with('{')) => head.push(character),
                _ => {}
            }
        }
        let names = head
            .split(',')
            .filter_map(|path| path.trim().split([':', ' ']).next());
        heads.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    heads
}

/// What `module` imports that is not below it.
fn upward(module: &str, text: &str) -> Vec<String> {
    let above = |target: &String| target != module && layer(target) >= layer(module);
    imports(text).into_iter().filter(above).collect()
}

#[test]
fn shared_modules_import_downwards() {
    let src = root().join("shared/src");
    for path in sources(&src) {
        let inner = path.strip_prefix(&src).unwrap();
        let first = inner.components().next().unwrap().as_os_str();
        let module = first.to_str().unwrap().trim_end_matches(".rs");
        if module != "lib" {
            let upward = upward(module, &code(&path));
            assert!(upward.is_empty(), "{} imports {upward:?}", relative(&path));
        }
    }
}

#[test]
fn an_upward_import_is_caught() {
    let bad = "use crate::pipeline::run;\nuse crate::{clock::Clock, state::App};\n";
    assert_eq!(upward("db", bad), ["pipeline", "state"]);
    assert!(upward("db", "use crate::clock::{Clock, micros};").is_empty());
}

/// The names of the crates in a manifest's section.
fn dependencies(manifest: &Path, section: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let Some((_, rest)) = text.split_once(&format!("[{section}]\n")) else {
        return BTreeSet::new();
    };
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn functions_depend_on_no_function() {
    let functions: Vec<_> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    let names: BTreeSet<_> = functions
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(names.len() > 5, "{names:?}");
    for function in &functions {
        let used = dependencies(&function.join("Cargo.toml"), "dependencies");
        let functions: Vec<_> = used.intersection(&names).collect();
        assert!(
            functions.is_empty(),
            "{} uses {functions:?}",
            function.display()
        );
        assert!(!used.contains("testkit") && !used.contains("local"));
    }
}

/// Which words the files of a domain must not contain: each file knows its own subject.
const KEPT_APART: &[(&str, &[&str])] = &[
    (
        "domain.rs",
        &[
            "axum::",
            "tokio_postgres",
            "serde::",
            "crate::store",
            "crate::v1",
            "crate::v2",
        ],
    ),
    (
        "store.rs",
        &[
            "axum::",
            "serde::",
            "crate::v1",
            "crate::v2",
            "crate::routes",
        ],
    ),
    (
        "v1.rs",
        &[
            "tokio_postgres",
            "crate::store",
            "crate::v2",
            "crate::routes",
        ],
    ),
    (
        "v2.rs",
        &[
            "tokio_postgres",
            "crate::store",
            "crate::v1",
            "crate::routes",
        ],
    ),
];

#[test]
fn the_files_of_a_domain_know_their_own_subject() {
    for path in sources(&root().join("functions")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((_, words)) = KEPT_APART.iter().find(|(file, _)| *file == name) else {
            continue;
        };
        let text = code(&path);
        for word in *words {
            assert!(!text.contains(word), "{} knows {word}", relative(&path));
        }
    }
}

/// The files that contain a word and are not on its list.
fn trespassers(word: &str, allowed: &[&str]) -> Vec<String> {
    let dirs = ["functions", "shared/src"].map(|dir| sources(&root().join(dir)));
    let named = dirs
        .into_iter()
        .flatten()
        .filter(|path| code(path).contains(word));
    let names = named.map(|path| relative(&path));
    names
        .filter(|name| !allowed.iter().any(|allowed| name.starts_with(allowed)))
        .collect()
}

#[test]
fn few_may_vouch_for_a_tenant() {
    assert_eq!(trespassers("vouched_for", VOUCHERS), [""; 0]);
    for word in ["Envelope::wrap", "Envelope::open"] {
        assert_eq!(trespassers(word, CARRIERS), [""; 0]);
    }
    // The control: without a list there is something to find.
    assert!(trespassers("vouched_for", &[]).len() > 2);
    assert!(!trespassers("Envelope::open", &[]).is_empty());
}

#[test]
fn a_file_has_one_subject() {
    for dir in ["functions", "shared", "infra"] {
        for path in sources(&root().join(dir)) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(
                lines <= FILE_LINES_MAX,
                "{}: {lines} lines",
                relative(&path)
            );
        }
    }
}

/// Every file below a folder, tests included, as one text.
fn whole_text(dir: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &whole_text(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

/// Whether a crate's tests put its route table before the isolation suite.
fn is_kept_apart(tests: &str) -> bool {
    tests.contains("testkit::isolation::") && tests.contains(".holds(&")
}

#[test]
fn every_route_table_goes_through_the_isolation_suite() {
    let mut tables = 0;
    for entry in fs::read_dir(root().join("functions")).unwrap() {
        let function = entry.unwrap().path();
        if function.join("src/routes.rs").exists() {
            let tests = whole_text(&function.join("tests"));
            assert!(is_kept_apart(&tests), "{}", relative(&function));
            tables += 1;
        }
    }
    assert!(tables > 3, "{tables}");
    assert!(!is_kept_apart(
        "#[tokio::test] async fn a_function_without_it() {}"
    ));
}
