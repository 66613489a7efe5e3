//! Bad orders get an answer that names the field, and leave nothing behind.

use testkit::Call;

use crate::Scene;

#[tokio::test]
async fn bad_orders_are_refused_by_field() {
    let scene = Scene::new().await;
    let long = format!(
        r#"{{"type":"project_summary","params":{{"title":"{}"}}}}"#,
        "x".repeat(121)
    );
    let cases: &[(&str, &[&str])] = &[
        ("{", &["body"]),
        ("{}", &["type"]),
        (r#"{"type":7}"#, &["type"]),
        (r#"{"type":"weather"}"#, &["type"]),
        (r#"{"type":"project_summary","colour":1}"#, &["colour"]),
        (
            r#"{"type":"project_summary","params":{"size":1}}"#,
            &["params.size"],
        ),
        (
            r#"{"type":"project_summary","params":{"title":1}}"#,
            &["params.title"],
        ),
        (r#"{"type":"project_summary","params":7}"#, &["params"]),
        (r#"{"type":"project_summary","format":"doc"}"#, &["format"]),
        (r#"{"type":"x","format":"doc"}"#, &["format", "type"]),
        (
            r#"{"type":"activity","params":{"period":"2026-11"}}"#,
            &["params.period"],
        ),
        (
            r#"{"type":"project_summary","params":{"title":""}}"#,
            &["params.title"],
        ),
        (
            r#"{"type":"project_summary","params":{"title":"\u0000"}}"#,
            &["params.title"],
        ),
        (
            r#"{"type":"project_summary","params":{"status":"gone"}}"#,
            &["params.status"],
        ),
        (
            r#"{"type":"project_summary","format":"x","params":{"title":"","status":"y"}}"#,
            &["format", "params.status", "params.title"],
        ),
        (&long, &["params.title"]),
    ];
    for (body, fields) in cases {
        let call = Call::new("POST", "/v2/reports")
            .header("idempotency-key", "bad")
            .header("content-type", "application/json")
            .body(body);
        let reply = scene.send(call).await.expect(400);
        assert_eq!(reply.blamed(), *fields, "{body}");
    }
    let list = scene.send(Call::get("/v2/reports")).await.expect(200);
    assert_eq!(list.json()["meta"]["total"], 0);
    assert!(scene.take_requests().await.is_empty());
}

#[tokio::test]
async fn the_first_versions_members_are_named_as_it_has_them() {
    let scene = Scene::new().await;
    for (body, member) in [
        (r#"{"title":""}"#, "title"),
        (r#"{"title":"\u0000"}"#, "title"),
        (r#"{"type":"weather"}"#, "type"),
    ] {
        let call = Call::new("POST", "/v1/reports")
            .header("content-type", "application/json")
            .body(body);
        let reply = scene.send(call).await.expect(400).json();
        let error = reply["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("{member}: ")), "{error}");
    }
}

#[tokio::test]
async fn bad_ids_and_pages_are_refused_by_name() {
    let scene = Scene::new().await;
    for (target, field) in [
        ("/v2/reports/7", "id"),
        ("/v2/reports/7/download", "id"),
        ("/v2/reports?limit=1000", "limit"),
        ("/v2/reports?cursor=x", "cursor"),
    ] {
        let reply = scene.send(Call::get(target)).await.expect(400);
        assert_eq!(reply.blamed(), [field], "{target}");
    }
}
