//! What versions used and how they failed.
//!
//! Counters come in batches and are added up by the day; failures are kept until a hundred newer ones of their version
//! are there. Both belong to names and numbers, not to rows, so that they outlive a version that was rejected.

use std::collections::BTreeMap;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{KEPT_FAILURES, PluginFailure, PluginUsage};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::versions;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Rows of usage that one operation adds.
pub(crate) const BATCH: usize = 256;
/// Bytes of a failure's message that are kept.
const MESSAGE: usize = 4 << 10;

/// Adds to the counters.
pub(crate) fn add(op: &mut Op<'_>, rows: &[PluginUsage]) -> Done<()> {
    let mut add = op.db.prepare_cached(
        "INSERT INTO plugin_usage (tenant, name, version, day, calls, failures, fuel, cpu_us, memory_bytes, host_calls,
                http_requests, http_bytes_out, http_bytes_in)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (tenant, name, version, day) DO UPDATE SET
           calls = calls + excluded.calls, failures = failures + excluded.failures, fuel = fuel + excluded.fuel,
           cpu_us = cpu_us + excluded.cpu_us, memory_bytes = max(memory_bytes, excluded.memory_bytes),
           host_calls = host_calls + excluded.host_calls, http_requests = http_requests + excluded.http_requests,
           http_bytes_out = http_bytes_out + excluded.http_bytes_out,
           http_bytes_in = http_bytes_in + excluded.http_bytes_in",
    )?;
    for row in rows {
        add.execute(params![
            row.tenant.0,
            row.name,
            row.version,
            row.day,
            row.calls as i64,
            row.failures as i64,
            row.fuel as i64,
            row.cpu_us as i64,
            row.memory_bytes as i64,
            row.host_calls as i64,
            row.http_requests as i64,
            row.http_bytes_out as i64,
            row.http_bytes_in as i64
        ])?;
    }
    Ok(())
}

fn read(tenant: TenantKey, name: &str, row: &Row<'_>) -> rusqlite::Result<PluginUsage> {
    let count = |column| row.get::<_, i64>(column).map(|count| count as u64);
    Ok(PluginUsage {
        tenant,
        name: name.to_owned(),
        version: row.get(0)?,
        day: row.get(1)?,
        calls: count(2)?,
        failures: count(3)?,
        fuel: count(4)?,
        cpu_us: count(5)?,
        memory_bytes: count(6)?,
        host_calls: count(7)?,
        http_requests: count(8)?,
        http_bytes_out: count(9)?,
        http_bytes_in: count(10)?,
    })
}

/// By day, the latest first, and by version.
pub(crate) fn all(db: &Connection, tenant: TenantKey, name: &str) -> Done<Vec<PluginUsage>> {
    let rows = db
        .prepare_cached(
            "SELECT version, day, calls, failures, fuel, cpu_us, memory_bytes, host_calls, http_requests,
                    http_bytes_out, http_bytes_in
             FROM plugin_usage WHERE tenant = ?1 AND name = ?2 ORDER BY day DESC, version",
        )?
        .query_map(params![tenant.0, name], |row| read(tenant, name, row))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

fn cut(message: &str) -> &str {
    let mut end = message.len().min(MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}

/// Keeps failures, with one event per version and code.
pub(crate) fn add_failures(op: &mut Op<'_>, failures: &[PluginFailure]) -> Done<()> {
    let mut first: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
    let mut versions_of: BTreeMap<(&str, &str), ()> = BTreeMap::new();
    for PluginFailure { name, version, code, message, at } in failures {
        op.db
            .prepare_cached(
                "INSERT INTO plugin_failure (tenant, name, version, code, message, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![op.tenant(), name, version, code, cut(message), at.0])?;
        first.entry((name, version, code)).or_insert(message);
        versions_of.insert((name, version), ());
    }
    for (name, version) in versions_of.into_keys() {
        op.db
            .prepare_cached(
                "DELETE FROM plugin_failure WHERE id IN (
                   SELECT id FROM plugin_failure WHERE tenant = ?1 AND name = ?2 AND version = ?3
                   ORDER BY id DESC LIMIT -1 OFFSET ?4)",
            )?
            .execute(params![op.tenant(), name, version, KEPT_FAILURES as i64])?;
    }
    for ((name, version, code), message) in first {
        if let Some(known) = versions::find(op.db, op.tenant(), name, version)? {
            versions::tell(op, "plugin.failed", &known, Some((code, cut(message))));
        }
    }
    Ok(())
}

/// The latest first.
pub(crate) fn failures(db: &Connection, tenant: TenantKey, name: &str) -> Done<Vec<PluginFailure>> {
    let rows = db
        .prepare_cached(
            "SELECT version, code, message, at FROM plugin_failure WHERE tenant = ?1 AND name = ?2 ORDER BY id DESC",
        )?
        .query_map(params![tenant.0, name], |row| {
            Ok(PluginFailure {
                name: name.to_owned(),
                version: row.get(0)?,
                code: row.get(1)?,
                message: row.get(2)?,
                at: Timestamp(row.get(3)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}
