//! Which contact comes next.
//!
//! A round is one pass over a lead's contacts. Under `escalate` it goes through them all: the contact it starts with,
//! then the others in order. Under `rotate` it takes one: round r the r-th callable contact, beginning again after the
//! last. Whatever started it, a round never tries a contact twice. Callable means: not dead and not suppressed; the
//! caller says which, because suppression is the store's knowledge.

use crate::contact::Contact;
use crate::lead::Progress;
use crate::policy::ContactStrategy;

/// The position of the contact to dial next in the current round, or `None` when the round is over.
pub fn next_contact(
    strategy: ContactStrategy,
    contacts: &[Contact],
    callable: impl Fn(&Contact) -> bool,
    progress: &Progress,
) -> Option<u16> {
    let open = |contact: &&Contact| contact.is_usable() && callable(contact);
    let begins_with = progress.start.filter(|start| {
        !progress.has_tried(*start) && contacts.iter().filter(open).any(|contact| contact.position == *start)
    });
    if begins_with.is_some() {
        return begins_with;
    }
    match strategy {
        ContactStrategy::Escalate => {
            contacts.iter().filter(open).map(|contact| contact.position).find(|position| !progress.has_tried(*position))
        }
        ContactStrategy::Rotate if progress.tried != 0 => None,
        ContactStrategy::Rotate => {
            let count = contacts.iter().filter(open).count();
            let turn = (progress.round.max(1) - 1) as usize;
            contacts.iter().filter(open).nth(turn.checked_rem(count)?).map(|contact| contact.position)
        }
    }
}

/// What a claim finds for a lead that is due. [`next_contact`]'s `None` is not the end of the lead: between a decision
/// and the dial the contact that was to be next can die or be suppressed, and then only its round is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Dial the contact at this position.
    Dial(u16),
    /// The round has no contact left, the lead has: see `settle::round_over_unseen`.
    RoundOver,
    /// No contact can ever be called: see `settle::out_of_contacts`.
    NoContactLeft,
}

/// [`next_contact`], with the two reasons for none told apart.
pub fn next(
    strategy: ContactStrategy,
    contacts: &[Contact],
    callable: impl Fn(&Contact) -> bool,
    progress: &Progress,
) -> Next {
    match next_contact(strategy, contacts, &callable, progress) {
        Some(position) => Next::Dial(position),
        None if any_callable(contacts, callable) => Next::RoundOver,
        None => Next::NoContactLeft,
    }
}

/// Whether any contact could ever be called again.
pub fn any_callable(contacts: &[Contact], callable: impl Fn(&Contact) -> bool) -> bool {
    contacts.iter().any(|contact| contact.is_usable() && callable(contact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Unusable;

    fn contacts(count: u16) -> Vec<Contact> {
        (0..count).map(|position| Contact::new(position, format!("+1202555010{position}").parse().unwrap())).collect()
    }

    /// Plays one round and returns the order of contacts.
    fn play(strategy: ContactStrategy, contacts: &[Contact], round: u32, start: Option<u16>) -> Vec<u16> {
        let mut progress = Progress { round, start, ..Progress::FIRST };
        let mut order = Vec::new();
        while let Some(position) = next_contact(strategy, contacts, |_| true, &progress) {
            order.push(position);
            progress = progress.trying(position);
        }
        order
    }

    #[test]
    fn escalate_goes_through_all_in_order() {
        assert_eq!(play(ContactStrategy::Escalate, &contacts(3), 1, None), [0, 1, 2]);
    }

    #[test]
    fn a_round_starts_with_the_contact_that_answered_before() {
        assert_eq!(play(ContactStrategy::Escalate, &contacts(3), 2, Some(1)), [1, 0, 2]);
        assert_eq!(play(ContactStrategy::Rotate, &contacts(3), 2, Some(0)), [0]);
    }

    #[test]
    fn rotate_takes_the_rth_callable_contact() {
        let mut three = contacts(3);
        let firsts: Vec<_> = (1..=5).map(|round| play(ContactStrategy::Rotate, &three, round, None)).collect();
        assert_eq!(firsts, [[0], [1], [2], [0], [1]]);
        three[1].unusable = Some(Unusable::NumberInvalid);
        let firsts: Vec<_> = (1..=3).map(|round| play(ContactStrategy::Rotate, &three, round, None)).collect();
        assert_eq!(firsts, [[0], [2], [0]]);
    }

    #[test]
    fn a_dead_contact_is_passed_over() {
        let mut two = contacts(2);
        two[0].unusable = Some(Unusable::WrongPerson);
        assert_eq!(play(ContactStrategy::Escalate, &two, 1, Some(0)), [1]);
        two[1].unusable = Some(Unusable::NumberInvalid);
        assert_eq!(play(ContactStrategy::Escalate, &two, 1, None), [0u16; 0]);
        assert!(!any_callable(&two, |_| true));
    }
}
