//! `docs/scale.md` and the assumptions against what they are about.

use std::fs;

use bench::simulate::cost::load::{AUTHORIZER_CACHE_SECS, MEMORY_MB, WORKER_MB};
use bench::simulate::cost::parts::ROUTES;
use bench::simulate::cost::walls::{REPORT_WORKERS, STAGE_RPS};
use bench::simulate::{Part, SEED, docs};

/// The limiter's tables take minutes in a debug build: `bench simulate --check` compares them.
#[test]
fn the_page_shows_what_the_program_prints() {
    for part in [Part::Queue, Part::Cost] {
        let tables = part.tables(SEED).expect("it needs nothing");
        docs::check(part, &tables).expect("the page is up to date");
    }
    assert!(docs::check(Part::Cost, "another table\n").is_err());
}

#[test]
fn the_assumptions_are_those_of_the_template() {
    let root = local::project::root();
    let template = fs::read_to_string(root.join("template.yaml")).expect("it is in the checkout");
    let worker = template
        .split("\n  ReportWorkerFunction:")
        .nth(1)
        .expect("there is one");
    let worker = worker
        .split("\n  RelayFunction:")
        .next()
        .expect("it comes after");
    for (text, part) in [
        (
            format!("ThrottlingRateLimit: {STAGE_RPS}\n"),
            template.as_str(),
        ),
        (
            format!("ReauthorizeEvery: {AUTHORIZER_CACHE_SECS}\n"),
            &template,
        ),
        (format!("    MemorySize: {MEMORY_MB}\n"), &template),
        ("ExpirationInDays: 90}".to_owned(), &template),
        (format!("      MemorySize: {WORKER_MB}\n"), worker),
        (format!("MaximumConcurrency: {REPORT_WORKERS}}}\n"), worker),
    ] {
        assert!(part.contains(&text), "no {text:?}");
    }
    let routes = template.matches("{Type: HttpApi, Properties:").count();
    assert_eq!(routes, usize::try_from(ROUTES).expect("a small number"));
}
