//! What was said, as words.
//!
//! Speech recognition writes in lower case without punctuation, other providers write sentences; both become the same
//! words here. Apostrophes are dropped (`don't`, `don’t` and `dont` are one word). Where there is punctuation it bounds
//! what belongs together, and a question is a question; where there is none, a line is one clause and a question is told
//! by how it begins or ends. Whether a line is a machine's greeting or an order to whoever reads the call is decided here
//! too, because no rule may forget it.

use campanile_plugin_sdk::evaluator::Talk;
use campanile_plugin_sdk::types::Speaker;

use crate::builtin::sounds;
use crate::pattern::Patterns;
use crate::time_words::Names;

/// Who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The assistant.
    Agent,
    /// The person.
    User,
    /// A machine or somebody unknown: never agrees to anything.
    Other,
}

/// One line of the call.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its position in the transcript.
    pub at: u32,
    /// Milliseconds from the beginning of the call.
    pub at_ms: u64,
    /// Who.
    pub who: Who,
    /// In lower case, without apostrophes.
    pub words: Vec<String>,
    /// Beside each word: the number of its clause.
    pub clauses: Vec<usize>,
    /// Beside each word: what it names.
    pub names: Vec<Names>,
    /// Beside each word: whether it is part of a question.
    pub asked: Vec<bool>,
    /// It speaks to whoever reads the call instead of to the other party.
    pub order: bool,
}

/// Sounds before an answer.
const FILLERS: &[&str] = &[
    "uh", "um", "ugh", "aw", "eh", "gosh", "hmmm", "umm", "uhh", "er", "erm", "ah", "oh", "ooh", "well", "hm", "hmm",
    "mm", "so", "like", "hey", "sorry", "wait", "and", "ach", "äh", "ähm", "also", "na", "naja", "tja", "moment",
];
/// What ends a question that has no question mark: from here on somebody answers it.
const ANSWERING: &[&str] = &["oh", "okay", "ok", "ah", "alright", "well", "um", "uh", "hm", "hmm", "ach", "äh", "ähm"];
const AUXILIARY: &[&str] = &[
    "would", "could", "can", "do", "does", "did", "is", "are", "was", "will", "should", "shall", "may", "have", "has",
    "würden", "könnten", "können", "soll", "sollen", "muss", "haben", "ist", "sind", "kann", "darf", "möchten",
];
const SUBJECTS: &[&str] = &[
    "i", "you", "we", "he", "she", "it", "they", "that", "this", "there", "the", "ich", "sie", "wir", "er", "es", "das",
];
const ASKING: &[&str] = &[
    "what", "whats", "when", "why", "how", "who", "whos", "where", "which", "was", "wann", "wie", "wer", "wo", "warum",
    "wieso", "welche", "welcher",
];

/// Whether a word is only a sound.
pub fn is_filler(word: &str) -> bool {
    FILLERS.contains(&word)
}

/// The words of a text and the clause that each is in; the clauses that end with a question mark.
fn split(text: &str) -> (Vec<String>, Vec<usize>, Vec<usize>) {
    let (mut words, mut clauses, mut questions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut word, mut clause) = (String::new(), 0);
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    for (at, letter) in letters.iter().copied().enumerate() {
        let within_number = matches!(letter, ':' | '.' | ',') && digit(at.checked_sub(1)) && digit(Some(at + 1));
        match letter {
            '\'' | '’' | '`' | '´' => continue,
            _ if letter.is_alphanumeric() || letter == '_' || within_number => {
                word.push(letter);
                continue;
            }
            _ => {}
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
            clauses.push(clause);
        }
        if letter == '?' {
            questions.push(clause);
        }
        if matches!(letter, '.' | '?' | '!' | ';' | '—' | '–' | '…' | '\n') && clauses.last() == Some(&clause) {
            clause += 1;
        }
    }
    if !word.is_empty() {
        words.push(word);
        clauses.push(clause);
    }
    (words, clauses, questions)
}

/// Words alone: for the phrases of rules.
pub fn words(text: &str) -> Vec<String> {
    split(text).0
}

/// How many words of a clause, from its beginning, are a question that has no question mark.
fn unmarked_question(clause: &[String]) -> usize {
    let begins = clause.iter().position(|word| !is_filler(word)).unwrap_or(clause.len());
    let Some((first, rest)) = clause[begins..].split_first() else { return 0 };
    let second = rest.first().map(String::as_str).unwrap_or_default();
    let last = clause.last().map(String::as_str).unwrap_or_default();
    let before_last = clause.len().checked_sub(2).map(|at| clause[at].as_str()).unwrap_or_default();
    let asks_back = match last {
        "what" | "who" | "huh" | "was" | "wer" => clause.len() > 2,
        "right" => clause.len() > 2 && !["thats", "all", "is", "its", "quite"].contains(&before_last),
        _ => false,
    };
    if asks_back {
        return clause.len();
    }
    let ordered = first == "do" && ["it", "that", "this", "the"].contains(&second);
    let inverted = AUXILIARY.contains(&first.as_str()) && SUBJECTS.contains(&second) && !ordered;
    let word = ASKING.contains(&first.as_str()) && !["not", "no", "nicht"].contains(&second);
    let echoed = first == "you" && ["want", "said", "mean", "would", "say"].contains(&second);
    if !(inverted || word || echoed) {
        return 0;
    }
    let answered = rest.iter().position(|word| ANSWERING.contains(&word.as_str()));
    answered.map_or(clause.len(), |at| begins + 1 + at)
}

impl Line {
    /// A line of these words.
    pub fn new(at: u32, at_ms: u64, who: Who, text: &str) -> Self {
        let (words, clauses, marked) = split(text);
        let mut asked = Vec::with_capacity(words.len());
        while asked.len() < words.len() {
            let from = asked.len();
            let clause = clauses[from];
            let until = from + clauses[from..].iter().take_while(|other| **other == clause).count();
            let whole = marked.contains(&clause);
            let open = if whole { until - from } else { unmarked_question(&words[from..until]) };
            asked.extend((from..until).map(|word| word - from < open));
        }
        let names = words.iter().map(|word| Names::of(word)).collect();
        Self { at, at_ms, who, words, clauses, names, asked, order: false }
    }

    /// Whether nothing but sounds comes before `word` in its clause.
    pub fn begins_at(&self, word: usize) -> bool {
        (0..word).rev().take_while(|at| self.clauses[*at] == self.clauses[word]).all(|at| is_filler(&self.words[at]))
    }

    /// The words from one to before another.
    pub fn quote(&self, from: usize, to: usize) -> String {
        self.words[from..to].join(" ")
    }
}

/// The lines of a call that hold words.
pub fn lines(talk: &Talk) -> Vec<Line> {
    let (machine, orders) = (Patterns::of(sounds::MACHINE), Patterns::of(sounds::ORDERS));
    let numbered = talk.transcript.iter().zip(0_u32..);
    let all = numbered.map(|(said, at)| {
        let who = match said.speaker {
            Speaker::Assistant => Who::Agent,
            Speaker::Person => Who::User,
            Speaker::Other => Who::Other,
        };
        let mut line = Line::new(at, said.at_ms, who, &said.text);
        if who == Who::User {
            line.order = orders.is_in(&line) || said.text.contains('{') || named_speaker(&said.text);
            if machine.is_in(&line) {
                line.who = Who::Other;
            }
        }
        line
    });
    all.filter(|line| !line.words.is_empty()).collect()
}

/// `agent: ...` inside what one person says is a made-up turn.
fn named_speaker(text: &str) -> bool {
    let text = text.to_lowercase();
    ["agent:", "user:", "assistant:", "system:", "person:", "developer:"].iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> String {
        let line = Line::new(0, 0, Who::User, text);
        let words = line.words.iter().zip(&line.asked).filter(|(_, asked)| **asked);
        words.map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_the_same_however_they_are_written() {
        assert_eq!(words("Don’t, at 15:30 – I CAN'T."), ["dont", "at", "15:30", "i", "cant"]);
        assert_eq!(words("dont at 15:30 i cant"), words("Don't at 15:30, I can't!"));
    }

    #[test]
    fn a_question_is_told_by_its_mark_or_by_how_it_begins_and_ends() {
        assert_eq!(asked("Book me in? Yes."), "book me in");
        assert_eq!(asked("book me in for tuesday for what"), "book me in for tuesday for what");
        assert_eq!(asked("uh would you book me in"), "uh would you book me in");
        assert_eq!(asked("how long is it oh okay book me in"), "how long is it");
        assert_eq!(asked("tuesday at one you said right"), "tuesday at one you said right");
        for text in ["yes that's right", "why not", "do it", "all right", "sure can i bring my wife"] {
            assert_eq!(asked(text), "", "{text}");
        }
    }

    #[test]
    fn clauses_end_where_sentences_do() {
        let line = Line::new(0, 0, Who::User, "No... Really! It's 3.30, fine");
        assert_eq!(line.clauses, [0, 1, 2, 2, 2]);
        assert!(line.begins_at(1) && !line.begins_at(3));
    }
}
