//! Settings: shown, changed member by member, refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reports::settings::{LOGO_BYTES_MAX, LOGO_SIDE_PIXELS_MAX};
use serde_json::{Value, json};
use shared::tenant::Role;
use testkit::{Call, Caller, Reply};

use crate::Scene;

pub(crate) const PATH: &str = "/v2/reports/settings";

pub(crate) fn change(tag: &str, body: &Value) -> Call {
    Call::new("PATCH", PATH).header("if-match", tag).json(body)
}

impl Scene {
    async fn settings(&self) -> Reply {
        self.send(Call::get(PATH)).await.expect(200)
    }

    async fn change_settings(&self, tag: &str, body: &Value) -> Reply {
        self.send(change(tag, body)).await
    }

    async fn with_logo(&self, file: &[u8]) -> Reply {
        let logo = json!({ "logo": STANDARD.encode(file) });
        self.change_settings("*", &logo).await
    }
}

/// How a PNG of this size begins (ISO/IEC 15948, section 11.2.2), with `bytes` of something behind it.
fn png(width: usize, height: usize, bytes: usize) -> Vec<u8> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap().to_be_bytes();
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    file.extend([side(width), side(height)].concat());
    file.extend([8, 2, 0, 0, 0]);
    file.resize(file.len() + bytes, 0);
    file
}

/// The same of a JPEG (ITU-T T.81, section B.2.2).
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xe0\0\x04JF\xff\xc0\0\x0b\x08".to_vec();
    file.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    file.extend([1, 1, 0x11, 0]);
    file
}

#[tokio::test]
async fn a_tenant_that_has_chosen_nothing_sees_the_defaults() {
    let scene = Scene::new().await;
    let shown = scene.settings().await;
    assert_eq!(shown.header("etag"), "\"1\"");
    let defaults = json!({
        "brand_color": "#0f5f8c", "brand_line": null, "logo": null,
        "locale": "en", "language": "en", "updated_at": null,
    });
    assert_eq!(shown.json(), defaults);
}

#[tokio::test]
async fn what_is_given_changes_what_is_null_goes_back_and_the_rest_stays() {
    let scene = Scene::new().await;
    let body =
        json!({ "brand_color": "#0F766E", "brand_line": " Northwind · Oslo ", "locale": "DE-ch" });
    let changed = scene.change_settings("\"1\"", &body).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let logo = png(120, 60, 9);
    let sha256 = shared::hex::sha256(&logo);
    let changed = scene.with_logo(&logo).await.expect(200).json();
    let facts = json!({ "media_type": "image/png", "bytes": logo.len(), "sha256": sha256 });
    assert_eq!(changed["logo"], facts);
    assert_eq!(changed["brand_color"], "#0f766e");
    assert_eq!(changed["brand_line"], "Northwind · Oslo");
    assert_eq!(changed["locale"], "de-CH");
    let shown = scene.settings().await;
    assert_eq!(shown.json(), changed);
    assert_eq!(shown.header("etag"), "\"3\"");

    let back = json!({ "brand_color": null, "logo": null });
    let back = scene.change_settings("\"3\"", &back).await.expect(200);
    assert_eq!(back.json()["brand_color"], "#0f5f8c");
    assert_eq!(back.json()["logo"], Value::Null);
    assert_eq!(back.json()["brand_line"], "Northwind · Oslo");
    let all = json!({ "brand_line": null, "locale": null });
    let back = scene
        .change_settings("\"4\"", &all)
        .await
        .expect(200)
        .json();
    assert_eq!(back["brand_line"], Value::Null);
    assert_eq!(back["locale"], "en");
}

/// Of two who have seen the same, one is told so: also where nothing had been chosen.
#[tokio::test]
async fn a_change_of_what_has_changed_since_is_refused() {
    let scene = Scene::new().await;
    let body = json!({ "brand_line": "One" });
    let missing = Call::new("PATCH", PATH).json(&body);
    scene.send(missing).await.expect(428);
    scene.change_settings("\"7\"", &body).await.expect(412);
    let (one, other) = tokio::join!(
        scene.change_settings("\"1\"", &body),
        scene.change_settings("\"1\"", &body)
    );
    let mut statuses = [one, other].map(|reply| reply.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    scene.change_settings("\"1\"", &body).await.expect(412);
    scene.change_settings("\"2\"", &body).await.expect(200);
    assert_eq!(scene.settings().await.header("etag"), "\"3\"");
}

#[tokio::test]
async fn a_member_sees_the_settings_and_leaves_them() {
    let scene = Scene::new().await;
    let as_role = async |role: Role, call: Call| {
        let caller: Caller = scene.owner.clone().with_role(role);
        call.by(&caller).send(&scene.service).await
    };
    let line = |text: &str| change("*", &json!({ "brand_line": text }));
    as_role(Role::Admin, line("Admin")).await.expect(200);
    let refused = as_role(Role::Member, line("Member")).await.expect(403);
    assert_eq!(refused.json()["code"], "insufficient_role");
    let shown = as_role(Role::Member, Call::get(PATH)).await.expect(200);
    assert_eq!(shown.json()["brand_line"], "Admin");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_field() {
    let scene = Scene::new().await;
    let long = "x".repeat(121);
    let cases = [
        (json!({ "brand_color": "teal" }), "brand_color"),
        (json!({ "brand_color": "#0f766" }), "brand_color"),
        (json!({ "brand_color": 7 }), "brand_color"),
        (json!({ "brand_line": long }), "brand_line"),
        (json!({ "brand_line": "two\nlines" }), "brand_line"),
        (json!({ "brand_line": " " }), "brand_line"),
        (json!({ "locale": "german" }), "locale"),
        (json!({ "locale": "de-u-nu-arab" }), "locale"),
        (json!({ "logo": "not base64" }), "logo"),
        (json!({ "language": "de" }), "language"),
    ];
    for (body, field) in &cases {
        let reply = scene.change_settings("*", body).await.expect(400);
        assert_eq!(reply.blamed(), [*field], "{body}");
    }
    let both = json!({ "brand_color": "red", "locale": "?" });
    let reply = scene.change_settings("*", &both).await.expect(400);
    assert_eq!(reply.blamed(), ["brand_color", "locale"]);
    // The control: at its edges it is taken.
    let edge = json!({ "brand_line": "é".repeat(120), "locale": "zh-Hant-TW" });
    scene.change_settings("*", &edge).await.expect(200);
}

#[tokio::test]
async fn a_file_that_is_no_logo_is_refused_with_a_reason() {
    let scene = Scene::new().await;
    let side = LOGO_SIDE_PIXELS_MAX;
    let cases = [
        (b"<svg onload='alert(1)'/>".to_vec(), "PNG or a JPEG"),
        (b"GIF89a\x01\0\x01\0".to_vec(), "PNG or a JPEG"),
        (Vec::new(), "PNG or a JPEG"),
        (png(1, 1, LOGO_BYTES_MAX), "at most 262144 bytes"),
        (png(side + 1, 1, 0), "1 to 1024 pixels"),
        (png(1, 40_000, 0), "1 to 1024 pixels"),
        (png(0, 1, 0), "1 to 1024 pixels"),
        (jpeg(5_000, 5_000), "1 to 1024 pixels"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "how large it is"),
        (b"\xff\xd8\xff\xe0\0\0\0\0\0".to_vec(), "how large it is"),
    ];
    for (file, reason) in &cases {
        let refused = scene.with_logo(file).await.expect(422).json();
        assert_eq!(refused["code"], "unusable_logo", "{reason}");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{detail}");
    }
    assert_eq!(scene.settings().await.json()["logo"], Value::Null);
    // The control: at its edges it is taken.
    let largest = png(side, side, LOGO_BYTES_MAX - png(1, 1, 0).len());
    scene.with_logo(&largest).await.expect(200);
    let kept = scene.with_logo(&jpeg(16, 8)).await.expect(200).json();
    assert_eq!(kept["logo"]["media_type"], "image/jpeg");
}
