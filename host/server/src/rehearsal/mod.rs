//! What would come of a campaign: rehearsed again and again, with people made like those of the account's past calls.
//!
//! An estimate and never a fact, so it is always a range: every cast is fitted to past calls drawn anew, which shows both
//! what chance does and what the past calls leave open. Two sides meet the same casts. The campaign is rehearsed from its
//! start with the leads it has, whatever became of them since. What is played is told by an [`Order`]; the work is done
//! elsewhere ([`crate::ports::Rehearsals`]), and nothing of it is kept but the report.

mod order;
pub(crate) mod people;
mod report;

use std::sync::Arc;

use campanile_domain::ids::CampaignId;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::{JobError, StoreError, Stored};
use campanile_engine::rehearsal::order::Played;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::jobs::part::Part;

pub use report::Report;

/// Times that each side is rehearsed.
pub(crate) const CASTS: u64 = 12;
/// Leads that are rehearsed, at most.
const LEADS: usize = 2_000;

/// Who decides on the other side.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    /// Pinned to a version; `None`: the built-in table.
    pub policy: Option<PluginRef>,
    /// A script's source that is asked in its place.
    pub draft: Option<Arc<str>>,
    /// Its settings; `None`: the campaign's if that has the same policy, otherwise none.
    pub settings: Option<Value>,
}

/// When the rehearsed campaign starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Now.
    Now,
    /// When the campaign made its first call, if it has made one.
    AsItDid,
}

/// What is rehearsed.
#[derive(Clone, Debug)]
pub(crate) struct Rehearsal {
    /// Which campaign.
    pub campaign: CampaignId,
    /// When it starts.
    pub start: Start,
    /// What it is compared with.
    pub other: Option<Other>,
}

impl Rehearsal {
    /// How many rehearsals that are.
    pub(crate) fn steps(&self) -> u64 {
        CASTS * if self.other.is_some() { 2 } else { 1 }
    }

    /// Plays it as a part of a job. The inner error says why there is no report.
    pub(crate) async fn run(&self, part: Part<'_>) -> Stored<Result<Value, JobError>> {
        let app = part.app;
        let (report, order) = match order::of(self, app, part.tenant).await? {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        let (sender, mut heard) = mpsc::channel::<Played>(16);
        let mut played = Vec::new();
        let listening = async {
            while let Some(one) = heard.recv().await {
                played.push(one);
                // A cancelled job is dropped whole, and whoever plays with it.
                part.at(played.len() as u64).await?;
            }
            Ok::<_, StoreError>(())
        };
        let (ended, listened) = tokio::join!(app.rehearsals.play(order, sender), listening);
        listened?;
        if let Err(why) = ended {
            tracing::warn!(why, "a rehearsal was not played to its end");
            return Ok(Err(not_played(&why)));
        }
        Ok(report.told(&played))
    }
}

fn not_played(why: &str) -> JobError {
    let message = format!("the rehearsal was not played to its end: {why}");
    JobError { code: "not_played".into(), message }
}

#[cfg(test)]
mod tests;
