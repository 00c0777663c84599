//! Why somebody is not being called.

use utoipa::ToSchema;

/// One gate, in words.
#[derive(ToSchema)]
pub struct Explained {
    /// Its code.
    pub gate: String,
    /// `campaign`, `lead` or `contact`.
    pub scope: String,
    /// `pass`, `until` an instant, `wait` for something without one, `block`.
    pub verdict: String,
    /// With the verdict `until`: when it opens by itself.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Why, with the facts.
    pub detail: String,
}

/// How many leads wait at a gate.
#[derive(ToSchema)]
pub struct GateCount {
    /// The gate's code; `ready` for leads that only need a slot.
    pub gate: String,
    /// How many.
    pub leads: u64,
    /// The earliest instant at which the first of them may go on.
    #[schema(format = DateTime)]
    pub until: Option<String>,
}
