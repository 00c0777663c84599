//! Places for work beside the dial path: so many at once, so many of one tenant, never the same instance twice.

use std::collections::{BTreeMap, BTreeSet};

use campanile_domain::ids::TenantKey;

/// Who has a place.
#[derive(Debug)]
pub(super) struct Places<K> {
    together: usize,
    each: usize,
    busy: BTreeSet<K>,
    of_tenant: BTreeMap<TenantKey, usize>,
}

impl<K: Copy + Ord> Places<K> {
    /// `together` places, `each` of one tenant.
    pub(super) const fn new(together: usize, each: usize) -> Self {
        Self { together, each, busy: BTreeSet::new(), of_tenant: BTreeMap::new() }
    }

    /// Takes a place; `false`: there is none, or it has one.
    pub(super) fn take(&mut self, key: K, tenant: TenantKey) -> bool {
        let count = self.of_tenant.entry(tenant).or_default();
        let free = self.busy.len() < self.together && *count < self.each && self.busy.insert(key);
        *count += usize::from(free);
        free
    }

    /// Gives it back.
    pub(super) fn free(&mut self, key: K, tenant: TenantKey) {
        if self.busy.remove(&key)
            && let Some(count) = self.of_tenant.get_mut(&tenant)
        {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_more_than_their_share_and_no_instance_has_two() {
        let mut places = Places::new(3, 2);
        let (one, other) = (TenantKey(1), TenantKey(2));
        assert!(places.take('a', one) && places.take('b', one));
        assert!(!places.take('c', one), "two of one tenant");
        assert!(!places.take('a', other), "the same instance");
        assert!(places.take('d', other));
        assert!(!places.take('e', other), "three in all");
        places.free('a', one);
        places.free('a', one);
        assert!(places.take('c', one));
        assert!(!places.take('a', one));
    }
}
