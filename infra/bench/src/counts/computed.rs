//! Paths inside a function: the limiter, a cursor, a report.

use std::hint::black_box;

use report_worker::pdf;
use report_worker::report::{
    Align, Bar, BarChart, Column, Figure, Limits, ReportData, RowSpool, Table, Width,
};
use report_worker::theme::Theme;
use shared::clock::{Clock, micros};
use shared::config;
use shared::ids::TenantId;
use shared::limits::sliding::{Bucket, CELLS, cell_at};
use shared::limits::{Decision, DynamoDbLimiter, Scope};
use shared::page::Keyset;
use shared::quota::{Quotas, Window};
use shared::tenant::Tenant;
use time::Duration;
use uuid::Uuid;

use super::walk::WalkError;

/// More than any number of calls, so that all are admitted.
const QUOTAS: &str = "minute=10000,day=1000000";
const LIST: &str = "projects";
const REPORT_ROWS: u32 = 1_000;

fn quotas() -> Result<Quotas, WalkError> {
    QUOTAS.parse().map_err(WalkError::text)
}

fn millis(clock: &Clock) -> u64 {
    u64::try_from(micros(clock.now()) / 1_000).unwrap_or(0)
}

fn admitted(decision: &Decision) -> Result<(), WalkError> {
    match decision {
        Decision::Allow(_) => Ok(()),
        Decision::Deny { .. } => Err(WalkError::Answer("a refusal".to_owned())),
    }
}

/// Asks the table for one tenant after another request of it.
pub(super) async fn ask_table(clock: &Clock, calls: u32) -> Result<(), WalkError> {
    let limiter = DynamoDbLimiter::lazy(config::required("LIMITS_TABLE")?);
    let (scope, quotas) = (Scope::tenant(TenantId::new()), quotas()?);
    for _ in 0..calls {
        admitted(&limiter.take(&scope, &quotas, 1, millis(clock)).await?)?;
    }
    Ok(())
}

/// Decides about requests of a tenant that has been asking all along: all cells are taken.
pub(super) fn decide(clock: &Clock, calls: u32) -> Result<(), WalkError> {
    let (quotas, now_ms) = (quotas()?, millis(clock));
    let marks = [Window::Minute, Window::Day]
        .into_iter()
        .flat_map(|window| {
            let newest = cell_at(window, now_ms);
            (newest - CELLS + 1..=newest).map(move |cell| ((window, cell), 0))
        });
    let mut bucket = Bucket::stored(CELLS, marks);
    for _ in 0..calls {
        admitted(&black_box(&mut bucket).decide(black_box(&quotas), 1, now_ms))?;
    }
    Ok(())
}

/// Writes a cursor and reads it again.
pub(super) fn turn_pages(clock: &Clock, calls: u32) -> Result<(), WalkError> {
    let tenant = Tenant::vouched_for(TenantId::new());
    let place = Keyset {
        created_at: clock.now(),
        id: Uuid::now_v7(),
    };
    for _ in 0..calls {
        let cursor = black_box(place).to_cursor(tenant, LIST);
        let read = Keyset::from_cursor(black_box(&cursor), tenant, LIST)?;
        if read != place {
            return Err(WalkError::Answer(cursor));
        }
    }
    Ok(())
}

/// Draws a report as the worker would for a tenant with a thousand projects.
pub(super) fn draw(clock: &Clock, calls: u32) -> Result<(), WalkError> {
    let (report, theme) = (report(clock), Theme::default());
    for _ in 0..calls {
        let mut spool = RowSpool::new(REPORT_ROWS);
        for row in 1..=REPORT_ROWS {
            let name = format!("Project number {row}");
            spool.push([&*name, "active", "2026-03-01", "2026-11-23"])?;
        }
        let mut document = Vec::new();
        let drawn = pdf::render(
            &report,
            &theme,
            &mut spool.finish()?,
            &Limits::default(),
            &mut document,
        )?;
        if drawn.rows != REPORT_ROWS {
            return Err(WalkError::Answer(format!("{} rows", drawn.rows)));
        }
        black_box(document);
    }
    Ok(())
}

fn report(clock: &Clock) -> ReportData {
    let figure = |label: &str, value: &str| Figure {
        label: label.to_owned(),
        value: value.to_owned(),
        note: "of all".to_owned(),
    };
    let bar = |month: u32| Bar {
        label: format!("M{month}"),
        value: f64::from(month * 7 % 50),
        text: (month * 7 % 50).to_string(),
    };
    let column = |title: &str, align, width| Column {
        title: title.to_owned(),
        align,
        width,
    };
    ReportData {
        language: "en".to_owned(),
        locale: "en".to_owned(),
        tenant: "Acme".to_owned(),
        title: "Project summary".to_owned(),
        number: String::new(),
        period: "As of 2026-11-23".to_owned(),
        generated_at: clock.now() - Duration::HOUR,
        figures: vec![figure("Projects", "1,000"), figure("Active", "1,000")],
        charts: vec![
            BarChart {
                title: "New projects per month".to_owned(),
                bars: (1..=12).map(bar).collect(),
            }
            .into(),
        ],
        table: Table {
            title: "All projects".to_owned(),
            columns: vec![
                column("Project", Align::Start, Width::Share(1.0)),
                column("Status", Align::Start, Width::Points(70.0)),
                column("Created", Align::End, Width::Points(80.0)),
                column("Changed", Align::End, Width::Points(80.0)),
            ],
            totals: ["Total", "", "", "1,000"].map(str::to_owned).to_vec(),
        },
    }
}
