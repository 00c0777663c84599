//! In which order candidates are taken.
//!
//! Higher priority first, whatever else. Among equals: people who asked to be called back and calls that go on come
//! first, then fresh leads and overdue retries share: they alternate, so that of any number of slots the retries get at
//! least half as long as there are any, and what one of them does not need the other takes. Within each, the order they
//! came in.

/// A candidate as far as its turn is concerned.
pub trait Candidate {
    /// Higher first.
    fn priority(&self) -> i32;
}

/// Puts candidates into the order of claiming. Each list is in its own order already, by priority first: callbacks and
/// retries by due time, fresh leads as their campaign wants them. `retry_first` says who begins the alternation; a
/// caller that claims one slot at a time turns it over, or one side would get them all.
pub fn order<T: Candidate>(callbacks: Vec<T>, fresh: Vec<T>, retries: Vec<T>, retry_first: bool) -> Vec<T> {
    let mut ordered = Vec::with_capacity(callbacks.len() + fresh.len() + retries.len());
    let mut callbacks = callbacks.into_iter().peekable();
    let mut fresh = fresh.into_iter().peekable();
    let mut retries = retries.into_iter().peekable();
    loop {
        let heads = [callbacks.peek(), fresh.peek(), retries.peek()];
        let Some(level) = heads.into_iter().flatten().map(Candidate::priority).max() else { return ordered };
        let here = |candidate: &T| candidate.priority() == level;
        while let Some(next) = callbacks.next_if(here) {
            ordered.push(next);
        }
        let mut retry_turn = retry_first;
        loop {
            let turn = if retry_turn { retries.next_if(here) } else { fresh.next_if(here) };
            let other = || if retry_turn { fresh.next_if(here) } else { retries.next_if(here) };
            match turn.or_else(other) {
                Some(next) => ordered.push(next),
                None => break,
            }
            retry_turn = !retry_turn;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Lead(i32, char, u32);

    impl Candidate for Lead {
        fn priority(&self) -> i32 {
            self.0
        }
    }

    fn leads(kind: char, priority: i32, count: u32) -> Vec<Lead> {
        (0..count).map(|number| Lead(priority, kind, number)).collect()
    }

    fn kinds(ordered: &[Lead]) -> String {
        ordered.iter().map(|lead| lead.1).collect()
    }

    #[test]
    fn callbacks_come_before_fresh_leads_and_retries() {
        let ordered = order(leads('c', 0, 2), leads('f', 0, 2), leads('r', 0, 2), false);
        assert_eq!(kinds(&ordered), "ccfrfr");
    }

    #[test]
    fn priority_comes_before_everything() {
        let ordered = order(leads('c', 0, 1), leads('f', 1, 1), leads('r', 2, 1), true);
        assert_eq!(kinds(&ordered), "rfc");
    }

    #[test]
    fn an_unused_share_goes_to_the_other() {
        assert_eq!(kinds(&order(vec![], leads('f', 0, 5), leads('r', 0, 1), true)), "rfffff");
        assert_eq!(kinds(&order(vec![], leads('f', 0, 1), leads('r', 0, 4), false)), "frrrr");
    }

    proptest! {
        #[test]
        fn overdue_retries_keep_half_of_any_number_of_slots(fresh in 0..30u32, retries in 0..30u32, slots in 1..40usize) {
            let ordered = order(vec![], leads('f', 0, fresh), leads('r', 0, retries), true);
            let taken = &ordered[..slots.min(ordered.len())];
            let got = taken.iter().filter(|lead| lead.1 == 'r').count();
            prop_assert!(got >= (retries as usize).min(taken.len().div_ceil(2)));
        }

        #[test]
        fn nobody_is_lost_and_each_kind_keeps_its_order(
            callbacks in 0..10u32, fresh in 0..10u32, retries in 0..10u32, first: bool,
        ) {
            let ordered = order(leads('c', 3, callbacks), leads('f', 3, fresh), leads('r', 3, retries), first);
            prop_assert_eq!(ordered.len() as u32, callbacks + fresh + retries);
            for kind in ['c', 'f', 'r'] {
                let numbers: Vec<_> = ordered.iter().filter(|lead| lead.1 == kind).map(|lead| lead.2).collect();
                prop_assert!(numbers.is_sorted());
            }
        }
    }
}
