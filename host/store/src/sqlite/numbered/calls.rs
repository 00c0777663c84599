//! Calls by their numbers.

use std::collections::BTreeMap;

use campanile_domain::attempt::AttemptState;
use campanile_domain::ids::{AssistantKey, TenantKey};
use campanile_domain::ports::store::{Counted, NumberedCall, NumberedCalls, Slice};
use campanile_domain::variable::Variables;
use rusqlite::{Connection, Row};

use super::{Conditions, part};
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::leads::call;
use crate::sqlite::row::{codes_of, list};

const FROM: (&str, &str) = ("attempt a", "a.id");

/// One.
pub(super) fn one(db: &Connection, tenant: TenantKey, number: i64) -> Done<NumberedCall> {
    read(db, tenant, &[number])?.pop().map_or_else(|| not_found("call"), Ok)
}

/// A slice of those that match.
pub(super) fn slice(
    db: &Connection,
    tenant: TenantKey,
    which: &NumberedCalls,
    slice: Slice,
) -> Done<Counted<NumberedCall>> {
    let conditions = conditions(tenant, which);
    let total = conditions.count(db, FROM.0)?;
    let keys = if slice.offset < total { conditions.keys(db, FROM, slice)? } else { Vec::new() };
    Ok(Counted { rows: read(db, tenant, &keys)?, total })
}

fn conditions(tenant: TenantKey, which: &NumberedCalls) -> Conditions {
    // With a campaign, its index is the one to go by; the plus keeps the tenant's out of it.
    let mut conditions = match which.campaign.or(which.assistant) {
        Some(_) => Conditions::of(tenant, "+a.tenant = ?1"),
        None => Conditions::of(tenant, "a.tenant = ?1"),
    };
    if let Some(campaign) = which.campaign {
        let of = "a.campaign = ?? AND EXISTS
            (SELECT 1 FROM campaign WHERE id = ?? AND tenant = ?1 AND kind = 0 AND deleted_at IS NULL)";
        conditions.and(of, campaign);
    }
    if let Some(assistant) = which.assistant {
        let of = "a.campaign IN (SELECT id FROM campaign WHERE tenant = ?1 AND assistant = ??)";
        conditions.and(of, assistant);
    }
    if let Some(status) = &which.status {
        let codes = codes_of(|state: AttemptState| state.public_status() == status);
        conditions.and("a.state IN (SELECT value FROM json_each(??))", codes);
    }
    if let Some(phone) = &which.phone {
        conditions.and("'+' || a.phone LIKE ??", part(phone));
    }
    conditions.and_since("a.intent_at", which.since);
    conditions.and_until("a.intent_at", which.until);
    conditions
}

/// What belongs to a call beside itself.
struct Beside {
    assistant: AssistantKey,
    campaign_name: Option<String>,
    given: Variables,
}

/// Whole, in the order of the keys.
fn read(db: &Connection, tenant: TenantKey, keys: &[i64]) -> Done<Vec<NumberedCall>> {
    let mut calls = call::by_keys(db, tenant, keys)?;
    let mut statement = db.prepare_cached(
        "SELECT a.id, c.assistant, iif(c.kind = 0, v.config ->> '$.name', NULL), d.variables, k.variables
         FROM attempt a JOIN campaign c ON c.id = a.campaign
         JOIN campaign_config v ON v.campaign = c.id AND v.version = c.config_version
         LEFT JOIN lead_data d ON d.lead = a.lead
         LEFT JOIN contact k ON k.lead = a.lead AND k.position = a.contact
         WHERE a.id IN (SELECT value FROM json_each(?1))",
    )?;
    let mut rows = statement.query([list(keys.iter().copied())])?;
    let mut beside = BTreeMap::new();
    while let Some(row) = rows.next()? {
        beside.insert(row.get::<_, i64>(0)?, read_beside(row)?);
    }
    let whole = |key: &i64| {
        let Beside { assistant, campaign_name, given } = beside.remove(key)?;
        Some(NumberedCall { call: calls.remove(key)?, assistant, campaign_name, given })
    };
    Ok(keys.iter().filter_map(whole).collect())
}

fn read_beside(row: &Row<'_>) -> Done<Beside> {
    let variables = |column| -> Done<Variables> {
        let text: Option<String> = row.get(column)?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
    };
    Ok(Beside {
        assistant: AssistantKey(row.get(1)?),
        campaign_name: row.get(2)?,
        given: variables(4)?.over(&variables(3)?),
    })
}
