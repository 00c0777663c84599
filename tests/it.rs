//! The system tests, in one binary, because linking one is faster than linking ten.
//!
//! They see Campanile from outside: its command line, its API, its files that are promises. What a room does inside is
//! tested in that room. `api/` mirrors the URLs, `crash/` kills the server, `tidy/` reads the source tree.

#![cfg(test)]

mod api;
mod backup;
mod cli;
mod cookbook;
mod crash;
mod demo;
mod evaluations;
mod gateway;
mod hosted;
mod hostile;
mod import;
mod language_model;
mod plugin;
mod quickstart;
mod rehearsals;
mod rehearse;
mod replay;
mod scripts;
mod serve_equals_rehearse;
mod sinks;
mod sources;
mod tidy;
