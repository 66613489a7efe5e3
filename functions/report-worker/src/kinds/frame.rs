//! What stands around the rows of every type, and how a tenant's figures are written.

use shared::db::{Transaction, Work};
use shared::storage::Format;

use super::settings::{self, Settings};
use super::{Order, sheet};
use crate::job::JobError;
use crate::report::{Numerals, ReportData};

/// The language of every report.
const LANGUAGE: &str = "en";
/// How many places after the point an amount has: hundredths.
const MONEY_DECIMALS: u8 = 2;

/// An order, and how its tenant's reports look.
pub(super) struct Frame<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) settings: Settings,
    numerals: Numerals,
}

impl<'a> Frame<'a> {
    /// Runs a type's first step, and finds the tenant's settings in the same round trip.
    pub(super) async fn begin<W: Work>(
        transaction: &mut Transaction<'_>,
        order: &'a Order<'a>,
        work: W,
    ) -> Result<(Self, W::Output), JobError> {
        let is_drawn = order.format == Format::Pdf;
        let (settings, output) = transaction.run((settings::find(is_drawn), work)).await?;
        let settings = settings.unwrap_or_default();
        let frame = Self {
            order,
            numerals: settings.numerals(),
            settings,
        };
        Ok((frame, output))
    }

    /// What stands around the rows of every type.
    pub(super) fn around(&self, title: impl Into<String>, period: String) -> ReportData {
        ReportData {
            language: LANGUAGE.to_owned(),
            locale: self.settings.locale().to_owned(),
            tenant: self.order.tenant_name.to_owned(),
            title: title.into(),
            number: String::new(),
            period,
            generated_at: self.order.now,
            figures: Vec::new(),
            charts: Vec::new(),
            table: sheet::table("", Vec::new()),
        }
    }

    /// A count with its thousands apart.
    pub(super) fn whole(&self, count: i64) -> String {
        self.numerals.integer(count)
    }

    /// An amount of hundredths in units.
    pub(super) fn money(&self, cents: i64) -> String {
        self.numerals.decimal(cents, MONEY_DECIMALS)
    }
}
