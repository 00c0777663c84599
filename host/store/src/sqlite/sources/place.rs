//! Leads of sources: how they come, change, go and come back.
//!
//! The campaign has one lead for a phone. While an attempt is open nothing of it is taken away: a removal waits for the
//! settling as a hand's does, and phones that are gone become unusable in their places, because the attempt names its
//! contact by position.

use campanile_domain::contact::Contact;
use campanile_domain::ids::LeadKey;
use campanile_domain::lead::{Completion, LeadState, Phase, SuppressedBy, Wait};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{NewLead, SourceRow};
use campanile_domain::settle::Hand;
use campanile_domain::variable::Variables;
use rusqlite::{OptionalExtension, params};

use crate::sqlite::codes::Code;
use crate::sqlite::dialling::facts;
use crate::sqlite::erasures::NOBODY;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::leads::{add, contacts, order};
use crate::sqlite::op::{About, Op};
use crate::sqlite::row::{LeadRow, digits};
use crate::sqlite::scope::Scope;

/// Whether a lead, of a table called `l`, keeps its phone from other records: not one that its source removed (state 26) or its
/// owner deleted (27), and one that ended for the do-not-call list (40) only while the phone that it has now is on the list.
pub(super) const HOLDS: &str = "l.state NOT IN (26, 27) AND (l.state <> 40 OR EXISTS (
    SELECT 1 FROM suppression s WHERE s.tenant = l.tenant AND s.phone = l.primary_phone))";

const GONE: LeadState = LeadState::Completed(Completion::RemovedAtSource);
const DELETED: LeadState = LeadState::Completed(Completion::Deleted);

/// What became of somebody to call.
pub(super) enum Placed {
    /// A new lead.
    Created(i64),
    /// A known one was changed.
    Updated,
    /// A known one that had ended can be called again.
    Reopened,
    /// It was deleted here, or ended too long ago to be known any more, and stays so.
    Deleted,
    /// Another lead of the campaign has the phone.
    Taken,
}

/// The phones of a lead.
pub(super) fn phones(op: &Op<'_>, lead: i64) -> Done<Vec<Phone>> {
    Ok(facts::contacts_of(op.db, lead)?.all.into_iter().map(|contact| contact.phone).collect())
}

/// Ends a lead that its source has no more; once its attempt settles, if one is open. Whether anything ended or will.
pub(super) fn remove(op: &mut Op<'_>, lead: i64) -> Done<bool> {
    let mut row = LeadRow::load(op, LeadKey(lead))?;
    match row.state {
        state if state.is_ended() => return Ok(false),
        LeadState::Processing(Phase::Dialling | Phase::Evaluating) if row.hand == Some(Hand::Remove) => {
            return Ok(false);
        }
        LeadState::Processing(Phase::Dialling | Phase::Evaluating) => row.hand = Some(Hand::Remove),
        state => {
            row.state = state.settle(GONE).map_err(|error| broken(error.to_string()))?;
            row.hand = None;
            row.unpark();
        }
    }
    row.save(op)?;
    Ok(true)
}

/// All phones of a lead are on the do-not-call list now: one that waits ends, one with a call is settled by it.
pub(super) fn suppressed(op: &mut Op<'_>, lead: i64) -> Done<()> {
    let mut row = LeadRow::load(op, LeadKey(lead))?;
    if !row.state.is_waiting() {
        return Ok(());
    }
    let end = LeadState::Suppressed(SuppressedBy::List);
    row.state = row.state.settle(end).map_err(|error| broken(error.to_string()))?;
    row.unpark();
    row.save(op)
}

/// Makes a lead of somebody to call, or changes the one that it is. `names` are the variables that came before.
pub(super) fn place(
    op: &mut Op<'_>,
    source: &SourceRow,
    known: Option<i64>,
    names: &[String],
    new: &NewLead,
    wanted: &[Contact],
    changed: bool,
) -> Done<Placed> {
    let Some(primary) = wanted.first().map(|contact| digits(contact.phone)) else {
        return Err(broken("a lead of a source without a phone"));
    };
    let known = match known.map(|lead| standing(op, source, lead, changed)).transpose()? {
        Some(Standing::Stays) => return Ok(Placed::Deleted),
        Some(Standing::ComesAnew) => None,
        Some(Standing::Known) | None => known,
    };
    let holder: Option<i64> = op
        .db
        .prepare_cached(&format!(
            "SELECT l.id FROM lead l WHERE l.campaign = ?1 AND l.primary_phone = ?2 AND l.id <> ?3 AND {HOLDS} LIMIT 1"
        ))?
        .query_row(params![source.campaign_key.0, primary, known.unwrap_or(0)], |row| row.get(0))
        .optional()?;
    if holder.is_some() {
        return Ok(Placed::Taken);
    }
    match known {
        None => create(op, source, new, wanted).map(Placed::Created),
        Some(lead) => update(op, source, lead, names, new, wanted, changed),
    }
}

/// What a record's lead is to the record.
enum Standing {
    /// Somebody, who is changed.
    Known,
    /// Nobody, for good.
    Stays,
    /// Nobody any more, and the record would open it again: that is another lead.
    ComesAnew,
}

fn standing(op: &Op<'_>, source: &SourceRow, lead: i64, changed: bool) -> Done<Standing> {
    let state = LeadRow::load(op, LeadKey(lead))?.state;
    if state == DELETED {
        return Ok(Standing::Stays);
    }
    let is_nobody: bool = op
        .db
        .prepare_cached("SELECT primary_phone = ?2 FROM lead WHERE id = ?1")?
        .query_row(params![lead, NOBODY], |row| row.get(0))?;
    Ok(match is_nobody {
        false => Standing::Known,
        true if opens(op, source, lead, state, changed)? => Standing::ComesAnew,
        true => Standing::Stays,
    })
}

/// Whether what a source says of a lead that ended makes it callable again.
fn opens(op: &Op<'_>, source: &SourceRow, lead: i64, state: LeadState, changed: bool) -> Done<bool> {
    Ok(match state {
        GONE => !was_reached(op, lead)?,
        LeadState::Suppressed(_) => false,
        state => state.is_ended() && changed && source.reopen_on_change,
    })
}

fn create(op: &mut Op<'_>, source: &SourceRow, new: &NewLead, wanted: &[Contact]) -> Done<i64> {
    let lead_order = Scope::load(op.db, op.cache, source.campaign_key)?.plan.config.order;
    let key: i64 =
        op.db.prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM lead")?.query_row([], |row| row.get(0))?;
    let place = add::Place {
        campaign: source.campaign_key,
        key,
        order_key: order::key(lead_order, key),
        source: source.key.0,
        import: None,
    };
    add::insert(op, place, new, wanted)?;
    Ok(key)
}

fn update(
    op: &mut Op<'_>,
    source: &SourceRow,
    lead: i64,
    names: &[String],
    new: &NewLead,
    wanted: &[Contact],
    changed: bool,
) -> Done<Placed> {
    let mut row = LeadRow::load(op, LeadKey(lead))?;
    replace_variables(op, lead, names, new)?;
    contacts::replace(op, &row, wanted)?;
    if row.hand == Some(Hand::Remove) {
        // It is there again before its attempt has settled.
        row.hand = None;
    }
    let reopens = opens(op, source, lead, row.state, changed)?;
    if reopens {
        row.state = row.state.reopen().map_err(|error| broken(error.to_string()))?;
        row.progress = row.progress.next_era();
        row.not_before = op.now();
        row.wait = Wait::None;
    }
    if row.priority != new.priority && !row.state.is_ended() {
        row.priority = new.priority;
        // Its place in the stage was its old priority's.
        row.state = row.state.unstage();
    }
    // What parked it was true of its old contacts.
    row.unpark();
    if row.state == LeadState::Processing(Phase::Deciding) {
        // A question that is out about the lead is still the same question.
        row.revision -= 1;
    }
    row.save(op)?;
    let about = About { campaign: Some(source.campaign_key.0), lead: Some(lead), call: None };
    op.event(op.ctx.tenant, "lead.updated", about, format!(r#"{{"id":"{}"}}"#, row.id));
    Ok(if reopens { Placed::Reopened } else { Placed::Updated })
}

/// Whether a person or the opt-out of one was ever reached: such a lead does not come back by itself.
fn was_reached(op: &Op<'_>, lead: i64) -> Done<bool> {
    use campanile_domain::attempt::{AttemptState, Outcome};
    let answered = AttemptState::Ended(Outcome::Answered).code();
    Ok(op
        .db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM attempt WHERE lead = ?1 AND state = ?2)")?
        .query_row(params![lead, answered], |row| row.get(0))?)
}

/// The source's variables as they are now; those of calls and policies stay.
fn replace_variables(op: &Op<'_>, lead: i64, names: &[String], new: &NewLead) -> Done<()> {
    let known: String =
        op.db.prepare_cached("SELECT variables FROM lead_data WHERE lead = ?1")?.query_row([lead], |row| row.get(0))?;
    let known: Variables = serde_json::from_str(&known)?;
    let stays = known.iter().filter(|(name, _)| !names.iter().any(|theirs| theirs == name));
    let stays: Variables = stays.map(|(name, value)| (name.to_owned(), value.clone())).collect();
    op.db
        .prepare_cached("UPDATE lead_data SET variables = ?2, time_zone = ?3, updated_at = ?4 WHERE lead = ?1")?
        .execute(params![
            lead,
            serde_json::to_string(&new.variables.over(&stays))?,
            new.time_zone.as_ref().map(|zone| zone.name()),
            op.now().0
        ])?;
    Ok(())
}
