//! Random operations of several tenants against a model of what each of them has.
//!
//! What is drawn is printed with the seed when it fails; `MODEL_SEED=<seed>` draws it again.

mod operation;
mod play;
mod reference;
mod world;

use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use shared::config;
use shared::ids::ProjectId;

use operation::{Step, step};
use world::World;

/// How many histories are drawn.
const CASES: u32 = 20;
/// How long one is, in steps.
const STEPS_MAX: usize = 40;
/// How often a failing one is tried shorter.
const SHRINKS_MAX: u32 = 150;
/// The seed of the controls, which must be caught each time.
const CONTROL_SEED: u64 = 1;

/// Plays histories until one is answered otherwise than the model expects.
fn play(world: &World, seed: u64, shrinks: u32) -> Result<(), TestError<Vec<Step>>> {
    let config = Config {
        cases: CASES,
        max_shrink_iters: shrinks,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(4));
    let mut runner = TestRunner::new_with_rng(config, rng);
    runner.run(&vec(step(), 1..STEPS_MAX), |history| {
        world.play(&history).map_err(TestCaseError::fail)
    })
}

#[test]
fn no_history_shows_or_changes_what_is_not_ones_own() {
    let fresh = ProjectId::new().as_uuid().as_u64_pair().1;
    let seed = config::parsed("MODEL_SEED", fresh).unwrap();
    let world = World::new();
    if let Err(error) = play(&world, seed, SHRINKS_MAX) {
        panic!("MODEL_SEED={seed}: {error}");
    }
}

/// What must be caught: a hole that the owner of the database opens, and how it shows.
const HOLES: &[(&str, &str)] = &[
    (
        "ALTER TABLE projects.projects DISABLE ROW LEVEL SECURITY",
        "instead of []",
    ),
    (
        "CREATE POLICY leak ON projects.projects FOR SELECT USING (true)",
        "instead of []",
    ),
    (
        "CREATE POLICY leak ON projects.tallies FOR SELECT USING (true)",
        "the total is",
    ),
    (
        "CREATE POLICY leak ON projects.idempotency FOR SELECT USING (true)",
        "idempotency",
    ),
    (
        "ALTER TABLE projects.outbox DISABLE ROW LEVEL SECURITY,
           ALTER COLUMN tenant_id SET DEFAULT '00000000-0000-0000-0000-000000000000'",
        "events, not",
    ),
];

#[test]
fn every_hole_is_caught() {
    for (hole, shows) in HOLES {
        let world = World::new();
        world.open(hole);
        match play(&world, CONTROL_SEED, 0) {
            Err(TestError::Fail(reason, _)) => {
                assert!(reason.message().contains(shows), "{hole}: {reason}");
            }
            other => panic!("{hole} came through: {other:?}"),
        }
    }
}
