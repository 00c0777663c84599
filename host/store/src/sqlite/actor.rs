//! Who wrote something, as rows keep it.

use campanile_domain::ports::store::Actor;

/// Who did it, in a word.
pub(crate) fn by(actor: &Actor) -> String {
    match actor {
        Actor::Operator => "operator".into(),
        Actor::Key(key) => key.to_string(),
        Actor::Engine | Actor::Gateway(_) => "engine".into(),
    }
}
