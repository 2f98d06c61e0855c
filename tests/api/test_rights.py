"""Who may call what: every call of the API times every role.

A call that is not listed here fails the first test. Calls that anybody may make are open to
every role; what they give depends on secrets, which have tests of their own.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver

from tests.api.conftest import Caller
from tests.conftest import make_staff
from tests.pages.test_rights import (
    ADMIN,
    AGENT,
    AUDITOR,
    CLERK,
    GUIDE,
    ROLES,
    SUPERVISOR,
    VIEWER,
    patterns,
)

METHODS = ["get", "post", "patch", "delete"]
NAMED = {"code": "H01", "pk": "1", "proof_id": "00000000-0000-0000-0000-000000000007"}
EVENING = {
    "hall": "H01", "kind": "night", "date": "2027-03-05", "opens": "18:30", "closes": "20:30",
    "windows": [1],
}  # fmt: skip
STORM = {
    "hall": "H01", "closes_at": "2027-03-05T09:00:00+08:00",
    "opens_at": "2027-03-05T18:00:00+08:00", "reason": "weather",
}  # fmt: skip
BODIES = {  # read before the roles
    "POST sessions/": EVENING, "POST sessions/preview/": EVENING,
    "POST closures/": STORM, "POST closures/preview/": STORM,
}  # fmt: skip

# Who: the calls of staff. A machine's token opens some of them too (test_devices.py).
CALLS: dict[tuple[str, ...], str] = {
    (CLERK, SUPERVISOR, ADMIN): "GET halls/{code}/windows/",
    (CLERK, SUPERVISOR): """POST windows/{pk}/sign-in/ POST windows/{pk}/call-next/
        POST windows/{pk}/sign-out/ POST windows/{pk}/pause/ POST windows/{pk}/resume/
        POST windows/{pk}/hand-over/ POST tickets/{ticket_id}/call/
        POST tickets/{ticket_id}/recall/ POST tickets/{ticket_id}/start/
        POST tickets/{ticket_id}/finish/ POST tickets/{ticket_id}/no-show/
        POST tickets/{ticket_id}/park/ POST tickets/{ticket_id}/transfer/
        POST tickets/{ticket_id}/to-hall/""",
    (GUIDE, SUPERVISOR, ADMIN): "POST halls/{code}/tickets/ POST halls/{code}/check-in/",
    (CLERK, GUIDE, SUPERVISOR): """POST tickets/{ticket_id}/new-number/
        POST tickets/{ticket_id}/return/""",
    (): "POST halls/{code}/number-blocks/ POST halls/{code}/tickets-given/",
    (GUIDE, AGENT, SUPERVISOR): "POST assisted-bookings/",
    (SUPERVISOR, ADMIN): """GET appeals/ POST appeals/{pk}/decide/ GET sessions/{pk}/
        PATCH sessions/{pk}/ POST sessions/{pk}/undo/ POST sessions/{pk}/change-preview/
        POST sessions/{pk}/cancel/ POST changes/{pk}/undo/ GET closures/ GET closures/{pk}/
        POST closures/ POST closures/preview/ POST closures/{pk}/undo/
        POST closures/{pk}/reopen/ POST quota-moves/{pk}/undo/ POST sessions/preview/
        POST sessions/""",
    (SUPERVISOR, ADMIN, VIEWER, AUDITOR): "GET demand/ GET forecast/ GET quota-moves/",
}
ALLOWED = {
    call: set(who) for who, named in CALLS.items() for call in re.findall(r"[A-Z]+ \S+", named)
}
ANYBODY = """GET matters/ GET halls/ GET halls/{code}/board/ GET tickets/{public_id}/
    POST tickets/{public_id}/rating/ POST tickets/{public_id}/postpone/ GET availability/
    GET halls/{code}/slots/ POST phone-proofs/ POST phone-proofs/{proof_id}/
    POST rooms/{pk}/places/ GET rooms/places/{token}/ POST bookings/ GET bookings/{reference}/
    POST bookings/{reference}/check-in/ POST bookings/{reference}/confirm/
    POST bookings/{reference}/extend/ POST bookings/{reference}/undo/
    POST bookings/{reference}/cancel/ POST bookings/{reference}/reschedule/
    GET bookings/{reference}/appeal/ POST bookings/{reference}/appeal/ POST booking-links/
    POST waitlist/ GET waitlist/{public_id}/ POST waitlist/{public_id}/take/
    POST waitlist/{public_id}/pass/ POST waitlist/{public_id}/leave/ GET draws/ GET draws/{pk}/
    POST draws/{pk}/entries/ GET draws/entries/{public_id}/
    POST draws/entries/{public_id}/withdraw/"""
OPEN = set(re.findall(r"[A-Z]+ \S+", ANYBODY))


def calls() -> Iterator[str]:
    """`POST sessions/` and so on: what the API answers to."""
    for one in patterns(get_resolver().url_patterns):
        view = getattr(one.callback, "cls", None)
        if view is None or view.__module__.split(".")[-2] != "api":
            continue
        route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(one.pattern))
        for method in METHODS:
            if hasattr(view, method):
                yield f"{method.upper()} {route}"


def status(caller: Caller, call: str) -> int:
    """What is answered when nothing that the call names is there."""
    method, route = call.split(" ")
    path = re.sub(r"{(\w+)}", lambda named: NAMED.get(named[1], "x"), route)
    if method == "GET":
        return int(caller.get(path).status_code)
    sent = getattr(caller, method.lower())(path, BODIES.get(call))
    return int(sent.status_code)


def denied_to(caller: Caller) -> set[str]:
    return {call for call in [*ALLOWED, *OPEN] if status(caller, call) == 403}


def test_every_call_says_whom_it_is_for():
    assert sorted(calls()) == sorted([*ALLOWED, *OPEN])


@pytest.mark.parametrize("role", ROLES)
def test_each_role_makes_its_calls_and_no_others(role: str, hall: Any, session: Any) -> None:
    caller = Caller(make_staff("one", None if role == ADMIN else hall, role))

    assert denied_to(caller) == {call for call, who in ALLOWED.items() if role not in who}


def test_who_is_not_signed_in_makes_the_open_calls_only(anybody, hall, session):
    assert denied_to(anybody) == set(ALLOWED)
