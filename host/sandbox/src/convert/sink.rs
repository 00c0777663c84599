//! What a sink is handed and how it acknowledges.

use campanile_domain::sink::{Ack, ResultEvent};

use super::instance::{failure, invalid, sentence};
use super::value::lend_all;
use crate::contract::exports::campanile::plugin::sink as contract;
use crate::fault::Fault;

/// Events in the contract's records.
pub fn events(events: &[ResultEvent]) -> Vec<contract::ResultEvent> {
    let event = |event: &ResultEvent| contract::ResultEvent {
        event_id: event.id.to_string(),
        kind: event.kind.clone(),
        at: event.at.millis(),
        external_id: event.external_id.clone(),
        phone: event.phone.to_string(),
        data_json: event.data.to_string(),
        variables: lend_all(&event.variables),
        extra: Vec::new(),
    };
    events.iter().map(event).collect()
}

/// Acknowledgements in the domain's words.
///
/// # Errors
/// There is not one for each event, or a failure has no code: nothing is known of any delivery, all are repeated.
pub fn acks(acks: Vec<contract::Ack>, events: usize) -> Result<Vec<Ack>, Fault> {
    if acks.len() != events {
        return Err(invalid(format!("it acknowledges {} events; {events} were delivered", acks.len())));
    }
    let ack = |ack| {
        Ok(match ack {
            contract::Ack::Done => Ack::Done,
            contract::Ack::Skipped(why) => Ack::Skipped { why: sentence(&why) },
            contract::Ack::Failed(error) => Ack::Failed(failure(error)?),
        })
    };
    acks.into_iter().map(ack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::campanile::plugin::types::PluginError;

    #[test]
    fn there_is_one_acknowledgement_for_each_event() {
        let failed = |code: &str| {
            let error =
                PluginError { code: code.into(), message: "m".into(), retry_after_ms: Some(5), extra: Vec::new() };
            contract::Ack::Failed(error)
        };
        let read = acks(vec![contract::Ack::Done, failed("busy")], 2).unwrap();
        assert!(
            matches!(&read[1], Ack::Failed(failure) if failure.code == "busy" && failure.retry_after_ms == Some(5))
        );
        assert!(acks(vec![contract::Ack::Done], 2).is_err());
        assert!(acks(vec![contract::Ack::Done, contract::Ack::Done], 1).is_err());
        assert!(acks(vec![failed("")], 1).is_err());
    }
}
