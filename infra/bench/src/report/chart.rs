//! The findings as a picture: small multiples of bars, each with its own linear scale from zero.

use std::fmt::{self, Write as _};

use super::Report;
use crate::contest::warm::Warm;
use crate::stats::Spread;

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 16.0;
/// Room for the names on the left and the figures on the right.
const NAMES: f64 = 190.0;
const FIGURES: f64 = 90.0;
const BAR: f64 = 16.0;
const GAP: f64 = 6.0;
const TITLE: f64 = 34.0;
const HEADER: f64 = 44.0;

/// Colours that can be told apart by everybody, on light and on dark ground.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#57606a}.t{font-weight:600}\
    .n{text-anchor:end}.b{fill:#3572b0}.p{fill:#c8793a}.s{stroke:#57606a;stroke-width:1}";

/// One bar.
struct Bar {
    name: String,
    seen: Spread,
}

/// Bars that can be compared.
struct Panel {
    title: &'static str,
    bars: Vec<Bar>,
}

/// The picture of a run, as SVG.
pub fn of(report: &Report) -> Result<String, fmt::Error> {
    let panels: Vec<Panel> = panels(report)
        .into_iter()
        .filter(|panel| !panel.bars.is_empty())
        .collect();
    let height: f64 = panels.iter().map(Panel::height).sum::<f64>() + HEADER + MARGIN;
    let mut out = String::new();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">"
    )?;
    writeln!(
        out,
        "<title>Tenantry beside its floor and its peers</title>"
    )?;
    writeln!(out, "<style>{STYLE}</style>")?;
    let (machine, extent) = (&report.machine, &report.extent);
    let caption = format!(
        "{} cores of {}, {}; median and range of {} rounds",
        machine.cores, machine.processor, report.at, extent.rounds
    );
    writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"24\">{}</text>",
        escaped(&caption)
    )?;
    let mut top = HEADER;
    for panel in &panels {
        panel.draw(&mut out, top)?;
        top += panel.height();
    }
    out.push_str("</svg>\n");
    Ok(out)
}

fn panels(report: &Report) -> Vec<Panel> {
    let warm = |values: fn(&Warm) -> &[f64]| {
        bars(report.warm.iter().map(|warm| (warm.name, values(warm))))
    };
    let cold = report
        .cold
        .iter()
        .map(|cold| (cold.name, cold.to_next_ms.as_slice()));
    let memory = report
        .cold
        .iter()
        .map(|cold| (cold.name, cold.peak_mib.as_slice()));
    let most = report.throughput.iter().map(|one| one.instances).max();
    let busiest = report
        .throughput
        .iter()
        .filter(|one| Some(one.instances) == most);
    let busiest = busiest.map(|one| (one.name, one.per_second.as_slice()));
    let http = report
        .http
        .iter()
        .map(|one| (one.name.as_str(), one.per_second.as_slice()));
    [
        (
            "Warm list of 50 rows: CPU per call, µs",
            warm(|warm| &warm.cpu_us),
        ),
        (
            "Warm list of 50 rows: median time, µs",
            warm(|warm| &warm.p50_us),
        ),
        ("Cold start: process to first event, ms", bars(cold)),
        ("Peak memory after the first answer, MiB", bars(memory)),
        ("Calls per second, most instances", bars(busiest)),
        ("Answers per second over HTTP", bars(http)),
    ]
    .map(|(title, bars)| Panel { title, bars })
    .into()
}

fn bars<'a>(figures: impl Iterator<Item = (&'a str, &'a [f64])>) -> Vec<Bar> {
    let bar = |(name, values): (&str, &[f64])| Bar {
        name: name.to_owned(),
        seen: Spread::of(values.to_vec()),
    };
    figures.map(bar).collect()
}

impl Panel {
    fn height(&self) -> f64 {
        self.bars.iter().fold(TITLE, |height, _| height + BAR + GAP)
    }

    fn draw(&self, out: &mut String, top: f64) -> fmt::Result {
        let highest = self.bars.iter().map(|bar| bar.seen.max);
        let scale = (WIDTH - NAMES - FIGURES - MARGIN) / highest.fold(f64::MIN_POSITIVE, f64::max);
        let title = top + TITLE - 12.0;
        writeln!(
            out,
            "<text class=\"t\" x=\"{MARGIN}\" y=\"{title}\">{}</text>",
            escaped(self.title)
        )?;
        let mut y = top + TITLE;
        for bar in &self.bars {
            bar.draw(out, y, scale)?;
            y += BAR + GAP;
        }
        Ok(())
    }
}

impl Bar {
    fn draw(&self, out: &mut String, y: f64, scale: f64) -> fmt::Result {
        let Spread { median, min, max } = self.seen;
        let [length, from, to] = [median, min, max].map(|value| value * scale);
        let class = if self.is_ours() { "b" } else { "p" };
        let (text, middle) = (y + BAR - 3.0, y + BAR / 2.0);
        let (name, end) = (escaped(&self.name), NAMES - 8.0);
        writeln!(
            out,
            "<text class=\"n\" x=\"{end}\" y=\"{text}\">{name}</text>"
        )?;
        writeln!(
            out,
            "<rect class=\"{class}\" x=\"{NAMES}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\"/>"
        )?;
        writeln!(
            out,
            "<line class=\"s\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>",
            NAMES + from,
            NAMES + to
        )?;
        let digits = usize::from(median < 100.0);
        let figure = NAMES + to.max(length) + 6.0;
        writeln!(
            out,
            "<text x=\"{figure:.1}\" y=\"{text}\">{median:.digits$}</text>"
        )
    }

    fn is_ours(&self) -> bool {
        !["fastapi", "floor"]
            .iter()
            .any(|peer| self.name.starts_with(peer))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
