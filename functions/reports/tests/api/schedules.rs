//! Schedules: made, changed, refused.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::ids::ScheduleId;
use testkit::{Call, Reply};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{Scene, id};

/// A schedule for Monday mornings in Berlin.
pub(crate) fn weekly() -> Value {
    json!({
        "report": { "type": "project_summary", "params": { "title": "Every Monday" }, "format": "pdf" },
        "when": { "cadence": "weekly", "weekday": "monday", "time": "06:30", "time_zone": "Europe/Berlin" },
    })
}

pub(crate) fn create(key: &str, body: &Value) -> Call {
    Call::post("/v2/reports/schedules", body).header("idempotency-key", key)
}

impl Scene {
    async fn made(&self, body: &Value) -> Reply {
        let key = ScheduleId::new().to_string();
        self.send(create(&key, body)).await
    }

    async fn changed(&self, id: &str, tag: &str, body: &Value) -> Reply {
        let call = Call::new("PATCH", &format!("/v2/reports/schedules/{id}"));
        self.send(call.header("if-match", tag).json(body)).await
    }
}

fn at(schedule: &Value, member: &str) -> OffsetDateTime {
    OffsetDateTime::parse(schedule[member].as_str().unwrap(), &Rfc3339).unwrap()
}

#[tokio::test]
async fn a_schedule_is_made_shown_changed_and_deleted() {
    let scene = Scene::new().await;
    let made = scene.made(&weekly()).await.expect(201);
    let id = id(&made);
    let path = format!("/v2/reports/schedules/{id}");
    assert_eq!(made.header("location"), path);
    assert_eq!(made.header("etag"), "\"1\"");
    let shown = scene.send(Call::get(&path)).await.expect(200);
    assert_eq!(shown.json(), made.json());
    assert_eq!(shown.json()["when"], weekly()["when"]);
    assert_eq!(shown.json()["report"], weekly()["report"]);
    let due = at(&shown.json(), "next_run_at");
    assert!(due > Clock::System.now());
    assert_eq!(due.weekday(), time::Weekday::Monday);

    let when =
        json!({ "cadence": "monthly", "day_of_month": 31, "time": "23:59", "time_zone": "UTC" });
    let changed = scene
        .changed(&id, "\"1\"", &json!({ "when": when }))
        .await
        .expect(200);
    assert_eq!(changed.json()["when"], when);
    assert_eq!(
        changed.json()["report"],
        weekly()["report"],
        "what is not given stays"
    );
    let due = at(&changed.json(), "next_run_at");
    assert_ne!(
        (due + time::Duration::minutes(1)).month(),
        due.month(),
        "the last day"
    );
    scene.changed(&id, "\"1\"", &json!({})).await.expect(412);

    let list = scene
        .send(Call::get("/v2/reports/schedules"))
        .await
        .expect(200);
    assert_eq!(list.json()["meta"]["total"], 1);
    let delete = |tag: &str| Call::new("DELETE", &path).header("if-match", tag);
    scene.send(delete("\"1\"")).await.expect(412);
    scene.send(delete("\"2\"")).await.expect(204);
    scene.send(delete("*")).await.expect(404);
    scene.send(Call::get(&path)).await.expect(404);
}

/// One that is due stays due when something else of it changes; one that rested is due the next time.
#[tokio::test]
async fn a_change_moves_the_next_run_only_where_it_has_to() {
    let scene = Scene::new().await;
    let id = id(&scene.made(&weekly()).await.expect(201));
    let overdue = "UPDATE reports.schedules SET next_run_at = '2026-01-05T05:30:00Z'";
    scene.within(&scene.owner, overdue).await;
    let title = json!({ "report": { "type": "project_summary", "params": {} } });
    let changed = scene.changed(&id, "*", &title).await.expect(200).json();
    assert_eq!(changed["next_run_at"], "2026-01-05T05:30:00Z");
    let changed = scene.changed(&id, "*", &json!({ "paused": true })).await;
    assert_eq!(
        changed.expect(200).json()["next_run_at"],
        "2026-01-05T05:30:00Z"
    );
    let changed = scene.changed(&id, "*", &json!({ "paused": false })).await;
    assert!(at(&changed.expect(200).json(), "next_run_at") > Clock::System.now());
}

#[tokio::test]
async fn a_schedule_that_makes_no_sense_is_refused_by_field() {
    let scene = Scene::new().await;
    let when = |change: Value| {
        let mut body = weekly();
        let members = change.as_object().unwrap().clone();
        for (name, value) in members {
            body["when"][name] = value;
        }
        body
    };
    let zone = |name: &str| when(json!({ "time_zone": name }));
    let cases = [
        (when(json!({ "cadence": "hourly" })), "when.cadence"),
        (when(json!({ "weekday": "Montag" })), "when.weekday"),
        (when(json!({ "weekday": null })), "when.weekday"),
        (when(json!({ "day_of_month": 1 })), "when"),
        (
            when(json!({ "cadence": "monthly", "weekday": null })),
            "when.day_of_month",
        ),
        (
            when(json!({ "cadence": "monthly", "weekday": null, "day_of_month": 32 })),
            "when.day_of_month",
        ),
        (when(json!({ "time": "24:00" })), "when.time"),
        (when(json!({ "time": "6:30" })), "when.time"),
        (when(json!({ "time": "06:30:00" })), "when.time"),
        (zone("Europe/Nowhere"), "when.time_zone"),
        // What PostgreSQL would take for a rule of its own.
        (zone("EST5EDT"), "when.time_zone"),
        (zone("Foo/Bar+5"), "when.time_zone"),
        (zone("+02"), "when.time_zone"),
        (zone("Etc/GMT+99"), "when.time_zone"),
        (zone("Etc/GMT+13"), "when.time_zone"),
        (zone("Etc/GMT-15"), "when.time_zone"),
        (zone(""), "when.time_zone"),
        (json!({ "when": weekly()["when"] }), "report"),
        (
            json!({ "report": { "type": "weather" }, "when": weekly()["when"] }),
            "type",
        ),
    ];
    for (body, field) in &cases {
        let reply = scene.made(body).await.expect(400);
        assert_eq!(reply.blamed(), [*field], "{body}");
    }
    let id = id(&scene.made(&weekly()).await.expect(201));
    let body = json!({ "when": zone("Europe/Nowhere")["when"] });
    let reply = scene.changed(&id, "*", &body).await.expect(400);
    assert_eq!(reply.blamed(), ["when.time_zone"]);
    for known in [
        "UTC",
        "Etc/GMT+5",
        "America/Port-au-Prince",
        "America/Argentina/Buenos_Aires",
    ] {
        scene.made(&zone(known)).await.expect(201);
    }
}

/// The cap holds for those who come at the same moment.
#[tokio::test]
async fn a_tenant_has_twenty_schedules_at_most() {
    let scene = Scene::new().await;
    for _ in 0..18 {
        scene.made(&weekly()).await.expect(201);
    }
    let body = weekly();
    let (a, b, c) = tokio::join!(scene.made(&body), scene.made(&body), scene.made(&body));
    let mut statuses = [a, b, c].map(|reply| reply.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 409]);
    let refused = scene.made(&body).await.expect(409);
    assert_eq!(refused.json()["code"], "too_many_schedules");
}

#[tokio::test]
async fn a_schedule_made_twice_under_one_key_is_one() {
    let scene = Scene::new().await;
    let first = scene.send(create("k", &weekly())).await.expect(201);
    let second = scene.send(create("k", &weekly())).await.expect(201);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotent-replayed"), "true");
    let list = scene
        .send(Call::get("/v2/reports/schedules"))
        .await
        .expect(200);
    assert_eq!(list.json()["meta"]["total"], 1);
}
