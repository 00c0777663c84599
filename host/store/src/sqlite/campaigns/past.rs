//! Calls that are over, for those who want to know how people behave.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use campanile_domain::attempt::{AttemptState, Failure, Outcome};
use campanile_domain::ids::{CampaignId, CampaignKey, TenantKey};
use campanile_domain::ports::store::PastCall;
use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Determinations, Effects};
use rusqlite::{Connection, Row, params};

use super::campaign::key_of;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::Done;
use crate::sqlite::row::phone;
use crate::sqlite::scope::{Cache, Scope};

/// The latest, the last one first.
pub(crate) fn calls(
    db: &Connection,
    cache: &mut Cache,
    (tenant, id): (TenantKey, Option<CampaignId>),
    limit: u32,
) -> Done<Vec<PastCall>> {
    let (column, key) = match id {
        Some(id) => ("campaign", key_of(db, tenant, id)?.0),
        None => ("tenant", tenant.0),
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT campaign, state, phone, intent_at, failure, talk_ms, variables FROM attempt
         WHERE {column} = ?1 AND state >= 10 AND phone <> 0 ORDER BY id DESC LIMIT ?2"
    ))?;
    let mut rows = statement.query(params![key, limit])?;
    let (mut scopes, mut found) = (BTreeMap::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let scope = match scopes.entry(row.get(0)?) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let campaign = CampaignKey(*new.key());
                new.insert(Scope::load(db, cache, campaign)?)
            }
        };
        found.extend(call(row, scope)?);
    }
    Ok(found)
}

/// A call that says something of the person.
fn call(row: &Row<'_>, scope: &Scope) -> Done<Option<PastCall>> {
    let AttemptState::Ended(outcome) = AttemptState::read(row.get(1)?)? else { return Ok(None) };
    if matches!(outcome, Outcome::Unknown | Outcome::Cancelled) {
        return Ok(None);
    }
    let kept: Option<String> = row.get(6)?;
    let values = match kept {
        Some(text) => serde_json::from_str::<Determinations>(&text)?.values(),
        None => Default::default(),
    };
    let goal = scope.plan.config.goal_variable.as_ref().and_then(|name| values.get(name)?.as_bool());
    Ok(Some(PastCall {
        phone: phone(row.get(2)?)?,
        at: Timestamp(row.get(3)?),
        outcome,
        failure: Failure::read(row.get(4)?)?,
        talk_ms: row.get(5)?,
        goal,
        roles: Effects::of(&scope.plan.assistant.variables, &values),
    }))
}
