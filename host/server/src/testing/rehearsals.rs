//! Plays rehearsals without rehearsing: what comes of them is made up of the order, so that a test can say what it must be.

use std::sync::Mutex;

use async_trait::async_trait;
use campanile_engine::rehearsal::order::{Figures, Order, Played};
use tokio::sync::mpsc;

use crate::ports::Rehearsals;

/// Keeps the orders. Calls: ten for each lead and one for each of the cast's seed; a hundred more on the second side.
#[derive(Default)]
pub(crate) struct Players {
    /// What was ordered.
    pub orders: Mutex<Vec<Order>>,
    /// What the next order comes to instead.
    pub breaks: Mutex<Option<String>>,
}

#[async_trait]
impl Rehearsals for Players {
    async fn play(&self, order: Order, played: mpsc::Sender<Played>) -> Result<(), String> {
        self.orders.lock().unwrap().push(order.clone());
        if let Some(why) = self.breaks.lock().unwrap().take() {
            return Err(why);
        }
        for (cast, people) in order.casts.iter().enumerate() {
            for side in 0..order.sides.len() {
                let calls = 10 * order.leads.len() as i64 + people.seed as i64 + 100 * side as i64;
                let figures =
                    Figures { calls, goals_reached: calls / 10, talk_ms: 1_000 * calls, ..Figures::default() };
                let unfinished = (side == 1 && cast == 0).then(|| "horizon".to_owned());
                let _ = played.send(Played { cast, side, figures, unfinished }).await;
            }
        }
        Ok(())
    }
}
