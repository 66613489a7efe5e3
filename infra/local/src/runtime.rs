//! Lambda: runs the functions' own binaries under the Lambda Runtime API, several of each.
//!
//! An event goes to an idle instance of its function; when there is none, a further instance is
//! started up to the function's limit and the event waits. As on Lambda an instance works on one
//! event at a time, is killed when it takes too long, and may die without harm to the next event.
//!
//! The protocol is <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

mod api;
mod environment;
mod error;
mod function;
mod instance;
mod log;
mod options;
mod pool;
mod process;

use std::{
    collections::HashMap, io, net::Ipv4Addr, net::SocketAddr, path::PathBuf, sync::Arc,
    time::Duration,
};

use axum::body::Bytes;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};
use uuid::Uuid;

pub use environment::{DatabaseOverride, Overrides};
pub use error::{FunctionError, InvokeError};
pub use log::Log;
pub use options::{FunctionOptions, IDLE_WAIT_DEFAULT, INSTANCES_MAX_DEFAULT};

use self::{function::Function, pool::Event};
use crate::clock;

/// The largest payload in either direction, in bytes, as Lambda has it.
pub const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;
/// How long a stop waits for the instances' processes to be gone.
const STOP_WAIT: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a function answered.
pub type Outcome = Result<Bytes, FunctionError>;

/// All functions by logical id.
type Functions = HashMap<String, Arc<Function>>;

/// The running functions; clones are handles to the same ones.
///
/// All instances are killed when [`Lambda::stop`] is called or the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Lambda {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    functions: Arc<Functions>,
    server: JoinHandle<()>,
}

impl Lambda {
    /// Opens the Runtime API on a free port of 127.0.0.1; instances start when events come.
    ///
    /// # Errors
    ///
    /// No port could be listened on, or a log file cannot be opened.
    pub async fn start(options: Vec<FunctionOptions>, log: &Log) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address: SocketAddr = listener.local_addr()?;
        let mut functions = Functions::new();
        for one in options {
            let log = log.open(&one.id)?;
            functions.insert(one.id.clone(), Arc::new(Function::new(one, address, log)));
        }
        let functions = Arc::new(functions);
        let server = tokio::spawn(api::serve(listener, Arc::clone(&functions)));
        Ok(Self {
            inner: Arc::new(Inner { functions, server }),
        })
    }

    /// Has the function with logical id `function` work on `payload` and waits for its answer.
    ///
    /// When the returned future is dropped, an event that waits is forgotten and one that an
    /// instance works on is finished, as on Lambda.
    ///
    /// # Errors
    ///
    /// The event did not reach the function. What the function itself failed with is an
    /// [`Outcome`].
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Outcome, InvokeError> {
        self.invoke_traced(function, payload, trace_id()).await
    }

    /// As [`Self::invoke`], as a part of the trace that `trace_id` names.
    ///
    /// # Errors
    ///
    /// As [`Self::invoke`].
    pub async fn invoke_traced(
        &self,
        function: &str,
        payload: Bytes,
        trace_id: String,
    ) -> Result<Outcome, InvokeError> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(InvokeError::TooLarge);
        }
        let function = self.function(function)?;
        let (reply, answered) = oneshot::channel();
        function.pool.offer(Event {
            request_id: Uuid::new_v4().to_string(),
            trace_id,
            payload,
            reply,
        })?;
        function.grow();
        answered.await.map_err(|_stopped| InvokeError::Stopped)
    }

    /// Has all further instances of a function run another program.
    ///
    /// Instances of the old one finish their event and end; no event is lost.
    ///
    /// # Errors
    ///
    /// There is no such function.
    pub fn replace(&self, function: &str, program: PathBuf) -> Result<(), InvokeError> {
        self.function(function)?.program.send_replace(program);
        Ok(())
    }

    /// How many instances a function has at present, starting ones included.
    ///
    /// # Errors
    ///
    /// There is no such function.
    pub fn instances(&self, function: &str) -> Result<usize, InvokeError> {
        Ok(self.function(function)?.pool.instances())
    }

    /// How many events a function may work on at the same time.
    ///
    /// # Errors
    ///
    /// There is no such function.
    pub fn instances_max(&self, function: &str) -> Result<usize, InvokeError> {
        Ok(self.function(function)?.options.instances_max)
    }

    /// Kills all instances and refuses further events; returns when the processes are gone.
    pub async fn stop(&self) {
        self.inner.halt();
        let deadline = Instant::now() + STOP_WAIT;
        let is_running = || self.inner.functions.values().any(|one| one.has_tasks());
        while is_running() && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
    }

    fn function(&self, id: &str) -> Result<&Arc<Function>, InvokeError> {
        self.inner
            .functions
            .get(id)
            .ok_or_else(|| InvokeError::UnknownFunction(id.to_owned()))
    }
}

impl Inner {
    fn halt(&self) {
        for function in self.functions.values() {
            function.halt();
        }
        self.server.abort();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.halt();
    }
}

/// A new X-Ray trace id, see
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids>.
pub(crate) fn trace_id() -> String {
    let seconds = clock::now().unix_timestamp();
    let random = Uuid::new_v4().simple().to_string();
    let unique = random.get(..24).unwrap_or_default();
    format!("Root=1-{seconds:08x}-{unique}")
}
