//! Everything together: PostgreSQL, the AWS services, the functions, and the gateway in front.
//!
//! What does not wait for each other starts at the same time. All of it lives in one folder, which
//! a lock keeps for one stack at a time; a later stack on the folder finds its data.

mod error;
mod exports;
mod options;
mod parts;
mod programs;

use std::{collections::BTreeSet, net::Ipv4Addr, path::Path};

use tokio::{net::TcpListener, try_join};

pub use self::{error::StackError, options::StackOptions};
use crate::{
    aws::{Call, Services},
    clients::Clients,
    esm::EventSources,
    gateway::Gateway,
    lock::FolderLock,
    postgres::Cluster,
    runtime::{FunctionOptions, Lambda, Log},
    schedule::Schedules,
    template::Template,
};

/// The running whole.
///
/// [`Stack::stop`] ends it in order; dropping it ends the same processes without waiting.
#[derive(Debug)]
pub struct Stack {
    gateway: Gateway,
    event_sources: Option<EventSources>,
    schedules: Option<Schedules>,
    lambda: Lambda,
    clients: Clients,
    services: Services,
    template: Template,
    functions: Vec<FunctionOptions>,
    signing_key: String,
    cluster: Cluster,
    _lock: FolderLock,
}

impl Stack {
    /// The folders that a stack keeps in its own.
    pub const FOLDERS: [&str; 3] = ["aws", "logs", "postgres"];
    /// The files beside them.
    pub const FILES: [&str; 2] = ["lock", "signing-key.pem"];

    /// Starts everything; returns when requests can be sent.
    ///
    /// # Errors
    ///
    /// See [`StackError`]; what had been started is stopped.
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let lock = take_lock(&options.dir)?;
        let listener = listen(options.port).await?;
        let port = listener.local_addr().map_err(StackError::Listen)?.port();

        let services = parts::services(&options).await?;
        let clients = Clients::new(&services);
        let template = parts::template(&options, &services, port)?;
        programs::check(&template, &options.programs)?;
        let (cluster, signing_key, ()) = try_join!(
            parts::postgres(&options),
            parts::signing_key(&options),
            parts::stores(&template, &clients),
        )?;

        let overrides = parts::overrides(&services, &cluster, &signing_key);
        let functions = FunctionOptions::all(&template, &options.programs, &overrides);
        let log = Log::Folder(options.dir.join("logs"));
        let lambda = Lambda::start(functions.clone(), &log).await;
        let lambda = lambda.map_err(StackError::file(options.dir.join("logs")))?;
        let triggers = &template.queue_triggers;
        let event_sources = options
            .triggers
            .then(|| EventSources::start(triggers, &clients.sqs, &lambda));
        let event_sources = event_sources.transpose()?;
        let schedules = options
            .triggers
            .then(|| Schedules::start(&template.schedules, &lambda));
        let gateway = Gateway::start(listener, &template.api, lambda.clone());
        Ok(Self {
            gateway: gateway.map_err(StackError::Listen)?,
            event_sources,
            schedules,
            lambda,
            clients,
            services,
            template,
            functions,
            signing_key,
            cluster,
            _lock: lock,
        })
    }

    /// The API's base URL; a stage's name comes behind it.
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// The functions' runtime.
    pub fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    /// Clients of the AWS services.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// What the functions have called until now, and those to whom they gave links; nothing unless
    /// the stack is [witnessed](StackOptions::witnessed). A caller is a function's logical id.
    pub fn calls(&self) -> BTreeSet<Call> {
        self.services.calls()
    }

    /// The ports of 127.0.0.1 on which the functions find their stores.
    pub fn ports(&self) -> [u16; 4] {
        let [dynamodb, s3, sqs] = self.services.ports();
        [self.cluster.port(), dynamodb, s3, sqs]
    }

    /// The template as it was read for this stack.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// How each function is run.
    pub fn functions(&self) -> &[FunctionOptions] {
        &self.functions
    }

    /// How the function with logical id `id` is run.
    pub fn function(&self, id: &str) -> Option<&FunctionOptions> {
        self.functions.iter().find(|function| function.id == id)
    }

    /// The database server.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The private key that signs access tokens, as PKCS#8 PEM.
    pub fn signing_key(&self) -> &str {
        &self.signing_key
    }

    /// Stops everything: first what brings new work, then what works, then what keeps the data.
    ///
    /// # Errors
    ///
    /// PostgreSQL could not be signalled.
    pub async fn stop(self) -> Result<(), StackError> {
        drop(self.schedules);
        drop(self.event_sources);
        self.gateway.stop().await;
        self.lambda.stop().await;
        self.services.stop().await;
        Ok(self.cluster.stop().await?)
    }
}

fn take_lock(dir: &Path) -> Result<FolderLock, StackError> {
    FolderLock::try_take(&dir.join("lock"))
        .map_err(StackError::file(dir))?
        .ok_or_else(|| StackError::InUse(dir.to_path_buf()))
}

async fn listen(port: u16) -> Result<TcpListener, StackError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => StackError::PortTaken(port),
            _ => StackError::Listen(error),
        })
}
