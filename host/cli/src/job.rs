//! Long work that a server was asked for, followed to its end.

use campanile_domain::ports::clock::EngineClock;
use campanile_engine::shell::clock::SystemClock;
use serde_json::Value;

use crate::client::Client;
use crate::exit::Failure;

const ASKED_AGAIN_MS: i64 = 200;

/// Asks until the job is over, and tells how far it is unless that is to be kept quiet.
pub async fn follow(client: &Client, begun: Value, quiet: bool) -> Result<Value, Failure> {
    let id = begun["id"].as_str().unwrap_or_default().to_owned();
    let (mut job, mut told) = (begun, None);
    while job["state"] == "running" {
        let (done, total) = (job["progress"]["done"].as_u64(), job["progress"]["total"].as_u64());
        if !quiet && told != Some((done, total)) {
            eprintln!("  {} of {}", done.unwrap_or(0), total.unwrap_or(0));
            told = Some((done, total));
        }
        let now = EngineClock::now(&SystemClock);
        SystemClock.sleep_until(now + ASKED_AGAIN_MS).await;
        job = client.get(&format!("/v1/jobs/{id}")).await?;
    }
    Ok(job)
}

/// What came of a job that is over.
pub fn result(job: &Value) -> Result<&Value, Failure> {
    let id = job["id"].as_str().unwrap_or_default();
    let next = format!("campanile api GET /v1/jobs/{id}");
    match job["state"].as_str() {
        Some("finished") => Ok(&job["result"]),
        Some("cancelled") => Err(Failure::conflict("the job was cancelled").next(next)),
        _ => Err(Failure::other(job["error"]["message"].as_str().unwrap_or("the job failed")).next(next)),
    }
}
