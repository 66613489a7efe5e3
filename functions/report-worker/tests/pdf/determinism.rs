//! The same input gives the same bytes, another input gives others.

use aws_lc_rs::digest::{SHA256, digest};
use report_worker::report::Limits;
use shared::hex;
use time::{Duration, UtcOffset};

use crate::fixture::{report, rows, spool, try_render};

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (report, mut rows) = (report(), rows(300));
    for (row, name) in rows
        .iter_mut()
        .zip(["東京", "شركة", "נמל", "서울", "🚀"].iter().cycle())
    {
        row[1].push_str(name);
    }
    let limits = Limits::default();
    let (first, bytes) = try_render(&report, &mut spool(&rows), &limits).unwrap();
    let (second, again) = try_render(&report, &mut spool(&rows), &limits).unwrap();
    assert_eq!(first, second);
    assert!(bytes == again);
    assert_eq!(digest(&SHA256, &bytes).as_ref(), first.sha256);

    // The same moment elsewhere on earth is the same input.
    let mut elsewhere = report;
    elsewhere.generated_at = elsewhere
        .generated_at
        .to_offset(UtcOffset::from_hms(5, 30, 0).unwrap());
    let (third, _) = try_render(&elsewhere, &mut spool(&rows), &limits).unwrap();
    assert_eq!(first.sha256, third.sha256);
}

#[test]
fn another_input_gives_other_bytes_and_another_identifier() {
    let (first, rows) = (report(), rows(3));
    let mut later = first.clone();
    later.generated_at += Duration::SECOND;
    let limits = Limits::default();
    let identifiers = [&first, &later].map(|report| {
        let (summary, bytes) = try_render(report, &mut spool(&rows), &limits).unwrap();
        let hex = hex::digits(&summary.sha256);
        let start = bytes.windows(5).rposition(|part| part == b"/ID[<").unwrap();
        (hex, bytes[start + 5..start + 37].to_vec())
    });
    assert_ne!(identifiers[0].0, identifiers[1].0);
    assert_ne!(identifiers[0].1, identifiers[1].1);
}
