//! Which number a call comes from.
//!
//! Sticky gives a lead the same number as long as it works; rotate takes the next one at every attempt. A number that
//! this lead's side blocked is passed over as long as another one is left; when all of them were blocked the blocks are
//! forgotten, because a block may be temporary and the retry rule bounds how often it is found out. A number that had its
//! calls for the day waits for the next.

use crate::campaign::CallerIdStrategy;
use crate::phone::Phone;

/// One number and how it stands.
#[derive(Clone, Debug)]
pub struct CallerId {
    /// The number.
    pub phone: Phone,
    /// Calls from it since the local day began.
    pub calls_today: u32,
}

/// The number for a lead's next attempt. `Err(true)`: only the daily limit stands in the way; `Err(false)`: there is no
/// number at all.
pub fn choose(
    numbers: &[CallerId],
    strategy: CallerIdStrategy,
    lead: i64,
    attempts: u32,
    max_per_day: Option<u32>,
    is_blocked: impl Fn(&Phone) -> bool,
) -> Result<&Phone, bool> {
    let count = numbers.len();
    let turn = match strategy {
        CallerIdStrategy::Sticky => lead.unsigned_abs() as usize,
        CallerIdStrategy::Rotate => (lead.unsigned_abs() as usize).wrapping_add(attempts as usize),
    };
    let any_left = numbers.iter().any(|number| !is_blocked(&number.phone));
    let mut capped = false;
    for step in 0..count {
        let number = &numbers[turn.wrapping_add(step) % count];
        if any_left && is_blocked(&number.phone) {
            continue;
        }
        if max_per_day.is_some_and(|most| number.calls_today >= most) {
            capped = true;
            continue;
        }
        return Ok(&number.phone);
    }
    Err(capped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Vec<CallerId> {
        ["+12025550100", "+12025550101", "+12025550102"]
            .iter()
            .enumerate()
            .map(|(index, phone)| CallerId { phone: phone.parse().unwrap(), calls_today: index as u32 })
            .collect()
    }

    #[test]
    fn sticky_stays_and_rotate_moves_on() {
        let numbers = numbers();
        let pick = |strategy, attempts| choose(&numbers, strategy, 3, attempts, None, |_| false).unwrap().to_string();
        assert_eq!(pick(CallerIdStrategy::Sticky, 0), pick(CallerIdStrategy::Sticky, 5));
        assert_ne!(pick(CallerIdStrategy::Rotate, 0), pick(CallerIdStrategy::Rotate, 1));
    }

    #[test]
    fn blocked_and_spent_numbers_are_passed_over() {
        let numbers = numbers();
        let blocked = numbers[0].phone;
        let pick = |most, all: bool| {
            choose(&numbers, CallerIdStrategy::Sticky, 0, 0, most, |phone| all || *phone == blocked).cloned()
        };
        assert_eq!(pick(None, false).unwrap(), numbers[1].phone);
        assert_eq!(pick(Some(1), false), Err(true));
        assert_eq!(
            pick(None, true).unwrap(),
            numbers[0].phone,
            "a lead is not lost because every number was blocked once"
        );
        assert_eq!(choose(&[], CallerIdStrategy::Sticky, 0, 0, None, |_| false), Err(false));
    }
}
