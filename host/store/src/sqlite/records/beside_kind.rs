//! The kinds of documents that stand beside the decisions.

/// See [`super::beside`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// What shadows answered.
    Shadow,
    /// What evaluators answered.
    Evaluation,
}

impl Beside {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Shadow, Self::Evaluation];

    /// The beginning of its tables' names.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Evaluation => "evaluation",
        }
    }

    /// Days of this shape, and of later ones, have its table from the start.
    pub(crate) const fn since(self) -> u32 {
        match self {
            Self::Shadow => 2,
            Self::Evaluation => 3,
        }
    }
}
