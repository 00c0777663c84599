//! What the engine needs of a shadow that runs.

use campanile_domain::ports::store::ShadowRun;
use rusqlite::Connection;

use crate::sqlite::fault::{Done, broken};

/// The shadow of this key.
pub(crate) fn of(db: &Connection, key: i64) -> Done<ShadowRun> {
    let (policy, settings): (String, String) = db
        .prepare_cached("SELECT policy, settings FROM shadow WHERE id = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let policy = policy.parse().map_err(|_| broken(format!("{policy:?} names no policy")))?;
    Ok(ShadowRun { key, policy, settings: serde_json::from_str(&settings)? })
}
