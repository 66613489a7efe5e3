//! The steps of a tenant's life, and those that there are not.

use serde_json::json;
use tenants::TenantsError;

use crate::world::World;

#[tokio::test]
async fn a_suspended_tenant_is_kept_out_at_once_and_comes_back() {
    let world = World::new().await;
    let acme = world.resident("acme", 1).await;
    let projects = world.database.database("projects");
    let count = || projects::store::count();
    assert_eq!(projects.read(acme.tenant, count()).await.unwrap(), 1);
    for _ in ["once", "and again"] {
        let answer = world.command("suspend", acme.tenant).await.unwrap();
        assert_eq!(answer, json!({"status": "suspended"}));
    }
    let refused = projects.read(acme.tenant, count()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the tenant was refused: Suspended");
    let answer = world.command("resume", acme.tenant).await.unwrap();
    assert_eq!(answer, json!({"status": "active"}));
    assert_eq!(projects.read(acme.tenant, count()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_tenant_that_leaves_may_stay_as_what_it_was() {
    let world = World::new().await;
    for (word, before) in [("acme", "active"), ("beta", "suspended")] {
        let resident = world.resident(word, 1).await;
        if before == "suspended" {
            world.command("suspend", resident.tenant).await.unwrap();
        }
        let leaving = world.offboard(resident.tenant).await;
        assert_eq!(leaving["status"], "offboarding");
        let days = "SELECT round(extract(epoch FROM leaves_at - now()) / 86400)::int FROM app.tenants WHERE id = $1";
        let row = world
            .owner
            .query_one(days, &[&resident.tenant.id()])
            .await
            .unwrap();
        assert_eq!(row.get::<_, i32>(0), 30);
        assert_eq!(
            world.offboard(resident.tenant).await,
            leaving,
            "the days are not counted anew"
        );
        assert_eq!(world.sweep().await, json!({"purged": [], "unfinished": []}));
        let stays = world.command("cancel_offboarding", resident.tenant).await;
        assert_eq!(stays.unwrap(), json!({"status": before}));
        world.let_time_pass().await;
        world.sweep().await;
        assert_eq!(world.status(resident.tenant).await, before);
    }
}

#[tokio::test]
async fn steps_that_there_are_not_say_so_and_change_nothing() {
    let world = World::new().await;
    let acme = world.resident("acme", 1).await;
    world.offboard(acme.tenant).await;
    for (command, said) in [
        ("suspend", "a tenant that is offboarding cannot suspend"),
        ("resume", "a tenant that is offboarding cannot resume"),
    ] {
        let error = world.command(command, acme.tenant).await.unwrap_err();
        assert!(matches!(error, TenantsError::NoSuchStep(_)), "{error:?}");
        assert_eq!(error.to_string(), said);
    }
    assert_eq!(world.status(acme.tenant).await, "offboarding");
    let error = world.command("certificate", acme.tenant).await.unwrap_err();
    assert_eq!(error.to_string(), "the tenant has not been purged");
    world.let_time_pass().await;
    world.sweep().await;
    for command in ["suspend", "resume", "offboard", "cancel_offboarding"] {
        let error = world.command(command, acme.tenant).await.unwrap_err();
        assert!(matches!(error, TenantsError::NoSuchStep(_)), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_no_command_is_named() {
    let world = World::new().await;
    let id = "01980a00-0000-7000-8000-00000000000a";
    for (event, said) in [
        (json!({}), "missing field `command`"),
        (json!({"command": "suspend"}), "missing field `tenant_id`"),
        (
            json!({"command": "delete", "tenant_id": id}),
            "unknown variant `delete`",
        ),
        (
            json!({"command": "suspend", "tenant_id": "acme"}),
            "tenant_id",
        ),
        (
            json!({"command": "suspend", "tenant_id": id, "now": true}),
            "unknown field `now`",
        ),
    ] {
        let error = world.handle(event).await.unwrap_err().to_string();
        assert!(error.starts_with("the event is no command: "), "{error}");
        assert!(error.contains(said) || said == "tenant_id", "{error}");
    }
    let unknown = json!({"command": "suspend", "tenant_id": id});
    let error = world.handle(unknown).await.unwrap_err();
    assert!(error.to_string().contains("Unknown"), "{error}");
}
