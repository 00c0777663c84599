//! Cases of a lead importer.

use serde_json::{Value, json};

use super::provider::Provider;
use super::{Case, NOW, refused, strange};

fn push(body: &str, headers: Value) -> Value {
    json!({ "webhook": {
        "method": "POST", "url": "https://calls.example/hooks/sources/src_0/token?x=1", "headers": headers,
        "body": body, "received_at": NOW.0
    }})
}

/// Leads with an id of their own, never the same one twice in a page, and no cursor lost while there is more.
fn a_page(answer: &Value) -> Result<(), String> {
    let Some(page) = answer.get("ok") else { return Ok(()) };
    let mut ids: Vec<_> =
        page["leads"].as_array().into_iter().flatten().filter_map(|lead| lead["external_id"].as_str()).collect();
    if ids.iter().any(|id| id.is_empty()) {
        return Err("a lead has no external id; without it the same person comes twice".to_owned());
    }
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("one page has the same external id twice".to_owned());
    }
    if page["more"] == json!(true) && page["cursor"].is_null() {
        return Err("it says that there is more and gives no cursor to go on from".to_owned());
    }
    Ok(())
}

pub fn cases() -> Vec<Case> {
    let first = || json!({"cursor": null, "limit": 100});
    let mut cases = vec![
        Case::new("check", "check", json!({})),
        Case::new("options of a setting", "options", json!({"setting": "list", "query": ""})),
        Case::new("options of no setting", "options", json!({"setting": strange(), "query": strange()})),
        Case::new("a cursor that is not its own", "pull", json!({"cursor": strange(), "limit": 1})).rule(a_page),
        Case::new("a limit of nothing", "pull", json!({"cursor": null, "limit": 0})).rule(a_page),
        Case::new("an unsigned push", "receive", push("{}", json!([]))),
        Case::new("a push that is no text", "receive", {
            let mut asked = push("", json!([["x-signature", "AAAA"]]));
            asked["webhook"]["body"] = json!({"base64": "//79AAE="});
            asked
        })
        .rule(refused),
    ];
    cases.extend(Provider::faults().into_iter().map(|(name, provider)| {
        Case::new(format!("provider: {name}"), "pull", first()).provider(provider).rule(a_page)
    }));
    cases
}
