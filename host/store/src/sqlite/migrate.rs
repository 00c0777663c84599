//! Bringing a database up to date, and refusing one from the future.
//!
//! Migrations are plain SQL files carried in the binary; all that are missing run in one transaction. A database that knows a
//! version this binary does not was written by a later release: reading it as if nothing had happened could lose what
//! that release added, so it is refused with both numbers.

use refinery::Runner;
use rusqlite::{Connection, OptionalExtension};

use crate::OpenError;

mod main {
    refinery::embed_migrations!("src/sqlite/migrations");
}
mod records {
    refinery::embed_migrations!("src/sqlite/records_migrations");
}

/// Which of the two databases.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Database {
    /// Campaigns, leads, attempts, money.
    Main,
    /// Decisions, transcripts.
    Records,
}

impl Database {
    /// Its file in the data folder.
    pub(crate) const fn file(self) -> &'static str {
        match self {
            Self::Main => "campanile.db",
            Self::Records => "records.db",
        }
    }

    fn runner(self) -> Runner {
        match self {
            Self::Main => main::migrations::runner(),
            Self::Records => records::migrations::runner(),
        }
    }

    /// The newest version this binary knows.
    pub(crate) fn known(self) -> u32 {
        self.runner().get_migrations().iter().map(|migration| migration.version() as u32).max().unwrap_or(0)
    }
}

/// The version a database is at; 0 for a new one.
pub(crate) fn version(db: &Connection) -> rusqlite::Result<u32> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'refinery_schema_history'";
    if db.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    db.query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
}

/// The database's words without the whole migration behind them.
fn short(error: &str) -> String {
    error.lines().next().unwrap_or_default().chars().take(200).collect()
}

/// Brings it up to date.
pub(crate) fn run(db: &mut Connection, which: Database) -> Result<(), OpenError> {
    let (found, known) = (version(db)?, which.known());
    if found > known {
        return Err(OpenError::Newer { file: which.file(), found, known });
    }
    let failed = |error: refinery::Error| OpenError::Migration { file: which.file(), why: short(&error.to_string()) };
    // Grouped, a step and the note that it was taken are one transaction; one by one they are two, and a power cut
    // between them leaves a database that never opens again.
    which.runner().set_grouped(true).run(db).map(|_| ()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_the_third_schema_keep_their_bytes_and_the_active_one() {
        let mut db = Connection::open_in_memory().unwrap();
        Database::Main.runner().set_target(refinery::Target::Version(3)).run(&mut db).unwrap();
        db.execute_batch(
            "INSERT INTO tenant (id, public_id, name, limits, created_at) VALUES (1, x'01', 'Acme', '{}', 5);
             INSERT INTO plugin_version (public_id, tenant, name, version, kind, sha256, content, active, created_at)
             VALUES (x'11', 1, 'goal-retry', '1', 'script', 'aa', x'0102', 0, 6),
                    (x'12', 1, 'goal-retry', '2', 'script', 'bb', x'030405', 1, 7),
                    (x'13', 1, 'patient', '1', 'script', 'aa', x'0102', 1, 8);",
        )
        .unwrap();
        run(&mut db, Database::Main).unwrap();
        let ask = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        let versions = "SELECT group_concat(name || ' ' || version || ' ' || state || ' ' || size, ', ')
            FROM (SELECT * FROM plugin_version ORDER BY id)";
        assert_eq!(ask(versions), "goal-retry 1 retired 2, goal-retry 2 active 3, patient 1 active 2");
        let pieces =
            "SELECT group_concat(sha256 || ' ' || hex(bytes), ', ') FROM (SELECT * FROM plugin_chunk ORDER BY id)";
        assert_eq!(ask(pieces), "aa 0102, bb 030405");
        let history =
            "SELECT group_concat(name || ' ' || version, ', ') FROM (SELECT * FROM plugin_activation ORDER BY id)";
        assert_eq!(ask(history), "goal-retry 2, patient 1");
    }

    #[test]
    fn lines_of_an_older_ledger_learn_what_was_available_after_them() {
        let mut db = Connection::open_in_memory().unwrap();
        Database::Main.runner().set_target(refinery::Target::Version(12)).run(&mut db).unwrap();
        db.execute_batch(
            "INSERT INTO ledger (tenant, kind, amount, at) VALUES (1, 'top_up', 500, 1), (2, 'top_up', 9, 1),
                (1, 'reserve', 60, 2), (1, 'extend', 60, 3), (1, 'settle', 90, 4), (1, 'release', 30, 4);",
        )
        .unwrap();
        run(&mut db, Database::Main).unwrap();
        let after = "SELECT group_concat(available_after, ' ') FROM (SELECT * FROM ledger ORDER BY id)";
        assert_eq!(db.query_row(after, [], |row| row.get::<_, String>(0)).unwrap(), "500 9 440 380 380 410");
    }

    #[test]
    fn records_of_the_first_schema_are_found_by_their_campaign() {
        use campanile_domain::ids::{CampaignKey, LeadKey, TenantKey};
        use campanile_domain::ports::store::{DecisionSpan, Document, WriteContext};
        use campanile_domain::time::{DAY_MS, Timestamp};

        use crate::sqlite::records::beside;
        use crate::sqlite::records::beside_kind::Beside;
        use crate::sqlite::records::{decisions, segments};
        use crate::sqlite::scope::Cache;
        use crate::sqlite::writer;

        let mut db = Connection::open_in_memory().unwrap();
        Database::Records.runner().set_target(refinery::Target::Version(1)).run(&mut db).unwrap();
        let day = 20_514;
        let record = |lead: i64, campaign: i64, at: Timestamp| {
            format!(
                r#"{{"tenant":1,"campaign":{campaign},"lead":{lead},"attempt":3,"at":"{at}","by":"mine@1","input":{{}},"output":{{"decision":"complete","reason":"x"}},"usage":{{}},"elapsed_us":0,"log":[],"clamped_by":["calling_hours"]}}"#
            )
        };
        let at = Timestamp(day * DAY_MS + 36_000_500);
        db.execute_batch(&format!(
            "INSERT INTO segment (day) VALUES ({day});
             CREATE TABLE decision_{day} (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, lead INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
             CREATE TABLE transcript_{day} (tenant INTEGER NOT NULL, attempt INTEGER NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (tenant, attempt)) STRICT, WITHOUT ROWID;
             INSERT INTO decision_{day} (tenant, lead, record) VALUES (1, 5, '{}'), (1, 6, '{}'), (1, 7, '{}');",
            record(5, 7, at),
            record(6, 8, at),
            record(7, 7, at + 1),
        ))
        .unwrap();
        run(&mut db, Database::Records).unwrap();
        let ctx = WriteContext::engine(TenantKey(1), at, 1);
        let document = |lead, at| Document {
            tenant: TenantKey(1),
            campaign: CampaignKey(7),
            lead: LeadKey(lead),
            at,
            text: record(lead, 7, at),
        };
        let documents = [document(8, at + 2), document(9, at + DAY_MS)];
        let mut cache = Cache::default();
        writer::perform(&db, &mut cache, ctx, |op| {
            decisions::keep(op, &documents)?;
            for kind in Beside::ALL {
                beside::keep(op, kind, &documents[..1])?;
            }
            Ok(())
        })
        .unwrap();
        let span = |since, until| DecisionSpan { tenant: TenantKey(1), campaign: CampaignKey(7), since, until };
        let leads = |span| {
            let page = decisions::after(&db, span, None, 10).unwrap();
            assert_eq!(decisions::count(&db, span).unwrap(), page.len() as u64);
            page.into_iter().map(|(_, record)| record.unwrap().lead.0).collect::<Vec<_>>()
        };
        assert_eq!(leads(span(None, None)), [5, 7, 8, 9], "of both shapes, in their order");
        assert_eq!(leads(span(Some(at + 1), Some(at + 2))), [7], "to the millisecond");
        let old = decisions::of_lead(&db, TenantKey(1), LeadKey(5)).unwrap();
        assert_eq!((old[0].clamped_by.len(), &old[0].settings, &old[0].calendar), (1, &None, &None));
        assert_eq!(segments::all(&db).unwrap().len(), 2);
        for kind in Beside::ALL {
            let kept = beside::of_lead::<serde_json::Value>(&db, kind, (TenantKey(1), LeadKey(8))).unwrap();
            assert_eq!(kept.len(), 1, "{kind:?} has its table on a day from before it");
        }
    }
}
