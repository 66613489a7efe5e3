//! What belongs to another tenant does not exist.

use local::api::{Call, Reply};
use reqwest::Method;
use serde_json::json;
use shared::http::Route;
use uuid::Uuid;

use crate::{
    tenant::Tenant,
    world::{World, run},
};

/// Method and path of a route that names an id.
#[derive(Debug, Clone)]
struct Naming {
    method: Method,
    path: &'static str,
}

fn naming<S>(table: Vec<Route<S>>) -> Vec<Naming> {
    let routes = table.into_iter().filter(|route| route.path.contains('{'));
    let naming = routes.map(|route| Naming {
        method: route.method,
        path: route.path,
    });
    naming.collect()
}

impl Naming {
    /// The route called with `id` and a body that it would take.
    async fn call(&self, caller: &Tenant, id: &str) -> Reply {
        assert!(
            self.path.contains("{id}"),
            "no test knows what {} names",
            self.path
        );
        let call = Call::new(self.method.clone(), self.path.replace("{id}", id));
        let call = call.header("if-match", "*").once();
        let call = match self.method {
            Method::GET | Method::DELETE => call,
            _ if self.path.contains("/reports/") => call.json(&json!({})),
            _ => call.json(&json!({ "name": "mine now" })),
        };
        caller.send(call).await
    }

    /// Asks as a stranger for `foreign` and for what never was, and finds no difference.
    async fn tells_nothing(&self, stranger: &Tenant, foreign: &str) {
        let theirs = self.call(stranger, foreign).await;
        let nobodys = self.call(stranger, &Uuid::now_v7().to_string()).await;
        assert_eq!(theirs.status, 404, "{self:?}: {}", theirs.json());
        assert_eq!(nobodys.status, 404, "{self:?}: {}", nobodys.json());
        assert_eq!(theirs.body, nobodys.body, "{self:?}");
        let names = |reply: &Reply| reply.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&theirs), names(&nobodys), "{self:?}");
    }
}

#[test]
fn another_tenants_things_never_existed() {
    run(async {
        let world = World::product().await;
        let (owner, stranger) = (Tenant::sign_up(world).await, Tenant::sign_up(world).await);
        let project = owner.create_project("Gripper").await;
        let report = owner.order_report().await;
        assert_eq!(owner.finished_report(&report).await["status"], "succeeded");

        let of_projects = naming(projects::routes::table());
        let schedule = owner.create_schedule().await;
        let (of_schedules, of_reports): (Vec<_>, Vec<_>) = naming(::reports::routes::table())
            .into_iter()
            .partition(|route| route.path.contains("/schedules/"));
        assert!(
            naming(auth::routes::table()).is_empty(),
            "these need a test"
        );
        assert!(
            naming(billing::routes::table()).is_empty(),
            "these need a test"
        );
        assert!(!of_projects.is_empty() && !of_reports.is_empty());
        for route in &of_projects {
            route.tells_nothing(&stranger, &project).await;
        }
        for route in &of_reports {
            route.tells_nothing(&stranger, &report).await;
        }
        for route in &of_schedules {
            route.tells_nothing(&stranger, &schedule).await;
        }
        for path in ["/v2/projects", "/v2/reports", "/v2/reports/schedules"] {
            assert_eq!(stranger.get(path).await.json()["meta"]["total"], 0);
        }

        // The control: all of it was there for its owner, unchanged; changes and removals come last.
        let found = owner.get(&format!("/v2/projects/{project}")).await;
        assert_eq!(found.text("/name"), "Gripper");
        let is_last = |route: &&Naming| route.method == Method::DELETE;
        let (last, first): (Vec<_>, Vec<_>) = of_projects.iter().partition(is_last);
        for route in first.into_iter().chain(last.into_iter().take(1)) {
            assert!(
                route.call(&owner, &project).await.status.is_success(),
                "{route:?}"
            );
        }
        let (last, first): (Vec<_>, Vec<_>) = of_reports.iter().partition(is_last);
        for route in first.into_iter().chain(last) {
            let status = route.call(&owner, &report).await.status;
            // What has its document is neither called off nor asked for again.
            let is_found = status.is_success() || status == 303 || status == 409;
            assert!(is_found, "{route:?}: {status}");
        }
        for route in of_schedules {
            let status = route.call(&owner, &schedule).await.status;
            assert!(status.is_success(), "{route:?}: {status}");
        }
    });
}
