//! One truth about routes: the functions' tables, the template and the events say the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use local::{
    project,
    template::{Site, Template},
};
use serde_json::Value;
use shared::http::{Gate, Route};

/// Method and path, with the version in front.
type Key = (String, String);

/// The product's template at no particular place.
pub(crate) fn template() -> Template {
    let site = Site {
        stack: "tests".to_owned(),
        sqs_url: "http://127.0.0.1:1".to_owned(),
    };
    let path = project::root().join("template.yaml");
    Template::read(&path, &site, &BTreeMap::new()).unwrap()
}

/// Each route of a function with whether it is a tenant's.
fn keys<S>(function: &'static str, table: Vec<Route<S>>) -> Vec<(Key, (&'static str, bool))> {
    let keys = table.into_iter().map(|route| {
        let key = (route.method.to_string(), route.path.to_owned());
        (key, (function, route.gate == Gate::Tenant))
    });
    keys.collect()
}

/// All routes of all functions: the logical id of the function, and whether it is a tenant's.
fn tables() -> BTreeMap<Key, (&'static str, bool)> {
    let all = [
        keys("AuthFunction", auth::routes::table()),
        keys("BillingFunction", billing::routes::table()),
        keys("ProjectsFunction", projects::routes::table()),
        keys("ReportsFunction", reports::routes::table()),
        keys("WebhooksFunction", webhooks::routes::table()),
    ];
    let count: usize = all.iter().map(Vec::len).sum();
    let routes: BTreeMap<_, _> = all.into_iter().flatten().collect();
    assert_eq!(routes.len(), count, "two functions have the same route");
    routes
}

/// The routes that events are for. An authorizer's event is about a route and for none.
fn events() -> BTreeSet<Key> {
    let files = fs::read_dir(project::root().join("events")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let texts = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| fs::read_to_string(path).unwrap());
    let events = texts.map(|text| serde_json::from_str::<Value>(&text).unwrap());
    events
        .filter(|event| event.get("routeKey").is_some() && event.get("type").is_none())
        .map(|event| {
            let (method, path) = event["routeKey"].as_str().unwrap().split_once(' ').unwrap();
            let stage = event["requestContext"]["stage"].as_str().unwrap();
            (method.to_owned(), format!("/{stage}{path}"))
        })
        .collect()
}

#[test]
fn every_route_has_an_event_and_every_event_a_route() {
    let routes: BTreeSet<Key> = tables().into_keys().collect();
    let events = events();
    let without_event: Vec<_> = routes.difference(&events).collect();
    assert!(
        without_event.is_empty(),
        "routes without an event: {without_event:?}"
    );
    let without_route: Vec<_> = events.difference(&routes).collect();
    assert!(
        without_route.is_empty(),
        "events without a route: {without_route:?}"
    );
}

#[test]
fn every_route_is_in_the_template_with_its_function_and_its_gate() {
    let template = template();
    for ((method, path), (function, is_tenants)) in tables() {
        let stage = template.api.stages.iter().find(|stage| {
            let prefix = format!("/{}/", stage.name);
            path.starts_with(&prefix)
        });
        let stage = stage.unwrap_or_else(|| panic!("no stage has {path}"));
        let inner = &path[1 + stage.name.len()..];
        let mut routes = template.api.routes.iter();
        let found = routes.find(|route| route.method == method && route.path == inner);
        let found = found.unwrap_or_else(|| panic!("the template lacks {method} {inner}"));
        assert_eq!(found.function, function, "{method} {inner}");
        let authorizer = is_tenants.then_some("TenantAuthorizer");
        assert_eq!(found.authorizer.as_deref(), authorizer, "{method} {inner}");
    }
}

#[test]
fn every_route_of_the_template_is_served_in_some_version() {
    let (template, tables) = (template(), tables());
    for route in &template.api.routes {
        let is_served = template.api.stages.iter().any(|stage| {
            let path = format!("/{}{}", stage.name, route.path);
            tables.contains_key(&(route.method.clone(), path))
        });
        assert!(
            is_served,
            "no function serves {} {}",
            route.method, route.path
        );
    }
}
