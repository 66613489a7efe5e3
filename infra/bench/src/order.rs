//! What asking for a report takes beside a plain insert, with nothing waiting and with a long queue.
//!
//! Both are the functions' own programs, one instance each. Nobody relays and nobody works, so that the
//! queue stays as long as it is.

use std::fmt;

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
    let world = World::idle("order", 1, ROWS).await?;
    let found = Box::pin(both(&world)).await;
    world.stop().await?;
    found
}

async fn both(world: &World) -> Result<[Found; 2], OrderError> {
    let contestants = entrants::orders(world)?;
    let empty = measure(&contestants, 0).await?;
    fill(world).await?;
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

/// Lets so many reports wait: their rows, and their requests in the outbox.
async fn fill(world: &World) -> Result<(), OrderError> {
    let url = world.stack().cluster().superuser_url(DATABASE);
    let (client, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .map_err(WorldError::from)?;
    tokio::spawn(connection);
    let fill = format!(
        "WITH waiting AS (
           INSERT INTO reports.reports (tenant_id, id, type)
           SELECT t.id, gen_random_uuid(), 'project_summary'
             FROM app.tenants AS t, generate_series(1, {WAITING})
           RETURNING tenant_id, id)
         INSERT INTO reports.outbox (tenant_id, type, data, dedup)
         SELECT tenant_id, 'report.requested', jsonb_build_object('report_id', id), id FROM waiting"
    );
    client
        .batch_execute(&fill)
        .await
        .map_err(WorldError::from)?;
    Ok(())
}
