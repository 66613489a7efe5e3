//! The rows of a report, as paper and as a data file want them.

use serde_json::Value;
use shared::storage::Format;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Material;
use super::frame::Frame;
use super::words::{day, instant, minute};
use crate::csv::harmless;
use crate::pdf::RenderError;
use crate::report::{Align, Column, ReportData, RowSpool, Table, Width};

/// Rows read at a time: a batch's memory, and the most that one statement reads.
pub(super) const BATCH_ROWS: i64 = 1_000;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// What it is called in a data file. Programs rely on it.
    name: &'static str,
    /// What it is called on paper, and how it stands there; `None` where paper has no room for it.
    paper: Option<(&'static str, Align, Width)>,
}

impl Field {
    /// Words.
    pub(super) const fn words(name: &'static str, title: &'static str, width: Width) -> Self {
        Self {
            name,
            paper: Some((title, Align::Start, width)),
        }
    }

    /// Figures and days.
    pub(super) const fn figures(name: &'static str, title: &'static str, points: f64) -> Self {
        Self {
            name,
            paper: Some((title, Align::End, Width::Points(points))),
        }
    }

    /// For data files only.
    pub(super) const fn data(name: &'static str) -> Self {
        Self { name, paper: None }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    /// What somebody wrote.
    Text(&'a str),
    /// A word of ours.
    Word(&'a str),
    /// A count.
    Whole(i64),
    /// An amount, in hundredths of its currency's unit.
    Money(i64),
    /// An instant of which paper shows the day.
    Day(OffsetDateTime),
    /// An instant of which paper shows the minute.
    Minute(OffsetDateTime),
    /// An identity.
    Id(Option<Uuid>),
    /// Something with members of its own.
    Json(&'a Value),
}

impl Cell<'_> {
    fn on_paper(self, frame: &Frame<'_>) -> String {
        match self {
            Self::Text(text) | Self::Word(text) => text.to_owned(),
            Self::Whole(count) => frame.whole(count),
            Self::Money(cents) => frame.money(cents),
            Self::Day(at) => day(at),
            Self::Minute(at) => minute(at),
            Self::Id(id) => identity(id),
            Self::Json(value) => value.to_string(),
        }
    }

    fn in_data(self) -> String {
        match self {
            Self::Text(text) => harmless(text).into_owned(),
            Self::Whole(number) | Self::Money(number) => number.to_string(),
            Self::Day(at) | Self::Minute(at) => instant(at),
            Self::Word(word) => word.to_owned(),
            Self::Id(id) => identity(id),
            Self::Json(value) => harmless(&value.to_string()).into_owned(),
        }
    }
}

fn identity(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// Takes rows in.
pub(super) struct Sheet<'a> {
    frame: &'a Frame<'a>,
    fields: &'static [Field],
    spool: RowSpool,
}

impl<'a> Sheet<'a> {
    /// An empty one.
    pub(super) fn new(frame: &'a Frame<'a>, fields: &'static [Field]) -> Self {
        Self {
            frame,
            fields,
            spool: RowSpool::new(frame.order.limits.rows),
        }
    }

    /// Adds a row: a cell for each field.
    pub(super) fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), RenderError> {
        let cells = self.fields.iter().zip(cells);
        let texts: Vec<String> = match self.frame.order.format {
            Format::Pdf => cells
                .filter(|(field, _)| field.paper.is_some())
                .map(|(_, cell)| cell.on_paper(self.frame))
                .collect(),
            Format::Csv => cells.map(|(_, cell)| cell.in_data()).collect(),
        };
        self.spool.push(texts.iter().map(String::as_str))
    }

    /// Puts the rows to what stands around them, whose table still lacks its columns.
    pub(super) fn finish(self, data: ReportData) -> Result<Material, RenderError> {
        let table = Table {
            columns: columns(self.fields),
            ..data.table
        };
        Ok(Material {
            data: ReportData { table, ..data },
            rows: self.spool.finish()?,
            names: self.fields.iter().map(|field| field.name).collect(),
            settings: self.frame.settings.clone(),
        })
    }
}

fn columns(fields: &[Field]) -> Vec<Column> {
    let on_paper = fields.iter().filter_map(|field| field.paper);
    let column = |(title, align, width): (&str, Align, Width)| Column {
        title: title.to_owned(),
        align,
        width,
    };
    on_paper.map(column).collect()
}

/// A table with this title and this last row; [`Sheet::finish`] adds the columns.
pub(super) fn table(title: &str, totals: Vec<String>) -> Table {
    Table {
        title: title.to_owned(),
        columns: Vec::new(),
        totals,
    }
}
