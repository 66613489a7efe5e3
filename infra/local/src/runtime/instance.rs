//! One instance of a function, from the start of its process to its end.

use std::{path::PathBuf, pin::pin, sync::Arc, time::Duration};

use axum::body::Bytes;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, timeout},
};

use super::{
    FunctionError, Outcome,
    function::Function,
    pool::{Event, Place},
    process::Process,
};
use crate::clock;

/// How long a process may take until it asks for its first event, as Lambda has it.
const INIT_WAIT: Duration = Duration::from_secs(10);
/// How long a process may take after its answer until it asks for the next event.
const NEXT_WAIT: Duration = Duration::from_secs(10);
/// For so long an event waits for an instance that has just answered, sooner than for a new one.
const LINGER_WAIT: Duration = Duration::from_millis(50);
/// An instance makes one call at a time; one more may be a repeated one.
const CALLS_MAX: usize = 2;

/// A request of the instance's process to the Runtime API.
#[derive(Debug)]
pub(super) enum Call {
    /// It asks for an event.
    Next(oneshot::Sender<Handout>),
    /// It has worked on an event; the sender tells whether that event is its own.
    Done {
        request_id: String,
        outcome: Outcome,
        accepted: oneshot::Sender<()>,
    },
    /// It cannot start.
    InitFailed(FunctionError),
}

/// An event as a process gets it.
#[derive(Debug)]
pub(super) struct Handout {
    pub(super) request_id: String,
    pub(super) trace_id: String,
    pub(super) deadline_ms: i64,
    pub(super) payload: Bytes,
}

/// Runs the instance `id` to its end, and has others started where events wait.
pub(super) async fn run(function: Arc<Function>, id: u32, pause: Duration) {
    let (door, calls) = mpsc::channel(CALLS_MAX);
    function.open_door(id, door);
    sleep(pause).await;
    match Instance::launch(&function, id, calls).await {
        Ok((instance, asker)) => {
            function.pool.started();
            instance.serve(asker).await;
            function.close_door(id);
            function.pool.ended(id);
        }
        Err(error) => {
            function.report(id, &format!("did not start: {error}"));
            function.close_door(id);
            for event in function.pool.failed() {
                answer(event.reply, Err(error.clone()));
            }
        }
    }
    function.grow();
}

struct Instance {
    function: Arc<Function>,
    id: u32,
    process: Process,
    calls: mpsc::Receiver<Call>,
    program: watch::Receiver<PathBuf>,
    is_retiring: bool,
}

/// Who waits for the next event, in the Runtime API.
type Asker = oneshot::Sender<Handout>;

impl Instance {
    async fn launch(
        function: &Arc<Function>,
        id: u32,
        calls: mpsc::Receiver<Call>,
    ) -> Result<(Self, Asker), FunctionError> {
        let mut program = function.program.subscribe();
        let path = program.borrow_and_update().clone();
        let process = Process::spawn(&path, &function.environment_of(id), &function.log);
        let process = process.map_err(|error| {
            let message = format!("cannot run {}: {error}", path.display());
            FunctionError::new("Runtime.InvalidEntrypoint", &message)
        })?;
        let mut instance = Self {
            function: Arc::clone(function),
            id,
            process,
            calls,
            program,
            is_retiring: false,
        };
        let asker = instance.asked(INIT_WAIT).await?;
        Ok((instance, asker))
    }

    /// Waits until the process asks for an event.
    async fn asked(&mut self, wait: Duration) -> Result<Asker, FunctionError> {
        let mut deadline = pin!(sleep(wait));
        loop {
            tokio::select! {
                call = self.calls.recv() => match call {
                    Some(Call::Next(asker)) => return Ok(asker),
                    Some(Call::InitFailed(error)) => return Err(error),
                    // Dropping what it waits for refuses the call.
                    Some(Call::Done { .. }) => {}
                    None => return Err(FunctionError::exited("its door was closed")),
                },
                how = self.process.ended() => return Err(FunctionError::exited(&how)),
                () = &mut deadline => {
                    let message = format!("no request for an event after {} s", wait.as_secs());
                    return Err(FunctionError::new("Sandbox.Timedout", &message));
                }
            }
        }
    }

    async fn serve(mut self, mut asker: Asker) {
        while let Some(event) = self.next_event(&mut asker).await {
            match self.work(event, asker).await {
                Some(next) => asker = next,
                None => return,
            }
        }
    }

    /// The next event for this instance, or `None` when it is to end.
    async fn next_event(&mut self, asker: &mut Asker) -> Option<Event> {
        if self.is_retiring || self.program.has_changed().unwrap_or(true) {
            return None;
        }
        let idle_wait = self.function.options.idle_wait;
        let mut event = match self.function.pool.place(self.id) {
            Place::Event(event) => return Some(event),
            Place::Idle(event) => event,
        };
        loop {
            tokio::select! {
                // First, so that no event goes to a process that is known to have ended.
                biased;
                how = self.process.ended() => {
                    self.function.report(self.id, &format!("ended while idle: {how}"));
                    if !self.function.pool.withdraw(self.id)
                        && let Ok(event) = event.await
                    {
                        self.function.pool.put_back(event);
                    }
                    return None;
                }
                event = &mut event => return event.ok(),
                call = self.calls.recv() => match call? {
                    // Its connection broke and it asks again.
                    Call::Next(again) => *asker = again,
                    Call::Done { .. } | Call::InitFailed(_) => {}
                },
                _ = self.program.changed() => {
                    self.is_retiring = true;
                    if self.function.pool.withdraw(self.id) {
                        return None;
                    }
                }
                () = sleep(idle_wait) => if self.function.pool.withdraw_spare(self.id) {
                    return None;
                },
            }
        }
    }

    /// Has the process work on an event; answers who asks for the next one, if it lives on.
    async fn work(&mut self, event: Event, asker: Asker) -> Option<Asker> {
        let limit = self.function.options.timeout;
        let Event {
            request_id,
            trace_id,
            payload,
            reply,
        } = event;
        let handout = Handout {
            request_id: request_id.clone(),
            trace_id,
            deadline_ms: deadline_ms(limit),
            payload,
        };
        if let Err(Handout {
            trace_id, payload, ..
        }) = asker.send(handout)
        {
            self.function
                .report(self.id, "its connection broke while it was idle");
            self.function.pool.put_back(Event {
                request_id,
                trace_id,
                payload,
                reply,
            });
            return None;
        }
        match self.outcome(&request_id, limit).await {
            Ok(outcome) => {
                self.function.pool.finishing(self.id);
                answer(reply, outcome);
                self.asked_again().await
            }
            Err(error) => {
                self.function
                    .report(self.id, &format!("{error} (request {request_id})"));
                answer(reply, Err(error));
                None
            }
        }
    }

    /// Waits until the process, having answered, asks for the next event.
    async fn asked_again(&mut self) -> Option<Asker> {
        let function = Arc::clone(&self.function);
        let id = self.id;
        let mut asked = pin!(self.asked(NEXT_WAIT));
        let asked = match timeout(LINGER_WAIT, &mut asked).await {
            Ok(asked) => asked,
            Err(_elapsed) => {
                function.pool.lingers(id);
                function.grow();
                asked.await
            }
        };
        asked
            .inspect_err(|error| function.report(id, &format!("after its answer: {error}")))
            .ok()
    }

    /// What the process answers; an error is one that the process does not outlive.
    async fn outcome(
        &mut self,
        request_id: &str,
        limit: Duration,
    ) -> Result<Outcome, FunctionError> {
        let mut deadline = pin!(sleep(limit));
        loop {
            tokio::select! {
                // An answer that has arrived counts, even if the process has ended since.
                biased;
                call = self.calls.recv() => match call {
                    Some(Call::Done { request_id: own, outcome, accepted }) if own == request_id => {
                        let _gone = accepted.send(());
                        return Ok(outcome);
                    }
                    Some(Call::Done { .. } | Call::InitFailed(_)) => {}
                    Some(Call::Next(_)) | None => {
                        return Err(FunctionError::exited("it asked for another event instead"));
                    }
                },
                how = self.process.ended() => return Err(FunctionError::exited(&how)),
                () = &mut deadline => return Err(FunctionError::timed_out(limit.as_secs())),
            }
        }
    }
}

fn deadline_ms(limit: Duration) -> i64 {
    clock::now_ms().saturating_add(i64::try_from(limit.as_millis()).unwrap_or(i64::MAX))
}

fn answer(reply: oneshot::Sender<Outcome>, outcome: Outcome) {
    // The caller may have gone; the work is done all the same.
    let _gone = reply.send(outcome);
}
