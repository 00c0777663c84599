"""Puts what exists into the requests that schemathesis makes up, and holds every refusal of a good one to a reason.

An id that is made up from a pattern finds nothing, so a run without this file would test 404 and little else. Half of the
requests that are meant to be good get ids of the world instead (`world.py`), in their path and in the fields of their body
that name an object or a phone. What is meant to be wrong stays as it was made.
"""

import json
import os
import random
import re

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import is_unexpected_http_status_case

with open(os.environ["WORLD"], encoding="utf-8") as file:
    WORLD = json.load(file)
CHANCE = random.Random(int(os.environ.get("SEED", "1")))

# What the path parameter `{id}`, `{name}` or `{phone}` means, by how the path begins.
PATHS = {
    "/v1/tenants/": "tenants", "/v1/keys/": "keys", "/v1/assistants/": "assistants", "/v1/gateways/": "gateways",
    "/v1/campaigns/": "campaigns", "/v1/leads/": "leads", "/v1/calls/": "calls", "/v1/imports/": "imports",
    "/v1/jobs/": "jobs", "/v1/webhooks/": "webhooks", "/v1/erasures/": "erasures", "/v1/suppressions/": "suppressions",
    "/v1/scripts/": "scripts", "/v1/plugins/": "plugins", "/v1/sources/": "sources", "/v1/sinks/": "sinks",
}
# What the field of a body or the parameter of a query names.
FIELDS = {
    "assistant": "assistants", "gateway": "gateways", "campaign": "campaigns", "lead": "leads", "call": "calls",
    "phone": "phones",
}


def one_of(kind):
    return CHANCE.choice(WORLD[kind])


def filled(value):
    if isinstance(value, dict):
        return {name: one_of(FIELDS[name]) if isinstance(inner, str) and name in FIELDS else filled(inner)
                for name, inner in value.items()}
    return [filled(inner) for inner in value] if isinstance(value, list) else value


@schemathesis.hook
def before_call(context, case, kwargs):
    meta = case.meta
    if meta is None or CHANCE.random() < 0.5:
        return
    good = lambda where: not meta.is_negative_at(where)
    path = case.operation.path
    kind = next((kind for begins, kind in PATHS.items() if path.startswith(begins)), None)
    if kind and good(ParameterLocation.PATH) and case.path_parameters:
        for name in ("id", "name", "phone"):
            if name in case.path_parameters and not (name == "name" and kind not in ("scripts", "plugins")):
                case.path_parameters[name] = one_of(kind)
        if "version" in case.path_parameters:
            case.path_parameters["version"] = "1" if case.path_parameters.get("name") in WORLD["scripts"] else "0.1.0"
    if good(ParameterLocation.QUERY) and case.query:
        for name in case.query:
            if name in FIELDS and isinstance(case.query[name], str):
                case.query[name] = one_of(FIELDS[name])
    if good(ParameterLocation.BODY) and isinstance(case.body, dict):
        case.body = filled(case.body)


@schemathesis.hook
def filter_case(context, case):
    # A number that was meant to be no text is one when it is sent as a file.
    return case.media_type != "text/csv" or isinstance(case.body, str)


@schemathesis.serializer("application/wasm")
def component(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


# A schema says what a field looks like, not what is there. These are the faults of a body or a query that a schema cannot
# foresee; a good request that is refused for anything else is a finding: either the document says too little or the
# handler asks too much.
BEYOND = {
    # it names what this account does not have
    "unknown_assistant", "unknown_gateway", "unknown_campaign", "unknown_source", "unknown_lead", "unknown_call",
    "unknown_plugin", "plugin_not_found", "policy_not_found", "plugin_wrong_kind", "no_such_grant", "not_asked_for", "unknown_block", "unknown_column",
    "unknown_goal_variable", "bad_cursor",
    # it is written by the rules of another standard: phones, countries, zones, encodings, addresses
    "unparseable", "missing_phone", "unknown_region", "unknown_time_zone", "unknown_encoding", "bad_delimiter", "url_refused",
    # two fields do not go together, or one of several has to be sent
    "order", "ambiguous", "one_of", "everybody", "empty", "needs_campaign", "needs_policy", "not_for_kind", "nothing_asked",
    "choices_without_choice", "missing_choices", "invalid_choice", "role_needs_other_kind", "role_taken", "duplicate_variable",
    "not_of_this_kind", "above_default", "conflict", "empty_range",
    # it is by the schema of a plugin's or a gateway's own settings
    "plugin_settings", "gateway_settings",
    # it is about the moment, about a script or a component that does not compile, or about the file that was sent before
    "script", "plugin_invalid", "in_the_past", "empty_file", "only_header", "no_phone_column", "no_such_header_row",
    "not_a_table", "no_such_sheet", "too_many_rows", "too_many_columns", "row_too_large", "workbook_too_large",
}
# The same of codes that mean more elsewhere, with the place.
PLACES = [
    # one of two fields is enough, or one needs the other, so neither is required by itself
    (r"/phone|/goal_variable|/plugin", "required"),
    # what may be lowered depends on the kind of plugin, and how many calls on the account
    (r"/limits/plugins/\w+/\w+|/max_concurrent_calls", "range"),
    # an instant that is yet to come or too long ago
    (r"/since", "range"),
    # which secrets there are is said by a plugin's manifest
    (r"/secrets/.*", "required"),
    (r"/secrets/.*", "unknown_field"),
    # lists that grow with every release; the answer names all of them
    (r"(\?|/filter/|/leads/)(gate|reason)|/events/\d+|\?types", "unknown_value"),
    # a stream has no pages, and the numbers of the log are what happened
    (r"\?(limit|cursor)", "not_here"),
    (r"\?after", "range"),
    # what a webhook may be told depends on the words that it is told in
    (r"/(only_completed|events|assistant|campaign)", "format"),
    # hours whose two ends are the same, in words of their own
    (r"/calling_hours", "invalid"),
    # a whole question is read by the room that asks it
    (r"/(decide|evaluate)", "invalid"),
    (r"/(decide|evaluate)", "not_its_role"),
    # a name or an object with settings, told in words of its own
    (r"/evaluators/\d+", "invalid"),
    # the cases of a script are read by the room that plays them
    (r"/cases/\d+", "invalid"),
]


def foreseen(fault):
    code, pointer = fault["code"], fault["pointer"]
    beyond = code in BEYOND or any(code == word and re.fullmatch(place, pointer) for place, word in PLACES)
    return not beyond


@schemathesis.check
def refusals_have_a_reason(context, response, case):
    """`positive_data_acceptance` lets 400, 412 and 422 pass; here they have to say why no schema could have told."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    if is_unexpected_http_status_case(case):
        return
    faults = response.json()["errors"]
    unforeseen = [f"{fault['pointer']} {fault['code']}: {fault['message']}" for fault in faults if foreseen(fault)]
    if unforeseen or not faults:
        raise AssertionError("a good request was refused: " + "; ".join(unforeseen or [response.json()["detail"]]))
