//! People of one campaign who come into another, by the page.
//!
//! A bulk update's way with a job: who is next is found beside the writer, the writer takes the page, asks again whether
//! each of them is still meant, and the job's row moves in the same transaction, so that a host that died goes on behind the
//! last whole page. What comes along is who they are and what is known of them; what happened to them stays where it is.

use std::collections::BTreeSet;

use campanile_domain::contact::{Contact, Unusable};
use campanile_domain::ids::{CampaignId, JobId};
use campanile_domain::lead::{Completion, LeadState};
use campanile_domain::ports::store::{CopyCounts, CopyStep, Lead, LeadAdded, LeadFilter, NewLead, StoreError};
use rusqlite::params;

use super::add::{self, Arrival, OfKnown};
use super::bulk::{self, ERASED, Position, SUPPRESSED};
use super::filter::Question;
use super::lead;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::op::Op;
use crate::sqlite::row::{digits, list};

/// Why somebody does not whom their source has no more.
const REMOVED: &str = "removed_at_source";

/// Copies a page of them into a campaign.
pub(crate) fn step(
    op: &mut Op<'_>,
    job: JobId,
    filter: &LeadFilter,
    to: CampaignId,
    (behind, keys): (Option<i64>, &[i64]),
) -> Done<CopyStep> {
    let Some(Position { cursor, mut counts }) = bulk::position::<CopyCounts>(op.db, op.ctx.tenant, job)? else {
        return Ok(CopyStep { counts: CopyCounts::default(), copied: 0, goes_on: false });
    };
    if cursor != behind {
        return Err(Fault::Store(StoreError::Stale));
    }
    let campaign = campaign::key_of(op.db, op.ctx.tenant, to)?;
    let meant = Question::of(op.db, op.ctx.tenant, filter)?.still(op.db, keys)?;
    let mut people = lead::by_keys(op.db, op.ctx.tenant, &meant)?;
    let listed = listed(op, people.values())?;
    let mut new = Vec::with_capacity(meant.len());
    for lead in meant.iter().filter_map(|key| people.remove(key)) {
        match left_out(&lead, &listed) {
            Some(rule) => *counts.left_out.entry(rule.to_owned()).or_default() += 1,
            None => new.push(person(lead)),
        }
    }
    let before = counts.copied;
    for added in add::page(op, campaign, &new, Arrival { known: OfKnown::Skip, import: None })? {
        match added {
            LeadAdded::Created { .. } => counts.copied += 1,
            LeadAdded::Updated { .. } | LeadAdded::Duplicate { .. } => counts.known += 1,
        }
    }
    bulk::keep(op, job, &counts, (behind, keys))?;
    Ok(CopyStep { copied: counts.copied - before, counts, goes_on: true })
}

/// The rule by which somebody stays where they are.
fn left_out(lead: &Lead, listed: &BTreeSet<i64>) -> Option<&'static str> {
    match (lead.state, contacts(lead).next()) {
        (LeadState::Suppressed(_), _) => Some(SUPPRESSED),
        (LeadState::Completed(Completion::Erased), _) => Some(ERASED),
        (LeadState::Completed(Completion::RemovedAtSource), _) | (_, None) => Some(REMOVED),
        (_, Some(primary)) => listed.contains(&digits(primary.phone)).then_some(SUPPRESSED),
    }
}

/// Which of their primary numbers are on the do-not-call list.
fn listed<'a>(op: &Op<'_>, people: impl Iterator<Item = &'a Lead>) -> Done<BTreeSet<i64>> {
    let numbers = people.filter_map(|lead| contacts(lead).next()).map(|primary| digits(primary.phone));
    let found = op
        .db
        .prepare_cached(
            "SELECT phone FROM suppression WHERE tenant = ?1 AND phone IN (SELECT value FROM json_each(?2))",
        )?
        .query_map(params![op.tenant(), list(numbers)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// Those that their source or their owner did not replace.
fn contacts(lead: &Lead) -> impl Iterator<Item = &Contact> {
    lead.contacts.iter().filter(|contact| contact.unusable != Some(Unusable::RemovedAtSource))
}

/// Who they are, as somebody new: when they were to be called was about the other campaign.
fn person(lead: Lead) -> NewLead {
    NewLead {
        contacts: contacts(&lead).map(|contact| Contact { unusable: None, ..contact.clone() }).collect(),
        external_id: lead.external_id,
        priority: lead.priority,
        not_before: None,
        expires_at: None,
        time_zone: lead.time_zone,
        variables: lead.variables,
        allow_duplicate: false,
    }
}
