//! `local demo`: the tour as a person runs it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::world::{folder, program};

/// What a tour leaves in its folder for the next one.
const MARK: &str = "made-by-demo";

fn demo(place: &Path) -> Command {
    let mut command = Command::new(program());
    command
        .arg("demo")
        .arg("--folder")
        .arg(place.join("stack"))
        .current_dir(place);
    command
}

#[test]
fn the_tour_ends_with_a_report_and_leaves_nothing_else() {
    let place = folder("demo");
    let output = demo(&place).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let document = fs::read(place.join("demo-report.pdf")).unwrap();
    assert!(document.starts_with(b"%PDF-"));
    assert!(!place.join("stack").exists());

    let shown = String::from_utf8(output.stdout).unwrap();
    for line in [
        "  → POST /v2/auth/tenants {\"tenant_name\":\"Acme Robotics\"",
        "  → POST /v1/projects {\"name\":\"Gripper 3\"} ← 201 Created",
        "    idempotent-replayed: true",
        "    deprecation: @",
        "    sunset: ",
        "  ← 404 Not Found",
        "  ← 401 Unauthorized",
        "  ← 202 Accepted",
        "    status: \"succeeded\"",
        "  ← 303 See Other",
        "    saved as demo-report.pdf",
        "\"meter\":\"projects\",\"used\":13",
    ] {
        assert!(shown.contains(line), "{line} is not in:\n{shown}");
    }
    assert!(!shown.contains("eyJ"), "a token is shown:\n{shown}");
    assert!(
        !shown.contains("correct horse"),
        "a password is shown:\n{shown}"
    );
    let widest = shown.lines().map(|line| line.chars().count()).max();
    assert!(widest < Some(100), "{widest:?}");
}

#[test]
fn a_tour_that_is_cut_short_says_so_and_stops() {
    let place = folder("demo-cut");
    let mut child = demo(&place)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = BufReader::new(child.stdout.take().unwrap());
    // The first line is an empty one, and the tour has begun.
    shown.read_line(&mut String::new()).unwrap();
    kill(
        Pid::from_raw(i32::try_from(child.id()).unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(said.lines().last(), Some("error: stopped"));
    assert!(!place.join("demo-report.pdf").exists());

    // What it left is its own, and the next one takes it over; what somebody put there is not.
    let stack = place.join("stack");
    assert!(stack.join(MARK).exists() && stack.join("aws").exists());
    fs::write(stack.join("notes"), "mine").unwrap();
    let output = demo(&place).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let left = fs::read_dir(&stack).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes"]);
}

#[test]
fn a_folder_with_somebody_elses_things_is_left_alone() {
    let place = folder("demo-foreign");
    let stack = place.join("stack");
    for things in [
        &["notes"][..],
        &["aws", "logs", "postgres", "lock"],
        // A tour was there once, and then `local up` with data that is to be kept.
        &[MARK, "demo-password"],
    ] {
        fs::create_dir(&stack).unwrap();
        for thing in things {
            fs::write(stack.join(thing), "mine").unwrap();
        }
        let output = demo(&place).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{things:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = format!(
            "error: {} is in use for something else; remove it or choose another --folder\n",
            stack.display()
        );
        assert_eq!(said, expected);
        assert_eq!(fs::read_dir(&stack).unwrap().count(), things.len());
        for thing in things {
            assert_eq!(fs::read(stack.join(thing)).unwrap(), b"mine");
        }
        fs::remove_dir_all(&stack).unwrap();
    }
}
