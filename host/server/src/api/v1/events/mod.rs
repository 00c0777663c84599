//! Events: everything that happens in an account, as it happens or by the page.

pub(crate) mod asked;
mod live;
pub(crate) mod read;
