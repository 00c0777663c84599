//! What the carrier does wrong with one dial and with the news of one call.
//!
//! Drawn apart from the fate, under a name of its own, and with a fixed number of values per call: switching a fault on
//! changes neither what people do nor which other faults strike. A dial that is repeated under the same number (the
//! engine does that after a refusal) draws afresh, or a refusal would last for ever.

use campanile_domain::ports::gateway::RefusalScope;

use super::draw::Draw;
use super::scenario::{Faults, ScriptedFault, Turn};

/// How an answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The connection closes without an answer.
    Cut,
    /// A server error is answered, which proves nothing.
    ServerError,
}

/// What becomes of the request to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It rings, and the caller is told.
    Placed,
    /// It does not ring, and the caller is told.
    Refused(RefusalScope),
    /// It rings, and the caller is not told.
    LostAnswer(Silence),
    /// It does not ring, and the caller is not told.
    LostRequest(Silence),
}

impl Reception {
    /// Whether the phone rings.
    pub const fn rings(self) -> bool {
        matches!(self, Self::Placed | Self::LostAnswer(_))
    }

    /// The word in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Refused(_) => "refused",
            Self::LostAnswer(_) => "lost_answer",
            Self::LostRequest(_) => "lost_request",
        }
    }
}

/// What becomes of the news of one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Telling {
    /// Never told.
    pub lost: bool,
    /// Told so much later, in milliseconds.
    pub late_ms: i64,
    /// Told only after the next event.
    pub swapped: bool,
    /// Told again so much later, in milliseconds.
    pub again_ms: Option<i64>,
}

/// The events of a call that can go wrong, one [`Telling`] each: ringing, answer, end, analysis. The news of a call that
/// the caller hung up is never spoilt.
pub(super) const TELLINGS: usize = 4;

/// Everything that goes wrong with one dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mishaps {
    pub reception: Reception,
    pub tellings: [Telling; TELLINGS],
    /// Transcript and analysis come so much after the end, in milliseconds.
    pub analysis_after_ms: Option<i64>,
    pub no_analysis: bool,
    /// Not to be found so long, in milliseconds.
    pub unfound_ms: i64,
}

/// Draws them. `parts` name the dial and how often it was asked for.
pub(super) fn mishaps(seed: u64, parts: &[u64], faults: &Faults, turn: Option<&Turn>) -> Mishaps {
    let mut draw = Draw::of(seed, "mishaps", parts);
    let (struck, coin) = (draw.unit(), draw.chance(0.5));
    let silence = if coin { Silence::Cut } else { Silence::ServerError };
    let drawn = if struck < faults.refuse {
        Reception::Refused(faults.refuse_scope)
    } else if struck < faults.refuse + faults.lost_answer {
        Reception::LostAnswer(silence)
    } else if struck < faults.refuse + faults.lost_answer + faults.lost_request {
        Reception::LostRequest(silence)
    } else {
        Reception::Placed
    };
    let written = |turn: &Turn| match turn.fault {
        None => Reception::Placed,
        Some(ScriptedFault::LostAnswer) => Reception::LostAnswer(silence),
        Some(ScriptedFault::LostRequest) => Reception::LostRequest(silence),
        Some(refused) => Reception::Refused(refused.refusal_scope().unwrap_or(RefusalScope::ThisMoment)),
    };
    let reception = turn.map_or(drawn, written);
    let (late, no_analysis) = (draw.chance(faults.late_analysis), draw.chance(faults.no_analysis));
    let after_ms = faults.late_analysis_seconds.draw_ms(&mut draw);
    let lag_ms = (faults.find_lag_seconds * 1000.0) as u64;
    let unfound_ms = draw.below(lag_ms + 1) as i64;
    let mut tellings = [Telling::default(); TELLINGS];
    for telling in &mut tellings {
        let (lost, late) = (draw.chance(faults.lost_event), draw.chance(faults.late_event));
        let (swapped, twice) = (draw.chance(faults.reorder), draw.chance(faults.duplicate_event));
        let (late_ms, again_ms) =
            (faults.late_seconds.draw_ms(&mut draw), faults.duplicate_after_seconds.draw_ms(&mut draw));
        *telling =
            Telling { lost, late_ms: if late { late_ms } else { 0 }, swapped, again_ms: twice.then_some(again_ms) };
    }
    Mishaps { reception, tellings, analysis_after_ms: late.then_some(after_ms), no_analysis, unfound_ms }
}

/// Whether a search for an attempt meets a blind spell.
pub(super) fn is_blind(seed: u64, attempt: u128, faults: &Faults) -> bool {
    Draw::of(seed, "blind", &[(attempt >> 64) as u64, attempt as u64]).chance(faults.blind_find)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_switched_on_leaves_the_others_where_they_were() {
        let some = Faults { duplicate_event: 0.5, lost_answer: 0.2, ..Faults::default() };
        let more = Faults { late_event: 0.5, no_analysis: 1.0, ..some.clone() };
        for number in 0..200 {
            let (one, two) = (mishaps(1, &[number], &some, None), mishaps(1, &[number], &more, None));
            assert_eq!((one.reception, one.unfound_ms), (two.reception, two.unfound_ms));
            let again = |mishaps: &Mishaps| mishaps.tellings.map(|telling| telling.again_ms);
            assert_eq!(again(&one), again(&two));
        }
    }

    #[test]
    fn a_script_decides_about_the_dial() {
        let faults = Faults { refuse: 1.0, ..Faults::default() };
        assert_eq!(mishaps(1, &[1], &faults, None).reception, Reception::Refused(RefusalScope::ThisMoment));
        assert_eq!(mishaps(1, &[1], &faults, Some(&Turn::default())).reception, Reception::Placed);
        let lost = Turn { fault: Some(ScriptedFault::LostRequest), ..Turn::default() };
        assert!(matches!(mishaps(1, &[1], &faults, Some(&lost)).reception, Reception::LostRequest(_)));
    }
}
