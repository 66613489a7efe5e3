//! No tenant sees another's reports, schedules and settings.

use reports::routes::table;
use reports::state::Reports;
use serde_json::{Value, json};
use shared::http::Route;
use shared::tenant::Role;
use testkit::Caller;
use testkit::isolation::{Expected, Suite};

use crate::{Scene, id, order, schedules, settings};

fn v2_order() -> Value {
    let body = order("").event()["body"].clone();
    serde_json::from_str(body.as_str().unwrap()).unwrap()
}

/// What the routes do with a report that has its document; the suite fails for one that is not here.
fn of_finished() -> Vec<Expected> {
    let v1 = json!({ "type": "project_summary" });
    vec![
        Expected::get("/v1/reports").lists(),
        Expected::post("/v1/reports", v1).answers(200).creates(),
        Expected::get("/v1/reports/{id}"),
        Expected::get("/v1/reports/{id}/download"),
        Expected::get("/v2/reports").lists(),
        Expected::post("/v2/reports", v2_order())
            .answers(202)
            .creates(),
        Expected::get("/v2/reports/types"),
        Expected::get("/v2/reports/{id}"),
        Expected::get("/v2/reports/{id}/download").answers(303),
        Expected::delete("/v2/reports/{id}"),
    ]
}

const CANCEL: &str = "/v2/reports/{id}/cancel";
const RETRY: &str = "/v2/reports/{id}/retry";

fn of_queued() -> Vec<Expected> {
    vec![
        Expected::get("/v2/reports/{id}"),
        Expected::post(CANCEL, Value::Null).answers(200),
    ]
}

fn of_failed() -> Vec<Expected> {
    vec![
        Expected::get("/v2/reports/{id}"),
        Expected::post(RETRY, Value::Null).answers(202),
    ]
}

fn of_schedules() -> Vec<Expected> {
    let path = "/v2/reports/schedules/{id}";
    vec![
        Expected::get("/v2/reports/schedules").lists(),
        Expected::post("/v2/reports/schedules", schedules::weekly()).creates(),
        Expected::get(path),
        Expected::patch(path, json!({ "paused": true })),
        Expected::delete(path),
    ]
}

fn of_settings() -> Vec<Expected> {
    let line = json!({ "brand_line": "Mine now" });
    vec![
        Expected::get(settings::PATH),
        Expected::patch(settings::PATH, line).for_role(Role::Admin),
    ]
}

/// The part of the route table that is about such things. Each route is in one at least.
fn part(is_in: impl Fn(&str) -> bool) -> Vec<Route<Reports>> {
    let routes = table().into_iter();
    routes.filter(|route| is_in(route.path)).collect()
}

fn is_of_schedules(path: &str) -> bool {
    path.starts_with("/v2/reports/schedules")
}

fn is_of_settings(path: &str) -> bool {
    path == settings::PATH
}

#[tokio::test]
async fn every_route_keeps_tenants_apart() {
    let scene = Scene::new().await;
    let other = Caller::owner(scene.database.tenant().await);
    let ordered = async |caller: &Caller| {
        let key = shared::ids::ReportId::new().to_string();
        id(&order(&key)
            .by(caller)
            .send(&scene.service)
            .await
            .expect(202))
    };
    let suite = Suite {
        service: &scene.service,
        expected: of_finished(),
        owner: &scene.owner,
        other: &other,
        // A finished one, so that there is a document to reach.
        make: async |caller: &Caller| {
            let id = ordered(caller).await;
            scene.finish(caller, &id).await;
            id
        },
    };
    let of_others = |path: &str| is_of_schedules(path) || is_of_settings(path);
    let finished = part(|path| !of_others(path) && path != CANCEL && path != RETRY);
    suite.holds(&finished).await;

    let suite = Suite {
        service: &scene.service,
        expected: of_queued(),
        owner: &scene.owner,
        other: &other,
        make: ordered,
    };
    let is_get = |route: &Route<Reports>| route.method == "GET" || route.path == CANCEL;
    let mut queued = part(|path| path == "/v2/reports/{id}" || path == CANCEL);
    queued.retain(is_get);
    suite.holds(&queued).await;

    let suite = Suite {
        service: &scene.service,
        expected: of_failed(),
        owner: &scene.owner,
        other: &other,
        make: async |caller: &Caller| {
            let id = ordered(caller).await;
            scene.fail(caller, &id).await;
            id
        },
    };
    let is_get = |route: &Route<Reports>| route.method == "GET" || route.path == RETRY;
    let mut failed = part(|path| path == "/v2/reports/{id}" || path == RETRY);
    failed.retain(is_get);
    suite.holds(&failed).await;
}

#[tokio::test]
async fn every_route_of_schedules_keeps_tenants_apart() {
    let scene = Scene::new().await;
    let suite = Suite {
        service: &scene.service,
        expected: of_schedules(),
        owner: &scene.owner,
        other: &Caller::owner(scene.database.tenant().await),
        make: async |caller: &Caller| {
            // As many as the suite makes are more than a tenant may have.
            let older = "DELETE FROM reports.schedules WHERE id NOT IN (
                 SELECT id FROM reports.schedules ORDER BY created_at DESC LIMIT 5)";
            scene.within(caller, older).await;
            let key = shared::ids::ScheduleId::new().to_string();
            let made = schedules::create(&key, &schedules::weekly());
            id(&made.by(caller).send(&scene.service).await.expect(201))
        },
    };
    suite.holds(&part(is_of_schedules)).await;
}

#[tokio::test]
async fn every_route_of_settings_keeps_tenants_apart() {
    let scene = Scene::new().await;
    let suite = Suite {
        service: &scene.service,
        expected: of_settings(),
        owner: &scene.owner,
        other: &Caller::owner(scene.database.tenant().await),
        make: async |caller: &Caller| {
            let tenant = caller.tenant.id().to_string();
            let change = settings::change("*", &json!({ "brand_line": tenant }));
            change.by(caller).send(&scene.service).await.expect(200);
            tenant
        },
    };
    suite.holds(&part(is_of_settings)).await;
}
