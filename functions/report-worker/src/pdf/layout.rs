//! Where things stand: the blocks of the first page, the table, and what repeats on each page.
//!
//! A block is prepared first (its texts are set, its height is known) and drawn later, because the
//! page breaks must be known before the first page is drawn.

mod chart;
mod columns;
mod figures;
mod front;
mod logo;
mod masthead;
mod pages;
mod placed;
mod table;
mod table_body;
mod table_strips;

pub(crate) use front::Front;
pub(crate) use pages::Pages;
pub(crate) use table::TableLayout;
pub(crate) use table_body::draw_table;

use std::borrow::Cow;

use crate::{report::Column, theme::Theme};

/// Between two blocks, in points.
const BLOCK_GAP: f64 = 18.0;

/// The theme, on paper turned by a quarter where the columns need it.
pub(crate) fn turned<'t>(theme: &'t Theme, columns: &[Column]) -> Cow<'t, Theme> {
    if columns::width_wanted(columns) <= theme.paper.content_width() {
        return Cow::Borrowed(theme);
    }
    let mut turned = theme.clone();
    turned.paper = turned.paper.landscape();
    Cow::Owned(turned)
}
