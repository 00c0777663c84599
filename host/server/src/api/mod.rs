//! The API by version. A version is a promise; what breaks it begins a new folder.

pub(crate) mod v1;
