"""Brings people in from a list that is served as JSON:

GET {base_url}/people?after=CURSOR&limit=N -> {"people": [{"id", "name", "phone", "country", "updated_at"}], "next": "..."}
"""

import datetime
import json
import urllib.parse

from componentize_py_types import Err
from guard import guarded
from wit_world import exports
from wit_world.exports.importer import IncomingContact, IncomingLead, Mode, Page, Rejected
from wit_world.imports import config, http, types


class Importer(exports.Importer):
    @guarded
    def check(self) -> types.Checked:
        """Whether it can pull; shown while somebody fills in the settings."""
        status = ask("/people?limit=1").status
        if status in (401, 403):
            return types.Checked(types.Health.MISCONFIGURED, "The list does not accept the token.", ["token"])
        if status == 200:
            return types.Checked(types.Health.READY, "The list answers.", [])
        return types.Checked(types.Health.UNREACHABLE, f"The list answers {status}.", [])

    @guarded
    def options(self, setting: str, query: str) -> list[types.Choice]:
        """No setting has choices to offer."""
        return []

    @guarded
    def pull(self, cursor: str | None, limit: int) -> Page:
        after = "" if cursor is None else f"after={urllib.parse.quote(cursor)}&"
        told = read(ask(f"/people?{after}limit={limit}"))
        following = told.get("next")
        page = Page([], [], Mode.DELTA, following or cursor, following is not None)
        for person in told["people"]:
            if person.get("phone"):
                page.leads.append(lead(person))
            else:
                page.rejected.append(Rejected(str(person["id"]), "phone", "phone_missing", "there is no phone"))
        return page

    @guarded
    def receive(self, webhook: types.Webhook) -> Page:
        raise failure("no_webhooks", "this list sends no webhooks; leave its webhook address empty")


def lead(person: dict) -> IncomingLead:
    updated = person.get("updated_at")
    return IncomingLead(
        external_id=str(person["id"]),
        contacts=[IncomingContact(person["phone"], person.get("name"), None, [])],
        zone=None,
        country=person.get("country"),
        region=None,
        postal_code=None,
        language=None,
        do_not_call=person.get("do_not_call") is True,
        deleted=False,
        consent=None,
        priority=0,
        updated_at=None if updated is None else milliseconds(updated),
        variables=[],
        extra=[],
    )


def milliseconds(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def ask(path: str) -> http.Response:
    """The host adds the token after it has checked the address; what has no answer at all is a fault."""
    base = json.loads(config.get())["base_url"].rstrip("/")
    try:
        return http.send(http.Request("GET", base + path, [], b"", 0, "api"))
    except Err as error:
        fault = type(error.value).__name__.removeprefix("Fault_")
        why = getattr(error.value, "value", fault)
        raise failure("http_unanswered", f"the list cannot be asked: {why}")


def code(status: int) -> str:
    """What the host acts on: it asks for a person where the credentials are not taken, and waits where it was too fast."""
    known = {401: "http_not_permitted", 403: "http_not_permitted", 404: "http_not_found", 429: "http_too_many_requests"}
    return known.get(status, "http_broken" if status >= 500 else "http_refused")


def read(answer: http.Response) -> dict:
    """Retrying is the host's work: say how long the list asked to be left alone."""
    if answer.status != 200:
        wait = dict(answer.headers).get("retry-after", "")
        after = int(wait) * 1000 if wait.isdigit() else None
        raise failure(code(answer.status), f"the list answered {answer.status}", after)
    try:
        told = json.loads(answer.body)
        if not isinstance(told["people"], list):
            raise ValueError("people is no list")
        return told
    except (ValueError, KeyError, TypeError) as error:
        raise failure("http_unreadable", f"the list's answer cannot be read: {error}")


def failure(code: str, message: str, retry_after_ms: int | None = None) -> Err:
    return Err(types.PluginError(code, message, retry_after_ms, []))
