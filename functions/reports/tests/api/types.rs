//! What can be asked for, and by whom.

use serde_json::{Value, json};
use shared::tenant::Role;
use testkit::{Call, Caller, Reply};

use crate::{Scene, id};

/// Parameters, and whether they are good, by type.
fn samples() -> Vec<(&'static str, Value, bool)> {
    let title = |title: &str| json!({ "title": title });
    let period = |period: &str| json!({ "period": period });
    let every: Vec<(Value, bool)> = vec![
        (json!({}), true),
        (title("x"), true),
        (title("  All of it  "), true),
        (title("日本語"), true),
        (title(&"ä".repeat(120)), true),
        (title(&format!("  {}  ", "a".repeat(120))), true),
        (json!({ "title": null }), true),
        (title(&"ä".repeat(121)), false),
        (title(""), false),
        (title("   "), false),
        (title("two\nlines"), false),
        (title("bell \u{7}"), false),
        (json!({ "title": 7 }), false),
        (json!({ "title": ["x"] }), false),
        (json!({ "colour": "red" }), false),
        (period("yesterday"), false),
        (json!({ "period": 11 }), false),
    ];
    let own = [
        ("project_summary", json!({ "status": "active" }), true),
        (
            "project_summary",
            json!({ "status": "archived", "title": "x" }),
            true,
        ),
        ("project_summary", json!({ "status": null }), true),
        ("project_summary", json!({ "status": "Active" }), false),
        ("project_summary", json!({ "status": "" }), false),
        ("project_summary", period("this_month"), false),
        ("activity", period("last_90_days"), true),
        ("activity", period("last_91_days"), false),
        ("activity", period("last_month"), true),
        ("activity", period("2026-11"), false),
        ("audit_extract", period("last_7_days"), true),
        ("audit_extract", period("2026-11"), true),
        ("audit_extract", period("2026-13"), false),
        ("audit_extract", period("1999-12"), false),
        ("usage_statement", period("this_month"), true),
        ("usage_statement", period("2026-01"), true),
        ("usage_statement", period("2026-1"), false),
        ("usage_statement", period("2026-01-01"), false),
        ("usage_statement", period("last_7_days"), false),
        ("usage_statement", json!({ "period": null }), true),
        ("invoice", period("last_month"), true),
        ("invoice", period(" 2026-01"), false),
        ("invoice", period("2０26-01"), false),
    ];
    let types = reports::types::TYPES.iter().map(|kind| kind.name);
    let shared = types.flat_map(|kind| {
        let of = every.clone().into_iter();
        of.map(move |(params, good)| (kind, params, good))
    });
    own.into_iter().chain(shared).collect()
}

async fn list(scene: &Scene) -> Reply {
    scene.send(Call::get("/v2/reports/types")).await.expect(200)
}

#[tokio::test]
async fn what_the_schemas_say_is_what_the_endpoint_does() {
    let scene = Scene::new().await;
    let types = list(&scene).await.json();
    let schema = |kind: &str| {
        let all = types["data"].as_array().unwrap().iter();
        let found = all.clone().find(|listed| listed["type"] == kind).unwrap();
        jsonschema::draft202012::new(&found["params_schema"]).unwrap()
    };
    for (number, (kind, params, good)) in samples().into_iter().enumerate() {
        assert_eq!(
            schema(kind).is_valid(&params),
            good,
            "schema: {kind} {params}"
        );
        let body = json!({ "type": kind, "params": params });
        let call = Call::post("/v2/reports", &body).header("idempotency-key", &number.to_string());
        let status = if good { 202 } else { 400 };
        let reply = scene.send(call).await;
        assert_eq!(reply.status.as_u16(), status, "endpoint: {kind} {params}");
    }
    // The control: another type's schema says other things.
    let summary = json!({ "status": "active" });
    assert!(schema("project_summary").is_valid(&summary) && !schema("activity").is_valid(&summary));
}

#[tokio::test]
async fn the_schemas_are_schemas_and_the_list_is_kept_by_its_tag() {
    let scene = Scene::new().await;
    let listed = list(&scene).await;
    let body = listed.json();
    let types = body["data"].as_array().unwrap();
    assert_eq!(body["meta"], json!({ "total": types.len() }));
    for kind in types {
        jsonschema::draft202012::meta::validate(&kind["params_schema"]).unwrap();
        assert_eq!(kind["formats"], json!(["pdf", "csv"]));
    }
    let tag = listed.header("etag").to_owned();
    let ask = async |known: &str| {
        let call = Call::get("/v2/reports/types").header("if-none-match", known);
        scene.send(call).await
    };
    for known in [&tag, &format!("\"x\", W/{tag}"), "*"] {
        let reply = ask(known).await.expect(304);
        assert!(reply.body.is_empty());
        assert_eq!(reply.header("etag"), tag);
    }
    for other in ["\"x\"", "x", ""] {
        assert_eq!(ask(other).await.expect(200).body, listed.body);
    }
}

fn order(kind: &str, format: &str) -> Call {
    let body = json!({ "type": kind, "format": format });
    let key = format!("{kind}-{format}");
    Call::post("/v2/reports", &body).header("idempotency-key", &key)
}

#[tokio::test]
async fn an_audit_extract_is_for_admins_to_ask_for_and_to_read() {
    let scene = Scene::new().await;
    let as_role = |role| Caller {
        role,
        ..scene.owner.clone()
    };
    let send = async |role, call: Call| call.by(&as_role(role)).send(&scene.service).await;
    let refused = send(Role::Member, order("audit_extract", "csv")).await;
    assert_eq!(refused.expect(403).json()["code"], "insufficient_role");
    assert!(scene.take_requests().await.is_empty());

    let ordered = send(Role::Admin, order("audit_extract", "csv"))
        .await
        .expect(202);
    let summary = send(Role::Member, order("project_summary", "csv"))
        .await
        .expect(202);
    for (report, members) in [(id(&ordered), 403), (id(&summary), 303)] {
        scene.finish(&scene.owner, &report).await;
        let path = format!("/v2/reports/{report}/download");
        send(Role::Admin, Call::get(&path)).await.expect(303);
        send(Role::Owner, Call::get(&path)).await.expect(303);
        send(Role::Member, Call::get(&path)).await.expect(members);
        let v1 = Call::get(&path.replace("v2", "v1"));
        let status = if members == 403 { 403 } else { 200 };
        send(Role::Member, v1).await.expect(status);
    }
}

#[tokio::test]
async fn a_data_file_is_downloaded_as_one() {
    let scene = Scene::new().await;
    for (format, ordered) in [
        ("csv", scene.send(order("project_summary", "csv")).await),
        ("pdf", scene.send(order("project_summary", "pdf")).await),
        ("pdf", scene.order("without-a-format").await),
    ] {
        let ordered = ordered.expect(202);
        assert_eq!(ordered.json()["format"], format);
        let id = id(&ordered);
        scene.finish(&scene.owner, &id).await;
        let path = format!("/v2/reports/{id}");
        let shown = scene.send(Call::get(&path)).await.expect(200);
        assert_eq!(shown.json()["format"], format);
        let found = scene.send(Call::get(&format!("{path}/download"))).await;
        let found = found.expect(303);
        let link = found.header("location");
        assert!(
            link.contains(&format!("/reports/{id}/3.{format}?")),
            "{link}"
        );
        let name = format!("report-{id}.{format}");
        assert!(link.contains(&name), "{link}");
    }
}

/// Version 1 knows one type, whatever version 2 has.
#[tokio::test]
async fn the_first_version_has_the_summary_alone() {
    let scene = Scene::new().await;
    let call = Call::post("/v1/reports", &json!({ "type": "activity" }));
    let error = scene.send(call).await.expect(400).json();
    assert_eq!(error["error"], "type: must be project_summary");
    let known = json!({ "type": "project_summary", "format": "csv" });
    let ordered = scene
        .send(Call::post("/v1/reports", &known))
        .await
        .expect(200);
    let shown = Call::get(&format!("/v2/reports/{}", id(&ordered)));
    assert_eq!(scene.send(shown).await.expect(200).json()["format"], "pdf");
}
