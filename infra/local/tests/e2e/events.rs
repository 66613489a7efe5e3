//! Domain events on their way: from the outboxes through the queue.

use aws_sdk_sqs::types::QueueAttributeName;
use uuid::Uuid;

use crate::{
    database::Database,
    world::{OFTEN, World, until},
};

const QUEUE: &str = "UsageQueue";

/// Waits until no event of a tenant is under way any more.
pub(crate) async fn settled(world: &World, tenant: &str) {
    let database = Database::of(world).await;
    let tenant: Uuid = tenant.parse().unwrap();
    until("empty outboxes", OFTEN, async || {
        unsent(&database, &tenant).await == 0
    })
    .await;
    // What was sent is in the queue or done with, and what is being worked on is still in it.
    until("an empty queue", OFTEN, async || in_queue(world).await == 0).await;
}

async fn unsent(database: &Database, tenant: &Uuid) -> i64 {
    let domains = "SELECT * FROM app.outbox_domains()";
    let domains = database.client.query(domains, &[]).await.unwrap();
    let mut unsent = 0;
    for row in domains {
        let domain: &str = row.get(0);
        let count = format!(
            "SELECT count(*) FROM {domain}.outbox WHERE tenant_id = $1 AND sent_at IS NULL"
        );
        unsent += database.number(&count, &[tenant]).await;
    }
    unsent
}

async fn in_queue(world: &World) -> u64 {
    let url = &world.stack.template().queue(QUEUE).unwrap().url;
    let ask = world.stack.clients().sqs.get_queue_attributes();
    let ask = ask.queue_url(url).attribute_names(QueueAttributeName::All);
    let attributes = ask.send().await.unwrap().attributes.unwrap();
    let states = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let counts = states.iter().map(|state| attributes[state].parse::<u64>());
    counts.map(Result::unwrap).sum()
}

/// Puts a text into the queue of events.
pub(crate) async fn send(world: &World, body: &str) {
    let url = &world.stack.template().queue(QUEUE).unwrap().url;
    let send = world.stack.clients().sqs.send_message();
    send.queue_url(url).message_body(body).send().await.unwrap();
}
