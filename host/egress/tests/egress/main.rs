//! The door against real sockets: every test asserts what the guest is told and what the host saw.

#![expect(clippy::unwrap_used, reason = "tests; what is not there fails them")]

mod answers;
mod connections;
mod evidence;
mod grants;
mod post;
mod redirects;
mod server;
mod tls;
mod tokens;
mod world;
