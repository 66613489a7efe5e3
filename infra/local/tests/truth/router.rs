//! What `cargo lambda watch` routes where, in `Cargo.toml`, is what the template routes.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use local::{
    events::Event,
    project,
    template::{Site, Template},
};
use serde_json::Value;

/// How an entry for all paths below another one ends.
const BELOW: &str = "/{*path}";

/// Program by path.
type Router = BTreeMap<String, String>;

/// The router of the workspace, as cargo reads it.
fn router() -> Router {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(project::root());
    let output = cargo.output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let router = metadata["metadata"]["lambda"]["watch"]["router"].clone();
    serde_json::from_value(router).unwrap()
}

fn matches(entry: &str, path: &str) -> bool {
    match entry.strip_suffix(BELOW) {
        Some(above) => path
            .strip_prefix(above)
            .is_some_and(|rest| rest.len() > 1 && rest.starts_with('/')),
        None => entry == path,
    }
}

/// The events' paths that the router sends elsewhere or nowhere, and the entries that no event needs.
/// There is an event for every route in every version.
fn wrong(router: &Router, events: &[Event], template: &Template) -> BTreeSet<String> {
    let mut unused: BTreeSet<String> = router.keys().cloned().collect();
    let mut wrong = BTreeSet::new();
    for event in events.iter().filter(|event| event.is_request()) {
        let path = event.payload["rawPath"].as_str().unwrap();
        let function = event.function(template).unwrap();
        let mut taken = router.iter().filter(|(entry, _)| matches(entry, path));
        match taken.next() {
            Some((entry, binary)) if *binary == function.binary => drop(unused.remove(entry)),
            _ => drop(wrong.insert(path.to_owned())),
        }
    }
    wrong.extend(unused);
    wrong
}

fn template() -> Template {
    let site = Site {
        stack: "tests".to_owned(),
        sqs_url: "http://127.0.0.1:1".to_owned(),
    };
    let path = project::root().join("template.yaml");
    Template::read(&path, &site, &BTreeMap::new()).unwrap()
}

#[test]
fn every_route_is_in_cargo_lambda_s_router_and_nothing_else_is() {
    let events = Event::all().unwrap();
    assert_eq!(wrong(&router(), &events, &template()), BTreeSet::new());
}

#[test]
fn a_route_that_is_missing_or_leads_elsewhere_is_found() {
    let (events, template) = (Event::all().unwrap(), template());
    let found = |change: fn(&mut Router)| {
        let mut router = router();
        change(&mut router);
        wrong(&router, &events, &template)
    };
    let one = |path: &str| BTreeSet::from([path.to_owned()]);
    let without = found(|router| drop(router.remove("/v2/projects").unwrap()));
    assert_eq!(without, one("/v2/projects"));
    let below = found(|router| drop(router.remove("/v1/reports/{*path}").unwrap()));
    assert_eq!(
        below,
        one("/v1/reports/01980a00-0000-7000-8000-000000000002")
            .into_iter()
            .chain(one(
                "/v1/reports/01980a00-0000-7000-8000-000000000002/download"
            ))
            .collect()
    );
    let elsewhere = found(|router| *router.get_mut("/v1/projects").unwrap() = "auth".to_owned());
    assert_eq!(elsewhere, one("/v1/projects"));
    let unused = found(|router| drop(router.insert("/v2/nothing".to_owned(), "auth".to_owned())));
    assert_eq!(unused, one("/v2/nothing"));
}
