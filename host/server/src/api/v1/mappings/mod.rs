//! What the columns of files mean, remembered by their headers.

pub(crate) mod delete;
pub(crate) mod list;
