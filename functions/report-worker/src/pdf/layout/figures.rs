//! Key figures, as a grid of tiles.

use crate::{
    pdf::{
        canvas::Rect,
        document::Document,
        error::RenderError,
        text::{Style, Typesetter},
        units::times,
    },
    report::Figure,
    theme::{Color, Theme},
};

use super::{masthead::draw_paragraph, placed::Placed};

const TILES_PER_ROW_MAX: usize = 4;
const TILE_HEIGHT: f64 = 60.0;
const GAP: f64 = 9.0;
const PADDING: f64 = 11.0;
const RADIUS: f64 = 4.0;
/// Baselines of label, value and note, from the top of the tile.
const BASELINES: [f64; 3] = [17.0, 36.0, 49.5];
const VALUE_SIZE_MIN: f64 = 9.0;

/// Key figures, as a grid of tiles.
pub(super) struct Tiles {
    grid: Vec<Tile>,
    color: Color,
    bottom: f64,
}

struct Tile {
    bounds: Rect,
    texts: [Placed; 3],
}

impl Tiles {
    /// The figures from `top` down; `None` when there are none.
    pub(super) fn prepare(
        figures: &[Figure],
        theme: &Theme,
        top: f64,
        text: &mut Typesetter,
    ) -> Option<Self> {
        let rows = figures.len().div_ceil(TILES_PER_ROW_MAX);
        if rows == 0 {
            return None;
        }
        let per_row = figures.len().div_ceil(rows);
        let paper = theme.paper;
        let width = (paper.content_width() - GAP * (times(per_row) - 1.0)) / times(per_row);
        let tiles = figures
            .chunks(per_row)
            .enumerate()
            .flat_map(|(row, figures)| {
                figures.iter().enumerate().map(move |(column, figure)| {
                    let bounds = Rect {
                        x: paper.side + times(column) * (width + GAP),
                        y: top + times(row) * (TILE_HEIGHT + GAP),
                        width,
                        height: TILE_HEIGHT,
                    };
                    (bounds, figure)
                })
            })
            .map(|(bounds, figure)| Tile::prepare(figure, bounds, theme, text))
            .collect();
        Some(Self {
            grid: tiles,
            color: theme.tint(),
            bottom: top + times(rows) * (TILE_HEIGHT + GAP) - GAP,
        })
    }

    pub(super) fn bottom(&self) -> f64 {
        self.bottom
    }

    pub(super) fn draw(&self, document: &mut Document<'_>) -> Result<(), RenderError> {
        document.artifact(|canvas| {
            for tile in &self.grid {
                canvas.fill_rounded(tile.bounds, RADIUS, self.color);
            }
        });
        for text in self.grid.iter().flat_map(|tile| &tile.texts) {
            draw_paragraph(document, text)?;
        }
        Ok(())
    }
}

impl Tile {
    fn prepare(figure: &Figure, bounds: Rect, theme: &Theme, text: &mut Typesetter) -> Self {
        let (x, width) = (bounds.x + PADDING, bounds.width - 2.0 * PADDING);
        let small = Style::regular(theme.sizes.small, theme.muted);
        let large = Style::bold(theme.sizes.figure, theme.brand_on(theme.tint()));
        let label = text.fit(small, figure.label.trim(), width);
        let (value, large) = text.shrink(large, VALUE_SIZE_MIN, figure.value.trim(), width);
        let note = text.fit(small, figure.note.trim(), width);
        let [first, second, third] = BASELINES.map(|baseline| bounds.y + baseline);
        Self {
            bounds,
            texts: [
                Placed::from_left(label, small, x, first),
                Placed::from_left(value, large, x, second),
                Placed::from_left(note, small, x, third),
            ],
        }
    }
}
