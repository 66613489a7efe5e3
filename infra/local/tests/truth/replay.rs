//! Every event to every runner, and the answers beside each other.

use std::{collections::BTreeMap, env};

use local::{
    events::{Event, World},
    runtime::{FunctionOptions, Lambda, Log},
    sam::{Sam, Server},
    say::say,
    stack::Stack,
    template::Function,
};
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::{
    compare::{altered, differences},
    placeholders::placed,
    runners::{Runner, Way},
    scene::{folder, functions, stack},
    watch::Watch,
};

/// Which runners must be compared beside the local stack's own, separated by commas.
const NAMED: &str = "TRUTH_RUNNERS";
const WATCH: &str = "watch";
const SAM: &str = "sam";
/// The message of `report-worker-poison.json` that nobody can read.
const POISON: (&str, &str) = (
    "report-worker-poison",
    "059f36b4-87a3-44ab-83d2-661975970002",
);

/// What `sam local start-api` gives to an answer without a type, of which it says so in its log.
const SAMS_CONTENT_TYPE: (&str, &str) = ("content-type", "application/json");

/// What `migrate` says of a PostgreSQL that is older than its linter wants, when all is migrated.
const OLD_SERVER: &str = "posture: server_too_old";

/// What `TRUTH_RUNNERS` says. One that it does not name is told to be left out.
fn is_named(runner: &str, target: &str) -> bool {
    let named = env::var_os(NAMED).unwrap_or_default();
    let named = named.to_str().unwrap().split(',').map(str::trim);
    let named: Vec<&str> = named.filter(|name| !name.is_empty()).collect();
    for name in &named {
        assert!(
            [WATCH, SAM].contains(name),
            "{NAMED} names {name}, which nobody knows"
        );
    }
    let is_named = named.contains(&runner);
    if !is_named {
        say(format_args!(
            "NOT COMPARED with {runner}: {NAMED} does not name it (make {target} does)"
        ));
    }
    is_named
}

fn runtime(functions: Vec<FunctionOptions>, log: &str) -> impl Future<Output = Lambda> {
    let log = Log::Folder(folder(log));
    async move { Lambda::start(functions, &log).await.unwrap() }
}

/// The local stack's two: its runtime, which is the truth, and its gateway.
async fn own(stack: &Stack, functions: Vec<FunctionOptions>) -> Vec<Runner> {
    let stages = stack.template().api.stages.iter();
    let of_stage = |name: &String| (name.clone(), format!("{}/{name}", stack.url()));
    vec![
        Runner {
            name: "the local stack's runtime",
            way: Way::Runtime(runtime(functions, "runtime").await),
            adds: &[],
            lacks: &[],
            refuses: &[],
        },
        Runner {
            name: "the local stack's gateway",
            way: Way::Request {
                stages: stages.map(|stage| of_stage(&stage.name)).collect(),
                authorizes: true,
            },
            adds: &[],
            lacks: &[],
            refuses: &[],
        },
    ]
}

/// `sam local` as a server of `Invoke` and of both stages, and what keeps them up.
async fn of_sam(stack: &Stack, sam: &Sam) -> (Vec<Runner>, Vec<Server>) {
    let failed = |error| panic!("{error}");
    let lambda = Server::lambda(sam, 0).await.unwrap_or_else(failed);
    let mut runners = vec![Runner {
        name: "sam local, invoked",
        way: Way::Invoke {
            url: lambda.url(),
            name: |function| &function.id,
        },
        adds: &[],
        lacks: &[],
        refuses: &[],
    }];
    let mut servers = vec![lambda];
    let mut stages = BTreeMap::new();
    for stage in &stack.template().api.stages {
        let server = Server::api(sam, &stage.name, 0).await;
        let server = server.unwrap_or_else(|error| panic!("{error}"));
        stages.insert(stage.name.clone(), server.url());
        servers.push(server);
    }
    runners.push(Runner {
        name: "sam local, requested",
        way: Way::Request {
            stages,
            authorizes: true,
        },
        adds: &[SAMS_CONTENT_TYPE],
        lacks: &[],
        refuses: &[],
    });
    (runners, servers)
}

/// The answer of one runner in the world that the event assumes, with placeholders.
async fn ask(runner: &Runner, world: &World, event: &Event, function: &Function) -> Option<Value> {
    world.prepare(event).await.unwrap();
    let answer = runner.answer(world, event, function).await?;
    Some(placed(answer, Clock::System.now()))
}

/// Whether the event was good for something in its world: to compare refusals would prove little.
fn is_good(event: &Event, answer: &Value) -> bool {
    if event.is_request() {
        return answer["status"].as_u64().is_some_and(|status| status < 400);
    }
    let payload = &answer["payload"];
    let (poisoned, message) = POISON;
    let failed = match event.name == poisoned {
        true => json!([{ "itemIdentifier": message }]),
        false => json!([]),
    };
    if let Some(failures) = payload.get("batchItemFailures") {
        return *failures == failed;
    }
    let error = payload.get("function_error").and_then(Value::as_str);
    error.is_none_or(|error| error.contains(OLD_SERVER)) && payload["isAuthorized"] != false
}

/// Gives every event to all runners. Answers, by runner, to how many it gave the first one's answer,
/// and in what others differ.
async fn replay(stack: &Stack, runners: &[Runner]) -> (BTreeMap<&'static str, usize>, Vec<String>) {
    let world = World::of(stack).await.unwrap();
    let (mut compared, mut found) = (BTreeMap::new(), Vec::new());
    for event in Event::all().unwrap() {
        let name = &event.name;
        let function = event.function(stack.template());
        let function = function.unwrap_or_else(|| panic!("{name} is for no function"));
        let (first, others) = runners.split_first().unwrap();
        let truth = ask(first, &world, &event, function).await.unwrap();
        if !is_good(&event, &truth) {
            found.push(format!("{name}: is refused: {truth}"));
        }
        for runner in others {
            if let Some(answer) = ask(runner, &world, &event, function).await {
                let (truth, answer) = runner.comparable(&truth, answer);
                let differences = differences(&truth, &answer);
                if runner.refuses.contains(&name.as_str()) {
                    if differences.is_empty() {
                        found.push(format!("{name}, {}: is not refused", runner.name));
                    }
                    continue;
                }
                let differences = differences.into_iter();
                found.extend(differences.map(|one| format!("{name}, {}: {one}", runner.name)));
                *compared.entry(runner.name).or_default() += 1;
            }
        }
        // The control: no field of any answer could have been another unseen.
        for other in altered(&truth) {
            assert_eq!(differences(&truth, &other).len(), 1, "{name}: {other}");
        }
    }
    (compared, found)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_has_the_same_answer_whatever_runs_the_functions() {
    let stack = stack("stack").await;
    let functions = functions(&stack);
    let mut runners = own(&stack, functions.clone()).await;
    let watch = match is_named(WATCH, "truth-watch") {
        true => Some(Watch::start(&stack, &functions).await),
        false => None,
    };
    if let Some(watch) = &watch {
        let stages = stack.template().api.stages.iter();
        let stages: Vec<_> = stages.map(|stage| stage.name.clone()).collect();
        runners.extend(watch.runners(&stages));
    }
    let mut servers = Vec::new();
    let sam = match is_named(SAM, "truth-sam") {
        true => Some(Sam::prepare(&stack, &functions, folder("sam")).await),
        false => None,
    };
    let sam = sam.map(|sam| sam.unwrap_or_else(|error| panic!("{error}")));
    if let Some(sam) = &sam {
        let (further, serving) = of_sam(&stack, sam).await;
        runners.extend(further);
        servers = serving;
    }

    let (compared, found) = replay(&stack, &runners).await;
    for server in servers {
        server.stop().await.unwrap();
    }
    for (name, count) in &compared {
        say(format_args!("{name}: {count} events compared"));
    }
    let names: Vec<_> = compared.keys().copied().collect();
    let mut expected: Vec<_> = runners[1..].iter().map(|runner| runner.name).collect();
    expected.sort_unstable();
    assert_eq!(names, expected, "who answered at all");
    assert!(
        found.is_empty(),
        "{} differ:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// The control of the whole way: a function that is run otherwise answers otherwise, and is caught.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_with_another_setting_is_told_from_the_first_one() {
    let stack = stack("control").await;
    let functions = functions(&stack);
    let mut others = functions.clone();
    for function in &mut others {
        if let Some(seconds) = function.environment.get_mut("ACCESS_TOKEN_SECONDS") {
            "59".clone_into(seconds);
        }
    }
    let runner = |name, lambda| Runner {
        name,
        way: Way::Runtime(lambda),
        adds: &[],
        lacks: &[],
        refuses: &[],
    };
    let runners = [
        runner("one", runtime(functions, "one").await),
        runner("other", runtime(others, "other").await),
    ];
    let world = World::of(&stack).await.unwrap();
    let events = Event::all().unwrap();
    let mut events = events.iter().filter(|event| event.name == "auth-log-in-v2");
    let event = events.next().unwrap();
    let function = event.function(stack.template()).unwrap();
    let one = ask(&runners[0], &world, event, function).await.unwrap();
    let again = ask(&runners[0], &world, event, function).await.unwrap();
    assert_eq!(differences(&one, &again), Vec::<String>::new());
    let other = ask(&runners[1], &world, event, function).await.unwrap();
    assert_eq!(differences(&one, &other), [".body.expires_in: 3600 and 59"]);
}
