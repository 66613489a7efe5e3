//! What can run the functions, and how each is given an event.

use std::{collections::BTreeMap, time::Duration};

use local::{
    events::{Event, World},
    runtime::Lambda,
    template::Function,
};
use reqwest::{Client, Method, redirect::Policy};
use serde_json::{Value, json};

use crate::answer;

/// A container's first event includes its start and its image's making.
const ANSWER_WAIT: Duration = Duration::from_mins(2);
/// Headers that a gateway sets and a caller does not.
const GATEWAYS_HEADERS: [&str; 2] = ["content-length", "host"];

/// One of them.
pub(crate) struct Runner {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    /// Headers that it adds to an answer that has none of the name.
    pub(crate) adds: &'static [(&'static str, &'static str)],
    /// Headers that no answer has there.
    pub(crate) lacks: &'static [&'static str],
    /// Events that are refused there. One that is not, any more, is told of.
    pub(crate) refuses: &'static [&'static str],
}

/// How an event gets there.
pub(crate) enum Way {
    /// As it is, to the local stack's runtime.
    Runtime(Lambda),
    /// As it is, to a server of Lambda's `Invoke`, under the name that it knows the function by.
    Invoke {
        url: String,
        name: fn(&Function) -> &str,
    },
    /// As the request that it stands for, to the address of its stage.
    Request {
        stages: BTreeMap<String, String>,
        /// Whether there is an authorizer in front.
        authorizes: bool,
    },
}

impl Runner {
    /// The true answer and the runner's, without what the runner is known to leave out and to add.
    pub(crate) fn comparable(&self, truth: &Value, mut answer: Value) -> (Value, Value) {
        let mut truth = truth.clone();
        let truths = truth.get_mut("headers").and_then(Value::as_object_mut);
        let answers = answer.get_mut("headers").and_then(Value::as_object_mut);
        if let (Some(truths), Some(answers)) = (truths, answers) {
            for (name, value) in self.adds {
                let is_added = !truths.contains_key(*name);
                if is_added && answers.get(*name) == Some(&json!(value)) {
                    answers.remove(*name);
                }
            }
            truths.retain(|name, _| !self.lacks.contains(&name.as_str()));
        }
        (truth, answer)
    }

    /// The answer to an event; `None` where it cannot be given in this way.
    pub(crate) async fn answer(
        &self,
        world: &World,
        event: &Event,
        function: &Function,
    ) -> Option<Value> {
        let payload = world.payload(event);
        let returned = match &self.way {
            Way::Request { stages, authorizes } => {
                let is_tenants = payload.pointer("/requestContext/authorizer").is_some();
                let is_taken = event.is_request() && (*authorizes || !is_tenants);
                return match is_taken {
                    true => Some(request(stages, &payload).await),
                    false => None,
                };
            }
            Way::Runtime(lambda) => runtime(lambda, function, &payload).await,
            Way::Invoke { url, name } => invoke(url, name(function), &payload).await,
        };
        Some(match event.is_request() {
            true => answer::of_request(&returned),
            false => answer::of_job(&returned),
        })
    }
}

async fn runtime(lambda: &Lambda, function: &Function, payload: &Value) -> Value {
    let outcome = lambda.invoke(&function.id, payload.to_string().into());
    match outcome.await.unwrap() {
        Ok(answer) => serde_json::from_slice(&answer).unwrap(),
        Err(error) => json!({ "function_error": error.to_string() }),
    }
}

async fn invoke(url: &str, name: &str, payload: &Value) -> Value {
    let url = format!("{url}/2015-03-31/functions/{name}/invocations");
    let response = client().post(url).body(payload.to_string()).send().await;
    let response = response.unwrap();
    let body = response.bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&body)
        .unwrap_or_else(|_no_json| String::from_utf8_lossy(&body).into_owned().into());
    // Neither server has the header by which Lambda says that a function failed.
    match (
        answer["errorType"].as_str(),
        answer["errorMessage"].as_str(),
    ) {
        (Some(kind), Some(message)) => json!({ "function_error": format!("{kind}: {message}") }),
        _ => answer,
    }
}

/// Sends the request that an event stands for.
async fn request(stages: &BTreeMap<String, String>, payload: &Value) -> Value {
    let stage = payload["requestContext"]["stage"].as_str().unwrap();
    let path = payload["rawPath"].as_str().unwrap();
    let inside = path.strip_prefix(&format!("/{stage}")).unwrap();
    let mut url = format!("{}{inside}", stages[stage]);
    let query = payload["rawQueryString"].as_str().unwrap_or_default();
    if !query.is_empty() {
        url.push('?');
        url.push_str(query);
    }
    let method = payload["requestContext"]["http"]["method"]
        .as_str()
        .unwrap();
    let method: Method = method.parse().unwrap();
    let mut request = client().request(method, url);
    for (name, value) in payload["headers"].as_object().unwrap() {
        let is_gateways = name.starts_with("x-") || GATEWAYS_HEADERS.contains(&name.as_str());
        if !is_gateways {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    if let Some(body) = payload["body"].as_str() {
        request = request.body(body.to_owned());
    }
    answer::of_response(request.send().await.unwrap()).await
}

fn client() -> Client {
    let client = Client::builder().no_proxy().redirect(Policy::none());
    client.timeout(ANSWER_WAIT).build().unwrap()
}
