//! The function's edge: what it may be asked, and what it answers.

use std::time::Duration;

use aws_lambda_events::cloudformation::CloudFormationCustomResourceResponse;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::db::DatabaseConfig;
use shared::deadline::Deadline;
use shared::ids::TenantId;

use crate::apply::{Work, run};
use crate::contract::{self, Running};
use crate::deployment::{self, StackEvent};
use crate::lint::Strictness;
use crate::moving::{self, Moved, Place};
use crate::session::{self, Run};
use crate::silo::{self, SiloState};
use crate::{Applied, MigrateError, Passwords, embedded, register};

/// Nothing is begun when less than this is left of an invocation, in seconds.
const MARGIN_SECS: u64 = 30;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// `{}`, or `{"migrate": {"beside": 18}}`: bring every schema up to date, beside those who may be
    /// running. The binary holds the schemas it stands for.
    MigrateAll(Running),
    /// One tenant's matter.
    Tenant(Command),
}

/// What can be done for one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Make its silo, which it does not move into yet.
    ProvisionSilo {
        /// Whose.
        tenant_id: TenantId,
    },
    /// Move its rows.
    MoveTenant {
        /// Whose.
        tenant_id: TenantId,
        /// Where they are to be.
        to: Place,
    },
}

/// The whole, for an operator who knows what is running.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Whole {
    /// All schemas.
    Migrate {
        /// The release that is running, by its last file.
        beside: i32,
    },
}

/// An event of this function: a task, or a batch from its queue with a task in each message.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub enum Invocation {
    /// From an operator.
    Task(Task),
    /// From a deployment.
    Deployment(Box<StackEvent>),
    /// From the queue.
    Batch(SqsEvent),
}

/// What an invocation answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// All schemas are up to date.
    Applied(Applied),
    /// The silo is there; `missing` is what it lacked before.
    Provisioned(SiloState),
    /// The tenant is where it was to be.
    Moved(Moved),
    /// The messages that have to come again.
    Batch(SqsBatchResponse),
    /// What the stack is told.
    Deployed(Box<CloudFormationCustomResourceResponse>),
}

impl TryFrom<Value> for Task {
    type Error = serde_json::Error;

    fn try_from(event: Value) -> Result<Self, Self::Error> {
        let members = event.as_object();
        if members.is_some_and(serde_json::Map::is_empty) {
            return Ok(Self::MigrateAll(Running::Unknown));
        }
        if members.is_some_and(|members| members.contains_key("migrate")) {
            let Whole::Migrate { beside } = serde_json::from_value(event)?;
            return Ok(Self::MigrateAll(Running::Release(beside)));
        }
        serde_json::from_value(event).map(Self::Tenant)
    }
}

impl TryFrom<Value> for Invocation {
    type Error = serde_json::Error;

    fn try_from(event: Value) -> Result<Self, Self::Error> {
        if event.get("Records").is_some() {
            return serde_json::from_value(event).map(Self::Batch);
        }
        if event.get("RequestType").is_some() {
            return serde_json::from_value(event).map(Self::Deployment);
        }
        Task::try_from(event).map(Self::Task)
    }
}

/// Does what the event says, in the database of `DATABASE_URL`, and gives new roles the passwords of
/// `DATABASE_ROLE_PASSWORDS`.
///
/// Everything may be asked again at any time: what is done already is left as it is, and what was
/// begun is brought to its end. When all is migrated, a finding of the linter fails the
/// invocation, warnings included. A deployment is told so, and does not go on.
pub async fn handle(event: LambdaEvent<Invocation>) -> Result<Answer, MigrateError> {
    let deadline = Deadline::of(&event.context, Duration::from_secs(MARGIN_SECS));
    let known = DatabaseConfig::from_env().and_then(|database| {
        let passwords = Passwords::from_env()?;
        Ok((database, passwords))
    });
    if let Invocation::Deployment(request) = event.payload {
        let response = deployment::respond(&request, known, &deadline).await;
        deployment::tell(&request, &response).await?;
        return Ok(Answer::Deployed(Box::new(response)));
    }
    let (database, passwords) = known?;
    answer(event.payload, &database, passwords, &deadline).await
}

/// As [`handle`], in a given database and until a given time. No role gets a password, and no stack is
/// told.
pub async fn perform(
    event: Invocation,
    database: &DatabaseConfig,
    deadline: &Deadline,
) -> Result<Answer, MigrateError> {
    answer(event, database, Passwords::default(), deadline).await
}

async fn answer(
    event: Invocation,
    database: &DatabaseConfig,
    passwords: Passwords,
    deadline: &Deadline,
) -> Result<Answer, MigrateError> {
    let work = Work {
        release: &embedded::release(),
        database,
        passwords: &passwords,
        strictness: Strictness::Insisting,
        deadline,
    };
    match event {
        Invocation::Task(task) => one(task, &work).await,
        Invocation::Batch(batch) => Ok(Answer::Batch(all(batch, &work).await)),
        Invocation::Deployment(request) => {
            let known = Ok((database.clone(), passwords));
            let response = deployment::respond(&request, known, deadline).await;
            Ok(Answer::Deployed(Box::new(response)))
        }
    }
}

/// Each message on its own; what fails comes again, and is put aside by the queue in the end.
async fn all(batch: SqsEvent, work: &Work<'_>) -> SqsBatchResponse {
    let mut answer = SqsBatchResponse::default();
    for message in batch.records {
        let id = message.message_id.unwrap_or_default();
        let body = message.body.unwrap_or_default();
        let task = serde_json::from_str::<Value>(&body).and_then(Task::try_from);
        let outcome = match task {
            _ if work.deadline.near() => Err("no time left to begin".to_owned()),
            // The parser's own words quote the message, and messages are not for logs.
            Err(error) => Err(format!("no task, from column {} on", error.column())),
            Ok(task) => one(task, work).await.map_err(|error| error.to_string()),
        };
        if let Err(reason) = outcome {
            tracing::warn!(message.id = id, reason, "message has to come again");
            answer.add_failure(id);
        }
    }
    answer
}

async fn one(task: Task, work: &Work<'_>) -> Result<Answer, MigrateError> {
    let Work {
        release,
        database,
        deadline,
        ..
    } = *work;
    match task {
        Task::MigrateAll(running) => run(work, running).await.map(Answer::Applied),
        Task::Tenant(Command::ProvisionSilo { tenant_id }) => {
            let mut client = session::begin(database, Run::Beside).await?;
            contract::caught_up(&client, &embedded::files(release)).await?;
            register::hold(&client, tenant_id).await?;
            register::find(&client, tenant_id).await?.may_move()?;
            // A silo that was left and not cleared yet would go with the next run.
            moving::finish(&mut client, tenant_id, deadline).await?;
            let schema = silo::schema_of(tenant_id);
            let missing = silo::provide(&mut client, &schema).await?;
            tracing::info!(tenant.id = %tenant_id, schema, ?missing, "silo provisioned");
            Ok(Answer::Provisioned(SiloState {
                schema,
                missing,
                changed: None,
            }))
        }
        Task::Tenant(Command::MoveTenant { tenant_id, to }) => {
            let mut client = session::begin(database, Run::Beside).await?;
            contract::caught_up(&client, &embedded::files(release)).await?;
            let moved = moving::relocate(&mut client, tenant_id, to, deadline).await?;
            Ok(Answer::Moved(moved))
        }
    }
}
