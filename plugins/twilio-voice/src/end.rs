//! Ending a call.
//!
//! The API has two words for it: `canceled` for one that nobody answered yet, `completed` for one that is going on. A call
//! moves on while we ask, so whatever is left of it after the first word is given the second.

use campanile_plugin_sdk::gateway::Status;
use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::types::PluginError;
use serde::Deserialize;

use crate::calls::{self, AUTH, Call};
use crate::loose;
use crate::settings::Settings;
use crate::status::{Said, read};

/// The call is not in a state in which it could be ended: it is over.
const NOT_IN_PROGRESS: &str = "21220";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "loose::text")]
    code: Option<String>,
}

fn is_over(call: &Call) -> bool {
    read(Said { status: &call.status, ..Said::default() }).status.is_final()
}

/// Asks for the call to be so; whether it is over now.
fn ask(sid: &str, word: &str, settings: &Settings) -> Result<bool, PluginError> {
    let answer = Request::post(settings.call(sid)).form([("Status", word)]).auth(AUTH).send()?;
    let problem = || answer.json::<Problem>().unwrap_or_default().code;
    if answer.status == 400 && problem().as_deref() == Some(NOT_IN_PROGRESS) {
        return Ok(word == "completed");
    }
    Ok(is_over(&answer.ok()?.json()?))
}

/// Ends the call. One that is over is none of our business any more.
pub fn hang_up(sid: &str, settings: &Settings) -> Result<(), PluginError> {
    let call = calls::get(sid, settings)?;
    if is_over(&call) {
        return Ok(());
    }
    let before = read(Said { status: &call.status, ..Said::default() }).status;
    if matches!(before, Status::Initiated | Status::Ringing) && ask(sid, "canceled", settings)? {
        return Ok(());
    }
    ask(sid, "completed", settings).map(|_| ())
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, unasked};
    use campanile_plugin_sdk::gateway::VoiceGateway;
    use serde_json::json;

    use super::*;
    use crate::TwilioVoice;
    use crate::settings::tests::account;

    fn is(status: &str) -> Answer {
        Answer::json(&json!({"sid": "CA1", "status": status}))
    }

    fn too_late() -> Answer {
        Answer::json(&json!({"code": 21220, "message": "not in-progress"})).with_status(400)
    }

    /// The words that were sent.
    fn said(answers: impl IntoIterator<Item = Answer>) -> Result<Vec<String>, PluginError> {
        install(answers.into_iter().fold(Host::default(), Host::answer));
        TwilioVoice::hang_up("CA1", &account())?;
        assert_eq!(unasked(), 0);
        let sent = take_sent();
        assert!(sent.iter().all(|sent| sent.url.ends_with("/Calls/CA1.json")));
        Ok(sent.iter().filter(|sent| sent.method == "POST").map(|sent| sent.text()).collect())
    }

    #[test]
    fn a_call_is_ended_by_the_word_for_where_it_is() {
        assert_eq!(said([is("in-progress"), is("completed")]).unwrap(), ["Status=completed"]);
        assert_eq!(said([is("queued"), is("canceled")]).unwrap(), ["Status=canceled"]);
        assert_eq!(said([is("ringing"), is("canceled")]).unwrap(), ["Status=canceled"]);
    }

    #[test]
    fn a_call_that_is_answered_meanwhile_is_ended_all_the_same() {
        let both = ["Status=canceled", "Status=completed"];
        assert_eq!(said([is("ringing"), is("in-progress"), is("completed")]).unwrap(), both);
        assert_eq!(said([is("ringing"), too_late(), is("completed")]).unwrap(), both);
    }

    #[test]
    fn a_call_that_is_over_is_no_error() {
        assert!(said([is("busy")]).unwrap().is_empty());
        assert_eq!(said([is("in-progress"), too_late()]).unwrap(), ["Status=completed"]);
        assert_eq!(said([is("ringing"), too_late(), too_late()]).unwrap().len(), 2);
    }

    #[test]
    fn a_provider_that_does_not_do_it_is_an_error() {
        assert_eq!(said([is("in-progress"), Answer::status(500)]).unwrap_err().code, "http_broken");
        assert_eq!(said([Answer::status(404)]).unwrap_err().code, "http_not_found");
    }
}
