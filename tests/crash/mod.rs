//! `kill -9`, again and again, in the middle of a campaign, and then the question who was rung.
//!
//! The carrier is a process of its own that is never killed and whose log is on the disk before it answers; that log
//! and the database through the API are the two witnesses. [`oracle`] compares them, and its own tests show that it
//! would notice. [`killing`] is the story itself, and [`listener`] is told of it all the while.

mod doctored;
mod killing;
mod listener;
mod oracle;
mod promised;
mod records;
