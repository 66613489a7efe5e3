//! The same request over HTTP, many callers at once.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use reqwest::Client;
use serde::Serialize;

/// How long an answer may take, in seconds.
const ANSWER_WAIT_SECS: u64 = 30;

/// A server, and who calls it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name, for people.
    pub name: String,
    /// What is asked for.
    pub url: String,
    /// The callers' access tokens, used in turn.
    pub tokens: Vec<String>,
}

/// Answers per second over HTTP, round by round.
#[derive(Debug, Clone, Serialize)]
pub struct Http {
    /// Whose answers.
    pub name: String,
    /// How many callers there were at once.
    pub callers: usize,
    /// Answers per second.
    pub per_second: Vec<f64>,
    /// Answers that were not 200.
    pub failed: u64,
}

/// Has `callers` callers ask each target for `seconds` in each of `rounds` rounds, in turn.
///
/// # Errors
///
/// A server could not be reached.
pub async fn measure(
    targets: &[Target],
    callers: usize,
    rounds: u32,
    seconds: f64,
) -> Result<Vec<Http>, reqwest::Error> {
    let client = Client::builder()
        .timeout(Duration::from_secs(ANSWER_WAIT_SECS))
        .no_proxy()
        .build()?;
    let of = |target: &Target| Http {
        name: target.name.clone(),
        callers,
        per_second: Vec::new(),
        failed: 0,
    };
    let mut results: Vec<Http> = targets.iter().map(of).collect();
    for _ in 0..rounds {
        for (target, result) in targets.iter().zip(&mut results) {
            let start = Instant::now();
            let end = start + Duration::from_secs_f64(seconds);
            let callers = (0..callers).map(|caller| ask(&client, target, caller, end));
            let answers = try_join_all(callers).await?;
            let served: f64 = answers.iter().map(|(served, _)| served).sum();
            result.failed += answers.iter().map(|(_, failed)| failed).sum::<u64>();
            result
                .per_second
                .push(served / start.elapsed().as_secs_f64());
        }
    }
    Ok(results)
}

async fn ask(
    client: &Client,
    target: &Target,
    caller: usize,
    end: Instant,
) -> Result<(f64, u64), reqwest::Error> {
    let (mut served, mut failed) = (0.0, 0);
    let tokens = target.tokens.iter().cycle().skip(caller);
    for token in tokens {
        if Instant::now() >= end {
            break;
        }
        let answer = client.get(&target.url).bearer_auth(token).send().await?;
        match answer.status().as_u16() {
            200 => served += 1.0,
            _ => failed += 1,
        }
        // Read to its end: the connection is used again only then.
        answer.bytes().await?;
    }
    Ok((served, failed))
}
