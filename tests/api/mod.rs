//! Stories over HTTP, against the real binary. They mirror the URLs: what a story is about names its file.
//!
//! Single endpoints, with every way to use them wrongly, are tested in the server's own room; here is what only holds
//! when all rooms work together.

mod calls;
mod campaigns;
mod imports;
mod leads;
mod metrics;
mod system;
mod tenants;
