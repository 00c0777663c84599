//! This crate from outside: what lead files give, whatever was done to them before they came.

mod hostile;
mod rejects;
mod round_trip;
mod styles;
mod support;
