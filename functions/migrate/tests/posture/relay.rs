//! The relay's functions: each event to one taker, nothing lost, nothing kept for ever.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::database::{Database, state};
use crate::seed;

const TAKE: &str = "SELECT * FROM app.outbox_take($1, interval '0', $2)";
const SENT: &str = "SELECT app.outbox_sent($1, $2, $3)";

async fn fill(database: &Database, tenant: Uuid, events: i32) {
    let client = database.entered("projects", tenant).await;
    client
        .execute(
            "INSERT INTO outbox (type, dedup, data)
             SELECT 'project.created', 'more ' || n, jsonb_build_object('n', n) FROM generate_series(1, $1) AS n",
            &[&events],
        )
        .await
        .unwrap();
    client.batch_execute("COMMIT").await.unwrap();
}

fn keys(rows: &[Row]) -> Vec<(Uuid, Uuid)> {
    rows.iter()
        .map(|row| (row.get("tenant_id"), row.get("id")))
        .collect()
}

async fn mark(relay: &Client, keys: &[(Uuid, Uuid)]) -> i32 {
    let (tenants, ids): (Vec<Uuid>, Vec<Uuid>) = keys.iter().copied().unzip();
    relay
        .query_one(SENT, &[&"projects", &tenants, &ids])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test]
async fn an_event_is_taken_once_sent_once_and_purged_in_time() {
    Database::with_migrated(async |database| {
        let a = seed::tenant(&database, "acme").await.id;
        let b = seed::tenant(&database, "beta").await.id;
        let relay = database.service("relay").await;
        let owner = database.owner().await;
        let taken = relay.query(TAKE, &[&"projects", &10_i32]).await.unwrap();
        let events = keys(&taken);
        assert_eq!(
            events.iter().map(|key| key.0).collect::<BTreeSet<_>>(),
            BTreeSet::from([a, b])
        );
        assert_eq!(taken[0].get::<_, String>("type"), "project.created");
        assert_eq!(taken[0].get::<_, i32>("attempts"), 1);
        assert_eq!(
            relay
                .query(TAKE, &[&"projects", &10_i32])
                .await
                .unwrap()
                .len(),
            0,
            "claimed"
        );

        owner
            .batch_execute("UPDATE projects.outbox SET claimed_until = now() - interval '1 second'")
            .await
            .unwrap();
        let again = relay.query(TAKE, &[&"projects", &10_i32]).await.unwrap();
        assert_eq!(again.len(), 2, "a claim that ran out");
        assert_eq!(again[0].get::<_, i32>("attempts"), 2);

        let foreign = if events[0].0 == a { b } else { a };
        let misnamed = [(foreign, events[0].1)];
        assert_eq!(mark(&relay, &misnamed).await, 0, "an id of another tenant");
        assert_eq!(mark(&relay, &events[..1]).await, 1);
        assert_eq!(mark(&relay, &events).await, 1, "the other one");
        assert_eq!(mark(&relay, &events).await, 0, "marked before");
        let purge = "SELECT app.outbox_purge('projects', 10)";
        assert_eq!(
            relay.query_one(purge, &[]).await.unwrap().get::<_, i32>(0),
            0,
            "too young"
        );
        fill(&database, a, 1).await;
        owner
            .batch_execute(
                "UPDATE projects.outbox SET sent_at = sent_at - interval '100 days 1 second',
                        occurred_at = occurred_at - interval '101 days'",
            )
            .await
            .unwrap();
        assert_eq!(
            relay.query_one(purge, &[]).await.unwrap().get::<_, i32>(0),
            2
        );
        assert_eq!(
            relay
                .query(TAKE, &[&"projects", &10_i32])
                .await
                .unwrap()
                .len(),
            1,
            "unsent stays"
        );
    })
    .await;
}

#[tokio::test]
async fn concurrent_takers_share_the_events_out() {
    const TAKERS: usize = 6;
    const TAKES_MAX: usize = 100;
    Database::with_migrated(async |database| {
        let tenant = seed::tenant(&database, "acme").await.id;
        fill(&database, tenant, 99).await;
        let takers = (0..TAKERS).map(async |_| {
            let relay = database.service("relay").await;
            let mut mine = Vec::new();
            for _ in 0..TAKES_MAX {
                let rows = relay.query(TAKE, &[&"projects", &3_i32]).await.unwrap();
                if rows.is_empty() {
                    break;
                }
                mine.extend(keys(&rows));
            }
            mine
        });
        let taken: Vec<(Uuid, Uuid)> = futures_util::future::join_all(takers).await.concat();
        let distinct: BTreeSet<_> = taken.iter().collect();
        assert_eq!(taken.len(), distinct.len(), "handed out twice");
        assert_eq!(distinct.len(), 100);
    })
    .await;
}

#[tokio::test]
async fn an_event_waits_until_it_is_old_enough() {
    Database::with_migrated(async |database| {
        seed::tenant(&database, "acme").await;
        let relay = database.service("relay").await;
        let young = "SELECT * FROM app.outbox_take('reports', interval '30 seconds', 10)";
        assert_eq!(relay.query(young, &[]).await.unwrap().len(), 0);
        database
            .owner()
            .await
            .batch_execute(
                "UPDATE reports.outbox SET occurred_at = occurred_at - interval '31 seconds'",
            )
            .await
            .unwrap();
        assert_eq!(relay.query(young, &[]).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_domain_is_named_by_the_register_only() {
    Database::with_migrated(async |database| {
        let relay = database.service("relay").await;
        let domains: Vec<String> = relay
            .query("SELECT app.outbox_domains()", &[])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert_eq!(
            domains,
            ["auth", "billing", "projects", "reports", "webhooks"]
        );
        for domain in ["app", "public", "", "projects.outbox; --", "pg_catalog"] {
            let refused = relay.query(TAKE, &[&domain, &1_i32]).await;
            assert_eq!(
                state(refused),
                SqlState::INVALID_PARAMETER_VALUE,
                "{domain}"
            );
        }
        let uneven = relay
            .query(SENT, &[&"auth", &vec![Uuid::now_v7()], &Vec::<Uuid>::new()])
            .await;
        assert_eq!(state(uneven), SqlState::INVALID_PARAMETER_VALUE);
    })
    .await;
}

#[tokio::test]
async fn records_of_a_day_ago_expire_in_all_domains() {
    Database::with_migrated(async |database| {
        seed::tenant(&database, "acme").await;
        seed::tenant(&database, "beta").await;
        let relay = database.service("relay").await;
        let expire = async |rows: i32| -> i32 {
            relay.query_one("SELECT app.idempotency_expire($1)", &[&rows]).await.unwrap().get(0)
        };
        assert_eq!(expire(10).await, 0, "too young");
        let owner = database.owner().await;
        for domain in ["projects", "reports"] {
            owner
                .batch_execute(&format!(
                    "UPDATE {domain}.idempotency SET created_at = created_at - interval '24 hours 1 second'"
                ))
                .await
                .unwrap();
        }
        assert_eq!(expire(3).await, 3, "no more than asked for, over two domains");
        assert_eq!(expire(10).await, 1);
    })
    .await;
}
