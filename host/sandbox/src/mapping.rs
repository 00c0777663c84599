//! Rows of a file, mapped by a script.
//!
//! Rows are asked about in batches on one tank of fuel, because going into the guest costs more than a row. A batch that
//! is stopped by a limit is asked again in halves, so that a row costs its neighbours nothing; a single row that is
//! stopped ends the mapping, with its number: a script that does not end would otherwise be waited for at every row.
//! Mapping takes the place behind live decisions.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::mapper::{MapCall, MapRow, Mapped, RowMapper};
use serde_json::json;

use crate::convert::mapping;
use crate::crew::Rank;
use crate::digest::Digest;
use crate::fault::Fault;
use crate::sandbox::{Inner, Sandbox};
use crate::script::Role;
use crate::shelf::{Body, Version};
use crate::warm::Holder;

#[async_trait]
impl RowMapper for Sandbox {
    async fn mapping(&self, tenant: TenantKey, script: &PluginRef) -> Result<PluginRef, PluginFailure> {
        let inner = self.inner();
        let version = inner.mapping(tenant, inner.find(tenant, script)?).await?;
        let number = Some(version.version.clone());
        Ok(PluginRef { name: script.name.clone(), version: number })
    }

    async fn map_rows(&self, call: &MapCall, rows: Vec<MapRow>) -> Result<Vec<Mapped>, PluginFailure> {
        let inner = self.inner();
        let version = match &call.draft {
            Some(source) => Arc::new(Version::draft(&call.script.name, source)),
            None => inner.find(call.tenant, &call.script)?,
        };
        let version = inner.mapping(call.tenant, version).await?;
        let mut mapped = Vec::with_capacity(rows.len());
        // The next batch is at the end.
        let mut waiting = vec![rows];
        while let Some(mut batch) = waiting.pop() {
            let Some(first) = batch.first().map(|row| row.number) else { continue };
            match inner.map_batch(&version, call, batch.clone()).await {
                Ok(answers) => mapped.extend(answers),
                Err(fault) if batch.len() > 1 && fault.is_too_much() => {
                    let later = batch.split_off(batch.len() / 2);
                    waiting.extend([later, batch]);
                }
                Err(fault) => {
                    let PluginFailure { message, .. } = PluginFailure::from(fault.clone());
                    return Err(PluginFailure { message: format!("row {first}: {message}"), ..fault.into() });
                }
            }
        }
        Ok(mapped)
    }
}

impl Inner {
    /// The version, if it is a script that maps rows.
    async fn mapping(self: &Arc<Self>, tenant: TenantKey, version: Arc<Version>) -> Result<Arc<Version>, Fault> {
        let hint = match &version.body {
            Body::Component { kind, .. } => format!("{} is a {kind}; a script maps rows", version.reference),
            Body::Script(_) if self.plays(tenant, &version, Role::RowMapping).await? => return Ok(version),
            Body::Script(_) => format!("{} does not define map_row(row)", version.reference),
        };
        Err(Fault::NotFound { name: version.reference.clone(), hint })
    }

    async fn map_batch(
        self: &Arc<Self>,
        version: &Arc<Version>,
        call: &MapCall,
        rows: Vec<MapRow>,
    ) -> Result<Vec<Mapped>, Fault> {
        let (inner, version, call) = (Arc::clone(self), Arc::clone(version), call.clone());
        let tenant = call.tenant;
        let mapping = async move {
            let Body::Script(source) = &version.body else {
                return Err(Fault::NotReady { what: "it is no script".to_owned() });
            };
            let script = inner.runner().await?;
            let settings = json!({});
            let holder =
                Holder { tenant, script: Digest::of_parts(&[&version.digest.0, settings.to_string().as_bytes()]) };
            let limits = inner.limits(tenant, script.guest());
            let warm = inner.warm_behind.take(holder).filter(|runner| *runner.limits() == limits);
            let mut runner = match warm {
                Some(runner) => runner,
                None => Box::pin(script.runner(&inner.engines, limits, source, &settings)).await?,
            };
            let asked = rows.len();
            let called = runner.map_rows(&call.columns, rows).await;
            inner.note(tenant, &version, "", "map_row", &called);
            let answers = mapping::answers(called.answer?, asked, limits.output_bytes)?;
            inner.warm_behind.put_back(holder, runner);
            Ok(answers)
        };
        self.crew.run_at(Rank::Behind, tenant, Kind::ScriptRunner, mapping).await?
    }
}
