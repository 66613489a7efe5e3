//! The HTTP API of a template: stages, authorizers and routes.

use std::collections::BTreeMap;

use super::{
    TemplateError, function_arn, functions, reader::Reader, resources::Resources, scope::Scope,
    triggers,
};

/// The authorizer name by which a route says that it has none.
const NO_AUTHORIZER: &str = "NONE";
/// How long API Gateway keeps an authorizer's answer when the template says nothing.
const CACHE_SECONDS_DEFAULT: u32 = 300;

/// An HTTP API.
#[derive(Debug, Clone, Default)]
pub struct Api {
    /// Its stages.
    pub stages: Vec<Stage>,
    /// Its authorizers.
    pub authorizers: Vec<Authorizer>,
    /// Its routes, the same in every stage.
    pub routes: Vec<Route>,
}

/// A stage: the first segment of the path, and variables that its requests carry.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its variables.
    pub variables: BTreeMap<String, String>,
}

/// A Lambda authorizer with payload format 2.0 and simple responses.
#[derive(Debug, Clone)]
pub struct Authorizer {
    /// Its name in the template.
    pub name: String,
    /// Logical id of the function that decides.
    pub function: String,
    /// The headers that say who calls; a request without one of them is refused unasked.
    pub identity_headers: Vec<String>,
    /// How long an answer holds for the same headers, in seconds; 0 asks each time.
    pub cache_seconds: u32,
}

/// Which function answers a method on a path.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method in capitals, or `ANY`.
    pub method: String,
    /// The path without the stage, as `/projects/{id}`.
    pub path: String,
    /// Logical id of the function.
    pub function: String,
    /// Name of the authorizer, if the route is not public.
    pub authorizer: Option<String>,
}

pub(super) fn read(scope: &Scope<'_>) -> Result<Api, TemplateError> {
    let id = match scope.ids(Resources::HTTP_API)?.as_slice() {
        [] => return Ok(Api::default()),
        [id] => *id,
        [_, second, ..] => {
            let reason = "the local stack serves a single HTTP API";
            return Err(TemplateError::property(second, "Type", reason));
        }
    };
    let auth = Reader::property(scope, id, "Auth")?;
    let mut authorizers = Vec::new();
    for (name, authorizer) in auth.get("Authorizers").members()? {
        authorizers.push(read_authorizer(scope, name, &authorizer)?);
    }
    let mut stages = vec![stage(scope, id)?];
    for id in scope.ids(Resources::STAGE)? {
        stages.push(stage(scope, id)?);
    }
    let default = auth.get("DefaultAuthorizer").optional_text()?;
    let routes = routes(scope, default.as_deref(), &authorizers)?;
    Ok(Api {
        stages,
        authorizers,
        routes,
    })
}

fn stage(scope: &Scope<'_>, id: &str) -> Result<Stage, TemplateError> {
    Ok(Stage {
        name: Reader::property(scope, id, "StageName")?.text()?,
        variables: Reader::property(scope, id, "StageVariables")?.texts()?,
    })
}

fn read_authorizer(
    scope: &Scope<'_>,
    name: String,
    authorizer: &Reader,
) -> Result<Authorizer, TemplateError> {
    let simple = authorizer.get("EnableSimpleResponses");
    let format = authorizer.get("AuthorizerPayloadFormatVersion");
    if format.text()? != "2.0" {
        return Err(format.error("the local stack speaks format 2.0 only"));
    }
    if !simple.flag()? {
        return Err(simple.error("the local stack understands simple responses only"));
    }
    let identity = authorizer.get("Identity");
    let headers = identity.get("Headers");
    let mut identity_headers = Vec::new();
    for header in headers.items()? {
        identity_headers.push(header.text()?.to_lowercase());
    }
    if identity_headers.is_empty() {
        return Err(headers.error("at least one header is needed"));
    }
    let arn = authorizer.get("FunctionArn");
    Ok(Authorizer {
        name,
        function: function_by_arn(scope, &arn)?,
        identity_headers,
        cache_seconds: identity
            .get("ReauthorizeEvery")
            .number_or(CACHE_SECONDS_DEFAULT)?,
    })
}

fn function_by_arn(scope: &Scope<'_>, arn: &Reader) -> Result<String, TemplateError> {
    let wanted = arn.text()?;
    functions::read(scope)?
        .into_iter()
        .find(|function| is_of(&wanted, &function_arn(&function.name)))
        .map(|function| function.id)
        .ok_or_else(|| arn.error("it is no function of this template"))
}

/// Whether an ARN is a function's, or that of one of its aliases, which are all the same here.
fn is_of(arn: &str, function_arn: &str) -> bool {
    let qualifier = arn.strip_prefix(function_arn);
    qualifier.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn routes(
    scope: &Scope<'_>,
    default: Option<&str>,
    authorizers: &[Authorizer],
) -> Result<Vec<Route>, TemplateError> {
    let mut routes: Vec<Route> = Vec::new();
    for (function, event) in triggers::events(scope, "HttpApi")? {
        let named = event.get("Auth").get("Authorizer");
        let authorizer = match named.optional_text()?.as_deref().or(default) {
            None | Some(NO_AUTHORIZER) => None,
            Some(name) if authorizers.iter().any(|one| one.name == name) => Some(name.to_owned()),
            Some(name) => return Err(named.error(&format!("the API has no authorizer {name}"))),
        };
        let path = event.get("Path");
        let route = Route {
            method: event.get("Method").text()?.to_uppercase(),
            path: path.text()?,
            function,
            authorizer,
        };
        if !route.path.starts_with('/') {
            return Err(path.error("it does not start with /"));
        }
        let is_same = |other: &Route| other.method == route.method && other.path == route.path;
        if routes.iter().any(is_same) {
            let key = format!("{} {} is routed twice", route.method, route.path);
            return Err(path.error(&key));
        }
        routes.push(route);
    }
    Ok(routes)
}
