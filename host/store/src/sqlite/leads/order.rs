//! In which order fresh leads are taken: a key per lead, ascending.
//!
//! It follows from the lead's own number, so that an edit of the order re-keys whatever waits without remembering how
//! the leads came in.

use campanile_domain::campaign::LeadOrder;
use rusqlite::functions::FunctionFlags;
use rusqlite::params;

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// The key of a lead.
pub(crate) fn key(order: LeadOrder, lead: i64) -> i64 {
    match order {
        LeadOrder::Newest => -lead,
        LeadOrder::Oldest => lead,
        LeadOrder::Random => shuffle(lead),
    }
}

/// A hash that stays the same for a lead (the finaliser of SplitMix64, by its published constants).
fn shuffle(lead: i64) -> i64 {
    let mut mixed = (lead as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 1) as i64
}

/// New keys for the leads of a campaign that were not called yet.
pub(crate) fn rekey(op: &Op<'_>, campaign: i64, order: LeadOrder) -> Done<()> {
    let flags = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_UTF8;
    op.db.create_scalar_function("claiming_order", 1, flags, move |context| Ok(key(order, context.get(0)?)))?;
    // Not kept prepared: the function means another order the next time.
    op.db.execute(
        "UPDATE lead SET order_key = claiming_order(id) WHERE campaign = ?1 AND state IN (0, 1, 2)",
        params![campaign],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_takes_the_youngest_and_random_stays_the_same() {
        assert!(key(LeadOrder::Newest, 9) < key(LeadOrder::Newest, 8));
        assert!(key(LeadOrder::Oldest, 8) < key(LeadOrder::Oldest, 9));
        let shuffled: Vec<_> = (0..50).map(|lead| key(LeadOrder::Random, lead)).collect();
        assert!(!shuffled.is_sorted() && shuffled.iter().all(|key| *key >= 0));
        assert_eq!(shuffled[7], key(LeadOrder::Random, 7));
    }
}
