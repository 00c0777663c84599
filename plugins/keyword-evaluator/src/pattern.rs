//! Phrases with a few signs, and where they are in a line.
//!
//! A list of phrases is one text, the phrases separated by `|`. Within a phrase `a/b` is either word, `book*` any word that
//! begins so, `*` up to six words, `{time}` a word that names a day or a time, `{day}` one that names a day, `{number}` a
//! number, `^` the beginning of what somebody says (sounds like "uh" aside) and `$` its end. That is all: whoever writes a
//! rule for an office must be able to read it, and a regular expression could cost more time than a call may.
//!
//! Phrases are looked up by their first word, so that hundreds of them cost a long call no more than a few.

use std::collections::BTreeMap;

use crate::time_words::Names;
use crate::words::{Line, words};

/// Words that `*` may stand for, at most.
const GAP: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Time,
    Day,
    Number,
}

impl Class {
    const fn holds(self, names: Names) -> bool {
        match self {
            Self::Time => names.time,
            Self::Day => names.day,
            Self::Number => names.number,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Start,
    End,
    Gap,
    /// One word: any of these.
    Word {
        words: Vec<String>,
        beginnings: Vec<String>,
        classes: Vec<Class>,
    },
}

/// Where a phrase is: from a word to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub from: usize,
    pub to: usize,
}

/// A list of phrases.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    all: Vec<Vec<Piece>>,
    by_word: BTreeMap<String, Vec<usize>>,
    by_class: Vec<(Class, usize)>,
    others: Vec<usize>,
}

fn piece(text: &str) -> Option<Piece> {
    match text {
        "^" => return Some(Piece::Start),
        "$" => return Some(Piece::End),
        "*" => return Some(Piece::Gap),
        _ => {}
    }
    let (mut known, mut beginnings, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    for one in text.split('/') {
        match (one, one.strip_suffix('*')) {
            ("{time}", _) => classes.push(Class::Time),
            ("{day}", _) => classes.push(Class::Day),
            ("{number}", _) => classes.push(Class::Number),
            (_, Some(beginning)) => beginnings.extend(words(beginning)),
            (_, None) => known.extend(words(one)),
        }
    }
    let says = !(known.is_empty() && beginnings.is_empty() && classes.is_empty());
    says.then_some(Piece::Word { words: known, beginnings, classes })
}

impl Patterns {
    /// The phrases of a text.
    pub fn of(text: &str) -> Self {
        let mut patterns = Self::default();
        for phrase in text.split('|') {
            let pieces: Vec<Piece> = phrase.split_whitespace().filter_map(piece).collect();
            if !pieces.iter().any(|piece| matches!(piece, Piece::Word { .. })) {
                continue;
            }
            let number = patterns.all.len();
            match pieces.iter().find(|piece| **piece != Piece::Start) {
                Some(Piece::Word { words, beginnings, classes }) if beginnings.is_empty() => {
                    patterns.by_class.extend(classes.iter().map(|class| (*class, number)));
                    for word in words {
                        patterns.by_word.entry(word.clone()).or_default().push(number);
                    }
                }
                _ => patterns.others.push(number),
            }
            patterns.all.push(pieces);
        }
        patterns
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Every place where a phrase is, in order; of several that begin at one word the longest.
    pub fn find(&self, line: &Line) -> Vec<Found> {
        let mut found = Vec::new();
        for from in 0..line.words.len() {
            let by_word = self.by_word.get(&line.words[from]).into_iter().flatten().copied();
            let named =
                self.by_class.iter().filter(|(class, _)| class.holds(line.names[from])).map(|(_, number)| *number);
            let known = by_word.chain(named).chain(self.others.iter().copied());
            let ends = known.filter_map(|number| ends(&self.all[number], line, from, from));
            if let Some(to) = ends.max().filter(|to| *to > from) {
                found.push(Found { from, to });
            }
        }
        found
    }

    /// The last place where a phrase is.
    pub fn last(&self, line: &Line) -> Option<Found> {
        self.find(line).pop()
    }

    /// Whether a phrase is there.
    pub fn is_in(&self, line: &Line) -> bool {
        !self.is_empty() && !self.find(line).is_empty()
    }
}

/// The end of the longest match of these pieces at a word of a line. A match stays within a clause.
fn ends(pieces: &[Piece], line: &Line, begun: usize, at: usize) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else { return Some(at) };
    let here = line.words.get(at).filter(|_| line.clauses[at] == line.clauses[begun]);
    let fits = match piece {
        Piece::Start => return (here.is_some() && line.begins_at(at)).then(|| ends(rest, line, begun, at))?,
        Piece::End => return here.is_none().then(|| ends(rest, line, begun, at))?,
        Piece::Gap => {
            return (at..=at + GAP).filter(|next| *next <= line.words.len()).find_map(|next| {
                let joined = (at..next).all(|word| line.clauses[word] == line.clauses[begun]);
                joined.then(|| ends(rest, line, begun, next))?
            });
        }
        Piece::Word { words, beginnings, classes } => {
            let word = here?;
            words.contains(word)
                || beginnings.iter().any(|beginning| word.starts_with(beginning.as_str()))
                || classes.iter().any(|class| class.holds(line.names[at]))
        }
    };
    fits.then(|| ends(rest, line, begun, at + 1))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Who;

    fn quoted(phrases: &str, text: &str) -> Vec<String> {
        let line = Line::new(0, 0, Who::User, text);
        Patterns::of(phrases).find(&line).into_iter().map(|found| line.quote(found.from, found.to)).collect()
    }

    #[test]
    fn every_sign_means_what_it_says() {
        assert_eq!(quoted("book me | put me/us down", "Book me, or put us down"), ["book me", "put us down"]);
        assert_eq!(quoted("schedul*", "it is scheduled"), ["scheduled"]);
        assert_eq!(quoted("would * work", "would friday at noon work"), ["would friday at noon work"]);
        assert_eq!(quoted("would * work", "would a b c d e f g work"), [""; 0]);
        assert_eq!(
            quoted("{day}/that/see* works", "tuesday works, that works, it seems works"),
            ["tuesday works", "that works", "seems works"]
        );
        assert_eq!(quoted("^ no", "uh no. but no"), ["no"]);
        assert_eq!(quoted("call me $", "don't call me. call me later"), ["call me"]);
        assert_eq!(quoted("{number} people", "twelve people, 4 people"), ["twelve people", "4 people"]);
    }

    #[test]
    fn a_phrase_does_not_run_over_the_end_of_a_sentence() {
        assert_eq!(quoted("not * interested", "No, I do not. Interested? Yes."), [""; 0]);
        assert_eq!(quoted("see why | see why not", "i see why not"), ["see why not"]);
    }

    #[test]
    fn empty_phrases_are_none() {
        assert!(Patterns::of(" | ^ | * $ | ... ").is_empty());
        assert_eq!(quoted("| yes |", "yes"), ["yes"]);
    }
}
