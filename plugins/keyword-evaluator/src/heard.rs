//! A call as it was heard, and what rules find in it.
//!
//! The later word counts: every match is an event, the events are put in the order in which they were said, and the last
//! one stands. That is how a retraction, a second thought and "no, not Wednesday, Friday" come out right without a rule
//! for each.

use std::ops::Range;

use campanile_plugin_sdk::evaluator::Talk;
use campanile_plugin_sdk::types::Value;

use crate::builtin::sounds;
use crate::pattern::{Found, Patterns};
use crate::rule::{After, Force, Negated, Rule, Says};
use crate::words::{Line, Who, lines};

/// Words after which a negation may still turn a German verb round: "das passt mir nicht".
const BEHIND: usize = 2;

/// The words that negate.
#[derive(Clone, Debug, Default)]
pub struct Negations {
    /// Before a match.
    pub before: Vec<String>,
    /// Behind it.
    pub behind: Vec<String>,
    /// How many words before it.
    pub reach: usize,
}

/// The call.
pub struct Heard {
    /// Those with words.
    pub lines: Vec<Line>,
    turns: Vec<(Who, Range<usize>)>,
    turn_of: Vec<usize>,
    negations: Negations,
    neutral: Patterns,
}

/// One match.
#[derive(Clone, Debug)]
pub struct Event {
    /// Which of [`Heard::lines`].
    pub line: usize,
    /// Where in it.
    pub found: Found,
    /// What it says, a negation considered.
    pub says: Says,
    /// Against earlier ones.
    pub force: Force,
    /// 0 to 1.
    pub confidence: f32,
    /// The line that it answers.
    pub answers: Option<usize>,
}

/// What stands in the end.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The event that counts.
    pub event: Option<Event>,
    /// An event of another kind that it outdid.
    pub outdid: Option<Event>,
}

fn is_true(says: &Says) -> bool {
    matches!(says, Says::Value(value) if *value != Value::Boolean(false))
}

impl Heard {
    /// Hears a call.
    pub fn new(talk: &Talk, negations: Negations) -> Self {
        let lines = lines(talk);
        let mut turns: Vec<(Who, Range<usize>)> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            match turns.last_mut() {
                Some((who, range)) if *who == line.who => range.end = at + 1,
                _ => turns.push((line.who, at..at + 1)),
            }
        }
        let turn_of =
            turns.iter().enumerate().flat_map(|(turn, (_, range))| range.clone().map(move |_| turn)).collect();
        Self { lines, turns, turn_of, negations, neutral: Patterns::of(sounds::NEUTRAL) }
    }

    /// Whether a person said anything.
    pub fn has_person(&self) -> bool {
        self.lines.iter().any(|line| line.who == Who::User)
    }

    /// The lines that the same speaker says from `line` on, to the end of `turns` turns of theirs.
    pub fn going_on(&self, line: usize, turns: usize) -> impl Iterator<Item = usize> + '_ {
        let who = self.lines[line].who;
        let own = self.turns[self.turn_of[line]..].iter().filter(move |(speaker, _)| *speaker == who).take(turns);
        own.flat_map(|(_, range)| range.clone()).filter(move |at| *at >= line)
    }

    /// Every match of a rule.
    pub fn events(&self, rule: &Rule) -> Vec<Event> {
        let mut events = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let theirs = rule.by.map_or(line.who != Who::Other, |who| who == line.who);
            if !theirs || (line.order && !rule.orders) {
                continue;
            }
            let timed = line.names.iter().any(|names| names.time);
            if rule.within_words.is_some_and(|most| line.words.len() > most && !timed) {
                continue;
            }
            let found = rule.phrases.find(line);
            if found.is_empty() || rule.unless.is_in(line) {
                continue;
            }
            let neutral = self.neutral.find(line);
            let mut before = None;
            for found in found {
                let within = |other: &Found| other.from <= found.from && found.to <= other.to && *other != found;
                if neutral.iter().any(within) || (line.asked[found.from] && !rule.questions) {
                    continue;
                }
                let says = match &rule.negated {
                    Negated::Same => rule.says.clone(),
                    _ if !self.is_negated(line, found, &neutral) => rule.says.clone(),
                    Negated::Nothing => continue,
                    Negated::Says(says) => says.clone(),
                };
                let answers = match &rule.after {
                    None => None,
                    Some(after) => match *before.get_or_insert_with(|| self.said_before(after, at)) {
                        None => break,
                        said => said,
                    },
                };
                events.push(Event { line: at, found, says, force: rule.force, confidence: rule.confidence, answers });
            }
        }
        events
    }

    fn is_negated(&self, line: &Line, found: Found, neutral: &[Found]) -> bool {
        let calm = |at: &usize| !neutral.iter().any(|span| (span.from..span.to).contains(at));
        let here = |at: &usize| line.clauses[*at] == line.clauses[found.from];
        let contrast = |at: &usize| !["but", "aber", "sondern"].contains(&line.words[*at].as_str());
        let before = (0..found.from).rev().take(self.negations.reach).take_while(here).take_while(contrast);
        let behind = (found.to..line.words.len()).take(BEHIND).take_while(here).take_while(contrast);
        before.filter(calm).any(|at| self.negations.before.contains(&line.words[at]))
            || behind.filter(calm).any(|at| self.negations.behind.contains(&line.words[at]))
    }

    /// The line within reach that `after` asks for.
    fn said_before(&self, after: &After, line: usize) -> Option<usize> {
        let speaks = |who: Who| after.by.map_or(who != Who::Other, |by| by == who);
        let earlier = (0..self.turn_of[line]).rev().filter(|turn| speaks(self.turns[*turn].0));
        let mut telling = earlier.filter(|turn| !self.is_transparent(*turn));
        let near: Vec<usize> = telling.by_ref().take(after.turns).collect();
        near.iter().enumerate().find_map(|(place, turn)| {
            let said = self.last_in(&after.any, *turn)?;
            let voided = self.last_in(&after.unless, *turn).is_some_and(|later| later >= said);
            let also = after.also.is_empty()
                || self.last_in(&after.also, *turn).is_some()
                || (near.get(place + 1).copied().or_else(|| telling.next()))
                    .is_some_and(|before| self.last_in(&after.also, before).is_some());
            (also && !voided).then_some(said.0)
        })
    }

    /// The last place of a phrase in a turn: line and word.
    fn last_in(&self, patterns: &Patterns, turn: usize) -> Option<(usize, usize)> {
        let lines = self.turns[turn].1.clone();
        lines.rev().find_map(|at| patterns.last(&self.lines[at]).map(|found| (at, found.from)))
    }

    /// "Of course", "take your time": the question before it is still the question.
    fn is_transparent(&self, turn: usize) -> bool {
        let words: Vec<&String> = self.lines[self.turns[turn].1.clone()].iter().flat_map(|line| &line.words).collect();
        words.len() <= 4 && words.iter().all(|word| sounds::TRANSPARENT.contains(&word.as_str()))
    }

    /// Whether what seems to agree answers an offer that was refused in an earlier turn: it takes a new offer to revive it.
    fn is_of_a_refused_offer(&self, event: &Event, before: &Event) -> bool {
        let refused = before.says == Says::Value(false.into()) && self.turn_of[before.line] < self.turn_of[event.line];
        refused && is_true(&event.says) && event.answers.is_some_and(|offer| offer < before.line)
    }

    /// What these rules make of the call.
    pub fn judge(&self, rules: &[Rule]) -> Verdict {
        let mut events: Vec<Event> = rules.iter().flat_map(|rule| self.events(rule)).collect();
        events.sort_by_key(|event| (event.line, event.found.from, event.found.to));
        let longer = |one: &Event, other: &Event| {
            let (a, b) = (one.found, other.found);
            one.line == other.line && b.from <= a.from && a.to <= b.to && a.to - a.from < b.to - b.from
        };
        let mut verdict = Verdict::default();
        for (place, event) in events.iter().enumerate() {
            let near = events[place.saturating_sub(12)..events.len().min(place + 12)].iter();
            if near.clone().any(|other| longer(event, other)) {
                continue;
            }
            let before = verdict.event.as_ref();
            if before.is_some_and(|before| self.is_of_a_refused_offer(event, before)) {
                continue;
            }
            let counts = match event.force {
                Force::Counts => true,
                Force::Yields => before.is_none_or(|before| before.says == Says::Open),
                Force::First => before.is_none_or(|before| event.answers.is_some_and(|asked| asked > before.line)),
                Force::UndoesTrue => before.is_some_and(|before| is_true(&before.says)),
            };
            if counts {
                let old = verdict.event.replace(event.clone());
                verdict.outdid = old.filter(|old| old.says != event.says).or(verdict.outdid.take());
            }
        }
        verdict
    }
}
