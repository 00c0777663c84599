//! What each tenant may use, where that is less than everybody may.
//!
//! Asked at every call, so that a limit binds from the next call on: nothing that outlives a call (compiled components, warm
//! runners) may carry a tenant's limits with it. Tenants with nothing set, which are nearly all, are not in here.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::plugin::allowance::Allowance;
use campanile_domain::plugin::limits::Limits;

/// By tenant.
#[derive(Default)]
pub struct Allowances(RwLock<BTreeMap<TenantKey, Allowance>>);

impl Allowances {
    /// From the next call on.
    pub fn set(&self, tenant: TenantKey, allowance: Allowance) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if allowance == Allowance::default() {
            known.remove(&tenant);
        } else {
            known.insert(tenant, allowance);
        }
    }

    /// What one call of a kind may use, of what its component may.
    pub fn limits(&self, tenant: TenantKey, kind: Kind, limits: Limits) -> Limits {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&tenant).map_or(limits, |allowance| allowance.lower(kind, limits))
    }
}
