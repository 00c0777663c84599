//! Evaluators, asked beside any campaign.

pub(crate) mod compare;
