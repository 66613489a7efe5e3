//! One truth about functions: the template's and the workspace's are the same.

use std::{collections::BTreeSet, fs, path::PathBuf};

use local::project;

use crate::routes::template;

/// The programs of the workspace's functions, each with the folder of its crate and its first file.
pub(crate) fn programs() -> Vec<(String, PathBuf, PathBuf)> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(project::root().join("functions")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let main = folder.join("src/main.rs");
        if main.is_file() {
            programs.push((name, folder.clone(), main));
        }
        for file in fs::read_dir(folder.join("src/bin")).into_iter().flatten() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            programs.push((name, folder.clone(), file));
        }
    }
    programs
}

#[test]
fn every_function_has_its_program_and_every_program_its_function() {
    let built: BTreeSet<String> = programs().into_iter().map(|(name, _, _)| name).collect();
    let functions = template().functions;
    let deployed: BTreeSet<String> = functions
        .iter()
        .map(|function| function.binary.clone())
        .collect();
    assert_eq!(
        deployed.len(),
        functions.len(),
        "two functions run one program"
    );
    assert_eq!(deployed, built);
}
