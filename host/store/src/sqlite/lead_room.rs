//! How many leads a write may still add, once it was asked; see `leads/room.rs`.

/// What one write may still add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeadRoom {
    /// `None`: as many as it likes.
    pub most: Option<u64>,
    /// Before this write.
    pub held: u64,
    /// Came with it.
    pub added: u64,
}
