//! The command line of the benchmarks.

use std::io::Write as _;
use std::process::ExitCode;

use bench::report::Extent;
use bench::{counts, pdf, run, scale, simulate, sizes};
use local::say::say;

const USAGE: &str = "usage: bench run [--full]\n       bench counts [--write] | sizes [--write] | path NAME CALLS\n       bench scale [--full]\n       bench pdf [--full] | render-pdf ROWS PDF\n       bench simulate [limiter|queue|cost] [--seed NUMBER] [--write | --check]";
/// The exit code for a wrong command line, as BSD's sysexits have it.
const USAGE_CODE: u8 = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run", option @ ..] => ran(option).await,
        ["scale", option @ ..] => scaled(option).await,
        ["pdf", option @ ..] => printed(option).await,
        ["render-pdf", source, target] => Some(rendered(source, target)),
        ["path", name, calls] => Some(walk(name, calls)),
        ["counts", option @ ..] => counted(option).await,
        ["sizes", option @ ..] => {
            let write = flag(option, "--write");
            write.map(|write| sizes::run(write).map_err(|error| error.to_string()))
        }
        ["simulate", words @ ..] => Some(simulated(words)),
        _ => None,
    };
    if let Some(outcome) = outcome {
        return guard(outcome);
    }
    say(USAGE);
    ExitCode::from(USAGE_CODE)
}

/// Whether the one possible option was given; `None` when something else was.
fn flag(given: &[&str], option: &str) -> Option<bool> {
    match given {
        [] => Some(false),
        [one] if *one == option => Some(true),
        _ => None,
    }
}

async fn ran(option: &[&str]) -> Option<Result<bool, String>> {
    let extent = match flag(option, "--full")? {
        true => Extent::FULL,
        false => Extent::BRIEF,
    };
    let measured = Box::pin(run::run(extent)).await;
    Some(measured.map(|()| true).map_err(|error| error.to_string()))
}

async fn scaled(option: &[&str]) -> Option<Result<bool, String>> {
    let size = match flag(option, "--full")? {
        true => scale::Size::FULL,
        false => scale::Size::BRIEF,
    };
    let found = Box::pin(scale::run(size)).await;
    Some(
        found
            .map(|found| grown(&found))
            .map_err(|error| error.to_string()),
    )
}

async fn printed(option: &[&str]) -> Option<Result<bool, String>> {
    let size = match flag(option, "--full")? {
        true => pdf::Size::FULL,
        false => pdf::Size::BRIEF,
    };
    let found = Box::pin(pdf::run(size)).await;
    let table = found.map_err(|error| error.to_string());
    Some(table.and_then(|found| {
        say(pdf::table(&found).map_err(|error| error.to_string())?);
        Ok(true)
    }))
}

/// What `pdf` starts for each of its own reports.
fn rendered(source: &str, target: &str) -> Result<bool, String> {
    let used = pdf::render(source.as_ref(), target.as_ref()).map_err(|error| error.to_string())?;
    let printed = std::io::stdout().lock().write_all(used.as_bytes());
    printed.map(|()| true).map_err(|error| error.to_string())
}

async fn counted(option: &[&str]) -> Option<Result<bool, String>> {
    let counted = Box::pin(counts::run(flag(option, "--write")?)).await;
    Some(counted.map_err(|error| error.to_string()))
}

fn grown(found: &[scale::Scaling]) -> bool {
    for one in found {
        let (name, what, ratio) = (one.name, one.what.as_str(), one.ratio);
        say(format_args!(
            "{name:18} {what:14} {:8.0} us {:8.0} us  x {:.2} ({:.2} to {:.2}){}",
            one.first_us,
            one.second_us,
            ratio.median,
            ratio.min,
            ratio.max,
            if one.control {
                "  a control: it has to grow"
            } else {
                ""
            },
        ));
    }
    true
}

fn walk(name: &str, calls: &str) -> Result<bool, String> {
    let calls = calls.parse().map_err(|error| format!("{calls}: {error}"))?;
    counts::walk(name, calls).map_err(|error| error.to_string())?;
    Ok(true)
}

fn simulated(words: &[&str]) -> Result<bool, String> {
    let words = words.iter().map(|word| (*word).to_owned());
    let request = simulate::Request::read(words).map_err(|error| error.to_string())?;
    let tables = request.run().map_err(|error| error.to_string())?;
    let printed = std::io::stdout().lock().write_all(tables.as_bytes());
    printed.map(|()| true).map_err(|error| error.to_string())
}

/// A guard says in its table what is wrong; a failure is told here.
fn guard(outcome: Result<bool, String>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
