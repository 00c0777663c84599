//! What rehearsals came to, as ranges.

use std::collections::BTreeMap;

use campanile_domain::money::Currency;
use campanile_domain::ports::store::JobError;
use campanile_domain::time::Timestamp;
use campanile_engine::rehearsal::order::{Figures, Played};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::people::Cast;

/// Over all rehearsals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Range {
    /// The least.
    pub low: i64,
    /// As many are above as below.
    pub middle: i64,
    /// The most.
    pub high: i64,
}

impl Range {
    /// Of at least one.
    fn over(mut all: Vec<i64>) -> Option<Self> {
        all.sort_unstable();
        let middle = *all.get(all.len() / 2)?;
        Some(Self { low: *all.first()?, middle, high: *all.last()? })
    }
}

/// What a rehearsal is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RehearsalFigures)]
pub struct Measured {
    /// Calls dialled.
    pub calls: Range,
    /// Leads that reached the goal.
    pub goals_reached: Range,
    /// Leads that asked not to be called again.
    pub opted_out: Range,
    /// Talk, in milliseconds.
    pub talk_ms: Range,
    /// Charged to the account, in millionths of its currency's unit; 0 for an account that is not billed.
    pub cost_micros: Range,
    /// From the start to the end of the last call, in milliseconds.
    pub duration_ms: Range,
}

impl Measured {
    fn over(all: &[Figures]) -> Option<Self> {
        let range = |of: fn(&Figures) -> i64| Range::over(all.iter().map(of).collect());
        Some(Self {
            calls: range(|one| one.calls)?,
            goals_reached: range(|one| one.goals_reached)?,
            opted_out: range(|one| one.opted_out)?,
            talk_ms: range(|one| one.talk_ms)?,
            cost_micros: range(|one| one.cost_micros)?,
            duration_ms: range(|one| one.duration_ms)?,
        })
    }
}

/// One side.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RehearsedSide)]
pub struct Side {
    /// Who decides: `builtin` or `name@version`.
    pub policy: String,
    #[serde(flatten)]
    pub measured: Measured,
    /// Rehearsals that did not end as completed, by the status and reason they stopped at; `horizon`: still not over after
    /// 400 days.
    pub unfinished: BTreeMap<String, u64>,
}

/// An estimate of what comes of a campaign, not a fact: rehearsed from its start, with people made like those of past calls.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RehearsalReport)]
pub struct Report {
    /// Who the people are.
    pub people: Cast,
    /// Rehearsals of each side, each with other people.
    pub rehearsals: u64,
    /// When the rehearsed campaign starts.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// Leads that it has.
    pub leads: u64,
    /// Leads past the most that are rehearsed.
    pub leads_left_out: u64,
    /// Of the costs; `null` for an account that is not billed.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// The campaign as it is.
    pub as_it_is: Side,
    /// The campaign with the other policy.
    pub with_policy: Option<Side>,
    /// With the other policy, less as it is: of the same people each time.
    pub difference: Option<Measured>,
}

/// A report that lacks the rehearsals.
pub(super) struct Unplayed {
    pub people: Cast,
    pub start: Timestamp,
    pub leads: u64,
    pub leads_left_out: u64,
    pub policies: Vec<String>,
    pub currency: Option<Currency>,
}

impl Unplayed {
    /// With them.
    pub(super) fn told(self, played: &[Played]) -> Result<Value, JobError> {
        let report = self.filled(played).ok_or_else(|| super::not_played("it ended without a word"))?;
        serde_json::to_value(report).map_err(|error| super::not_played(&error.to_string()))
    }

    fn filled(self, played: &[Played]) -> Option<Report> {
        let mut figures: [BTreeMap<usize, Figures>; 2] = Default::default();
        let mut unfinished: [BTreeMap<String, u64>; 2] = Default::default();
        for one in played {
            figures.get_mut(one.side)?.insert(one.cast, one.figures);
            if let Some(why) = &one.unfinished {
                *unfinished.get_mut(one.side)?.entry(why.clone()).or_default() += 1;
            }
        }
        let difference: Vec<_> =
            figures[0].iter().filter_map(|(cast, own)| Some(less(*figures[1].get(cast)?, *own))).collect();
        let rehearsals = figures[0].len() as u64;
        let [own, other] = figures.map(|side| Measured::over(&side.into_values().collect::<Vec<_>>()));
        let mut policies = self.policies.into_iter();
        let [own_end, other_end] = unfinished;
        let as_it_is = Side { policy: policies.next()?, measured: own?, unfinished: own_end };
        let with_policy = match (policies.next(), other) {
            (Some(policy), Some(measured)) => Some(Side { policy, measured, unfinished: other_end }),
            _ => None,
        };
        Some(Report {
            people: self.people,
            rehearsals,
            starts_at: self.start,
            leads: self.leads,
            leads_left_out: self.leads_left_out,
            currency: self.currency,
            as_it_is,
            with_policy,
            difference: Measured::over(&difference),
        })
    }
}

fn less(with: Figures, without: Figures) -> Figures {
    Figures {
        calls: with.calls - without.calls,
        goals_reached: with.goals_reached - without.goals_reached,
        opted_out: with.opted_out - without.opted_out,
        talk_ms: with.talk_ms - without.talk_ms,
        cost_micros: with.cost_micros - without.cost_micros,
        duration_ms: with.duration_ms - without.duration_ms,
    }
}
