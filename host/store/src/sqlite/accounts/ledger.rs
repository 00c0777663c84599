//! The ledger, read.
//!
//! A list goes by time and then by row. The cursor is the row alone: where in time it stands is looked up, so that a page
//! begins in the index and not at the newest line.

use campanile_domain::ids::{CallId, CampaignId, TenantKey};
use campanile_domain::money::{EntryKind, Micros};
use campanile_domain::ports::store::{Balance, LedgerEntry, LedgerFilter, Listed, Page, StoreError};
use campanile_domain::time::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::tenants;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::changes::between;
use crate::sqlite::dialling::money;
use crate::sqlite::fault::{Done, Fault, broken, conflict};
use crate::sqlite::op::Op;
use crate::sqlite::page;

/// The list's name in its cursors.
const LIST: &str = "ledger";

/// What is left.
pub(crate) fn balance(db: &Connection, tenant: TenantKey) -> Done<Balance> {
    let owner = tenants::by_key(db, tenant)?;
    let reserved: i64 = db
        .prepare_cached("SELECT coalesce(sum(reserved), 0) FROM campaign WHERE tenant = ?1")?
        .query_row([tenant.0], |row| row.get(0))?;
    let low_below: Option<i64> =
        db.prepare_cached("SELECT low_below FROM tenant WHERE id = ?1")?.query_row([tenant.0], |row| row.get(0))?;
    let available = owner.available_micros;
    Ok(Balance {
        billing: owner.billing.is_some(),
        currency: owner.billing.as_ref().map(|billing| billing.currency),
        balance_micros: Micros(available.0.saturating_add(reserved)),
        reserved_micros: Micros(reserved),
        available_micros: available,
        next_call_micros: owner.billing.map_or(Micros::ZERO, |billing| billing.tariff.reserve_at_start()),
        low_below_micros: low_below.map(Micros),
    })
}

/// Names the amount below which the account is told.
pub(crate) fn set_low_below(op: &mut Op<'_>, below: Option<Micros>) -> Done<Balance> {
    let before = balance(op.db, op.ctx.tenant)?;
    if !before.billing {
        let message = "billing is off for this account, so its balance is never low; there is nothing to be told of";
        return Err(conflict("billing_off", message));
    }
    money::set_low_below(op, below)?;
    let id = tenants::by_key(op.db, op.ctx.tenant)?.id;
    let after = balance(op.db, op.ctx.tenant)?;
    op.audit_changes("balance.update", &id, &between(&before, &after)?)?;
    Ok(after)
}

fn read(row: &Row<'_>) -> Done<LedgerEntry> {
    let word: String = row.get(1)?;
    let kind = EntryKind::parse(&word).ok_or_else(|| broken(format!("{word:?} is no kind of the ledger")))?;
    let amount = Micros(row.get(2)?);
    Ok(LedgerEntry {
        kind,
        amount_micros: amount,
        balance_change_micros: kind.of_balance(amount),
        available_change_micros: kind.of_available(amount),
        available_after_micros: Micros(row.get(3)?),
        campaign: row.get::<_, Option<[u8; 16]>>(4)?.map(CampaignId::from_bytes),
        call: row.get::<_, Option<[u8; 16]>>(5)?.map(CallId::from_bytes),
        at: Timestamp(row.get(6)?),
    })
}

/// Where the page begins: the time and the row of the last line before it.
fn after(db: &Connection, tenant: TenantKey, asked: &Page) -> Done<(i64, i64)> {
    let row = page::after(asked, LIST, i64::MAX)?;
    if asked.cursor.is_none() {
        return Ok((i64::MAX, row));
    }
    let at: Option<i64> = db
        .prepare_cached("SELECT at FROM ledger WHERE id = ?1 AND tenant = ?2")?
        .query_row(params![row, tenant.0], |found| found.get(0))
        .optional()?;
    at.map(|at| (at, row)).ok_or(Fault::Store(StoreError::BadCursor))
}

/// The lines that match, newest first.
pub(crate) fn all(
    db: &Connection,
    tenant: TenantKey,
    filter: &LedgerFilter,
    asked: &Page,
) -> Done<Listed<LedgerEntry>> {
    let (at, row) = after(db, tenant, asked)?;
    let until = filter.until.map_or(i64::MAX, |until| until.0);
    let mut values = vec![Sql::Integer(tenant.0), Sql::Integer(at), Sql::Integer(row), Sql::Integer(until)];
    let mut conditions = String::from("l.tenant = ?1 AND (l.at, l.id) < (?2, ?3) AND l.at < ?4");
    if let Some(since) = filter.since {
        values.push(Sql::Integer(since.0));
        conditions.push_str(&format!(" AND l.at >= ?{}", values.len()));
    }
    if let Some(kind) = filter.kind {
        // A literal, because a partial index is not found by a parameter.
        conditions.push_str(&format!(" AND l.kind = '{}'", kind.as_str()));
    }
    let mut index = match filter.kind {
        Some(EntryKind::TopUp) => "ledger_top_up",
        Some(EntryKind::Extend) => "ledger_extend",
        _ => "ledger_of_tenant",
    };
    if let Some(id) = filter.campaign {
        values.push(Sql::Integer(campaign::key_of(db, tenant, id)?.0));
        conditions.push_str(&format!(" AND l.campaign = ?{}", values.len()));
        index = "ledger_of_campaign";
    }
    let limit = page::limit(asked) + 1;
    let mut statement = db.prepare_cached(&format!(
        "SELECT l.id, l.kind, l.amount, l.available_after, c.public_id, a.public_id, l.at
         FROM ledger l INDEXED BY {index} LEFT JOIN campaign c ON c.id = l.campaign LEFT JOIN attempt a ON a.id = l.attempt
         WHERE {conditions} ORDER BY l.at DESC, l.id DESC LIMIT {limit}"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, read(row)?));
    }
    Ok(page::cut(found, asked, LIST))
}
