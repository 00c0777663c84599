//! The bytes of versions: in pieces, by their digest.
//!
//! One piece is one bulk operation, so that a component of 48 MiB holds the writer no longer than a page of leads does.
//! Pieces come before their version; until it comes nobody can find them, and when it never comes they are dropped at the
//! next opening. The same bytes are kept once, whoever uploads them.

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::sqlite::fault::{Done, broken, conflict};
use crate::sqlite::op::Op;

/// Bytes of one piece: some milliseconds of writing.
pub(crate) const PIECE: usize = 512 << 10;

/// SHA-256 in hexadecimal.
pub(crate) fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether every byte is there.
pub(crate) fn is_whole(db: &Connection, sha256: &str, size: usize) -> Done<bool> {
    let (pieces, last, bytes): (i64, i64, i64) = db
        .prepare_cached(
            "SELECT count(*), coalesce(max(position), -1), coalesce(sum(length(bytes)), 0) FROM plugin_chunk
             WHERE sha256 = ?1",
        )?
        .query_row([sha256], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(pieces > 0 && pieces == last + 1 && bytes == size as i64)
}

/// Keeps one piece; what is there already stays.
pub(crate) fn keep(op: &mut Op<'_>, sha256: &str, position: usize, bytes: &[u8]) -> Done<()> {
    op.db
        .prepare_cached("INSERT OR IGNORE INTO plugin_chunk (sha256, position, bytes) VALUES (?1, ?2, ?3)")?
        .execute(params![sha256, position as i64, bytes])?;
    Ok(())
}

/// For the transaction that names the bytes: all of them are there.
pub(crate) fn must_be_whole(op: &Op<'_>, sha256: &str, size: usize) -> Done<()> {
    if is_whole(op.db, sha256, size)? {
        return Ok(());
    }
    Err(conflict("upload_incomplete", "the upload did not arrive whole; send it again"))
}

/// All of it, held against its digest.
pub(crate) fn read(db: &Connection, sha256: &str, size: u64) -> Done<Vec<u8>> {
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let mut statement = db.prepare_cached("SELECT bytes FROM plugin_chunk WHERE sha256 = ?1 ORDER BY position")?;
    let mut rows = statement.query([sha256])?;
    while let Some(row) = rows.next()? {
        content.extend_from_slice(row.get_ref(0)?.as_blob().map_err(|_| broken("a piece of a plugin is no blob"))?);
    }
    if digest(&content) == sha256 {
        return Ok(content);
    }
    Err(broken(format!("the bytes of a plugin are not those of its digest {sha256}")))
}

/// Bytes that no version names. Whoever uploads the same at this moment is told to send them again.
pub(crate) fn drop_unnamed(db: &Connection, sha256: &str) -> Done<()> {
    db.prepare_cached(
        "DELETE FROM plugin_chunk WHERE sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM plugin_version WHERE sha256 = ?1)",
    )?
    .execute([sha256])?;
    Ok(())
}

/// At opening, before anybody writes: pieces that no version names.
pub(crate) fn drop_orphans(db: &Connection) -> rusqlite::Result<usize> {
    db.execute("DELETE FROM plugin_chunk WHERE sha256 NOT IN (SELECT sha256 FROM plugin_version)", [])
}
