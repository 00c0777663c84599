//! The wait for a person's consent: one at a time, over after one answer.

use campanile_domain::ids::ConnectionId;
use campanile_domain::ports::store::{PendingConsent, SecretOwner};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::connections;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;
use crate::vault::{Place, Vault};

/// The name that a verifier is sealed under.
const VERIFIER: &str = "(verifier)";

/// Waits from now on; an older wait is over.
pub(crate) fn ask(op: &mut Op<'_>, vault: &Vault, id: ConnectionId, consent: &PendingConsent) -> Done<()> {
    connections::living(op.db, op.tenant(), id)?;
    let owner = SecretOwner::Connection(id).to_string();
    let sealed = vault.seal(Place { tenant: op.tenant(), owner: &owner, name: VERIFIER }, &consent.verifier)?;
    op.db
        .prepare_cached(
            "UPDATE connection SET state_hash = ?2, verifier = ?3, state_expires_at = ?4 WHERE public_id = ?1",
        )?
        .execute(params![id.to_bytes(), consent.state_hash, sealed, consent.expires_at.0])?;
    op.audit("connection.ask", &id)
}

/// What is waited for.
pub(crate) fn pending(db: &Connection, vault: &Vault, id: ConnectionId) -> Done<PendingConsent> {
    let tenant = connections::by_id(db, id)?.tenant;
    let found: Option<([u8; 32], Vec<u8>, i64)> = db
        .prepare_cached(
            "SELECT state_hash, verifier, state_expires_at FROM connection
             WHERE public_id = ?1 AND state_hash IS NOT NULL",
        )?
        .query_row([id.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((state_hash, sealed, expires_at)) = found else { return not_found("consent") };
    let verifier = vault.open(Place { tenant: tenant.0, owner: &id.to_string(), name: VERIFIER }, &sealed)?;
    Ok(PendingConsent { state_hash, verifier, expires_at: Timestamp(expires_at) })
}

/// The wait for this state is over; whether it was still on.
pub(crate) fn take(op: &mut Op<'_>, id: ConnectionId, state_hash: &[u8; 32]) -> Done<bool> {
    let taken = op
        .db
        .prepare_cached(
            "UPDATE connection SET state_hash = NULL, verifier = NULL, state_expires_at = NULL
             WHERE public_id = ?1 AND tenant = ?2 AND state_hash = ?3",
        )?
        .execute(params![id.to_bytes(), op.tenant(), state_hash])?;
    Ok(taken > 0)
}
