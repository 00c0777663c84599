//! Leads: one by one, in batches, and what happened to them.

pub(crate) mod batch;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod of_campaign;
pub(crate) mod patch;
pub(crate) mod timeline;
pub(crate) mod update;
pub(crate) mod upsert;

mod body;
pub(crate) mod filter;
