//! Searching what was said: `talk.find("not interested").by("person").last()`.
//!
//! A phrase is found by its words, whole, in any case, whatever signs stand between them; `appoint*` is any word that
//! begins so. A find knows where in its line it stands, so that `denied()` and `affirmed()` can tell "yes, book it" from
//! "no, do not book it": a word of denial in the five words before the phrase, or "not" right behind it, turns it round,
//! and a second one turns it back only across a `but`. What it cannot tell it does not guess: a question is neither.

use std::collections::BTreeSet;
use std::rc::Rc;

use campanile_plugin_sdk::evaluator::Talk;
use campanile_plugin_sdk::types::Speaker;
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT};

use super::duration::Duration;
use super::talk::SPEAKERS;
use super::undetermined::Undetermined;
use crate::diagnosis::{no_property, trouble};
use crate::suggest;

/// One line of the call.
#[derive(Clone, Debug)]
pub struct Line {
    call: Rc<Talk>,
    at: usize,
}

impl Line {
    pub fn new(call: &Rc<Talk>, at: usize) -> Self {
        Self { call: Rc::clone(call), at }
    }

    /// Its position, from 0.
    pub fn position(&self) -> u32 {
        u32::try_from(self.at).unwrap_or(u32::MAX)
    }
}

const OF_LINE: &[&str] = &["text", "speaker", "number", "at"];

fn line_property(line: &mut Line, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let said = &line.call.transcript[line.at];
    Ok(match name {
        "text" => said.text.clone().into(),
        "speaker" => speaker_name(said.speaker).into(),
        "number" => INT::from(line.position()).into(),
        "at" => Dynamic::from(Duration(i64::try_from(said.at_ms).unwrap_or(i64::MAX))),
        _ => return no_property("a line", name, OF_LINE),
    })
}

fn speaker_name(speaker: Speaker) -> &'static str {
    SPEAKERS.iter().find(|(_, known)| *known == speaker).map_or("other", |(name, _)| name)
}

/// Who a script means.
pub fn speaker(name: &str) -> Result<Speaker, Box<EvalAltResult>> {
    match SPEAKERS.iter().find(|(known, _)| *known == name) {
        Some((_, speaker)) => Ok(*speaker),
        None => trouble(
            format!("{name:?} says nothing in a call"),
            suggest::hint(name, SPEAKERS.iter().map(|(known, _)| *known)),
        ),
    }
}

/// One place where a phrase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    line: usize,
    /// The first word of the phrase in its line, and the first behind it.
    from: usize,
    to: usize,
}

/// Where phrases stand.
#[derive(Clone, Debug)]
pub struct Found {
    call: Rc<Talk>,
    hits: Vec<Hit>,
}

/// Words that turn round what follows them.
const DENIALS: &[&str] = &[
    "no", "not", "never", "don't", "dont", "won't", "wont", "can't", "cant", "cannot", "didn't", "didnt", "doesn't",
    "doesnt", "isn't", "isnt", "wasn't", "wasnt", "haven't", "havent", "wouldn't", "wouldnt", "couldn't", "couldnt",
    "without", "nobody", "nothing", "kein", "keine", "keinen", "nicht", "nie", "niemals", "nein",
];
/// Words behind which a new thought begins.
const TURNS: &[&str] = &["but", "however", "though", "aber", "sondern", "doch"];
/// How many words a denial reaches.
const REACH: usize = 5;

/// The words of a text, in small letters, without signs around them. An end of a sentence is a word of its own.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in text.split_whitespace() {
        let word: String = piece.chars().map(|letter| if letter == '\u{2019}' { '\'' } else { letter }).collect();
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        if !bare.is_empty() {
            words.push(bare.to_lowercase());
        }
        if word.ends_with(['.', '!', '?', ';']) {
            words.push(if word.ends_with('?') { "?".to_owned() } else { ".".to_owned() });
        }
    }
    words
}

fn fits(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |stem| word.starts_with(stem))
}

/// The words of a phrase, in which a star may stand.
fn pattern(phrase: &str) -> Vec<String> {
    phrase
        .split_whitespace()
        .map(|word| word.replace('\u{2019}', "'").to_lowercase())
        .map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '*').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

impl Found {
    /// Every place where one of the phrases stands.
    pub fn search(call: &Rc<Talk>, phrases: &[&str]) -> Self {
        let patterns: Vec<_> = phrases.iter().map(|phrase| pattern(phrase)).filter(|words| !words.is_empty()).collect();
        let mut hits = BTreeSet::new();
        for (line, said) in call.transcript.iter().enumerate() {
            let words = words(&said.text);
            for pattern in &patterns {
                for (from, window) in words.windows(pattern.len()).enumerate() {
                    if pattern.iter().zip(window).all(|(pattern, word)| fits(pattern, word)) {
                        hits.insert(Hit { line, from, to: from + pattern.len() });
                    }
                }
            }
        }
        Self { call: Rc::clone(call), hits: hits.into_iter().collect() }
    }

    /// Every line.
    pub fn all(call: &Rc<Talk>) -> Self {
        let hit = |(line, said): (usize, &campanile_plugin_sdk::types::Utterance)| Hit {
            line,
            from: 0,
            to: words(&said.text).len(),
        };
        Self { call: Rc::clone(call), hits: call.transcript.iter().enumerate().map(hit).collect() }
    }

    /// Positions of the lines, none twice.
    pub fn lines(&self) -> Vec<u32> {
        let lines: BTreeSet<_> = self.hits.iter().map(|hit| Line::new(&self.call, hit.line).position()).collect();
        lines.into_iter().collect()
    }

    fn only(&self, keep: impl Fn(&Hit) -> bool) -> Self {
        Self { call: Rc::clone(&self.call), hits: self.hits.iter().copied().filter(keep).collect() }
    }

    fn is_denied(&self, hit: &Hit) -> bool {
        let words = words(&self.call.transcript[hit.line].text);
        let before = words[..hit.from.min(words.len())].iter().rev().take(REACH);
        let mut thought = before.take_while(|word| *word != "." && *word != "?" && !TURNS.contains(&word.as_str()));
        thought.any(|word| DENIALS.contains(&word.as_str()))
            || words.get(hit.to).is_some_and(|next| ["not", "nicht"].contains(&next.as_str()))
    }

    fn is_asked(&self, hit: &Hit) -> bool {
        let words = words(&self.call.transcript[hit.line].text);
        words.iter().skip(hit.to).find(|word| *word == "." || *word == "?").is_some_and(|end| end == "?")
    }

    fn line(&self, hit: Option<&Hit>) -> Dynamic {
        match hit {
            Some(hit) => Dynamic::from(Line::new(&self.call, hit.line)),
            None => Dynamic::from(Undetermined::new("a line that was not found")),
        }
    }
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Line>("line");
    super::properties(engine, OF_LINE, line_property);
    engine.register_type_with_name::<Found>("what was found");
    engine.register_fn("by", |found: &mut Found, who: &str| {
        speaker(who).map(|who| found.only(|hit| found.call.transcript[hit.line].speaker == who))
    });
    engine.register_fn("affirmed", |found: &mut Found| found.only(|hit| !found.is_denied(hit) && !found.is_asked(hit)));
    engine.register_fn("denied", |found: &mut Found| found.only(|hit| found.is_denied(hit) && !found.is_asked(hit)));
    engine.register_fn("asked", |found: &mut Found| found.only(|hit| found.is_asked(hit)));
    engine.register_fn("after", |found: &mut Found, other: Found| match other.hits.first() {
        Some(first) => found.only(|hit| (hit.line, hit.from) >= (first.line, first.to)),
        None => found.only(|_| false),
    });
    engine.register_fn("before", |found: &mut Found, other: Found| match other.hits.last() {
        Some(last) => found.only(|hit| (hit.line, hit.to) <= (last.line, last.from)),
        None => found.only(|_| false),
    });
    engine.register_fn("any", |found: &mut Found| !found.hits.is_empty());
    engine.register_fn("none", |found: &mut Found| found.hits.is_empty());
    engine.register_fn("count", |found: &mut Found| found.lines().len() as INT);
    engine.register_fn("first", |found: &mut Found| found.line(found.hits.first()));
    engine.register_fn("last", |found: &mut Found| found.line(found.hits.last()));
    engine.register_fn("lines", |found: &mut Found| {
        found.lines().into_iter().map(|line| Dynamic::from(Line::new(&found.call, line as usize))).collect::<Array>()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_signs_and_case() {
        assert_eq!(words("Yes \u{2014} I\u{2019}d LIKE that, please!"), ["yes", "i'd", "like", "that", "please", "."]);
        assert_eq!(pattern("Appoint*, please"), ["appoint*", "please"]);
        assert!(fits("appoint*", "appointments") && !fits("appoint", "appointments"));
    }
}
