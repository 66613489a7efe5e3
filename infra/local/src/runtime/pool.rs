//! The events of one function that wait, and its instances that wait for events.

use std::{
    collections::{HashSet, VecDeque},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use tokio::sync::oneshot;

use super::{InvokeError, Outcome};

/// How many events of one function may wait; Lambda's default limit of concurrent executions.
const WAITING_EVENTS_MAX: usize = 1_000;
/// Pause before the next start after one that failed; it doubles with each further failure.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);
const PAUSE_DOUBLINGS_MAX: u32 = 6;

/// An event on its way to a function.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) trace_id: String,
    pub(super) payload: Bytes,
    pub(super) reply: oneshot::Sender<Outcome>,
}

impl Event {
    /// Whether nobody waits for the answer any more.
    fn is_forgotten(&self) -> bool {
        self.reply.is_closed()
    }
}

/// What an instance that is ready gets.
#[derive(Debug)]
pub(super) enum Place {
    /// An event that was waiting.
    Event(Event),
    /// A place among the idle ones; an event comes through it.
    Idle(oneshot::Receiver<Event>),
}

/// Events and instances of one function.
#[derive(Debug)]
pub(super) struct Pool {
    instances_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Event>,
    /// The one that became idle last gets the next event, so that the others can end.
    idle: Vec<(u32, oneshot::Sender<Event>)>,
    /// All instances, those that start included.
    instances: usize,
    starting: usize,
    /// Those that have answered and will ask for the next event in a moment.
    finishing: HashSet<u32>,
    /// Starts that failed one after another.
    failures: u32,
    is_closed: bool,
}

impl Pool {
    pub(super) fn new(instances_max: usize) -> Self {
        Self {
            instances_max: instances_max.max(1),
            state: Mutex::default(),
        }
    }

    /// Gives an event to an idle instance, or has it wait for one.
    pub(super) fn offer(&self, event: Event) -> Result<(), InvokeError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(InvokeError::Stopped);
        }
        if state.waiting.len() >= WAITING_EVENTS_MAX {
            state.waiting.retain(|event| !event.is_forgotten());
        }
        if state.waiting.len() >= WAITING_EVENTS_MAX {
            return Err(InvokeError::Throttled);
        }
        state.waiting.push_back(event);
        state.hand_out();
        Ok(())
    }

    /// Puts an event back in front that an instance did not begin to work on.
    pub(super) fn put_back(&self, event: Event) {
        let mut state = self.state();
        if !state.is_closed {
            state.waiting.push_front(event);
            state.hand_out();
        }
    }

    /// Counts a further instance when one is needed; it is to start after the given pause.
    pub(super) fn want_instance(&self) -> Option<Duration> {
        let mut state = self.state();
        let is_short = state.waiting.len() > state.starting + state.finishing.len();
        if state.is_closed || !is_short || state.instances >= self.instances_max {
            return None;
        }
        state.instances += 1;
        state.starting += 1;
        Some(pause(state.failures))
    }

    /// An instance has started.
    pub(super) fn started(&self) {
        let mut state = self.state();
        state.starting -= 1;
        state.failures = 0;
    }

    /// An instance failed to start; answers the events that no other instance can take.
    pub(super) fn failed(&self) -> VecDeque<Event> {
        let mut state = self.state();
        state.starting -= 1;
        state.instances -= 1;
        state.failures = state.failures.saturating_add(1);
        if state.instances > state.starting {
            return VecDeque::new();
        }
        mem::take(&mut state.waiting)
    }

    /// The instance `id` is about to answer, and will soon ask for the next event.
    pub(super) fn finishing(&self, id: u32) {
        self.state().finishing.insert(id);
    }

    /// The instance `id` takes longer to ask than is worth waiting for.
    pub(super) fn lingers(&self, id: u32) {
        self.state().finishing.remove(&id);
    }

    /// The instance `id`, which had started, is gone.
    pub(super) fn ended(&self, id: u32) {
        let mut state = self.state();
        state.finishing.remove(&id);
        state.instances -= 1;
    }

    /// Finds work for the instance `id`.
    pub(super) fn place(&self, id: u32) -> Place {
        let mut state = self.state();
        state.finishing.remove(&id);
        if let Some(event) = state.next_event() {
            return Place::Event(event);
        }
        let (give, take) = oneshot::channel();
        if !state.is_closed {
            state.idle.push((id, give));
        }
        Place::Idle(take)
    }

    /// Takes the instance `id` from the idle ones; `false` when it has got an event meanwhile.
    pub(super) fn withdraw(&self, id: u32) -> bool {
        self.state().withdraw(id)
    }

    /// As [`Self::withdraw`], and `false` as well when it is the function's only instance.
    pub(super) fn withdraw_spare(&self, id: u32) -> bool {
        let mut state = self.state();
        state.instances > 1 && state.withdraw(id)
    }

    pub(super) fn instances(&self) -> usize {
        self.state().instances
    }

    /// Refuses further events and forgets those that wait.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.waiting.clear();
        state.idle.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change is made in steps between which a panic is possible.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives waiting events to idle instances while there are both.
    fn hand_out(&mut self) {
        while !self.idle.is_empty() {
            let Some(event) = self.next_event() else {
                return;
            };
            if let Some((_, give)) = self.idle.pop()
                && let Err(event) = give.send(event)
            {
                // That instance has ended without withdrawing.
                self.waiting.push_front(event);
            }
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        loop {
            let event = self.waiting.pop_front()?;
            if !event.is_forgotten() {
                return Some(event);
            }
        }
    }

    fn withdraw(&mut self, id: u32) -> bool {
        let before = self.idle.len();
        self.idle.retain(|(idle, _)| *idle != id);
        self.idle.len() < before
    }
}

fn pause(failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => {
            let factor = 2_u32.saturating_pow(doublings.min(PAUSE_DOUBLINGS_MAX));
            PAUSE_MIN.saturating_mul(factor).min(PAUSE_MAX)
        }
    }
}
