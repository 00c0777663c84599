//! Who comes in, and what is no message.

use http::{Request, header};
use serde_json::{Value, json};

use super::posted;
use crate::testing::Host;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::test]
async fn only_a_key_of_an_account_opens_tools() {
    let host = Host::new().await;
    let nobody = host.says(None, PING).await;
    assert_eq!((nobody.problem(), nobody.header("www-authenticate")), ((401, "CE0001"), "Bearer".to_owned()));
    assert_eq!(host.says(Some("cpn_live_unknown"), PING).await.problem(), (401, "CE0001"));
    assert_eq!(host.says(Some(&host.operator), PING).await.problem(), (403, "CE0003"));
    let expired = host.key("admin", Some("2020-01-01T00:00:00Z")).await;
    assert_eq!(host.says(Some(&expired), PING).await.problem(), (401, "CE0001"));
    let pong = host.says(Some(&host.live), PING).await;
    assert_eq!((pong.status, &pong.body["result"]), (200, &json!({})), "{}", pong.text);
}

#[tokio::test]
async fn there_is_nothing_to_get_and_no_session_to_end() {
    let host = Host::new().await;
    for method in ["GET", "DELETE", "PUT"] {
        let answer = host.send(Some(&host.live), method, "/mcp", None).await;
        assert_eq!((answer.problem(), answer.header("allow")), ((405, "CE0006"), "POST".to_owned()));
    }
    let asked = host.send(Some(&host.live), "GET", "/openapi.json", None).await;
    assert!(asked.body["paths"].get("/mcp").is_none(), "another protocol's");
}

#[tokio::test]
async fn a_stranger_s_page_comes_no_further_than_the_door() {
    let host = Host::new().await;
    let named = |name: &'static str| {
        let request = Request::post("/mcp").header(header::HOST, name).header(header::CONTENT_TYPE, "application/json");
        request.header(header::AUTHORIZATION, format!("Bearer {}", host.live)).body(PING.into()).unwrap()
    };
    let refused = host.call(named("evil.example")).await;
    assert_eq!((refused.problem(), refused.codes()), ((403, "CE0038"), vec!["host".to_owned()]));
    assert_eq!(host.call(named("127.0.0.1:8080")).await.status, 200);
    for (origin, status) in [("https://evil.example", 403), ("null", 403), ("https://calls.example", 200)] {
        let request = posted(Some(&host.live)).header(header::ORIGIN, origin).body(PING.into()).unwrap();
        let answer = host.call(request).await;
        assert_eq!(answer.status, status, "{origin}: {}", answer.text);
    }
    let nobody = posted(None).header(header::ORIGIN, "https://evil.example").body(PING.into()).unwrap();
    assert_eq!(host.call(nobody).await.problem(), (403, "CE0038"), "before the key is looked at");
}

#[tokio::test]
async fn requests_that_are_none_are_problems_as_everywhere() {
    let host = Host::new().await;
    let plain = host.send_file(Some(&host.live), "/mcp", "text/plain", PING).await;
    assert_eq!(plain.problem(), (403, "CE0038"), "without a host");
    let kind = Request::post("/mcp").header(header::HOST, "calls.example").header(header::CONTENT_TYPE, "text/plain");
    let kind = kind.header(header::AUTHORIZATION, format!("Bearer {}", host.live)).body(PING.into()).unwrap();
    assert_eq!(host.call(kind).await.problem(), (415, "CE0009"));
    let large = format!("{{\"x\": \"{}\"}}", "x".repeat(2 << 20));
    assert_eq!(host.says(Some(&host.live), large).await.problem(), (413, "CE0010"));
    let promise = posted(Some(&host.live)).header("idempotency-key", "k").body(PING.into()).unwrap();
    assert_eq!(host.call(promise).await.problem(), (400, "CE0011"));
}

#[tokio::test]
async fn whatever_is_sent_is_answered_in_the_protocol() {
    let host = Host::new().await;
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let parse = ["", "{", "nonsense", "\u{feff}{}", "{\"jsonrpc\": \"2.0\",}", &deep];
    for body in parse {
        let answer = host.says(Some(&host.live), body.to_owned()).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (400, &json!(-32700)),
            "{body:.40}: {}",
            answer.text
        );
        assert_eq!(answer.body["id"], Value::Null);
    }
    let batch = format!("[{PING},{PING}]");
    for body in ["[]", "1", "null", "\"ping\"", &batch, "{}", "{\"id\": 1}", r#"{"id": 1, "method": "ping"}"#] {
        let answer = host.says(Some(&host.live), body.to_owned()).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!(-32600)), "{body}: {}", answer.text);
    }
    let strange = [
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"no/such/method"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_account","arguments":[]}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such_tool"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#,
    ];
    for body in strange {
        let answer = host.says(Some(&host.live), body).await;
        assert!(answer.status < 500, "{body}: {} {}", answer.status, answer.text);
        let code = answer.body["error"]["code"].as_i64();
        assert!(
            code.is_some_and(|code| (-32_700..=-32_000).contains(&code) && code != -32_603),
            "{body}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_message_that_breaks_off_anywhere_is_refused_and_never_a_fault_of_ours() {
    let host = Host::new().await;
    let whole = r#"{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{"name":"search_leads","arguments":{"phone":"+1"}}}"#;
    for end in 0..whole.len() {
        let answer = host.says(Some(&host.live), whole.as_bytes()[..end].to_vec()).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!(-32700)), "{end}");
    }
    for at in 0..whole.len() {
        for byte in [b'0', b'"', b'}', 0xff] {
            let mut bytes = whole.as_bytes().to_vec();
            bytes[at] = byte;
            let answer = host.says(Some(&host.live), bytes).await;
            // Without an "id" it is a notification, which is taken and never answered.
            assert!(
                answer.status == 202 || (answer.status < 500 && answer.body.is_object()),
                "{byte} at {at}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
}
