//! What an account has, and how it came to that.
//!
//! The scope is `campaigns:read`: whoever may see what a campaign has spent may see what it spends of. Adding money is
//! the operator's, see `POST /v1/tenants/{id}/top_up`.

pub(crate) mod get;
pub(crate) mod ledger;
pub(crate) mod patch;
