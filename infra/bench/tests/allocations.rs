//! What a warm list takes from the allocator: a budget, and proof that it is kept.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should stop"
)]

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use axum::Router;
use bench::counts::Instance;
use lambda_http::Adapter;
use shared::{pipeline, telemetry};
use testkit::{Call, Caller, TestDatabase};
use tokio::runtime::{Builder, Runtime};

/// Calls before the measured one: they connect, fill caches and let buffers grow.
const WARM_CALLS: u32 = 2;

/// Blocks that a list of fifty may take, a tenth more than it does. A third of them are its rows,
/// and another third the router's and the driver's own.
const BLOCKS_MAX: u64 = 510;
/// Bytes that it may take, a tenth more than it does: most of them are the answer and the copy of it
/// in the Lambda runtime's own answer, both of which grow.
const BYTES_MAX: u64 = 168_000;
/// Blocks that each further row may take: its two texts, and where the driver finds its columns.
/// The rest is for vectors that grow.
const ROW_BLOCKS_MAX: u64 = 4;

/// A tenant with projects in front of the projects function. All of it runs on the thread that
/// asks, so all of it is counted. Limits are counted in memory: what the request to `DynamoDB` takes
/// is the SDK's.
struct Scene {
    runtime: Runtime,
    service: Router,
    caller: Caller,
    /// Until the end of the scene.
    _database: TestDatabase,
}

impl Scene {
    fn new(rows: i32) -> Self {
        // As in production, the line of each call is written, and so are these few.
        telemetry::init("projects", None).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (database, caller) = runtime.block_on(async {
            let database = TestDatabase::new().await;
            let caller = Caller::owner(database.tenant().await);
            add_projects(&database, &caller, rows).await;
            (database, caller)
        });
        let app = database.app("projects");
        Self {
            service: pipeline::service(projects::routes::table(), app),
            runtime,
            caller,
            _database: database,
        }
    }

    /// What one warm `GET target` takes, from the event's bytes to the answer's.
    fn taken_by(&self, target: &str) -> AllocationInfo {
        let call = Call::get(target).by(&self.caller);
        let event = call.event().to_string();
        let mut instance = Instance::new(Adapter::from(self.service.clone()));
        let mut invoke = || {
            let answer = self.runtime.block_on(instance.invoke(event.as_bytes()));
            assert!(answer.unwrap().starts_with(br#"{"statusCode":200,"#));
        };
        for _ in 0..WARM_CALLS {
            invoke();
        }
        measure(invoke)
    }
}

async fn add_projects(database: &TestDatabase, caller: &Caller, rows: i32) {
    let insert = "
INSERT INTO projects.projects (tenant_id, id, name, description)
SELECT $1, gen_random_uuid(), 'Project number ' || n, 'What project ' || n || ' is for.'
FROM generate_series(1, $2) AS n";
    let owner = database.owner().await;
    let enter = "SELECT set_config('app.current_tenant', $1::text, false)";
    let tenant = caller.tenant.id();
    owner.execute(enter, &[&tenant.to_string()]).await.unwrap();
    owner.execute(insert, &[&tenant, &rows]).await.unwrap();
}

#[test]
fn a_list_of_fifty_keeps_its_budget() {
    let scene = Scene::new(120);
    let [fifty, hundred] = [50, 100].map(|rows| {
        let target = format!("/v2/projects?limit={rows}");
        scene.taken_by(&target)
    });
    assert!(fifty.count_total <= BLOCKS_MAX, "{fifty:?}");
    assert!(fifty.bytes_total <= BYTES_MAX, "{fifty:?}");
    let more = hundred.count_total - fifty.count_total;
    assert!(more <= 50 * ROW_BLOCKS_MAX, "{fifty:?} and {hundred:?}");
    // The control: rows are counted, and with them what the driver's task takes.
    assert!(more >= 50 * 2, "{fifty:?} and {hundred:?}");
}

#[test]
fn the_counter_counts() {
    let taken = measure(|| drop(black_box(vec![0_u8; 1_000])));
    assert_eq!((taken.count_total, taken.bytes_total), (1, 1_000));
    assert_eq!(measure(|| ()).count_total, 0);
}
