#!/usr/bin/env python3
"""An existing client of the hosted calling platforms, as a flow is: it knows their routes, bodies and answers, and a base URL.

Usage: hosted_client.py BASE_URL KEY PORT

BASE_URL ends with /api; PORT is the one on this machine at which the client listens for webhooks.

It is written from the published shapes alone, in another language, with nothing of this project: what the door's authors
misread they would misread in their own tests, too. It lives a client's whole life: it makes an assistant, has its own
address told after each call, makes a campaign, adds leads, starts, waits for the webhooks, reads what it was told of by the
numbers in it, lists with pages, changes, stops and deletes. Every answer is looked at key by key: names, types, nothing
missing, nothing unknown.

Prints {"checks", "violations"} as JSON. Exit code 0: no violation, 1: some.
"""

import datetime
import http.server
import json
import queue
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

PATIENCE_SECONDS = 90
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
LEAD_STATUSES = ["created", "scheduled", "processing", "completed", "rescheduled", "reached-max-retries", "blacklisted"]
CALL_STATUSES = ["initiated", "ringing", "busy", "in-progress", "ended", "completed", "ended_by_customer",
                 "ended_by_assistant", "no-answer", "failed"]

# What a value is: a Python type, a tuple of them, a list (one of these), a dict (an object of exactly these keys),
# or a function that says so. A key that ends with "?" may be left out.
TEXT, WHOLE, TRUTH, NOTHING = str, int, bool, type(None)


def date(value):
    """`2025-01-15T10:30:00.000000Z`"""
    return bool(isinstance(value, str) and value.endswith("Z")
                and datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ"))


def clock(value):
    """`09:00:00`"""
    return bool(isinstance(value, str) and datetime.datetime.strptime(value, "%H:%M:%S"))


def amount(value):
    """`0.08000000`"""
    return isinstance(value, str) and len(value.rpartition(".")[2]) == 8 and float(value) >= 0


def number(value):
    return isinstance(value, str) and value.startswith("+") and value[1:].isdigit()


def plain(value):
    return isinstance(value, dict) and all(isinstance(one, (str, int, float, bool, NOTHING)) for one in value.values())


def days(value):
    return isinstance(value, list) and len(value) > 0 and set(value) <= set(DAYS)


def rows_of(shape):
    return lambda value: isinstance(value, list) and [fault for row in value for fault in faults(row, shape, "row")] == []


CAMPAIGN = {
    "id": WHOLE, "name": TEXT, "status": ["draft", "in-progress", "stopped", "paused", "completed"],
    "max_calls_in_parallel": WHOLE, "mark_complete_when_no_leads": TRUTH, "allowed_hours_start_time": clock,
    "allowed_hours_end_time": clock, "allowed_days": days, "max_retries": WHOLE, "retry_interval": WHOLE,
    "created_at": date, "updated_at": date,
}
SECONDARY = {"id": WHOLE, "phone_number": number, "variables": plain, "status": LEAD_STATUSES, "created_at": date,
             "updated_at": date}
LEAD = {
    "id": WHOLE, "campaign_id": WHOLE, "phone_number": number, "variables": plain, "status": LEAD_STATUSES,
    "created_at": date, "updated_at": date, "campaign": {"id": WHOLE, "name": TEXT}, "secondary_contacts": rows_of(SECONDARY),
}
CALL = {
    "id": WHOLE, "assistant_name": TEXT, "campaign_name": (TEXT, NOTHING), "type": ["outbound"], "duration": WHOLE,
    "assistant_phone_number": number, "client_phone_number": number, "status": CALL_STATUSES,
    "transcript": rows_of({"text": TEXT, "type": TEXT, "sender": ["bot", "human"], "timestamp": (float, int)}),
    "variables": plain,
    "evaluation": rows_of({"name": TEXT, "type": ["string", "number", "bool"],
                           "value": (TEXT, WHOLE, float, TRUTH, NOTHING), "description": TEXT}),
    "webhook_response": NOTHING, "carrier_cost": amount, "total_cost": amount,
    "answered_by": ["human", "machine", "unknown", None], "recording_url": NOTHING, "created_at": date, "updated_at": date,
}
OF_LEAD = {"id": WHOLE, "phone_number": number, "variables": plain, "status": LEAD_STATUSES, "created_at": date,
           "updated_at": date, "campaign": CAMPAIGN}
WEBHOOK = {
    "id": WHOLE, "customer_phone": number, "assistant_phone": number, "duration": WHOLE, "status": CALL_STATUSES,
    "extracted_variables": plain, "input_variables": plain, "transcript": TEXT, "recording_url": NOTHING,
    "created_at": date, "finished_at": date, "lead": (OF_LEAD, NOTHING), "campaign": (CAMPAIGN, NOTHING),
}
PAGE = {
    "current_page": WHOLE, "data": list, "first_page_url": TEXT, "from": (WHOLE, NOTHING), "last_page": WHOLE,
    "last_page_url": TEXT, "links": list, "next_page_url": (TEXT, NOTHING), "path": TEXT, "per_page": WHOLE,
    "prev_page_url": (TEXT, NOTHING), "to": (WHOLE, NOTHING), "total": WHOLE,
}


def faults(value, shape, place):
    """What of a value is not as its shape says, each with its place."""
    if isinstance(shape, tuple):
        told = [faults(value, one, place) for one in shape]
        return [] if [] in told else min(told, key=len)
    if isinstance(shape, list):
        return [] if value in shape else [f"{place}: {value!r} is none of {shape}"]
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{place}: {value!r} is no object"]
        unknown = sorted(set(value) - set(shape))
        told = [f"{place}: {name} is not known there" for name in unknown]
        for name, one in shape.items():
            told += faults(value[name], one, f"{place}.{name}") if name in value else [f"{place}: {name} is missing"]
        return told
    if isinstance(shape, type):
        is_it = isinstance(value, shape) and (shape is TRUTH or not isinstance(value, bool))
        return [] if is_it else [f"{place}: {value!r} is no {shape.__name__}"]
    try:
        is_it = shape(value)
    except ValueError:
        is_it = False
    return [] if is_it else [f"{place}: {value!r} is no {shape.__name__}"]


class Flow:
    """One client with a key and an address of its own."""

    def __init__(self, base, key, port):
        self.base, self.key = base, key
        self.checks, self.violations = 0, []
        self.heard = queue.Queue()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self.listener())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{port}/flow?token=t"

    def listener(self):
        heard = self.heard

        class Listener(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                heard.put((self.path, self.headers["content-type"], json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        return Listener

    def hold(self, what, is_so, *facts):
        self.checks += 1
        if not is_so:
            self.violations.append(" ".join([what, *map(str, facts)]))

    def shaped(self, value, shape, place):
        self.checks += 1
        self.violations += faults(value, shape, place)

    def ask(self, method, path, body=None, expect=200):
        request = urllib.request.Request(self.base + path, method=method)
        request.add_header("authorization", f"Bearer {self.key}")
        request.add_header("accept", "application/json")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, text = refused.code, refused.read()
        told = json.loads(text)
        self.hold(f"{method} {path}", status == expect, status, text[:300])
        if status >= 400:
            self.hold(f"{method} {path} has a message", isinstance(told.get("message"), str), text[:300])
        return told

    def errors(self, method, path, body, fields):
        told = self.ask(method, path, body, 422)
        listed = told.get("errors", {})
        self.hold(f"{path} lists its faults", sorted(listed) == sorted(fields), listed)
        for messages in listed.values():
            self.hold(f"{path} says why", isinstance(messages, list) and all(isinstance(one, str) for one in messages))

    def next_webhook(self, place):
        try:
            path, kind, body = self.heard.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            self.violations.append(f"{place}: no webhook came")
            return None
        self.hold("the address is asked as it was given", path == "/flow?token=t", path)
        self.hold("it is JSON", kind == "application/json", kind)
        self.shaped(body, WEBHOOK, place)
        return body

    # A client's life.

    def live(self):
        me = self.ask("GET", "/user/me")
        self.shaped(me, {"name": TEXT, "email": (TEXT, NOTHING), "total_balance": (TEXT, float, WHOLE, NOTHING)}, "me")
        assistant = self.assistant()
        campaign = self.campaign(assistant)
        people = self.leads(campaign)
        self.calls(assistant, campaign, people)
        self.single_call(assistant)
        self.pages(campaign)
        self.afterwards(assistant, campaign, people)

    def assistant(self):
        made = self.ask("POST", "/user/assistant", {
            "name": "Mia", "type": "outbound", "timezone": "UTC", "phone_number_id": 12025550180, "ringing_time": 30,
            "max_duration": 600, "is_webhook_active": True, "webhook_url": self.address,
            "send_webhook_only_on_completed": False, "include_recording_in_webhook": True, "post_call_evaluation": True,
            "post_call_schema": [
                {"name": "status", "type": "bool", "description": "Was the objective of the call achieved?"},
                {"name": "summary", "type": "string", "description": "What was said, in a few words"}],
        }, 201)
        shown = made["data"]
        self.hold("its webhook is on", shown["is_webhook_active"] is True and shown["webhook_url"] == self.address, shown)
        self.hold("and for every call", shown["send_webhook_only_on_completed"] is False)
        listed = self.ask("GET", "/user/assistants/outbound")
        self.hold("it is listed", [one["id"] for one in listed] == [shown["id"]], listed)
        self.errors("POST", "/user/assistant", {"name": "x"}, ["type", "timezone"])
        off = self.ask("POST", "/user/assistants/disable-webhook", {"assistant_id": shown["id"]})
        self.shaped(off, {"message": TEXT, "data": list}, "disable-webhook")
        now = self.ask("GET", f"/user/assistant/{shown['id']}")
        self.hold("it is off", now["is_webhook_active"] is False and now["webhook_url"] is None, now)
        on = {"assistant_id": shown["id"], "webhook_url": self.address}
        self.shaped(self.ask("POST", "/user/assistants/enable-webhook", on), {"message": TEXT, "data": list}, "enable")
        self.ask("PUT", f"/user/assistant/{shown['id']}", {"send_webhook_only_on_completed": False})
        return shown["id"]

    def campaign(self, assistant):
        body = {"name": "Spring", "assistant_id": assistant, "timezone": "UTC", "max_calls_in_parallel": 3,
                "allowed_hours_start_time": "00:00", "allowed_hours_end_time": "23:59", "allowed_days": DAYS,
                "max_retries": 1, "retry_interval": 10, "retry_on_voicemail": False, "mark_complete_when_no_leads": True}
        made = self.ask("POST", "/user/campaign", body, 201)
        self.shaped(made["data"], CAMPAIGN, "campaign")
        self.hold("it is a draft", made["data"]["status"] == "draft")
        second = self.ask("POST", "/user/campaigns", {**body, "name": "Other"}, 201)
        listed = self.ask("GET", "/user/campaigns")
        for row in listed:
            self.shaped(row, CAMPAIGN, "campaigns")
        self.hold("both are listed", {row["id"] for row in listed} == {made["data"]["id"], second["data"]["id"]}, listed)
        self.ask("DELETE", f"/user/campaign/{second['data']['id']}")
        self.ask("POST", "/user/campaign", {**body, "assistant_id": 4_000_000}, 404)
        self.errors("POST", "/user/campaign", {**body, "max_retries": 6, "retry_interval": 5},
                    ["max_retries", "retry_interval"])
        early = self.ask("POST", "/user/campaigns/update-status", {"campaign_id": made["data"]["id"], "action": "start"}, 400)
        self.hold("nobody to call", early["success"] is False and early["data"]["status"] == "draft", early)
        return made["data"]["id"]

    def leads(self, campaign):
        """By their phones: what the other end of each does is written in the scenario of the test."""
        people = {}
        for last, name in enumerate(["Ann", "Ben", "Cid", "Dan"]):
            phone = f"+1202555015{last}"
            made = self.ask("POST", "/user/lead", {
                "campaign_id": campaign, "phone_number": phone, "variables": {"customer_name": name, "plan": 7},
                "allow_dupplicate": False, "secondary_contacts": []})
            self.shaped(made["data"], LEAD, "lead")
            people[phone] = made["data"]["id"]
        self.errors("POST", "/user/lead", {"campaign_id": campaign, "phone_number": "+12025550150"}, ["phone_number"])
        self.errors("POST", "/user/lead", {"campaign_id": campaign, "phone_number": "12"}, ["phone_number"])
        extra = self.ask("POST", "/user/lead", {
            "campaign_id": campaign, "phone_number": "+12025550150", "allow_dupplicate": True,
            "secondary_contacts": [{"phone_number": "+12025550159", "variables": {"customer_name": "Eve"}}]})
        self.shaped(extra["data"], LEAD, "lead with another contact")
        self.hold("the contact is there", len(extra["data"]["secondary_contacts"]) == 1, extra)
        self.ask("DELETE", f"/user/leads/{extra['data']['id']}")
        self.ask("PUT", f"/leads/{people['+12025550150']}", {"variables": {"city": "Bonn"}})
        return people

    def calls(self, assistant, campaign, people):
        started = self.ask("POST", "/user/campaigns/update-status", {"campaign_id": campaign, "action": "start"})
        self.shaped(started, {"message": TEXT, "success": [True], "data": {"campaign_id": [campaign],
                                                                           "status": ["in-progress"]}}, "start")
        expected = {"+12025550150": "completed", "+12025550151": "completed", "+12025550152": "busy",
                    "+12025550153": "failed"}
        heard = {}
        while len(heard) < len(expected):
            told = self.next_webhook("webhook")
            if told is None:
                return
            self.hold("one webhook for a call", told["customer_phone"] not in heard, told)
            heard[told["customer_phone"]] = told
        for phone, status in expected.items():
            told = heard.get(phone)
            self.hold("everybody is told of", told is not None, phone, sorted(heard))
            if told is None:
                continue
            self.hold(f"{phone} ends", told["status"] == status, told["status"])
            self.hold("the lead is the one that was made", told["lead"]["id"] == people[phone], told["lead"])
            self.hold("in its campaign", told["campaign"]["id"] == told["lead"]["campaign"]["id"] == campaign)
            known = {"customer_name": {"0": "Ann", "1": "Ben", "2": "Cid", "3": "Dan"}[phone[-1]], "plan": 7}
            known |= {"city": "Bonn"} if phone[-1] == "0" else {}
            self.hold("what was known is told", told["input_variables"] == known == told["lead"]["variables"], told)
            self.same_as_its_call(told)
        talk = heard["+12025550150"]
        self.hold("what was asked is answered", talk["extracted_variables"].get("status") is True, talk)
        self.hold("what was said is told", "Customer: " in talk["transcript"] and "AI: " in talk["transcript"], talk)
        self.hold("and how long it took", talk["duration"] >= 1, talk)
        machine = self.ask("GET", f"/user/calls/{heard['+12025550151']['id']}")
        self.hold("a machine answered", machine["answered_by"] == "machine", machine)
        self.hold("nothing was said to the busy one", heard["+12025550152"]["transcript"] == "", heard)

    def same_as_its_call(self, told):
        """The number in a webhook is the call's, and the route answers the same of it."""
        call = self.ask("GET", f"/user/calls/{told['id']}")
        self.shaped(call, CALL, "call")
        for one, other in [("client_phone_number", "customer_phone"), ("assistant_phone_number", "assistant_phone"),
                           ("duration", "duration"), ("status", "status"), ("variables", "input_variables"),
                           ("created_at", "created_at"), ("updated_at", "finished_at")]:
            self.hold(f"the call's {one}", call[one] == told[other], call[one], told[other])
        self.hold("its answers", {row["name"]: row["value"] for row in call["evaluation"]} == told["extracted_variables"])
        said = [row["text"] for row in call["transcript"]]
        self.hold("its lines", [line.partition(": ")[2] for line in told["transcript"].split("\n") if line] == said, told)

    def single_call(self, assistant):
        # Single calls keep to hours of their own, which may be closed while a test runs: then it is 422 with the reason.
        made = self.ask_either("POST", "/user/make_call", {
            "phone_number": "+12025550155", "assistant_id": assistant, "variables": {"customer_name": "Fay"}}, (200, 422))
        if "call_id" not in made:
            self.hold("nobody is called, and why", len(made["message"]) > 20, made)
            return
        self.shaped(made, {"message": TEXT, "call_id": WHOLE, "status": ["initiated"]}, "make_call")
        told = self.next_webhook("webhook of a single call")
        if told is not None:
            self.hold("it is that call", told["id"] == made["call_id"], told)
            self.hold("of no campaign", told["lead"] is None and told["campaign"] is None, told)
            self.hold("with its variables", told["input_variables"] == {"customer_name": "Fay"}, told)
            self.same_as_its_call(told)

    def ask_either(self, method, path, body, statuses):
        before = len(self.violations)
        told = self.ask(method, path, body, statuses[0])
        if len(self.violations) > before and any(f" {status} " in self.violations[-1] for status in statuses[1:]):
            del self.violations[before:]
        return told

    def pages(self, campaign):
        first = self.ask("GET", f"/user/leads?campaign_id={campaign}&per_page=3")
        self.shaped(first, PAGE, "page")
        self.hold("a page is full", len(first["data"]) == 3 and first["total"] == 4 and first["last_page"] == 2, first)
        # The links name the address that the host is known by; the flow goes where it came in.
        query = urllib.parse.urlsplit(first["next_page_url"] or "").query
        self.hold("the link keeps the filter", f"campaign_id={campaign}" in query, query)
        second = self.ask("GET", f"/user/leads?{query}")
        ids = [row["id"] for row in first["data"] + second["data"]]
        self.hold("every lead once", len(set(ids)) == 4 == len(ids), ids)
        for row in first["data"]:
            self.shaped(row, LEAD, "leads")
        busy = self.ask("GET", f"/user/calls?status=busy&campaign_id={campaign}")
        self.hold("one was busy", busy["total"] == 1 and busy["data"][0]["status"] == "busy", busy)
        for row in busy["data"]:
            self.shaped(row, CALL, "calls")
        self.hold("an empty page", self.ask("GET", "/user/calls?type=inbound")["data"] == [])
        self.errors("GET", "/user/leads?per_page=101", None, ["per_page"])

    def afterwards(self, assistant, campaign, people):
        self.ask("POST", "/user/campaigns/update-status", {"campaign_id": campaign, "action": "pause"}, 400)
        stopped = self.ask("POST", "/user/campaigns/update-status", {"campaign_id": campaign, "action": "stop"})
        self.hold("it stopped", stopped["data"]["status"] in ("stopped", "completed"), stopped)
        lead = people["+12025550152"]
        self.ask("PUT", f"/user/leads/{lead}", {"status": "completed"})
        of = self.ask("GET", f"/user/leads?campaign_id={campaign}&phone_number=5550152")
        self.hold("it is over for him", [row["status"] for row in of["data"]] == ["completed"], of)
        self.ask("DELETE", f"/user/leads/{lead}")
        self.ask("DELETE", f"/user/assistant/{assistant}", None, 409)
        self.ask("DELETE", f"/user/campaign/{campaign}")
        self.ask("GET", "/user/calls/9999999", None, 404)
        self.ask("GET", "/user/nothing", None, 404)
        self.key = "nobody's"
        nobody = self.ask("GET", "/user/campaigns", None, 401)
        self.hold("in the family's words", nobody == {"message": "Unauthenticated."}, nobody)


def main():
    flow = Flow(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    flow.live()
    if not flow.heard.empty():
        flow.violations.append(f"a webhook too many: {flow.heard.get()[2]}")
    print(json.dumps({"checks": flow.checks, "violations": flow.violations}))
    return 1 if flow.violations else 0


if __name__ == "__main__":
    sys.exit(main())
