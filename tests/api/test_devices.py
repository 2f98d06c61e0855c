"""What a machine may do: its few calls and pages in its own hall, until it is shut out.

Every route of the house is asked, so that a new one that takes machines must be written
down here. Row C15.
"""

import json

import pytest
from django.core import signing
from django.test import Client
from django.urls import get_resolver

from appointments.pairing import pair, revoke
from tests.conformance.test_house import patterns
from tests.conftest import NOON
from windows import access
from windows.access import COOKIES, display_of
from windows.models import DeviceToken

pytestmark = pytest.mark.usefixtures("session")
KIOSK, DISPLAY = "kiosk", "display"

TAKES_MACHINES = {
    ("get", "kiosk/<slug:hall>/"): KIOSK,
    ("get", "kiosk/<slug:hall>/check-in/"): KIOSK,
    ("get", "kiosk/<slug:hall>/cut-off/"): KIOSK,
    ("get", "kiosk/<slug:hall>/<slug:public_id>/"): KIOSK,
    ("get", "kiosk/<slug:hall>/walk-in/"): KIOSK,  # 405 instead of 403
    ("get", "kiosk/<slug:hall>/words/"): KIOSK,
    ("post", "kiosk/<slug:hall>/"): KIOSK,
    ("post", "kiosk/<slug:hall>/check-in/"): KIOSK,
    ("post", "kiosk/<slug:hall>/cut-off/"): KIOSK,
    ("post", "kiosk/<slug:hall>/walk-in/"): KIOSK,
    ("post", "kiosk/<slug:hall>/words/"): KIOSK,
    ("post", "kiosk/<slug:hall>/<slug:public_id>/"): KIOSK,
    ("post", "api/v1/halls/<code:code>/check-in/"): KIOSK,
    ("post", "api/v1/halls/<code:code>/tickets/"): KIOSK,
    ("post", "api/v1/halls/<code:code>/number-blocks/"): KIOSK,
    ("post", "api/v1/halls/<code:code>/tickets-given/"): KIOSK,
    ("get", "board/<slug:hall>/"): DISPLAY,  # anybody's, with the code for paired screens
    ("get", "board/<slug:hall>/presence/"): DISPLAY,
    ("get", "board/<slug:hall>/pairing/"): DISPLAY,
}
# A kiosk that was shut out may still say which numbers it gave while it was cut off; a
# supervisor decides about each (tests/api/test_cut_off_rows.py).
STILL_HEARD = {("post", "api/v1/halls/<code:code>/tickets-given/"): KIOSK}
NO_PAGES = ("admin/", "api/schema/", "static/")


def address(route: str, hall: str) -> str:
    """The route with the hall, and with something in its other places."""
    parts = []
    for part in route.split("/"):
        kind = part.strip("<>").split(":")[0]
        known = {"int": "1", "rowid": "1", "uuid": "00000000-0000-4000-8000-000000000000"}
        parts.append(known.get(kind, hall) if part.startswith("<") else part)
    return "/" + "/".join(parts)


def routes() -> list[tuple[str, str]]:
    paths = {path for path, _ in patterns(get_resolver()) if not path.startswith(NO_PAGES)}
    return [(method, path) for path in sorted(paths) for method in ("get", "post")]


def ask(client: Client, method: str, path: str, **headers: str) -> int:
    headers |= {"Idempotency-Key": "k", "Accept-Language": "en"}
    if method == "get":
        return client.get(path, headers=headers).status_code
    if path.startswith("/api/"):
        body = {"data": json.dumps({}), "content_type": "application/json"}
        return client.post(path, headers=headers, **body).status_code
    return client.post(path, {"key": "k"}, headers=headers).status_code


def with_cookies(*tokens: tuple[str, str]) -> Client:
    client = Client()
    for kind, token in tokens:
        client.cookies[COOKIES[DeviceToken.Kind(kind)]] = signing.dumps(token, salt="device")
    return client


@pytest.fixture
def machines(hall, other_hall) -> dict[tuple[str, str], str]:
    return {
        (kind, one.code): pair(one, name="front", kind=kind, now=NOON)
        for kind in (KIOSK, DISPLAY)
        for one in (hall, other_hall)
    }


def test_only_these_routes_know_machines(monkeypatch):
    """Wherever a machine is looked for, it is written down above, and nowhere else."""
    asked: list[int] = []
    look = access._tokens_of
    monkeypatch.setattr(access, "_tokens_of", lambda *who: asked.append(1) or look(*who))
    known, client = set(), Client()
    for method, route in routes():
        asked.clear()
        ask(client, method, address(route, "H01"))
        if asked:
            known.add((method, route))

    assert known == set(TAKES_MACHINES)


@pytest.mark.parametrize("way", ["cookie", "header"])
@pytest.mark.parametrize("hall_asked", ["H01", "H02"])
@pytest.mark.parametrize("kind", [KIOSK, DISPLAY])
def test_a_machine_of_one_hall_and_kind_is_nothing_elsewhere(machines, kind, hall_asked, way):
    token = machines[kind, "H01"]
    client = with_cookies((kind, token)) if way == "cookie" else Client()
    headers = {"Authorization": f"Device {token}"} if way == "header" else {}
    wrong = {"Authorization": "Device nothing"} if way == "header" else {}
    may = {}
    for (method, route), of_kind in TAKES_MACHINES.items():
        path = address(route, hall_asked)
        usual = ask(Client(), method, path, **wrong)
        if ask(client, method, path, **headers) != usual:
            may[method, route] = of_kind

    if hall_asked == "H02":
        assert may == {}
    else:
        assert set(may.values()) == {kind}


@pytest.mark.parametrize("kind", [KIOSK, DISPLAY])
def test_a_machine_that_is_shut_out_is_nothing_at_once(machines, kind):
    token = machines[kind, "H01"]
    client = with_cookies((kind, token))
    path = {KIOSK: "/kiosk/H01/", DISPLAY: "/board/H01/presence/"}[kind]
    assert client.get(path).status_code == 200

    revoke(device=DeviceToken.objects.get(hall__code="H01", kind=kind), now=NOON)

    for method, route in TAKES_MACHINES:
        path = address(route, "H01")
        as_a_stranger = ask(Client(), method, path)
        if STILL_HEARD.get((method, route)) == kind:
            assert (ask(client, method, path), as_a_stranger) == (400, 403)  # nothing was said
        else:
            assert ask(client, method, path) == as_a_stranger, path


def test_a_kiosks_cookie_in_the_screens_place_is_nothing(machines, rf, hall):
    request = rf.get("/board/H01/")
    request.COOKIES["display"] = signing.dumps(machines[KIOSK, "H01"], salt="device")

    assert display_of(request, hall) is None


def test_calls_of_staff_are_closed_to_machines(machines, windows):
    headers = {"Authorization": f"Device {machines[KIOSK, 'H01']}"}
    for path in (
        f"/api/v1/windows/{windows[0].pk}/call-next/",
        f"/api/v1/windows/{windows[0].pk}/sign-in/",
        "/api/v1/tickets/1/recall/",
        "/api/v1/sessions/preview/",
    ):
        assert ask(Client(), "post", path, **headers) == 403, path


def test_when_it_last_asked_is_noted_at_most_once_a_minute(machines, clock):
    client, device = with_cookies((DISPLAY, machines[DISPLAY, "H01"])), DeviceToken.objects
    mine = device.get(hall__code="H01", kind=DISPLAY)

    client.get("/board/H01/presence/")
    mine.refresh_from_db()
    assert mine.seen_at == NOON
    for _second in range(5):
        clock.forward(seconds=10)
        client.get("/board/H01/presence/")
    mine.refresh_from_db()
    assert mine.seen_at == NOON
    clock.forward(seconds=10)
    client.get("/board/H01/presence/")
    mine.refresh_from_db()
    assert mine.seen_at == clock.now
