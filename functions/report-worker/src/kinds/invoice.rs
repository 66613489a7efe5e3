//! The invoice of a month: the plan's price and what went beyond it, at the prices of the plan that
//! is in force when it is made.

use shared::db::Transaction;

use super::frame::Frame;
use super::period::Period;
use super::sheet::{Cell, Field, Sheet, table};
use super::terms::{self, Meter, Plan};
use super::usage_statement::Params;
use super::{Material, Order};
use crate::job::JobError;
use crate::report::{Figure, ReportData, Width};

const FIELDS: &[Field] = &[
    Field::data("month"),
    Field::words("description", "Description", Width::Share(1.0)),
    Field::data("meter"),
    Field::figures("quantity", "Quantity", 70.0),
    Field::figures("unit_price_cents", "Each", 80.0),
    Field::figures("amount_cents", "Amount", 100.0),
    Field::data("currency"),
];

/// One position.
struct Line {
    /// The meter whose overage it is; empty for the plan itself.
    meter: String,
    description: String,
    quantity: i64,
    unit_price_cents: i64,
    amount_cents: i64,
}

impl Line {
    fn of_plan(plan: &Plan) -> Self {
        Self {
            meter: String::new(),
            description: format!("{} plan", plan.name),
            quantity: 1,
            unit_price_cents: plan.price_cents,
            amount_cents: plan.price_cents,
        }
    }

    fn beyond(meter: &Meter) -> Result<Self, JobError> {
        Ok(Self {
            meter: meter.name.clone(),
            description: format!("{} beyond the {} included", meter.name, meter.included),
            quantity: meter.beyond(),
            unit_price_cents: meter.unit_price_cents,
            amount_cents: meter.cost_cents()?,
        })
    }
}

pub(super) async fn read(
    transaction: &mut Transaction<'_>,
    order: &Order<'_>,
) -> Result<Material, JobError> {
    let params: Params = order.read()?;
    let period = Period::read(&params.period, order.asked_at)?;
    let work = (terms::plan(), terms::meters(period.start));
    let (frame, (plan, meters)) = Frame::begin(transaction, order, work).await?;
    let beyond = meters.iter().filter(|meter| meter.beyond() > 0);
    let lines = std::iter::once(Ok(Line::of_plan(&plan))).chain(beyond.map(Line::beyond));
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let total_cents = terms::total(lines.iter().map(|line| line.amount_cents))?;
    let number = number(&period);
    let mut sheet = Sheet::new(&frame, FIELDS);
    for line in &lines {
        sheet.push(&[
            Cell::Word(&number),
            Cell::Text(&line.description),
            Cell::Word(&line.meter),
            Cell::Whole(line.quantity),
            Cell::Money(line.unit_price_cents),
            Cell::Money(line.amount_cents),
            Cell::Word(&plan.currency),
        ])?;
    }
    let title = params.title.unwrap_or_else(|| "Invoice".to_owned());
    Ok(sheet.finish(present(&frame, title, period, &plan, total_cents))?)
}

/// A tenant has one invoice a month.
fn number(period: &Period) -> String {
    let (year, month) = (period.start.year(), u8::from(period.start.month()));
    format!("{year:04}-{month:02}")
}

fn present(
    frame: &Frame<'_>,
    title: String,
    period: Period,
    plan: &Plan,
    total_cents: i64,
) -> ReportData {
    let total = format!("{} {}", frame.money(total_cents), plan.currency);
    let standing = match frame.order.now < period.end {
        true => "draft: the month goes on",
        false => "",
    };
    let tile = |label: &str, value: String, note: &str| Figure {
        label: label.to_owned(),
        value,
        note: note.to_owned(),
    };
    ReportData {
        number: number(&period),
        figures: vec![
            tile("Total", total.clone(), standing),
            tile("Plan", plan.name.clone(), "in force now"),
        ],
        table: table(
            &format!("Amounts in {}", plan.currency),
            vec!["Total".to_owned(), String::new(), String::new(), total],
        ),
        ..frame.around(title, period.words)
    }
}
