//! `infra/install.sh`, run where nothing is what it seems: on a path with stand-ins only.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Command, Output},
};

use local::project;

use super::empty;

/// A path of commands that say in a file how they were called.
struct Machine {
    dir: PathBuf,
}

impl Machine {
    fn new(test: &str) -> Self {
        let machine = Self { dir: empty(test) };
        fs::create_dir_all(&machine.dir).unwrap();
        machine.has("apt-get", r#"echo "apt-get $*" >> "$CALLS""#);
        machine.has("env", r#"shift; exec "$@""#);
        machine
    }

    /// A machine of a user who is not root and may use sudo.
    fn of_a_user(test: &str) -> Self {
        let machine = Self::new(test);
        machine.has("id", "echo 1000");
        machine.has("sudo", r#"echo "sudo $*" >> "$CALLS"; exec "$@""#);
        machine
    }

    fn has(&self, command: &str, script: &str) {
        let path = self.dir.join(command);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Asks for things, and answers with what was called for them.
    fn install(&self, pairs: &[&str]) -> (Output, Vec<String>) {
        let calls = self.dir.join("calls");
        drop(fs::remove_file(&calls));
        let output = Command::new("/bin/sh")
            .arg(script())
            .args(pairs)
            .env("PATH", &self.dir)
            .env("CALLS", &calls)
            .output()
            .unwrap();
        let text = fs::read_to_string(calls).unwrap_or_default();
        (output, text.lines().map(str::to_owned).collect())
    }
}

fn script() -> PathBuf {
    project::root().join("infra/install.sh")
}

#[test]
fn a_user_installs_through_sudo_without_being_asked_questions() {
    let machine = Machine::of_a_user("install-user");
    let (output, calls) = machine.install(&["postgres:postgresql", "apt-get:apt"]);
    assert!(output.status.success());
    let install = "apt-get install -y -qq --no-install-recommends postgresql";
    let env = "sudo env DEBIAN_FRONTEND=noninteractive";
    let expected = [
        format!("{env} apt-get update -qq"),
        "apt-get update -qq".to_owned(),
        format!("{env} {install}"),
        install.to_owned(),
    ];
    assert_eq!(calls, expected);
    assert_eq!(output.stdout, b"installing with apt-get: postgresql\n");
}

#[test]
fn root_needs_no_sudo() {
    let machine = Machine::new("install-root");
    machine.has("id", "echo 0");
    let (output, calls) = machine.install(&["cc:build-essential"]);
    assert!(output.status.success());
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.starts_with("apt-get ")));
}

/// Debian has python3 without what its module `venv` needs.
#[test]
fn a_python_that_cannot_make_environments_is_not_enough() {
    let machine = Machine::of_a_user("install-python");
    let asked = ["python3/ensurepip:python3-venv"];
    machine.has("python3", r#"[ "$*" = "-c import os" ]"#);
    let (_, calls) = machine.install(&asked);
    assert!(calls[3].ends_with(" python3-venv"), "{calls:?}");
    // The controls: one that can, and one that is not asked to.
    assert!(machine.install(&["python3/os:none"]).1.is_empty());
    machine.has("python3", r#"[ "$*" = "-c import ensurepip" ]"#);
    assert!(machine.install(&asked).1.is_empty());
}

#[test]
fn whoever_cannot_install_is_told_what_to_install() {
    let machine = Machine::new("install-nobody");
    machine.has("id", "echo 1000");
    let (output, calls) = machine.install(&["cc:build-essential", "qpdf:qpdf"]);
    assert!(!output.status.success() && calls.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    let cure = "install them as root: apt-get install build-essential qpdf\n";
    assert!(said.ends_with(cure), "{said}");
}
