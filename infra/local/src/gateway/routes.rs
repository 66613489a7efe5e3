//! Finds the route of a request.

use std::collections::BTreeMap;

use crate::template::Route;

/// A route's method that takes every method.
const ANY: &str = "ANY";

/// All routes, the most specific ones first.
#[derive(Debug)]
pub(super) struct Routes {
    routes: Vec<(Vec<Segment>, Route)>,
}

/// One segment of a route's path; the order is that of precedence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// Matches itself.
    Literal(String),
    /// `{name}`: matches one segment.
    Parameter(String),
    /// `{name+}`: matches all segments from here on, at least one.
    Rest(String),
}

/// A route and what its path's parameters stand for.
#[derive(Debug)]
pub(super) struct Found<'r> {
    pub(super) route: &'r Route,
    pub(super) parameters: BTreeMap<String, String>,
}

impl Found<'_> {
    /// The route as events name it, `GET /projects/{id}`.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.route.method, self.route.path)
    }
}

impl Routes {
    pub(super) fn new(routes: &[Route]) -> Self {
        let mut routes: Vec<(Vec<Segment>, Route)> = routes
            .iter()
            .map(|route| (segments(&route.path), route.clone()))
            .collect();
        routes.sort_by(|(left, one), (right, other)| {
            let by_method = (one.method == ANY).cmp(&(other.method == ANY));
            left.cmp(right).then(by_method)
        });
        Self { routes }
    }

    /// The route for `method` on `path`, which is without the stage.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        let path: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        self.routes.iter().find_map(|(segments, route)| {
            let takes_method = route.method == ANY || route.method == method;
            let parameters = takes_method.then(|| matched(segments, &path))??;
            Some(Found { route, parameters })
        })
    }
}

fn segments(path: &str) -> Vec<Segment> {
    path.trim_start_matches('/')
        .split('/')
        .map(segment)
        .collect()
}

fn segment(text: &str) -> Segment {
    let inside = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    match inside {
        None => Segment::Literal(text.to_owned()),
        Some(name) => match name.strip_suffix('+') {
            Some(name) => Segment::Rest(name.to_owned()),
            None => Segment::Parameter(name.to_owned()),
        },
    }
}

fn matched(segments: &[Segment], path: &[&str]) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut path = path.iter();
    for segment in segments {
        let part = path.next()?;
        match segment {
            Segment::Literal(text) if text == part => {}
            Segment::Parameter(name) if !part.is_empty() => {
                parameters.insert(name.clone(), (*part).to_owned());
            }
            Segment::Rest(name) => {
                let rest: Vec<&str> = std::iter::once(part).chain(path).copied().collect();
                let rest = rest.join("/");
                if rest.is_empty() {
                    return None;
                }
                parameters.insert(name.clone(), rest);
                return Some(parameters);
            }
            Segment::Literal(_) | Segment::Parameter(_) => return None,
        }
    }
    path.next().is_none().then_some(parameters)
}
