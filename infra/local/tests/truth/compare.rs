//! Compares two answers field by field.

use std::collections::BTreeSet;

use serde_json::Value;

/// The fields in which `other` differs from `one`, each on a line.
pub(crate) fn differences(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", one, other, &mut found);
    found
}

fn walk(path: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let (left, right) = (left.get(name), right.get(name));
                step(&format!("{path}.{name}"), left, right, found);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            for place in 0..left.len().max(right.len()) {
                let (left, right) = (left.get(place), right.get(place));
                step(&format!("{path}[{place}]"), left, right, found);
            }
        }
        (one, other) if one == other => {}
        (one, other) => found.push(format!("{path}: {one} and {other}")),
    }
}

fn step(path: &str, one: Option<&Value>, other: Option<&Value>, found: &mut Vec<String>) {
    match (one, other) {
        (Some(one), Some(other)) => walk(path, one, other, found),
        (Some(one), None) => found.push(format!("{path}: {one} and nothing")),
        (None, Some(other)) => found.push(format!("{path}: nothing and {other}")),
        (None, None) => {}
    }
}

/// All answers that differ from `answer` in a single field, one for each of its fields.
pub(crate) fn altered(answer: &Value) -> Vec<Value> {
    match answer {
        Value::Object(members) => {
            let altered = members.iter().flat_map(|(name, member)| {
                self::altered(member).into_iter().map(|member| {
                    let mut whole = members.clone();
                    whole.insert(name.clone(), member);
                    Value::Object(whole)
                })
            });
            altered.collect()
        }
        Value::Array(items) => {
            let altered = items.iter().enumerate().flat_map(|(place, item)| {
                self::altered(item).into_iter().map(move |item| {
                    let mut whole = items.clone();
                    whole[place] = item;
                    Value::Array(whole)
                })
            });
            altered.collect()
        }
        _ => vec!["altered".into()],
    }
}

#[test]
fn whatever_is_missing_added_or_changed_is_found_and_named() {
    use serde_json::json;

    let one = json!({ "status": 200, "body": { "data": [{ "a": 1, "b": 2 }, 3] } });
    assert_eq!(differences(&one, &one), Vec::<String>::new());
    let other = json!({ "body": { "data": [{ "a": "1", "c": 2 }] } });
    assert_eq!(
        differences(&one, &other),
        [
            ".body.data[0].a: 1 and \"1\"",
            ".body.data[0].b: 2 and nothing",
            ".body.data[0].c: nothing and 2",
            ".body.data[1]: 3 and nothing",
            ".status: 200 and nothing",
        ]
    );
    assert_eq!(altered(&one).len(), 4);
}
