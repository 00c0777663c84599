//! How a request proves that it comes from whom it says.
//!
//! The source's address holds a token that only the sender was told, which is all that many form tools can do. Whoever can
//! do more is held to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_plugin_sdk::secret::{self, Digest};
use campanile_plugin_sdk::types::{PluginError, Webhook};
use serde::Deserialize;

const SECRET: &str = "secret";

/// How.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Verify {
    style: Style,
    header: String,
    prefix: String,
    digest: Hash,
    encoding: Encoding,
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            style: Style::Address,
            header: "x-signature".to_owned(),
            prefix: String::new(),
            digest: Hash::Sha256,
            encoding: Encoding::Hex,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Style {
    Address,
    Header,
    Hmac,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Hex,
    Base64,
}

impl Verify {
    /// Whether the request is genuine.
    ///
    /// # Errors
    /// It is forged, or the secret is not set.
    pub fn verify(&self, webhook: &Webhook) -> Result<(), PluginError> {
        if matches!(self.style, Style::Address) {
            return Ok(());
        }
        let told = webhook.header(&self.header).and_then(|value| value.trim().strip_prefix(self.prefix.as_str()));
        let Some(told) = told.map(str::trim) else {
            return Err(PluginError::forged(format!(
                "there is no header {} with {:?} in front",
                self.header, self.prefix
            )));
        };
        let genuine = match self.style {
            Style::Address => true,
            Style::Header => secret::equals(SECRET, told)?,
            Style::Hmac => {
                let digest = match self.digest {
                    Hash::Sha1 => Digest::Sha1,
                    Hash::Sha256 => Digest::Sha256,
                    Hash::Sha512 => Digest::Sha512,
                };
                let ours = secret::hmac(SECRET, digest, &webhook.body)?;
                let theirs = match self.encoding {
                    Encoding::Hex => from_hex(told),
                    Encoding::Base64 => STANDARD.decode(told).ok(),
                };
                theirs.is_some_and(|theirs| secret::same(&ours, &theirs))
            }
        };
        if genuine { Ok(()) } else { Err(PluginError::forged(format!("the header {} does not prove it", self.header))) }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = (text.is_ascii() && text.len() % 2 == 0).then_some(text)?;
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Host, install};
    use serde_json::json;

    use super::*;

    fn push(header: Option<(&str, &str)>) -> Webhook {
        Webhook {
            method: "POST".into(),
            url: "https://h.example/s".into(),
            headers: header.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: b"{}".to_vec(),
            received_at: 0,
        }
    }

    #[test]
    fn only_who_knows_the_secret_gets_in() {
        install(Host::default().secret("secret", "s3"));
        let token: Verify =
            serde_json::from_value(json!({"style": "header", "header": "authorization", "prefix": "Bearer "})).unwrap();
        token.verify(&push(Some(("authorization", "Bearer s3")))).unwrap();
        for forged in
            [None, Some(("authorization", "s3")), Some(("authorization", "Bearer s4")), Some(("authorization", ""))]
        {
            assert_eq!(token.verify(&push(forged)).unwrap_err().code, "webhook_forged");
        }
        let mac = secret::hmac("secret", Digest::Sha256, b"{}").unwrap();
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let signed: Verify = serde_json::from_value(json!({"style": "hmac", "prefix": "sha256="})).unwrap();
        signed.verify(&push(Some(("x-signature", &format!("sha256={hex}"))))).unwrap();
        let base64: Verify = serde_json::from_value(json!({"style": "hmac", "encoding": "base64"})).unwrap();
        base64.verify(&push(Some(("x-signature", &STANDARD.encode(&mac))))).unwrap();
        for forged in ["sha256=00", "sha256=é", "sha256=", &hex] {
            assert_eq!(
                signed.verify(&push(Some(("x-signature", forged)))).unwrap_err().code,
                "webhook_forged",
                "{forged}"
            );
        }
        Verify::default().verify(&push(None)).unwrap();
    }
}
