//! Calls as their owner sees them.

use std::collections::BTreeMap;

use campanile_domain::attempt::{AnsweredBy, AttemptState, Failure};
use campanile_domain::ids::{AttemptKey, CallId, CampaignId, LeadId, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{Call, CallDecision, CallFilter, Listed, Page, ProviderCost};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Determinations;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::lead;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::page;
use crate::sqlite::row::{list, phone};

const SELECT: &str =
    "SELECT a.id, a.public_id, c.public_id, l.public_id, a.contact, a.phone, a.caller_id, a.number, a.era,
        a.round, a.state, a.failure, a.answered_by, a.intent_at, a.answered_at, a.ended_at, a.talk_ms, a.cost,
        a.variables, a.provider_call_id, a.config_version, a.decision,
        a.provider_cost, a.provider_currency
    FROM attempt a JOIN lead l ON l.id = a.lead JOIN campaign c ON c.id = a.campaign";

fn read(row: &Row<'_>) -> Done<Call> {
    let state = AttemptState::read(row.get(10)?)?;
    let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
    let variables: Option<String> = row.get(18)?;
    let decision: Option<String> = row.get(21)?;
    let currency: Option<String> = row.get(23)?;
    let provider_cost = row.get::<_, Option<i64>>(22)?.map(|amount| ProviderCost {
        amount_micros: Micros(amount),
        currency: currency.and_then(|name| name.parse().ok()),
    });
    Ok(Call {
        key: AttemptKey(row.get(0)?),
        id: CallId::from_bytes(row.get(1)?),
        campaign: CampaignId::from_bytes(row.get(2)?),
        lead: LeadId::from_bytes(row.get(3)?),
        contact: row.get(4)?,
        phone: phone(row.get(5)?)?,
        caller_id: phone(row.get(6)?)?,
        number: row.get(7)?,
        era: row.get(8)?,
        round: row.get(9)?,
        state,
        status: state.public_status().to_owned(),
        reason: state.reason().map(str::to_owned),
        failure: Failure::read(row.get(11)?)?,
        answered_by: AnsweredBy::read(row.get(12)?)?,
        started_at: Timestamp(row.get(13)?),
        answered_at: at(14)?,
        ended_at: at(15)?,
        talk_ms: row.get(16)?,
        cost_micros: Micros(row.get(17)?),
        provider_cost,
        variables: variables.map(|text| serde_json::from_str::<Determinations>(&text)).transpose()?.unwrap_or_default(),
        provider_call_id: row.get(19)?,
        config_version: row.get(20)?,
        decision: decision.map(|text| serde_json::from_str::<CallDecision>(&text)).transpose()?,
    })
}

/// One.
pub(crate) fn by_id(db: &Connection, tenant: TenantKey, id: CallId) -> Done<Call> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE a.public_id = ?1 AND a.tenant = ?2"))?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    rows.next()?.map_or_else(|| not_found("call"), read)
}

/// The tenant's that match, newest first.
pub(crate) fn all(db: &Connection, tenant: TenantKey, filter: &CallFilter, asked: &Page) -> Done<Listed<Call>> {
    let before = page::after(asked, "calls", i64::MAX)?;
    let mut conditions = String::from("a.tenant = ?1 AND a.id < ?2");
    let mut values = vec![Sql::Integer(tenant.0), Sql::Integer(before)];
    let mut add = |condition: &str, value: Sql| {
        values.push(value);
        conditions.push_str(&format!(" AND {}", condition.replace('?', &format!("?{}", values.len()))));
    };
    if let Some(id) = filter.campaign {
        add("a.campaign = ?", Sql::Integer(campaign::key_of_any(db, tenant, id)?.0));
    }
    if let Some(id) = filter.lead {
        add("a.lead = ?", Sql::Integer(lead::key_of_any(db, tenant, id)?));
    }
    if let Some(status) = &filter.status {
        let codes =
            (0..=u8::MAX).filter(|code| AttemptState::read(*code).is_ok_and(|state| state.public_status() == status));
        add("a.state IN (SELECT value FROM json_each(?))", Sql::Text(list(codes.map(i64::from))));
    }
    if let Some(since) = filter.since {
        add("a.intent_at >= ?", Sql::Integer(since.0));
    }
    if let Some(until) = filter.until {
        add("a.intent_at < ?", Sql::Integer(until.0));
    }
    let limit = page::limit(asked) + 1;
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE {conditions} ORDER BY a.id DESC LIMIT {limit}"))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let call = read(row)?;
        found.push((call.key.0, call));
    }
    Ok(page::cut(found, asked, "calls"))
}

/// Those of these rows that a tenant has, by row.
pub(crate) fn by_keys(db: &Connection, tenant: TenantKey, keys: &[i64]) -> Done<BTreeMap<i64, Call>> {
    let sql = format!("{SELECT} WHERE a.id IN (SELECT value FROM json_each(?1)) AND a.tenant = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![list(keys.iter().copied()), tenant.0])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let call = read(row)?;
        found.insert(call.key.0, call);
    }
    Ok(found)
}

/// Every call of a lead, oldest first.
pub(crate) fn of_lead(db: &Connection, tenant: TenantKey, id: LeadId) -> Done<Vec<Call>> {
    let key = lead::key_of(db, tenant, id)?;
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE a.lead = ?1 ORDER BY a.number"))?;
    let mut rows = statement.query([key])?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        calls.push(read(row)?);
    }
    Ok(calls)
}
