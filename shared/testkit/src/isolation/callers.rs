//! Strangers, and the roles of a tenant.

use serde_json::Value;
use shared::http::Gate;
use shared::tenant::Role;

use super::view::difference;
use super::{Expected, Suite, claim, status};
use crate::call::{Call, Reply};
use crate::caller::Caller;

/// What the authorizer turns a caller down with, and what the caller hears.
const DENIALS: [(&str, u16); 6] = [
    ("invalid_token", 401),
    ("expired_token", 401),
    ("revoked_session", 401),
    ("a word that nobody knows", 401),
    ("tenant_suspended", 403),
    ("tenant_leaving", 403),
];

const ROLES: [Role; 3] = [Role::Member, Role::Admin, Role::Owner];

/// The same call by each kind of stranger.
fn by_strangers(call: &Call, owner: &Caller) -> Vec<(String, u16, Call)> {
    let mut calls = vec![("nobody".to_owned(), 401, call.clone())];
    for (reason, status) in DENIALS {
        // Beside a denial, an accepted caller's values must not count.
        let mut context = owner.context();
        context["denied"] = reason.into();
        calls.push((reason.to_owned(), status, call.clone().context(&context)));
        calls.push((reason.to_owned(), status, call.clone().denied(reason)));
    }
    let Value::Object(whole) = owner.context() else {
        return calls;
    };
    for missing in whole.keys() {
        let mut context = whole.clone();
        context.remove(missing);
        let call = call.clone().context(&Value::Object(context));
        calls.push((format!("a caller without {missing}"), 401, call));
    }
    calls
}

impl<Make: AsyncFn(&Caller) -> String> Suite<'_, Make> {
    /// Nobody gets through without an accepted caller, and nothing is done for them.
    pub(super) async fn strangers(&self, expected: &Expected) -> Vec<String> {
        let thing = (self.make)(self.owner).await;
        let before = self.view(self.owner, &[&thing]).await;
        let mut findings = Vec::new();
        for (who, code, call) in by_strangers(&expected.call(&thing), self.owner) {
            let reply = call.send(self.service).await;
            findings.extend(status(&who, &reply, code));
            let challenged = reply.header("www-authenticate").starts_with("Bearer");
            findings.extend(claim(code != 401 || challenged, || {
                format!("{who} was not asked for a token")
            }));
        }
        let after = self.view(self.owner, &[&thing]).await;
        let changed = difference(&before, &after);
        findings.extend(changed.map(|what| format!("for a stranger {what}")));
        findings
    }

    /// Each role gets what it may have. A role that may not gets 403, and nothing is done.
    pub(super) async fn roles(&self, expected: &Expected) -> Vec<String> {
        let mut findings = Vec::new();
        for role in ROLES {
            let who = role.as_str();
            let thing = (self.make)(self.owner).await;
            let before = self.view(self.owner, &[&thing]).await;
            let caller = self.owner.clone().with_role(role);
            let reply = self.send(expected.call(&thing), &caller).await;
            let after = self.view(self.owner, &[&thing]).await;
            let changed = difference(&before, &after);
            if role < expected.role {
                findings.extend(status(who, &reply, 403));
                findings.extend(claim(is_about_the_role(&reply), || {
                    format!("{who} was not told that the role is missing")
                }));
                findings.extend(changed.map(|what| format!("for {who} {what}")));
            } else {
                findings.extend(status(who, &reply, expected.status));
                let shows = expected.reads() || expected.unseen || changed.is_some();
                findings.extend(claim(shows, || format!("what {who} did cannot be seen")));
            }
        }
        findings
    }

    /// A route that asks nobody who they are: nothing that the gateway knows of a caller matters.
    pub(super) async fn anybody(&self, expected: &Expected) -> Vec<String> {
        let thing = (self.make)(self.owner).await;
        let before = self.view(self.owner, &[&thing]).await;
        let call = expected.call(&thing);
        let first = call.clone().send(self.service).await;
        let mut findings = Vec::new();
        findings.extend(status("nobody", &first, expected.status));
        let callers = [
            ("the owner", call.clone().by(self.owner)),
            ("another tenant", call.clone().by(self.other)),
            ("a denied caller", call.denied("invalid_token")),
        ];
        for (who, call) in callers {
            let reply = call.send(self.service).await;
            findings.extend(status(who, &reply, expected.status));
            let same = expected.gate != Gate::Public || reply.body == first.body;
            findings.extend(claim(same, || format!("{who} is told something else")));
        }
        let after = self.view(self.owner, &[&thing]).await;
        let changed = difference(&before, &after);
        findings.extend(changed.map(|what| format!("for anybody {what}")));
        findings
    }
}

/// Version 1 has no codes, only sentences.
fn is_about_the_role(reply: &Reply) -> bool {
    let code = &reply.json()["code"];
    code.is_null() || code == "insufficient_role"
}
