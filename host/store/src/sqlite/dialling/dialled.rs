//! What came of asking the gateway.

use campanile_domain::attempt::{AnsweredBy, Applied, AttemptState, CallStatus, Dialled, Failure};
use campanile_domain::campaign::Happening;
use campanile_domain::ids::AttemptKey;
use campanile_domain::ports::gateway::{Refusal, RefusalScope};
use campanile_domain::ports::store::{Changed, DialResult, Told};
use campanile_domain::settle as rules;

use super::apply;
use super::settle;
use super::settling::Settling;
use crate::sqlite::campaigns::verbs;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::AttemptRow;
use crate::sqlite::scope::Scope;

/// Writes it down. Whatever a webhook told meanwhile stands.
pub(crate) fn dialled(op: &mut Op<'_>, key: AttemptKey, result: DialResult) -> Done<Told> {
    let attempt = AttemptRow::load(op, key)?;
    if let DialResult::Placed { provider_call_id } = result {
        return placed(op, attempt, provider_call_id);
    }
    let changed = not_placed(op, attempt, result)?;
    Ok(Told { changed: vec![changed], said: Vec::new() })
}

fn not_placed(op: &mut Op<'_>, attempt: AttemptRow, result: DialResult) -> Done<Changed> {
    match result {
        DialResult::Unknown { why } if attempt.state == AttemptState::Intent => unknown(op, attempt, &why),
        DialResult::Withdrawn(gate) if attempt.state == AttemptState::Intent => {
            attempt.keep_detail(op, &format!("withdrawn: {} closed", gate.code()))?;
            withdraw(op, attempt, Dialled::Withdrawn, None)
        }
        DialResult::Refused(refusal) if attempt.state == AttemptState::Intent => refused(op, attempt, &refusal),
        _ => Ok(attempt.changed()),
    }
}

fn placed(op: &mut Op<'_>, mut attempt: AttemptRow, provider_call_id: String) -> Done<Told> {
    let named = attempt.provider_call_id.is_none();
    attempt.provider_call_id.get_or_insert(provider_call_id);
    match attempt.state.apply(CallStatus::Initiated, AnsweredBy::Unknown) {
        Applied::Moved(state) => {
            let now = op.now();
            attempt.go_on(op, state, now)?;
        }
        Applied::Ignored | Applied::Late => attempt.save(op)?,
    }
    let mut told = Told { changed: vec![attempt.changed()], said: Vec::new() };
    if named {
        apply::early(op, &attempt, &mut told)?;
    }
    Ok(told)
}

fn unknown(op: &mut Op<'_>, mut attempt: AttemptRow, why: &str) -> Done<Changed> {
    attempt.keep_detail(op, why)?;
    let now = op.now();
    attempt.go_on(op, AttemptState::Unknown, now)?;
    Ok(attempt.changed())
}

/// Nobody was asked, or nobody could be: the lead is back where it stood.
fn withdraw(
    op: &mut Op<'_>,
    mut attempt: AttemptRow,
    how: Dialled,
    happening: Option<(Happening, String)>,
) -> Done<Changed> {
    let scope = Scope::load(op.db, op.cache, attempt.campaign)?;
    let state = attempt.state.dial(how).map_err(|error| broken(error.to_string()))?;
    let now = op.now();
    let freed = attempt.end(op, &scope, state, now)?;
    let settling = Settling::load(op, &scope, &attempt)?;
    let after = settle::back(op, settling, rules::withdrawn, "withdraw")?;
    if let Some((happening, detail)) = &happening {
        verbs::happen(op, attempt.campaign, *happening, detail.clone())?;
    }
    Ok(Changed { after: Some(after), happening, freed, ..attempt.changed() })
}

fn refused(op: &mut Op<'_>, mut attempt: AttemptRow, refusal: &Refusal) -> Done<Changed> {
    let Refusal { code, message, scope: about, retry_after_ms } = refusal;
    attempt.keep_detail(op, &format!("refused: {code}: {message}"))?;
    if *about == RefusalScope::ThisAccount {
        let told = format!("the gateway refused the account: {code}: {message}");
        return withdraw(op, attempt, Dialled::Refused, Some((Happening::AccountRefused, told)));
    }
    let scope = Scope::load(op.db, op.cache, attempt.campaign)?;
    attempt.failure = match about {
        RefusalScope::ThisNumber => Failure::NumberInvalid,
        RefusalScope::ThisCallerId => Failure::CallerIdBlocked,
        RefusalScope::ThisMoment | RefusalScope::ThisAccount => Failure::None,
    };
    let state = attempt.state.dial(Dialled::Refused).map_err(|error| broken(error.to_string()))?;
    let now = op.now();
    let freed = attempt.end(op, &scope, state, now)?;
    let mut settling = Settling::load(op, &scope, &attempt)?;
    let after = if *about == RefusalScope::ThisMoment {
        settling.lead.progress.deferrals += 1;
        let disposal = rules::deferred(&settling.facts(op), *retry_after_ms);
        let decision = super::dispose::engine(&disposal, &settling);
        super::dispose::write(op, settling, disposal, decision)?
    } else {
        settle::refused(op, settling)?
    };
    Ok(Changed { after: Some(after), freed, ..attempt.changed() })
}
