//! A stack that is started again on its folder.

use local::stack::StackError;

use crate::{
    tenant::Tenant,
    world::{World, folder, options, run},
};

#[test]
fn a_second_start_finds_everything_again() {
    run(async {
        let mut options = options(folder("restart"));
        options.durable = true;
        let world = World::of(options.clone()).await;
        let owner = Tenant::sign_up(&world).await;
        let project = owner.create_project("Gripper").await;
        let report = owner.order_report().await;
        assert_eq!(owner.finished_report(&report).await["status"], "succeeded");
        let document = owner.download(&report).await;

        // Two at a time would tear at the same data.
        let second = Box::pin(local::stack::Stack::start(options.clone())).await;
        assert!(matches!(second, Err(StackError::InUse(_))), "{second:?}");
        let key = world.stack.signing_key().to_owned();
        world.stack.stop().await.unwrap();

        let world = World::of(options).await;
        assert_eq!(world.stack.signing_key(), key);
        let owner = Tenant::log_in(&world, owner.email).await;
        let found = owner.get(&format!("/v2/projects/{project}")).await;
        assert_eq!(found.text("/name"), "Gripper");
        assert_eq!(owner.download(&report).await, document);
        let later = owner.order_report().await;
        assert_eq!(owner.finished_report(&later).await["status"], "succeeded");
        owner.usage(&world, "reports", 2).await;
        world.stack.stop().await.unwrap();
    });
}
