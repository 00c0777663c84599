//! Claiming: from a free slot to a committed attempt.
//!
//! Everything that could stand between a lead and its call is asked here, of the domain's one gate list, over facts that
//! were loaded for the whole batch. What passes leaves as an attempt with its money set aside; what does not leaves the
//! due range with the gate's name, so that a million leads that may not be called never hide the one that may.

use campanile_domain::attempt::AttemptState;
use campanile_domain::claim;
use campanile_domain::contact::Contact;
use campanile_domain::gate::{self, CampaignFacts, Gate, LeadFacts, Verdict};
use campanile_domain::ids::{AttemptKey, CallId};
use campanile_domain::lead::{Exhaustion, LeadState};
use campanile_domain::phone::Phone;
use campanile_domain::ports::gateway::Dial;
use campanile_domain::ports::store::{Claim, ClaimRequest, OpenAttempt, Order};
use campanile_domain::round;
use campanile_domain::settle;
use campanile_domain::time::{SECOND_MS, Timestamp};
use campanile_domain::variable::Variables;
use rusqlite::params;

use super::facts::{self, Contacts, Facts};
use super::{money, queue};
use crate::sqlite::campaigns::lateness;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::{LeadRow, digits, list};
use crate::sqlite::scope::Scope;

/// Batches of candidates looked at before the claim gives way to others.
const BATCHES: usize = 8;

/// Takes due leads.
pub(crate) fn claim(op: &mut Op<'_>, request: &ClaimRequest) -> Done<Claim> {
    let scope = Scope::load(op.db, op.cache, request.campaign)?;
    let mut claim = Claim { stopped_by: closed(&scope, true, op.now()), ..Claim::default() };
    match (claim.stopped_by, request.slots) {
        (Some(Gate::Balance), _) => money::tell_exhausted(op, &scope)?,
        (Some(_), _) => {}
        (None, 0) => claim.more = queue::due(op.db, scope.key.0, op.now(), 1)?.len() > 0,
        (None, slots) => take(op, &scope, slots as usize, &mut claim)?,
    }
    if !claim.more {
        claim.next_due = queue::next_due(op.db, scope.key.0, op.now())?;
    }
    claim.live_leads = live(op, scope.key.0)?.max(0) as u64;
    Ok(claim)
}

/// The first campaign-wide gate that is shut, as far as the database knows; whether the gateway answers, the engine does.
pub(crate) fn closed(scope: &Scope, gateway_healthy: bool, now: Timestamp) -> Option<Gate> {
    let config = &scope.plan.config;
    let facts = CampaignFacts {
        quarantine: scope.held(),
        state: scope.state,
        starts_at: config.starts_at,
        ends_at: config.ends_at,
        budget: scope.budget(),
        gateway_healthy,
        rate_opens_at: now,
        balance: scope.balance(),
        // The slots are the core's; it took them before it asked.
        campaign_slots: 1,
        tenant_slots: u32::from(!scope.terms.suspended),
        hours: &config.calling_hours,
        zone: &scope.plan.zone,
    };
    let first = gate::first_closed(&gate::campaign(&facts, now)).map(|(gate, _)| gate);
    first.or_else(|| (!config.calling_hours.allowed(now, &scope.plan.zone)).then_some(Gate::CallingHours))
}

fn live(op: &mut Op<'_>, campaign: i64) -> Done<i64> {
    op.flush()?;
    let live = op
        .db
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state < 20")?
        .query_row([campaign], |row| row.get(0))?;
    Ok(live)
}

/// How many more calls the money allows; `None`: it sets no limit.
fn affordable(scope: &Scope) -> Option<usize> {
    let price = scope.terms.reserve();
    let means = [scope.budget(), scope.balance()].into_iter().flatten().map(|(left, _)| left.0).min()?;
    means.checked_div(price).map(|calls| calls.max(0) as usize)
}

fn take(op: &mut Op<'_>, scope: &Scope, slots: usize, claim: &mut Claim) -> Done<()> {
    let slots = affordable(scope).map_or(slots, |calls| calls.min(slots));
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut retry_first = op.ctx.seed.count_ones().is_multiple_of(2);
    for batch in 0.. {
        let want = slots - chosen.len() + (slots - chosen.len()).min(64) + 2;
        let due = queue::due(op.db, scope.key.0, op.now(), want)?;
        let (found, mut cut) = (due.len(), due.cut);
        let mut ordered = claim::order(due.callbacks, due.fresh, due.retries, retry_first);
        retry_first = !retry_first;
        ordered.truncate(want);
        cut |= found > ordered.len();
        let taken = one_batch(op, scope, ordered, slots, &mut chosen)?;
        claim.more = cut || taken < found.min(want);
        if !claim.more || chosen.len() >= slots || batch >= BATCHES {
            break;
        }
    }
    claim.orders = orders(op, scope, chosen)?;
    Ok(())
}

/// A lead that passed, with its attempt.
struct Chosen {
    open: OpenAttempt,
    number: u32,
    caller_id: Phone,
    contact: Contact,
    possible_since: Timestamp,
}

/// Looks at candidates until the slots are full; returns how many it looked at.
fn one_batch(
    op: &mut Op<'_>,
    scope: &Scope,
    ordered: Vec<LeadRow>,
    slots: usize,
    chosen: &mut Vec<Chosen>,
) -> Done<usize> {
    if ordered.is_empty() {
        return Ok(0);
    }
    let contacts = facts::contacts(op.db, ordered.iter().map(|lead| lead.key.0))?;
    let none = Contacts::default();
    let next: Vec<Option<u16>> =
        ordered.iter().map(|lead| next_contact(scope, lead, contacts.get(&lead.key.0).unwrap_or(&none))).collect();
    let phones = ordered.iter().zip(&next).filter_map(|(lead, position)| {
        let contact = contacts.get(&lead.key.0)?.at((*position)?)?;
        Some(digits(contact.phone))
    });
    let mut facts = Facts::load(op.db, scope, op.now(), phones, &ordered)?;
    let mut looked = 0;
    for (mut lead, position) in ordered.into_iter().zip(next) {
        if chosen.len() >= slots {
            break;
        }
        looked += 1;
        let contacts = contacts.get(&lead.key.0).unwrap_or(&none);
        if own_gates(op, scope, &mut lead, contacts)? {
            continue;
        }
        let Some(contact) = position.and_then(|position| contacts.at(position)) else {
            out_of_contacts(op, scope, &mut lead, contacts)?;
            continue;
        };
        let (of, caller_id) = facts.of(scope, &lead, contact, !contacts.callable(contact));
        let checks = gate::contact(&of, &scope.plan.config.calling_hours, &scope.plan.zone, op.now());
        match (gate::first_closed(&checks), caller_id) {
            (None, Some(caller_id)) => {
                facts.take(contact.phone, caller_id);
                chosen.push(intend(op, scope, lead, contact, caller_id)?);
            }
            (Some((gate, Verdict::Until(at))), _) => {
                lead.park(gate, at);
                lead.save(op)?;
            }
            (closed, _) => {
                lead.park(closed.map_or(Gate::CallerId, |(gate, _)| gate), Timestamp::MAX);
                lead.save(op)?;
            }
        }
    }
    Ok(looked)
}

/// The contact a lead's next call goes to.
pub(crate) fn next_contact(scope: &Scope, lead: &LeadRow, contacts: &Contacts) -> Option<u16> {
    let strategy = scope.plan.config.contact_strategy;
    round::next_contact(strategy, &contacts.all, |contact| contacts.callable(contact), &lead.progress)
}

/// What the lead scope looks at.
pub(crate) fn lead_facts(scope: &Scope, lead: &LeadRow, contacts: usize) -> LeadFacts {
    let attempts_left = if scope.kind.is_single() {
        // Whoever asked for one call was told which it is: what came of it is the end, also where a retry would be free.
        u32::from(lead.dials == 0)
    } else {
        scope.plan.config.attempts_cap(contacts).saturating_sub(lead.progress.attempts)
    };
    LeadFacts {
        state: lead.state,
        not_before: lead.not_before,
        wait: lead.wait,
        expires_at: lead.expires_at,
        attempts_left,
    }
}

/// The lead's own gates; true when one is closed and the lead is out of the way.
fn own_gates(op: &mut Op<'_>, scope: &Scope, lead: &mut LeadRow, contacts: &Contacts) -> Done<bool> {
    let checks = gate::lead(&lead_facts(scope, lead, contacts.all.len()), op.now());
    match gate::first_closed(&checks) {
        None => return Ok(false),
        Some((Gate::LeadExpired, _)) => lead.state = LeadState::MaxRetries(Exhaustion::Expired),
        Some((Gate::LeadAttempts, _)) => lead.state = LeadState::MaxRetries(Exhaustion::AttemptsUsed),
        Some((_, Verdict::Until(_))) => lead.state = lead.state.unstage(),
        Some((gate, verdict)) => return Err(broken(format!("a candidate stands at {gate:?}: {verdict:?}"))),
    }
    lead.unpark();
    lead.save(op)?;
    Ok(true)
}

/// No contact is left in the round: another round, or the end.
fn out_of_contacts(op: &mut Op<'_>, scope: &Scope, lead: &mut LeadRow, contacts: &Contacts) -> Done<()> {
    let any = round::any_callable(&contacts.all, |contact| contacts.callable(contact));
    let ended: Option<i64> = match lead.last_attempt {
        Some(key) => {
            op.db.prepare_cached("SELECT ended_at FROM attempt WHERE id = ?1")?.query_row([key.0], |row| row.get(0))?
        }
        None => None,
    };
    let ended = ended.map_or(op.now(), Timestamp);
    if any {
        let plan = &scope.plan;
        let next = settle::round_over_unseen(&plan.config, &plan.zone, lead.progress, ended, op.now());
        lead.progress = next.progress;
        lead.not_before = next.not_before.max(op.now() + 1);
        lead.wait = next.wait;
        if next.state.is_ended() || !lead.state.is_fresh() {
            lead.state = next.state;
        }
    } else {
        lead.state = settle::out_of_contacts(contacts.suppressed != 0, lead.progress.attempts > 0);
    }
    lead.state = lead.state.unstage();
    lead.unpark();
    lead.save(op)
}

/// Commits the intent to call: the attempt, its money, its lead.
fn intend(op: &mut Op<'_>, scope: &Scope, mut lead: LeadRow, contact: &Contact, caller_id: Phone) -> Done<Chosen> {
    let id = CallId::mint(op.ctx.now, &mut op.rng);
    let now = op.now();
    let number = lead.dials + 1;
    let reserved = scope.terms.reserve();
    let ring_timeout_ms = i64::from(scope.plan.assistant.ring_timeout_seconds) * SECOND_MS;
    let max_call_ms = i64::from(scope.plan.assistant.max_call_seconds) * SECOND_MS;
    let mut possible_since = queue::ready_since(&lead).max(op.cache.open_since(scope, now));
    possible_since = possible_since.max(scope.callable_since.unwrap_or(possible_since)).min(now);
    let late_ms = now.since(possible_since);
    op.tally_late(lead.campaign.0, lateness::bucket(late_ms));
    op.db
        .prepare_cached(
            "INSERT INTO attempt (public_id, tenant, campaign, lead, gateway, contact, phone, caller_id, number, era,
                    round, state, intent_at, reserved, ring_timeout_ms, max_call_ms, config_version,
                    late_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            id.to_bytes(),
            lead.tenant.0,
            lead.campaign.0,
            lead.key.0,
            scope.gateway.0,
            contact.position,
            digits(contact.phone),
            digits(caller_id),
            number,
            lead.progress.era,
            lead.progress.round,
            now.0,
            reserved,
            ring_timeout_ms,
            max_call_ms,
            scope.config_version,
            late_ms,
        ])?;
    let key = AttemptKey(op.db.last_insert_rowid());
    money::reserve(op, lead.tenant.0, lead.campaign.0, key.0, reserved)?;
    op.call_at(lead.campaign.0, Some(now), None);

    lead.state = lead.state.claim().map_err(|error| broken(error.to_string()))?;
    lead.gate = 0;
    lead.dials = number;
    lead.last_attempt = Some(key);
    lead.save(op)?;

    let mut about = lead.about();
    about.call = Some(key.0);
    let data = format!(
        r#"{{"id":"{id}","lead":"{}","status":"initiated","phone":"{}","caller_id":"{caller_id}","number":{number}}}"#,
        lead.id, contact.phone
    );
    op.event(lead.tenant, "call.initiated", about, data);
    let open = OpenAttempt {
        key,
        id,
        tenant: lead.tenant,
        campaign: lead.campaign,
        lead: lead.key,
        gateway: scope.gateway,
        phone: contact.phone,
        state: AttemptState::Intent,
        intent_at: now,
        answered_at: None,
        unknown: None,
        provider_call_id: None,
        ring_timeout_ms,
        max_call_ms,
    };
    Ok(Chosen { open, number, caller_id, contact: contact.clone(), possible_since })
}

/// What to ask the gateway, with the variables of lead and contact.
fn orders(op: &Op<'_>, scope: &Scope, chosen: Vec<Chosen>) -> Done<Vec<Order>> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = op
        .db
        .prepare_cached("SELECT d.lead, d.variables FROM json_each(?1) k CROSS JOIN lead_data d ON d.lead = k.value")?;
    let mut rows = statement.query([list(chosen.iter().map(|one| one.open.lead.0))])?;
    let mut variables = std::collections::BTreeMap::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        let known: Variables = if text == "{}" { Variables::new() } else { serde_json::from_str(&text)? };
        variables.insert(row.get::<_, i64>(0)?, known);
    }
    let order = |one: Chosen| {
        let lead = variables.remove(&one.open.lead.0).unwrap_or_default();
        let dial = Dial {
            attempt: one.open.id,
            number: one.number,
            caller_id: one.caller_id,
            to: one.open.phone,
            assistant_ref: scope.plan.assistant.gateway_ref.clone(),
            callback_url: String::new(),
            ring_timeout_ms: one.open.ring_timeout_ms,
            max_call_ms: one.open.max_call_ms,
            variables: if one.contact.variables.is_empty() { lead } else { one.contact.variables.over(&lead) },
        };
        Order { open: one.open, dial, possible_since: one.possible_since }
    };
    Ok(chosen.into_iter().map(order).collect())
}
