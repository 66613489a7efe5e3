//! What the query for tenants' costs takes for granted is so.

use std::{collections::BTreeSet, fs};

use local::project;

use super::documents::{Documents, text_of};
use crate::routes::template;

const QUERY: &str = "TenantCosts";
/// Memory that a function has unless the query names it, in MiB.
const MEMORY_MIB: u32 = 256;
/// Memory of those that it names, in MiB.
const MEMORY_NAMED_MIB: u32 = 1_024;

fn query(documents: &Documents) -> String {
    let queries = documents.resources("AWS::Logs::QueryDefinition");
    let (_, query) = queries.iter().find(|(id, _)| id == QUERY).unwrap();
    text_of(&query["QueryString"]).to_owned()
}

/// The functions whose memory is another one than the query reckons with.
fn misjudged(query: &str) -> Vec<String> {
    let named = query.split("strcontains(name, \"/").skip(1);
    let named: BTreeSet<&str> = named.filter_map(|rest| rest.split('/').next()).collect();
    let functions = template().functions.into_iter();
    functions
        .filter(|function| {
            let is_named = named.contains(function.binary.as_str());
            function.memory_mib
                != if is_named {
                    MEMORY_NAMED_MIB
                } else {
                    MEMORY_MIB
                }
        })
        .map(|function| function.binary)
        .collect()
}

#[test]
fn the_query_knows_each_functions_memory() {
    let query = query(&Documents::read());
    assert!(query.contains("0.25 + 0.75 * (strcontains("), "{query}");
    assert_eq!(misjudged(&query), [""; 0]);
    // The control.
    let forgetful = query.replace("\"/auth/\"", "\"/author/\"");
    assert_eq!(misjudged(&forgetful), ["auth"]);
}

/// The prices in the query's last sum that the documentation does not have.
fn undocumented(query: &str, text: &str) -> Vec<String> {
    let (_, sum) = query.rsplit_once("| fields ").unwrap();
    let (sum, _) = sum.split_once(" as dollars").unwrap();
    let prices = sum.split_whitespace().filter(|word| word.starts_with("0."));
    let missing = prices.filter(|price| !text.contains(&format!("`{price}`")));
    missing.map(str::to_owned).collect()
}

#[test]
fn the_querys_prices_are_explained() {
    let text = fs::read_to_string(project::root().join("docs/operations.md")).unwrap();
    let query = query(&Documents::read());
    assert_eq!(undocumented(&query, &text), [""; 0]);
    // The control.
    let dearer = query.replace("0.09", "0.12");
    assert_eq!(undocumented(&dearer, &text), ["0.12"]);
}
