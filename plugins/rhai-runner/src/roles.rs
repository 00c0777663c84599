//! What a script can be.

use crate::export::script::Kind;

/// What a script can be, and the function that makes it that.
pub struct Role {
    /// Which plugin it stands for.
    pub kind: Kind,
    /// The function.
    pub function: &'static str,
    /// What the function is handed, as a script writes it.
    pub parameter: &'static str,
}

/// All of them.
pub const ROLES: [Role; 3] = [
    Role { kind: Kind::RetryPolicy, function: "decide", parameter: "lead" },
    Role { kind: Kind::CallEvaluator, function: "evaluate", parameter: "talk" },
    Role { kind: Kind::RowMapping, function: "map_row", parameter: "row" },
];

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}({})`", self.function, self.parameter)
    }
}
