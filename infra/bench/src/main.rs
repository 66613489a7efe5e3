//! The command line of the benchmarks.

use std::io::Write as _;
use std::process::ExitCode;

use bench::report::Extent;
use bench::{counts, run, scale, simulate, sizes};
use local::say::say;

const USAGE: &str = "usage: bench run [--full]\n       bench counts [--write] | sizes [--write] | path NAME CALLS\n       bench scale [--full]\n       bench simulate [limiter|queue|cost] [--seed NUMBER] [--write | --check]";
/// The exit code for a wrong command line, as BSD's sysexits have it.
const USAGE_CODE: u8 = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let guarded = match words.as_slice() {
        ["run", option @ ..] if matches!(option, [] | ["--full"]) => {
            let extent = match option {
                [] => Extent::BRIEF,
                _ => Extent::FULL,
            };
            let measured = Box::pin(run::run(extent)).await;
            Some(measured.map(|()| true).map_err(|error| error.to_string()))
        }
        ["path", name, calls] => Some(walk(name, calls)),
        ["counts", option @ ..] if matches!(option, [] | ["--write"]) => {
            let counted = Box::pin(counts::run(!option.is_empty())).await;
            Some(counted.map_err(|error| error.to_string()))
        }
        ["sizes", option @ ..] if matches!(option, [] | ["--write"]) => {
            Some(sizes::run(!option.is_empty()).map_err(|error| error.to_string()))
        }
        ["scale", option @ ..] if matches!(option, [] | ["--full"]) => {
            let size = match option {
                [] => scale::Size::BRIEF,
                _ => scale::Size::FULL,
            };
            let measured = Box::pin(scale::run(size)).await;
            Some(
                measured
                    .map(|found| grown(&found))
                    .map_err(|error| error.to_string()),
            )
        }
        ["simulate", words @ ..] => Some(simulated(words)),
        _ => None,
    };
    if let Some(outcome) = guarded {
        return guard(outcome);
    }
    say(USAGE);
    ExitCode::from(USAGE_CODE)
}

fn grown(found: &[scale::Scaling]) -> bool {
    for one in found {
        say(format_args!(
            "{:18} {:8} {:8.0} us {:8.0} us  x {:.2} ({:.2} to {:.2})",
            one.name,
            format!("{:?}", one.what).to_lowercase(),
            one.few_us,
            one.many_us,
            one.ratio.median,
            one.ratio.min,
            one.ratio.max
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
