//! Names into addresses, once per connection.
//!
//! The client asks here and connects to what it is told, so the address that was checked is the address that is reached:
//! a name that answers differently the next time changes nothing. One address that may not be reached refuses the name,
//! whatever stands beside it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::address::{self, Range};

/// Lookups that one tenant may have under way: the system's resolver holds a thread for each.
const LOOKUPS: usize = 8;

/// Whoever knows the addresses of a name.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of `host`, which is lower case and no address itself.
    ///
    /// # Errors
    /// There are none, or nobody could be asked.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Why a name led nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No addresses. The resolver's own words are for the log.
    #[error("{0} has no address; check the name")]
    NoAddress(String),
    /// One of its addresses is refused. Which one is nothing that a guest should learn about the operator's network.
    #[error("{host} leads to a {} address; only public ones may be reached, unless the operator lists the host and port", range.0)]
    Refused {
        /// The name.
        host: String,
        /// Which range.
        range: Range,
    },
}

/// A tenant's resolver: asks another one and checks every answer.
pub struct Checked {
    resolver: Arc<dyn Resolver>,
    /// For the connections to what the operator lists; they never share a client with others.
    is_exempt: bool,
    lookups: Arc<Semaphore>,
}

impl Checked {
    pub fn new(resolver: Arc<dyn Resolver>, is_exempt: bool) -> Self {
        Self { resolver, is_exempt, lookups: Arc::new(Semaphore::new(LOOKUPS)) }
    }
}

async fn resolve(resolver: Arc<dyn Resolver>, host: String, is_exempt: bool) -> Result<Vec<IpAddr>, Unresolved> {
    let addresses = match resolver.resolve(&host).await {
        Ok(addresses) if !addresses.is_empty() => addresses,
        Ok(_) => return Err(Unresolved::NoAddress(host)),
        Err(error) => {
            tracing::debug!(%host, %error, "a name was not resolved");
            return Err(Unresolved::NoAddress(host));
        }
    };
    if !is_exempt {
        for address in &addresses {
            if let Err(range) = address::check(*address) {
                tracing::warn!(%host, %address, range = range.0, "a granted name leads to a refused address");
                return Err(Unresolved::Refused { host, range });
            }
        }
    }
    Ok(addresses)
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, is_exempt, lookups) = (self.resolver.clone(), self.is_exempt, self.lookups.clone());
        let host = name.as_str().to_ascii_lowercase();
        Box::pin(async move {
            let permit = lookups.acquire_owned().await?;
            // A task of its own, so that a request that gives up does not free its place before the thread is free.
            let lookup = tokio::spawn(async move {
                let found = resolve(resolver, host, is_exempt).await;
                drop(permit);
                found
            });
            let addresses = lookup.await??;
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Vec<&'static str>);

    #[async_trait]
    impl Resolver for Fixed {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.iter().map(|text| text.parse().unwrap()).collect())
        }
    }

    async fn ask(answers: &[&'static str], is_exempt: bool) -> Result<Vec<IpAddr>, Unresolved> {
        resolve(Arc::new(Fixed(answers.to_vec())), "api.example.com".into(), is_exempt).await
    }

    #[tokio::test]
    async fn one_bad_address_among_good_ones_refuses_the_name() {
        assert_eq!(ask(&["8.8.8.8", "2606:4700::1"], false).await.unwrap().len(), 2);
        for bad in ["10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "169.254.169.254"] {
            for answers in [[bad, "8.8.8.8"], ["8.8.8.8", bad]] {
                assert!(matches!(ask(&answers, false).await, Err(Unresolved::Refused { .. })), "{bad}");
                assert!(ask(&answers, true).await.is_ok(), "{bad}, listed by the operator");
            }
        }
        assert_eq!(ask(&[], true).await, Err(Unresolved::NoAddress("api.example.com".into())));
    }

    /// Answers with the first list, then with the second.
    struct Turning(std::sync::Mutex<Vec<&'static str>>);

    #[async_trait]
    impl Resolver for Turning {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Ok(vec![self.0.lock().unwrap().remove(0).parse().unwrap()])
        }
    }

    #[tokio::test]
    async fn a_name_that_turns_private_is_connected_to_as_it_was_checked_and_refused_the_next_time() {
        let names = Arc::new(Turning(vec!["8.8.8.8", "10.0.0.1"].into()));
        let checked = Checked::new(names.clone(), false);
        let name = || "api.example.com".parse::<Name>().unwrap();
        // What the client is given to connect to is the answer that was checked: there is no second question.
        let given: Vec<_> = Resolve::resolve(&checked, name()).await.unwrap().map(|address| address.ip()).collect();
        assert_eq!((given, names.0.lock().unwrap().len()), (vec!["8.8.8.8".parse::<IpAddr>().unwrap()], 1));
        let again = Resolve::resolve(&checked, name()).await.err().unwrap();
        assert!(matches!(again.downcast_ref(), Some(Unresolved::Refused { .. })), "{again}");
    }

    #[tokio::test]
    async fn a_guest_learns_the_range_and_not_the_address() {
        let text = ask(&["10.11.12.13"], false).await.unwrap_err().to_string();
        assert!(text.contains("private") && !text.contains("10.11"), "{text}");
    }
}
