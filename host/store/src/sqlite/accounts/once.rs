//! A repeated request is answered, not repeated.
//!
//! The answer of a creation is kept with the key its client chose, in the same transaction, for a day. The same key with
//! another request is a mistake of the client's and is said to be one.

use campanile_domain::ports::store::StoreError;
use campanile_domain::time::DAY_MS;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::op::Op;

/// How long an answer is kept, in milliseconds.
const KEPT_MS: i64 = DAY_MS;

/// Does it, or answers what it answered before.
pub(crate) fn once<T: Serialize + DeserializeOwned>(
    op: &mut Op<'_>,
    act: impl FnOnce(&mut Op<'_>) -> Done<T>,
) -> Done<T> {
    let Some(promise) = op.ctx.idempotency.clone() else { return act(op) };
    let (tenant, now) = (op.tenant(), op.now().0);
    let kept: Option<(Vec<u8>, String)> = op
        .db
        .prepare_cached("SELECT digest, answer FROM idempotency WHERE tenant = ?1 AND key = ?2 AND at > ?3")?
        .query_row(params![tenant, promise.key, now - KEPT_MS], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((digest, answer)) = kept {
        if digest != promise.digest {
            return Err(Fault::Store(StoreError::KeyReused));
        }
        return Ok(serde_json::from_str(&answer)?);
    }
    let value = act(op)?;
    op.db
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency (tenant, key, digest, answer, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![tenant, promise.key, promise.digest, serde_json::to_string(&value)?, now])?;
    op.db
        .prepare_cached("DELETE FROM idempotency WHERE tenant = ?1 AND at <= ?2")?
        .execute(params![tenant, now - KEPT_MS])?;
    Ok(value)
}
