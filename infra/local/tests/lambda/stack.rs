//! A small stack of echo functions, and requests to it.

use std::{
    collections::BTreeMap,
    fs,
    future::Future,
    path::{Path, PathBuf},
    time::Duration,
};

use local::{
    gateway::Gateway,
    runtime::{FunctionOptions, Lambda, Log, Overrides},
    template::{Site, Template},
};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::{net::TcpListener, time::sleep};

/// The template of the small stack.
pub(crate) const TEMPLATE: &str = include_str!("template.yaml");
const LOOKS_MAX: u32 = 600;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running stack of one test.
pub(crate) struct Stack {
    pub(crate) folder: PathBuf,
    pub(crate) template: Template,
    pub(crate) lambda: Lambda,
    gateway: Gateway,
    client: Client,
}

impl Stack {
    /// The stack of the test `test`.
    pub(crate) async fn start(test: &str) -> Self {
        Self::start_with(test, &[], Overrides::default()).await
    }

    /// As [`Self::start`], with other parameters and variables.
    pub(crate) async fn start_with(
        test: &str,
        parameters: &[(&str, &str)],
        overrides: Overrides,
    ) -> Self {
        let template = parse(TEMPLATE, parameters);
        Self::start_template(test, template, overrides).await
    }

    /// As [`Self::start`], with a template of the test's own.
    pub(crate) async fn start_template(
        test: &str,
        template: Template,
        overrides: Overrides,
    ) -> Self {
        let folder = folder(test);
        let mut overrides = overrides;
        overrides.everywhere.insert(
            "ECHO_FOLDER".to_owned(),
            folder.to_string_lossy().into_owned(),
        );
        let options = FunctionOptions::all(&template, &programs(), &overrides);
        let log = Log::Folder(folder.join("logs"));
        let lambda = Lambda::start(options, &log).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Gateway::start(listener, &template.api, lambda.clone()).unwrap();
        Self {
            folder,
            template,
            lambda,
            gateway,
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.gateway.url());
        self.client.request(method, url)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// What the echo function says it got.
    pub(crate) async fn echo(&self, request: RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// Puts `text` where the functions find it.
    pub(crate) fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    /// All events that the functions noted.
    pub(crate) fn noted(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join("events")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub(crate) fn log_of(&self, function: &str) -> String {
        let path = self.folder.join("logs").join(format!("{function}.log"));
        fs::read_to_string(path).unwrap()
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.gateway.address()
    }
}

/// The template at a site that nothing runs at.
pub(crate) fn parse(text: &str, parameters: &[(&str, &str)]) -> Template {
    parse_at(text, parameters, "http://127.0.0.1:1").unwrap()
}

/// As [`parse`], with the queues at an endpoint.
pub(crate) fn parse_at(
    text: &str,
    parameters: &[(&str, &str)],
    sqs_url: &str,
) -> Result<Template, local::template::TemplateError> {
    let site = Site {
        stack: "tests".to_owned(),
        sqs_url: sqs_url.to_owned(),
    };
    let parameters: BTreeMap<String, String> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Template::parse(text, &site, &parameters)
}

/// A new empty folder of the test's own.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("lambda")
        .join(test);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The folder with the echo function.
pub(crate) fn programs() -> PathBuf {
    let echo = Path::new(env!("CARGO_BIN_EXE_echo-function"));
    echo.parent().unwrap().to_path_buf()
}

/// Waits until `look` finds something.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    for _ in 0..LOOKS_MAX {
        if let Some(found) = look().await {
            return found;
        }
        sleep(LOOK_EVERY).await;
    }
    panic!("it did not happen");
}

/// Whether a process runs; one that has ended and is not yet waited for does not.
pub(crate) fn lives(pid: &Value) -> bool {
    let path = Path::new("/proc").join(pid.to_string()).join("stat");
    let stat = fs::read_to_string(path).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !state.is_empty() && !state.starts_with('Z')
}
