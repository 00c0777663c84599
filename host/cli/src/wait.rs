//! Waiting, in plain code, for the sandbox. A command runs inside the runtime, and there the sandbox's channels count
//! what one task has taken: after 128 turns they answer "not yet" until the task has yielded, which a plain wait
//! never does, so it would spin for ever. The wait is therefore taken out of that count.

use futures::executor::block_on;

/// What `work` comes to. The thread does nothing else meanwhile.
pub fn wait<F: Future>(work: F) -> F::Output {
    block_on(tokio::task::unconstrained(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_taken_than_one_task_may() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        runtime.block_on(async move {
            for turn in 0..1_000 {
                sender.send(turn).unwrap();
                assert_eq!(wait(receiver.recv()), Some(turn));
            }
        });
    }
}
