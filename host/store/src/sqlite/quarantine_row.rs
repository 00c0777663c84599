//! How the row of a restored host is read.

use campanile_domain::quarantine::{Quarantine, Release, Resumption};
use campanile_domain::time::Timestamp;
use rusqlite::Row;

use super::fault::Done;

/// The columns that [`read`] takes.
pub(crate) const COLUMNS: &str = "q.backup_at, q.began_at, q.released_at, q.released_by, q.resume";

/// Reads the columns from column `at` on; `None` where no row was joined.
pub(crate) fn read(row: &Row<'_>, at: usize) -> Done<Option<Quarantine>> {
    let Some(backup_at) = row.get::<_, Option<i64>>(at)? else { return Ok(None) };
    let released: Option<i64> = row.get(at + 2)?;
    let release = match released {
        None => None,
        Some(released) => Some(Release {
            at: Timestamp(released),
            by: row.get(at + 3)?,
            resume: word(&row.get::<_, String>(at + 4)?)?,
        }),
    };
    let began_at = row.get::<_, Option<i64>>(at + 1)?.map(Timestamp);
    Ok(Some(Quarantine { backup_at: Timestamp(backup_at), began_at, release }))
}

fn word(text: &str) -> Done<Resumption> {
    Ok(serde_json::from_value(serde_json::Value::String(text.to_owned()))?)
}
