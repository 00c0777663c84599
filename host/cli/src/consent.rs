//! Asking people for consent at other systems, through the egress.
//!
//! A thin door: which address a person is sent to and how a code becomes tokens is the egress' knowledge, which
//! connection it is for is the API's.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::outbound::Tokens;
use campanile_egress::{Asking, Egress};
use campanile_server::{Consent, ConsentAsk};

/// The door.
pub struct AtOtherSystems(pub Arc<Egress>);

#[async_trait]
impl Consent for AtOtherSystems {
    fn authorize_url(&self, ask: &ConsentAsk<'_>, state: &str, challenge: &str) -> Result<String, String> {
        let asking = Asking {
            block: ask.block,
            hosts: ask.hosts,
            settings: &ask.connection.settings,
            secrets: ask.secrets,
            redirect_uri: ask.redirect_uri,
        };
        self.0.authorize_url(&asking, state, challenge).map_err(|fault| fault.to_string())
    }

    async fn exchange(&self, ask: &ConsentAsk<'_>, code: &str, verifier: &str) -> Result<Tokens, String> {
        let consent = campanile_egress::Consent {
            tenant: ask.connection.tenant,
            block: ask.block,
            hosts: ask.hosts,
            settings: &ask.connection.settings,
            secrets: ask.secrets,
            redirect_uri: ask.redirect_uri,
            code: SecretString::from(code.to_owned()),
            pkce_verifier: SecretString::from(verifier.to_owned()),
        };
        self.0.exchange_code(consent).await.map_err(|fault| fault.to_string())
    }
}
