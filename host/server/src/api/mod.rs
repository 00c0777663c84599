//! The API by version. A version is a promise; what breaks it begins a new folder. Beside them, a door for clients of hosted
//! calling platforms.

pub(crate) mod hosted;
pub(crate) mod v1;
