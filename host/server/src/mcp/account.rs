//! Tools that say what there is to work with.

use serde_json::{Value, json};

use super::tool::{Effect, Told, page, text};

pub(super) const TOOLS: &[Told] = &[
    Told {
        name: "get_account",
        title: "Which account this is",
        about: "Says which account the key opens, whether it is a test account (nothing reaches a real phone) or a live one (people are \
                called), what the key may do, the limits, and the balance where billing is on (available_micros, millionths of \
                billing.currency). Use it first, and before anything that calls people. Tools that the key has no scope for are not listed.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/me"],
        id: "",
        example: || json!({}),
        said: |answer| {
            let name = text(answer, "/tenant/name");
            if answer["test"] == true {
                return format!("Test account {name:?}: calls are simulated, nobody is reached.");
            }
            format!("Live account {name:?}: starting a campaign or placing a call makes real phones ring.")
        },
    },
    Told {
        name: "list_assistants",
        title: "List assistants",
        about: "Lists the assistants, oldest first: who speaks, in which time zone, from which phone numbers, whether it calls out \
                (outbound), and which post-call variables it determines (a boolean one can be a campaign's goal_variable). Use it to find \
                the id that create_campaign and place_call need. Assistants cannot be made with these tools; their owner makes them.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/assistants"],
        id: "",
        example: || json!({"limit": 20}),
        said: |answer: &Value| page(answer, "assistant", "assistants"),
    },
];
