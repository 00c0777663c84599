//! What is due, in order.
//!
//! The due index is ordered by queue (priority and class in one number) and then by time. The queues a campaign has are
//! few, so they are found one after the other, each with one step into the index, and each is read from its overdue end.

use campanile_domain::claim::Candidate;
use campanile_domain::lead::{LeadState, Wait};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::sqlite::fault::Done;
use crate::sqlite::row::{LEAD, LeadRow};

impl Candidate for LeadRow {
    fn priority(&self) -> i32 {
        self.priority
    }
}

/// The queues of a campaign in order; only those with somebody in them.
pub(crate) fn queues(db: &Connection, campaign: i64) -> Done<Vec<i64>> {
    let mut next = db.prepare_cached(
        "SELECT min(queue) FROM lead WHERE campaign = ?1 AND zone_group = 0 AND queue > ?2
         AND (state = 1 OR state = 3 OR state = 4)",
    )?;
    let mut found = Vec::new();
    let mut last = i64::MIN;
    while let Some(queue) = next.query_row(params![campaign, last], |row| row.get::<_, Option<i64>>(0))? {
        found.push(queue);
        last = queue;
    }
    Ok(found)
}

/// Candidates by class, each in its own order.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// Callbacks, and calls that go on.
    pub callbacks: Vec<LeadRow>,
    /// Never called in their era.
    pub fresh: Vec<LeadRow>,
    /// Retries that are overdue.
    pub retries: Vec<LeadRow>,
    /// Somebody more may be due.
    pub cut: bool,
}

impl Candidates {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.callbacks.len() + self.fresh.len() + self.retries.len()
    }
}

/// Up to `want` candidates of each class that are due.
pub(crate) fn due(db: &Connection, campaign: i64, now: Timestamp, want: usize) -> Done<Candidates> {
    static DUE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "SELECT {LEAD} FROM lead l WHERE l.campaign = ?1 AND l.zone_group = 0 AND l.queue = ?2 AND l.due_at <= ?3
             AND (l.state = 1 OR l.state = 3 OR l.state = 4) ORDER BY l.due_at, l.id LIMIT ?4"
        )
    });
    let mut found = Candidates::default();
    let mut held = Vec::new();
    for queue in queues(db, campaign)? {
        let class = match queue.rem_euclid(4) {
            0 => &mut found.callbacks,
            1 => &mut held,
            _ => &mut found.retries,
        };
        let room = want.saturating_sub(class.len());
        if room == 0 {
            found.cut = true;
            continue;
        }
        let before = class.len();
        read(db, &DUE, params![campaign, queue, now.0, room as i64], class)?;
        found.cut |= class.len() - before == room;
    }
    found.fresh = fresh(db, campaign, want, &mut found.cut)?;
    // Whose own time has come is as fresh as the others; the campaign's order decides between them.
    found.fresh.extend(held);
    found.fresh.sort_by_key(|lead| (std::cmp::Reverse(lead.priority), lead.order_key));
    Ok(found)
}

/// Staged leads first, and created ones when there are too few of them.
fn fresh(db: &Connection, campaign: i64, want: usize, cut: &mut bool) -> Done<Vec<LeadRow>> {
    static STAGED: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "SELECT {LEAD} FROM lead l WHERE l.campaign = ?1 AND l.state = 2 ORDER BY l.priority DESC, l.order_key LIMIT ?2"
        )
    });
    let mut found = Vec::new();
    read(db, &STAGED, params![campaign, want as i64], &mut found)?;
    if found.len() < want {
        created(db, campaign, want - found.len(), &mut found)?;
    }
    *cut |= found.len() == want;
    Ok(found)
}

/// Fresh leads that are not staged, in the campaign's order.
pub(crate) fn created(db: &Connection, campaign: i64, want: usize, found: &mut Vec<LeadRow>) -> Done<()> {
    static CREATED: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "SELECT {LEAD} FROM lead l WHERE l.campaign = ?1 AND l.state = 0 ORDER BY l.priority DESC, l.order_key LIMIT ?2"
        )
    });
    read(db, &CREATED, params![campaign, want as i64], found)
}

fn read(db: &Connection, sql: &str, params: impl rusqlite::Params, into: &mut Vec<LeadRow>) -> Done<()> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        into.push(LeadRow::read(row, 0)?);
    }
    Ok(())
}

/// When the next lead is due, beyond now.
pub(crate) fn next_due(db: &Connection, campaign: i64, now: Timestamp) -> Done<Option<Timestamp>> {
    let mut first = db.prepare_cached(
        "SELECT min(due_at) FROM lead WHERE campaign = ?1 AND zone_group = 0 AND queue = ?2 AND due_at > ?3
         AND (state = 1 OR state = 3 OR state = 4)",
    )?;
    let mut next: Option<i64> = None;
    for queue in queues(db, campaign)? {
        let due: Option<i64> = first.query_row(params![campaign, queue, now.0], |row| row.get(0))?;
        next = match (next, due) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
    }
    Ok(next.map(Timestamp).filter(|at| *at < Timestamp::MAX))
}

/// When a candidate's wait was over: what lateness counts from, apart from the campaign's own times.
pub(crate) fn ready_since(lead: &LeadRow) -> Timestamp {
    match (lead.state, lead.wait) {
        (LeadState::Created | LeadState::Scheduled, Wait::None) => lead.due_at,
        _ => lead.due_at.max(lead.not_before),
    }
}
