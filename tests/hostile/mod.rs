//! The hostile zoo: what an upload can do to the server, tried over HTTP on the real binary.
//!
//! Every row asserts the code that the author reads, and that the next upload to the same process passes every gate.
//! `refused` is for what does not get in, `bombs` for what is small and becomes large, `stopped` for what misbehaves when it
//! runs, `fuzz` for what nobody wrote, `killing` for `kill -9` in between, `tenants` for the neighbours. In the sandbox's own
//! room the same animals are tried in process, where memory and answers can be looked at from inside. `bytes` sends no
//! uploads: it is for bodies that no client means, at all the `endpoints`.
//!
//! `CAMPANILE_ZOO=100000` makes the long run of `fuzz`, `CAMPANILE_KILLS=200` that of `killing`.

mod bombs;
mod bytes;
mod endpoints;
mod frame;
mod fuzz;
mod killing;
mod refused;
mod stopped;
mod tenants;
mod zoo;
