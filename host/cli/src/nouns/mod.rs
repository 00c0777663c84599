//! The nouns of the API as commands: `campanile campaign start cmp_...`.
//!
//! One file per noun, which says only its verbs, its flags and the columns that a person looks at. What all verbs share is
//! here once: [`flags`], the requests ([`noun`]), fields from files and flags ([`fields`]) and how answers are shown
//! ([`table`]). `--json` prints the server's document as it is, so that a field which is new in the API needs no line here.

pub mod api;
pub mod assistant;
pub mod call;
pub mod campaign;
mod fields;
mod flags;
pub mod gateway;
pub mod key;
pub mod lead;
mod noun;
pub mod retention;
pub mod source;
pub mod suppression;
mod table;
pub mod tenant;
pub mod webhook;
