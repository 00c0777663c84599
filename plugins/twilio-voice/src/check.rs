//! Whether the account can call.

use campanile_plugin_sdk::http::{Fault, Request};
use campanile_plugin_sdk::types::{Checked, PluginError};
use serde::Deserialize;

use crate::calls::AUTH;
use crate::settings::{Settings, WebhookSecret};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Account {
    friendly_name: String,
    status: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Asks the provider who the account is.
pub fn check(settings: &Settings) -> Result<Checked, PluginError> {
    if settings.account_sid.is_empty() {
        return Ok(Checked::misconfigured("the account SID is not set", ["account_sid"]));
    }
    let signs = settings.webhook_secret;
    if campanile_plugin_sdk::secret::equals(signs.name(), "").is_err() {
        let missing = format!("webhooks cannot be checked: the secret {} is not set", signs.name());
        return Ok(Checked::misconfigured(missing, [signs.name()]));
    }
    let answer = match Request::get(settings.account(".json")).auth(AUTH).send() {
        Ok(answer) => answer,
        Err(fault @ Fault::Unauthorised(_)) => {
            return Ok(Checked::misconfigured(fault.sentence(), [WebhookSecret::AuthToken.name()]));
        }
        Err(fault @ Fault::Denied(_)) => return Ok(Checked::misconfigured(fault.sentence(), ["api_base"])),
        Err(fault) => return Ok(Checked::unreachable(fault.sentence())),
    };
    Ok(match answer.status {
        401 | 403 | 404 => {
            let wrong = ["account_sid", "auth_token"];
            Checked::misconfigured("the provider does not accept the account SID with this auth token", wrong)
        }
        200..=299 => {
            let account: Account = answer.json()?;
            match account.status.as_str() {
                "active" | "" => Checked::ready(summary(&account)),
                status => Checked::misconfigured(format!("the account is {status}"), ["account_sid"]),
            }
        }
        _ => Checked::unreachable(answer.error().message),
    })
}

fn summary(account: &Account) -> String {
    let name = &account.friendly_name;
    let trial = if account.kind == "Trial" { ", a trial account: it calls verified numbers only" } else { "" };
    format!("connected as {name:?}{trial}")
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent};
    use campanile_plugin_sdk::types::Health;
    use serde_json::json;

    use super::*;
    use crate::settings::tests::account;

    fn checked(answer: Answer) -> Checked {
        install(Host::default().secret("auth_token", "12345").answer(answer));
        check(&account()).unwrap()
    }

    #[test]
    fn an_active_account_says_who_it_is() {
        let found = checked(Answer::json(&json!({"friendly_name": "Acme", "status": "active", "type": "Trial"})));
        assert_eq!(found.health, Health::Ready);
        assert!(found.summary.contains("Acme") && found.summary.contains("trial"), "{}", found.summary);
        assert_eq!(take_sent()[0].url, account().account(".json"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let suspended = checked(Answer::json(&json!({"status": "suspended"})));
        assert_eq!((suspended.health, suspended.missing), (Health::Misconfigured, vec!["account_sid".to_owned()]));
        let wrong = checked(Answer::status(401));
        assert_eq!((wrong.health, wrong.missing.len()), (Health::Misconfigured, 2));
        let unset = checked(Answer::fault(Fault::Unauthorised("auth_token is not set".into())));
        assert_eq!(unset.missing, ["auth_token"]);
        let elsewhere = checked(Answer::fault(Fault::Denied("host".into())));
        assert_eq!(elsewhere.missing, ["api_base"]);
        assert_eq!(checked(Answer::fault(Fault::TimedOut)).health, Health::Unreachable);
        assert_eq!(checked(Answer::status(500)).health, Health::Unreachable);
    }

    #[test]
    fn nothing_is_asked_without_an_account_or_a_key_for_webhooks() {
        install(Host::default().secret("auth_token", "12345"));
        assert_eq!(check(&Settings::default()).unwrap().missing, ["account_sid"]);
        let signed = Settings { webhook_secret: WebhookSecret::SigningKey, ..account() };
        assert_eq!(check(&signed).unwrap().missing, ["signing_key"]);
    }
}
