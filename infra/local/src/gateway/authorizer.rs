//! Asks a Lambda authorizer whether a request may pass.
//!
//! See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>:
//! an answer is kept per identity, a missing identity is refused unasked, and an authorizer that
//! fails makes a 500.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    cache::{Cache, Decision},
    event::Routed,
    refusal::Refusal,
};
use crate::{runtime::Lambda, template};

/// How long an authorizer may take.
const AUTHORIZER_WAIT: Duration = Duration::from_secs(10);

/// An authorizer and its kept answers.
#[derive(Debug)]
pub(super) struct Authorizer {
    settings: template::Authorizer,
    cache: Cache,
}

impl Authorizer {
    pub(super) fn new(settings: template::Authorizer) -> Self {
        Self {
            settings,
            cache: Cache::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    /// The context that the authorizer gives the request.
    pub(super) async fn authorize(
        &self,
        lambda: &Lambda,
        request: &Routed<'_>,
    ) -> Result<Value, Refusal> {
        let headers = self.settings.identity_headers.iter();
        let identity: Vec<String> = headers
            .map(|name| request.inbound.header(name).to_owned())
            .collect();
        if identity.iter().any(String::is_empty) {
            return Err(Refusal::Unauthorized);
        }
        let mut key = identity.clone();
        key.push(request.stage.name.clone());
        let decision = match self.cache.get(&key) {
            Some(decision) => decision,
            None => self.ask(lambda, request, identity, key).await?,
        };
        match decision {
            Decision::Allow(context) => Ok(context),
            Decision::Deny => Err(Refusal::Forbidden),
        }
    }

    async fn ask(
        &self,
        lambda: &Lambda,
        request: &Routed<'_>,
        identity: Vec<String>,
        key: Vec<String>,
    ) -> Result<Decision, Refusal> {
        let event = request.for_authorizer(&identity).to_string();
        let trace_id = request.inbound.trace_id.clone();
        let asked = lambda.invoke_traced(&self.settings.function, event.into(), trace_id);
        let answer = match timeout(AUTHORIZER_WAIT, asked).await {
            Ok(Ok(Ok(answer))) => answer,
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(Err(_function_error))) => return Err(Refusal::InternalServerError),
            Err(_elapsed) => return Err(Refusal::InternalServerError),
        };
        let decision = decision(&answer).ok_or(Refusal::InternalServerError)?;
        let holds = Duration::from_secs(self.settings.cache_seconds.into());
        self.cache.put(key, decision.clone(), holds);
        Ok(decision)
    }
}

/// Reads a simple response, `{"isAuthorized": …, "context": {…}}`.
fn decision(answer: &[u8]) -> Option<Decision> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    if !answer.get("isAuthorized")?.as_bool()? {
        return Some(Decision::Deny);
    }
    let context = answer.get("context").filter(|context| context.is_object());
    Some(Decision::Allow(
        context.cloned().unwrap_or_else(|| json!({})),
    ))
}
