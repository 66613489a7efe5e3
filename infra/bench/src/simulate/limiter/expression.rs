//! Conditions and updates in the part of DynamoDB's expression language that the limiter uses
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>).
//!
//! What is not understood is an error and never passed over: a limiter that writes something new
//! must not be simulated wrongly.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::limits::item::{Item, Write};

/// Whether the condition of `write` holds for an item, which may not exist.
pub(super) fn holds(write: &Write, item: Option<&Item>) -> Result<bool, String> {
    let empty = Item::new();
    let row = Row {
        write,
        item: item.unwrap_or(&empty),
    };
    for clause in write.condition.split(" AND ") {
        if !row.clause(clause)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The item after the update of `write`. All of the update sees the item as it was.
pub(super) fn updated(write: &Write, key: &Item, item: Option<&Item>) -> Result<Item, String> {
    let before = item.unwrap_or(key);
    let row = Row {
        write,
        item: before,
    };
    let mut after = before.clone();
    let (sets, removals) = match write.update.split_once(" REMOVE ") {
        Some((sets, removals)) => (sets, Some(removals)),
        None => (write.update.as_str(), None),
    };
    let sets = sets.strip_prefix("SET ").ok_or_else(|| unknown(sets))?;
    for assignment in top_level(sets) {
        let (name, value) = assignment
            .split_once(" = ")
            .ok_or_else(|| unknown(assignment))?;
        let value = row.value(value)?.ok_or_else(|| unknown(assignment))?;
        after.insert(row.name(name)?.to_owned(), value);
    }
    for name in removals.into_iter().flat_map(top_level) {
        after.remove(row.name(name)?);
    }
    Ok(after)
}

/// An item, and what a write calls its attributes.
struct Row<'a> {
    write: &'a Write,
    item: &'a Item,
}

impl<'a> Row<'a> {
    fn clause(&self, clause: &str) -> Result<bool, String> {
        if let Some(name) = argument(clause, "attribute_not_exists(") {
            return Ok(!self.item.contains_key(self.name(name)?));
        }
        let mut parts = clause.split(' ');
        let (Some(left), Some(sign), Some(right), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(unknown(clause));
        };
        let (Some(left), Some(right)) = (self.value(left)?, self.value(right)?) else {
            // An attribute that is not there compares with nothing.
            return Ok(false);
        };
        match sign {
            "=" => Ok(left == right),
            "<" => Ok(number(&left)? < number(&right)?),
            "<=" => Ok(number(&left)? <= number(&right)?),
            _ => Err(unknown(clause)),
        }
    }

    /// What an operand stands for; `None` for an attribute that is not there.
    fn value(&self, operand: &str) -> Result<Option<AttributeValue>, String> {
        if let Some(arguments) = argument(operand, "if_not_exists(") {
            let (name, other) = arguments.split_once(", ").ok_or_else(|| unknown(operand))?;
            let found = self.value(name)?;
            return found.map_or_else(|| self.value(other), |found| Ok(Some(found)));
        }
        if let Some((left, right)) = operand.split_once(" + ") {
            let (Some(left), Some(right)) = (self.value(left)?, self.value(right)?) else {
                return Ok(None);
            };
            let sum = number(&left)? + number(&right)?;
            return Ok(Some(AttributeValue::N(sum.to_string())));
        }
        if operand.starts_with(':') {
            let value = self.write.values.get(operand);
            return value.cloned().map(Some).ok_or_else(|| unknown(operand));
        }
        Ok(self.item.get(self.name(operand)?).cloned())
    }

    fn name(&self, placeholder: &str) -> Result<&'a str, String> {
        let name = self.write.names.get(placeholder);
        name.map(String::as_str).ok_or_else(|| unknown(placeholder))
    }
}

fn argument<'a>(text: &'a str, function: &str) -> Option<&'a str> {
    text.strip_prefix(function)?.strip_suffix(')')
}

fn number(value: &AttributeValue) -> Result<u64, String> {
    let digits = value
        .as_n()
        .map_err(|value| unknown(&format!("{value:?}")))?;
    digits.parse().map_err(|error| format!("{digits}: {error}"))
}

fn unknown(part: &str) -> String {
    format!("the simulated table does not know what {part:?} means")
}

/// The parts between commas that stand in no parentheses.
fn top_level(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    let parts = list.split(move |character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    });
    parts.map(str::trim_start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_an_error() {
        let write = |update: &str, condition| Write {
            update: update.to_owned(),
            condition,
            names: [("#n".to_owned(), "n".to_owned())].into(),
            values: [(":one".to_owned(), AttributeValue::N("1".to_owned()))].into(),
        };
        let known = write(
            "SET #n = if_not_exists(#n, :one)",
            "attribute_not_exists(#n)",
        );
        assert_eq!(holds(&known, None), Ok(true));
        let item = updated(&known, &Item::new(), None).unwrap();
        assert_eq!(item["n"], AttributeValue::N("1".to_owned()));
        assert_eq!(holds(&known, Some(&item)), Ok(false));
        for (update, condition) in [
            ("ADD #n :one", "#n < :one"),
            ("SET #n = :two", "#n < :one"),
            ("SET #n = #n + :one", "#n < :one"),
        ] {
            assert!(
                updated(&write(update, condition), &Item::new(), None).is_err(),
                "{update}"
            );
        }
        for condition in [
            "#n <> :one",
            "begins_with(#n, :one)",
            "#m < :one",
            "#n < :two",
        ] {
            let outcome = holds(&write("", condition), Some(&item));
            assert!(outcome.is_err(), "{condition}: {outcome:?}");
        }
    }
}
