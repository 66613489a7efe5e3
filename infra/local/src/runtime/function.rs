//! One function: its events, its instances and the doors by which these call in.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    instance::{self, Call},
    log::FunctionLog,
    options::FunctionOptions,
    pool::Pool,
};

/// A function under the Runtime API.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) options: FunctionOptions,
    pub(super) pool: Pool,
    /// The program of further instances.
    pub(super) program: watch::Sender<PathBuf>,
    pub(super) log: FunctionLog,
    api: SocketAddr,
    doors: Mutex<HashMap<u32, mpsc::Sender<Call>>>,
    instances_so_far: AtomicU32,
    tasks: Mutex<JoinSet<()>>,
}

impl Function {
    pub(super) fn new(options: FunctionOptions, api: SocketAddr, log: FunctionLog) -> Self {
        Self {
            pool: Pool::new(options.instances_max),
            program: watch::Sender::new(options.program.clone()),
            options,
            log,
            api,
            doors: Mutex::default(),
            instances_so_far: AtomicU32::new(0),
            tasks: Mutex::default(),
        }
    }

    /// Starts instances while events wait that no starting one will take.
    pub(super) fn grow(self: &Arc<Self>) {
        while let Some(pause) = self.pool.want_instance() {
            let id = self.instances_so_far.fetch_add(1, Ordering::Relaxed) + 1;
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            while tasks.try_join_next().is_some() {}
            tasks.spawn(instance::run(Arc::clone(self), id, pause));
        }
    }

    /// Forgets all events and kills all instances.
    pub(super) fn halt(&self) {
        self.pool.close();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.abort_all();
    }

    /// Whether the task of any instance is still there.
    pub(super) fn has_tasks(&self) -> bool {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        !tasks.is_empty()
    }

    /// Lets the instance `id` call in through the returned receiver.
    pub(super) fn open_door(&self, id: u32, door: mpsc::Sender<Call>) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.insert(id, door);
    }

    pub(super) fn close_door(&self, id: u32) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.remove(&id);
    }

    pub(super) fn door(&self, id: u32) -> Option<mpsc::Sender<Call>> {
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.get(&id).cloned()
    }

    pub(super) fn environment_of(&self, id: u32) -> BTreeMap<String, String> {
        // Only the form with a scheme may have a path, as runtimes parse it.
        let runtime_api = format!("http://{}/.rt/{}/{id}", self.api, self.options.id);
        self.options.instance_environment(&runtime_api, id)
    }

    /// Says in the function's log and to the operator what befell an instance.
    pub(super) fn report(&self, id: u32, what: &str) {
        tracing::warn!(function = %self.options.id, instance = id, "{what}");
        self.log
            .line(format!("[local] instance {id}: {what}").as_bytes());
    }
}
