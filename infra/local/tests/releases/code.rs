//! The statements of the code that is here.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use local::project;
use shared::{db::SESSION_STATEMENTS, idempotency, outbox};

/// Every service with the statements that its role sends.
pub(crate) fn statements() -> Vec<(&'static str, Vec<&'static str>)> {
    let own: [(&str, &[&[&str]]); 10] = [
        (
            "auth",
            &[
                auth::store::STATEMENTS,
                auth::audit::STATEMENTS,
                outbox::STATEMENTS,
            ],
        ),
        ("authorizer", &[authorizer::store::STATEMENTS]),
        ("billing", &[billing::store::STATEMENTS, outbox::STATEMENTS]),
        (
            "projects",
            &[
                projects::store::STATEMENTS,
                idempotency::STATEMENTS,
                outbox::STATEMENTS,
            ],
        ),
        ("relay", &[relay::store::STATEMENTS]),
        (
            "report-worker",
            &[
                report_worker::store::STATEMENTS,
                report_worker::kinds::activity::STATEMENTS,
                report_worker::kinds::audit_extract::STATEMENTS,
                report_worker::kinds::project_summary::STATEMENTS,
                report_worker::kinds::settings::STATEMENTS,
                report_worker::kinds::terms::STATEMENTS,
                report_worker::kinds::usage_statement::STATEMENTS,
            ],
        ),
        (
            "reports",
            &[
                reports::store::STATEMENTS,
                reports::store::schedules::STATEMENTS,
                reports::store::settings::STATEMENTS,
                idempotency::STATEMENTS,
                outbox::STATEMENTS,
            ],
        ),
        ("tenants", &[tenants::store::STATEMENTS]),
        (
            "webhooks",
            &[
                webhooks::store::STATEMENTS,
                webhooks::store::deliveries::STATEMENTS,
                idempotency::STATEMENTS,
                outbox::STATEMENTS,
            ],
        ),
        (
            "webhooks-dispatch",
            &[
                webhooks::store::claims::STATEMENTS,
                webhooks::store::results::STATEMENTS,
                outbox::STATEMENTS,
            ],
        ),
    ];
    own.map(|(service, lists)| {
        (
            service,
            [lists.concat().as_slice(), SESSION_STATEMENTS].concat(),
        )
    })
    .into()
}

/// The path of a statement's constant, which its text begins with.
pub(crate) fn label(sql: &str) -> &str {
    let first = sql.lines().next().unwrap_or_default();
    first.strip_prefix("-- ").unwrap_or(first)
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The module that a file of a crate's `src` folder is.
fn module(name: &str, file: &Path) -> String {
    let inner = file.with_extension("");
    let parts = inner.components().map(Component::as_os_str);
    let parts = parts.map(|part| part.to_str().unwrap().to_owned());
    let parts = parts.filter(|part| part != "lib");
    let name = name.replace('-', "_");
    std::iter::once(name)
        .chain(parts)
        .collect::<Vec<_>>()
        .join("::")
}

/// The names that a text declares with `statements!`.
fn declared(text: &str) -> Vec<&str> {
    let Some((_, rest)) = text.split_once("statements! {") else {
        return Vec::new();
    };
    let body = rest.split("\n}").next().unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines
        .filter_map(|line| line.split_once(" = \""))
        .map(|(name, _)| name);
    names
        .filter(|name| {
            name.chars()
                .all(|one| one.is_ascii_uppercase() || one == '_')
        })
        .collect()
}

/// The labels of all statements that the sources declare.
fn in_sources() -> BTreeSet<String> {
    let functions = fs::read_dir(project::root().join("functions")).unwrap();
    let crates = functions.map(|entry| entry.unwrap().path());
    let crates = crates.chain([project::root().join("shared")]);
    let mut labels = BTreeSet::new();
    for folder in crates {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let src = folder.join("src");
        for file in sources(&src) {
            let text = fs::read_to_string(&file).unwrap();
            let module = module(&name, file.strip_prefix(&src).unwrap());
            let own = declared(&text).into_iter();
            labels.extend(own.map(|constant| format!("{module}::{constant}")));
        }
    }
    labels
}

#[test]
fn every_statement_of_the_sources_is_looked_at() {
    let looked_at = statements().into_iter().flat_map(|(_, texts)| texts);
    let labels: BTreeSet<String> = looked_at
        .map(|sql| label(sql).to_owned())
        .filter(|label| !label.starts_with("shared::db::"))
        .collect();
    let in_sources = in_sources();
    assert!(in_sources.len() > 100, "{}", in_sources.len());
    assert_eq!(labels, in_sources);
}

/// The control of the search itself.
#[test]
fn a_statement_is_found_by_its_declaration() {
    let text = "crate::statements! {\n    /// Finds.\n    FIND_ONE = \"\nSELECT\n    x = \"y\"\";\n\n    \
                COUNT = \"SELECT 1\";\n}\nconst OTHER: &str = \"\";\n";
    assert_eq!(declared(text), ["FIND_ONE", "COUNT"]);
    let file = Path::new("store/claims.rs");
    assert_eq!(module("web-hooks", file), "web_hooks::store::claims");
    assert_eq!(module("shared", Path::new("lib.rs")), "shared");
}
