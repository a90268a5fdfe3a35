"""What schemathesis is told about Standby: who asks, and what exists.

Read from the environment, as JSON:

- ``CONFORMANCE_TOKENS``: bearer tokens that take turns; empty for nobody in particular.
- ``CONFORMANCE_IDS``: ids of things that exist.
- ``CONFORMANCE_SLUGS``: slugs of clinics that exist.
"""

import itertools
import json
import os
from dataclasses import replace

import schemathesis
from graphql import (
    ArgumentNode,
    DocumentNode,
    ObjectFieldNode,
    StringValueNode,
    Visitor,
    visit,
)
from hypothesis import strategies
from hypothesis_graphql import nodes

TOKENS = json.loads(os.environ["CONFORMANCE_TOKENS"])
IDS = json.loads(os.environ["CONFORMANCE_IDS"])
SLUGS = json.loads(os.environ["CONFORMANCE_SLUGS"])

asked = itertools.count()

# Ids and slugs out of thin air name nothing: half of them are real.
schemathesis.graphql.scalar(
    "ID", strategies.one_of(strategies.sampled_from(IDS), strategies.text()).map(nodes.String)
)
schemathesis.graphql.scalar("Date", strategies.dates().map(str).map(nodes.String))
schemathesis.graphql.scalar(
    "DateTime", strategies.datetimes().map(lambda time: f"{time.isoformat()}Z").map(nodes.String)
)


class RealSlugs(Visitor):
    """Puts the slug of a clinic that exists in the place of every second one."""

    def enter(self, node, *_):
        names_a_clinic = isinstance(node, ArgumentNode | ObjectFieldNode) and node.name.value in {
            "slug",
            "clinicSlug",
        }
        if names_a_clinic and isinstance(node.value, StringValueNode):
            length = len(node.value.value)
            if length % 2 == 0:
                return replace(node, value=nodes.String(SLUGS[length // 2 % len(SLUGS)]))
        return None


@schemathesis.hook
def map_body(context, body):
    return visit(body, RealSlugs()) if isinstance(body, DocumentNode) else body


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each case comes from another address and bears the next token: no limit of one is met."""
    count = next(asked)
    address = f"10.{count >> 16 & 255}.{count >> 8 & 255}.{count & 255}"
    case.headers = {**(case.headers or {}), "X-Forwarded-For": address}
    if TOKENS:
        case.headers["Authorization"] = f"Bearer {TOKENS[count % len(TOKENS)]}"


@schemathesis.check
def is_answered_as_the_protocol_says(context, response, case):
    """GraphQL over HTTP: 200, or 400 for what was not executed; an object with data or errors."""
    assert response.status_code in (200, 400), f"status {response.status_code}"
    answer = response.json()
    assert answer.keys() & {"data", "errors"}, "neither data nor errors"
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", [])}
    assert "INTERNAL_SERVER_ERROR" not in codes, "a fault of the server"
