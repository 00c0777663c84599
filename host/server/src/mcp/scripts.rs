//! Tools for scripts: what decides after a call when it is not the built-in rule.

use serde_json::json;

use super::tool::{Effect, Told, page, text};

pub(super) const TOOLS: &[Told] = &[
    Told {
        name: "list_scripts",
        title: "List scripts",
        about: "Lists the versions of all scripts, by name and age, without their sources; active marks the one in force under name@active. A \
                campaign names one as its policy or among its evaluators.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/scripts"],
        id: "",
        example: || json!({}),
        said: |answer| page(answer, "version of a script", "versions of scripts"),
    },
    Told {
        name: "test_script",
        title: "Test a script",
        about: "Puts cases to a draft in the real sandbox; nothing is kept and no lead is touched. Rhai: fn decide(lead) ends every way in one of \
                builtin(), retry(#{ after: minutes(15), reason: \"busy\" }), next_contact(), complete(\"why\"), give_up(\"why\"), suppress(\"number\"); it \
                sees lead.last.was(\"busy\"), lead.count(\"voicemail\"), lead.in_a_row(\"busy\"), lead.vars, lead.round, lead.now. fn evaluate(talk) \
                answers #{ booked: told(true, \"agreed\", found) } from talk.find([\"yes\"]).by(\"person\").affirmed(). A case for decide: {name, calls: \
                [\"busy\", \"voicemail\"], expect: {decision: \"retry\"}}; outcomes are answered, voicemail, busy, unanswered, failed. A case for \
                evaluate: {name, said: [\"assistant: Shall I book it?\", \"person: Yes.\"], expect: {answers: {booked: true}}}. A case that differs \
                is a result, with the difference; a script that cannot be read is an error with line and column.",
        effect: Effect::READS,
        method: "POST",
        paths: &["/v1/scripts/test"],
        id: "",
        example: || {
            json!({"source": "fn decide(lead) { builtin() }",
                "cases": [{"name": "busy", "calls": ["busy"], "expect": {"decision": "retry"}}]})
        },
        said: |answer| {
            let cases = answer["data"].as_array().into_iter().flatten();
            let failed: Vec<&str> =
                cases.filter(|case| case["passed"] != true).map(|case| text(case, "/case")).collect();
            if failed.is_empty() {
                "Every case passed.".to_owned()
            } else {
                format!("Not as expected: {}.", failed.join(", "))
            }
        },
    },
    Told {
        name: "push_script",
        title: "Put a script in force",
        about: "Keeps a script as the next version of its name and activates it at once: every campaign that names it as name@active decides by it from \
                now on, and leads that waited for it are decided again, so phones may ring. Test it with test_script first. Then \
                update_campaign with policy name@active (or evaluators). CE0022 lists what is wrong, with line and column; nothing was kept.",
        effect: Effect::RULES,
        method: "POST",
        paths: &["/v1/scripts"],
        id: "",
        example: || json!({"name": "patient-retry", "source": "fn decide(lead) { retry(#{ after: hours(2) }) }"}),
        said: |answer| {
            let (name, version) = (text(answer, "/name"), text(answer, "/version"));
            format!("{name}@{version} is in force. A campaign uses it with policy {name}@active.")
        },
    },
];
