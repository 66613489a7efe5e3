//! The functions' processes, seen from outside.

use std::{
    fs,
    path::{Path, PathBuf},
};

use local::stack::Stack;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::world::{OFTEN, until};

/// The processes in which `program` serves a stack.
pub(crate) fn processes(stack: &Stack, program: &str) -> Vec<Pid> {
    let runs = |path: &Path| path.file_name().is_some_and(|name| name == program);
    find(stack, runs)
}

/// As [`processes`], of the program at this place only.
pub(crate) fn processes_of(stack: &Stack, program: &Path) -> Vec<Pid> {
    find(stack, |path| path == program)
}

fn find(stack: &Stack, is_wanted: impl Fn(&Path) -> bool) -> Vec<Pid> {
    let exports = stack.exports();
    let (name, url) = exports
        .iter()
        .find(|(name, _)| name == "AWS_ENDPOINT_URL_SQS")
        .unwrap();
    let mark = format!("{name}={url}");
    let entries = fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| is_wanted(&program_of(*pid)) && has_variable(*pid, &mark))
        .map(Pid::from_raw)
        .collect()
}

fn program_of(pid: i32) -> PathBuf {
    let command_line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command_line.split('\0').next().unwrap_or_default().into()
}

fn has_variable(pid: i32, mark: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == mark.as_bytes())
}

/// The time that all processes of a program have computed, in ticks of a hundredth of a second.
pub(crate) fn ticks(stack: &Stack, program: &str) -> u64 {
    let of = |pid: Pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the program's name: the 14th and 15th of all fields are user's and system's time.
        let (_, rest) = stat.rsplit_once(')').unwrap_or_default();
        let times = rest.split_whitespace().skip(11).take(2);
        times
            .filter_map(|text| text.parse::<u64>().ok())
            .sum::<u64>()
    };
    processes(stack, program).into_iter().map(of).sum()
}

/// Kills all processes of a program, which must have some, and waits until they are gone.
pub(crate) async fn kill_all(stack: &Stack, program: &str) {
    let victims = processes(stack, program);
    assert!(!victims.is_empty(), "{program} has no process");
    for victim in &victims {
        kill(*victim, Signal::SIGKILL).unwrap();
    }
    until("the end of the processes", OFTEN, async || {
        victims.iter().all(|victim| kill(*victim, None).is_err())
    })
    .await;
}
