//! What a tenant can see of itself: the answers of all routes that read.

use serde_json::Value;
use shared::http::Gate;

use super::{Expected, Suite};
use crate::caller::Caller;

/// Every route that reads, with its status, entity tag and body.
pub(super) type View = Vec<(String, u16, String, Value)>;

impl<Make: AsyncFn(&Caller) -> String> Suite<'_, Make> {
    /// What `caller` is shown: all lists, and these things.
    pub(super) async fn view(&self, caller: &Caller, things: &[&str]) -> View {
        let reads = |said: &&Expected| said.reads() && said.gate == Gate::Tenant;
        let mut view = Vec::new();
        for expected in self.expected.iter().filter(reads) {
            let ids = match expected.names_a_thing() {
                true => things,
                false => &[""],
            };
            let query = if expected.lists { "?limit=100" } else { "" };
            for id in ids {
                let reply = self.send(expected.call_with(id, query), caller).await;
                let name = format!("{expected} {id}");
                let tag = reply.header("etag").to_owned();
                let mut body = reply.json();
                unsign(&mut body);
                view.push((name, reply.status.as_u16(), tag, body));
            }
        }
        view
    }
}

/// Takes the signature off each link: it is another one every second.
fn unsign(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("http") => {
            let end = text.find('?').unwrap_or(text.len());
            text.truncate(end);
        }
        Value::Array(items) => items.iter_mut().for_each(unsign),
        Value::Object(members) => members.values_mut().for_each(unsign),
        _ => {}
    }
}

/// Where the second view differs from the first.
pub(super) fn difference(before: &View, after: &View) -> Option<String> {
    let mut pairs = before.iter().zip(after);
    let (was, is) = pairs.find(|(was, is)| was != is)?;
    Some(format!("{was:?} became {is:?}"))
}
