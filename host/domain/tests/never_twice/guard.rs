//! What keeps the promise, one by one, so that each can be taken away.
//!
//! A rule that can be removed without harm is not a rule but a habit. Each of these is switched off in a search of its
//! own, which must then find a broken promise; one that no longer does is either useless or no longer in the model.

/// One reason why nobody is dialled twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The attempt and the lead's state are durable before the gateway is asked.
    IntentFirst,
    /// A start-up turns intents into unknown ones instead of dialling them.
    BootMakesUnknown,
    /// One open attempt per lead, kept by the database.
    LeadIndex,
    /// One open attempt per phone, kept by the database.
    PhoneIndex,
    /// An unknown attempt is open: it locks its lead and its phone.
    UnknownIsOpen,
    /// One request that dials per attempt: none is repeated when its answer is lost.
    DialOnce,
    /// "Refused" is held against what the host saw.
    Evidence,
    /// "Surely not dialled" counts only from a gateway that can find by attempt id.
    FindTrust,
    /// And only after its lag.
    FindLag,
    /// Which runs from the moment the dial was over, not from the intent.
    LagFromDial,
    /// Giving up waits for the last look-up.
    GiveUpLate,
    /// A terminal state is final.
    TerminalIsFinal,
    /// Events are applied by rank.
    Rank,
    /// An event is taken once.
    EventOnce,
    /// The retry interval follows an attempt whose fate was unknown.
    RetryWait,
    /// A gap follows a call before its phone is called for another lead.
    PhoneGap,
}

impl Guard {
    pub const ALL: [Self; 16] = [
        Self::IntentFirst,
        Self::BootMakesUnknown,
        Self::LeadIndex,
        Self::PhoneIndex,
        Self::UnknownIsOpen,
        Self::DialOnce,
        Self::Evidence,
        Self::FindTrust,
        Self::FindLag,
        Self::LagFromDial,
        Self::GiveUpLate,
        Self::TerminalIsFinal,
        Self::Rank,
        Self::EventOnce,
        Self::RetryWait,
        Self::PhoneGap,
    ];
}
