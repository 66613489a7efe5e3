//! The tour's projects: made, changed and listed in both versions.

use reqwest::Method;
use serde_json::Value;

use super::{
    CREATED, DemoError, OK,
    tour::Tour,
    transcript::{chapter, note},
};
use crate::api::{Call, Reply, Texts};

/// What the first version can say of a project: its name.
const V1_PROJECTS: [&str; 4] = [
    "Warehouse robots, second generation",
    "Gripper 3",
    "Charging dock recall",
    "Safety certification EN ISO 10218",
];
/// Names and descriptions; some need other letters, more care or more room than usual.
const V2_PROJECTS: [(&str, &str); 9] = [
    (
        "Zürich pilot line",
        "Twelve arms, three shifts, one winter.",
    ),
    ("Навигация в помещении", "Maps without markers."),
    (
        "Customer portal: invoices, usage & roles",
        "What customers asked for most.",
    ),
    ("Fleet telemetry", "One figure per second and robot."),
    ("Ελληνικό κέντρο διανομής", "The depot in Thessaloniki."),
    ("Supplier audit 2026", "Forty sites, two of them on a boat."),
    (
        "R&D: soft touch <prototype>",
        "Eggs, light bulbs, strawberries.",
    ),
    (
        "Move of all maintenance contracts from the retired system to the new subscription model",
        "All of them at once.",
    ),
    ("Office move", "Boxes by Thursday."),
];
/// Which of them are over.
const ARCHIVED: [usize; 3] = [2, 5, 12];

impl Tour {
    /// Creates all projects; answers their ids.
    pub(super) async fn create_projects(&self, token: &str) -> Result<Vec<String>, DemoError> {
        chapter("Projects: v1 knows names only");
        let mut ids = Vec::new();
        for name in V1_PROJECTS {
            let call = Call::post("/v1/projects", &Texts(&[("name", name)])).by(token);
            ids.push(self.create(call, ids.is_empty()).await?.text("/id"));
        }
        chapter("v2 knows more of them, and wants an Idempotency-Key");
        let v1_count = ids.len();
        let mut last = None;
        for (name, description) in V2_PROJECTS {
            let body = Texts(&[("name", name), ("description", description)]);
            let call = Call::post("/v2/projects", &body).by(token).once();
            let reply = self.create(call.clone(), ids.len() == v1_count).await?;
            ids.push(reply.text("/id"));
            last = Some((call, reply.text("/id")));
        }
        if let Some((call, id)) = last {
            self.repeat(call, &id).await?;
        }
        Ok(ids)
    }

    async fn create(&self, call: Call, is_first: bool) -> Result<Reply, DemoError> {
        let reply = match is_first {
            true => self.send(call, &[]).await?,
            false => self.send_briefly(call).await?,
        };
        Ok(reply.expect(CREATED)?)
    }

    /// The same request again, as after a lost answer: the same project, not a second one.
    async fn repeat(&self, call: Call, id: &str) -> Result<(), DemoError> {
        chapter("The last request again, under its key: the same project, not a second one");
        let name = call.name();
        let reply = self.send(call, &["idempotent-replayed"]).await?;
        let again = reply.expect(CREATED)?.text("/id");
        match again == id {
            true => Ok(()),
            false => Err(DemoError::answer(&name, "a second project was made")),
        }
    }

    /// Archives some, each in the version that was seen.
    pub(super) async fn archive_projects(
        &self,
        token: &str,
        ids: &[String],
    ) -> Result<(), DemoError> {
        chapter("Three of them are over");
        for id in ARCHIVED.iter().filter_map(|place| ids.get(*place)) {
            let call = Call::new(Method::PATCH, format!("/v2/projects/{id}"));
            let call = call
                .json(&Texts(&[("status", "archived")]))
                .header("if-match", "\"1\"");
            self.send_briefly(call.by(token)).await?.expect(OK)?;
        }
        Ok(())
    }

    /// Lists them as both versions do.
    pub(super) async fn list_projects(&self, token: &str) -> Result<(), DemoError> {
        chapter("The list: v1 is a bare array, and says until when it will be there");
        let call = Call::get("/v1/projects").by(token);
        let name = call.name();
        let lifecycle = ["deprecation", "sunset", "link"];
        let reply = self.send(call, &lifecycle).await?.expect(OK)?;
        let is_dated = lifecycle.iter().all(|name| !reply.header(name).is_empty());
        if !(reply.json().is_array() && is_dated) {
            return Err(DemoError::answer(&name, "it is no array with dates"));
        }

        chapter("v2 is data and meta");
        let call = Call::get("/v2/projects?limit=5").by(token);
        let name = call.name();
        let reply = self.send(call, &["ratelimit"]).await?.expect(OK)?;
        let json = reply.json();
        let total = json.pointer("/meta/total").and_then(Value::as_u64);
        note(format_args!("meta.total: {}", total.unwrap_or_default()));
        note(format_args!(
            "meta.next_cursor: {}",
            reply.text("/meta/next_cursor")
        ));
        match total == Some(Self::projects_made()) {
            true => Ok(()),
            false => Err(DemoError::answer(&name, "the total is wrong")),
        }
    }

    /// How many projects [`Self::create_projects`] makes.
    pub(super) fn projects_made() -> u64 {
        (V1_PROJECTS.len() + V2_PROJECTS.len()) as u64
    }
}
