//! Nobody is dialled twice: a search through everything that can happen to a handful of calls.
//!
//! The promise is *never two open attempts for a lead or a phone; an attempt whose fate is unknown is reconciled and
//! never dialled again sooner than the retry interval*. Examples cannot show a "never", so a small world is searched
//! whole: one process that may die at any step, its database, a network that loses, delays and doubles, a provider
//! whose phones really ring, and leads that share them. Every transition is made by the domain's own functions. Then
//! each guard is taken away in turn ([`guard::Guard`]) and the same search must find the harm it prevents.
//!
//! The model must never be kinder than the world: where it leaves something out (slots, hours, money, policies), that
//! can only forbid a dial, never cause one.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod forget;
mod guard;
mod search;
mod server;
mod step;
mod world;

use crate::guard::Guard;
use crate::search::search;
use crate::world::Setup;

/// One lead with one phone that is retried, one with two phones, and two leads that share a phone; each at a gateway
/// that finds calls by attempt id and at one that does not. The more that may go wrong, the more states.
fn setup(world: usize, finds: bool, faults: u8) -> Setup {
    match world {
        0 => Setup::new(&[&[0]], 1, finds, faults),
        1 => Setup::new(&[&[0, 1]], 0, finds, faults),
        _ => Setup::new(&[&[0], &[0]], 0, finds, faults),
    }
}

#[test]
fn the_promise_holds_in_every_state_and_every_lead_can_end() {
    let mut states = 0;
    for (world, finds, faults) in
        [(0, true, 2), (0, false, 2), (1, true, 2), (1, false, 1), (2, true, 1), (2, false, 1)]
    {
        let found = search(&setup(world, finds, faults));
        println!("world {world}, a gateway that finds: {finds}, {faults} faults: {} states", found.states);
        assert!(found.broken.is_none(), "{:?}", found.broken);
        assert!(found.dead.is_empty(), "{} states lead nowhere, such as {:#?}", found.dead.len(), found.dead[0]);
        states += found.states;
    }
    assert!(states > 10_000, "{states} states are too few to show anything");
}

#[test]
fn no_guard_can_be_taken_away() {
    for guard in Guard::ALL {
        let small = (0..=1).flat_map(|faults| (0..3).map(move |world| (world, faults)));
        let mut worlds =
            small.chain([(0, 2)]).flat_map(|(world, faults)| [(world, true, faults), (world, false, faults)]);
        let without =
            |(world, finds, faults)| search(&Setup { without: Some(guard), ..setup(world, finds, faults) }).broken;
        let Some((promise, story)) = worlds.find_map(without) else {
            panic!("without {guard:?} every promise still holds");
        };
        println!("without {guard:?} {} steps break \"{promise}\": {story:?}", story.len());
    }
}
