"""Makes a small world at a running server, so that what schemathesis asks about is there.

    python3 world.py URL OPERATOR_KEY WORLD_FILE

Writes a JSON file: the keys, and for every kind of object the ids of some that exist. What a test may destroy is made
several times: a DELETE that finds nothing tests a 404 and no more. The account that the operator's paths are aimed at is
another one than the live key's, which would otherwise suspend itself.
"""

import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

URL, OPERATOR, WORLD = sys.argv[1:]
SPARES = 8
BUNDLED = pathlib.Path(__file__).parents[2] / "plugins/bundled"


def ask(key, method, path, body=None, kind="application/json"):
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}"} | ({"Content-Type": kind} if data is not None else {})
    request = urllib.request.Request(URL + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path} answered {error.code}: {error.read().decode()}")
    return json.loads(text) if text else None


def account(name):
    # Schemathesis is faster than any client that means well.
    return ask(OPERATOR, "POST", "/v1/tenants", {
        "name": name,
        "limits": {"requests_per_second": 100_000, "requests_burst": 100_000},
        "billing": {"currency": "EUR", "tariff": {"per_minute_micros": 100_000, "minimum_seconds": 1, "rounding_seconds": 1}},
    })


ours, other = account("Harbour Dental"), account("Another")
LIVE = ours["live_key"]["secret"]
ask(OPERATOR, "POST", f"/v1/tenants/{ours['tenant']['id']}/top_up", {"amount_micros": 1_000_000_000})


def post(path, body=None, **rest):
    return ask(LIVE, "POST", path, body, **rest)


def plugin(name):
    """Uploads a plugin that ships, grants what it asks for, and puts it in force."""
    component = (BUNDLED / f"{name}.wasm").read_bytes()
    at = f"/v1/plugins/{name}/versions/{post('/v1/plugins', component, kind='application/wasm')['version']}"
    while (version := ask(LIVE, "GET", at))["state"] in ("compiling", "testing"):
        time.sleep(0.1)
    asks = version["manifest"]
    post(f"/v1/plugins/{name}/grants", {
        "version": version["version"], "hosts": asks.get("hosts", []), "secrets": list(asks.get("secrets", {})),
        "auth": list(asks.get("auth", {}))})
    post(f"{at}/activate")
    return name


def several(make):
    return [make(n)["id"] for n in range(SPARES)]


gateways = several(lambda n: post("/v1/gateways", {"name": f"simulated {n}", "kind": "simulated", "settings": {"seed": n}}))
ALWAYS = {"start": "00:00", "end": "24:00",
          "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]}
QUESTION = {"name": "appointment_booked", "kind": "boolean", "description": "Did the person book an appointment?"}
assistants = several(lambda n: post("/v1/assistants", {
    "name": f"Mia {n}", "time_zone": "America/New_York", "gateway": gateways[0], "phone_numbers": ["+12025550199"],
    "variables": [QUESTION]}))
campaigns = several(lambda n: post("/v1/campaigns", {
    "assistant": assistants[0], "name": f"Spring {n}", "calling_hours": ALWAYS,
    "retry_until_goal": True, "goal_variable": "appointment_booked"}))
phones = [f"+1212555{n:04}" for n in range(100, 100 + 6 * SPARES)]
for n, campaign in enumerate(campaigns):
    leads = [{"phone": phone, "external_id": f"patient-{m}", "variables": {"first_name": "Ann"}}
             for m, phone in enumerate(phones[6 * n:6 * n + 6])]
    post(f"/v1/campaigns/{campaign}/leads:batch", {"leads": leads})
post(f"/v1/campaigns/{campaigns[0]}/start")
while not (calls := [call["id"] for call in ask(LIVE, "GET", "/v1/calls?limit=20")["data"]]):
    time.sleep(0.1)
leads = [lead["id"] for lead in ask(LIVE, "GET", "/v1/leads?limit=200")["data"]]
# Before there are lead files that wait, which may hold the person.
erasure = post("/v1/erasures", {"phone": "+14155550090"})["id"]
imports = several(lambda n: post(
    f"/v1/imports?campaign={campaigns[-1]}", b"Name,Phone,Office Phone\nAnn,+14155552671,+14155552672\n", kind="text/csv"))
keys = several(lambda n: post("/v1/keys", {"name": f"reader {n}", "scopes": ["campaigns:read"]}))
scripts = [f"patient-{chr(97 + n)}" for n in range(SPARES)]
for name in scripts:
    post("/v1/scripts", {"name": name, "source": "fn decide(lead) { retry(#{ after: hours(2) }) }"})
webhooks = several(lambda n: post("/v1/webhooks", {"url": f"https://hooks.example.com/{n}"}))
importer, sink = plugin("catch-webhook"), plugin("hubspot-results")
sources = several(lambda n: post("/v1/sources", {
    "name": f"forms {n}", "campaign": campaigns[1], "plugin": f"{importer}@active", "paused": True,
    "settings": {"fields": {"phones": ["phone"]}}}))
sinks = several(lambda n: post("/v1/sinks", {
    "name": f"CRM {n}", "campaign": campaigns[1], "plugin": f"{sink}@active", "paused": True, "secrets": {"token": "t"}}))
suppressed = [f"+1415555{n:04}" for n in range(100, 100 + SPARES)]
for phone in suppressed:
    post("/v1/suppressions", {"phone": phone, "reason": "asked"})
jobs = [post(f"/v1/campaigns/{campaigns[0]}/rehearse", {})["id"]]

with open(WORLD, "w", encoding="utf-8") as file:
    json.dump({
        "live": LIVE, "operator": OPERATOR,
        "tenants": [other["tenant"]["id"]], "gateways": gateways, "assistants": assistants, "campaigns": campaigns,
        "leads": leads, "calls": calls, "imports": imports, "keys": keys, "scripts": scripts, "webhooks": webhooks,
        "suppressions": suppressed, "sources": sources, "sinks": sinks,
        "plugins": [importer, sink, *scripts], "erasures": [erasure], "jobs": jobs, "phones": phones,
    }, file, indent=1)
