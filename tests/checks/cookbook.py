#!/usr/bin/env python3
"""An independent opinion on a rehearsal under a script or the built-in table: what it did, against what its purpose says.

Usage: cookbook.py LEADS.csv CALLS.jsonl SCRIPT RULES.json [OTHER.jsonl]

Each script's rule is written here a second time, from its purpose and in another language: given the calls of a lead so
far, what must be decided and for when. A rule answers None where the script leaves the decision to the campaign. Whatever
a script asks for, hours and the ten minutes between two calls must hold, and what was moved must say so. OTHER: a
rehearsal with the same seed under another policy; both must meet the same people.

RULES: zone, hours {weekday 0-6: [[from, to], ...]}. Prints {"calls", "decided", "moved", "violations"} as JSON. Exit code
0: no violation, 1: some, 77: the machine has no time zone database.
"""

import collections
import csv
import datetime
import json
import sys
import zoneinfo

HOUR, DAY = 3600, 86400
#: The decision is made within this after the end of the call, in seconds.
SOON = 5


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def minutes(clock):
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


class Lead:
    """A lead's calls up to one of them, and its row in the file."""

    def __init__(self, row, calls, zone):
        self.row, self.calls, self.zone = row, calls, zone
        self.last = calls[-1]
        self.ended = instant(self.last["ended_at"])
        self.local = self.ended.astimezone(zone)

    def count(self, outcome):
        return sum(call["outcome"] == outcome for call in self.calls)

    def in_a_row(self, outcome):
        streak = 0
        for call in reversed(self.calls):
            if call["outcome"] != outcome:
                break
            streak += 1
        return streak

    def after(self, seconds):
        return self.ended + datetime.timedelta(seconds=seconds)

    def next(self, hour, minute, day=None):
        """The next moment after the end at which the lead's clock shows this."""
        at = self.local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        days = 1 if day == "tomorrow" else 0
        if day is None and at <= self.local:
            days = 1
        if isinstance(day, int):
            days = (day - self.local.weekday()) % 7
            if days == 0 and at <= self.local:
                days = 7
        date = (self.local + datetime.timedelta(days=days)).date()
        return datetime.datetime.combine(date, at.time(), self.zone)


def builtin(lead):
    """The campaign's own table: the other contacts first, then a voicemail is the end, else three further rounds."""
    outcome, this_round = lead.last["outcome"], lead.last["round"]
    if outcome == "answered":
        return "complete", None
    # A number that failed may be none, which only the engine knows.
    if any(call["outcome"] == "failed" for call in lead.calls):
        return None
    tried = {call["contact"] for call in lead.calls if call["round"] == this_round}
    if len(tried) < lead.row["contacts"]:
        return "next_contact", None
    if outcome == "voicemail":
        return "complete", None
    return ("give_up" if this_round == 4 else "retry"), None


def taper(lead):
    waits = [HOUR, 4 * HOUR, DAY, 2 * DAY]
    if lead.last["outcome"] == "answered":
        return None
    if len(lead.calls) > len(waits):
        return "give_up", None
    return "retry", lead.after(waits[len(lead.calls) - 1])


def busy_soon(lead):
    if lead.last["outcome"] == "busy" and lead.in_a_row("busy") <= 3:
        return "retry", lead.after(600)
    return None


def morning_then_evening(lead):
    # The last round is the campaign's, and so is an answer: both are told by the reason.
    if lead.last["reason"] not in ("morning", "evening"):
        return None
    return "retry", lead.next(17, 30) if lead.local.hour < 13 else lead.next(10, 0)


def alternate_contacts(lead):
    if not lead.last["reason"].startswith("contact "):
        return None
    made = collections.Counter(call["contact"] for call in lead.calls)
    # A number that failed may be none, which only the engine knows.
    if any(call["outcome"] == "failed" for call in lead.calls):
        return None
    least = min(range(lead.row["contacts"]), key=lambda contact: (made[contact], contact))
    if lead.last["reason"] != f"contact {least}":
        return "retry", "another contact"
    return "retry", lead.after(2 * HOUR)


def rules_by_variable(lead):
    if lead.last["outcome"] == "answered":
        return None
    made = len(lead.calls)
    if lead.row["segment"] == "patient":
        return ("complete", None) if made >= 2 else ("retry", lead.after(2 * DAY))
    if lead.row["segment"] == "debtor":
        return ("give_up", None) if made >= 8 else ("retry", lead.after(3 * HOUR))
    return None


def weekend_pause(lead):
    asked = lead.last["asked_for"]
    if lead.last["decision"] != "retry" or asked is None:
        return None
    at = instant(asked).astimezone(lead.zone)
    if at.weekday() >= 5 or (at.weekday() == 4 and at.hour >= 15):
        return "retry", "a weekday before friday afternoon"
    if lead.last["reason"] == "after the weekend":
        return "retry", lead.next(10, 0, 0)
    return None


def high_value(lead):
    if lead.last["outcome"] == "answered" or int(lead.row["value"]) < 1000:
        return None
    if len(lead.calls) >= 8:
        return "give_up", None
    return "retry", lead.after(2 * HOUR)


def outcome_budgets(lead):
    budgets = {"busy": 4, "unanswered": 3, "voicemail": 1}
    outcome = lead.last["outcome"]
    if outcome not in budgets:
        return None
    if lead.count(outcome) > budgets[outcome]:
        return "give_up", None
    return "retry", lead.after(1200 if outcome == "busy" else 4 * HOUR)


def last_chance(lead):
    if lead.last["reason"] != "the last chance":
        return None
    return "retry", lead.next(11, 0, "tomorrow")


def short_answers(lead):
    # How long they talked is not told, only what was made of it.
    if lead.last["reason"] != "hung up at once":
        return None
    return "retry", lead.next(16, 0, "tomorrow") if lead.local.hour < 13 else lead.next(10, 0, "tomorrow")


def greedy(lead):
    return "retry", lead.after(0)


def voicemail_twice(lead):
    if lead.last["outcome"] == "voicemail" and lead.count("voicemail") >= 2:
        return "complete", None
    return None


def as_usual(_):
    return None


RULES = {
    rule.__name__: rule
    for rule in [builtin, taper, busy_soon, morning_then_evening, alternate_contacts, rules_by_variable, weekend_pause,
                 high_value, outcome_budgets, last_chance, short_answers, greedy, voicemail_twice]
}
#: Why the engine decides alone.
REPAIRS = {"provider_fault", "number_invalid", "caller_id_blocked"}
#: What these look at, a rehearsal does not tell: they must do as the campaign does.
RULES.update({name: as_usual for name in ["goal_retry", "stop_not_interested", "callback_asked", "before_the_end",
                                          "wrong_number"]})


class Check:
    def __init__(self, leads, calls, rule, rules):
        self.leads, self.calls, self.rule, self.rules = leads, calls, rule, rules
        self.zone = zoneinfo.ZoneInfo(rules["zone"])
        self.violations, self.decided, self.moved = [], 0, 0

    def say(self, rule, **facts):
        self.violations.append({"rule": rule, **{name: str(fact) for name, fact in facts.items()}})

    def inside(self, at):
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        ranges = self.rules["hours"].get(str(local.weekday()), [])
        return any(minutes(start) <= minute < minutes(end) for start, end in ranges)

    def run(self):
        of_lead = collections.defaultdict(list)
        for call in self.calls:
            if not self.inside(instant(call["started_at"])):
                self.say("inside the calling hours", call=call["call"], at=call["started_at"])
            of_lead[call["lead"]].append(call)
        for calls in of_lead.values():
            calls.sort(key=lambda call: call["started_at"])
            row = self.leads[next(call["phone"] for call in calls if call["contact"] == 0)]
            for number, call in enumerate(calls, 1):
                self.one(Lead(row, calls[:number], self.zone), calls[number] if number < len(calls) else None)

    def one(self, lead, following):
        call = lead.last
        if following is not None:
            if call["decision"] in ("complete", "give_up", "suppress"):
                self.say("nobody is called after the end", call=following["call"])
            self.wait(call, following)
        # What the engine repairs by itself it asks nobody about.
        if call["decision"] == "defer" or call["reason"] in REPAIRS:
            return
        expected = self.rule(lead)
        if expected is None:
            return
        self.decided += 1
        decision, at = expected
        if call["decision"] != decision:
            # The attempts are used, or no contact is left: the engine ends what a script would go on with.
            if not (decision == "retry" and call["decision"] in ("give_up", "complete") and call["clamped_by"]):
                self.say("the decision", call=call["call"], expected=decision, found=call["decision"], reason=call["reason"])
            return
        if isinstance(at, str):
            self.say("the retry", call=call["call"], expected=at, found=call["asked_for"])
        elif at is not None:
            asked = instant(call["asked_for"]) if call["asked_for"] else None
            if asked is None or abs((asked - at).total_seconds()) > SOON:
                self.say("the moment asked for", call=call["call"], expected=at, found=call["asked_for"])

    def wait(self, call, following):
        """What was asked for is kept or moved later, and what is moved says so."""
        if call["decision"] != "retry" or not call["asked_for"]:
            return
        asked, began = instant(call["asked_for"]), instant(following["started_at"])
        floor = instant(call["ended_at"]) + datetime.timedelta(minutes=10)
        if began < asked - datetime.timedelta(seconds=1):
            self.say("not before it was asked for", call=following["call"], asked=asked, began=began)
        if began < floor - datetime.timedelta(seconds=1):
            self.say("ten minutes between two calls", call=following["call"], began=began)
        if not self.inside(asked) or asked < floor - datetime.timedelta(seconds=1):
            self.moved += 1
            if not call["clamped_by"]:
                self.say("what is moved says so", call=call["call"], asked=asked)

    def same_people(self, other):
        """The first call of a lead at the same moment ends the same way, whoever decides."""
        first = {}
        for call in sorted(other, key=lambda call: call["started_at"]):
            first.setdefault(call["lead"], call)
        seen, met = set(), 0
        for call in sorted(self.calls, key=lambda call: call["started_at"]):
            theirs = first.get(call["lead"])
            # A later call here may begin when the first one does there: it is another call of theirs.
            if call["lead"] in seen or theirs is None:
                continue
            seen.add(call["lead"])
            if theirs["started_at"] != call["started_at"]:
                continue
            met += 1
            if (theirs["phone"], theirs["outcome"], theirs["ended_at"]) != (call["phone"], call["outcome"], call["ended_at"]):
                self.say("the same people", lead=call["lead"], here=call["outcome"], there=theirs["outcome"])
        if not met:
            self.say("the same people", met=0)


def read_leads(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    leads = {}
    for row in rows:
        row["contacts"] = 1 + sum(bool(row.get(name)) for name in ("second", "third"))
        leads[row["phone"]] = row
    return leads


def read_calls(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main(leads, calls, script, rules, other=None):
    try:
        zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        return 77
    with open(rules, encoding="utf-8") as file:
        check = Check(read_leads(leads), read_calls(calls), RULES[script], json.load(file))
    check.run()
    if other:
        check.same_people(read_calls(other))
    print(json.dumps({"calls": len(check.calls), "decided": check.decided, "moved": check.moved,
                      "violations": check.violations[:20]}))
    return 1 if check.violations else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
