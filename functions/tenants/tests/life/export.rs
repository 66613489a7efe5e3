//! Everything of the tenant is handed out, nothing of another, and no secret.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::hex::sha256;

use crate::scan::tenant_tables;
use crate::world::{Resident, World};

/// More than one page of rows.
const PROJECTS: u32 = 450;

/// The rows by table, from the objects that the manifest names.
async fn rows(world: &World, resident: Resident) -> BTreeMap<String, Vec<Value>> {
    let answer = world.export(resident.tenant).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let bytes = world.bucket.bytes(&text(&answer["manifest"])).await;
    assert_eq!(sha256(&bytes), text(&answer["sha256"]));
    assert!(text(&answer["link"]).contains("X-Amz-Signature="));
    let manifest: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(manifest["tenant_id"], resident.tenant.id().to_string());
    let mut tables = BTreeMap::new();
    for table in manifest["tables"].as_array().unwrap() {
        let mut rows = Vec::new();
        for part in table["parts"].as_array().unwrap() {
            let bytes = world.bucket.bytes(&text(&part["object"])).await;
            assert_eq!(part["bytes"], bytes.len());
            assert_eq!(sha256(&bytes), text(&part["sha256"]));
            let lines = std::str::from_utf8(&bytes).unwrap().lines();
            rows.extend(lines.map(|line| serde_json::from_str::<Value>(line).unwrap()));
        }
        assert_eq!(table["rows"], rows.len());
        tables.insert(text(&table["name"]), rows);
    }
    tables
}

#[tokio::test]
async fn every_table_of_the_catalogue_is_handed_out() {
    let world = World::new().await;
    let acme = world.resident("acme", PROJECTS).await;
    let beta = world.resident("beta", 3).await;
    let tables = rows(&world, acme).await;
    let mut expected = tenant_tables(&world.owner).await;
    expected.push("auth.users".to_owned());
    expected.sort();
    assert_eq!(tables.keys().cloned().collect::<Vec<_>>(), expected);
    for (name, rows) in &tables {
        assert!(!rows.is_empty(), "{name}: give it a row in seed.sql");
        for row in rows {
            let text = row.to_string();
            assert!(!text.contains(&beta.tenant.id().to_string()) && !text.contains(beta.word));
            if name != "auth.users" {
                assert_eq!(row["tenant_id"], acme.tenant.id().to_string(), "{name}");
            }
        }
    }
    let mut ids: Vec<_> = tables["projects.projects"]
        .iter()
        .map(|row| row["id"].to_string())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), PROJECTS as usize, "none twice, none missing");
    let account = &tables["auth.users"][0];
    assert_eq!(account["email"], "owner@acme.example");
}

#[tokio::test]
async fn no_secret_is_handed_out() {
    let world = World::new().await;
    let acme = world.resident("acme", 1).await;
    let tables = rows(&world, acme).await;
    for row in tables.values().flatten() {
        for secret in ["hash", "salt", "password_hash"] {
            assert!(row.get(secret).is_none(), "{row}");
        }
    }
    // The control: without the mark it would be.
    let unmark =
        "SET ROLE app_owner; COMMENT ON COLUMN auth.refresh_tokens.salt IS NULL; RESET ROLE";
    world.owner.batch_execute(unmark).await.unwrap();
    let tables = rows(&world, acme).await;
    assert!(tables["auth.refresh_tokens"][0].get("salt").is_some());
}

#[tokio::test]
async fn one_who_is_suspended_or_leaving_still_gets_its_rows() {
    let world = World::new().await;
    let acme = world.resident("acme", 2).await;
    world.command("suspend", acme.tenant).await.unwrap();
    assert_eq!(rows(&world, acme).await["projects.projects"].len(), 2);
    world.offboard(acme.tenant).await;
    assert_eq!(rows(&world, acme).await["projects.projects"].len(), 2);
}

#[tokio::test]
async fn a_silo_is_handed_out_and_not_what_is_left_in_the_pool() {
    let world = World::new().await;
    let acme = world.resident("acme", 3).await;
    world.move_to(acme.tenant, "silo").await;
    let tables = rows(&world, acme).await;
    assert_eq!(tables["silo.projects"].len(), 3);
    assert!(!tables.contains_key("projects.projects"));
    assert!(tables.contains_key("projects.outbox"), "which is not moved");
}
