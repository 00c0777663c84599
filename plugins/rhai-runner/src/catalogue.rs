//! Everything that a script can use, in one table: for suggestions, for the guide, and for editors.
//!
//! A name that is registered and not in the table would be completed by no editor and suggested to nobody; one that is in the
//! table and not registered would be a promise. Tests hold the table to what the interpreter has registered, run every
//! example, and compare `docs/script-catalogue.json` and the highlighting grammar `docs/rhai.tmLanguage.json` with it.
//!
//! Names that the language has itself are left out, also where they take our types (`min`, `max`, `to_string`, operators).

use serde::Serialize;

mod entries;
#[cfg(test)]
mod grammar;
#[cfg(test)]
mod tests;

pub use entries::ENTRIES;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Function,
    Property,
    Method,
}

/// One name.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    /// The type that a property or a method belongs to, as error messages call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<&'static str>,
    /// The functions of a script in which it can be used; none: in any.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub within: &'static [&'static str],
    pub signature: &'static str,
    pub doc: &'static str,
    pub example: &'static str,
    /// The names that its map may have.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub keys: &'static [&'static str],
}

/// A function that a script defines, and that the host calls.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Defined {
    pub name: &'static str,
    pub signature: &'static str,
    pub doc: &'static str,
    pub example: &'static str,
}

/// What makes a file a script.
pub const DEFINED: &[Defined] = &[
    Defined {
        name: "decide",
        signature: "fn decide(lead) -> decision",
        doc: "Decides what happens to a lead after a call.",
        example: "fn decide(lead) {\n    builtin()\n}",
    },
    Defined {
        name: "evaluate",
        signature: "fn evaluate(talk) -> map of answers",
        doc: "Says what a call meant: the post-call variables by name.",
        example: "fn evaluate(talk) {\n    let yes = talk.find([\"yes\", \"sure\"]).by(\"person\").affirmed();\n    #{ booked: told(yes.any(), \"agreed\", yes) }\n}",
    },
    Defined {
        name: "map_row",
        signature: "fn map_row(row) -> what becomes of a row",
        doc: "Says what one row of a lead file means.",
        example: "fn map_row(row) {\n    person(#{ phone: row.phone, name: row.name })\n}",
    },
    Defined {
        name: "settings",
        signature: "fn settings() -> map of declared settings",
        doc: "Declares settings that a campaign may fill in.",
        example: "fn settings() {\n    #{ wait: number(15, \"Minutes to wait\", 10, 600) }\n}",
    },
];

/// Words of the language.
pub const KEYWORDS: &[&str] = &[
    "break", "catch", "const", "continue", "do", "else", "false", "fn", "for", "if", "in", "let", "loop", "private",
    "return", "switch", "this", "throw", "true", "try", "until", "while",
];

/// Words that the language keeps for itself, so that nothing can be called by them.
pub const RESERVED: &[&str] = &[
    "as",
    "async",
    "await",
    "call",
    "case",
    "curry",
    "default",
    "eval",
    "export",
    "go",
    "goto",
    "import",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "protected",
    "public",
    "shared",
    "spawn",
    "static",
    "super",
    "sync",
    "thread",
    "type_of",
    "use",
    "var",
    "void",
    "with",
    "yield",
];

const CALLABLE: usize = {
    let (mut at, mut count) = (0, 0);
    while at < ENTRIES.len() {
        if !matches!(ENTRIES[at].kind, Kind::Property) {
            count += 1;
        }
        at += 1;
    }
    count
};

const fn callable() -> [&'static str; CALLABLE] {
    let mut names = [""; CALLABLE];
    let (mut at, mut count) = (0, 0);
    while at < ENTRIES.len() {
        if !matches!(ENTRIES[at].kind, Kind::Property) {
            names[count] = ENTRIES[at].name;
            count += 1;
        }
        at += 1;
    }
    names
}

/// The functions and methods that a script may call; one name may be there twice, for two types.
pub const FUNCTIONS: &[&str] = &callable();

#[derive(Serialize)]
struct Whole {
    about: &'static str,
    entries: &'static [Entry],
    defined: &'static [Defined],
    keywords: &'static [&'static str],
    reserved: &'static [&'static str],
}

/// The catalogue as editors read it, `docs/script-catalogue.json`.
///
/// # Errors
/// None that a table of texts could have.
pub fn json() -> serde_json::Result<String> {
    let about = "What a script can use; see script-guide.md. Written by `cargo run --example catalogue`, see plugins/rhai-runner.";
    let whole = Whole { about, entries: ENTRIES, defined: DEFINED, keywords: KEYWORDS, reserved: RESERVED };
    serde_json::to_string_pretty(&whole).map(|text| text + "\n")
}
