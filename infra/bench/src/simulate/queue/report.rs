//! The tables of the queue's simulation.

use super::{Cap, Order, Outcome, Setup};
use crate::simulate::text::{Table, count, grouped, real};

/// The jobs of one tenant that may run at once.
const CAP: usize = 2;
/// How long a worker hides a message that it puts back, in milliseconds.
const HIDDEN_MS: u64 = 30_000;
/// How long it may take to find out who is noisy, in milliseconds. An assumption.
const LAG_MS: u64 = 60_000;
/// With more jobs waiting than this, putting back is not simulated: each is put back hundreds of
/// times.
const PUT_BACK_JOBS_MAX: usize = 1_000;
/// Workers, tenants with a backlog, and the jobs of each.
const SIZES: [(usize, usize, usize); 6] = [
    (2, 1, 1_000),
    (10, 1, 1_000),
    (10, 1, 10_000),
    (10, 20, 1_000),
    (50, 20, 1_000),
    (1_000, 1, 10_000),
];
const WAYS: [(&str, Order, Cap); 5] = [
    ("oldest first", Order::Oldest, Cap::None),
    ("fair at once", Order::Fair { lag_ms: 0 }, Cap::None),
    ("fair after 60 s", Order::Fair { lag_ms: LAG_MS }, Cap::None),
    (
        "fair at once, third put back",
        Order::Fair { lag_ms: 0 },
        Cap::PutBack {
            running: CAP,
            for_ms: HIDDEN_MS,
        },
    ),
    (
        "fair after 60 s, two in the queue",
        Order::Fair { lag_ms: LAG_MS },
        Cap::BeforeQueue { running: CAP },
    ),
];

/// All tables, in Markdown.
pub fn tables(seed: u64) -> String {
    let mut outcomes = Vec::new();
    for (workers, noisy_tenants, backlog) in SIZES {
        let of = |(_, order, cap)| {
            let setup = Setup {
                seed,
                workers,
                noisy_tenants,
                backlog,
                order,
                cap,
            };
            let endless =
                matches!(cap, Cap::PutBack { .. }) && noisy_tenants * backlog > PUT_BACK_JOBS_MAX;
            (!endless).then(|| Outcome::of(&setup))
        };
        let (workers, jobs) = (whole(workers), whole(backlog));
        let size = format!("{workers} workers, {noisy_tenants} x {jobs}");
        outcomes.push((size, WAYS.map(of)));
    }
    let seconds = |ms: u64| grouped(real(ms) / 1_000.0, 1);
    let waits = |outcome: &Outcome| {
        let wait = seconds(outcome.wait_p99_ms());
        format!("{} / {wait}", whole(outcome.behind_max()))
    };
    let price = |outcome: &Outcome| {
        let done = seconds(outcome.noisy_done_ms);
        format!("{done} / {}", outcome.receives_max)
    };
    let tables = [
        "The most jobs of noisy tenants that another tenant's one job waited for / the seconds that \
         99 of 100 such jobs waited at most:\n\n",
        &table(&outcomes, waits),
        "\nThe seconds until the last job of a noisy tenant was done / the most often that one \
         message was received, five being allowed:\n\n",
        &table(&outcomes, price),
    ];
    tables.concat()
}

fn whole(number: usize) -> String {
    count(u64::try_from(number).unwrap_or(u64::MAX))
}

type Row = (String, [Option<Outcome>; WAYS.len()]);

fn table(rows: &[Row], cell: impl Fn(&Outcome) -> String) -> String {
    let [first, second, third, fourth, fifth] = WAYS.map(|(name, ..)| name);
    let head = ["size", first, second, third, fourth, fifth];
    let mut table = Table::new(head);
    for (size, outcomes) in rows {
        let cells = outcomes.iter();
        let cells = cells.map(|outcome| outcome.as_ref().map_or("-".to_owned(), &cell));
        table.row(std::iter::once(size.clone()).chain(cells));
    }
    table.markdown()
}
