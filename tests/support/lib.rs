//! What the system tests stand on: the binary, its processes, HTTP, invented people, patience.
//!
//! The tests see Campanile as a customer does: a binary with flags, lines on stdout, an API. Nothing in this package
//! may depend on a room of the host, or a test could pass on knowledge that nobody outside has. Failures here panic
//! with what was expected, what came and where to look, because the reader is a person with a red test.

pub mod account;
pub mod binary;
pub mod host;
pub mod http;
pub mod listening;
pub mod patience;
pub mod people;
pub mod process;
pub mod repo;
