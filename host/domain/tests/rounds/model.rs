//! The rules of rounds, told a second time in the plainest way: lists instead of bits, no clock, no clamps. It follows
//! the text of `docs/states.md` sentence by sentence and must not call a rule of the domain.

use campanile_domain::policy::ContactStrategy;

use crate::life::{End, Happened, Plan, Word};

struct Lead<'a> {
    plan: &'a Plan,
    /// Contacts that are not dead, in order.
    alive: Vec<u16>,
    round: u32,
    /// Contacts called in this round.
    called: Vec<u16>,
    attempts: u32,
    faults: u32,
}

enum Then {
    Call(u16),
    NewRound(Option<u16>),
    End(End),
}

/// The (round, contact) of every dial, and the end.
pub fn tell(plan: &Plan) -> (Vec<(u32, u16)>, End) {
    let mut lead = Lead { plan, alive: (0..plan.contacts).collect(), round: 1, called: vec![], attempts: 0, faults: 0 };
    let mut words = plan.policy.iter().flatten().cycle();
    let mut dials = Vec::new();
    let mut contact = 0;
    for happened in &plan.happened {
        dials.push((lead.round, contact));
        if lead.is_repaired(*happened) {
            continue;
        }
        lead.attempts += 1;
        lead.called.push(contact);
        let died = matches!(happened, Happened::NumberInvalid | Happened::WrongPerson);
        lead.alive.retain(|other| !(died && *other == contact));
        let then = match words.next() {
            Some(word) => lead.follow(*word, *happened, contact, died),
            None => lead.table(*happened, contact, died),
        };
        if let Then::End(end) = then {
            return (dials, end);
        }
        if lead.alive.is_empty() {
            return (dials, End::NoContactLeft);
        }
        if lead.attempts >= plan.most_attempts() {
            return (dials, End::AttemptsUsed);
        }
        contact = match then {
            Then::Call(next) => next,
            Then::NewRound(first) => lead.begin_round(first),
            Then::End(_) => unreachable!(),
        };
    }
    (dials, End::RanOut)
}

impl Lead<'_> {
    /// Provider faults use no round, at most five in a row; a blocked caller id is replaced by another one.
    fn is_repaired(&mut self, happened: Happened) -> bool {
        self.faults = if happened == Happened::ProviderFault { self.faults + 1 } else { 0 };
        match happened {
            Happened::ProviderFault => self.faults <= 5,
            Happened::CallerIdBlocked { another } => another,
            _ => false,
        }
    }

    fn table(&self, happened: Happened, contact: u16, died: bool) -> Then {
        match happened {
            Happened::Answered { goal } => {
                let rule = self.plan.until_goal;
                match goal {
                    _ if !rule => Then::End(End::Contacted),
                    Some(true) => Then::End(End::GoalReached),
                    None if self.plan.undetermined_is_enough => Then::End(End::Contacted),
                    _ => self.retry_or_end(Some(contact)),
                }
            }
            Happened::Unknown => self.retry_or_end(None),
            _ => {
                let goes_on = self.plan.strategy == ContactStrategy::Escalate || died;
                match self.next_of_round(died).filter(|_| goes_on) {
                    Some(next) => Then::Call(next),
                    None => self.round_is_over(happened, contact),
                }
            }
        }
    }

    fn follow(&self, word: Word, happened: Happened, contact: u16, died: bool) -> Then {
        match word {
            Word::Complete if self.plan.until_goal && happened == (Happened::Answered { goal: Some(true) }) => {
                Then::End(End::GoalReached)
            }
            Word::Complete => Then::End(End::ByPolicy),
            Word::GiveUp => Then::End(End::GaveUpByPolicy),
            Word::Retry { contact, .. } => Then::NewRound(contact),
            Word::NextContact if happened == Happened::Unknown => self.retry_or_end(None),
            Word::NextContact => match self.next_of_round(died) {
                Some(next) => Then::Call(next),
                None => self.round_is_over(happened, contact),
            },
        }
    }

    /// After a voicemail only some campaigns retry. An answer's round is followed by one that starts with who answered.
    fn round_is_over(&self, happened: Happened, contact: u16) -> Then {
        match happened {
            Happened::Voicemail if !self.plan.on_voicemail && !self.plan.until_goal => Then::End(End::Voicemail),
            Happened::Answered { .. } => self.retry_or_end(Some(contact)),
            _ => self.retry_or_end(None),
        }
    }

    fn retry_or_end(&self, first: Option<u16>) -> Then {
        match self.round > self.plan.max_retries {
            true if self.alive.is_empty() => Then::End(End::NoContactLeft),
            true => Then::End(End::AttemptsUsed),
            false => Then::NewRound(first),
        }
    }

    /// The first contact that this round has not called; under rotate whoever moved up into a dead contact's place.
    fn next_of_round(&self, died: bool) -> Option<u16> {
        let moved_up = self.rth().filter(|_| died && self.plan.strategy == ContactStrategy::Rotate);
        let fresh = |contact: &u16| !self.called.contains(contact);
        moved_up.filter(fresh).or_else(|| self.alive.iter().copied().find(fresh))
    }

    /// Round r's callable contact, from the first again after the last.
    fn rth(&self) -> Option<u16> {
        let turns = self.alive.len().max(1);
        self.alive.get((self.round as usize - 1) % turns).copied()
    }

    fn begin_round(&mut self, first: Option<u16>) -> u16 {
        self.round += 1;
        self.called.clear();
        let by_strategy = match self.plan.strategy {
            ContactStrategy::Escalate => self.alive[0],
            ContactStrategy::Rotate => self.rth().unwrap(),
        };
        first.filter(|contact| self.alive.contains(contact)).unwrap_or(by_strategy)
    }
}
