//! The tour's report, from the order to the file, and what billing counted of it all.

use std::{fs, path::Path, time::Duration};

use reqwest::StatusCode;
use serde::Serialize;
use serde_json::Value;
use tokio::time::sleep;

use super::{
    DemoError, OK,
    tour::Tour,
    transcript::{answered, asked, chapter, note},
};
use crate::api::{Call, Reply, Texts};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A first report includes the worker's start; forty looks fit into the free plan's minute.
const LOOKS_MAX: u32 = 40;
/// How a PDF begins and ends (ISO 32000-2, section 7.5).
const PDF_BEGIN: &[u8] = b"%PDF-";
const PDF_END: &[u8] = b"%%EOF";

/// The order.
#[derive(Serialize)]
struct Order<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    params: Texts<'a>,
}

impl Tour {
    /// Orders a report, waits for it, and saves it in `file`.
    pub(super) async fn report(&self, token: &str, file: &Path) -> Result<(), DemoError> {
        chapter("A report: ordered at once, made by a worker, fetched when it is there");
        let order = Order {
            kind: "project_summary",
            params: Texts(&[("title", "Projects at Acme")]),
        };
        let call = Call::post("/v2/reports", &order).by(token).once();
        let ordered = self.send(call, &["location", "retry-after"]).await?;
        let ordered = ordered.expect(StatusCode::ACCEPTED)?;
        let path = format!("/v2/reports/{}", ordered.text("/id"));
        let is_done = |reply: &Reply| !matches!(&*reply.text("/status"), "queued" | "running");
        let report = self.look_until(&path, token, "the report", is_done).await?;
        let json = report.json();
        let of = |name: &str| json.get(name).cloned().unwrap_or_default();
        let (status, pages, bytes) = (of("status"), of("pages"), of("size_bytes"));
        note(format_args!(
            "status: {status}, pages: {pages}, size_bytes: {bytes}"
        ));
        if status != "succeeded" {
            return Err(DemoError::answer(
                &format!("GET {path}"),
                "the report failed",
            ));
        }

        let call = Call::get(format!("{path}/download")).by(token);
        let link = self
            .send(call, &["location"])
            .await?
            .expect(StatusCode::SEE_OTHER)?;
        let call = Call::get(link.header("location"));
        let document = self.api.send(call).await?.expect(OK)?.body;
        if !is_pdf(&document) {
            return Err(DemoError::answer("the download", "it is no PDF"));
        }
        fs::write(file, &document).map_err(DemoError::file(file))?;
        note(format_args!(
            "saved as {}, a PDF of {} bytes",
            file.display(),
            document.len()
        ));
        Ok(())
    }

    /// Waits until billing has heard of all projects.
    pub(super) async fn usage(&self, token: &str) -> Result<(), DemoError> {
        chapter("What billing heard of it, through outbox, relay and queue");
        let made = Self::projects_made();
        let is_counted = |reply: &Reply| used(&reply.json(), "projects") == Some(made);
        let path = "/v2/billing/usage";
        self.look_until(path, token, "counting the projects", is_counted)
            .await?;
        chapter("What the month would cost");
        let call = Call::get("/v2/billing/invoices/preview").by(token);
        self.send(call, &[]).await?.expect(OK)?;
        Ok(())
    }

    /// Asks again and again until the answer is the one that `is_wanted`; prints that one only.
    async fn look_until(
        &self,
        path: &str,
        token: &str,
        what: &'static str,
        is_wanted: impl Fn(&Reply) -> bool,
    ) -> Result<Reply, DemoError> {
        let call = Call::get(path).by(token);
        asked(&call);
        for _ in 0..LOOKS_MAX {
            let reply = self.api.send(call.clone()).await?.expect(OK)?;
            if is_wanted(&reply) {
                answered(&reply, &[]);
                return Ok(reply);
            }
            sleep(LOOK_EVERY).await;
        }
        let seconds = LOOK_EVERY.as_secs() * u64::from(LOOKS_MAX);
        Err(DemoError::Late { what, seconds })
    }
}

fn used(usage: &Value, meter: &str) -> Option<u64> {
    let meters = usage.get("data")?.as_array()?;
    let found = meters
        .iter()
        .find(|used| used.get("meter").is_some_and(|name| name == meter))?;
    found.get("used")?.as_u64()
}

fn is_pdf(document: &[u8]) -> bool {
    let end = document.trim_ascii_end();
    document.starts_with(PDF_BEGIN) && end.ends_with(PDF_END)
}
