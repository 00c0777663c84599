//! What every importer of a named system must get right, proved against a stateful fake of that system.
//!
//! The truth is a [`world::World`] of people who change while they are read. A [`face::Face`] shows them as one provider
//! does: its addresses, pages, sort orders, limits, words for "no" and for "not so fast". [`fake::Fake`] serves a face over
//! HTTP and breaks it where a scenario of [`suite`] says so. A scenario knows no provider and a face knows no scenario, so a
//! new importer is one face and one line in `providers`. The plugins are the released components, installed over HTTP as a
//! customer would; of their manifests only the address of the token endpoint is exchanged, which has to be the fake's.

mod airtable;
mod close;
mod face;
mod fake;
mod gohighlevel;
mod hubspot;
mod manifest;
mod peers;
mod pipedrive;
mod results;
mod salesforce;
mod sheets;
mod suite;
mod tidewater;
mod world;
mod zoho;
