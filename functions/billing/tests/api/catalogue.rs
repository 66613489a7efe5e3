//! What is on sale.

use serde_json::json;

use crate::Scene;

#[tokio::test]
async fn v2_lists_plans_with_their_limits_and_prices() {
    let scene = Scene::new().await;
    let list = scene.get("/v2/billing/plans").await;
    assert_eq!(list["meta"], json!({ "total": 3 }));
    let plans = list["data"].as_array().unwrap();
    let ids: Vec<_> = plans
        .iter()
        .map(|plan| plan["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["free", "pro", "enterprise"], "cheapest first");
    assert_eq!(
        list["data"][1],
        json!({
            "id": "pro",
            "name": "Pro",
            "price_cents": 4900,
            "currency": "USD",
            "limits": {
                "requests_per_minute": 1000,
                "requests_per_day": 100_000,
                "reports_per_month": 1000,
                "reports_at_once": 4,
            },
            "meters": [
                { "meter": "projects", "included": 500, "unit_price_cents": 10 },
                { "meter": "reports", "included": 200, "unit_price_cents": 50 },
            ],
        })
    );
}

#[tokio::test]
async fn a_plan_that_counts_nothing_is_listed_too() {
    let scene = Scene::new().await;
    scene
        .sql("INSERT INTO billing.plans VALUES ('flat', 'Flat', 100, 'USD', 1, 1, 1)")
        .await;
    let list = scene.get("/v2/billing/plans").await;
    assert_eq!(list["data"][1]["id"], "flat");
    assert_eq!(list["data"][1]["meters"], json!([]));
    scene.choose("flat").await;
    let invoice = scene.get("/v2/billing/invoices/preview").await;
    assert_eq!(invoice["total_cents"], 100);
}
