"""The ways to a held place: the command, and the call with and without the gatherer."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client

from appointments import booking
from appointments.attending import Attendee
from appointments.proving import token_for
from config import civil
from config.refusals import Refusal
from tests.conftest import NOON
from windows.links import came_by
from windows.models import Matter, Slot

WAYS = ["command", "single", "gathered"]
REFUSALS = {one.code: one for one in Refusal.__subclasses__()}
Way = Callable[..., Any]


def way_of(name: str, settings: Any, monkeypatch: Any) -> Way:
    """take(slot, matter, people, phone, link=""): what was held; raises the refusal.

    `link` is the token of the session's own link by which they came.
    """
    if name == "command":
        return by_command
    monkeypatch.setattr(civil, "now", lambda: NOON)
    settings.GATHER_BOOKINGS = name == "gathered"
    return by_call


def by_command(
    slot: Slot, matter: Matter, people: list[Attendee], phone: str, link: str = ""
) -> booking.Held:
    return booking.hold(
        slot_id=slot.pk, matter=matter, people=people, phone=phone, now=NOON,
        link=came_by(link, now=NOON),
    )  # fmt: skip


def by_call(slot: Slot, matter: Matter, people: list[Attendee], phone: str, link: str = "") -> dict:
    answer = press(body_of(slot, matter, people, phone) | ({"link": link} if link else {}))
    if answer.status_code != 201:
        raise REFUSALS[answer.json()["code"]]
    return dict(answer.json())


def body_of(slot: Slot, matter: Matter, people: list[Attendee], phone: str) -> dict:
    return {
        "slot": slot.pk,
        "matter": matter.code,
        "people": [{"name": one.name, "id_number": one.id_number.number} for one in people],
        "phone": phone,
        "proof": token_for(phone, until=NOON + timedelta(hours=1)),
    }


def press(body: dict, key: str = "") -> Any:
    return Client().post(
        "/api/v1/bookings/",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key or uuid.uuid4().hex, "Accept-Language": "en"},
    )
