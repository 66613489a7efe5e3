//! What a month costs.

use billing::domain::{Plan, PlanMeter};
use billing::invoice::{AmountError, Counted, Invoice, Usage};
use billing::period::Period;
use serde_json::{Value, json};

use crate::{NOW, Scene};

/// Counts so many events of a meter, an instant apart.
pub(crate) async fn count(scene: &Scene, meter: &str, quantity: u32) {
    scene
        .within(&format!(
            "INSERT INTO billing.usage_events (event_id, meter, quantity, occurred_at)
             SELECT gen_random_uuid(), '{meter}', 1, '2026-02-14 12:00:00Z'
               FROM generate_series(1, {quantity})"
        ))
        .await;
}

async fn preview(scene: &Scene) -> Value {
    scene.get("/v2/billing/invoices/preview").await
}

#[tokio::test]
async fn what_is_included_costs_nothing_more_and_the_next_unit_does() {
    let scene = Scene::new().await;
    scene.choose("pro").await;
    count(&scene, "reports", 200).await;
    count(&scene, "projects", 499).await;
    let included = preview(&scene).await;
    let base = json!({
        "meter": null,
        "description": "Pro plan",
        "quantity": 1,
        "unit_price_cents": 4900,
        "amount_cents": 4900,
    });
    assert_eq!(included["lines"], json!([base]));
    assert_eq!(included["total_cents"], 4900);

    count(&scene, "reports", 3).await;
    count(&scene, "projects", 2).await;
    let beyond = json!({
        "plan": "pro",
        "currency": "USD",
        "period": { "start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z" },
        "lines": [
            base,
            {
                "meter": "projects",
                "description": "projects beyond the 500 included",
                "quantity": 1,
                "unit_price_cents": 10,
                "amount_cents": 10,
            },
            {
                "meter": "reports",
                "description": "reports beyond the 200 included",
                "quantity": 3,
                "unit_price_cents": 50,
                "amount_cents": 150,
            },
        ],
        "total_cents": 5060,
    });
    assert_eq!(preview(&scene).await, beyond);
}

#[tokio::test]
async fn a_month_is_priced_at_the_plan_in_force() {
    let scene = Scene::new().await;
    count(&scene, "reports", 203).await;
    assert_eq!(preview(&scene).await["total_cents"], 0, "free is free");
    scene.choose("pro").await;
    assert_eq!(preview(&scene).await["total_cents"], 4900 + 3 * 50);
    scene.choose("enterprise").await;
    assert_eq!(preview(&scene).await["total_cents"], 49900);
    scene
        .within("UPDATE billing.subscriptions SET status = 'cancelled'")
        .await;
    let cancelled = preview(&scene).await;
    assert_eq!(
        (
            cancelled["plan"].as_str(),
            cancelled["total_cents"].as_i64()
        ),
        (Some("free"), Some(0))
    );
}

#[tokio::test]
async fn an_amount_that_does_not_fit_is_a_failure_and_no_smaller_amount() {
    let scene = Scene::new().await;
    scene
        .sql(&format!(
            "INSERT INTO billing.plans VALUES ('dear', 'Dear', {}, 'USD', 1, 1, 1);
             INSERT INTO billing.plan_meters VALUES ('dear', 'reports', 0, 1)",
            i64::MAX
        ))
        .await;
    scene.choose("dear").await;
    assert_eq!(preview(&scene).await["total_cents"], i64::MAX);
    count(&scene, "reports", 1).await;
    let target = "/v2/billing/invoices/preview";
    let failed = scene.send(testkit::Call::get(target)).await.expect(500);
    assert_eq!(failed.json()["code"], "internal");
}

/// A plan that includes nothing of `reports`.
fn plan(price_cents: i64, unit_price_cents: i64) -> Plan {
    Plan {
        id: "p".to_owned(),
        name: "P".to_owned(),
        price_cents,
        currency: "USD".to_owned(),
        requests_per_minute: 1,
        requests_per_day: 1,
        reports_per_month: 1,
        reports_at_once: 1,
        meters: vec![PlanMeter {
            meter: "reports".to_owned(),
            included: 0,
            unit_price_cents,
        }],
    }
}

fn total(plan: Plan, quantity: i64) -> Result<i64, AmountError> {
    let counted = [Counted {
        meter: "reports".to_owned(),
        quantity,
    }];
    let usage = Usage::price(plan, Period::month_of(NOW), &counted)?;
    Ok(Invoice::preview(&usage)?.total_cents)
}

#[test]
fn sums_are_exact_up_to_the_last_cent_there_is() {
    assert_eq!(total(plan(0, 0), i64::MAX), Ok(0));
    assert_eq!(total(plan(0, 1), i64::MAX), Ok(i64::MAX));
    assert_eq!(total(plan(7, 1), i64::MAX - 7), Ok(i64::MAX));
    assert_eq!(total(plan(1, 3), 0), Ok(1));
    let beyond = |error: Result<i64, AmountError>| error.unwrap_err().to_string();
    assert_eq!(
        beyond(total(plan(0, 2), i64::MAX)),
        "the amount for reports is out of range"
    );
    assert_eq!(
        beyond(total(plan(1, 1), i64::MAX)),
        "the amount for the whole invoice is out of range"
    );
}

#[test]
fn what_a_plan_does_not_know_costs_nothing() {
    let counted = [Counted {
        meter: "minutes".to_owned(),
        quantity: 9,
    }];
    let usage = Usage::price(plan(5, 1), Period::month_of(NOW), &counted).unwrap();
    assert_eq!(usage.meters.len(), 1);
    assert_eq!(Invoice::preview(&usage).unwrap().total_cents, 5);
}
