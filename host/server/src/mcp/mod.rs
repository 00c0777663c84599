//! `POST /mcp`: the Model Context Protocol, by which a language model works with an account.
//!
//! A tool is a description over a route of `/v1` and no second door: a call of it becomes a request with the caller's own key
//! and goes through the same router, so that scopes, rules, idempotency, tenancy and audit are the same code. Which fields a tool
//! takes is read from the OpenAPI document; what a model has to know besides (what it is for, when, what can go wrong and what
//! to do then) is written beside the tool, one file for each group.
//!
//! The protocol itself, in its lifecycles with and without a handshake, is the official library's. There are no sessions: every request
//! stands for itself, so nothing is kept for a client that went away.

mod account;
mod answer;
mod ask;
mod caller;
mod calls;
mod campaigns;
mod desk;
mod endpoint;
mod jobs;
mod leads;
mod schema;
mod scripts;
mod site;
#[cfg(test)]
mod tests;
mod tool;

pub(crate) use endpoint::{Protocol, serve};
