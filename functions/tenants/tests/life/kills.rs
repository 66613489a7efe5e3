//! The function's program, killed at random moments: whatever it was at, the next run ends it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Outcome, Program, part_of};

use crate::purge::checked;
use crate::world::{ISSUER, Resident, World, export, sweep};

/// How many runs are killed at their work.
const KILLS: u32 = 50;
/// How often one tenant's purge is killed before a run is left alone.
const KILLS_IN_A_ROW: u32 = 4;
/// How many runs may be needed for that: some end before their time.
const RUNS_MAX: u32 = 400;
/// Of each tenant.
const PROJECTS: u32 = 30;

/// Where a run was killed, by what it had left undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Beginning,
    Objects,
    Counters,
    Rows,
    Certificate,
    /// It had done everything and not said so.
    Answer,
}

impl Step {
    /// Whether a tenant was half gone at that time.
    fn is_halfway(self) -> bool {
        !matches!(self, Self::Beginning | Self::Answer)
    }
}

/// What happened to the runs.
#[derive(Debug, Default)]
struct Tally {
    runs: u32,
    answered: u32,
    killed: BTreeMap<Step, u32>,
}

impl Tally {
    /// Counts a run: as killed only if a signal ended it, and it had not answered.
    async fn note(&mut self, outcome: Outcome, world: &World, resident: Resident) -> Option<Step> {
        self.runs += 1;
        match outcome {
            Outcome::Answered(_) => {
                self.answered += 1;
                None
            }
            Outcome::Killed => {
                let step = step(world, resident).await;
                *self.killed.entry(step).or_default() += 1;
                Some(step)
            }
            other => panic!("{other:?}"),
        }
    }

    fn halfway(&self) -> u32 {
        let halfway = self.killed.iter().filter(|(step, _)| step.is_halfway());
        halfway.map(|(_, count)| count).sum()
    }
}

async fn step(world: &World, resident: Resident) -> Step {
    match world.status(resident.tenant).await.as_str() {
        "purging" => {}
        "purged" => return Step::Answer,
        _ => return Step::Beginning,
    }
    let outside = world.outside(resident.tenant).await;
    if outside.iter().any(|key| !key.starts_with("rl#")) {
        Step::Objects
    } else if !outside.is_empty() {
        Step::Counters
    } else if world.has_rows(resident).await {
        Step::Rows
    } else {
        Step::Certificate
    }
}

fn program(world: &World) -> Program {
    Program::new("tenants", env!("CARGO_BIN_EXE_tenants"))
        .env("DATABASE_URL", world.database.url("tenants"))
        .env("REPORTS_BUCKET", world.bucket.name())
        .env("LIMITS_TABLE", &world.table.name)
        .env("TOKEN_ISSUER", ISSUER)
        .env("TOKEN_SIGNING_KEY", world.function().signing_key)
}

/// An event that is not killed, and how long it takes.
async fn whole(program: &Program, event: &Value) -> (Value, Duration) {
    let begun = Instant::now();
    match program.invoke(event, None).await {
        Outcome::Answered(answer) => (answer, begun.elapsed()),
        other => panic!("{other:?}"),
    }
}

/// A tenant with a silo and something everywhere else.
async fn settled(world: &World, word: &'static str) -> Resident {
    let resident = world.resident(word, PROJECTS).await;
    world.move_to(resident.tenant, "silo").await;
    resident
}

async fn leaving(world: &World) -> Resident {
    let acme = settled(world, "acme").await;
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    acme
}

/// Nothing of a tenant anywhere, a proof of it, and no hole.
async fn assert_gone(world: &World, resident: Resident, killed: &Tally) {
    let tenant = resident.tenant;
    assert_eq!(world.status(tenant).await, "purged", "{killed:?}");
    assert_eq!(world.traces(resident).await, [""; 0], "{killed:?}");
    assert_eq!(world.outside(tenant).await, [""; 0], "{killed:?}");
    let certificate = world.command("certificate", tenant).await.unwrap();
    let claims = checked(world, certificate.as_str().unwrap()).await;
    assert_eq!(claims["sub"], tenant.id().to_string());
    // What there was when it began, however often it was begun.
    let projects = json!({"found": PROJECTS, "left": 0});
    assert_eq!(claims["tables"]["silo.projects"], projects, "{killed:?}");
    assert_eq!(world.holes().await, [""; 0], "{killed:?}");
}

#[tokio::test]
async fn a_purge_that_is_killed_is_finished_by_the_next_run() {
    let world = World::new().await;
    let program = program(&world);
    let beta = settled(&world, "beta").await;
    let before = (world.traces(beta).await, world.outside(beta.tenant).await);
    let nothing = json!({"purged": [], "unfinished": []});
    let (answer, idle) = whole(&program, &sweep()).await;
    assert_eq!(answer, nothing);
    let first = leaving(&world).await;
    let begun = Instant::now();
    let mut tally = Tally::default();
    let outcome = program.invoke(&sweep(), None).await;
    let work = begun.elapsed().saturating_sub(idle);
    tally.note(outcome, &world, first).await;
    // The control: a run that nobody interrupted counts for none that was killed.
    assert_eq!((tally.answered, tally.killed.len()), (1, 0));
    assert_gone(&world, first, &tally).await;

    let mut early = idle;
    while tally.halfway() < KILLS {
        let acme = leaving(&world).await;
        for turn in 1..=KILLS_IN_A_ROW {
            assert!(tally.runs < RUNS_MAX, "{tally:?}");
            // What is done is not done again: only a first kill can meet the first steps.
            let life = match turn {
                1 => early + part_of(early / 5),
                _ => idle + part_of(work),
            };
            let outcome = program.invoke(&sweep(), Some(life)).await;
            let step = tally.note(outcome, &world, acme).await;
            match step {
                _ if turn > 1 => {}
                Some(Step::Beginning) => early = early * 6 / 5,
                Some(Step::Objects | Step::Counters) => {}
                _ => early = early * 4 / 5,
            }
            if step.is_none() {
                // It was done before its time; there is nothing left to be killed at.
                break;
            }
        }
        whole(&program, &sweep()).await;
        assert_gone(&world, acme, &tally).await;
    }
    println!("{} kills half-way: {tally:?}", tally.halfway());
    // The control of the scan: it has found what was left.
    let found = |step| tally.killed.contains_key(&step);
    let outside = found(Step::Objects) || found(Step::Counters);
    assert!(outside && found(Step::Rows), "{tally:?}");
    assert_eq!(whole(&program, &sweep()).await.0, nothing);
    let after = (world.traces(beta).await, world.outside(beta.tenant).await);
    assert_eq!(before, after, "another tenant has what it had");
}

/// Parts of an export that nobody will name in a manifest go with the tenant; until then it is as it was.
#[tokio::test]
async fn an_export_that_is_killed_harms_nobody() {
    const ROUNDS: u32 = 12;
    let world = World::new().await;
    let program = program(&world);
    let acme = settled(&world, "acme").await;
    let (_, idle) = whole(&program, &sweep()).await;
    let begun = Instant::now();
    world.export(acme.tenant).await;
    let work = begun.elapsed();
    let traces = world.traces(acme).await;
    let (mut killed, mut parts_left) = (0, 0);
    for _ in 0..ROUNDS {
        let before = world.outside(acme.tenant).await.len();
        let event = export(acme.tenant);
        let outcome = program.invoke(&event, Some(idle + part_of(work))).await;
        let after = world.outside(acme.tenant).await;
        match outcome {
            Outcome::Answered(_) => {}
            Outcome::Killed => {
                killed += 1;
                parts_left += after.len() - before;
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.traces(acme).await, traces);
    }
    println!("{killed} exports killed, {parts_left} objects left of them");
    assert!(killed > 0 && parts_left > 0, "{killed}, {parts_left}");
    let (answer, _) = whole(&program, &export(acme.tenant)).await;
    assert!(answer["manifest"].is_string());
    world.offboard(acme.tenant).await;
    world.let_time_pass().await;
    whole(&program, &sweep()).await;
    assert_eq!(world.outside(acme.tenant).await, [""; 0]);
}
