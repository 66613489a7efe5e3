//! The command line of the local stack.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io::{self, Write as _},
    num::ParseIntError,
    path::{Path, PathBuf},
    process::ExitCode,
};

use local::{demo, project, sam, say::say, stack::StackOptions, top::Top, up, with};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

const USAGE: &str = "usage: local up | demo | top [--folder FOLDER]
       local with -- COMMAND [ARGUMENTS…]
       local sam api | invoke EVENT";
/// The exit code for a wrong command line, as BSD's sysexits have it.
const USAGE_CODE: u8 = 64;
/// What is said when `PORT` is something else.
const NO_PORT: &str = "PORT is no port number";
/// Where the API is when `PORT` says nothing.
const PORT_DEFAULT: u16 = 3000;
/// The same for `local sam`, so that it can run beside `local up`.
const SAM_PORT_DEFAULT: u16 = 3100;
/// Where the tour leaves its report, in the current folder.
const REPORT: &str = "demo-report.pdf";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    let code = match command.to_str() {
        Some("up") => run_up(&rest).await,
        Some("demo") => run_demo(&rest).await,
        Some("top") => run_top(&rest),
        Some("with") => run_with(rest).await,
        Some("sam") => run_sam(&rest).await,
        _ => usage(),
    };
    ExitCode::from(code)
}

async fn run_up(arguments: &[OsString]) -> u8 {
    let Some(folder) = folder(arguments, ".local") else {
        return usage();
    };
    let Ok(port) = port(PORT_DEFAULT) else {
        return failed(NO_PORT);
    };
    show_warnings();
    finished(match options(folder, true, port) {
        Ok(options) => Box::pin(up::run(options))
            .await
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    })
}

async fn run_demo(arguments: &[OsString]) -> u8 {
    let Some(folder) = folder(arguments, "target/demo") else {
        return usage();
    };
    show_warnings();
    finished(match options(folder, false, 0) {
        Ok(options) => {
            let toured = Box::pin(demo::run(options, Path::new(REPORT))).await;
            toured.map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    })
}

fn run_top(arguments: &[OsString]) -> u8 {
    let Some(folder) = folder(arguments, ".local") else {
        return usage();
    };
    match Top::of(&folder, &project::root()) {
        Ok(top) => {
            // A closed terminal is no failure.
            drop(writeln!(io::stdout().lock(), "{top}"));
            0
        }
        Err(error) => failed(&error.to_string()),
    }
}

async fn run_with(arguments: Vec<OsString>) -> u8 {
    let mut words = arguments.into_iter().skip_while(|word| word == "--");
    let Some(program) = words.next() else {
        return usage();
    };
    match with::run(program, words.collect()).await {
        Ok(code) => u8::try_from(code).unwrap_or(u8::MAX),
        Err(error) => failed(&error.to_string()),
    }
}

async fn run_sam(arguments: &[OsString]) -> u8 {
    let words: Vec<_> = arguments.iter().map(|word| word.to_str()).collect();
    match words.as_slice() {
        [Some("api")] => run_sam_api().await,
        [Some("invoke"), Some(event)] => run_sam_invoke(Path::new(event)).await,
        _ => usage(),
    }
}

async fn run_sam_api() -> u8 {
    let Ok(port) = port(SAM_PORT_DEFAULT) else {
        return failed(NO_PORT);
    };
    show_warnings();
    let folder = project::root().join(".local/sam");
    finished(match options(folder, false, port) {
        Ok(options) => Box::pin(sam::api::run(options))
            .await
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    })
}

/// The exit code is that of `sam local invoke`.
async fn run_sam_invoke(event: &Path) -> u8 {
    show_warnings();
    let folder = project::root().join(".local/sam-invoke");
    let options = match options(folder, false, 0) {
        // What is in the queues is for the function that is invoked, and for no other.
        Ok(options) => StackOptions {
            triggers: false,
            ..options
        },
        Err(error) => return failed(&error.to_string()),
    };
    match Box::pin(sam::invoke::run(options, event)).await {
        Ok(status) => status
            .code()
            .and_then(|code| code.try_into().ok())
            .unwrap_or(u8::MAX),
        Err(error) => failed(&error.to_string()),
    }
}

/// The port that `PORT` names, or `default`.
fn port(default: u16) -> Result<u16, ParseIntError> {
    let named = env::var_os("PORT").map(|text| text.to_string_lossy().parse());
    named.unwrap_or(Ok(default))
}

/// The stack's folder: the one that was asked for, or `default` in the checkout.
fn folder(arguments: &[OsString], default: &str) -> Option<PathBuf> {
    match arguments {
        [] => Some(project::root().join(default)),
        [option, folder] if option == "--folder" => std::path::absolute(folder).ok(),
        _ => None,
    }
}

/// The functions' programs are those that were built beside this one.
fn options(dir: PathBuf, durable: bool, port: u16) -> io::Result<StackOptions> {
    let own = env::current_exe()?;
    Ok(StackOptions {
        dir,
        durable,
        port,
        programs: own.parent().map(Path::to_path_buf).unwrap_or_default(),
        triggers: true,
        parameters: BTreeMap::new(),
        witnessed: false,
        progress: |line| say(line),
    })
}

/// What befalls functions and queues, such as a killed process, appears between the lines.
fn show_warnings() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_target(false)
        .without_time();
    let shown = tracing_subscriber::registry()
        .with(Targets::new().with_target("local", LevelFilter::WARN))
        .with(lines)
        .try_init();
    // It can only have been set up before, and then it shows them already.
    drop(shown);
}

fn finished(outcome: Result<(), String>) -> u8 {
    match outcome {
        Ok(()) => 0,
        Err(error) => failed(&error),
    }
}

fn failed(error: &str) -> u8 {
    say(format_args!("error: {error}"));
    1
}

fn usage() -> u8 {
    say(USAGE);
    USAGE_CODE
}
