//! What plugins used and how they failed, gathered from the sandbox and written down once a second.
//!
//! A call ends on the sandbox's threads, which must not wait; so it is only added to sums in memory, and a duty carries the
//! sums to the store in one batch. A host that dies loses at most a second of counting and no lead.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::plugins::{PluginCall, PluginCalls};
use campanile_domain::ports::store::{PluginFailure, PluginUsage, Plugins, StoreError, WriteContext};
use campanile_domain::time::{SECOND_MS, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::entropy;
use crate::plugin_counts::PluginCounts;

/// Failures of one version that are kept between two batches; a plugin that always fails must not fill the memory.
const KEPT: usize = 20;
/// The most letters of a failure's log that go with its message.
const LOG_LETTERS: usize = 500;

type Of = (TenantKey, String, String);

#[derive(Default)]
struct Gathered {
    used: BTreeMap<Of, PluginUsage>,
    failed: BTreeMap<Of, Vec<(String, String)>>,
}

/// Gathers.
#[derive(Default)]
pub struct PluginMeter {
    gathered: Mutex<Gathered>,
    something: Notify,
    counts: OnceLock<PluginCounts>,
}

fn told(message: String, log: &[String]) -> String {
    let last = log.last().filter(|line| !message.contains(line.as_str()));
    match last {
        Some(line) => format!("{message} (last logged: {})", line.chars().take(LOG_LETTERS).collect::<String>()),
        None => message,
    }
}

impl PluginCalls for PluginMeter {
    fn ended(&self, call: PluginCall) {
        if let Some(counts) = self.counts.get() {
            counts.count(&call);
        }
        let PluginCall { tenant, plugin, usage, failure, log, .. } = call;
        let (name, version) = plugin.split_once('@').unwrap_or((plugin.as_str(), ""));
        let of = (tenant, name.to_owned(), version.to_owned());
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        // The day is set when the batch is written.
        let sums = gathered
            .used
            .entry(of.clone())
            .or_insert_with(|| PluginUsage::nothing(tenant, name, version, Timestamp(0)));
        sums.calls += 1;
        sums.failures += u64::from(failure.is_some());
        sums.fuel += usage.fuel;
        sums.cpu_us += u64::from(usage.running_ms) * 1_000;
        sums.memory_bytes = sums.memory_bytes.max(usage.memory_bytes);
        sums.host_calls += u64::from(usage.host_calls);
        sums.http_requests += u64::from(usage.http_requests);
        sums.http_bytes_out += usage.bytes_out;
        sums.http_bytes_in += usage.bytes_in;
        if let Some((code, message)) = failure {
            let failed = gathered.failed.entry(of).or_default();
            if failed.len() < KEPT {
                failed.push((code, told(message, &log)));
            }
        }
        drop(gathered);
        self.something.notify_one();
    }
}

impl PluginMeter {
    /// From now on calls are counted as metrics as well.
    pub fn measure(&self, counts: PluginCounts) {
        let _ = self.counts.set(counts);
    }

    /// Writes one batch. What the store does not take is lost: it is counting, and the next batch must not wait for it.
    ///
    /// # Errors
    /// The store did not take it.
    pub async fn run_once(&self, store: &dyn Plugins, now: Timestamp) -> Result<(), StoreError> {
        let Gathered { used, failed } =
            std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
        let rows = used.into_iter().map(|((tenant, name, version), sums)| {
            let day = PluginUsage::nothing(tenant, name, version, now).day;
            PluginUsage { day, ..sums }
        });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            store.add_plugin_usage(rows).await?;
        }
        let mut of_tenants: BTreeMap<TenantKey, Vec<PluginFailure>> = BTreeMap::new();
        for ((tenant, name, version), failures) in failed {
            let rows = failures.into_iter().map(|(code, message)| PluginFailure {
                name: name.clone(),
                version: version.clone(),
                code,
                message,
                at: now,
            });
            of_tenants.entry(tenant).or_default().extend(rows);
        }
        for (tenant, failures) in of_tenants {
            let ctx = WriteContext::engine(tenant, now, entropy::seed());
            store.add_plugin_failures(&ctx, failures).await?;
        }
        Ok(())
    }

    /// Writes a batch a second while there is something to write, and the last one at the end.
    pub async fn run(
        self: Arc<Self>,
        store: Arc<dyn Plugins>,
        pace: Arc<dyn EngineClock>,
        clock: Arc<dyn EngineClock>,
        stop: CancellationToken,
    ) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.something.notified() => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = pace.sleep_until(pace.now() + SECOND_MS) => {}
                    }
                }
            }
            if let Err(error) = self.run_once(&*store, clock.now()).await {
                tracing::warn!(%error, "what plugins used was not written down");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use campanile_domain::plugin::Kind;
    use campanile_domain::ports::policy::Usage;

    use super::*;

    fn call(fuel: u64, failure: Option<(&str, &str)>) -> PluginCall {
        PluginCall {
            tenant: TenantKey(1),
            plugin: "acme@1.0.0".to_owned(),
            kind: Kind::RetryPolicy,
            instance: String::new(),
            function: "decide",
            usage: Usage { fuel, memory_bytes: fuel, ..Usage::default() },
            failure: failure.map(|(code, message)| (code.to_owned(), message.to_owned())),
            log: vec!["error: it was the third line".to_owned()],
        }
    }

    #[test]
    fn calls_add_up_and_failures_are_bounded() {
        let meter = PluginMeter::default();
        meter.ended(call(10, None));
        for _ in 0..100 {
            meter.ended(call(20, Some(("policy_trapped", "it crashed"))));
        }
        let gathered = meter.gathered.lock().unwrap();
        let (_, sums) = gathered.used.iter().next().unwrap();
        assert_eq!((sums.calls, sums.failures, sums.fuel, sums.memory_bytes), (101, 100, 2_010, 20));
        let failed = gathered.failed.values().next().unwrap();
        assert_eq!(failed.len(), KEPT);
        assert_eq!(failed[0].1, "it crashed (last logged: error: it was the third line)");
    }
}
