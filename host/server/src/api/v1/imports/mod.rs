//! Imports of lead files: upload, review, confirm; resume, undo, discard.

pub(crate) mod confirm;
pub(crate) mod create;
pub(crate) mod discard;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod rejects;
pub(crate) mod resume;
pub(crate) mod review;
pub(crate) mod undo;
