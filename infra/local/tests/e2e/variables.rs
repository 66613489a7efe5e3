//! One truth about environment variables: a function is told what it reads, and nothing else.
//!
//! What a function reads is found in the sources: names given to `shared::config`, in the
//! function's own files and in each `from_env` that they call.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use local::project;

use crate::{functions::programs, routes::template};

type Names = BTreeSet<String>;

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

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The names that a text gives to the three readers. Those of AWS are set by Lambda.
fn read_in(text: &str) -> Names {
    let readers = ["optional(\"", "required(\"", "parsed(\""];
    let calls = readers.iter().flat_map(|reader| text.split(reader).skip(1));
    let names = calls.filter_map(|rest| rest.split('"').next());
    let own = names.filter(|name| !name.starts_with("AWS_"));
    own.map(str::to_owned).collect()
}

/// The types whose `from_env` a text calls.
fn calls_in(text: &str) -> Names {
    let parts: Vec<&str> = text.split("::from_env(").collect();
    let (_, before) = parts.split_last().unwrap();
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    before
        .iter()
        .map(|before| {
            before
                .rsplit(|letter| !is_name(letter))
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// The bodies of all `from_env` in `shared`, by their types.
fn readers_of_shared() -> BTreeMap<String, String> {
    let mut readers = BTreeMap::new();
    for path in sources(&project::root().join("shared/src")) {
        let text = text(&path);
        let Some((before, after)) = text.split_once("pub fn from_env(") else {
            continue;
        };
        let (_, owner) = before.rsplit_once("impl ").unwrap();
        let body = after.split("\n    }\n").next().unwrap();
        let owner = owner.split([' ', '<']).next().unwrap();
        readers.insert(owner.to_owned(), body.to_owned());
    }
    readers
}

/// What the texts of a function read, themselves and through `shared`.
fn read_by(texts: &str, readers: &BTreeMap<String, String>) -> Names {
    let mut names = read_in(texts);
    if texts.contains("pipeline::run(") {
        names.extend(read_in(&text(
            &project::root().join("shared/src/pipeline.rs"),
        )));
    }
    let mut known = Names::new();
    let mut next: Vec<String> = calls_in(texts).into_iter().collect();
    while let Some(owner) = next.pop() {
        if let Some(body) = readers.get(&owner)
            && known.insert(owner)
        {
            names.extend(read_in(body));
            next.extend(calls_in(body));
        }
    }
    names
}

/// What each program reads: its first file, and the library beside it.
fn read_by_programs() -> BTreeMap<String, Names> {
    let (readers, programs) = (readers_of_shared(), programs());
    let roots: Vec<&PathBuf> = programs.iter().map(|(_, _, file)| file).collect();
    let of_program = |(name, folder, file): &(String, PathBuf, PathBuf)| {
        let library = sources(&folder.join("src"));
        let library = library.into_iter().filter(|path| !roots.contains(&path));
        let texts: String = library
            .chain([file.clone()])
            .map(|path| text(&path))
            .collect();
        (name.clone(), read_by(&texts, &readers))
    };
    programs.iter().map(of_program).collect()
}

#[test]
fn a_function_is_told_what_it_reads_and_nothing_else() {
    let read = read_by_programs();
    for function in template().functions {
        let mut told: Names = function.environment.into_keys().collect();
        if !told.contains("DATABASE_URL") {
            // The template tells all functions where public certificates are.
            told.remove("DATABASE_CA_FILE");
        }
        assert_eq!(
            told, read[&function.binary],
            "left: told, right: read, by {}",
            function.id
        );
    }
}

/// The control of the search itself: it finds what is known to be read, on all ways to it.
#[test]
fn the_search_finds_what_is_read_directly_and_through_others() {
    let read = read_by_programs();
    let of = |program: &str, name: &str| read[program].contains(name);
    assert!(of("report-worker", "LEASE_SECONDS"), "in its own state");
    assert!(
        of("auth", "TOKEN_AUDIENCE"),
        "in its library, through TokenNames"
    );
    assert!(
        of("billing", "LIMITER_TIMEOUT_MS"),
        "through App and Limits"
    );
    assert!(of("projects", "LOG_LEVEL"), "through the pipeline");
    assert!(of("billing-meter", "DATABASE_URL") && !of("billing-meter", "LIMITS_TABLE"));
    let text = r#"config::required("A")?; Thing::from_env()?; config::optional("AWS_B")"#;
    let readers = BTreeMap::from([("Thing".to_owned(), r#"parsed("C", 1)"#.to_owned())]);
    assert_eq!(
        read_by(text, &readers),
        ["A", "C"].map(str::to_owned).into()
    );
}
