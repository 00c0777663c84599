//! What a write counts: where leads are, and what calls add to the tables of statistics.

/// Where a lead is counted: campaign, zone group, state, gate.
pub(crate) type Place = (i64, i64, u8, u8);

/// The counters of attempts that are over: how many, how long, how dear.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Attempts.
    pub n: i64,
    /// Talk, in milliseconds.
    pub talk_ms: i64,
    /// Charged, in micro-units.
    pub cost: i64,
}

/// When a call was dialled: campaign, local day (as 20260302), local hour.
pub(crate) type CallTime = (i64, i64, u8);

/// Whom it was for and where it came from: campaign, round, contact, caller id.
pub(crate) type CallLine = (i64, u32, u16, i64);

/// What calls add to a table of statistics.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallTally {
    /// Calls.
    pub n: i64,
    /// Of them: a person answered.
    pub answered: i64,
    /// Of them: a machine answered.
    pub voicemail: i64,
    /// Of them: they reached the goal.
    pub goals: i64,
    /// Talk, in milliseconds.
    pub talk_ms: i64,
    /// Charged, in micro-units.
    pub cost: i64,
}

impl CallTally {
    /// More of them.
    pub(crate) fn add(&mut self, other: Self) {
        self.n += other.n;
        self.answered += other.answered;
        self.voicemail += other.voicemail;
        self.goals += other.goals;
        self.talk_ms += other.talk_ms;
        self.cost += other.cost;
    }

    /// The same, taken out again.
    pub(crate) const fn less(self) -> Self {
        Self {
            n: -self.n,
            answered: -self.answered,
            voicemail: -self.voicemail,
            goals: -self.goals,
            talk_ms: -self.talk_ms,
            cost: -self.cost,
        }
    }
}
