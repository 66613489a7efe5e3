//! Lists in pages.

use std::collections::HashSet;

use shared::page::Keyset;
use testkit::Call;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::{Scene, names};

/// The rows that `cursor`s lead through, page by page.
async fn walk(scene: &Scene, rows: u32) -> Vec<String> {
    let mut seen = Vec::new();
    let mut target = format!("/v2/projects?limit={rows}");
    for _ in 0..100 {
        let page = scene.send(Call::get(&target)).await.expect(200).json();
        seen.extend(names(&page["data"]).into_iter().map(str::to_owned));
        let Some(next) = page["meta"]["next_cursor"].as_str() else {
            return seen;
        };
        target = format!("/v2/projects?limit={rows}&cursor={next}");
    }
    panic!("the list does not end")
}

#[tokio::test]
async fn cursors_show_every_row_once_newest_first() {
    let scene = Scene::new().await;
    for number in 0..23 {
        scene.create(&format!("p{number:02}")).await;
    }
    let expected: Vec<_> = (0..23)
        .rev()
        .map(|number| format!("p{number:02}"))
        .collect();
    for rows in [1, 7, 23, 24, 100] {
        assert_eq!(walk(&scene, rows).await, expected, "{rows} rows a page");
    }
}

#[tokio::test]
async fn pages_by_number_carry_the_total() {
    let scene = Scene::new().await;
    for number in 0..5 {
        scene.create(&format!("p{number}")).await;
    }
    let page = scene.send(Call::get("/v2/projects?limit=2&page=3")).await;
    let page = page.expect(200).json();
    assert_eq!(names(&page["data"]), ["p0"]);
    assert_eq!(page["meta"]["total"], 5);
    assert_eq!(page["meta"]["page"], 3);
    assert_eq!(page["meta"]["limit"], 2);
    assert!(page["meta"]["next_cursor"].is_null());

    let v1 = scene.send(Call::get("/v1/projects?limit=2&page=2")).await;
    assert_eq!(names(&v1.expect(200).json()), ["p2", "p1"]);
}

#[tokio::test]
async fn a_row_added_while_paging_neither_repeats_nor_hides_another() {
    let scene = Scene::new().await;
    for number in 0..4 {
        scene.create(&format!("p{number}")).await;
    }
    let first = scene
        .send(Call::get("/v2/projects?limit=2"))
        .await
        .expect(200)
        .json();
    scene.create("late").await;
    let next = first["meta"]["next_cursor"].as_str().unwrap();
    let target = format!("/v2/projects?limit=2&cursor={next}");
    let second = scene.send(Call::get(&target)).await.expect(200).json();
    let mut seen = names(&first["data"]);
    seen.extend(names(&second["data"]));
    assert_eq!(seen, ["p3", "p2", "p1", "p0"]);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_list_and_tenant_only() {
    let scene = Scene::new().await;
    for number in 0..2 {
        scene.create(&format!("p{number}")).await;
    }
    let page = scene.send(Call::get("/v2/projects?limit=1")).await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap().to_owned();
    let target = format!("/v2/projects?cursor={cursor}");
    scene.send(Call::get(&target)).await.expect(200);

    let stranger = scene.stranger().await;
    let stolen = Call::get(&target).by(&stranger).send(&scene.service).await;
    assert_eq!(stolen.expect(400).blamed(), ["cursor"]);

    let mut refused = HashSet::new();
    for position in 0..cursor.len() {
        let mut edited = cursor.clone().into_bytes();
        edited[position] = if edited[position] == b'A' { b'B' } else { b'A' };
        let edited = String::from_utf8(edited).unwrap();
        let target = format!("/v2/projects?cursor={edited}");
        let reply = scene.send(Call::get(&target)).await.expect(400);
        refused.insert(reply.blamed());
    }
    assert_eq!(refused, HashSet::from([vec!["cursor".to_owned()]]));
}

#[tokio::test]
async fn a_cursor_to_a_time_that_no_row_can_have_is_refused_whatever_its_checksum() {
    let scene = Scene::new().await;
    let ask = async |created_at: OffsetDateTime| {
        let id = Keyset::START.id;
        let cursor = Keyset { created_at, id }.to_cursor(scene.owner.tenant, "projects");
        let target = format!("/v2/projects?cursor={cursor}");
        scene.send(Call::get(&target)).await
    };
    for nobodys in [
        datetime!(-9999-01-01 00:00 UTC),
        datetime!(-5000-01-01 00:00 UTC),
        OffsetDateTime::UNIX_EPOCH - time::Duration::MICROSECOND,
        Keyset::START.created_at + time::Duration::MICROSECOND,
    ] {
        let reply = ask(nobodys).await.expect(400);
        assert_eq!(reply.blamed(), ["cursor"], "{nobodys}");
    }
    // The control: the checksums were right.
    for possible in [OffsetDateTime::UNIX_EPOCH, Keyset::START.created_at] {
        ask(possible).await.expect(200);
    }
}
