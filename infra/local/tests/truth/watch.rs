//! `cargo lambda watch`, with the programs that are built already.
//!
//! It would compile them once more, for another target. With `--only-lambda-apis` it serves Lambda's
//! APIs alone, and whoever asks its Runtime API for events is a function.

use std::{
    fs::File,
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use local::{project, runtime::FunctionOptions, stack::Stack};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

use crate::{
    runners::{Runner, Way},
    scene::folder,
};

/// Where `make` installs it, in the checkout.
const PROGRAM: &str = ".local/tools/sam/bin/cargo-lambda";
/// What its router adds for browsers.
const CORS: [(&str, &str); 2] = [
    ("access-control-allow-credentials", "true"),
    (
        "vary",
        "origin, access-control-request-method, access-control-request-headers",
    ),
];
/// What follows from the variables of a stage, which its router has not.
const LIFECYCLE: [&str; 3] = ["deprecation", "link", "sunset"];
/// Events whose functions look at the time that is left. It tells every function a deadline of ten
/// minutes after the beginning of 1970, so they begin with nothing.
const TOO_LATE: [&str; 11] = [
    "billing-meter-batch",
    "migrate-batch",
    "migrate-move-tenant",
    "relay",
    "report-undelivered-batch",
    "report-worker-batch",
    "report-worker-poison",
    "tenants-export",
    "webhook-sender-batch",
    "webhooks-dispatch-events",
    "webhooks-dispatch-results",
];
const READY_WAIT: Duration = Duration::from_mins(1);
const READY_EVERY: Duration = Duration::from_millis(50);

/// A running `cargo lambda watch` and one instance of each function; all are killed when dropped.
pub(crate) struct Watch {
    processes: Vec<Child>,
    url: String,
}

impl Watch {
    pub(crate) async fn start(stack: &Stack, functions: &[FunctionOptions]) -> Self {
        let program = project::root().join(PROGRAM);
        assert!(program.is_file(), "no {PROGRAM}: run make {PROGRAM}");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = Command::new(program);
        command
            .args([
                "lambda",
                "watch",
                "--only-lambda-apis",
                "--invoke-address",
                "127.0.0.1",
            ])
            .arg("--invoke-port")
            .arg(port.to_string())
            .current_dir(project::root());
        let mut watch = Self {
            processes: Vec::new(),
            url: format!("http://127.0.0.1:{port}"),
        };
        watch.spawn(&mut command, "watch");
        let deadline = Instant::now() + READY_WAIT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            assert!(
                Instant::now() < deadline,
                "cargo lambda watch does not serve"
            );
            sleep(READY_EVERY).await;
        }
        for function in functions {
            let name = &stack.template().function(&function.id).unwrap().binary;
            let api = format!("http://127.0.0.1:{port}/.rt/{name}");
            let mut command = Command::new(&function.program);
            command
                .env_clear()
                .envs(function.instance_environment(&api, 1));
            watch.spawn(&mut command, name);
        }
        watch
    }

    fn spawn(&mut self, command: &mut Command, name: &str) {
        let log = File::create(folder("watch").join(format!("{name}.log"))).unwrap();
        let output = command.stdout(log.try_clone().unwrap()).stderr(log);
        self.processes
            .push(output.stdin(Stdio::null()).spawn().unwrap());
    }

    /// As Lambda's `Invoke`, and as the paths of its router, which have no authorizer in front.
    pub(crate) fn runners(&self, stages: &[String]) -> [Runner; 2] {
        let of_stage = |stage: &String| (stage.clone(), format!("{}/{stage}", self.url));
        [
            Runner {
                name: "cargo lambda watch, invoked",
                way: Way::Invoke {
                    url: self.url.clone(),
                    name: |function| &function.binary,
                },
                adds: &[],
                lacks: &[],
                refuses: &TOO_LATE,
            },
            Runner {
                name: "cargo lambda watch, requested",
                way: Way::Request {
                    stages: stages.iter().map(of_stage).collect(),
                    authorizes: false,
                },
                adds: &CORS,
                lacks: &LIFECYCLE,
                refuses: &[],
            },
        ]
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // An error means that it has ended already.
            drop(process.kill());
            drop(process.wait());
        }
    }
}
