//! Charts are drawn as vectors, with a text for those who do not see them.

use report_worker::{
    pdf::{Limit, RenderError},
    report::{
        BARS_MAX, CHARTS_MAX, Chart, Limits, LineChart, POINTS_MAX, Point, ReportData, SERIES_MAX,
        SHARES_MAX, Series, Share, ShareChart,
    },
};

use crate::{
    fixture::{chart, render_file, report, rows, spool, try_render},
    golden, tools,
};

/// A line's name, and its value at a point.
type Line = (&'static str, fn(u32) -> f64);

fn lines(labels: usize, series: &[Line]) -> LineChart {
    LineChart {
        title: "Active seats per week".to_owned(),
        labels: (1..=labels).map(|week| format!("W{week}")).collect(),
        series: series
            .iter()
            .map(|(name, value)| Series {
                name: (*name).to_owned(),
                points: (0..u32::try_from(labels).unwrap())
                    .map(|index| Point {
                        value: value(index),
                        text: format!("{}", value(index)),
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn shares(values: &[(&str, f64)]) -> ShareChart {
    ShareChart {
        title: "Amount by region".to_owned(),
        shares: values
            .iter()
            .map(|(label, value)| Share {
                label: (*label).to_owned(),
                value: *value,
                text: format!("€ {value}"),
            })
            .collect(),
    }
}

fn week(index: u32) -> f64 {
    f64::from(120 + index * 7 % 40)
}

fn other_week(index: u32) -> f64 {
    // Two weeks were not counted.
    match index {
        20 | 21 => f64::NAN,
        _ => f64::from(60 + index * 2),
    }
}

const REGIONS: [(&str, f64); 5] = [
    ("Iberia", 4_200.0),
    ("Nordics", 2_600.0),
    ("دول الخليج", 1_800.0),
    ("Other", 1_400.0),
    ("None", 0.0),
];

fn with_charts(charts: Vec<Chart>) -> ReportData {
    let mut report = report();
    report.charts = charts;
    report
}

fn every_kind() -> ReportData {
    with_charts(vec![
        chart().into(),
        Chart::Lines(lines(
            52,
            &[("Northwind", week), ("Tern & Gull", other_week)],
        )),
        Chart::Shares(shares(&REGIONS)),
    ])
}

#[test]
fn every_kind_of_chart_is_read_out() {
    let rendered = render_file("charts", &every_kind(), &rows(3));
    tools::check(&rendered.path);
    let objects = tools::objects(&rendered.path);
    for alternative in [
        "u:Bar chart: Amount per month, in euro. Jan 71000, Feb 71911",
        "u:Line chart: Active seats per week. Northwind: W1 120, W2 127",
        " Tern & Gull: W1 60, W2 62",
        "u:Share chart: Amount by region. Iberia € 4200, 42 %, Nordics € 2600, 26 %",
    ] {
        assert!(objects.contains(alternative), "{alternative}");
    }
    let structure = tools::structure(&rendered.path);
    assert_eq!(structure.matches("Figure").count(), 3, "{structure}");
    let text = tools::squeezed(&tools::page_texts(&rendered.path).concat());
    for shown in [
        "Tern&Gull",
        "W1",
        "Nordics€260026%",
        "None€00%",
        "دولالخليج€1800",
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
    tools::conform(&[rendered.path]).unwrap();
}

#[test]
fn charts_are_lines_and_curves_and_no_pictures() {
    let rendered = render_file("charts-vectors", &every_kind(), &rows(3));
    let content = tools::contents(&rendered.path);
    assert!(!content.contains("/Subtype /Image"));
    // Two lines, one of them in two pieces, and a sample of each.
    assert_eq!(content.matches("\nS Q").count(), 5);
    // Four parts that are not nothing.
    assert_eq!(content.matches("\nb Q").count(), 4);
}

#[test]
fn a_chart_without_room_moves_to_the_next_page() {
    let many = vec![Chart::Shares(shares(&REGIONS)); CHARTS_MAX];
    let rendered = render_file("charts-many", &with_charts(many), &rows(40));
    tools::check(&rendered.path);
    let pages = tools::page_texts(&rendered.path);
    let charts: Vec<usize> = pages
        .iter()
        .map(|page| page.matches("Amount by region").count())
        .collect();
    assert_eq!(charts.iter().sum::<usize>(), CHARTS_MAX, "{charts:?}");
    assert!(
        charts[0] < CHARTS_MAX && charts[0] > 0 && charts[1] > 0,
        "{charts:?}"
    );
    let last = pages.len();
    assert_eq!(last, usize::try_from(rendered.summary.pages).unwrap());
    assert!(pages[last - 1].contains(&format!("Page {last} of {last}")));
    for word in tools::words(&rendered.path) {
        assert!(word.bottom < 841.9, "{word:?}");
    }
}

#[test]
fn values_that_are_no_numbers_are_drawn_as_nothing() {
    fn wild(index: u32) -> f64 {
        [f64::NAN, f64::INFINITY, -1e300, f64::MIN_POSITIVE, -3.0]
            [usize::try_from(index % 5).unwrap()]
    }
    let values: Vec<f64> = (0..5).map(wild).collect();
    let parts: Vec<(&str, f64)> = values.iter().map(|value| ("x", *value)).collect();
    let charts = vec![
        Chart::Lines(lines(1, &[("one", wild)])),
        Chart::Lines(lines(
            POINTS_MAX,
            &[("a", wild), ("b", wild), ("c", wild), ("", wild)],
        )),
        Chart::Shares(shares(&parts)),
        Chart::Shares(shares(&[("nothing", 0.0)])),
        Chart::Shares(shares(&[("all", 1.0)])),
        Chart::Shares(shares(&[])),
    ];
    let rendered = render_file("charts-wild", &with_charts(charts), &rows(3));
    tools::check(&rendered.path);
    let content = tools::contents(&rendered.path);
    assert!(!content.contains("NaN") && !content.contains("inf"));
    tools::conform(&[rendered.path]).unwrap();
}

#[test]
fn charts_hold_what_a_page_can_show() {
    let one: Line = ("one", week);
    let bars = chart();
    let too_many_bars = vec![bars.bars[0].clone(); BARS_MAX + 1];
    for (charts, what) in [
        (
            vec![Chart::Shares(shares(&REGIONS)); CHARTS_MAX + 1],
            Limit::Charts,
        ),
        (
            vec![Chart::Lines(lines(2, &[one; SERIES_MAX + 1]))],
            Limit::Series,
        ),
        (
            vec![Chart::Lines(lines(POINTS_MAX + 1, &[one]))],
            Limit::Points,
        ),
        (
            vec![Chart::Shares(shares(&[("x", 1.0); SHARES_MAX + 1]))],
            Limit::Shares,
        ),
        (
            vec![Chart::Bars(report_worker::report::BarChart {
                bars: too_many_bars,
                ..bars.clone()
            })],
            Limit::Bars,
        ),
    ] {
        let report = with_charts(charts);
        match try_render(&report, &mut spool(&[]), &Limits::default()).unwrap_err() {
            RenderError::TooLarge { limit, .. } => assert_eq!(limit, what),
            other => panic!("{what:?}: {other}"),
        }
    }
    // The control: as much as is allowed.
    let most = with_charts(vec![
        Chart::Lines(lines(POINTS_MAX, &[one; SERIES_MAX])),
        Chart::Shares(shares(&[("x", 1.0); SHARES_MAX])),
    ]);
    try_render(&most, &mut spool(&[]), &Limits::default()).unwrap();
    let mut uneven = lines(3, &[one]);
    uneven.series[0].points.pop();
    let report = with_charts(vec![Chart::Lines(uneven)]);
    let error = try_render(&report, &mut spool(&[]), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "a line has 2 points for 3 labels");
}

#[test]
fn charts_look_as_they_should() {
    let rendered = render_file("golden-charts", &every_kind(), &rows(3));
    golden::assert_looks_like(&rendered.path, 1, "charts");
}
