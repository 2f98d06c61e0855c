"""People who book over HTTP, keep their keys, and write down every answer they get."""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from appointments.benching.load import id_numbers
from appointments.proving import token_for
from config import civil
from tests.faults.ledger import Said, Told
from tests.faults.web import Web, until

TIMEOUT = 20.0  # of a client that waits for an answer
PATIENCE = 60.0  # of one who asks again and again
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Press:
    """One press of a button. Its key makes it the same press however often it is sent."""

    person: str
    path: str
    body: dict = field(default_factory=dict)
    secret: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


class Line:
    """One person's connection; opened anew when it broke."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.client: http.client.HTTPConnection | None = None

    def send(self, press: Press) -> tuple[int, dict]:
        if self.client is None:
            self.client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": press.key,
            "X-Booking-Secret": press.secret,
        }
        try:
            self.client.request("POST", f"/api/v1/{press.path}", json.dumps(press.body), headers)
            answer = self.client.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.client.close()
            self.client = None
            raise ConnectionError(type(error).__name__) from None


def told_in(answer: dict) -> tuple[Told, ...]:
    """What an answer says of bookings, one or several."""
    return tuple(
        Told(one["reference"], one["state"], _instant(one["starts_at"]))
        for one in answer.get("bookings", [answer])
    )


def _instant(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


class Crowd:
    """Different people, each with their own phone, who want the same few slots.

    `said` is their story. What a lost connection or an error of the server left open is
    in `unknown` until `resolve` has asked again with the same key.
    """

    def __init__(self, web: Web, slots: list[int], *, forgetful: bool = False) -> None:
        self.web, self.slots = web, slots
        self.forgetful = forgetful  # asks again with a new key: the mistake that keys prevent
        self.said: list[Said] = []
        self.presses: list[tuple[Press, Said]] = []
        self.unknown: list[Press] = []
        self.counts: Counter[str] = Counter()
        self.numbers: Iterator[str] = id_numbers(1000)
        self.people = 0
        self.lock = threading.Lock()
        self.going = threading.Event()
        self.threads: list[threading.Thread] = []

    def begin(self, *, at_once: int = 12) -> None:
        self.going.set()
        self.threads = [threading.Thread(target=self._keep_coming) for _ in range(at_once)]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        self.going.clear()
        for thread in self.threads:
            thread.join(timeout=PATIENCE + TIMEOUT)
            assert not thread.is_alive()

    def _keep_coming(self) -> None:
        line = Line(self.web.port)
        while self.going.is_set():
            self.visit(line)

    def next_person(self) -> tuple[str, str, random.Random]:
        """An ID number, a phone, and what they leave to chance."""
        with self.lock:
            self.people += 1
            phone = f"+86138{self.people:08d}"
            return next(self.numbers), phone, random.Random(self.people)

    def visit(self, line: Line) -> None:
        """One person holds and confirms a place; some change their mind afterwards."""
        number, phone, chance = self.next_person()
        slot, patient = chance.choice(self.slots), chance.random() < 0.5
        held = self.press(line, self.hold_of(number, phone, slot), patient)
        if held is None or held.get("status") != 201:
            return
        booking = held["bookings"][0]
        own = Press(number, f"bookings/{booking['reference']}/confirm/", secret=booking["secret"])
        if self.press(line, own, patient) is None:
            return
        turn = chance.random()
        if turn < 0.15:
            path = f"bookings/{booking['reference']}/cancel/"
            self.press(line, Press(number, path, secret=booking["secret"]), patient)
        elif turn < 0.3:
            path = f"bookings/{booking['reference']}/reschedule/"
            body = {"slot": chance.choice(self.slots)}
            self.press(line, Press(number, path, body, booking["secret"]), patient)

    def hold_of(self, number: str, phone: str, slot: int) -> Press:
        proof = token_for(phone, until=civil.now() + AN_HOUR)
        person = {"name": "陈小宁", "id_number": number}
        body = {"slot": slot, "matter": "RENEW", "people": [person], "phone": phone}
        return Press(number, "bookings/", {**body, "proof": proof})

    def press(self, line: Line, press: Press, patient: bool = True) -> dict | None:
        """The definite answer with its status; None when it is not known (yet)."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._try(line, press)
            if answer is not None:
                return answer
            if not patient or time.monotonic() > deadline:
                with self.lock:
                    self.unknown.append(press)
                return None
            if self.forgetful:
                press = replace(press, key=uuid.uuid4().hex)
            time.sleep(0.2)

    def _try(self, line: Line, press: Press) -> dict | None:
        try:
            status, answer = line.send(press)
        except ConnectionError as error:
            self.counts[f"no answer: {error}"] += 1
            return None
        self.counts[str(status)] += 1
        if status >= 500:
            return None
        told = told_in(answer) if status < 400 else ()
        said = Said(press.person, press.key, status, told, answer.get("code", ""))
        with self.lock:
            self.said.append(said)
            self.presses.append((press, said))
        return {**answer, "status": status}

    def resolve(self) -> None:
        """Everybody whose answer is open asks again with the same key, or a new one."""
        line, left = Line(self.web.port), self.unknown
        self.unknown = []
        for press in left:
            self.press(line, replace(press, key=uuid.uuid4().hex) if self.forgetful else press)

    def ask_again(self, presses: Iterable[Press] | None = None) -> None:
        """Every answered press is sent once more; `said` then has both answers."""
        line = Line(self.web.port)
        for press in presses or [press for press, _said in self.presses.copy()]:
            self.press(line, press)


def during(crowd: Crowd, troubles: Iterable[Callable[[], None]], *, answers: int) -> None:
    """The crowd books; after every so many answers comes the next trouble."""
    crowd.begin()
    try:
        for trouble in [*troubles, lambda: None]:
            enough = len(crowd.said) + answers
            until(lambda enough=enough: len(crowd.said) >= enough)
            trouble()
    finally:
        crowd.end()
