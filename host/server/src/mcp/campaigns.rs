//! Tools for campaigns: whom an assistant calls, when, and how often.

use serde_json::{Value, json};

use super::tool::{Effect, Told, number, page, text};

const CAMPAIGN: &str = "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea";

fn state(campaign: &Value) -> String {
    let (id, name, status) = (text(campaign, "/id"), text(campaign, "/name"), text(campaign, "/status"));
    format!("Campaign {id} {name:?} is {status}")
}

pub(super) const TOOLS: &[Told] = &[
    Told {
        name: "list_campaigns",
        title: "List campaigns",
        about: "Lists campaigns with their whole configuration, newest first; status is draft, in_progress, paused or completed. Use it to \
                find a campaign's id. How far one is: get_campaign_stats.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/campaigns"],
        id: "",
        example: || json!({"status": "in_progress"}),
        said: |answer| page(answer, "campaign", "campaigns"),
    },
    Told {
        name: "get_campaign",
        title: "Read a campaign",
        about: "Reads one campaign: its configuration, its status and, in status_reason, why it is in that status, since when and who did it. \
                Use it when a campaign stopped by itself, or before changing it.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/campaigns/{id}"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN}),
        said: |answer| format!("{} ({}).", state(answer), text(answer, "/status_reason/detail")),
    },
    Told {
        name: "create_campaign",
        title: "Create a campaign",
        about: "Makes a campaign as a draft: nobody is called before start_campaign. Needs an assistant (list_assistants) and a name; \
                everything else has a default. Calling hours follow time_zone, the assistant's unless given. After it: add_leads, then \
                rehearse_campaign or explain_campaign, then start_campaign. An error lists every argument that breaks a rule; repair all and \
                call again with the same idempotency_key only if the arguments are the same, otherwise with a new one.",
        effect: Effect::ADDS,
        method: "POST",
        paths: &["/v1/campaigns"],
        id: "",
        example: || {
            json!({"assistant": "asst_01k9zr2v9pfb1sxkh5gqd0m8ea", "name": "Spring check-ups", "max_concurrent_calls": 3,
                "calling_hours": {"start": "09:00", "end": "17:30", "days": ["monday", "tuesday", "wednesday"]},
                "max_retries": 2, "retry_interval_minutes": 120, "idempotency_key": "spring-check-ups-1"})
        },
        said: |answer| format!("{}; nobody is called yet. Next: add_leads with this campaign.", state(answer)),
    },
    Told {
        name: "update_campaign",
        title: "Change a campaign",
        about: "Changes what it names and leaves the rest; an argument that is named is replaced whole, and null gives back its default where \
                it has one. Works in every status; a campaign in progress goes on under the new rules at once, so wider hours or more \
                concurrent calls make phones ring now. Read it with get_campaign first. 409 says what the status does not allow.",
        effect: Effect::RULES,
        method: "PATCH",
        paths: &["/v1/campaigns/{id}"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN, "max_retries": 2, "max_concurrent_calls": 10}),
        said: |answer| {
            format!(
                "{} and changed; its configuration is version {}.",
                state(answer),
                number(answer, "/config_version")
            )
        },
    },
    Told {
        name: "start_campaign",
        title: "Start calling",
        about: "Starts a campaign, or goes on with a paused or completed one. On a live account PEOPLE ARE CALLED from now on, within the calling \
                hours, until every lead is done: run explain_campaign (and rehearse_campaign) first, and have a person's agreement. Starting a \
                campaign that is in progress changes nothing. When it cannot start (CE0012), every check that fails is listed: no \
                lead, an assistant without outbound or a number, an empty balance, a gateway that does not answer; nothing was \
                started, repair and start again.",
        effect: Effect::BEGINS,
        method: "POST",
        paths: &["/v1/campaigns/{id}/start"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN}),
        said: |answer| {
            format!("{}. explain_campaign says what holds calls back; get_campaign_stats how far it is.", state(answer))
        },
    },
    Told {
        name: "pause_campaign",
        title: "Pause a campaign",
        about: "Calls nobody new; calls under way are finished. Use it when in doubt: nothing is lost, and resume_campaign goes on. To hang up the \
                calls under way too, use stop_campaign. A draft or a completed campaign cannot be paused (CE0013).",
        effect: Effect::HOLDS,
        method: "POST",
        paths: &["/v1/campaigns/{id}/pause"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN}),
        said: |answer| format!("{}: nobody new is called, and calls under way are finished.", state(answer)),
    },
    Told {
        name: "resume_campaign",
        title: "Go on calling",
        about: "Goes on with a paused or completed campaign. On a live account PEOPLE ARE CALLED from now on, as with start_campaign, and the \
                same checks have to hold (CE0012 lists those that do not). A draft cannot be resumed (CE0013): start it.",
        effect: Effect::BEGINS,
        method: "POST",
        paths: &["/v1/campaigns/{id}/resume"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN}),
        said: |answer| format!("{}. explain_campaign says what holds calls back.", state(answer)),
    },
    Told {
        name: "stop_campaign",
        title: "Stop and hang up",
        about: "Calls nobody new and HANGS UP the calls under way. The campaign is paused then, and resume_campaign goes on. Use it in an \
                emergency; otherwise pause_campaign lets people finish their sentence.",
        effect: Effect::ENDS,
        method: "POST",
        paths: &["/v1/campaigns/{id}/stop"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN}),
        said: |answer| format!("{}: nobody new is called, and calls under way are hung up.", state(answer)),
    },
    Told {
        name: "explain_campaign",
        title: "Why nobody is called now",
        about: "Says which gates hold back the whole campaign now (status, calling hours, balance, budget, slots, the gateway), each with its \
                facts and, where a clock opens it, until when; and how many leads wait at which gate of their own. Use it before \
                start_campaign, and whenever calls do not come. One lead: explain_lead.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/campaigns/{id}/explain"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN}),
        said: |answer| {
            if answer["open"] == true {
                return "Nothing holds the whole campaign back; leads are called as soon as their own gates open."
                    .to_owned();
            }
            let gates = answer["gates"].as_array().into_iter().flatten();
            let closed = gates.filter(|gate| gate["verdict"] != "pass").map(|gate| text(gate, "/detail"));
            format!("The whole campaign is held back: {}.", closed.collect::<Vec<_>>().join("; "))
        },
    },
    Told {
        name: "get_campaign_stats",
        title: "How far a campaign is",
        about: "Counts the leads by status and reason, the attempts by outcome and by who answered, goals reached, open calls, talk time (talk_ms, \
                milliseconds) and cost (cost_micros, millionths of the account's currency). Use it for progress and results.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/campaigns/{id}/stats"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN}),
        said: |answer| {
            let of = |place: &str| number(answer, place);
            let (leads, open, goals, minutes) =
                (of("/leads"), of("/open_attempts"), of("/goals_reached"), of("/talk_ms") / 60_000);
            format!("{leads} leads, {open} calls under way, {goals} goals reached, {minutes} minutes of talk.")
        },
    },
    Told {
        name: "rehearse_campaign",
        title: "Rehearse a campaign",
        about: "Plays the campaign twelve times with people made like those of past calls. Nobody is called and no lead is touched. Use it before \
                start_campaign, or to compare another retry policy (policy: name@version, or builtin). It answers a job at once; ask \
                get_job every few seconds until its state is finished; its result holds ranges (lowest, middle, highest), which are estimates. \
                It needs leads.",
        effect: Effect::ADDS,
        method: "POST",
        paths: &["/v1/campaigns/{id}/rehearse"],
        id: "campaign",
        example: || json!({"campaign": CAMPAIGN, "policy": "builtin"}),
        said: |answer| {
            format!("The rehearsal is job {}. Next: get_job with it until its state is finished.", text(answer, "/id"))
        },
    },
];
