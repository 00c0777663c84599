//! Who did what, read.
//!
//! Newest first: by the time of the write, then in the order of the rows. Each filter has an index that ends in the time, so that a
//! rare actor is not looked for in everybody's rows; a cursor is the row that a page ended with.

use std::collections::BTreeMap;

use campanile_domain::ids::{KeyId, RequestId, TenantKey};
use campanile_domain::ports::store::{AuditActor, AuditEntry, AuditFilter, Listed, Page};
use campanile_domain::time::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::sqlite::fault::Done;
use crate::sqlite::page;

const LIST: &str = "audit";
const OPERATOR: &str = "operator";

/// A tenant's.
pub(crate) fn all(db: &Connection, tenant: TenantKey, filter: &AuditFilter, asked: &Page) -> Done<Listed<AuditEntry>> {
    let mut conditions = "tenant = ?".to_owned();
    let mut values = vec![Sql::Integer(tenant.0)];
    let mut add = |condition: &str, value: Sql| {
        conditions.push_str(" AND ");
        conditions.push_str(condition);
        values.push(value);
    };
    for (condition, text) in
        [("actor = ?", &filter.actor), ("what = ?", &filter.action), ("target = ?", &filter.target)]
    {
        if let Some(text) = text {
            add(condition, Sql::Text(text.clone()));
        }
    }
    if let Some(since) = filter.since {
        add("at >= ?", Sql::Integer(since.0));
    }
    if let Some(until) = filter.until {
        add("at < ?", Sql::Integer(until.0));
    }
    if asked.cursor.is_some() {
        let last = page::after(asked, LIST, 0)?;
        let at = db.prepare_cached("SELECT at FROM audit WHERE id = ?1 AND tenant = ?2")?;
        let at: Option<i64> = { at }.query_row([last, tenant.0], |row| row.get(0)).optional()?;
        // A cursor that nobody was given is at the end of everything.
        add("at <= ?", Sql::Integer(at.unwrap_or(i64::MIN)));
        add("(at, id) < (?, ", Sql::Integer(at.unwrap_or(i64::MIN)));
        conditions.push_str(&format!("{last})"));
    }
    let limit = page::limit(asked) + 1;
    let mut statement = db.prepare_cached(&format!(
        "SELECT id, at, actor, request, what, target, changes FROM audit WHERE {conditions}
         ORDER BY at DESC, id DESC LIMIT {limit}"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut names = BTreeMap::new();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let changes: Option<String> = row.get(6)?;
        let entry = AuditEntry {
            at: Timestamp(row.get(1)?),
            actor: actor(db, &row.get::<_, String>(2)?, &mut names)?,
            request_id: row.get::<_, Option<[u8; 16]>>(3)?.map(RequestId::from_bytes),
            action: row.get(4)?,
            target: row.get(5)?,
            changes: changes.map(|changes| serde_json::from_str(&changes)).transpose()?,
        };
        found.push((row.get(0)?, entry));
    }
    Ok(page::cut(found, asked, LIST))
}

/// Who it was; each key is looked up once a page.
fn actor(db: &Connection, text: &str, names: &mut BTreeMap<KeyId, Option<String>>) -> Done<AuditActor> {
    let Ok(id) = text.parse::<KeyId>() else {
        return Ok(AuditActor { kind: OPERATOR, id: None, name: None });
    };
    if let Some(name) = names.get(&id) {
        return Ok(AuditActor { kind: "key", id: Some(id), name: name.clone() });
    }
    let name: Option<String> = db
        .prepare_cached("SELECT name FROM api_key WHERE public_id = ?1")?
        .query_row([id.to_bytes()], |row| row.get(0))
        .optional()?;
    names.insert(id, name.clone());
    Ok(AuditActor { kind: "key", id: Some(id), name })
}
