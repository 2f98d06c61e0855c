"""The played clock, the clients of the day, and what each of them does."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

from django.test import Client

from tests.day.plan import Scene, Visitor, minutes_of
from windows.models import Staff, Window

TOKEN = "c" * 32  # CSRF: the cookie and the header say the same


class BrokenOff(Exception):
    """The day ended before its evening."""


@dataclass(frozen=True)
class Play:
    """From a real instant on, the city's time goes by `rate` times faster."""

    began: datetime
    shows: datetime
    rate: float
    is_over: threading.Event = field(default_factory=threading.Event, compare=False)

    @classmethod
    def from_now(cls, shows: datetime, rate: float, *, delay: float = 0.0) -> "Play":
        return cls(datetime.fromtimestamp(time.time() + delay, UTC), shows, rate)

    @property
    def told(self) -> str:
        """For DENGTA_PLAY."""
        return f"{self.began.isoformat()},{self.shows.isoformat()},{self.rate}"

    def now(self) -> datetime:
        real = datetime.fromtimestamp(time.time(), UTC)
        return self.shows + (real - self.began) * self.rate

    def until(self, instant: datetime) -> None:
        """Waits until the city's clock shows the instant."""
        self.let_pass((instant - self.now()).total_seconds() / 60)

    def let_pass(self, minutes: float) -> None:
        """Waits so many minutes of the city; a day that was broken off waits for nobody."""
        if self.is_over.wait(max(0.0, minutes * 60 / self.rate)):
            raise BrokenOff


@dataclass
class Machine:
    """One client of the API: a person's session or a device's token."""

    port: int
    headers: dict[str, str]
    wire: http.client.HTTPConnection | None = None

    def post(self, path: str, body: dict[str, object] | None = None) -> tuple[int, dict]:
        """One keyed press, sent again with its key when the line breaks."""
        headers = {
            **self.headers, "Idempotency-Key": uuid4().hex, "Content-Type": "application/json",
        }  # fmt: skip
        for _attempt in range(20):
            try:
                return self._send("POST", path, json.dumps(body or {}), headers)
            except (OSError, http.client.HTTPException):
                self.wire = None
                time.sleep(0.2)
        raise AssertionError(f"no answer to {path}")

    def _send(self, method: str, path: str, body: str, headers: dict) -> tuple[int, dict]:
        self.wire = self.wire or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.wire.request(method, f"/api/v1/{path}", body, headers)
        answer = self.wire.getresponse()
        told = answer.read()
        if answer.status >= 500:
            raise http.client.HTTPException(f"{answer.status} for {path}")
        return answer.status, json.loads(told or b"{}")


def as_staff(port: int, staff: Staff) -> Machine:
    client = Client()
    client.force_login(staff)
    session = client.cookies["sessionid"].value
    return Machine(
        port, {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
    )


@dataclass
class Book:
    """What everybody was told during the day, kept under a lock."""

    given: list[dict] = field(default_factory=list)
    called: list[dict] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, page: str, line: object) -> None:
        with self.lock:
            getattr(self, page).append(line)

    def guarded(self, work: Callable[[], None]) -> Callable[[], None]:
        """The work of a thread; what breaks in it is read at the end."""

        def run() -> None:
            try:
                work()
            except Exception as error:
                self.note("broken", f"{work}: {error!r}")

        return run


@dataclass
class Door:
    """Some of the people, who arrive at their time: check in, or take a number."""

    scene: Scene
    play: Play
    kiosk: Machine
    book: Book
    coming: list[Visitor]

    def open(self) -> None:
        for visitor in self.coming:
            self.play.until(visitor.comes_at)
            status, told = self._arrive(visitor)
            if status in (200, 201):
                self.book.note("given", told)
            else:
                what = (visitor.reference or visitor.matter, told.get("code", ""))
                self.book.note("refused", what)

    def _arrive(self, visitor: Visitor) -> tuple[int, dict]:
        hall = f"halls/{self.scene.hall.code}"
        if visitor.reference:
            return self.kiosk.post(f"{hall}/check-in/", {"reference": visitor.reference})
        return self.kiosk.post(f"{hall}/tickets/", {"matter": visitor.matter})


@dataclass
class Clerk:
    """Somebody at a window who calls, serves, parks, misses, and goes home last."""

    scene: Scene
    play: Play
    me: Machine
    window: Window
    book: Book
    luck: Random

    def work(self) -> None:
        """Until the hall is closed and nobody waits for this window any more."""
        self._must("windows", self.window.pk, "sign-in")
        while self.play.now() < self.scene.closes_at + timedelta(hours=3):
            status, told = self.me.post(f"windows/{self.window.pk}/call-next/")
            if status == 200:
                self.book.note("called", told)
                self._serve(told)
            elif self.play.now() > self.scene.closes_at + timedelta(minutes=5):
                break
            else:
                self.play.let_pass(0.7)
        self._must("windows", self.window.pk, "sign-out")

    def _must(self, what: str, which: object, how: str, **body: object) -> dict:
        status, told = self.me.post(f"{what}/{which}/{how}/", body)
        assert status in (200, 201), (what, how, status, told)
        return told

    def _serve(self, ticket: dict) -> None:
        chance = self.luck.random()
        self.play.let_pass(self.luck.uniform(0.2, 0.8))
        if chance < 0.03:
            return self._nobody_came(ticket)
        self._must("tickets", ticket["id"], "start")
        if chance < 0.06:
            self.play.let_pass(1)
            self._must("tickets", ticket["id"], "park")
            self.play.let_pass(2)
            self._must("tickets", ticket["id"], "return")
            return None
        self.play.let_pass(minutes_of(ticket["matter"], self.luck))
        self._must("tickets", ticket["id"], "finish")
        self.play.let_pass(0.2)
        return None

    def _nobody_came(self, ticket: dict) -> None:
        """Called three times; most come back after all."""
        for _again in range(2):
            self.play.let_pass(0.5)
            self._must("tickets", ticket["id"], "recall")
        self.play.let_pass(0.5)
        told = self._must("tickets", ticket["id"], "no-show")
        if told["state"] == "missed" and self.luck.random() < 0.8:
            self.play.let_pass(3)
            self._must("tickets", ticket["id"], "return")
