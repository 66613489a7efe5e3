//! The rate limit, over many processes at once.

use std::fs;

use futures_util::future::join_all;
use local::api::{Call, Reply};
use serde_json::Value;

use crate::{
    tenant::Tenant,
    world::{OFTEN, World, run, until},
};

const FUNCTION: &str = "ProjectsFunction";
const PROCESSES: usize = 8;
const REQUESTS: usize = 300;
const LIMIT: usize = 100;

/// How many processes have answered a request of the function: each marks its first one.
fn processes_that_served(log: &str) -> usize {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["cold_start"] == true).count()
}

#[test]
fn exactly_as_many_requests_pass_as_the_plan_allows() {
    run(async {
        let world = World::start("limits", &[]).await;
        let log = world.folder.join("logs").join(format!("{FUNCTION}.log"));
        let (noisy, quiet) = (Tenant::sign_up(&world).await, Tenant::sign_up(&world).await);
        // The gateway knows both callers from here on; these count as well.
        noisy.get("/v2/projects").await;
        quiet.get("/v2/projects").await;

        let requests = (0..REQUESTS).map(|_| noisy.send(Call::get("/v2/projects")));
        let replies = join_all(requests).await;

        assert_eq!(world.stack.lambda().instances(FUNCTION), Ok(PROCESSES));
        until("a line of each process in the log", OFTEN, async || {
            processes_that_served(&fs::read_to_string(&log).unwrap()) == PROCESSES
        })
        .await;
        let (passed, refused): (Vec<_>, Vec<_>) =
            replies.iter().partition(|reply| reply.status == 200);
        assert_eq!(passed.len() + 1, LIMIT);
        for reply in refused {
            assert_eq!(reply.status, 429, "{}", reply.json());
            assert_eq!(reply.json()["code"], "quota_exceeded");
            assert!(whole_seconds(reply, "retry-after") >= 1);
            let left = r#""minute";r=0;"#;
            assert!(
                reply.header("ratelimit").starts_with(left),
                "{:?}",
                reply.headers
            );
            let policy = r#""minute";q=100;w=60, "day";q=10000;w=86400"#;
            assert_eq!(reply.header("ratelimit-policy"), policy);
        }
        // One more from the other tenant, and it is that tenant's second.
        let other = quiet.get("/v2/projects").await;
        assert!(
            other.header("ratelimit").starts_with(r#""minute";r=98;"#),
            "{:?}",
            other.headers
        );
        world.stack.stop().await.unwrap();
    });
}

fn whole_seconds(reply: &Reply, header: &str) -> u32 {
    reply.header(header).parse().unwrap()
}
