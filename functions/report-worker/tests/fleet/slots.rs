//! What Lambda does with a queue: so many workers at once, each with one message at a time.

use std::mem::replace;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_sqs::types::Message;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::program::Program;
use crate::world::World;

/// The longest that a worker may take for an answer.
const ANSWER_WAIT: Duration = Duration::from_mins(2);
/// How often to look whether a stalled worker has been overtaken.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a worker stays stopped that nobody overtakes.
const STALLED_MAX: Duration = Duration::from_mins(1);

/// What happens to a worker while it has a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chaos {
    /// Of a hundred, so many are killed.
    pub(crate) killed: u8,
    /// Of a hundred, so many are stopped until somebody has overtaken them.
    pub(crate) stalled: u8,
    /// Within this time of the beginning.
    pub(crate) within: Duration,
}

impl Chaos {
    pub(crate) const NONE: Self = Self {
        killed: 0,
        stalled: 0,
        within: Duration::ZERO,
    };
}

/// What was done to them before they had answered.
#[derive(Debug, Default)]
pub(crate) struct Toll {
    pub(crate) kills: AtomicU32,
    pub(crate) stalls: AtomicU32,
    pub(crate) overtaken: AtomicU32,
}

/// Works the queue with so many workers until `until` has come.
pub(crate) async fn work(
    world: &World,
    workers: usize,
    chaos: Chaos,
    until: impl Future<Output = ()>,
) -> Toll {
    let (over, toll) = (AtomicBool::new(false), Toll::default());
    let slots = (0..workers).map(|_| slot(world, chaos, &over, &toll));
    let until = async {
        until.await;
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(until, join_all(slots));
    toll
}

async fn slot(world: &World, chaos: Chaos, over: &AtomicBool, toll: &Toll) {
    let variables = world.variables();
    let mut program = Program::start(&variables).await;
    let mut zombies = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let Some(message) = world.receive().await else {
            continue;
        };
        program.offer(&event(&message)).await;
        let (dice, part) = random();
        let is_lucky = dice >= chaos.killed + chaos.stalled;
        let strikes_after = match is_lucky {
            true => ANSWER_WAIT,
            false => chaos.within.mul_f64(part),
        };
        match timeout(strikes_after, program.answer()).await {
            Ok(answer) if is_done(&answer) => world.delete(&message).await,
            // It comes again.
            Ok(_) => {}
            Err(late) if is_lucky => panic!("a worker does not answer: {late}"),
            Err(_) if dice < chaos.killed => {
                toll.kills.fetch_add(1, Ordering::Relaxed);
                program = Program::start(&variables).await;
            }
            Err(_) => {
                toll.stalls.fetch_add(1, Ordering::Relaxed);
                program.signal("STOP");
                let zombie = replace(&mut program, Program::start(&variables).await);
                zombies.push(haunt(world, zombie, &message, toll));
            }
        }
    }
    join_all(zombies).await;
}

/// Lets a stopped worker go on as soon as another one has its report. What it answers then, nobody
/// waits for.
fn haunt<'a>(
    world: &'a World,
    mut zombie: Program,
    message: &Message,
    toll: &'a Toll,
) -> impl Future<Output = ()> + use<'a> {
    let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
    let id = body["data"]["report_id"].as_str().unwrap().to_owned();
    let url = world.database.owner_url();
    let watching = tokio::spawn(async move {
        let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.unwrap();
        let connection = tokio::spawn(connection);
        let sql =
            format!("SELECT attempts, finished_at IS NULL FROM reports.reports WHERE id = '{id}'");
        let look = async || -> (i32, bool) {
            let row = client.query_one(&sql, &[]).await.unwrap();
            (row.get(0), row.get(1))
        };
        let (before, _) = look().await;
        let overtaken = timeout(STALLED_MAX, async {
            loop {
                match look().await {
                    (attempts, _) if attempts > before => return true,
                    // It had ended it, and was stopped before it could say so.
                    (_, false) => return false,
                    _ => sleep(LOOK_EVERY).await,
                }
            }
        });
        let overtaken = overtaken.await.unwrap_or(false);
        zombie.signal("CONT");
        drop(timeout(ANSWER_WAIT, zombie.answer()).await);
        connection.abort();
        overtaken
    });
    async move {
        if watching.await.unwrap() {
            toll.overtaken.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A number below a hundred, and a part of one.
fn random() -> (u8, f64) {
    let bytes = Uuid::new_v4().into_bytes();
    let dice = u16::from_be_bytes([bytes[0], bytes[1]]) % 100;
    let part = f64::from(u16::from_be_bytes([bytes[2], bytes[3]])) / 65_536.0;
    (u8::try_from(dice).unwrap(), part)
}

fn is_done(answer: &Value) -> bool {
    answer["batchItemFailures"].as_array().unwrap().is_empty()
}

/// The event that Lambda makes of a message.
fn event(message: &Message) -> Value {
    let attributes = message.attributes().unwrap().iter();
    let attributes: serde_json::Map<_, _> = attributes
        .map(|(name, value)| (name.as_str().to_owned(), Value::from(value.clone())))
        .collect();
    json!({ "Records": [{
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:tenantry-reports",
        "awsRegion": "us-east-1",
    }] })
}
