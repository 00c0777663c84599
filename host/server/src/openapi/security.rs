//! What opens an operation, said in words: the list of requirements is for programs, and few pages show it.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityRequirement;

/// The ways into an operation that is not open to everybody; the first is the usual one.
pub(super) struct Opened(Vec<(String, Vec<String>)>);

impl Opened {
    /// What the handler's annotation says; `None` for what everybody may ask.
    pub(super) fn of(operation: &Operation) -> Option<Self> {
        let ways: Vec<_> = operation.security.iter().flatten().flat_map(way).collect();
        (!ways.is_empty()).then_some(Self(ways))
    }

    fn by(&self, scheme: &str) -> bool {
        self.0.iter().any(|(name, _)| name == scheme)
    }

    /// Keys of accounts open it.
    pub(super) fn by_accounts(&self) -> bool {
        self.by("key")
    }

    /// The operator's key opens it.
    pub(super) fn by_operator(&self) -> bool {
        self.by("operator")
    }

    /// The scopes of the usual way.
    pub(super) fn scopes(&self) -> &[String] {
        self.0.first().map_or(&[], |(_, scopes)| scopes)
    }

    /// The sentence about it.
    pub(super) fn sentence(&self) -> String {
        let listed = |scopes: Vec<&String>| scopes.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        let alone: Vec<_> =
            self.0.iter().filter(|(_, scopes)| scopes.len() == 1).map(|(_, scopes)| &scopes[0]).collect();
        let besides =
            self.0.iter().flat_map(|(_, scopes)| scopes).filter(|scope| !alone.contains(scope)).collect::<Vec<_>>();
        let usual = match (self.by_accounts(), self.by_operator(), alone.len()) {
            (true, true, _) => return "Needs any key: an account's, or the operator's.".to_owned(),
            (false, ..) => return "Needs the operator's key.".to_owned(),
            (true, false, 0) => "Needs a key of the account".to_owned(),
            (true, false, 1) => format!("Needs a key with the scope {}", listed(alone)),
            (true, false, _) => format!("Needs a key with one of the scopes {}", listed(alone)),
        };
        if besides.is_empty() {
            format!("{usual}.")
        } else {
            format!("{usual}; a part of it also needs {}.", listed(besides))
        }
    }
}

/// Scheme and scopes of a requirement, which keeps them to itself otherwise.
fn way(requirement: &SecurityRequirement) -> Vec<(String, Vec<String>)> {
    let written = serde_json::to_value(requirement).unwrap_or_default();
    let schemes = written.as_object().into_iter().flatten();
    let scopes = |list: &serde_json::Value| {
        list.as_array().into_iter().flatten().filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
    };
    schemes.map(|(name, list)| (name.clone(), scopes(list))).collect()
}
