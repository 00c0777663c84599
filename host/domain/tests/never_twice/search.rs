//! A breadth-first search, so that the first broken promise is also the shortest story of one.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::step::{self, Action};
use crate::world::{Setup, World};

/// What a search found.
pub struct Found {
    pub states: usize,
    /// The promise that was broken, and the actions that led there.
    pub broken: Option<(&'static str, Vec<Action>)>,
    /// States from which nothing leads to the end of every lead.
    pub dead: Vec<World>,
}

/// The states that were met, with their numbers. The hash only makes most comparisons short.
type Numbers = BTreeMap<(u64, World), usize>;

fn key(world: World) -> (u64, World) {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    (hasher.finish(), world)
}

/// Goes through every state that can be reached, or to the first that breaks a promise.
pub fn search(setup: &Setup) -> Found {
    let start = World::start(setup);
    let mut numbers: Numbers = BTreeMap::from([(key(start.clone()), 0)]);
    let mut came_from: Vec<Option<(usize, Action)>> = vec![None];
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let mut queue = VecDeque::from([(0, start)]);
    while let Some((number, world)) = queue.pop_front() {
        for (action, next) in step::successors(setup, &world) {
            if let Some(promise) = next.broken {
                let mut story = story(&came_from, number);
                story.push(action);
                return Found { states: numbers.len(), broken: Some((promise, story)), dead: Vec::new() };
            }
            let next = key(next);
            if let Some(known) = numbers.get(&next) {
                before[*known].push(number);
                continue;
            }
            came_from.push(Some((number, action)));
            queue.push_back((before.len(), next.1.clone()));
            numbers.insert(next, before.len());
            before.push(vec![number]);
        }
    }
    Found { states: numbers.len(), broken: None, dead: dead(numbers, &before) }
}

fn story(came_from: &[Option<(usize, Action)>], mut at: usize) -> Vec<Action> {
    let mut actions = Vec::new();
    while let Some((from, action)) = &came_from[at] {
        actions.push(action.clone());
        at = *from;
    }
    actions.reverse();
    actions
}

/// Backwards from every state that is over; what is not met cannot get there.
fn dead(numbers: Numbers, before: &[Vec<usize>]) -> Vec<World> {
    let mut ends = vec![false; before.len()];
    let over = numbers.iter().filter(|((_, world), _)| world.is_over());
    let mut stack: Vec<usize> = over.map(|(_, number)| *number).collect();
    while let Some(number) = stack.pop() {
        if !std::mem::replace(&mut ends[number], true) {
            stack.extend(&before[number]);
        }
    }
    numbers.into_iter().filter(|(_, number)| !ends[*number]).map(|((_, world), _)| world).collect()
}
