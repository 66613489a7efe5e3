//! What asking for a report takes beside a plain insert, with nothing waiting and with a long queue.
//!
//! Both are the functions' own programs, one instance each. The queue is one that no worker reads, so
//! that it stays as long as it is.

use std::fmt;

use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use local::postgres::database::DATABASE;
use tokio_postgres::NoTls;

use crate::contest::Contestant;
use crate::contest::warm::{self, Warm};
use crate::entrants;
use crate::lambda::DriveError;
use crate::stats::Spread;
use crate::world::{World, WorldError};

/// Rows of the tenant.
const ROWS: u32 = 60;
/// Rounds, and calls of each contestant in one.
const ROUNDS: u32 = 7;
const CALLS: u32 = 150;
/// Reports that wait in the second half.
const WAITING: usize = 10_000;
/// Messages in one call, which SQS allows.
const CALL_MESSAGES_MAX: usize = 10;
/// How much longer it may take.
pub const RATIO_MAX: f64 = 1.3;

/// Why it could not be measured; each text is one line.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// There is no world to measure in.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A program did not answer.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The queue of our own could not be made or filled.
    #[error("the queue: {0}")]
    Queue(String),
}

/// What was found with one length of the queue.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Reports that waited.
    pub waiting: usize,
    /// The median time of an insert, in microseconds.
    pub insert_us: f64,
    /// The median time of an order, in microseconds.
    pub order_us: f64,
    /// The quotient, round by round.
    pub ratio: Spread,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:6} waiting   project {:7.0} us   report {:7.0} us   x {:.2} ({:.2} to {:.2})",
            self.waiting,
            self.insert_us,
            self.order_us,
            self.ratio.median,
            self.ratio.min,
            self.ratio.max
        )
    }
}

/// Measures in a stack of its own.
///
/// # Errors
///
/// See [`OrderError`].
pub async fn run() -> Result<[Found; 2], OrderError> {
    let world = World::start("order", 1, ROWS).await?;
    let found = Box::pin(both(&world)).await;
    world.stop().await?;
    found
}

async fn both(world: &World) -> Result<[Found; 2], OrderError> {
    let queue = queue(world).await?;
    let contestants = entrants::orders(world, &queue)?;
    let empty = measure(&contestants, 0).await?;
    fill(world, &queue).await?;
    let full = measure(&contestants, WAITING).await?;
    Ok([empty, full])
}

async fn measure(contestants: &[Contestant], waiting: usize) -> Result<Found, OrderError> {
    let measured = warm::measure(contestants, ROUNDS, CALLS).await?;
    let times = |place: usize| measured.get(place).map(|warm: &Warm| warm.p50_us.clone());
    let (insert, order) = (times(0).unwrap_or_default(), times(1).unwrap_or_default());
    Ok(Found {
        waiting,
        ratio: Spread::of_ratios(&order, &insert),
        insert_us: Spread::of(insert).median,
        order_us: Spread::of(order).median,
    })
}

fn refused<E: std::error::Error>(error: E) -> OrderError {
    OrderError::Queue(DisplayErrorContext(error).to_string())
}

async fn queue(world: &World) -> Result<String, OrderError> {
    let create = world.stack().clients().sqs.create_queue();
    let made = create.queue_name("orders").send().await.map_err(refused)?;
    Ok(made.queue_url.unwrap_or_default())
}

/// Lets so many reports wait: their rows, and their messages.
async fn fill(world: &World, queue: &str) -> Result<(), OrderError> {
    let url = world.stack().cluster().superuser_url(DATABASE);
    let (client, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .map_err(WorldError::from)?;
    tokio::spawn(connection);
    let count = i64::try_from(WAITING).unwrap_or(i64::MAX);
    let rows = "INSERT INTO reports.reports (tenant_id, id, type)
         SELECT t.id, gen_random_uuid(), 'project_summary' FROM app.tenants AS t, generate_series(1, $1::bigint)";
    client
        .execute(rows, &[&count])
        .await
        .map_err(WorldError::from)?;
    let entry = |place: usize| {
        let entry = SendMessageBatchRequestEntry::builder().id(place.to_string());
        entry.message_body("waiting").build()
    };
    let entries: Result<Vec<_>, _> = (0..CALL_MESSAGES_MAX).map(entry).collect();
    let entries = entries.map_err(refused)?;
    for _ in 0..WAITING / CALL_MESSAGES_MAX {
        let send = world.stack().clients().sqs.send_message_batch();
        let send = send.queue_url(queue).set_entries(Some(entries.clone()));
        send.send().await.map_err(refused)?;
    }
    Ok(())
}
