//! A whole host in memory, for the tests of the API: the real store, a detached engine, clocks that stand still.
//!
//! Every answer that a test receives is held against the OpenAPI document before the test sees it, so that the document
//! cannot lie about any path that is tested; and the coverage test makes sure that every path is.

mod audit;
mod conforms;
mod coverage;
mod desk;
mod examples;
mod fakes;
mod flood;
mod host;
mod imports;
mod listening;
pub(crate) mod log;
mod mapper;
mod names;
mod readers;
mod refusals;
mod rehearsals;
mod seen;
mod sinks;
mod stage;
mod uploads;
mod webhooks;
mod world;

pub(crate) use host::{Answer, Host};
pub(crate) use world::decided;
