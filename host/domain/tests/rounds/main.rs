//! Whole lives of a lead, call after call, against a model that was written from the rules and not from the code.
//!
//! The decision table is small; what goes wrong is its sum over rounds, contacts that die, faults that are repaired and
//! policies that answer oddly. So thousands of lives are played through the functions that the store calls, and through
//! a second, slow telling of the same rules ([`model`]); both must dial the same contacts in the same rounds and end
//! alike. Neither telling may borrow a line from the other.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod life;
mod model;

use campanile_domain::policy::ContactStrategy;
use proptest::prelude::*;

use crate::life::{Dial, End, Happened, Plan, Word, play};

fn happened() -> impl Strategy<Value = Happened> {
    prop_oneof![
        2 => proptest::option::of(any::<bool>()).prop_map(|goal| Happened::Answered { goal }),
        1 => Just(Happened::WrongPerson),
        5 => Just(Happened::Unanswered),
        3 => Just(Happened::Busy),
        3 => Just(Happened::Voicemail),
        2 => Just(Happened::NumberInvalid),
        1 => Just(Happened::Rejected),
        1 => Just(Happened::OtherFailure),
        3 => Just(Happened::ProviderFault),
        1 => any::<bool>().prop_map(|another| Happened::CallerIdBlocked { another }),
        2 => Just(Happened::Unknown),
    ]
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![
        1 => Just(Word::Complete),
        1 => Just(Word::GiveUp),
        5 => Just(Word::NextContact),
        5 => (proptest::option::of(0u16..12), 0i64..300).prop_map(|(contact, after)| Word::Retry { contact, after }),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let rules = (any::<bool>(), 0u32..=5, any::<bool>(), any::<bool>(), any::<bool>());
    let words = proptest::option::of(proptest::collection::vec(word(), 1..30));
    let cap = proptest::option::of(1u32..40);
    (1u16..=11, rules, cap, words, proptest::collection::vec(happened(), 1..90)).prop_map(
        |(contacts, (rotate, max_retries, on_voicemail, until_goal, undetermined_is_enough), cap, policy, happened)| {
            Plan {
                contacts,
                strategy: if rotate { ContactStrategy::Rotate } else { ContactStrategy::Escalate },
                max_retries,
                on_voicemail,
                until_goal,
                undetermined_is_enough,
                cap,
                policy,
                happened,
            }
        },
    )
}

/// The calls of one round, by contact; a call that was repeated by the engine's own motion stands once.
fn rounds(dials: &[Dial]) -> Vec<Vec<u16>> {
    let mut rounds: Vec<(u32, Vec<u16>)> = Vec::new();
    for dial in dials.iter().filter(|dial| !dial.repeated) {
        match rounds.last_mut() {
            Some((round, contacts)) if *round == dial.round => contacts.push(dial.contact),
            _ => rounds.push((dial.round, vec![dial.contact])),
        }
    }
    rounds.into_iter().map(|(_, contacts)| contacts).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_life_is_the_one_the_rules_tell(plan in plan()) {
        let (dials, end) = play(&plan);
        let told = model::tell(&plan);
        let dialled: Vec<_> = dials.iter().map(|dial| (dial.round, dial.contact)).collect();
        prop_assert_eq!(dialled, told.0);
        prop_assert_eq!(end, told.1);
    }

    #[test]
    fn no_life_breaks_a_bound(plan in plan()) {
        let (dials, end) = play(&plan);
        let rounds = rounds(&dials);
        if plan.policy.is_none() {
            prop_assert!(rounds.len() <= plan.max_retries as usize + 1, "{} rounds", rounds.len());
        }
        let counted = dials.iter().filter(|dial| dial.counted).count();
        prop_assert!(counted <= plan.most_attempts() as usize, "{counted} attempts");
        for contacts in &rounds {
            let once: std::collections::BTreeSet<_> = contacts.iter().collect();
            prop_assert_eq!(once.len(), contacts.len(), "a contact twice in {:?}", contacts);
            if plan.strategy == ContactStrategy::Rotate && plan.policy.is_none() {
                let dead = |contact: &u16| dials.iter().any(|dial| dial.contact == *contact && dial.proved_dead);
                prop_assert!(contacts.iter().rev().skip(1).all(dead), "rotate went on after a live contact");
            }
        }
        for pair in dials.windows(2) {
            let waited = pair[1].at.since(pair[0].ended_at);
            if pair[1].repeated {
                prop_assert_eq!((pair[0].round, pair[0].contact), (pair[1].round, pair[1].contact));
            } else if pair[0].round == pair[1].round {
                prop_assert_eq!(waited, 0, "the next contact of a round is called at once");
            } else {
                let least = if plan.policy.is_none() || pair[0].unknown { plan.interval_ms() } else { 600_000 };
                prop_assert!(waited >= least, "rounds {waited} ms apart");
            }
        }
        prop_assert!(end != End::RanOut || dials.len() == plan.happened.len(), "a lead that is not over goes on");
    }

    #[test]
    fn nobody_answers_and_everybody_is_tried_in_every_round(
        (contacts, max_retries, rotate) in (1u16..=11, 0u32..=5, any::<bool>()),
        happened in proptest::collection::vec(prop_oneof![Just(Happened::Unanswered), Just(Happened::Busy)], 66),
    ) {
        let strategy = if rotate { ContactStrategy::Rotate } else { ContactStrategy::Escalate };
        let plan = Plan { contacts, strategy, max_retries, happened, ..Plan::default() };
        let (dials, end) = play(&plan);
        let all: Vec<u16> = (0..contacts).collect();
        let expected: Vec<Vec<u16>> = (0..=max_retries)
            .map(|round| if rotate { vec![round as u16 % contacts] } else { all.clone() })
            .collect();
        prop_assert_eq!(rounds(&dials), expected);
        prop_assert_eq!(end, End::AttemptsUsed);
    }
}

#[test]
fn an_unreachable_lead_with_the_default_of_three_retries_gets_four_rounds() {
    let plan = Plan { happened: vec![Happened::Unanswered; 9], ..Plan::default() };
    let (dials, end) = play(&plan);
    assert_eq!((rounds(&dials), end), (vec![vec![0]; 4], End::AttemptsUsed));
}
