//! The list, filtered and paged.

use serde_json::Value;
use testkit::Call;

use crate::{Scene, id};

impl Scene {
    async fn list(&self, query: &str) -> Value {
        let call = Call::get(&format!("/v2/reports?{query}"));
        self.send(call).await.expect(200).json()
    }

    async fn ids(&self, query: &str) -> Vec<String> {
        let list = self.list(query).await;
        let rows = list["data"].as_array().unwrap().iter();
        let ids: Vec<_> = rows
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(list["meta"]["total"], ids.len(), "{query}");
        ids
    }
}

#[tokio::test]
async fn a_list_shows_what_passes_its_filters() {
    let scene = Scene::new().await;
    let mut reports = Vec::new();
    for number in 0..5 {
        let id = id(&scene.order(&number.to_string()).await.expect(202));
        let dated = format!(
            "UPDATE reports.reports SET created_at = '2026-01-0{}T00:00:00Z' WHERE id = '{id}'",
            number + 1
        );
        scene.within(&scene.owner, &dated).await;
        reports.push(id);
    }
    let [first, second, third, fourth, fifth] = reports.try_into().unwrap();
    scene.fail(&scene.owner, &second).await;
    scene.fail(&scene.owner, &fourth).await;
    scene.finish(&scene.owner, &fifth).await;
    let all = [&fifth, &fourth, &third, &second, &first];
    assert_eq!(scene.ids("").await.iter().collect::<Vec<_>>(), all);
    assert_eq!(
        scene.ids("status=failed").await,
        [fourth.clone(), second.clone()]
    );
    assert_eq!(
        scene.ids("status=succeeded").await,
        std::slice::from_ref(&fifth)
    );
    assert_eq!(scene.ids("status=expired").await, [""; 0]);
    assert_eq!(scene.ids("type=project_summary").await.len(), 5);
    let between = "created_after=2026-01-01T00:00:00Z&created_before=2026-01-04T00:00:00Z";
    assert_eq!(scene.ids(between).await, [third.clone(), second.clone()]);
    let both = format!("status=queued&{between}");
    assert_eq!(scene.ids(&both).await, std::slice::from_ref(&third));

    // A cursor goes on within its filters, and with no others.
    let page = scene.list("status=failed&limit=1").await;
    assert_eq!(page["data"][0]["id"], *fourth);
    assert_eq!(page["meta"]["total"], 2);
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    let next = scene.list(&format!("status=failed&cursor={cursor}")).await;
    assert_eq!(next["data"][0]["id"], *second);
    for query in ["", "status=queued&", "status=failed&type=project_summary&"] {
        let call = Call::get(&format!("/v2/reports?{query}cursor={cursor}"));
        assert_eq!(
            scene.send(call).await.expect(400).blamed(),
            ["cursor"],
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_refused_by_name() {
    let scene = Scene::new().await;
    for (query, field) in [
        ("status=done", "status"),
        ("type=weather", "type"),
        ("created_after=yesterday", "created_after"),
        ("created_before=2026-01-01", "created_before"),
        ("colour=red", "colour"),
    ] {
        let call = Call::get(&format!("/v2/reports?{query}"));
        assert_eq!(scene.send(call).await.expect(400).blamed(), [field]);
    }
    // Version 1 has none, as ever.
    let call = Call::get("/v1/reports?status=failed");
    scene.send(call).await.expect(400);
}
