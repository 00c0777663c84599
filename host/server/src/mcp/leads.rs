//! Tools for leads: the people to reach.

use serde_json::json;

use super::tool::{Effect, Told, number, page, text};

const LEAD: &str = "lead_01k9zr2v9pfb1sxkh5gqd0m8ea";

pub(super) const TOOLS: &[Told] = &[
    Told {
        name: "add_leads",
        title: "Add leads to a campaign",
        about: "Adds 1 to 1,000 people to a campaign. Good ones are kept though others are rejected: look at results, one for each lead in the \
                order sent (created, updated, duplicate, rejected with the faults), repair the rejected ones and send only those again. Each needs \
                phone or contacts; without a country code, default_region (two letters) says the country. external_id updates a \
                lead that has it. When the campaign is in progress, these people are called as soon as the hours allow. Add nobody whom \
                the person you work for has not named.",
        effect: Effect::CALLS,
        method: "POST",
        paths: &["/v1/campaigns/{id}/leads:batch"],
        id: "campaign",
        example: || {
            json!({"campaign": "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea", "default_region": "US", "idempotency_key": "ann-and-bob",
                "leads": [{"phone": "415-555-2671", "variables": {"first_name": "Ann"}}, {"phone": "+14155552672", "external_id": "crm-17"}]})
        },
        said: |answer| {
            let of = |place: &str| number(answer, place);
            let (created, updated, twice, bad) = (of("/created"), of("/updated"), of("/duplicates"), of("/rejected"));
            let next =
                if bad == 0 { "" } else { " Repair the rejected ones by their errors and send only those again." };
            format!("{created} created, {updated} updated, {twice} in the campaign already, {bad} rejected.{next}")
        },
    },
    Told {
        name: "search_leads",
        title: "Find leads",
        about: "Finds leads, newest first, in one campaign or, when campaign is left out, in all of them: by phone (any of their phones, with the \
                country code), external_id or status. A lead's reason says why it ended or waits. Why one is not called: explain_lead.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/campaigns/{id}/leads", "/v1/leads"],
        id: "campaign",
        example: || json!({"phone": "+14155552671", "limit": 5}),
        said: |answer| page(answer, "lead", "leads"),
    },
    Told {
        name: "explain_lead",
        title: "Why somebody is not called now",
        about: "Says gate by gate why one lead is not being called now (calling hours, do-not-call, wait after the last call, caps, money ...) and \
                the earliest instant at which it could be; conditional means that the instant depends on things no clock moves. Use it to answer \
                \"why was she not called\" and \"when\".",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/leads/{id}/explain"],
        id: "lead",
        example: || json!({"lead": LEAD}),
        said: |answer| {
            if answer["callable_now"] == true {
                return "Can be called now; the engine takes it with the next free slot.".to_owned();
            }
            let gates = answer["gates"].as_array().into_iter().flatten();
            let closed = gates.filter(|gate| gate["verdict"] != "pass").map(|gate| text(gate, "/detail"));
            let when = match text(answer, "/earliest") {
                "" => "no clock opens that".to_owned(),
                earliest => format!("the earliest instant is {earliest}"),
            };
            format!("Not now: {}; {when}.", closed.collect::<Vec<_>>().join("; "))
        },
    },
    Told {
        name: "update_lead",
        title: "Change a lead",
        about: "Changes what it names. Variables are merged. status completed: this person is not called any more in this campaign (use it when \
                somebody asks for that). status created: CALL AGAIN from the beginning, which on a live account makes the phone ring. While a \
                call is under way both take effect when it is over. not_before and expires_at bound when the lead may be called.",
        effect: Effect::RULES,
        method: "PATCH",
        paths: &["/v1/leads/{id}"],
        id: "lead",
        example: || json!({"lead": LEAD, "status": "completed"}),
        said: |answer| format!("Lead {} is {}.", text(answer, "/id"), text(answer, "/status")),
    },
];
