//! One run of the queue: what happens when, and who waited for whom.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use super::fairness::Fairness;
use super::jobs::{Job, jobs};
use super::line::{Lines, Message};
use super::{Cap, Order, Outcome, Setup};
use crate::simulate::random::Random;

/// How long a worker is busy with a message that it puts back, in milliseconds: one statement.
const PUT_BACK_BUSY_MS: u64 = 20;
/// The longest until the relay sees that a tenant may have another report in the queue.
const RELAY_EVERY_MS: u64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Sent(usize),
    Visible(usize),
    Free(usize),
    Done { worker: usize, job: usize },
}

struct Run<'a> {
    setup: &'a Setup,
    jobs: Vec<Job>,
    now_ms: u64,
    asked: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    lines: Lines,
    fairness: Fairness,
    idle: Vec<usize>,
    running: HashMap<usize, usize>,
    /// For each noisy tenant, the jobs that wait in the outbox.
    held_back: Vec<VecDeque<usize>>,
    receives: Vec<u32>,
    /// For each worker, when the jobs of noisy tenants ended that ran on it.
    noisy_ends_ms: Vec<Vec<u64>>,
    outcome: Outcome,
    random: Random,
}

/// Runs a setup until the last job is done.
pub(super) fn run(setup: &Setup) -> Outcome {
    let mut random = Random::new(setup.seed);
    let jobs = jobs(setup, &mut random);
    let lag_ms = match setup.order {
        Order::Oldest => 0,
        Order::Fair { lag_ms } => lag_ms,
    };
    let mut run = Run {
        setup,
        now_ms: 0,
        asked: 0,
        events: BinaryHeap::new(),
        lines: Lines::default(),
        fairness: Fairness::new(lag_ms),
        idle: (0..setup.workers).collect(),
        running: HashMap::new(),
        held_back: vec![VecDeque::new(); setup.noisy_tenants],
        receives: vec![0; jobs.len()],
        noisy_ends_ms: vec![Vec::new(); setup.workers],
        outcome: Outcome::default(),
        jobs,
        random,
    };
    run.send();
    while let Some(Reverse((at_ms, _, event))) = run.events.pop() {
        run.now_ms = at_ms;
        run.happen(event);
        let same_time = run
            .events
            .peek()
            .is_some_and(|Reverse((next_ms, ..))| *next_ms == at_ms);
        if !same_time {
            run.deliver();
        }
    }
    run.outcome.receives_max = run.receives.iter().copied().max().unwrap_or(0);
    run.outcome
}

impl Run<'_> {
    /// Puts all jobs on their way; what a cap before the queue holds back waits in the outbox.
    fn send(&mut self) {
        let room = match self.setup.cap {
            Cap::BeforeQueue { running } => running,
            Cap::None | Cap::PutBack { .. } => usize::MAX,
        };
        let sent: Vec<(usize, Job)> = self.jobs.iter().copied().enumerate().collect();
        for (number, job) in sent {
            let turn = number / self.setup.noisy_tenants.max(1);
            match self.held_back.get_mut(job.tenant) {
                Some(outbox) if turn >= room => outbox.push_back(number),
                _ => self.at(job.sent_ms, Event::Sent(number)),
            }
        }
    }

    fn at(&mut self, at_ms: u64, event: Event) {
        self.asked += 1;
        self.events.push(Reverse((at_ms, self.asked, event)));
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Sent(number) => {
                if let Some(job) = self.jobs.get_mut(number) {
                    job.sent_ms = self.now_ms;
                }
                self.show(number);
            }
            Event::Visible(number) => {
                if let Some(job) = self.jobs.get(number) {
                    self.fairness.landed(job.tenant);
                }
                self.show(number);
            }
            Event::Free(worker) => self.idle.push(worker),
            Event::Done { worker, job } => {
                self.idle.push(worker);
                self.finish(job);
            }
        }
    }

    fn show(&mut self, number: usize) {
        if let Some(job) = self.jobs.get(number) {
            self.lines.add(job.tenant, (job.sent_ms, number));
        }
    }

    fn finish(&mut self, number: usize) {
        let Some(job) = self.jobs.get(number).copied() else {
            return;
        };
        let running = self.running.entry(job.tenant).or_default();
        *running = running.saturating_sub(1);
        self.fairness.landed(job.tenant);
        self.fairness.processed(job.tenant, job.run_ms, self.now_ms);
        if !self.lines.has(job.tenant) {
            self.fairness.drained(job.tenant);
        }
        let Some(outbox) = self.held_back.get_mut(job.tenant) else {
            return;
        };
        let next = outbox.pop_front();
        self.outcome.noisy_done_ms = self.now_ms;
        if let Some(next) = next {
            let relayed_ms = self.now_ms + self.random.below(RELAY_EVERY_MS);
            self.at(relayed_ms, Event::Sent(next));
        }
    }

    /// Hands messages to idle workers until there are no more of one or the other.
    fn deliver(&mut self) {
        while let Some(worker) = self.idle.pop() {
            let Some((tenant, message)) = self.receive() else {
                self.idle.push(worker);
                return;
            };
            self.work(worker, tenant, message);
        }
    }

    fn receive(&mut self) -> Option<(usize, Message)> {
        let tenant = match self.setup.order {
            Order::Oldest => self.lines.tenants().next(),
            Order::Fair { .. } => self.fairness.choose(self.lines.tenants(), self.now_ms),
        }?;
        let message = self.lines.take(tenant)?;
        self.fairness.received(tenant);
        Some((tenant, message))
    }

    fn work(&mut self, worker: usize, tenant: usize, (sent_ms, number): Message) {
        if let Some(receives) = self.receives.get_mut(number) {
            *receives += 1;
        }
        let running = self.running.entry(tenant).or_default();
        if let Cap::PutBack {
            running: cap,
            for_ms,
        } = self.setup.cap
            && *running >= cap
        {
            let free_ms = self.now_ms + PUT_BACK_BUSY_MS;
            // At random, or all that were put back together would come back together.
            let hidden_ms = for_ms / 2 + self.random.below(for_ms);
            self.at(free_ms, Event::Free(worker));
            self.at(free_ms + hidden_ms, Event::Visible(number));
            return;
        }
        *running += 1;
        let run_ms = self.jobs.get(number).map_or(0, |job| job.run_ms);
        let done_ms = self.now_ms + run_ms;
        self.at(
            done_ms,
            Event::Done {
                worker,
                job: number,
            },
        );
        let Some(ends_ms) = self.noisy_ends_ms.get_mut(worker) else {
            return;
        };
        if tenant < self.setup.noisy_tenants {
            ends_ms.push(done_ms);
        } else {
            let behind = ends_ms.iter().rev().take_while(|end_ms| **end_ms > sent_ms);
            self.outcome.behind.push(behind.count());
            self.outcome.waits_ms.push(self.now_ms - sent_ms);
        }
    }
}
