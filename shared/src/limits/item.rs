//! A bucket as a DynamoDB item, and the conditional write that counts a request in it.
//!
//! ```text
//! pk    rl#tenant#0198…   n     everything ever admitted
//! ttl   when it may go    top   the highest n that was allowed when it was last written
//!                         plan  the quotas from which that followed
//! m895… d621…             marks: a window's letter, a cell's number, n when the cell began
//! ```
//!
//! Two quotas with all their cells taken stay under 1 KB, which is one write unit.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::sliding::{Bucket, billable, cell_at};
use crate::quota::{Quotas, Window};

/// An item as the SDK gives it: names and values.
pub type Item = HashMap<String, AttributeValue>;

/// The attribute that is the table's partition key.
pub const KEY: &str = "pk";

/// How many stale marks one write removes at most.
const REMOVALS_MAX: usize = 32;

/// The room for the text of an update without removals, in bytes.
const UPDATE_BYTES_USUAL: usize = 256;

/// The room for its names, and for its values: those of two quotas fit.
const PLACEHOLDERS_USUAL: usize = 7;

/// What is known of an item before it is written.
#[derive(Debug)]
pub(super) enum View {
    /// Nothing: this instance has not met it.
    Unknown,
    /// There is none.
    Absent,
    /// It was like this a while ago.
    Seen(Bucket),
}

/// What an `UpdateItem` is made of, besides table and key.
///
/// The grammar of its texts is the one of DynamoDB's expressions
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>).
#[derive(Debug, Clone)]
pub struct Write {
    /// What to set and what to remove.
    pub update: String,
    /// What must hold for that.
    pub condition: &'static str,
    /// The names behind the placeholders that begin with `#`.
    pub names: HashMap<String, String>,
    /// The values behind the placeholders that begin with `:`.
    pub values: HashMap<String, AttributeValue>,
}

impl Write {
    /// Counts a request of `cost` on the condition that it fits.
    ///
    /// The bound is the ceiling of what was seen. An instance that has seen nothing goes by the
    /// last writer's, which can only have risen since, unless that writer had other quotas in mind
    /// or the request is a dear one. When the condition fails, the answer brings the item along.
    pub(super) fn new(view: &View, quotas: &Quotas, cost: u32, now_ms: u64) -> Self {
        let cost = u64::from(billable(quotas, cost));
        match view {
            View::Seen(bucket) => Self::bounded(bucket, quotas, cost, now_ms),
            View::Unknown if cost == 1 => Self::trusting(quotas, now_ms),
            View::Unknown | View::Absent => Self::first(quotas, cost, now_ms),
        }
    }

    /// Makes the item.
    fn first(quotas: &Quotas, cost: u64, now_ms: u64) -> Self {
        let mut write = Self::when("attribute_not_exists(#n)");
        write.set("#n", "n", ":cost");
        write.number(":cost", cost);
        write.number(":zero", 0);
        write.mark(quotas, now_ms, |_| ":zero".to_owned());
        write.bound(Bucket::default().ceiling(quotas, now_ms), quotas);
        write.expire(quotas, now_ms);
        write
    }

    /// Counts one more below the ceiling of the last writer.
    fn trusting(quotas: &Quotas, now_ms: u64) -> Self {
        let mut write = Self::when("#n < #top AND #plan = :plan");
        write.name("#top", "top");
        write.name("#plan", "plan");
        write.text(":plan", quotas.to_string());
        write.add(1, quotas, now_ms);
        write.expire(quotas, now_ms);
        write
    }

    /// Counts up to the ceiling of a bucket that was seen, and clears it of stale marks.
    fn bounded(bucket: &Bucket, quotas: &Quotas, cost: u64, now_ms: u64) -> Self {
        let ceiling = bucket.ceiling(quotas, now_ms);
        let mut write = Self::when("#n <= :most");
        write.number(":most", ceiling.saturating_sub(cost));
        write.add(cost, quotas, now_ms);
        write.bound(ceiling, quotas);
        write.expire(quotas, now_ms);
        write.remove_stale(bucket, now_ms);
        write
    }

    fn when(condition: &'static str) -> Self {
        Self {
            update: String::with_capacity(UPDATE_BYTES_USUAL),
            condition,
            names: HashMap::with_capacity(PLACEHOLDERS_USUAL),
            values: HashMap::with_capacity(PLACEHOLDERS_USUAL),
        }
    }

    /// Every part of an update sees the item as it was, so marks get the total before the cost.
    fn add(&mut self, cost: u64, quotas: &Quotas, now_ms: u64) {
        self.set("#n", "n", "#n + :cost");
        self.number(":cost", cost);
        self.mark(quotas, now_ms, |mark| format!("if_not_exists({mark}, #n)"));
    }

    fn mark(&mut self, quotas: &Quotas, now_ms: u64, value: impl Fn(&str) -> String) {
        for quota in quotas.iter() {
            let window = quota.window();
            let mark = format!("#{}", letter(window));
            let cell = cell_at(window, now_ms);
            self.set(&mark, &mark_name((window, cell)), &value(&mark));
        }
    }

    fn bound(&mut self, ceiling: u64, quotas: &Quotas) {
        self.set("#top", "top", ":top");
        self.number(":top", ceiling);
        self.set("#plan", "plan", ":plan");
        self.text(":plan", quotas.to_string());
    }

    /// Long after everything in the bucket has left its window; late deletion does no harm.
    fn expire(&mut self, quotas: &Quotas, now_ms: u64) {
        let expires_at = now_ms / 1_000 + 2 * u64::from(quotas.longest_secs());
        self.set("#ttl", "ttl", ":ttl");
        self.number(":ttl", expires_at);
    }

    fn remove_stale(&mut self, bucket: &Bucket, now_ms: u64) {
        for (position, mark) in bucket.stale_marks(now_ms).take(REMOVALS_MAX).enumerate() {
            let stale = format!("#stale{position}");
            self.update += if position == 0 { " REMOVE " } else { ", " };
            self.update += &stale;
            self.name(&stale, &mark_name(mark));
        }
    }

    fn set(&mut self, placeholder: &str, name: &str, value: &str) {
        let before = if self.update.is_empty() { "SET " } else { ", " };
        self.update.extend([before, placeholder, " = ", value]);
        self.name(placeholder, name);
    }

    fn name(&mut self, placeholder: &str, name: &str) {
        self.names.insert(placeholder.to_owned(), name.to_owned());
    }

    fn number(&mut self, placeholder: &str, value: u64) {
        let value = AttributeValue::N(value.to_string());
        self.values.insert(placeholder.to_owned(), value);
    }

    fn text(&mut self, placeholder: &str, value: String) {
        self.values
            .insert(placeholder.to_owned(), AttributeValue::S(value));
    }
}

/// Reads an item back; `None` when it counts nothing. Attributes that are no part of a bucket are
/// passed over.
pub fn read(item: &Item) -> Option<Bucket> {
    let total = item.get("n").and_then(number)?;
    let marks = item
        .iter()
        .filter_map(|(name, value)| Some((mark_named(name)?, number(value)?)));
    Some(Bucket::stored(total, marks))
}

fn number(value: &AttributeValue) -> Option<u64> {
    value.as_n().ok()?.parse().ok()
}

fn mark_name((window, cell): (Window, u64)) -> String {
    format!("{}{cell}", letter(window))
}

fn mark_named(name: &str) -> Option<(Window, u64)> {
    let window = Window::ALL
        .into_iter()
        .find(|window| name.starts_with(letter(*window)))?;
    let cell = name.get(1..)?.parse().ok()?;
    Some((window, cell))
}

/// Short, since the name is stored with every mark.
fn letter(window: Window) -> char {
    match window {
        Window::Minute => 'm',
        Window::Hour => 'h',
        Window::Day => 'd',
        Window::Month => 'M',
    }
}
