//! What goes from one request to the next: totals, cursors, keys of repeated requests.

use super::view::difference;
use super::{Expected, Suite, claim, status};
use crate::call::Reply;
use crate::caller::Caller;

impl<Make: AsyncFn(&Caller) -> String> Suite<'_, Make> {
    /// Another tenant's lists and totals stay as they are, its requests are never a repetition of
    /// this one's, and this one's cursors lead it nowhere.
    pub(super) async fn lists(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let before = (
            self.view(self.owner, &[]).await,
            self.view(self.other, &[]).await,
        );
        for _ in 0..2 {
            (self.make)(self.owner).await;
        }
        let after = (
            self.view(self.owner, &[]).await,
            self.view(self.other, &[]).await,
        );
        let shown = difference(&before.1, &after.1);
        findings.extend(shown.map(|what| format!("another tenant is shown what was made: {what}")));
        if self.expected.iter().any(|said| said.lists) {
            let shown = difference(&before.0, &after.0).is_some();
            findings.extend(claim(shown, || "no list shows what was made".to_owned()));
            findings.extend(self.cursors().await);
        }
        for expected in self.expected.iter().filter(|said| said.creates) {
            let found = self.keys(expected).await;
            findings.extend(found.into_iter().map(|what| format!("{expected}: {what}")));
        }
        findings
    }

    /// A cursor opens its tenant's list, in every version of it, and nobody else's.
    async fn cursors(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let mut cursors = Vec::new();
        for list in self.expected.iter().filter(|said| said.lists) {
            let page = self.send(list.call_with("", "?limit=1"), self.owner).await;
            let cursor = page.json()["meta"]["next_cursor"]
                .as_str()
                .map(str::to_owned);
            cursors.extend(cursor.map(|cursor| (list.resource(), cursor)));
        }
        for list in self.expected.iter().filter(|said| said.lists) {
            let mut of_list = cursors.iter().filter(|(of, _)| *of == list.resource());
            let Some((_, cursor)) = of_list.next() else {
                findings.push(format!("{list}: no version of it gave a cursor"));
                continue;
            };
            let query = format!("?cursor={cursor}");
            let ours = self.send(list.call_with("", &query), self.owner).await;
            let theirs = self.send(list.call_with("", &query), self.other).await;
            let refused = status("another tenant with the cursor", &theirs, 400);
            let found = [status("the cursor's owner", &ours, 200), refused];
            let found = found.into_iter().flatten();
            findings.extend(found.map(|what| format!("{list}: {what}")));
        }
        findings
    }

    /// The same key in two tenants is two keys.
    async fn keys(&self, expected: &Expected) -> Vec<String> {
        let call = expected.call("");
        let first = self.send(call.clone(), self.owner).await;
        let theirs = self.send(call.clone(), self.other).await;
        let again = self.send(call, self.owner).await;
        let replayed = |reply: &Reply| reply.header("idempotent-replayed") == "true";
        [
            status("the owner", &first, expected.status),
            status("another tenant with the same key", &theirs, expected.status),
            claim(!replayed(&theirs) && theirs.body != first.body, || {
                "another tenant got the stored answer".to_owned()
            }),
            // The control: it was a key, and its owner's answer was kept.
            claim(replayed(&again) && again.body == first.body, || {
                "the owner did not get the stored answer".to_owned()
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
