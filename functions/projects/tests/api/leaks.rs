//! The negative controls of the isolation suite: what it is there for, it finds.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::LOCATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use shared::http::{Gate, Route};
use shared::pipeline;
use shared::state::App;
use shared::tenant::{Role, TenantContext};
use testkit::Caller;
use testkit::isolation::{Expected, Suite};

use crate::isolation::expected;
use crate::{Scene, create};

/// What the suite finds in a scene that serves `table` by `service`.
async fn findings(
    scene: &Scene,
    table: &[Route<App>],
    service: &Router,
    expected: Vec<Expected>,
) -> String {
    let suite = Suite {
        service,
        expected,
        owner: &scene.owner,
        other: &scene.stranger().await,
        make: async |caller: &Caller| create(service, caller, "Apollo").await,
    };
    suite.findings(table).await.join("\n")
}

/// What it finds after the owner of the database has opened a hole.
async fn after(hole: &str) -> String {
    let scene = Scene::new().await;
    scene
        .database
        .owner()
        .await
        .batch_execute(hole)
        .await
        .unwrap();
    findings(
        &scene,
        &projects::routes::table(),
        &scene.service,
        expected(),
    )
    .await
}

/// What it finds when the routes are not what is said about them.
async fn with(table: Vec<Route<App>>, expected: Vec<Expected>) -> String {
    let scene = Scene::new().await;
    let service = pipeline::service(projects::routes::table(), scene.app.clone());
    findings(&scene, &table, &service, expected).await
}

#[tokio::test]
async fn a_table_without_row_security_is_found() {
    let found = after("ALTER TABLE projects.projects DISABLE ROW LEVEL SECURITY").await;
    for route in [
        "GET /v1/projects/{id}: another tenant got 200, not 404",
        "PUT /v1/projects/{id}: another tenant got 200, not 404",
        "PUT /v1/projects/{id}: for another tenant",
        "DELETE /v1/projects/{id}: another tenant got 204, not 404",
        "PATCH /v2/projects/{id}: another tenant got 412, not 404",
        "GET /v2/projects: another tenant was shown",
        "another tenant is shown what was made",
    ] {
        assert!(found.contains(route), "{route} is not in {found}");
    }
}

#[tokio::test]
async fn a_total_of_all_tenants_is_found() {
    let found = after("CREATE POLICY leak ON projects.tallies FOR SELECT USING (true)").await;
    assert!(
        found.contains("another tenant is shown what was made"),
        "{found}"
    );
}

#[tokio::test]
async fn a_key_that_is_good_for_all_tenants_is_found() {
    let found = after(
        "CREATE POLICY leak ON projects.idempotency USING (true);
         ALTER TABLE projects.idempotency DROP CONSTRAINT idempotency_pkey,
           ADD CONSTRAINT idempotency_pkey PRIMARY KEY (key)",
    )
    .await;
    let stored = "POST /v2/projects: another tenant got the stored answer";
    assert!(found.contains(stored), "{found}");
}

#[tokio::test]
async fn a_route_that_nobody_spoke_of_is_found() {
    async fn leak(_: TenantContext) -> &'static str {
        "everything"
    }
    let mut table = projects::routes::table();
    table.push(Route::get("/v2/projects/{id}/leak", leak));
    let found = with(table, expected()).await;
    assert_eq!(
        found,
        "GET /v2/projects/{id}/leak: nobody says what it does"
    );
}

#[tokio::test]
async fn a_route_that_is_gone_or_spoken_of_twice_is_found() {
    let table = projects::routes::table();
    let gone = [expected(), vec![Expected::get("/v3/projects")]].concat();
    let found = with(table, gone).await;
    assert_eq!(found, "GET /v3/projects: there is no such route");
    let twice = [expected(), expected()].concat();
    let found = with(projects::routes::table(), twice).await;
    assert!(found.contains("is spoken of twice"), "{found}");
}

#[tokio::test]
async fn a_route_that_was_opened_is_found() {
    let opened = || {
        let mut table = projects::routes::table();
        let list = table.iter_mut().find(|route| route.path == "/v2/projects");
        list.unwrap().gate = Gate::Public;
        table
    };
    let found = with(opened(), expected()).await;
    assert_eq!(found, "GET /v2/projects: its gate is Public, not Tenant");
}

#[tokio::test]
async fn a_missing_check_of_the_role_is_found() {
    let guarded = expected()
        .into_iter()
        .map(|said| said.for_role(Role::Admin));
    let found = with(projects::routes::table(), guarded.collect()).await;
    for guard in [
        "DELETE /v2/projects/{id}: member got 204, not 403",
        "DELETE /v2/projects/{id}: for member",
    ] {
        assert!(found.contains(guard), "{guard} is not in {found}");
    }
    assert!(!found.contains("admin got"), "{found}");
}

type Ids = Arc<Mutex<HashSet<String>>>;

/// Remembers what was made, and marks every other answer about it.
async fn tell(State(made): State<Ids>, request: Request, next: Next) -> Response {
    let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let asked = last(request.uri().path());
    let mut reply = next.run(request).await;
    if let Some(location) = reply.headers().get(LOCATION) {
        let id = last(location.to_str().unwrap());
        made.lock().unwrap().insert(id);
    } else if made.lock().unwrap().contains(&asked) {
        let value = HeaderValue::from_static("yes");
        reply.headers_mut().insert("x-exists", value);
    }
    reply
}

/// A header alone, on what is otherwise the same 404, tells that there is a thing.
#[tokio::test]
async fn an_answer_that_tells_foreign_from_absent_is_found() {
    let scene = Scene::new().await;
    let telling = from_fn_with_state(Ids::default(), tell);
    let telling = scene.service.clone().layer(telling);
    let table = projects::routes::table();
    let found = findings(&scene, &table, &telling, expected()).await;
    for line in found.lines() {
        assert!(line.contains("headers of a foreign thing"), "{line}");
    }
    let delete = "DELETE /v1/projects/{id}: headers";
    assert!(found.contains(delete), "{found}");
}
