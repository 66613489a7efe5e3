//! Simulated time: futures that sleep in it, and the loop that lets it pass.
//!
//! One thread, no real clock: what happens at one moment happens in the order in which it was
//! asked for, so that a run is the same each time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A request on its way: a future that the clockwork takes to its end.
pub(super) type Task<'a, Output> = Pin<Box<dyn Future<Output = Output> + 'a>>;

/// A clock in microseconds, and what is to happen when. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Clockwork(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now_us: u64,
    running: usize,
    asked: u64,
    alarms: BinaryHeap<Reverse<(u64, u64, usize)>>,
}

impl Clockwork {
    /// The time now.
    pub(super) fn now_us(&self) -> u64 {
        self.lock().now_us
    }

    /// Waits `time_us` of simulated time.
    pub(super) fn sleep(&self, time_us: u64) -> Sleep {
        Sleep {
            clock: self.clone(),
            time_us: Some(time_us),
        }
    }

    /// Lets time pass from the first of `arrivals` to the end of the last task.
    ///
    /// At each arrival `begin` makes a task; `end` gets its output, and whether it came without
    /// time passing. Arrivals are in microseconds, in order.
    pub(super) fn run<'a, Output>(
        &self,
        arrivals: &[u64],
        mut begin: impl FnMut(usize) -> Task<'a, Output>,
        mut end: impl FnMut(usize, Output, bool),
    ) {
        let mut tasks: HashMap<usize, Task<'a, Output>> = HashMap::new();
        let mut arrivals = arrivals.iter().copied().enumerate().peekable();
        loop {
            let alarm_us = self.next_alarm_us();
            let arrival = arrivals.next_if(|(_, at_us)| alarm_us.is_none_or(|us| *at_us <= us));
            if let Some((number, at_us)) = arrival {
                self.resume(number, at_us);
                let mut task = begin(number);
                match poll(&mut task) {
                    Poll::Ready(output) => end(number, output, true),
                    Poll::Pending => drop(tasks.insert(number, task)),
                }
                continue;
            }
            let Some(number) = self.ring() else { break };
            let Some(mut task) = tasks.remove(&number) else {
                continue;
            };
            match poll(&mut task) {
                Poll::Ready(output) => end(number, output, false),
                Poll::Pending => drop(tasks.insert(number, task)),
            }
        }
    }

    fn next_alarm_us(&self) -> Option<u64> {
        let state = self.lock();
        state.alarms.peek().map(|Reverse((at_us, ..))| *at_us)
    }

    fn resume(&self, task: usize, at_us: u64) {
        let mut state = self.lock();
        state.now_us = at_us;
        state.running = task;
    }

    /// Goes to the next alarm and says whose it is.
    fn ring(&self) -> Option<usize> {
        let Reverse((at_us, _, task)) = self.lock().alarms.pop()?;
        self.resume(task, at_us);
        Some(task)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn poll<Output>(task: &mut Task<'_, Output>) -> Poll<Output> {
    // Alarms say who is to be polled, so nobody needs waking.
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// A wait in simulated time.
#[derive(Debug)]
pub(super) struct Sleep {
    clock: Clockwork,
    time_us: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some(time_us) = self.time_us.take() else {
            return Poll::Ready(());
        };
        let mut state = self.clock.lock();
        state.asked += 1;
        let alarm = (state.now_us + time_us, state.asked, state.running);
        state.alarms.push(Reverse(alarm));
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_overlap_and_end_when_their_time_has_come() {
        let clock = Clockwork::default();
        let naps = [[50, 10], [5, 5], [0, 0]];
        let ended = Mutex::new(Vec::new());
        let begin = |number: usize| -> Task<'_, u64> {
            let clock = clock.clone();
            Box::pin(async move {
                for nap in naps[number].into_iter().filter(|nap| *nap > 0) {
                    clock.sleep(nap).await;
                }
                clock.now_us()
            })
        };
        clock.run(&[100, 120, 125], begin, |number, now_us, at_once| {
            ended.lock().unwrap().push((number, now_us, at_once));
        });
        let ended = ended.into_inner().unwrap();
        assert_eq!(ended, [(2, 125, true), (1, 130, false), (0, 160, false)]);
    }
}
