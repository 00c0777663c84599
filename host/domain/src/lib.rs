//! The rules of calling campaigns.
//!
//! Everything that decides who may be called, when, and what follows from a call is in this crate, and nothing else is:
//! no runtime, no database, no network, no clock and no randomness of its own. Time and randomness come in as
//! parameters, the outside world is named by the traits in [`ports`], and every function gives the same answer for the
//! same input. That is what lets one rule serve the dialler, the explanation, the rehearsal and the tests.
//!
//! It must never: read a clock, iterate a hash map, know a table or a URL, or ask a question a second time in other
//! words (there is one gate list, see [`gate`]).

pub mod attempt;
pub mod builtin;
pub mod calendar;
pub mod caller_id;
pub mod campaign;
pub mod claim;
pub mod contact;
pub mod erasure;
pub mod estimate;
pub mod evaluation;
pub mod event;
pub mod explain;
pub mod failures;
pub mod gate;
pub mod hours;
pub mod ids;
pub mod importer;
pub mod lead;
pub mod money;
pub mod outbox;
pub mod phone;
pub mod plugin;
pub mod policy;
pub mod ports;
pub mod quarantine;
pub mod region;
pub mod replay;
pub mod retention;
pub mod round;
pub mod settle;
pub mod sink;
pub mod source;
pub mod stall;
pub mod time;
pub mod variable;
pub mod webhook;
pub mod zone;
