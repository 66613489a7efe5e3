//! The fields that a query of CloudWatch Logs Insights reads
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>).

use std::collections::BTreeSet;

const WORDS: [&str; 15] = [
    "SOURCE", "and", "as", "asc", "by", "desc", "fields", "filter", "in", "like", "limit", "not",
    "or", "sort", "stats",
];
/// Those that AWS documents, of which ours make use.
const FUNCTIONS: [&str; 9] = [
    "coalesce",
    "concat",
    "count",
    "count_distinct",
    "ispresent",
    "max",
    "pct",
    "strcontains",
    "sum",
];

/// The fields, without those of CloudWatch and without what the query itself gives a name to.
///
/// # Panics
///
/// It calls a function that is not known here.
pub(super) fn fields(query: &str) -> BTreeSet<String> {
    let bare = bare(query);
    let (mut fields, mut named) = (BTreeSet::new(), BTreeSet::new());
    let mut previous = "";
    let is_name = |letter: char| letter.is_alphanumeric() || "_.@".contains(letter);
    let mut rest = bare.as_str();
    while let Some(start) = rest.find(is_name) {
        rest = &rest[start..];
        let end = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = after;
        let is_number = name.starts_with(|letter: char| letter.is_ascii_digit());
        let is_word = WORDS.contains(&name);
        if after.starts_with('(') {
            assert!(FUNCTIONS.contains(&name), "{name}() is not known");
        } else if previous == "as" {
            named.insert(name.to_owned());
        } else if !is_number && !is_word && !name.starts_with('@') {
            fields.insert(name.to_owned());
        }
        previous = name;
    }
    &fields - &named
}

/// The query without comments, texts and patterns.
fn bare(query: &str) -> String {
    let mut bare = String::new();
    let mut letters = query.chars();
    while let Some(letter) = letters.next() {
        let end = match letter {
            '#' => '\n',
            '"' | '\'' => letter,
            '/' if bare.trim_end().ends_with("like") => '/',
            _ => {
                bare.push(letter);
                continue;
            }
        };
        letters.by_ref().find(|one| *one == end);
        bare.push(' ');
    }
    bare
}

#[test]
fn texts_patterns_comments_numbers_and_own_names_are_no_fields() {
    let query = "# not.this
        fields @timestamp, a.b, 0.25 * (c_d + 2) as twice
        | filter x in [\"y\", 'z'] and @message like /\"q\": (5|r)/ and ispresent(e)
        | stats sum(twice) / 1000 as total, count(*) as calls by f.g
        | sort total desc | limit 20";
    let expected = ["a.b", "c_d", "e", "f.g", "x"].map(str::to_owned);
    assert_eq!(fields(query), expected.into());
}
