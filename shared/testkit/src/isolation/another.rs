//! Another tenant at one's own routes.

use axum::http::HeaderName;
use uuid::Uuid;

use super::view::difference;
use super::{Expected, Suite, claim, status};
use crate::call::Reply;
use crate::caller::Caller;

/// A tag that no version of a thing has.
const NO_TAG: &str = "\"0\"";

impl<Make: AsyncFn(&Caller) -> String> Suite<'_, Make> {
    /// A thing of another tenant is byte for byte one that never existed, and a route that names
    /// nothing serves the other tenant with nothing of this one's. Neither changes anything here.
    pub(super) async fn another_tenant(&self, expected: &Expected) -> Vec<String> {
        let foreign = (self.make)(self.owner).await;
        let before = self.view(self.owner, &[&foreign]).await;
        let mut findings = match expected.names_a_thing() {
            true => {
                let tags = before.iter().map(|(_, _, tag, _)| tag.as_str());
                let tag = tags.max().filter(|tag| !tag.is_empty());
                self.absent(expected, &foreign, tag.unwrap_or("\"1\""))
                    .await
            }
            false => self.served_its_own(expected, &foreign).await,
        };
        let after = self.view(self.owner, &[&foreign]).await;
        let changed = difference(&before, &after);
        findings.extend(changed.map(|what| format!("for another tenant {what}")));
        findings
    }

    /// `tag` is the one that the thing has: 412 for a wrong one, or success for the right one,
    /// would tell that there is a thing.
    async fn absent(&self, expected: &Expected, foreign: &str, tag: &str) -> Vec<String> {
        let mut findings = Vec::new();
        for seen in ["*", tag, NO_TAG] {
            let ask = async |id: &str| {
                let call = expected.call(id).header("if-match", seen);
                self.send(call, self.other).await
            };
            let theirs = ask(foreign).await;
            let nobodys = ask(&Uuid::now_v7().to_string()).await;
            findings.extend(status("another tenant", &theirs, 404));
            findings.extend(status("whoever names nothing", &nobodys, 404));
            findings.extend(claim(theirs.body == nobodys.body, || {
                "a foreign and an absent thing differ in their bodies".to_owned()
            }));
            findings.extend(claim(names(&theirs) == names(&nobodys), || {
                let (theirs, nobodys) = (names(&theirs), names(&nobodys));
                format!("headers of a foreign thing {theirs:?}, of an absent one {nobodys:?}")
            }));
        }
        findings
    }

    async fn served_its_own(&self, expected: &Expected, foreign: &str) -> Vec<String> {
        let reply = self.send(expected.call(foreign), self.other).await;
        let mut findings = Vec::new();
        findings.extend(status("another tenant", &reply, expected.status));
        let body = String::from_utf8_lossy(&reply.body);
        let ours = [
            foreign.to_owned(),
            self.owner.tenant.id().to_string(),
            self.owner.user.to_string(),
        ];
        let shown = ours.iter().find(|id| body.contains(id.as_str()));
        findings.extend(shown.map(|id| format!("another tenant was shown {id}")));
        findings
    }
}

fn names(reply: &Reply) -> Vec<&str> {
    let mut names: Vec<_> = reply.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names
}
