//! Whether an account has room for another version.
//!
//! What is held is counted over the account and its twin, rejected and retired versions included, because their bytes lie
//! here as well. It is asked before the first byte is written and again in the transaction that names them, so that two
//! uploads at once cannot both take the last place.

use campanile_domain::plugin::allowance::{Allowance, Held, NoRoom};
use campanile_domain::ports::store::{StoreError, TenantLimits};
use rusqlite::{Connection, params};

use crate::sqlite::fault::{Done, Fault, not_found};

/// The account and its twin.
const BOTH: &str = "SELECT a.id FROM tenant me
    JOIN tenant a ON coalesce(a.twin_of, a.id) = coalesce(me.twin_of, me.id) WHERE me.id = ?1";

fn allowance(db: &Connection, tenant: i64) -> Done<Allowance> {
    let mut statement = db.prepare_cached("SELECT limits FROM tenant WHERE id = ?1")?;
    let mut rows = statement.query([tenant])?;
    let Some(row) = rows.next()? else { return not_found("tenant") };
    Ok(serde_json::from_str::<TenantLimits>(&row.get::<_, String>(0)?)?.plugins)
}

/// What is held, without a rejected version whose number would be taken over.
fn held(db: &Connection, tenant: i64, name: &str, version: Option<&str>) -> Done<(Held, bool)> {
    let sql = format!(
        "SELECT count(DISTINCT tenant || ' ' || name), count(*), coalesce(sum(size), 0),
                coalesce(sum(state IN ('compiling', 'testing')), 0), coalesce(sum(tenant = ?1 AND name = ?2), 0)
         FROM plugin_version WHERE tenant IN ({BOTH})
           AND NOT (tenant = ?1 AND name = ?2 AND version IS ?3 AND state = 'rejected')"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let row = statement.query_row(params![tenant, name, version], |row| {
        let number = |column| row.get::<_, i64>(column).map(|number| number.max(0) as u64);
        Ok(([number(0)?, number(1)?, number(2)?, number(3)?], number(4)?))
    })?;
    let ([plugins, versions, stored_bytes, unfinished_uploads], of_name) = row;
    Ok((Held { plugins, versions, stored_bytes, unfinished_uploads }, of_name == 0))
}

/// What comes, as far as room is concerned.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub name: &'a str,
    pub version: Option<&'a str>,
    pub size: usize,
    /// It has the gates before it.
    pub gated: bool,
}

/// Refuses a version that the account's allowance has no room for.
pub(crate) fn must_fit(db: &Connection, tenant: i64, asked: Asked<'_>) -> Done<()> {
    let Asked { name, version, size, gated } = asked;
    let (held, new_name) = held(db, tenant, name, version)?;
    allowance(db, tenant)?.admits(&held, size as u64, new_name, gated).map_err(|(limit, most)| {
        let message = told(limit, most, &held, size);
        Fault::Store(StoreError::NoRoom { limit, message })
    })
}

fn told(limit: NoRoom, most: u64, held: &Held, size: usize) -> String {
    let what = match limit {
        NoRoom::Plugins => format!("{} plugins and scripts are kept", held.plugins),
        NoRoom::Versions => format!("{} versions are kept", held.versions),
        NoRoom::StoredBytes => format!("{} bytes are kept and this version has {size}", held.stored_bytes),
        NoRoom::UnfinishedUploads => {
            let wait = "wait until one of them is staged or rejected, then send this one again";
            return format!(
                "{} uploads of this account are still being compiled or tested and {most} may be at once; {wait}",
                held.unfinished_uploads
            );
        }
    };
    format!(
        "{what}, of at most {most} for this account and its test twin together; delete versions that nobody uses \
         (DELETE /v1/plugins/{{name}}/versions/{{version}}) or ask the operator, who sets limits.plugins.{}",
        limit.word()
    )
}
