//! What the fake provider does with a number: how it answers the dial, how the call goes, and whether it tells.

use std::time::Duration;

/// How the dial is answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// 201 with the call.
    Yes,
    /// It dials and answers with a server's error.
    ErrorAfter(u16),
    /// It dials and closes the connection.
    CutAfter,
    /// It closes the connection and does not dial.
    CutBefore,
    /// It dials and answers so much later.
    LateBy(Duration),
    /// It does not dial: a status, an error code of its own, and seconds to wait.
    No(u16, u32, Option<u32>),
}

/// How the call goes.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// A person answers and talks so many seconds.
    Person(u32),
    /// A person answers and talks until somebody ends the call.
    Talker,
    /// A machine answers.
    Machine,
    /// The line is busy.
    Busy,
    /// It rings out.
    NoAnswer,
    /// It never connects, for this SIP response.
    Failed(u16),
}

/// Whether it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Every step, in order.
    Every,
    /// Every step twice, the last one first.
    TwiceBackwards,
    /// Somebody else tells that the call failed, unsigned and with wrong signatures; the provider tells nothing.
    OnlyForged,
    /// The same, and then the provider tells every step.
    ForgedFirst,
    /// Nothing.
    Nothing,
}

/// All of it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How the dial is answered.
    pub answer: Answer,
    /// How the call goes.
    pub fate: Fate,
    /// Whether it tells.
    pub tells: Tells,
    /// Whether the list of calls shows it.
    pub listed: bool,
}

impl Plan {
    /// The dial is taken, the call goes so, and every step is told.
    pub const fn of(fate: Fate) -> Self {
        Self { answer: Answer::Yes, fate, tells: Tells::Every, listed: true }
    }

    /// Somebody would talk, but the dial is answered so, and nothing is told.
    pub const fn silent(answer: Answer) -> Self {
        Self { answer, tells: Tells::Nothing, ..Self::of(Fate::Person(12)) }
    }

    /// Somebody talks, and that is told so.
    pub const fn told(tells: Tells) -> Self {
        Self { tells, ..Self::of(Fate::Person(12)) }
    }
}

impl Fate {
    /// The statuses that the call goes through, as callbacks name them.
    pub const fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Person(_) | Self::Machine => &["initiated", "ringing", "in-progress", "completed"],
            Self::Talker => &["initiated", "ringing", "in-progress"],
            Self::Busy => &["initiated", "ringing", "busy"],
            Self::NoAnswer => &["initiated", "ringing", "no-answer"],
            Self::Failed(_) => &["initiated", "failed"],
        }
    }

    /// Who answered, where machines are listened for.
    pub const fn answered_by(self) -> Option<&'static str> {
        match self {
            Self::Person(_) | Self::Talker => Some("human"),
            Self::Machine => Some("machine_start"),
            _ => None,
        }
    }

    /// Seconds of talk.
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::Person(seconds) => Some(seconds),
            Self::Machine => Some(7),
            Self::Talker => Some(1),
            _ => None,
        }
    }

    /// The SIP response that ended it.
    pub const fn sip(self) -> u16 {
        match self {
            Self::Person(_) | Self::Talker | Self::Machine => 200,
            Self::Busy => 486,
            Self::NoAnswer => 487,
            Self::Failed(sip) => sip,
        }
    }
}
