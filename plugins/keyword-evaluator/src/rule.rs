//! What a rule is: which words, from whom, after what, and what they say about the variable.
//!
//! The rules that come with the evaluator and those that a tenant writes are the same thing, so that whatever the one can
//! do is explained by the other.

use std::rc::Rc;

use campanile_plugin_sdk::types::Value;

use crate::pattern::Patterns;
use crate::words::Who;

/// What a match says about the variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// This.
    Value(Value),
    /// The words that matched.
    Words,
    /// The whole line.
    Line,
    /// The first number among the words that matched, else in the line.
    Number,
    /// The time that the line names.
    Time,
    /// Nothing any more: what was determined before is taken back.
    Open,
}

/// How a match stands against earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// The later word counts.
    Counts,
    /// Only where nothing was determined before.
    Yields,
    /// Only as the first thing that is said to what it answers.
    First,
    /// Only takes back a `true`, whoever says it.
    UndoesTrue,
}

/// What a match says when a negation stands by it.
#[derive(Clone, Debug, PartialEq)]
pub enum Negated {
    /// Nothing at all.
    Nothing,
    /// Something else.
    Says(Says),
    /// The same: negations do not matter.
    Same,
}

/// What the other party must have said before.
#[derive(Clone, Debug)]
pub struct After {
    /// One of these,
    pub any: Patterns,
    /// with one of these in the same or the turn before; empty: with anything,
    pub also: Patterns,
    /// and none of these behind it.
    pub unless: Patterns,
    /// By whom; `None`: by anybody.
    pub by: Option<Who>,
    /// How many turns back at most.
    pub turns: usize,
}

/// A rule for one variable.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says.
    pub says: Says,
    /// The words.
    pub phrases: Patterns,
    /// By whom; `None`: by either party.
    pub by: Option<Who>,
    /// After what.
    pub after: Option<Rc<After>>,
    /// Not where one of these is in the same line.
    pub unless: Patterns,
    /// Only in a line of at most so many words, or one that names a day or a time: "okay, look, I am going to be honest"
    /// is no agreement.
    pub within_words: Option<usize>,
    /// What a negation makes of it.
    pub negated: Negated,
    /// Counts within a question too.
    pub questions: bool,
    /// Counts where the line speaks to whoever reads the call.
    pub orders: bool,
    /// Against earlier matches.
    pub force: Force,
    /// 0 to 1.
    pub confidence: f32,
}

impl Rule {
    /// What the person says with these words, unless negated or asked.
    pub fn new(says: Says, phrases: &str) -> Self {
        Self {
            says,
            phrases: Patterns::of(phrases),
            by: Some(Who::User),
            after: None,
            unless: Patterns::default(),
            within_words: None,
            negated: Negated::Nothing,
            questions: false,
            orders: false,
            force: Force::Counts,
            confidence: 0.8,
        }
    }

    /// The words make it true.
    pub fn yes(phrases: &str) -> Self {
        Self::new(Says::Value(true.into()), phrases)
    }

    /// The words make it false, in a question too: who asks "did I agree to that?" has not.
    pub fn no(phrases: &str) -> Self {
        Self { questions: true, orders: true, ..Self::new(Says::Value(false.into()), phrases) }
    }

    /// The words leave it open.
    pub fn open(phrases: &str) -> Self {
        Self { questions: true, orders: true, ..Self::new(Says::Open, phrases) }
    }

    /// Only after this.
    pub fn after(mut self, after: &Rc<After>) -> Self {
        self.after = Some(Rc::clone(after));
        self
    }

    /// How sure.
    pub fn sure(mut self, confidence: f32) -> Self {
        self.confidence = confidence;
        self
    }

    /// Whatever negation stands by it.
    pub fn even_negated(mut self) -> Self {
        self.negated = Negated::Same;
        self
    }
}
