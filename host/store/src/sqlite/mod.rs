//! The SQLite store, from the connection up.
//!
//! Below are the connection and its keeping (profile, migrate, writer, read), the context a write happens in (op), what
//! rows look like (codes, row), and one folder per port with an intent or a tight group of them in each file.

pub(crate) mod accounts;
mod actor;
pub(crate) mod campaigns;
pub(crate) mod changes;
mod checkpoint;
pub(crate) mod codes;
pub(crate) mod credentials;
pub(crate) mod dialling;
mod erasures;
mod evaluations;
mod events;
pub(crate) mod failures;
pub(crate) mod fault;
pub(crate) mod imports;
pub(crate) mod instances;
pub(crate) mod jobs;
mod keeping;
mod lead_room;
pub(crate) mod leads;
pub(crate) mod migrate;
mod numbered;
pub(crate) mod op;
pub(crate) mod page;
pub(crate) mod plugins;
pub(crate) mod profile;
mod quarantine_row;
pub(crate) mod read;
pub(crate) mod records;
pub(crate) mod row;
pub(crate) mod scope;
pub(crate) mod shadows;
pub(crate) mod sinks;
pub(crate) mod sources;
pub(crate) mod store;
mod tally;
mod webhooks;
pub(crate) mod writer;
