//! `GET /v1/plugins/{name}/usage`: what a plugin or script used, by day and version.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::PluginUsage;
use campanile_domain::time::{DAY_MS, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::versions_of;
use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::path::Name;
use crate::problem::Problem;

/// What one version used in one day.
#[derive(Serialize, ToSchema)]
pub(crate) struct DayOfUse {
    /// The day in UTC: `2026-03-02`.
    day: String,
    /// Which version.
    version: String,
    /// Calls of its functions.
    calls: u64,
    /// Those that failed.
    failures: u64,
    /// Fuel, for the kinds that run on it.
    fuel: u64,
    /// Processor time, in microseconds.
    cpu_us: u64,
    /// The largest memory of a call, in bytes.
    memory_bytes: u64,
    /// Calls of the host's functions.
    host_calls: u64,
    /// Requests that left the host.
    http_requests: u64,
    /// Bytes of those requests.
    http_bytes_out: u64,
    /// Bytes of their answers.
    http_bytes_in: u64,
}

impl From<PluginUsage> for DayOfUse {
    fn from(row: PluginUsage) -> Self {
        let begins = Timestamp(row.day.saturating_mul(DAY_MS)).to_string();
        Self {
            day: begins.split('T').next().unwrap_or_default().to_owned(),
            version: row.version,
            calls: row.calls,
            failures: row.failures,
            fuel: row.fuel,
            cpu_us: row.cpu_us,
            memory_bytes: row.memory_bytes,
            host_calls: row.host_calls,
            http_requests: row.http_requests,
            http_bytes_out: row.http_bytes_out,
            http_bytes_in: row.http_bytes_in,
        }
    }
}

/// The use of a plugin.
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    /// By day, the latest first, and by version.
    data: Vec<DayOfUse>,
}

/// Reads what a plugin or script used.
#[utoipa::path(get, path = "/v1/plugins/{name}/usage", tag = "plugins", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = Usage)), security(("key" = ["plugins:read"])))]
pub(crate) async fn plugin_usage(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Name(name): Name,
) -> Result<Json<Usage>, Problem> {
    versions_of(&app, key.of(), &name).await?;
    let usage = app.store.plugin_usage(key.of(), &name).await?;
    Ok(Json(Usage { data: usage.into_iter().map(DayOfUse::from).collect() }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn days_are_told_as_dates() {
        let host = Host::new().await;
        host.staged_plugin("1.0.0").await;
        host.used("1.0.0").await;
        for path in ["/v1/plugins/acme-voice/usage", "/v1/plugins/acme-voice/versions/1.0.0"] {
            let read = host.get(Some(&host.live), path).await;
            let row = if path.ends_with("usage") { &read.body["data"][0] } else { &read.body["usage"][0] };
            assert_eq!((&row["day"], &row["calls"]), (&"2026-03-02".into(), &3.into()), "{}", read.text);
        }
    }
}
