//! What the tour prints: each request and its answer, cut to a line.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use serde_json::Value;
use uuid::Uuid;

use crate::api::{Call, Reply};

/// Where a line is cut: it fits a terminal of a hundred columns.
const LINE_CHARS_MAX: usize = 98;
/// How much of a request stands on a line together with its answer.
const BRIEF_CHARS_MAX: usize = 80;
/// Members that nobody should see.
const SECRETS: [&str; 3] = ["password", "access_token", "refresh_token"];

/// Begins a chapter.
pub(super) fn chapter(title: &str) {
    print(&format!("\n{title}"));
}

/// Prints a request.
pub(super) fn asked(call: &Call) {
    print(&cut(&request(call), LINE_CHARS_MAX));
}

/// Prints an answer, and below it the headers `shown`.
pub(super) fn answered(reply: &Reply, shown: &[&str]) {
    let body = legible(&String::from_utf8_lossy(&reply.body));
    print(&cut(
        &format!("  ← {} {body}", reply.status),
        LINE_CHARS_MAX,
    ));
    for name in shown {
        note(format_args!("{name}: {}", reply.header(name)));
    }
}

/// Prints a request and the status of its answer on one line.
pub(super) fn briefly(call: &Call, reply: &Reply) {
    let request = cut(&request(call), BRIEF_CHARS_MAX);
    print(&format!("{request} ← {}", reply.status));
}

/// Prints a remark on an answer.
pub(super) fn note(text: impl Display) {
    print(&cut(&format!("    {text}"), LINE_CHARS_MAX));
}

/// A closed terminal is no reason to stop.
fn print(line: &str) {
    drop(writeln!(io::stdout().lock(), "{line}"));
}

fn request(call: &Call) -> String {
    let body = legible(call.body().unwrap_or_default());
    format!("  → {} {body}", legible(&call.name()))
}

/// A text without secrets, and with ids by their last digits.
fn legible(text: &str) -> String {
    let mut text = text.to_owned();
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    for name in SECRETS {
        if let Some(secret) = json.get(name).and_then(Value::as_str) {
            text = text.replace(secret, "…");
        }
    }
    let ids: Vec<String> = text
        .split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-')
        .filter(|word| Uuid::try_parse(word).is_ok())
        .map(str::to_owned)
        .collect();
    for id in ids {
        let end = id.rsplit('-').next().unwrap_or_default();
        text = text.replace(&id, &format!("…{end}"));
    }
    text
}

fn cut(line: &str, chars_max: usize) -> String {
    if line.chars().count() <= chars_max {
        return line.trim_end().to_owned();
    }
    let mut short: String = line.chars().take(chars_max).collect();
    short.push('…');
    short
}
