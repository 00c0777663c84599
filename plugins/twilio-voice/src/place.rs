//! Dialling: one request, and what its answer means.

use campanile_plugin_sdk::gateway::{Dial, DialFault, Placed, RefusalScope};
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::types::{Value, Variable};
use campanile_plugin_sdk::{dates, url};

use crate::calls::{AUTH, Call};
use crate::refusal;
use crate::settings::Settings;

/// The longest that the API lets a phone ring, in seconds.
const LONGEST_RING_S: u32 = 600;
/// Characters of TwiML that may be sent along.
const LONGEST_TWIML: usize = 4_000;
/// Every step of a call that we want to hear of.
const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::Text(value) => Some(value.clone()),
        Value::DateTime(value) => Some(dates::to_rfc3339(*value)),
        Value::Undetermined => None,
    }
}

fn with_variables(address: String, variables: &[Variable]) -> String {
    let told = variables.iter().filter_map(|variable| Some((&variable.name, as_text(&variable.value)?)));
    told.fold(address, |address, (name, value)| url::with_query(&address, &format!("var_{name}"), &value))
}

/// What the provider is to do when somebody answers, as a field of the form.
fn assistant(dial: &Dial, settings: &Settings) -> Result<(&'static str, String), DialFault> {
    let assistant = dial.assistant_ref.trim();
    if assistant.starts_with("https://") || assistant.starts_with("http://") {
        let address = url::with_query(assistant, "attempt", &dial.attempt_id);
        let variables = if settings.variables_in_url { &dial.variables[..] } else { &[] };
        return Ok(("Url", with_variables(address, variables)));
    }
    if assistant.starts_with('<') && assistant.chars().count() <= LONGEST_TWIML {
        return Ok(("Twiml", assistant.to_owned()));
    }
    if assistant.starts_with("AP") && assistant.len() == 34 {
        return Ok(("ApplicationSid", assistant.to_owned()));
    }
    let begins: String = assistant.chars().take(40).collect();
    let message = format!(
        "the assistant {begins:?} is nothing that answers a call here; name a URL that answers with TwiML, TwiML of at \
         most {LONGEST_TWIML} characters, or a TwiML application (AP and 32 characters)"
    );
    Err(DialFault::refused(RefusalScope::ThisAccount, "assistant_unknown", message))
}

fn form(dial: &Dial, settings: &Settings) -> Result<Vec<(&'static str, String)>, DialFault> {
    let callback = url::with_query(&dial.callback_url, "attempt", &dial.attempt_id);
    let mut fields = vec![
        ("To", dial.to.clone()),
        ("From", dial.caller_id.clone()),
        assistant(dial, settings)?,
        ("StatusCallback", callback.clone()),
        ("StatusCallbackMethod", "POST".to_owned()),
    ];
    fields.extend(EVENTS.map(|event| ("StatusCallbackEvent", event.to_owned())));
    if dial.ring_timeout_ms > 0 {
        let seconds = dial.ring_timeout_ms.div_ceil(1_000).min(LONGEST_RING_S);
        fields.push(("Timeout", seconds.to_string()));
    }
    if dial.max_call_ms > 0 {
        fields.push(("TimeLimit", (dial.max_call_ms / 1_000).max(1).to_string()));
    }
    if let Some(detection) = settings.machine_detection.word() {
        fields.push(("MachineDetection", detection.to_owned()));
        if !settings.detection_delays_call {
            fields.push(("AsyncAmd", "true".to_owned()));
            fields.push(("AsyncAmdStatusCallback", callback));
            fields.push(("AsyncAmdStatusCallbackMethod", "POST".to_owned()));
        }
    }
    Ok(fields)
}

fn read(answer: &Response) -> Result<Placed, DialFault> {
    match answer.status {
        200 | 201 => {
            let call: Call = answer.json().map_err(|error| DialFault::Unsure(error.message))?;
            if call.sid.is_empty() {
                return Err(DialFault::Unsure(format!("the provider answered {} without a call", answer.status)));
            }
            Ok(Placed::new(call.sid))
        }
        400..=499 => Err(refusal::of(answer)),
        _ => Err(DialFault::Unsure(answer.error().message)),
    }
}

/// Dials.
pub fn place(dial: &Dial, settings: &Settings) -> Result<Placed, DialFault> {
    let request = Request::post(settings.account("/Calls.json")).form(form(dial, settings)?).auth(AUTH);
    read(&request.send()?)
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Answer, Host, Sent, install, take_sent};
    use campanile_plugin_sdk::gateway::Refusal;
    use campanile_plugin_sdk::http::Fault;
    use serde_json::json;

    use super::*;
    use crate::settings::MachineDetection;
    use crate::settings::tests::account;

    fn dial() -> Dial {
        Dial {
            attempt_id: "call_7".into(),
            caller_id: "+15550001".into(),
            to: "+15550100".into(),
            assistant_ref: "https://bot.example/twiml?voice=a".into(),
            callback_url: "https://hooks.example/t/secret".into(),
            ring_timeout_ms: 25_500,
            max_call_ms: 300_999,
            variables: vec![
                Variable::new("first name", "Zoë & Co"),
                Variable::new("vip", true),
                Variable { name: "age".into(), value: Value::Undetermined },
            ],
            extra: Vec::new(),
        }
    }

    fn placed(dial: &Dial, settings: &Settings) -> Sent {
        install(Host::default().answer(Answer::json(&json!({"sid": "CA9", "status": "queued"})).with_status(201)));
        assert_eq!(place(dial, settings), Ok(Placed::new("CA9")));
        let sent = take_sent();
        assert_eq!(sent.len(), 1);
        sent.into_iter().next().unwrap()
    }

    fn field(sent: &Sent, name: &str) -> Vec<String> {
        sent.form().into_iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect()
    }

    #[test]
    fn a_dial_is_one_form_with_the_attempt_in_every_url() {
        let sent = placed(&dial(), &account());
        assert_eq!((sent.method.as_str(), sent.auth.as_deref()), ("POST", Some("account")));
        assert_eq!(sent.url, account().account("/Calls.json"));
        assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!((field(&sent, "To"), field(&sent, "From")), (vec!["+15550100".into()], vec!["+15550001".into()]));
        assert_eq!(field(&sent, "Url"), ["https://bot.example/twiml?voice=a&attempt=call_7"]);
        assert_eq!(field(&sent, "StatusCallback"), ["https://hooks.example/t/secret?attempt=call_7"]);
        assert_eq!(field(&sent, "StatusCallbackEvent"), EVENTS);
        assert_eq!((field(&sent, "Timeout"), field(&sent, "TimeLimit")), (vec!["26".into()], vec!["300".into()]));
        assert!(field(&sent, "MachineDetection").is_empty() && field(&sent, "AsyncAmd").is_empty());
    }

    #[test]
    fn times_keep_to_what_the_api_takes() {
        let sent = placed(&Dial { ring_timeout_ms: 3_600_000, max_call_ms: 20, ..dial() }, &account());
        assert_eq!((field(&sent, "Timeout"), field(&sent, "TimeLimit")), (vec!["600".into()], vec!["1".into()]));
        let sent = placed(&Dial { ring_timeout_ms: 0, max_call_ms: 0, ..dial() }, &account());
        assert!(field(&sent, "Timeout").is_empty() && field(&sent, "TimeLimit").is_empty());
    }

    #[test]
    fn machine_detection_reports_beside_the_call_unless_it_is_to_wait() {
        let beside = Settings { machine_detection: MachineDetection::DetectMessageEnd, ..account() };
        let sent = placed(&dial(), &beside);
        assert_eq!(field(&sent, "MachineDetection"), ["DetectMessageEnd"]);
        assert_eq!(field(&sent, "AsyncAmd"), ["true"]);
        assert_eq!(field(&sent, "AsyncAmdStatusCallback"), ["https://hooks.example/t/secret?attempt=call_7"]);
        let waits = Settings { machine_detection: MachineDetection::Enable, detection_delays_call: true, ..account() };
        let sent = placed(&dial(), &waits);
        assert_eq!(field(&sent, "MachineDetection"), ["Enable"]);
        assert!(field(&sent, "AsyncAmd").is_empty());
    }

    #[test]
    fn variables_go_into_the_url_only_when_asked_and_never_break_it() {
        let sent = placed(&dial(), &Settings { variables_in_url: true, ..account() });
        let urls = field(&sent, "Url");
        assert!(urls[0].ends_with("&attempt=call_7&var_first%20name=Zo%C3%AB%20%26%20Co&var_vip=true"), "{urls:?}");
    }

    #[test]
    fn an_assistant_is_a_url_an_answer_or_an_application() {
        let twiml = Dial { assistant_ref: "<Response><Say>hi</Say></Response>".into(), ..dial() };
        assert_eq!(field(&placed(&twiml, &account()), "Twiml"), ["<Response><Say>hi</Say></Response>"]);
        let application = Dial { assistant_ref: format!("AP{}", "0".repeat(32)), ..dial() };
        assert_eq!(field(&placed(&application, &account()), "ApplicationSid").len(), 1);
        install(Host::default());
        for assistant_ref in ["", "asst_1", &format!("<{}", "x".repeat(4_000))] {
            let refused = place(&Dial { assistant_ref: assistant_ref.to_owned(), ..dial() }, &account());
            assert!(
                matches!(&refused, Err(DialFault::Refused(Refusal { scope: RefusalScope::ThisAccount, .. }))),
                "{refused:?}"
            );
        }
        assert!(take_sent().is_empty());
    }

    fn comes_to(answer: Answer) -> Result<Placed, DialFault> {
        install(Host::default().answer(answer));
        let placed = place(&dial(), &account());
        assert_eq!(take_sent().len(), 1, "a dial is sent once, whatever it comes to");
        placed
    }

    #[test]
    fn only_a_call_is_placed_and_only_a_4xx_is_refused() {
        let call = json!({"sid": "4e1a-uuid", "status": "queued"});
        assert_eq!(comes_to(Answer::json(&call)), Ok(Placed::new("4e1a-uuid")));
        let refused = comes_to(Answer::json(&json!({"code": 21211, "message": "invalid"})).with_status(400));
        assert!(matches!(refused, Err(DialFault::Refused(Refusal { scope: RefusalScope::ThisNumber, .. }))));
        for answer in [
            Answer::status(500),
            Answer::json(&json!({"code": 21211})).with_status(503),
            Answer::status(302),
            Answer::status(201),
            Answer::json(&json!({"status": "queued"})).with_status(201),
            Answer::json(&json!("queued")),
            Answer::fault(Fault::TimedOut),
            Answer::fault(Fault::TooLarge),
            Answer::fault(Fault::Unreachable("reset".into())),
        ] {
            let unsure = comes_to(answer.clone());
            assert!(matches!(unsure, Err(DialFault::Unsure(_))), "{answer:?}: {unsure:?}");
        }
        let denied = comes_to(Answer::fault(Fault::Denied("not granted".into())));
        assert!(matches!(denied, Err(DialFault::Refused(Refusal { scope: RefusalScope::ThisAccount, .. }))));
    }
}
