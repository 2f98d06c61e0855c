"""Schemathesis asks the whole API what its description allows, and what it does not.

In process, against the WSGI application; half of the questions are grounded: they name
things that exist, so that they reach the commands. No answer is a 5xx, and each is one
that the description knows.
"""

from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from appointments.sealing import booking_secret
from config.wsgi import application
from queues.issuing import issue_walk_in
from tests.conftest import NOON, PHONE, an_id, make_staff, slot_at
from windows.models import StaffRole

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = 8
load_all_checks()


@pytest.fixture
def real(session, windows, book, proof, renewal, hall, clerk) -> dict[str, Any]:
    """Names of things that exist, by parameter and by field."""
    booking = book(slot_at(session, 12, 30))
    ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
    return {
        "code": "H01",
        "hall": "H01",
        "reference": booking.reference,
        "X-Booking-Secret": booking_secret(booking.reference),
        "public_id": ticket.public_id,
        "ticket_id": str(ticket.pk),
        "id": str(windows[2].pk),
        "matter": "RENEW",
        "slot": slot_at(session, 14).pk,
        "date": "2027-03-04",
        "from": "2027-03-04",
        "windows": [windows[0].pk],
        "phone": PHONE,
        "proof": proof,
        "people": [{"name": "陈小宁", "id_number": an_id(5).number}],
        "id_number": an_id(1).number,
    }


@pytest.fixture
def cookies(hall) -> dict[str, str]:
    """Somebody who may do everything here."""
    staff = make_staff("all", hall, "clerk")
    for role in ("guide", "supervisor", "admin"):
        StaffRole.objects.create(staff=staff, hall=hall, role=role)
    client = Client()
    client.force_login(staff)
    return {"sessionid": client.cookies["sessionid"].value, "csrftoken": "a" * 32}


def ground(case: Any, real: dict[str, Any]) -> None:
    """Puts names of real things where the case has made some up."""
    for part in (case.path_parameters, case.query, case.headers, case.body):
        if isinstance(part, dict) or hasattr(part, "update"):
            for name in list(part):
                if name in real:
                    part[name] = real[name]


def ask_everything(schema: Any, real: dict[str, Any], people: list[dict[str, Any]]) -> int:
    """Each question is made up once and asked by each of the people; how many answers there were.

    Making one up takes longer than its answer.
    """
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        modes = list(schemathesis.GenerationMode)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes]),
            grounded=st.booleans(),
        )
        def ask(case: Any, grounded: bool) -> None:
            nonlocal asked
            if grounded:
                ground(case, real)
            for sent in people:
                asked += 1
                if grounded:
                    case.headers["Idempotency-Key"] = f"key {asked}"
                case.call_and_validate(checks=CHECKS, **sent)

        ask()
    return asked


@pytest.fixture
def schema(real, cookies):
    """The description as it is served. Asked for last: Django's own test client, which the
    fixtures use, would connect again what closes the test's connection."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.slow
def test_a_stranger_and_staff_get_an_answer_to_everything(schema, real, cookies):
    staff = {"cookies": cookies, "headers": {"X-CSRFToken": cookies["csrftoken"]}}

    assert ask_everything(schema, real, [{}, staff]) > 200
