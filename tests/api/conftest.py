"""A program that calls the API as `docs/api.md` says, at NOON unless the clock is moved."""

import json
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from appointments.models import Message
from appointments.sealing import unseal
from config import civil
from tests.conftest import NOON, PHONE, make_session, make_staff
from windows.access import token_hash
from windows.models import DeviceToken


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> Clock:
    the_clock = Clock()
    monkeypatch.setattr(civil, "now", the_clock)
    return the_clock


class Caller:
    """Calls /api/v1/ with JSON; a new key for each unsafe call unless one is given."""

    def __init__(self, user: Any = None, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Accept-Language": "en", **headers}
        if user is not None:
            self.client.force_login(user)
            token = "a" * 32
            self.client.cookies["csrftoken"] = token
            self.headers["X-CSRFToken"] = token

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={**self.headers, **headers})

    def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        return self.send("post", path, body, key=key, **headers)

    def patch(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        return self.send("patch", path, body, key=key, **headers)

    def send(self, method: str, path: str, body: Any, *, key: str | None, **headers: str) -> Any:
        sent = {"Idempotency-Key": uuid.uuid4().hex if key is None else key}
        return getattr(self.client, method)(
            f"/api/v1/{path}",
            data=body if isinstance(body, str) else json.dumps(body or {}),
            content_type=headers.pop("content_type", "application/json"),
            headers={**self.headers, **sent, **headers},
        )


@pytest.fixture
def anybody() -> Caller:
    return Caller()


@pytest.fixture
def as_clerk(clerk) -> Caller:
    return Caller(clerk)


@pytest.fixture
def as_guide(guide) -> Caller:
    return Caller(guide)


@pytest.fixture
def as_supervisor(supervisor) -> Caller:
    return Caller(supervisor)


@pytest.fixture
def as_stranger(stranger_clerk) -> Caller:
    return Caller(stranger_clerk)


@pytest.fixture
def as_auditor(db) -> Caller:
    return Caller(make_staff("auditor", None, "auditor"))


def pair(hall: Any, kind: str = "kiosk") -> Caller:
    """A machine of the hall."""
    DeviceToken.objects.create(
        hall=hall, kind=kind, token_hash=token_hash(f"secret {hall.code} {kind}"), name="front"
    )
    return Caller(Authorization=f"Device secret {hall.code} {kind}")


@pytest.fixture
def kiosk(hall) -> Caller:
    return pair(hall)


@pytest.fixture
def other_session(other_hall, windows):
    return make_session(other_hall, [])


def code_of(proof_id: str) -> str:
    """The digits of the message that is owed to the phone."""
    message = Message.objects.get(subject=f"proof:{proof_id}")
    return re.findall(r"\d{6}", unseal(message.text_sealed, purpose="message"))[0]


@pytest.fixture
def proof(db, anybody) -> str:
    """A token that proves PHONE."""
    asked = anybody.post("phone-proofs/", {"phone": PHONE}).json()
    answer = anybody.post(f"phone-proofs/{asked['id']}/", {"code": code_of(asked["id"])})
    return answer.json()["proof"]
