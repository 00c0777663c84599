//! `campanile lead timeline LEAD`: what happened to a lead, an event a line; `--json` has every question and answer.

use serde_json::{Value, json};

use super::{NOUN, One};
use crate::exit::Failure;
use crate::nouns::table::{Rows, cell};
use crate::say::say;

/// Runs the command.
pub async fn run(args: &One) -> Result<(), Failure> {
    let told = args.reading.client()?.get(&format!("{}/timeline", NOUN.at(&args.lead))).await?;
    if args.reading.json {
        return say(&told);
    }
    let mut rows = Rows::new(&["at", "kind", "what", "by", "call"]);
    told["data"].as_array().into_iter().flatten().for_each(|entry| rows.add(&line(entry)));
    rows.print()
}

fn line(entry: &Value) -> Value {
    let kind = entry["kind"].as_str().unwrap_or_default();
    let of = &entry[kind];
    let what = match kind {
        "call" => [&of["status"], &of["reason"], &of["phone"]].map(cell).join(" "),
        "decision" => {
            let changed = of["changed"].as_str().map(|changed| format!("; {changed}")).unwrap_or_default();
            decided(&of["output"]) + &changed
        }
        "shadow" => format!("{} instead of {}", decided(&of["answered"]), decided(&of["decided"])),
        "evaluation" => format!("asked for {}", cell(&of["wanted"])),
        _ => String::new(),
    };
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let call = if kind == "call" { &of["id"] } else { &of["call"] };
    json!({"at": entry["at"], "kind": kind, "what": what, "by": of["by"], "call": call})
}

/// An answer in a few words; also of one that is not there, and why.
fn decided(answer: &Value) -> String {
    let words = ["decision", "not_before", "reason", "code", "message"];
    words.map(|word| cell(&answer[word])).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_in_a_line() {
        let call = json!({"at": "t", "kind": "call", "call": {"id": "call_1", "status": "busy", "reason": null, "phone": "+1"}});
        assert_eq!((&line(&call)["what"], &line(&call)["call"]), (&json!("busy +1"), &json!("call_1")));
        let decision = json!({"at": "t", "kind": "decision", "decision": {"call": "call_1", "by": "x@1",
            "output": {"decision": "retry", "reason": "busy"}, "changed": "later"}});
        assert_eq!((&line(&decision)["what"], &line(&decision)["by"]), (&json!("retry busy ; later"), &json!("x@1")));
        assert_eq!(line(&json!({"at": "t", "kind": "lead_created"}))["what"], "");
    }
}
