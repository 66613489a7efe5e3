//! Charts of several kinds, as data.

use super::BarChart;

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// Values side by side.
    Bars(BarChart),
    /// Values over time, one line for each series.
    Lines(LineChart),
    /// Parts of a whole, as a ring.
    Shares(ShareChart),
}

impl From<BarChart> for Chart {
    fn from(chart: BarChart) -> Self {
        Self::Bars(chart)
    }
}

/// A chart of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// The chart's heading.
    pub title: String,
    /// What stands below the points, from left to right; at most [`super::POINTS_MAX`].
    pub labels: Vec<String>,
    /// The lines; at most [`super::SERIES_MAX`], each with one point for each label.
    pub series: Vec<Series>,
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the line shows.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<Point>,
}

/// One point of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The point's height; a value that is not finite leaves a gap.
    pub value: f64,
    /// The value as the reader hears it.
    pub text: String,
}

/// A chart of parts of a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareChart {
    /// The chart's heading.
    pub title: String,
    /// The parts, clockwise from the top; at most [`super::SHARES_MAX`].
    pub shares: Vec<Share>,
}

/// One part of a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// What the part is.
    pub label: String,
    /// How much of it there is; a value that is not finite or below zero counts as nothing.
    pub value: f64,
    /// The value as the reader sees and hears it.
    pub text: String,
}
