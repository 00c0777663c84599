#!/usr/bin/env python3
"""An independent opinion on a rehearsal: reads what went in and what came out, and knows the rules from the documentation.

Usage: rehearsal.py LEADS.csv CALLS.jsonl SUMMARY.json RULES.json

It is written in another language, with other libraries for time zones and for CSV, so that a misunderstanding in the
server is not repeated here. Prints {"leads", "calls", "violations"} as JSON. Exit code 0: no violation, 1: some,
77: the machine has no time zone database.

RULES: zone, hours {weekday 0-6: [[from, to], ...]}, rounds, interval_minutes (least wait between rounds),
max_concurrent, expect ("unreachable": every lead is called in every round, every contact in order; "goal": nobody is
called after the goal was reached).
"""

import collections
import csv
import datetime
import json
import sys
import zoneinfo

DONE = {"complete", "give_up", "suppress"}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def minutes(clock):
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def inside_hours(at, rules, zone):
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    ranges = rules["hours"].get(str(local.weekday()), [])
    return any(minutes(start) <= minute < minutes(end) for start, end in ranges)


def read_leads(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    return {row[1]: [phone for phone in row[1:4] if phone] for row in rows[1:]}


class Check:
    def __init__(self, leads, calls, summary, rules):
        self.leads, self.calls, self.summary, self.rules = leads, calls, summary, rules
        self.zone = zoneinfo.ZoneInfo(rules["zone"])
        self.violations = []
        self.row_of = {(position, phone): row for row in leads.values() for position, phone in enumerate(row)}

    def say(self, rule, **facts):
        self.violations.append({"rule": rule, **{name: str(fact) for name, fact in facts.items()}})

    def run(self):
        self.each_call()
        of_lead = collections.defaultdict(list)
        of_phone = collections.defaultdict(list)
        for call in self.calls:
            of_lead[call["lead"]].append(call)
            of_phone[call["phone"]].append(call)
        for calls in [*of_lead.values(), *of_phone.values()]:
            self.one_at_a_time(calls)
        seen = set()
        for lead, calls in of_lead.items():
            phones = self.phones_of(lead, calls)
            if phones is None:
                continue
            if phones[0] in seen:
                self.say("one lead for each row", phone=phones[0])
            seen.add(phones[0])
            self.rounds(lead, calls)
            if self.rules.get("expect") == "unreachable":
                self.unreachable(lead, calls, phones)
        if self.rules.get("expect") == "unreachable" and len(seen) != len(self.leads):
            self.say("every lead is called", called=len(seen), leads=len(self.leads))
        if self.rules.get("expect") == "goal":
            self.goals(of_lead)
        self.concurrency()
        self.sums()

    def each_call(self):
        previous = None
        ids = set()
        for call in self.calls:
            call["start"], call["end"] = instant(call["started_at"]), call["ended_at"] and instant(call["ended_at"])
            if call["call"] in ids:
                self.say("a call has one id", call=call["call"])
            ids.add(call["call"])
            if call["end"] is None or call["end"] < call["start"]:
                self.say("every call ends, after its start", call=call["call"], end=call["end"])
                call["end"] = call["start"]
            if not inside_hours(call["start"], self.rules, self.zone):
                self.say("inside the calling hours", call=call["call"], at=call["start"].astimezone(self.zone))
            if previous is not None and call["start"] < previous:
                self.say("oldest first", call=call["call"])
            previous = call["start"]

    def one_at_a_time(self, calls):
        for before, after in zip(calls, calls[1:]):
            if after["start"] < before["end"]:
                self.say("one call at a time", call=after["call"], other=before["call"])

    def phones_of(self, lead, calls):
        """The row of a lead, known by the phones of its calls: contact n is the n-th phone of the row."""
        call = calls[0]
        phones = self.row_of.get((call["contact"], call["phone"]))
        if phones is not None:
            for call in calls:
                if call["contact"] >= len(phones) or phones[call["contact"]] != call["phone"]:
                    self.say("contacts are those of the row", lead=lead, phone=call["phone"])
            return phones
        self.say("nobody is called who is not in the file", lead=lead, phone=call["phone"])
        return None

    def rounds(self, lead, calls):
        least = datetime.timedelta(minutes=self.rules["interval_minutes"])
        if calls[0]["round"] != 1:
            self.say("rounds begin with 1", lead=lead, round=calls[0]["round"])
        tried = set()
        for before, after in zip([None, *calls], calls):
            if before is None or after["round"] != before["round"]:
                tried = set()
                if before is not None and after["round"] != before["round"] + 1:
                    self.say("rounds follow each other", lead=lead, round=after["round"])
                if before is not None and after["start"] - before["end"] < least:
                    self.say("the wait between rounds", lead=lead, waited=after["start"] - before["end"])
            elif after["contact"] in tried and before["outcome"] not in ("failed", "refused", "withdrawn"):
                self.say("a contact once in a round", lead=lead, contact=after["contact"])
            tried.add(after["contact"])
            if before is not None and before["decision"] in DONE:
                self.say("nobody is called after the end", lead=lead, call=after["call"], decision=before["decision"])
        if calls[-1]["round"] > self.rules["rounds"]:
            self.say("no more rounds than allowed", lead=lead, rounds=calls[-1]["round"])

    def unreachable(self, lead, calls, phones):
        expected = [(round, contact) for round in range(1, self.rules["rounds"] + 1) for contact in range(len(phones))]
        came = [(call["round"], call["contact"]) for call in calls]
        if came != expected:
            self.say("every contact in order in each of the rounds", lead=lead, came=came, expected=expected)
        if any(call["outcome"] != "unanswered" for call in calls):
            self.say("nobody answers", lead=lead)

    def goals(self, of_lead):
        reached = 0
        for lead, calls in of_lead.items():
            at = [index for index, call in enumerate(calls) if call["reason"] == "goal_reached"]
            reached += bool(at)
            if at and (at[0] != len(calls) - 1 or calls[at[0]]["outcome"] != "answered"):
                self.say("no call after the goal was reached", lead=lead, calls=len(calls), at=at)
        if reached != self.summary["goals_reached"]:
            self.say("goals add up", calls=reached, summary=self.summary["goals_reached"])

    def concurrency(self):
        steps = sorted([(c["start"], 1) for c in self.calls] + [(c["end"], -1) for c in self.calls])
        live = most = 0
        for _, step in steps:
            live += step
            most = max(most, live)
        if most > self.rules["max_concurrent"]:
            self.say("no more calls at once than allowed", most=most)

    def sums(self):
        if self.summary["calls"] != len(self.calls):
            self.say("calls add up", file=len(self.calls), summary=self.summary["calls"])
        outcomes = collections.Counter(call["outcome"] for call in self.calls)
        told = {name: count for name, count in self.summary["attempts"].items() if count}
        if told != dict(outcomes):
            self.say("outcomes add up", file=dict(outcomes), summary=told)
        hours = collections.Counter(str(call["start"].astimezone(self.zone).hour) for call in self.calls)
        if self.summary["calls_per_hour"] != dict(hours):
            self.say("hours add up", file=dict(hours), summary=self.summary["calls_per_hour"])
        counted = sum(count for reasons in self.summary["leads_by_status"].values() for count in reasons.values())
        if not counted == self.summary["leads"] == len(self.leads):
            self.say("leads add up", counted=counted, summary=self.summary["leads"], file=len(self.leads))


def main():
    leads_path, calls_path, summary_path, rules_path = sys.argv[1:]
    with open(calls_path, encoding="utf-8") as file:
        calls = [json.loads(line) for line in file]
    with open(summary_path, encoding="utf-8") as file:
        summary = json.load(file)
    with open(rules_path, encoding="utf-8") as file:
        rules = json.load(file)
    leads = read_leads(leads_path)
    try:
        check = Check(leads, calls, summary, rules)
    except zoneinfo.ZoneInfoNotFoundError:
        sys.exit(77)
    check.run()
    print(json.dumps({"leads": len(leads), "calls": len(calls), "violations": check.violations}))
    sys.exit(1 if check.violations else 0)


main()
