//! Whole conversations: from the handshake to a campaign under way, and what a model reads when it goes wrong.

use serde_json::{Value, json};

use super::super::desk::told;
use super::{all, posted};
use crate::testing::Host;

fn handshake(version: &str) -> Value {
    json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})
}

#[tokio::test]
async fn a_client_shakes_hands_and_is_told_how_to_go_about_it() {
    let host = Host::new().await;
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let hello = host.asks(&host.live, "initialize", handshake(version)).await;
        assert_eq!(hello["protocolVersion"], version);
        assert_eq!(
            (&hello["serverInfo"]["name"], &hello["serverInfo"]["version"]),
            (&json!("campanile"), &json!(host.app.config.about.version))
        );
        assert!(hello["capabilities"]["tools"].is_object(), "{hello}");
        assert!(hello["instructions"].as_str().unwrap().contains("get_account"), "{hello}");
    }
    let future = host.asks(&host.live, "initialize", handshake("2999-01-01")).await;
    assert!(future["protocolVersion"].as_str().unwrap() < "2999", "{future}");
    let ready = host.says(Some(&host.live), r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!((ready.status, ready.text.as_str(), ready.header("mcp-session-id")), (202, "", String::new()));
}

#[tokio::test]
async fn a_client_of_the_newest_protocol_asks_without_a_handshake() {
    let host = Host::new().await;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}});
    let ask = async |method: &str, name: Option<&str>, mut params: Value| {
        params["_meta"] = meta.clone();
        let mut request =
            posted(Some(&host.live)).header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        host.call(request.body(message.to_string().into()).unwrap()).await
    };
    let found = ask("server/discover", None, json!({})).await;
    assert_eq!(
        (found.status, found.body["result"]["capabilities"]["tools"].is_object()),
        (200, true),
        "{}",
        found.text
    );
    let listed = ask("tools/list", None, json!({})).await;
    assert_eq!(listed.body["result"]["tools"].as_array().map(Vec::len), Some(told().count()), "{}", listed.text);
    assert_eq!(listed.body["result"]["cacheScope"], "private");
    let account = ask("tools/call", Some("get_account"), json!({"name": "get_account", "arguments": {}})).await;
    assert_eq!(account.body["result"]["structuredContent"]["test"], false, "{}", account.text);
}

#[tokio::test]
async fn a_campaign_is_made_filled_started_and_watched() {
    let host = Host::new().await;
    let made = host.assistant().await;
    let account = host.result(&host.live, "get_account", json!({})).await;
    assert!(
        account["content"][0]["text"].as_str().unwrap().starts_with("Live account \"Harbour Dental\""),
        "{account}"
    );
    let assistants = host.does(&host.live, "list_assistants", json!({})).await;
    assert_eq!(all(&assistants["data"], "id"), [&made]);

    let wish =
        json!({"assistant": made, "name": "Spring", "max_retries": 1, "goal_variable": null, "idempotency_key": "k-1"});
    let draft = host.does(&host.live, "create_campaign", wish.clone()).await;
    assert_eq!((&draft["status"], &draft["max_retries"]), (&json!("draft"), &json!(1)));
    let mut again: Vec<_> = wish.as_object().unwrap().clone().into_iter().collect();
    again.reverse();
    let again = host.does(&host.live, "create_campaign", again.into_iter().collect()).await;
    assert_eq!(again["id"], draft["id"], "made once, in whatever order it is asked for");
    let campaign = &draft["id"];

    let (text, early) = host.refuses(&host.live, "start_campaign", json!({"campaign": campaign})).await;
    assert_eq!((&early["code"], &early["status"]), (&json!("CE0012"), &json!(409)), "{text}");

    let leads = json!([{"phone": "415-555-2671", "variables": {"first_name": "Ann"}}, {"phone": "12"}]);
    let added = host.result(&host.live, "add_leads", json!({"campaign": campaign, "leads": leads})).await;
    let told = added["content"][0]["text"].as_str().unwrap();
    assert!(told.starts_with("1 created, 0 updated, 0 in the campaign already, 1 rejected. Repair"), "{told}");
    assert_eq!(added["structuredContent"]["results"][1]["errors"][0]["pointer"], "/leads/1/phone");

    let changed = host.does(&host.live, "update_campaign", json!({"campaign": campaign, "max_retries": null})).await;
    assert_eq!(changed["max_retries"], 3, "null gives back the default");
    let started = host.does(&host.live, "start_campaign", json!({"campaign": campaign})).await;
    assert_eq!(started["status"], "in_progress");
    assert_eq!(host.does(&host.live, "start_campaign", json!({"campaign": campaign})).await["status"], "in_progress");
    let why = host.does(&host.live, "explain_campaign", json!({"campaign": campaign})).await;
    assert!(!why["gates"].as_array().unwrap().is_empty(), "{why}");
    let stats = host.does(&host.live, "get_campaign_stats", json!({"campaign": campaign})).await;
    assert_eq!(stats["leads"], 1);

    let here = host.does(&host.live, "search_leads", json!({"campaign": campaign, "phone": "+14155552671"})).await;
    let everywhere = host.does(&host.live, "search_leads", json!({"status": "created", "limit": 1})).await;
    assert_eq!(here["data"], everywhere["data"]);
    let lead = &here["data"][0]["id"];
    host.does(&host.live, "explain_lead", json!({"lead": lead})).await;
    let done = host.does(&host.live, "update_lead", json!({"lead": lead, "status": "completed"})).await;
    assert_eq!(done["status"], "completed");
    for (tool, status) in [("pause_campaign", "paused"), ("resume_campaign", ""), ("stop_campaign", "")] {
        let result = host.result(&host.live, tool, json!({"campaign": campaign})).await;
        assert!(status.is_empty() || result["structuredContent"]["status"] == status, "{tool}: {result}");
    }
}

#[tokio::test]
async fn calls_are_read_with_what_was_said_and_a_closed_gate_is_told() {
    let host = Host::new().await;
    let (lead, call) = host.called_lead().await;
    let listed = host.does(&host.live, "list_calls", json!({"lead": lead})).await;
    assert_eq!(all(&listed["data"], "id"), [&call]);
    let read = host.result(&host.live, "get_call", json!({"call": call})).await;
    assert_eq!(read["structuredContent"]["transcript"][0]["text"], "Hello?");
    assert!(
        read["content"][0]["text"].as_str().unwrap().contains("Hello?"),
        "also for clients that show the text alone: {read}"
    );

    let assistant = host.does(&host.live, "list_assistants", json!({})).await["data"][0]["id"].clone();
    host.suppress("+14155552672").await;
    let wish = json!({"assistant": assistant, "phone": "+1 415-555-2672", "idempotency_key": "once"});
    let (text, closed) = host.refuses(&host.live, "place_call", wish).await;
    assert_eq!(closed["code"], "CE0035", "{text}");
    assert!(all(&closed["errors"], "code").contains(&"contact_suppressed"), "{text}");
}

#[tokio::test]
async fn scripts_are_tested_and_put_in_force_and_jobs_are_followed() {
    let host = Host::new().await;
    let script = json!({"name": "patient", "source": "fn decide(lead) { builtin() }"});
    assert_eq!(host.does(&host.live, "push_script", script).await["name"], "patient");
    assert_eq!(all(&host.does(&host.live, "list_scripts", json!({})).await["data"], "name"), ["patient"]);
    let (text, bad) = host.refuses(&host.live, "push_script", json!({"name": "patient", "source": "let"})).await;
    assert_eq!(bad["code"], "CE0022");
    assert!(text.contains("begin with fn decide"), "{text}");
    let job = host.running_job().await;
    assert_eq!(all(&host.does(&host.live, "list_jobs", json!({})).await["data"], "id"), [&job]);
    assert_eq!(host.does(&host.live, "get_job", json!({"job": job})).await["state"], "running");
    let (_, broken) = host.refuses(&host.live, "push_script", json!({"name": "patient", "source": "panic"})).await;
    assert_eq!((&broken["code"], broken.to_string().contains("secret")), (&json!("CE0018"), false));
}

#[tokio::test]
async fn every_fault_of_a_call_is_told_in_the_words_of_tools() {
    let host = Host::new().await;
    let key = &host.live;
    let strange = json!({"assistant": "asst_00000000000000000000000000", "name": "x"});
    let (text, _) = host.refuses(key, "create_campaign", strange).await;
    assert!(text.contains("list_assistants lists them") && !text.contains("GET /v1"), "{text}");

    let (_, problem) = host.refuses(key, "get_campaign", json!({"campaigns": "cmp_1", "a/b": 1})).await;
    assert_eq!(all(&problem["errors"], "pointer"), ["/campaign", "/campaigns", "/a~1b"]);
    assert_eq!(all(&problem["errors"], "code"), ["required", "unknown_field", "unknown_field"]);
    let (_, problem) = host.refuses(key, "list_campaigns", json!({"limit": 1_000})).await;
    assert_eq!((&problem["code"], all(&problem["errors"], "pointer")), (&json!("CE0011"), vec!["/limit"]));
    let (_, problem) = host.refuses(key, "list_campaigns", json!({"status": ["draft"]})).await;
    assert_eq!(all(&problem["errors"], "code"), ["wrong_type"]);
    let faulty = json!({"assistant": host.assistant().await, "name": "", "max_retries": 9, "calling_hours": {"someday": []}, "max_retry": 1});
    let (_, problem) = host.refuses(key, "create_campaign", faulty.clone()).await;
    assert_eq!(all(&problem["errors"], "pointer"), ["/max_retry"], "first what has no place at all");
    let mut faulty = faulty;
    faulty.as_object_mut().unwrap().remove("max_retry");
    let (_, problem) = host.refuses(key, "create_campaign", faulty).await;
    let pointers = all(&problem["errors"], "pointer");
    for place in ["/name", "/max_retries", "/calling_hours/someday"] {
        assert!(pointers.contains(&place), "{place} in {pointers:?}");
    }
    let odd = json!({"assistant": host.assistant().await, "name": "x", "idempotency_key": "a\nb"});
    assert_eq!(all(&host.refuses(key, "create_campaign", odd).await.1["errors"], "pointer"), ["/idempotency_key"]);
    for id in ["../keys", "cmp_1/start", "cmp_1?x=1", "%2e%2e", "cmp_\u{0}", "é"] {
        let (text, problem) = host.refuses(key, "start_campaign", json!({"campaign": id})).await;
        assert_eq!(problem["code"], "CE0004", "{id:?}: {text}");
    }
    assert_eq!(host.refuses(key, "start_campaign", json!({"campaign": " "})).await.1["code"], "CE0007");
}

#[tokio::test]
async fn a_stranger_s_things_are_not_found_by_any_tool() {
    let host = Host::new().await;
    let (lead, call) = host.called_lead().await;
    let campaign = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.body["campaign"].clone();
    let ids = json!({"lead": lead, "call": call, "campaign": campaign, "job": host.running_job().await});
    let before = host.get(Some(&host.live), "/v1/campaigns").await.text;
    let mut asked = 0;
    for tool in told().filter(|tool| !tool.id.is_empty()) {
        let mut arguments = (tool.example)();
        arguments[tool.id] = ids[tool.id].clone();
        for key in [&host.stranger, &host.test] {
            let (text, problem) = host.refuses(key, tool.name, arguments.clone()).await;
            assert_eq!(problem["code"], "CE0004", "{}: {text}", tool.name);
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    assert_eq!(host.get(Some(&host.live), "/v1/campaigns").await.text, before, "and nothing was changed");
}

#[tokio::test]
async fn the_log_has_a_line_for_the_route_and_neither_phones_nor_keys() {
    let host = Host::new().await;
    let campaign = host.campaign().await;
    let wish = json!({"campaign": campaign, "leads": [{"phone": "+14155552671"}]});
    let message =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add_leads", "arguments": wish}});
    let request = posted(Some(&host.live)).header("x-request-id", "trace-9").body(message.to_string().into()).unwrap();
    assert_eq!(host.call(request).await.body["result"]["isError"], false);
    let log = crate::testing::log::lines();
    for route in ["/mcp", "/v1/campaigns/{id}/leads:batch"] {
        let line = log.lines().find(|line| line.contains(&format!("route=\"{route}\""))).unwrap();
        assert!(line.contains("request_id=\"trace-9\""), "{line}");
    }
    for secret in ["4155552671", &host.live] {
        assert!(!log.contains(secret), "{log}");
    }
}
