//! Requests that leave the host: addresses checked, credentials added, everything bounded.
//!
//! Whatever a tenant's plugin wants from the world passes through here, and nothing else of the host's lets it out. URLs,
//! redirects, answers of the domain name system and answers of providers are all written by strangers: each is judged
//! ([`target`](mod@target), [`address`], [`redirect`]), and what the connection uses is what was judged. [`Egress`] implements
//! [`campanile_domain::ports::outbound::Outbound`] for plugins and [`campanile_domain::ports::post::Post`] for the host's own
//! messages.
//!
//! It must never: reach an address that is not public unless the operator lists it; send anything but a GET twice; say
//! that nothing was sent when something may have been ([`departure`], [`trail`]); write a secret into a text.

mod address;
mod assertion;
mod authorities;
mod blank;
mod certificate;
mod client;
mod connection;
mod consent;
mod credentials;
mod departure;
mod egress;
mod exemptions;
mod fetched;
mod fill;
mod headers;
mod meters;
mod post;
mod redirect;
mod resolve;
mod send;
mod target;
mod token_endpoint;
mod trail;
mod turns;
mod wire;

pub use self::authorities::{Authorities, NoAuthority};
pub use self::consent::{Asking, Consent};
pub use self::egress::{Egress, EgressOptions};
pub use self::exemptions::{Exemptions, NotAnExemption};
pub use self::resolve::{Resolver, SystemResolver};
