//! The tables of capacity and cost.

use super::load::{
    BATCH_SECS, LIMITER_WRITES, MONTH_SECS, PEAK, acus, authorizer_part, busy, logged_gb,
};
use super::parts::{Cost, by_month, by_request, connections};
use super::walls::walls;
use crate::simulate::text::{Table, dollars, grouped};

/// Tenants, and their requests a second on average.
const STEPS: [(f64, f64); 5] = [
    (1.0, 1.0),
    (100.0, 10.0),
    (1_000.0, 100.0),
    (10_000.0, 1_000.0),
    (100_000.0, 10_000.0),
];
/// More connections than this are put behind a proxy: each is a process of the database with
/// megabytes of its own. An assumption.
const DIRECT_CONNECTIONS_MAX: f64 = 1_000.0;

/// All tables, in Markdown.
pub fn tables() -> String {
    let tables = [
        "What a million requests cost:\n\n",
        &costs(&by_request(1.0)),
        "\nWhat runs all the time costs in a month, with one tenant who asks for nothing:\n\n",
        &costs(&by_month(1.0, 0.0, false)),
        "\nWhat each step asks for in its busiest second, which is 5 times the mean:\n\n",
        &capacity(),
        "\nWhat each step costs in a month, and what it meets that the steps before did not:\n\n",
        &steps(),
        "\nWhere each limit is reached:\n\n",
        &limits(),
    ];
    tables.concat()
}

fn costs(costs: &[Cost]) -> String {
    let mut table = Table::new(["part", "how", "dollars"]);
    for cost in costs {
        table.row([
            cost.part.to_owned(),
            cost.because.clone(),
            dollars(cost.dollars),
        ]);
    }
    table.row(["together".to_owned(), String::new(), dollars(total(costs))]);
    table.markdown()
}

fn total(costs: &[Cost]) -> f64 {
    costs.iter().map(|cost| cost.dollars).sum()
}

fn capacity() -> String {
    let mut table = Table::new([
        "tenants",
        "requests/s, mean",
        "peak",
        "calls at once",
        "authorizer calls/s",
        "connections",
        "behind a proxy",
        "ACU, mean",
        "peak",
        "DynamoDB writes/s",
        "logs a day, GB",
    ]);
    for (tenants, rps) in STEPS {
        let peak = rps * PEAK;
        table.row([
            grouped(tenants, 0),
            grouped(rps, 0),
            grouped(peak, 0),
            grouped(busy(peak), 1),
            grouped(peak * authorizer_part(), 1),
            grouped(connections(rps), 0),
            grouped((peak * BATCH_SECS).ceil(), 0),
            grouped(acus(rps), 1),
            grouped(acus(peak), 1),
            grouped(peak * LIMITER_WRITES, 0),
            grouped(rps * 86_400.0 / 1e6 * logged_gb(), 1),
        ]);
    }
    table.markdown()
}

fn steps() -> String {
    let mut table = Table::new([
        "tenants",
        "million requests",
        "a month",
        "a million requests",
        "a tenant",
        "dearest parts",
        "new walls",
    ]);
    let mut before = 0.0;
    for (tenants, rps) in STEPS {
        let millions = rps * MONTH_SECS / 1e6;
        let proxied = connections(rps) > DIRECT_CONNECTIONS_MAX;
        let mut costs = by_request(millions);
        costs.extend(by_month(tenants, rps, proxied));
        let together = total(&costs);
        costs.sort_by(|left, right| right.dollars.total_cmp(&left.dollars));
        let dearest = costs.iter().take(2).map(|cost| cost.part);
        let walls = walls().into_iter();
        let new = walls.filter(|wall| wall.rps > before && wall.rps <= rps);
        let new: Vec<&str> = new.map(|wall| wall.part).collect();
        table.row([
            grouped(tenants, 0),
            grouped(millions, 1),
            dollars(together),
            dollars(together / millions),
            dollars(together / tenants),
            dearest.collect::<Vec<_>>().join("; "),
            match new.is_empty() {
                true => "none".to_owned(),
                false => new.join("; "),
            },
        ]);
        before = rps;
    }
    table.markdown()
}

fn limits() -> String {
    let mut table = Table::new(["part", "limit", "mean requests/s", "then"]);
    for wall in walls() {
        table.row([
            wall.part.to_owned(),
            wall.limit.to_owned(),
            grouped(wall.rps, 0),
            wall.remedy.to_owned(),
        ]);
    }
    table.markdown()
}
