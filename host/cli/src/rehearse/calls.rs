//! The calls of a rehearsal, one JSON line each, oldest first.
//!
//! Read back from the store day by day, so that memory holds one day however long the campaign was.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use campanile_domain::attempt::AttemptState;
use campanile_domain::ids::{CallId, CampaignId, LeadId, TenantKey};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{Call, CallFilter, Page, Stats, Store};
use campanile_domain::settle::Clamp;
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::zone::Zone;
use serde::Serialize;

use crate::exit::Failure;

/// One line. Times are RFC 3339 in UTC, rounds count from 1, contacts from 0.
#[derive(Serialize)]
struct Line<'a> {
    call: CallId,
    lead: LeadId,
    campaign: CampaignId,
    phone: Option<Phone>,
    contact: u16,
    round: u32,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    outcome: &'static str,
    time_zone: &'a str,
    decision: Option<&'a str>,
    reason: Option<&'a str>,
    asked_for: Option<Timestamp>,
    clamped_by: &'a [Clamp],
}

/// Calls by local hour of the day.
pub type Hours = BTreeMap<u8, u64>;

/// Writes the file, when one is wanted, and counts the calls by hour.
pub async fn write(
    store: &dyn Store,
    tenant: TenantKey,
    stats: &Stats,
    zone: &Zone,
    path: Option<&Path>,
) -> Result<Hours, Failure> {
    let shown = path.map(|path| path.display().to_string()).unwrap_or_default();
    let cannot = |error: std::io::Error| Failure::other(format!("{shown} cannot be written: {error}"));
    let mut out = match path {
        Some(path) => Some(BufWriter::new(File::create(path).map_err(cannot)?)),
        None => None,
    };
    let mut hours = Hours::new();
    let (Some(first), Some(last)) = (stats.first_call_at, stats.last_call_at) else { return Ok(hours) };
    let mut from = first;
    while from <= last {
        let until = from + DAY_MS;
        for call in day(store, tenant, from, until).await?.iter().rev() {
            *hours.entry(zone.local(call.started_at).hour).or_default() += 1;
            if let Some(out) = &mut out {
                serde_json::to_writer(&mut *out, &line(call, zone)).map_err(std::io::Error::from).map_err(cannot)?;
                out.write_all(b"\n").map_err(cannot)?;
            }
        }
        from = until;
    }
    if let Some(mut out) = out {
        out.flush().map_err(cannot)?;
    }
    Ok(hours)
}

/// The calls of a day, newest first.
async fn day(store: &dyn Store, tenant: TenantKey, from: Timestamp, until: Timestamp) -> Result<Vec<Call>, Failure> {
    let filter = CallFilter { since: Some(from), until: Some(until), ..CallFilter::default() };
    let mut page = Page { cursor: None, limit: 200 };
    let mut calls = Vec::new();
    loop {
        let listed = store.calls(tenant, &filter, &page).await.map_err(|error| Failure::other(error.to_string()))?;
        calls.extend(listed.data);
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(calls),
        }
    }
}

fn line<'a>(call: &'a Call, zone: &'a Zone) -> Line<'a> {
    let decision = call.decision.as_ref();
    Line {
        call: call.id,
        lead: call.lead,
        campaign: call.campaign,
        phone: call.phone,
        contact: call.contact,
        round: call.round,
        started_at: call.started_at,
        ended_at: call.ended_at,
        outcome: match call.state {
            AttemptState::Ended(outcome) => outcome.as_str(),
            other => other.reason().unwrap_or_else(|| other.public_status()),
        },
        time_zone: zone.name(),
        decision: decision.map(|decision| decision.decision.as_str()),
        reason: decision.map(|decision| decision.reason.as_str()),
        asked_for: decision.and_then(|decision| decision.asked_for),
        clamped_by: decision.map_or(&[], |decision| &decision.clamped_by),
    }
}
