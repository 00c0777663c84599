//! What the two witnesses say: the lines of the carrier's log, and the calls of the API.

use std::collections::BTreeMap;

use campanile_tests::account::outcome;
use serde_json::Value;

/// Milliseconds since 1970 on the carrier's or the server's clock; both were started together.
pub type Millis = i64;

/// Reads RFC 3339.
pub fn millis(text: &str) -> Millis {
    text.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{text:?}: {error}")).as_millisecond()
}

/// One request to dial, as the carrier saw it.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The attempt that it was made for.
    pub attempt: String,
    /// The number.
    pub to: String,
    /// When it came.
    pub at: Millis,
    /// `placed`, `refused`, `lost_answer` or `lost_request`.
    pub reception: String,
    /// The phone that rang: how the call ended, and when.
    pub rang: Option<(String, Millis)>,
}

/// Reads the carrier's log.
pub fn dials(log: &str) -> Vec<Dial> {
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    let text =
        |line: &Value, field: &str| line[field].as_str().unwrap_or_else(|| panic!("no {field}: {line}")).to_owned();
    let hung_up: BTreeMap<String, Millis> = lines
        .iter()
        .filter(|line| line["kind"] == "hung_up")
        .map(|line| (text(line, "call"), millis(&text(line, "at"))))
        .collect();
    let dial = |line: &Value| Dial {
        attempt: text(line, "attempt"),
        to: text(line, "to"),
        at: millis(&text(line, "at")),
        reception: text(line, "answer"),
        rang: (line["rings"] == true).then(|| {
            let end = millis(&text(line, "ends_at"));
            match hung_up.get(&text(line, "call")).filter(|cut| **cut < end) {
                Some(cut) => ("cancelled".to_owned(), *cut),
                None => (text(line, "outcome"), end),
            }
        }),
    };
    lines.iter().filter(|line| line["kind"] == "dial").map(dial).collect()
}

/// One attempt, as the database has it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its id.
    pub id: String,
    /// Of which lead.
    pub lead: String,
    /// The number.
    pub phone: String,
    /// `answered`, `unanswered`, ... `refused`, `withdrawn`, `not_dialled`, `unknown`.
    pub outcome: String,
    /// When it was committed.
    pub started_at: Millis,
    /// When it was over; `None` while it is open.
    pub ended_at: Option<Millis>,
}

impl Attempt {
    /// Of a call of the API.
    pub fn of(call: &Value) -> Self {
        let text = |field: &str| call[field].as_str().unwrap_or_else(|| panic!("no {field}: {call}")).to_owned();
        let open = ["initiated", "ringing", "in_progress"].contains(&text("status").as_str());
        Self {
            id: text("id"),
            lead: text("lead"),
            phone: text("phone"),
            outcome: if open { format!("open: {}", text("status")) } else { outcome(call) },
            started_at: millis(&text("started_at")),
            ended_at: call["ended_at"].as_str().map(millis).filter(|_| !open),
        }
    }
}
