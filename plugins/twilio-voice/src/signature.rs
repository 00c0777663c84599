//! Whether a webhook is the provider's.
//!
//! The signature is an HMAC of the URL as the provider called it, query included, and of the form's fields in the order of
//! their names. A body that is no form is covered only through its SHA-256 in the URL (`bodySHA256`); without that it is
//! not covered at all, and is refused. A proxy may have added or dropped the default port, so the URL is tried with and
//! without. The signature says nothing about when: the same request again is genuine, and has the same event ids.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use campanile_plugin_sdk::secret::{self, Digest, same};
use campanile_plugin_sdk::types::{PluginError, Webhook};
use sha2::Digest as _;

use crate::settings::{Settings, WebhookSecret};

/// Where the signature is; the second is that of providers with the same API.
const HEADERS: [&str; 2] = ["x-twilio-signature", "x-signalwire-signature"];
/// Names another algorithm than the first.
const ALGORITHM: &str = "x-twilio-webhooks-signature-settings";
/// Names the hash of the body in the URL.
const BODY_HASH: &str = "bodySHA256";

/// The URL itself, with the port that its scheme stands for, and without any.
fn spellings(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return all };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let port = authority.rfind(':').filter(|at| authority[at + 1..].bytes().all(|byte| byte.is_ascii_digit()));
    let default = if scheme == "http" { "80" } else { "443" };
    all.push(match port {
        Some(at) => format!("{scheme}://{}{path}", &authority[..at]),
        None => format!("{scheme}://{authority}:{default}{path}"),
    });
    all
}

/// Every field in the order of the names, and of the values where a name comes again; the same field once.
fn fields(webhook: &Webhook) -> String {
    let mut fields = webhook.form();
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|(name, value)| name + &value).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is signed behind the URL.
fn signed_body(webhook: &Webhook) -> Result<String, PluginError> {
    let kind = webhook.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if webhook.body.is_empty() || kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(fields(webhook));
    }
    let told = webhook.parameter(BODY_HASH).ok_or_else(|| {
        PluginError::forged(format!("the body is no form ({kind:?}) and no {BODY_HASH} in the URL covers it"))
    })?;
    let ours = hex(&sha2::Sha256::digest(&webhook.body));
    if same(ours.as_bytes(), told.to_ascii_lowercase().as_bytes()) {
        return Ok(String::new());
    }
    Err(PluginError::forged(format!("the body is not the one that {BODY_HASH} in the URL stands for")))
}

/// The algorithm and the secret; without a name it is the first that there was.
fn key(webhook: &Webhook, settings: &Settings) -> Result<(Digest, WebhookSecret), PluginError> {
    let named = webhook.header(ALGORITHM).unwrap_or_default();
    match named.split(',').find_map(|part| part.trim().strip_prefix("algorithm=")) {
        None | Some("" | "HMAC_SHA1") => Ok((Digest::Sha1, settings.webhook_secret)),
        Some("HMAC_SHA256") => Ok((Digest::Sha256, WebhookSecret::SigningKey)),
        Some(other) => {
            Err(PluginError::forged(format!("it is signed as {other:?}, an algorithm that this gateway does not know")))
        }
    }
}

/// Verifies a webhook.
pub fn verify(webhook: &Webhook, settings: &Settings) -> Result<(), PluginError> {
    let theirs = HEADERS.iter().find_map(|name| webhook.header(name)).ok_or_else(|| {
        PluginError::forged("it carries no X-Twilio-Signature; only the provider's own requests are taken")
    })?;
    let (digest, secret) = key(webhook, settings)?;
    let body = signed_body(webhook)?;
    for url in spellings(&webhook.url) {
        let ours = secret::hmac(secret.name(), digest, format!("{url}{body}").as_bytes())?;
        if same(STANDARD.encode(ours).as_bytes(), theirs.trim().as_bytes()) {
            return Ok(());
        }
    }
    let name = secret.name();
    Err(PluginError::forged(format!("its signature is not that of {} under the secret {name}", webhook.url)))
}

#[cfg(test)]
pub mod tests {
    use campanile_plugin_sdk::fake::{Host, install};

    use super::*;
    use crate::settings::tests::account;

    /// The published example.
    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const FORM: &str =
        "To=%2B18005551212&Digits=1234&CallSid=CA1234567890ABCDE&From=%2B12349013030&Caller=%2B12349013030";
    const SIGNATURE: &str = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";

    /// A webhook with these headers, unsigned.
    pub fn webhook(url: &str, body: &str, headers: &[(&str, &str)]) -> Webhook {
        let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        let headers = [&[form], headers].concat();
        Webhook {
            method: "POST".into(),
            url: url.into(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            received_at: 1_780_385_420_000,
        }
    }

    /// The same, signed with the secret `auth_token`.
    pub fn signed(url: &str, body: &str) -> Webhook {
        let mut webhook = webhook(url, body, &[]);
        sign(&mut webhook);
        webhook
    }

    fn sign(webhook: &mut Webhook) {
        let text = format!("{}{}", webhook.url, signed_body(webhook).unwrap());
        let signature = secret::hmac("auth_token", Digest::Sha1, text.as_bytes()).unwrap();
        webhook.headers.push((HEADERS[0].into(), STANDARD.encode(signature)));
    }

    fn token() {
        install(Host::default().secret("auth_token", "12345"));
    }

    fn verdict(webhook: &Webhook) -> Result<(), String> {
        verify(webhook, &account()).map_err(|error| {
            assert_eq!(error.code, "webhook_forged");
            error.message
        })
    }

    #[test]
    fn the_published_example_is_genuine() {
        token();
        assert_eq!(verdict(&webhook(URL, FORM, &[("x-twilio-signature", SIGNATURE)])), Ok(()));
    }

    #[test]
    fn a_default_port_that_a_proxy_added_or_dropped_changes_nothing() {
        token();
        let with_port = URL.replace(".com/", ".com:443/");
        assert_eq!(verdict(&webhook(&with_port, FORM, &[("x-twilio-signature", SIGNATURE)])), Ok(()));
        let signed_with_port = signed(&with_port, FORM);
        assert_eq!(verdict(&Webhook { url: URL.into(), ..signed_with_port }), Ok(()));
        assert_eq!(spellings("http://a.example?x=:1"), ["http://a.example?x=:1", "http://a.example:80?x=:1"]);
        assert_eq!(spellings("https://[::1]/x")[1], "https://[::1]:443/x");
    }

    #[test]
    fn one_changed_sign_anywhere_is_a_forgery() {
        token();
        let genuine = webhook(URL, FORM, &[("x-twilio-signature", SIGNATURE)]);
        for forged in [
            Webhook { url: URL.replace("foo=1", "foo=2"), ..genuine.clone() },
            Webhook { url: URL.replace("https", "http"), ..genuine.clone() },
            Webhook { body: FORM.replace("1234&", "1235&").into_bytes(), ..genuine.clone() },
            Webhook { body: format!("{FORM}&Extra=1").into_bytes(), ..genuine.clone() },
            webhook(URL, FORM, &[("x-twilio-signature", "0/KCTR6DLpKmkAf8muzZqo1nDgU=")]),
            webhook(URL, FORM, &[("x-twilio-signature", "")]),
        ] {
            assert!(verdict(&forged).unwrap_err().contains("signature is not that of"), "{forged:?}");
        }
        install(Host::default().secret("auth_token", "54321"));
        assert!(verdict(&genuine).is_err());
    }

    #[test]
    fn a_request_without_a_signature_is_refused_before_a_secret_is_used() {
        install(Host::default());
        assert!(verdict(&webhook(URL, FORM, &[])).unwrap_err().contains("X-Twilio-Signature"));
    }

    #[test]
    fn a_secret_that_is_not_set_is_no_forgery_but_an_error() {
        install(Host::default());
        let genuine = webhook(URL, FORM, &[("x-twilio-signature", SIGNATURE)]);
        assert_eq!(verify(&genuine, &account()).unwrap_err().code, "secret");
    }

    #[test]
    fn repeated_empty_and_foreign_fields_are_signed_as_by_the_provider_s_own_library() {
        install(Host::default().secret("auth_token", "12345").secret("signing_key", "12345"));
        let url = "https://hooks.example/t/secret?attempt=call_7&note=%C3%A9%20x";
        let body = "To=%2B15550100&Tag=b&Tag=a&Tag=b&Empty=&Caller=Zo%C3%AB+%26+S%C3%B6hne&tag=c&CallStatus=completed";
        let of = |headers: &[(&str, &str)]| verdict(&webhook(url, body, headers));
        assert_eq!(of(&[(HEADERS[0], "Opk0mMpx3LVGyRZnSqS9m3pW4rU=")]), Ok(()));
        let sha256 = (HEADERS[0], "l5yMUfOBB5eaTvRUt0EoUVh0z10QL9zYxKk2V9y7lMc=");
        assert_eq!(of(&[sha256, (ALGORITHM, "key=SK1,algorithm=HMAC_SHA256")]), Ok(()));
        assert!(of(&[sha256]).is_err());
    }

    #[test]
    fn a_json_body_is_signed_as_by_the_provider_s_own_library() {
        token();
        let hash = "a0a5adcb584e9811c4ee5f334feef749f008b3b108d62d5addee051f9731b526";
        let url = format!("https://hooks.example/t/secret?attempt=call_7&bodySHA256={hash}");
        let mut hook = webhook(&url, r#"{"CallSid":"CA1","CallStatus":"completed"}"#, &[]);
        hook.headers = vec![
            ("content-type".into(), "application/json".into()),
            (HEADERS[0].into(), "oueWLGXwCtFrmKlifyNxswy9rJs=".into()),
        ];
        assert_eq!(verdict(&hook), Ok(()));
    }

    #[test]
    fn a_body_that_is_no_form_is_covered_by_its_hash_or_refused() {
        token();
        let body = r#"{"CallSid":"CA1"}"#;
        let json = ("content-type", "application/json");
        let url = format!("https://a.example/h?attempt=call_1&{BODY_HASH}={}", hex(&sha2::Sha256::digest(body)));
        let of = |url: &str, body: &str| {
            let mut hook = webhook(url, body, &[]);
            hook.headers = vec![(json.0.into(), json.1.into())];
            hook
        };
        let mut genuine = of(&url, body);
        sign(&mut genuine);
        assert_eq!(verdict(&genuine), Ok(()));
        let other = Webhook { body: b"{}".to_vec(), ..genuine };
        assert!(verdict(&other).unwrap_err().contains(BODY_HASH));
        // A genuine signature of a URL without fields must not carry a body that nobody signed.
        let mut empty = webhook("https://a.example/h", "", &[]);
        sign(&mut empty);
        assert_eq!(verdict(&empty), Ok(()));
        let smuggled = Webhook { headers: [of("", "").headers, empty.headers].concat(), body: body.into(), ..empty };
        assert!(verdict(&smuggled).unwrap_err().contains("no form"));
    }

    #[test]
    fn another_algorithm_is_the_one_that_is_known_or_refused() {
        install(Host::default().secret("auth_token", "12345").secret("signing_key", "shared"));
        let mac = secret::hmac(
            "signing_key",
            Digest::Sha256,
            format!("{URL}{}", fields(&webhook(URL, FORM, &[]))).as_bytes(),
        );
        let signature = STANDARD.encode(mac.unwrap());
        let of = |settings: &str| webhook(URL, FORM, &[(HEADERS[0], &signature), (ALGORITHM, settings)]);
        assert_eq!(verdict(&of("key=SK1,algorithm=HMAC_SHA256")), Ok(()));
        assert!(verdict(&of("key=SK1,algorithm=NONE")).unwrap_err().contains("NONE"));
        assert!(verdict(&of("key=SK1")).is_err(), "without a name it is SHA-1");
        assert!(verdict(&webhook(URL, FORM, &[(HEADERS[0], &signature)])).is_err());
    }

    #[test]
    fn a_look_alike_signs_with_a_key_and_a_header_of_its_own() {
        install(Host::default().secret("auth_token", "x").secret("signing_key", "12345"));
        let hook = webhook(URL, FORM, &[("x-signalwire-signature", SIGNATURE)]);
        let settings = Settings { webhook_secret: WebhookSecret::SigningKey, ..account() };
        assert_eq!(verify(&hook, &settings), Ok(()));
        assert!(verify(&hook, &account()).is_err());
    }
}
