//! The truth: people with phones, and when they changed.

use std::collections::BTreeMap;

use campanile_tests::{patience, people};

/// Somebody, as the truth has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// As the provider writes ids.
    pub id: String,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// E.164, in order; the first is the primary one.
    pub phones: Vec<String>,
    /// Kept as the variable `city`.
    pub city: String,
    /// Never to be called.
    pub do_not_call: bool,
    /// Unix milliseconds.
    pub changed_at: i64,
    /// Not there any more.
    pub deleted: bool,
}

/// Everybody.
#[derive(Default)]
pub struct World {
    people: BTreeMap<String, Person>,
    /// By when they changed and by id, so that a fake can page as fast as a provider.
    changes: BTreeMap<(i64, String), ()>,
    phones: usize,
    last: i64,
}

/// What a person looks like to a campaign: phones in order, name, city.
pub type Seen = (Vec<String>, String, String);

impl World {
    /// So many people who have not changed for a month.
    pub fn of(count: usize, id: impl Fn(usize) -> String) -> Self {
        let mut world = Self::default();
        let month = 30 * 86_400_000;
        let now = patience::wall().as_millisecond();
        for index in 0..count {
            let phones = 1 + usize::from(index.is_multiple_of(3));
            let person = Person {
                id: id(index),
                first: "Ann".into(),
                last: format!("Nr {index}"),
                phones: (0..phones).map(|_| world.phone()).collect(),
                city: "Bern".into(),
                do_not_call: false,
                // Fifty people a second: enough with one time to fill no page, few enough to need ties broken.
                changed_at: now - month + (index as i64 / 50) * 1_000,
                deleted: false,
            };
            world.put(person);
        }
        world
    }

    /// A phone that nobody has.
    pub fn phone(&mut self) -> String {
        self.phones += 1;
        people::phone(self.phones - 1)
    }

    /// A time that only grows, in whole seconds: what many providers stamp changes with.
    fn now(&mut self) -> i64 {
        let wall = patience::wall().as_millisecond() / 1_000 * 1_000;
        self.last = self.last.max(wall);
        self.last
    }

    /// Puts somebody as they are.
    pub fn put(&mut self, person: Person) {
        if let Some(before) = self.people.get(&person.id) {
            self.changes.remove(&(before.changed_at, before.id.clone()));
        }
        self.changes.insert((person.changed_at, person.id.clone()), ());
        self.people.insert(person.id.clone(), person);
    }

    /// Somebody new, now.
    pub fn add(&mut self, id: String) {
        let (phone, changed_at) = (self.phone(), self.now());
        let last = format!("New {id}");
        let (first, city) = ("Zoe".into(), "Basel".into());
        let new = Person { id, first, last, phones: vec![phone], city, do_not_call: false, changed_at, deleted: false };
        self.put(new);
    }

    /// Changes somebody, now.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Person)) {
        let mut person = self.people.get(id).unwrap_or_else(|| panic!("there is no {id}")).clone();
        change(&mut person);
        person.changed_at = self.now();
        self.put(person);
    }

    /// Gives somebody another phone and another city, now.
    pub fn edit(&mut self, id: &str) {
        let phone = self.phone();
        self.change(id, |person| {
            phone.clone_into(&mut person.phones[0]);
            person.city = format!("{} West", person.city);
        });
    }

    /// Takes somebody out, now.
    pub fn delete(&mut self, id: &str) {
        self.change(id, |person| person.deleted = true);
    }

    /// Everybody, the deleted too, by id as text.
    pub fn all(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Those behind an id, by id as text.
    pub fn after(&self, id: &str) -> impl Iterator<Item = &Person> {
        let bounds = (std::ops::Bound::Excluded(id.to_owned()), std::ops::Bound::Unbounded);
        self.people.range(bounds).map(|(_, person)| person)
    }

    /// Those who changed behind a time and an id, by time and id.
    pub fn changed_after(&self, at: i64, id: &str) -> impl Iterator<Item = &Person> {
        let bounds = (std::ops::Bound::Excluded((at, id.to_owned())), std::ops::Bound::Unbounded);
        self.changes.range(bounds).map(|((_, id), ())| &self.people[id])
    }

    /// Those who changed at that time or later, by time and id.
    pub fn changed_since(&self, at: i64) -> impl Iterator<Item = &Person> {
        self.changed_after(at, "")
    }

    /// One, if they are there.
    pub fn get(&self, id: &str) -> Option<&Person> {
        self.people.get(id)
    }

    /// Who may be called, and how the campaign must see them.
    pub fn callable(&self) -> BTreeMap<String, Seen> {
        let alive = self.people.values().filter(|person| !person.deleted && !person.do_not_call);
        alive
            .map(|person| {
                let name = format!("{} {}", person.first, person.last);
                (person.id.clone(), (person.phones.clone(), name, person.city.clone()))
            })
            .collect()
    }
}
