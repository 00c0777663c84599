//! The table. Two lines a name: what it is, and an example that a test runs.

use super::{Entry, Kind};
use crate::api::{answer, mapped};

type Text = &'static str;
type Within = &'static [Text];

const DECIDE: Within = &["decide"];
const EVALUATE: Within = &["evaluate"];
const MAP_ROW: Within = &["map_row"];
const SETTINGS: Within = &["settings"];
/// Where there is a time.
const TIMED: Within = &["decide", "evaluate"];
const ANYWHERE: Within = &[];

const fn function(within: Within, name: Text, signature: Text, doc: Text, example: Text) -> Entry {
    Entry { name, kind: Kind::Function, of: None, within, signature, doc, example, keys: &[] }
}

const fn method(within: Within, of: Text, name: Text, signature: Text, doc: Text, example: Text) -> Entry {
    Entry { kind: Kind::Method, of: Some(of), ..function(within, name, signature, doc, example) }
}

/// Of what a decision looks at.
const fn property(of: Text, name: Text, signature: Text, doc: Text, example: Text) -> Entry {
    Entry { kind: Kind::Property, of: Some(of), ..function(DECIDE, name, signature, doc, example) }
}

/// Of what an evaluation looks at.
const fn heard(of: Text, name: Text, signature: Text, doc: Text, example: Text) -> Entry {
    Entry { within: EVALUATE, ..property(of, name, signature, doc, example) }
}

/// Of times, which both have.
const fn timed(of: Text, name: Text, signature: Text, doc: Text, example: Text) -> Entry {
    Entry { within: TIMED, ..property(of, name, signature, doc, example) }
}

const fn with_keys(entry: Entry, keys: &'static [Text]) -> Entry {
    Entry { keys, ..entry }
}

const LEAD: Text = "lead";
const ATTEMPT: Text = "attempt";
const CONTACT: Text = "contact";
const DECISION: Text = "decision";
const DURATION: Text = "length of time";
const INSTANT: Text = "point in time";
const ROW: Text = "row";
const TALK: Text = "talk";
const LINE: Text = "line";
const FOUND: Text = "what was found";
const TOLD: Text = "an answer";
const VARIABLES: Text = "variables";

/// Everything that a script can use, grouped as the guide is.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    // Decisions.
    with_keys(function(DECIDE, "retry", "retry(#{ after?, at?, before?, contact?, priority?, vars?, reason? }?) -> decision",
        "Calls again in a new round; without after or at when the campaign's interval is over.", "retry(#{ after: minutes(15), contact: 0, reason: \"busy\" })"),
        answer::OF_RETRY),
    function(DECIDE, "next_contact", "next_contact(reason?) -> decision",
        "Calls the next contact of the lead at once, in the same round.", "next_contact(\"nobody home\")"),
    function(DECIDE, "complete", "complete(reason) -> decision",
        "Done with this lead.", "complete(\"two voicemails left\")"),
    function(DECIDE, "give_up", "give_up(reason) -> decision",
        "Never calls this lead again in this campaign.", "give_up(\"never reached\")"),
    function(DECIDE, "suppress", "suppress(\"number\" or \"person\", reason?) -> decision",
        "Never calls the number just called, or any number of the lead, in any campaign.", "suppress(\"person\", \"asked for it\")"),
    function(DECIDE, "builtin", "builtin() -> decision",
        "What the built-in policy answers.", "builtin()"),
    property(DECISION, "kind", "decision.kind: text",
        "complete, next_contact, retry, give_up or suppress.", "builtin().kind == \"retry\""),
    property(DECISION, "reason", "decision.reason: text",
        "The reason it carries.", "builtin().reason"),
    property(DECISION, "at", "decision.at: point in time",
        "When a retry may be made at the earliest; only a retry has it.", "builtin().at.hour"),

    // The lead.
    property(LEAD, "now", "lead.now: point in time",
        "The moment of the decision.", "lead.now.hour < 12"),
    property(LEAD, "last", "lead.last: attempt",
        "The attempt that has just ended.", "lead.last.outcome"),
    property(LEAD, "attempts", "lead.attempts: list of attempt",
        "The attempts since the lead was last set to created, oldest first.", "lead.attempts.len()"),
    property(LEAD, "contacts", "lead.contacts: list of contact",
        "The phones of the lead in their order, the primary one first.", "lead.contacts[0].phone"),
    property(LEAD, "goal", "lead.goal: true, false or undetermined",
        "The campaign's goal as the last call left it; ask is_undetermined() before comparing it.", "!lead.goal.is_undetermined() && lead.goal"),
    property(LEAD, "vars", "lead.vars: variables",
        "The lead's variables, one property each; one that is not there is undetermined.", "lead.vars.city"),
    property(LEAD, "round", "lead.round: whole number",
        "The current round, from 1.", "lead.round == 1"),
    property(LEAD, "rounds_left", "lead.rounds_left: whole number",
        "How many more rounds the campaign's retries allow.", "lead.rounds_left == 0"),
    property(LEAD, "attempts_left", "lead.attempts_left: whole number",
        "How many more calls the engine allows, whatever is asked for.", "lead.attempts_left > 1"),
    property(LEAD, "interval", "lead.interval: length of time",
        "The campaign's wait between rounds.", "retry(#{ after: lead.interval * 2 })"),
    property(LEAD, "zone", "lead.zone: text",
        "The name of the lead's time zone.", "lead.zone == \"Europe/Zurich\""),
    property(LEAD, "retry_on_voicemail", "lead.retry_on_voicemail: true or false",
        "Whether the campaign calls again after a voicemail.", "lead.retry_on_voicemail"),
    property(LEAD, "retry_until_goal", "lead.retry_until_goal: true or false",
        "Whether the campaign calls until the goal is reached.", "lead.retry_until_goal"),
    property(LEAD, "campaign_ends_at", "lead.campaign_ends_at: point in time or undetermined",
        "When the campaign ends; undetermined when it has no end.", "lead.campaign_ends_at.is_undetermined()"),
    property(LEAD, "id", "lead.id: text",
        "The id of the lead.", "lead.id"),
    property(LEAD, "campaign", "lead.campaign: text",
        "The id of the campaign.", "lead.campaign"),
    method(DECIDE, LEAD, "count", "lead.count(outcome) -> whole number",
        "How many attempts ended as answered, voicemail, busy, unanswered, failed, unknown or cancelled.", "lead.count(\"voicemail\") >= 2"),
    method(DECIDE, LEAD, "in_a_row", "lead.in_a_row(outcome) -> whole number",
        "How many of the latest attempts ended like this, without another outcome between them.", "lead.in_a_row(\"busy\") <= 3"),

    // An attempt.
    property(ATTEMPT, "outcome", "attempt.outcome: text",
        "answered, voicemail, busy, unanswered, failed, unknown or cancelled.", "lead.last.outcome == \"busy\""),
    property(ATTEMPT, "failure", "attempt.failure: text",
        "none, number_invalid, callee_rejected, caller_id_blocked, provider_fault or other.", "lead.last.failure == \"callee_rejected\""),
    property(ATTEMPT, "answered_by", "attempt.answered_by: text",
        "human, machine or unknown.", "lead.last.answered_by == \"human\""),
    property(ATTEMPT, "contact", "attempt.contact: whole number",
        "The position of the contact that was called.", "retry(#{ contact: lead.last.contact })"),
    property(ATTEMPT, "phone", "attempt.phone: text",
        "The number that was called.", "lead.last.phone.starts_with(\"+1\")"),
    property(ATTEMPT, "round", "attempt.round: whole number",
        "The round it belongs to, from 1.", "lead.last.round == lead.round"),
    property(ATTEMPT, "number", "attempt.number: whole number",
        "Which attempt of the lead it is, from 1, those before it was set to created included.", "lead.last.number"),
    property(ATTEMPT, "started_at", "attempt.started_at: point in time",
        "When it began.", "lead.last.started_at.hour < 12"),
    property(ATTEMPT, "ended_at", "attempt.ended_at: point in time",
        "When it ended.", "lead.now - lead.last.ended_at < hours(1)"),
    property(ATTEMPT, "talk", "attempt.talk: length of time",
        "How long the parties talked.", "lead.last.talk < seconds(20)"),
    property(ATTEMPT, "vars", "attempt.vars: variables",
        "What the call told, one property per post-call variable.", "lead.last.vars.has(\"booked\")"),
    method(DECIDE, ATTEMPT, "was", "attempt.was(outcome) -> true or false",
        "Whether it ended as answered, voicemail, busy, unanswered, failed, unknown or cancelled.", "lead.last.was(\"busy\")"),

    // A contact.
    property(CONTACT, "position", "contact.position: whole number",
        "Its place, 0 is the primary contact.", "lead.contacts[0].position == 0"),
    property(CONTACT, "phone", "contact.phone: text",
        "Its number.", "lead.contacts[0].phone.starts_with(\"+44\")"),
    property(CONTACT, "name", "contact.name: text",
        "Whose it is; empty when not known.", "lead.contacts[0].name == \"\""),
    property(CONTACT, "label", "contact.label: text",
        "What kind of phone it is; empty when not known.", "lead.contacts[0].label == \"mobile\""),
    property(CONTACT, "usable", "contact.usable: true or false",
        "Whether it can be called: not invalid, not somebody else's.", "lead.contacts.filter(|contact| contact.usable).len()"),
    property(CONTACT, "vars", "contact.vars: variables",
        "The variables of this contact alone.", "lead.contacts[0].vars.has(\"language\")"),

    // Variables, and what has no value.
    method(TIMED, VARIABLES, "has", "vars.has(name) -> true or false",
        "Whether there is a variable of this name.", "lead.vars.has(\"city\")"),
    method(ANYWHERE, "any value", "is_undetermined", "value.is_undetermined() -> true or false",
        "Whether the call did not tell, or there is no such variable; nothing undetermined can be compared.", "lead.goal.is_undetermined()"),

    // Time.
    function(ANYWHERE, "seconds", "seconds(count) -> length of time",
        "So many seconds.", "seconds(90)"),
    function(ANYWHERE, "minutes", "minutes(count) -> length of time",
        "So many minutes.", "minutes(15)"),
    function(ANYWHERE, "hours", "hours(count) -> length of time",
        "So many hours.", "hours(1.5)"),
    function(ANYWHERE, "days", "days(count) -> length of time",
        "So many times 24 hours.", "days(2)"),
    timed(DURATION, "minutes", "length.minutes: number",
        "Its length in minutes.", "lead.interval.minutes >= 60.0"),
    timed(DURATION, "hours", "length.hours: number",
        "Its length in hours.", "lead.interval.hours"),
    timed(DURATION, "days", "length.days: number",
        "Its length in days.", "(lead.now - lead.last.started_at).days < 1.0"),
    function(TIMED, "next", "next(\"10:00\", \"tomorrow 9:30\" or \"monday 10:00\") -> point in time",
        "The next time after now that the lead's clock shows this.", "next(\"monday 10:00\")"),
    function(TIMED, "next_open", "next_open(at) -> point in time",
        "The first moment of the calling hours from a point in time on.", "next_open(lead.now + hours(3))"),
    timed(INSTANT, "year", "at.year: whole number",
        "The year on the lead's clock.", "lead.now.year"),
    timed(INSTANT, "month", "at.month: whole number",
        "The month on the lead's clock, from 1.", "lead.now.month == 12"),
    timed(INSTANT, "day", "at.day: whole number",
        "The day of the month on the lead's clock.", "lead.now.day == 1"),
    timed(INSTANT, "hour", "at.hour: whole number",
        "The hour on the lead's clock, from 0 to 23.", "lead.now.hour >= 17"),
    timed(INSTANT, "minute", "at.minute: whole number",
        "The minute on the lead's clock.", "lead.now.minute"),
    timed(INSTANT, "weekday", "at.weekday: text",
        "The day of the week on the lead's clock, such as monday.", "lead.now.weekday == \"friday\""),
    timed(INSTANT, "date", "at.date: text",
        "The date on the lead's clock, such as 2026-03-02.", "lead.now.date == \"2026-12-24\""),

    // Settings of its own.
    function(ANYWHERE, "setting", "setting(name) -> value",
        "The value of a setting that the script declares.", "minutes(setting(\"wait\"))"),
    function(SETTINGS, "number", "number(default, title, least?, most?) -> declared setting",
        "Declares a number, whole when its default is; least and most come together.", "number(15, \"Minutes to wait\", 10, 600)"),
    function(SETTINGS, "text", "text(default, title) -> declared setting",
        "Declares a text.", "text(\"\", \"A note for the record\")"),
    function(SETTINGS, "flag", "flag(default, title) -> declared setting",
        "Declares a choice of true or false.", "flag(false, \"Stop at the first voicemail\")"),
    function(SETTINGS, "choice", "choice(default, list of texts, title) -> declared setting",
        "Declares a choice of several texts.", "choice(\"slow\", [\"slow\", \"fast\"], \"Pace\")"),

    // A call that is read.
    heard(TALK, "lines", "talk.lines: list of line",
        "What was said, in its order.", "talk.lines.len() > 2"),
    heard(TALK, "outcome", "talk.outcome: text",
        "How the call ended: answered, voicemail, busy, unanswered, failed, unknown or cancelled.", "talk.outcome == \"answered\""),
    heard(TALK, "answered_by", "talk.answered_by: text",
        "human, machine or unknown.", "talk.answered_by == \"human\""),
    heard(TALK, "length", "talk.length: length of time",
        "How long the parties talked.", "talk.length < seconds(20)"),
    heard(TALK, "started_at", "talk.started_at: point in time",
        "When the call began; the only now that an evaluation has.", "talk.started_at.hour < 12"),
    heard(TALK, "zone", "talk.zone: text",
        "The name of the lead's time zone.", "talk.zone == \"Europe/Zurich\""),
    heard(TALK, "language", "talk.language: text",
        "The language of the lead; empty when not known.", "talk.language == \"de\""),
    heard(TALK, "provided", "talk.provided: variables",
        "What the provider's own analysis answered.", "talk.provided.has(\"sentiment\")"),
    heard(TALK, "vars", "talk.vars: variables",
        "The lead's variables.", "talk.vars.city"),
    heard(TALK, "id", "talk.id: text",
        "The id of the call.", "talk.id"),
    heard(TALK, "lead", "talk.lead: text",
        "The id of the lead.", "talk.lead"),
    heard(TALK, "campaign", "talk.campaign: text",
        "The id of the campaign.", "talk.campaign"),
    method(EVALUATE, TALK, "find", "talk.find(phrase or list of phrases) -> what was found",
        "Every place where one of the phrases is said; appoint* is any word that begins so.", "talk.find([\"not interested\", \"no thanks\"])"),
    method(EVALUATE, TALK, "all", "talk.all() -> what was found",
        "Every line.", "talk.all().by(\"person\").count()"),
    method(EVALUATE, TALK, "count", "talk.count(speaker) -> whole number",
        "How many lines somebody said: assistant, person or other.", "talk.count(\"person\") == 0"),
    method(EVALUATE, TALK, "asks", "talk.asks(name) -> true or false",
        "Whether this variable is still open and asked for.", "talk.asks(\"booked\")"),
    method(EVALUATE, FOUND, "by", "found.by(speaker) -> what was found",
        "What somebody said: assistant, person or other.", "talk.find(\"yes\").by(\"person\")"),
    method(EVALUATE, FOUND, "affirmed", "found.affirmed() -> what was found",
        "What was said without a denial before it and not as a question.", "talk.find(\"book*\").affirmed()"),
    method(EVALUATE, FOUND, "denied", "found.denied() -> what was found",
        "What was said behind a word such as no, not or never.", "talk.find(\"book*\").denied()"),
    method(EVALUATE, FOUND, "asked", "found.asked() -> what was found",
        "What was said as a question.", "talk.find(\"how much\").asked()"),
    method(EVALUATE, FOUND, "after", "found.after(other) -> what was found",
        "What was said behind the first place of the other.", "talk.find(\"yes\").after(talk.find(\"book*\").by(\"assistant\"))"),
    method(EVALUATE, FOUND, "before", "found.before(other) -> what was found",
        "What was said ahead of the last place of the other.", "talk.find(\"yes\").before(talk.find(\"goodbye\"))"),
    method(EVALUATE, FOUND, "any", "found.any() -> true or false",
        "Whether there is a place.", "talk.find(\"yes\").any()"),
    method(EVALUATE, FOUND, "none", "found.none() -> true or false",
        "Whether there is no place.", "talk.find(\"no\").none()"),
    method(EVALUATE, FOUND, "count", "found.count() -> whole number",
        "In how many lines it is said.", "talk.find(\"price\").count() >= 2"),
    method(EVALUATE, FOUND, "first", "found.first() -> line or undetermined",
        "The first line; undetermined when nothing was found.", "talk.find(\"yes\").first().is_undetermined()"),
    method(EVALUATE, FOUND, "last", "found.last() -> line or undetermined",
        "The last line; undetermined when nothing was found.", "talk.find(\"yes\").last().is_undetermined()"),
    method(EVALUATE, FOUND, "lines", "found.lines() -> list of line",
        "Its lines, none twice.", "talk.find(\"yes\").lines().len()"),
    heard(LINE, "text", "line.text: text",
        "What was said.", "talk.lines[0].text.len() > 3"),
    heard(LINE, "speaker", "line.speaker: text",
        "Who said it: assistant, person or other.", "talk.lines[0].speaker == \"assistant\""),
    heard(LINE, "number", "line.number: whole number",
        "Its place in the call, from 0.", "talk.lines[0].number == 0"),
    heard(LINE, "at", "line.at: length of time",
        "How long after the beginning it was said.", "talk.lines[0].at < minutes(1)"),
    function(EVALUATE, "told", "told(value, reason, found or line?) -> an answer",
        "An answer with the reason and the lines that the tenant reads.", "told(true, \"agreed\", talk.find(\"yes\"))"),
    function(EVALUATE, "undetermined", "undetermined(reason?) -> an answer",
        "The call did not tell.", "undetermined(\"nobody spoke\")"),
    method(EVALUATE, TOLD, "sure", "answer.sure(confidence) -> an answer",
        "The same, with how sure it is, from 0 to 1.", "told(true, \"agreed\").sure(0.8)"),

    // Rows of a file.
    with_keys(function(MAP_ROW, "person", "person(#{ phone?, phones?, name?, external_id?, time_zone?, country?, priority?, vars? }) -> what becomes of a row",
        "Somebody to call; a phone is a text or #{ phone, name?, label? }, and at least phone or phones is needed.", "person(#{ phone: row.phone, name: row.name, vars: #{ town: row.town } })"),
        mapped::OF_PERSON),
    function(MAP_ROW, "reject", "reject(reason) -> what becomes of a row",
        "Leaves the row out.", "reject(\"wants no calls\")"),
    method(MAP_ROW, ROW, "has", "row.has(column) -> true or false",
        "Whether the file has this column; row[\"Header\"] and row.header are its cells.", "row.has(\"Fax\") && row.fax != \"\""),
    method(MAP_ROW, ROW, "headers", "row.headers() -> list of text",
        "The columns of the file as they are written.", "row.headers().len()"),
    method(MAP_ROW, ROW, "row_number", "row.row_number() -> whole number",
        "Which row it is, as a spreadsheet counts.", "row.row_number() > 1"),

    // The log.
    function(ANYWHERE, "print", "print(value)",
        "Writes a line to the log of the call.", "print(`in ${hours(2)}`)"),
    function(ANYWHERE, "debug", "debug(value)",
        "Writes a line to the log of the call, with its place in the script.", "debug(\"here\")"),
];
