//! The bell that wakes a duty.

use std::sync::Arc;

use tokio::sync::Notify;

/// Rung when somebody may have come to be due. Clones are the same bell.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Rings it.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Until it is rung; a ring that nobody waited for counts.
    pub(super) async fn rung(&self) {
        self.0.notified().await;
    }
}
