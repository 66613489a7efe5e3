//! How a tenant's reports look: what was set through the API is what is drawn, for that tenant alone.

use std::{env, fs, path::PathBuf, process::Command};

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Encoder};
use report_worker::report::Limits;
use report_worker::state::Worker;
use report_worker::theme::{self, Color, Logo, Theme};
use reports::settings;
use reports::state::Reports;
use serde_json::{Value, json};
use shared::ids::ReportId;
use shared::pipeline;
use testkit::{Call, Caller};

use crate::Scene;

/// How teal, #0f766e, is set for what is filled.
const TEAL: &str = "0.059 0.463 0.431 rg";
/// The same of the colour of those who have chosen none, #0f5f8c.
const DEFAULT: &str = "0.059 0.373 0.549 rg";

fn api(scene: &Scene) -> Router {
    let state = Reports {
        app: scene.database.app("reports"),
        storage: scene.bucket.storage(),
    };
    pipeline::service(reports::routes::table(), state)
}

/// What a document says, and its content in plain sight.
struct Document {
    text: String,
    content: String,
}

impl Document {
    fn open(pdf: &[u8]) -> Self {
        let name = format!("looks-{}.pdf", ReportId::new());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, pdf).unwrap();
        let printed = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            let output = command.args(arguments).arg(&path).arg("-").output();
            let output = output.unwrap_or_else(|error| panic!("{program} does not run: {error}"));
            assert!(output.status.success(), "{program}: {}", output.status);
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let opened = Self {
            text: printed("pdftotext", &["-layout"]),
            content: printed("qpdf", &["--qdf"]),
        };
        fs::remove_file(&path).unwrap();
        opened
    }

    fn has_picture(&self) -> bool {
        self.content.contains("/Subtype /Image")
    }
}

impl Scene {
    async fn set(&self, body: &Value) {
        let call = Call::new("PATCH", "/v2/reports/settings").header("if-match", "*");
        let call = call.json(body).by(&Caller::owner(self.tenant));
        call.send(&api(self)).await.expect(200);
    }

    /// A statement of much usage.
    async fn statement(&self) -> Document {
        self.within(
            "INSERT INTO billing.usage_events (event_id, meter, quantity, occurred_at)
             VALUES (gen_random_uuid(), 'reports', 1234567, now())",
        )
        .await;
        let id = self.order("usage_statement", &json!({})).await;
        assert!(self.deliver(&[self.message(id)], 1).await.is_empty());
        let report = self.report(id).await;
        let problem: Option<Value> = report.get("problem");
        assert_eq!(report.get::<_, &str>("status"), "succeeded", "{problem:?}");
        let key: String = report.get("object_key");
        Document::open(&self.bucket.bytes(&key).await)
    }
}

/// A red square without its last bytes: the file, and the same in base64.
fn picture(cut_bytes: usize) -> (Vec<u8>, String) {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 32, 32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    let pixels = [200, 30, 30].repeat(32 * 32);
    writer.write_image_data(&pixels).unwrap();
    drop(writer);
    file.truncate(file.len() - cut_bytes);
    let text = STANDARD.encode(&file);
    (file, text)
}

#[tokio::test]
async fn a_report_looks_as_its_tenant_has_set_and_no_others_does() {
    let mut scene = Scene::new().await;
    let (_, logo) = picture(0);
    let line = "Northwind Mapping Ltd, Oslo";
    scene
        .set(&json!({
            "brand_color": "#0f766e", "brand_line": line, "locale": "de", "logo": logo,
        }))
        .await;
    let own = scene.statement().await;
    assert!(own.text.contains(line), "{}", own.text);
    assert!(own.text.contains("1.234.567"), "{}", own.text);
    assert!(!own.text.contains("1,234,567"), "{}", own.text);
    assert!(own.content.contains(TEAL) && !own.content.contains(DEFAULT));
    assert!(own.has_picture());
    // For programs, figures stay as they are.
    let file = scene.file("usage_statement", &json!({})).await;
    assert!(file.iter().any(|row| row[1] == "1234567"), "{file:?}");

    // The control: another tenant, at the same worker, has chosen nothing.
    scene.tenant = scene.database.tenant().await;
    let other = scene.statement().await;
    assert!(!other.text.contains("Northwind"), "{}", other.text);
    assert!(other.text.contains("1,234,567"), "{}", other.text);
    assert!(other.content.contains(DEFAULT) && !other.content.contains(TEAL));
    assert!(!other.has_picture());
}

#[tokio::test]
async fn amounts_are_written_as_the_locale_does() {
    let scene = Scene::new().await;
    let upgrade = "INSERT INTO billing.subscriptions (plan_id) VALUES ('pro')";
    scene.within(upgrade).await;
    for (locale, price) in [("en", "49.00"), ("de", "49,00"), ("xx", "49.00")] {
        scene.set(&json!({ "locale": locale })).await;
        let id = scene.order("invoice", &json!({})).await;
        assert!(scene.deliver(&[scene.message(id)], 1).await.is_empty());
        let key: String = scene.report(id).await.get("object_key");
        let text = Document::open(&scene.bucket.bytes(&key).await).text;
        assert!(text.contains(price), "{locale}: {text}");
    }
}

/// The API looks at a file's head alone; what is wrong behind it costs the logo and not the report.
#[tokio::test]
async fn a_damaged_logo_is_left_out_and_the_report_is_made() {
    let scene = Scene::new().await;
    let (file, logo) = picture(30);
    Logo::read(&file).unwrap_err();
    let line = "Still here";
    scene
        .set(&json!({ "logo": logo, "brand_line": line }))
        .await;
    let made = scene.statement().await;
    assert!(made.text.contains(line), "{}", made.text);
    assert!(!made.has_picture());
    // The control: the same file, whole.
    scene.set(&json!({ "logo": picture(0).1 })).await;
    assert!(scene.statement().await.has_picture());
}

/// The API and the worker take the same for a logo, and for nothing chosen.
#[test]
fn both_functions_mean_the_same() {
    assert_eq!(settings::LOGO_BYTES_MAX, theme::LOGO_BYTES_MAX);
    let side = u32::try_from(settings::LOGO_SIDE_PIXELS_MAX);
    assert_eq!(side, Ok(theme::LOGO_SIDE_PIXELS_MAX));
    let default: Color = settings::BRAND_COLOR.parse().unwrap();
    assert_eq!(Theme::default(), Theme::with_brand(default));
}

#[tokio::test]
async fn a_report_of_more_rows_than_the_worker_takes_fails() {
    let scene = Scene::new().await;
    scene.add_projects(6).await;
    for (rows, status) in [(5, "failed"), (6, "succeeded")] {
        let worker = Worker {
            limits: Limits {
                rows,
                ..Limits::default()
            },
            ..scene.worker.clone()
        };
        let id = scene.order("project_summary", &json!({})).await;
        let event = crate::event(&[scene.message(id)], 1);
        assert!(crate::run(&worker, &event).await.is_empty());
        let report = scene.report(id).await;
        assert_eq!(report.get::<_, &str>("status"), status, "{rows}");
        if status == "failed" {
            assert_eq!(report.get::<_, Value>("problem")["code"], "too_large");
        }
    }
}
