//! HTTP clients, one set of connections per tenant.
//!
//! Tenants share no connection and no TLS session, so none can see, by timing or by a server's confusion, what another
//! does. What the operator lists goes through a client of its own, because only there are addresses not checked. A client
//! never follows a redirect, never repeats a request, asks no proxy and keeps no cookie: all of that is decided, or
//! refused, by whoever calls it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use campanile_domain::ids::TenantKey;
use reqwest::{Client, redirect, retry};

use crate::authorities::Authorities;
use crate::resolve::{Checked, Resolver};

/// Clients kept; the one that was not used for longest goes first.
const CLIENTS: usize = 256;
/// The longest that names, TCP and TLS may take together.
const CONNECT: Duration = Duration::from_secs(10);
/// Idle connections are left before servers do (some after five seconds), since a request on a connection that the server
/// is closing is a request of unknown fate.
const IDLE: Duration = Duration::from_secs(4);
const IDLE_PER_HOST: usize = 8;

/// Whose, and whether it is for what the operator lists.
type Key = (TenantKey, bool);

#[derive(Default)]
struct Kept {
    /// Each with the count of uses at its last one.
    clients: BTreeMap<Key, (Client, u64)>,
    uses: u64,
}

/// The clients of all tenants.
pub struct Clients {
    resolver: Arc<dyn Resolver>,
    authorities: Authorities,
    kept: Mutex<Kept>,
}

impl Clients {
    pub fn new(resolver: Arc<dyn Resolver>, authorities: Authorities) -> Self {
        Self { resolver, authorities, kept: Mutex::default() }
    }

    /// A tenant's client, built when there is none yet.
    pub fn of(&self, tenant: TenantKey, is_exempt: bool) -> Result<Client, reqwest::Error> {
        let key = (tenant, is_exempt);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        if let Some((client, used)) = kept.clients.get_mut(&key) {
            *used = now;
            return Ok(client.clone());
        }
        let client = self.build(is_exempt)?;
        if kept.clients.len() >= CLIENTS
            && let Some(oldest) = kept.clients.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key)
        {
            kept.clients.remove(&oldest);
        }
        kept.clients.insert(key, (client.clone(), now));
        Ok(client)
    }

    fn build(&self, is_exempt: bool) -> Result<Client, reqwest::Error> {
        let client = Client::builder();
        let client = if is_exempt { self.authorities.also_trusted(client) } else { client };
        client
            .dns_resolver(Checked::new(self.resolver.clone(), is_exempt))
            .https_only(!is_exempt)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .gzip(true)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .user_agent(concat!("campanile/", env!("CARGO_PKG_VERSION")))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::SystemResolver;

    #[test]
    fn the_least_used_client_makes_room() {
        let clients = Clients::new(Arc::new(SystemResolver), Authorities::default());
        for tenant in 0..CLIENTS as i64 {
            clients.of(TenantKey(tenant), true).unwrap();
        }
        clients.of(TenantKey(0), true).unwrap();
        clients.of(TenantKey(-1), true).unwrap();
        let kept = clients.kept.lock().unwrap();
        assert_eq!(kept.clients.len(), CLIENTS);
        assert!(kept.clients.contains_key(&(TenantKey(0), true)) && !kept.clients.contains_key(&(TenantKey(1), true)));
    }
}
