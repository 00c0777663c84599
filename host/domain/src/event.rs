//! The events that the outside can be told of, in one list.
//!
//! Sinks, webhooks and the event stream choose from it, the store writes nothing that is not in it, and the table in
//! `docs/webhooks.md` is held against it. A name is a promise: it is never reused and never changes its meaning.

/// What an event is about; the objects of its `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// What the account has to spend.
    Balance,
    /// A call, with its lead.
    Call,
    /// A campaign.
    Campaign,
    /// An import of a lead file.
    Import,
    /// A lead, with its last call.
    Lead,
    /// A version of a plugin or a script.
    Plugin,
    /// A source and one of its runs.
    Source,
    /// A webhook.
    Webhook,
}

impl Subject {
    /// The scopes of a key that may read the objects, all of them: whoever may not read a lead is not told of it either.
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Balance | Self::Campaign => &["campaigns:read"],
            Self::Call | Self::Lead => &["leads:read", "calls:read"],
            Self::Import | Self::Source => &["leads:read"],
            Self::Plugin => &["plugins:read"],
            Self::Webhook => &["admin"],
        }
    }
}

/// Whether sinks are told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToSinks {
    /// It is nothing that is written back to where a lead came from.
    Never,
    /// To those that ask for it.
    Asked,
    /// To those that ask for nothing in particular, too: every outcome, and answers that come late.
    Usual,
}

/// One kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKind {
    /// `lead.completed` and its like.
    pub name: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// Whether sinks are told.
    pub to_sinks: ToSinks,
    /// When it happens, in a few words.
    pub means: &'static str,
}

/// What a webhook is sent to try it; only the one that is tried is told, and nobody can ask for it.
pub const TEST: &str = "webhook.test";

/// That a lead is among the next to be called. It is written only while a webhook asks for it by name: it would be one more
/// entry for every lead, and most of them follow from the call anyway.
pub const SCHEDULED: &str = "lead.scheduled";

const fn of(name: &'static str, subject: Subject, to_sinks: ToSinks, means: &'static str) -> EventKind {
    EventKind { name, subject, to_sinks, means }
}

/// Every event, by name.
pub const EVENTS: [EventKind; 32] = {
    use Subject::{Balance, Call, Campaign, Import, Lead, Plugin, Source, Webhook};
    use ToSinks::{Asked, Never, Usual};
    [
        of("balance.exhausted", Balance, Never, "the balance does not cover another call; once until the next top-up"),
        of(
            "balance.low",
            Balance,
            Never,
            "less is available than the account named; once until it is topped up above that",
        ),
        of("call.answered", Call, Asked, "somebody or something answered"),
        of("call.ended", Call, Asked, "the call is over"),
        of("call.evaluated", Call, Usual, "post-call variables were determined"),
        of("call.initiated", Call, Never, "the call is about to be dialled"),
        of("call.ringing", Call, Never, "the phone rings"),
        of("call.unknown", Call, Asked, "nobody knows what became of the call; it is looked for"),
        of("campaign.completed", Campaign, Never, "nobody is left to call, or its end has passed"),
        of("campaign.deleted", Campaign, Never, "its owner deleted it; its calls stay"),
        of("campaign.paused", Campaign, Never, "paused or stopped by hand, by a breaker or by its budget"),
        of("campaign.reopened", Campaign, Never, "a completed campaign goes on because a lead came"),
        of(
            "campaign.stalled",
            Campaign,
            Never,
            "leads are due and for a quarter of an hour could not be called, because of a gate that waits for a person",
        ),
        of("campaign.started", Campaign, Never, "started or resumed"),
        of("import.finished", Import, Never, "a lead file was read to its end, or failed"),
        of("lead.completed", Lead, Usual, "nothing more is to be done, and no goal was reached"),
        of("lead.created", Lead, Asked, "the lead came into its campaign"),
        of("lead.erased", Lead, Never, "nothing of the person is left; the lead stands for its calls"),
        of("lead.goal_reached", Lead, Usual, "a call reached the campaign's goal"),
        of("lead.max_retries", Lead, Usual, "no attempt is left, or the policy gave up"),
        of("lead.removed", Lead, Never, "a lead that nobody called was taken out"),
        of("lead.rescheduled", Lead, Usual, "the lead waits for its next call"),
        of(SCHEDULED, Lead, Never, "the lead is among the next to be called; told only to who names it"),
        of("lead.suppressed", Lead, Usual, "the lead is not to be called"),
        of("lead.updated", Lead, Asked, "its data changed, it is to be called again, or its policy failed"),
        of("plugin.activated", Plugin, Never, "a version came into force"),
        of(
            "plugin.failed",
            Plugin,
            Never,
            "the gates refused a version, or one in force failed for the first time in a while",
        ),
        of("plugin.staged", Plugin, Never, "a version passed the gates and can be activated"),
        of("source.failed", Source, Never, "a run of a source failed"),
        of("source.run_finished", Source, Never, "a run of a source was read to its end"),
        of(
            "webhook.disabled",
            Webhook,
            Never,
            "a webhook is not told any more: it answered 410, or failed for five days",
        ),
        of(TEST, Webhook, Never, "somebody tries a webhook"),
    ]
};

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static EventKind> {
    let at = EVENTS.binary_search_by_key(&name, |kind| kind.name).ok()?;
    EVENTS.get(at)
}

/// What somebody outside can ask to be told of.
pub fn subscribable() -> impl Iterator<Item = &'static EventKind> {
    EVENTS.iter().filter(|kind| kind.name != TEST)
}

/// What whoever names nothing is told of.
pub fn by_default() -> impl Iterator<Item = &'static EventKind> {
    subscribable().filter(|kind| kind.name != SCHEDULED)
}

/// What a sink can be told of.
pub fn of_sinks() -> impl Iterator<Item = &'static str> {
    EVENTS.iter().filter(|kind| kind.to_sinks != ToSinks::Never).map(|kind| kind.name)
}

/// What a sink is told of unless it asks for something else.
pub fn usual_of_sinks() -> impl Iterator<Item = &'static str> {
    EVENTS.iter().filter(|kind| kind.to_sinks == ToSinks::Usual).map(|kind| kind.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::store::SCOPES;

    #[test]
    fn every_event_is_found_by_its_name_and_begins_with_what_it_is_about() {
        assert!(EVENTS.is_sorted_by(|one, next| one.name < next.name));
        for event in &EVENTS {
            assert_eq!(kind(event.name), Some(event));
            let begins = format!("{:?}.", event.subject).to_lowercase();
            assert!(event.name.starts_with(&begins), "{}", event.name);
            assert!(event.subject.scopes().iter().all(|scope| SCOPES.contains(scope)));
        }
        assert_eq!(kind("lead.lost"), None);
    }

    #[test]
    fn sinks_are_told_of_outcomes_and_nobody_asks_for_a_test() {
        assert_eq!((of_sinks().count(), usual_of_sinks().count()), (11, 6));
        assert_eq!(subscribable().count(), EVENTS.len() - 1);
        assert_eq!(by_default().count(), EVENTS.len() - 2);
    }

    /// The page that people read lists what the code does.
    #[test]
    fn the_table_of_the_page_is_this_list() {
        let page = include_str!("../../../docs/webhooks.md");
        let row = |event: &EventKind| format!("| `{}` | {} |", event.name, event.means);
        let wanted: Vec<String> = EVENTS.iter().map(row).collect();
        let known = |line: &&str| line.split('`').nth(1).is_some_and(|name| kind(name).is_some());
        let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).filter(known).collect();
        assert!(listed == wanted, "write the table of docs/webhooks.md anew:\n{}", wanted.join("\n"));
    }
}
