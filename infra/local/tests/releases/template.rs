//! In a deployment the database comes first, and is asked for whenever there is something to do.

use std::fs;

use local::project;

/// What functions that use the database have among their variables.
const USES: &str = "\n          DATABASE_URL:";
/// What keeps a function from being updated before the database.
const WAITS: &str = "\n    DependsOn: DatabaseSchema\n";

fn text() -> String {
    fs::read_to_string(project::root().join("template.yaml")).unwrap()
}

/// The resources of a template, each with its id.
fn resources(text: &str) -> Vec<(&str, &str)> {
    let (_, section) = text.split_once("\nResources:\n").unwrap();
    let section = section.split("\nOutputs:\n").next().unwrap();
    let mut starts: Vec<usize> = section
        .match_indices("\n  ")
        .map(|(place, _)| place + 1)
        .filter(|place| section[place + 2..].starts_with(|one: char| one.is_ascii_uppercase()))
        .collect();
    if section.starts_with("  ") {
        starts.insert(0, 0);
    }
    let ends = starts.iter().skip(1).copied().chain([section.len()]);
    let parts = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &section[*start..end]);
    parts
        .filter_map(|part| {
            let (id, body) = part.trim_start().split_once(':')?;
            Some((id, body))
        })
        .collect()
}

/// The functions that use the database and are not kept from being updated before it.
fn too_early(text: &str) -> Vec<&str> {
    let functions = resources(text)
        .into_iter()
        .filter(|(_, body)| body.contains(USES));
    let early = functions.filter(|(id, body)| *id != "MigrateFunction" && !body.contains(WAITS));
    early.map(|(id, _)| id).collect()
}

#[test]
fn no_function_that_uses_the_database_is_updated_before_it() {
    let text = text();
    let users = resources(&text)
        .into_iter()
        .filter(|(_, body)| body.contains(USES));
    assert!(users.count() > 10);
    assert_eq!(too_early(&text), [""; 0]);
}

/// The control.
#[test]
fn a_function_that_does_not_wait_is_named() {
    let text = text();
    let body = resources(&text)
        .into_iter()
        .find(|(id, _)| *id == "ProjectsFunction")
        .unwrap()
        .1;
    let broken = text.replace(body, &body.replace(WAITS, "\n"));
    assert_eq!(too_early(&broken), ["ProjectsFunction"]);
}

/// A number among the properties of the resource.
fn property(text: &str, name: &str) -> u32 {
    let resources = resources(text);
    let (_, body) = resources
        .iter()
        .find(|(id, _)| *id == "DatabaseSchema")
        .unwrap();
    let mark = format!("\n      {name}: ");
    let (_, rest) = body.split_once(&mark).unwrap();
    rest.lines().next().unwrap().trim().parse().unwrap()
}

/// The largest number in the names of a folder's files that begin with `letter`.
fn last_file(folder: &str, letter: char) -> u32 {
    let files = fs::read_dir(project::root().join(folder)).unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let numbers = names.filter_map(|name| name.strip_prefix(letter)?.get(..4)?.parse().ok());
    numbers.max().unwrap()
}

#[test]
fn the_database_is_asked_for_when_there_is_another_file() {
    let text = text();
    let schema = last_file("infra/migrations", 'V');
    assert_eq!(property(&text, "Schema"), schema);
    let silos = last_file("infra/migrations/silo", 'S');
    assert_eq!(property(&text, "SiloSchema"), silos);
}

/// CloudFormation waits for so long and no longer, should nobody ever answer.
#[test]
fn the_database_is_waited_for_while_lambda_repeats_its_function() {
    let text = text();
    let resources = resources(&text);
    let (_, migrate) = resources
        .iter()
        .find(|(id, _)| *id == "MigrateFunction")
        .unwrap();
    let (_, timeout) = migrate.split_once("\n      Timeout: ").unwrap();
    let timeout: u32 = timeout.lines().next().unwrap().parse().unwrap();
    let waits = property(&text, "ServiceTimeout");
    // An event is tried three times with pauses of one minute and two, and CloudFormation waits for an hour
    // at most.
    assert!((3 * timeout + 180..=3_600).contains(&waits), "{waits}");
}
