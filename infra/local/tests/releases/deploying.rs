//! `infra/deploy.sh`, run in a repository of the test's own, with stand-ins for what builds and deploys;
//! and the settings that it hands over.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use local::project;

const SETTINGS: &str = ".samconfig.toml";
const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

/// A checkout, and a folder of commands that say in a file how they were called.
struct Checkout {
    root: PathBuf,
    commands: PathBuf,
}

impl Checkout {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("deploying")
            .join(test);
        drop(fs::remove_dir_all(&folder));
        let checkout = Self {
            root: folder.join("checkout"),
            commands: folder.join("commands"),
        };
        for made in [checkout.root.join("infra"), checkout.commands.clone()] {
            fs::create_dir_all(made).unwrap();
        }
        for copied in ["infra/deploy.sh", SETTINGS] {
            fs::copy(project::root().join(copied), checkout.root.join(copied)).unwrap();
        }
        let record = format!(
            "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> {}\n",
            checkout.calls().display()
        );
        for command in [
            checkout.root.join("infra/build.sh"),
            checkout.commands.join("sam"),
        ] {
            fs::write(&command, &record).unwrap();
            fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).unwrap();
        }
        checkout
    }

    /// One with everything committed.
    fn committed(test: &str) -> Self {
        let checkout = Self::new(test);
        checkout.git(&["init", "--quiet"]);
        checkout.git(&["add", "."]);
        checkout.git(&["commit", "--quiet", "--message", "All"]);
        checkout
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        let git = git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]);
        let done = git.args(arguments).current_dir(&self.root).status();
        assert!(done.unwrap().success(), "git {arguments:?}");
    }

    fn calls(&self) -> PathBuf {
        self.commands.join("calls")
    }

    /// Asks for a deployment, and answers with what was called for it.
    fn deploy(&self, environment: &[&str]) -> (Output, Vec<String>) {
        drop(fs::remove_file(self.calls()));
        let path = format!("{}:/usr/bin:/bin", self.commands.display());
        let output = Command::new("/bin/sh")
            .arg(self.root.join("infra/deploy.sh"))
            .args(environment)
            .env("PATH", path)
            // A checkout inside of another one is its own.
            .env("GIT_CEILING_DIRECTORIES", self.root.parent().unwrap())
            .output()
            .unwrap();
        let text = fs::read_to_string(self.calls()).unwrap_or_default();
        (output, text.lines().map(str::to_owned).collect())
    }
}

/// What is called for a deployment that goes ahead.
fn calls_for(checkout: &Checkout, environment: &str, architecture: &str) -> [String; 2] {
    let root = checkout.root.display();
    [
        format!("build.sh {architecture}"),
        format!(
            "sam deploy --config-file {root}/{SETTINGS} --config-env {environment} \
             --template-file .local/build/{architecture}/template.yaml"
        ),
    ]
}

/// What is built is what the template is told to run it on.
#[test]
fn an_environment_is_built_for_its_own_architecture() {
    let checkout = Checkout::new("architecture");
    let settings = checkout.root.join(SETTINGS);
    let text = fs::read_to_string(&settings).unwrap();
    let (from, to) = (
        "\"Env=staging\"",
        "\"Env=staging\", \"Architecture=x86_64\"",
    );
    assert!(text.contains(from));
    fs::write(&settings, text.replace(from, to)).unwrap();
    for (environment, architecture) in [("dev", "arm64"), ("staging", "x86_64")] {
        let (_, calls) = checkout.deploy(&[environment]);
        assert_eq!(calls, calls_for(&checkout, environment, architecture));
    }
}

#[test]
fn a_commit_is_built_and_deployed_everywhere() {
    let checkout = Checkout::committed("commit");
    for environment in ENVIRONMENTS {
        let (output, calls) = checkout.deploy(&[environment]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(calls, calls_for(&checkout, environment, "arm64"));
    }
}

#[test]
fn what_is_not_committed_does_not_go_to_prod() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 3] = [
        ("new", |root| fs::write(root.join("new"), "").unwrap()),
        ("changed", |root| {
            fs::write(root.join("infra/build.sh"), "").unwrap();
        }),
        ("removed", |root| {
            fs::remove_file(root.join("infra/build.sh")).unwrap();
        }),
    ];
    for (test, change) in changes {
        let checkout = Checkout::committed(test);
        change(&checkout.root);
        let (output, calls) = checkout.deploy(&["prod"]);
        assert_eq!(output.status.code(), Some(1), "{test}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.starts_with("not committed, so not for prod:"),
            "{said}"
        );
        assert!(calls.is_empty(), "{calls:?}");
    }
    // The control: a developer's own environment takes it.
    let checkout = Checkout::committed("elsewhere");
    fs::write(checkout.root.join("new"), "").unwrap();
    let (_, calls) = checkout.deploy(&["dev"]);
    assert_eq!(calls, calls_for(&checkout, "dev", "arm64"));
}

#[test]
fn what_is_no_repository_does_not_go_to_prod() {
    let checkout = Checkout::new("no-repository");
    let (output, calls) = checkout.deploy(&["prod"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(calls.is_empty(), "{calls:?}");
}

#[test]
fn an_environment_has_to_be_named_and_known() {
    let checkout = Checkout::committed("unknown");
    for environment in [&["production"][..], &[""], &[]] {
        let (output, calls) = checkout.deploy(environment);
        assert_eq!(output.status.code(), Some(2), "{environment:?}");
        assert!(calls.is_empty(), "{calls:?}");
    }
}

/// The lines below a head, up to the next one.
fn section(text: &str, head: &str) -> Vec<String> {
    let (_, rest) = text.split_once(&format!("\n{head}\n")).unwrap();
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    lines.map(str::to_owned).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(project::root().join(name)).unwrap()
}

#[test]
fn every_environment_has_a_stack_of_its_own_and_asks_before_it_changes() {
    let text = read(".samconfig.toml");
    let allowed = format!("AllowedValues: [{}]", ENVIRONMENTS.join(", "));
    assert!(read("template.yaml").contains(&allowed));
    for environment in ENVIRONMENTS {
        let section = section(&text, &format!("[{environment}.deploy.parameters]"));
        for line in [
            format!("stack_name = \"tenantry-{environment}\""),
            format!("parameter_overrides = [\"Env={environment}\"]"),
            "confirm_changeset = true".to_owned(),
        ] {
            assert!(section.contains(&line), "{environment}: {section:?}");
        }
    }
}

/// What a manifest's release profile leaves to cargo-lambda, which then takes what it likes: of a
/// program that aborts in a panic, an environment is gone with each one.
fn left_open(manifest: &str) -> Vec<&'static str> {
    let profile = section(manifest, "[profile.release]");
    let is_said = |key: &str| {
        profile
            .iter()
            .any(|line| line.starts_with(&format!("{key} = ")))
    };
    let mut keys = vec!["strip", "lto", "codegen-units", "panic"];
    keys.retain(|key| !is_said(key));
    keys
}

#[test]
fn the_release_profile_leaves_nothing_open() {
    let manifest = read("Cargo.toml");
    assert_eq!(left_open(&manifest), [""; 0]);
    assert!(section(&manifest, "[profile.release]").contains(&"panic = \"unwind\"".to_owned()));
    // The control.
    let open = manifest.replace("panic = \"unwind\"\n", "");
    assert_eq!(left_open(&open), ["panic"]);
}
