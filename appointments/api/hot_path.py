"""POST /api/v1/bookings/ in a rush: the plain request, answered before the rest of the house.

It stands in front of sessions, languages of pages and messages, none of which this call
uses, and reads only what is exactly as `docs/api.md` says. Everything unusual (another
shape, another media type, needs, several matters, a refusal by a rule) goes on to the call
in `bookings.py`, whose answers are the same to the letter where both could answer.

A plain ask is served by `gathering.line`, or with GATHER_BOOKINGS=0 alone, in this thread,
by the same statements. A time that is full or not open yet is told without keeping the
answer under the key: nothing happened, and the same key asked later may have more luck.
"""

import json
import random
from collections.abc import Callable
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import DisallowedHost, ValidationError
from django.db import Error as DatabaseTrouble
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from appointments import gathering, lately, sharing
from appointments.asked import ALONE, Ask, Kept, Outcome
from appointments.attending import Attendee, check_people, visits_of
from appointments.booking import NUMBERS
from appointments.forms import clean_name
from appointments.id_numbers import clean_id_number
from appointments.phones import clean_phone
from appointments.proving import phone_of_token
from appointments.sealing import blind_index, booking_secret, seal
from config import civil
from config.refusals import Refusal
from windows.api.plumbing import Busy, digest, stranger
from windows.links import CameBy
from windows.once import body_digest

PATH = "/api/v1/bookings/"
ALONE_AT_ONCE, ALONE_PATIENCE = 8, 4.0
ASKED = {"slot", "matter", "people", "phone", "proof"}
MAY_ASK = {*ASKED, "link"}
OF_PERSON = {"name", "id_number", "guardian"}


class Unusual(Exception):
    """For the other way."""


class HotPath:
    """The middleware. Requests for one by one are bounded too: they wait for their turn."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.alone = BoundedSemaphore(ALONE_AT_ONCE)
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path_info != PATH:
            return self.get_response(request)
        now, language = civil.now(), translation.get_language_from_request(request)
        with translation.override(language):
            if settings.GATHER_BOOKINGS and gathering.line.is_full():
                return self.busy(language)  # before any work is done for it
            answer = self.answer(request, language, now)
        return answer or self.take_turn(request, language)

    def answer(self, request: HttpRequest, language: str, now: datetime) -> HttpResponse | None:
        """None: for the other way."""
        try:
            ask = understand(request, language, now)
        except (Unusual, ValidationError, Refusal, DisallowedHost):
            return None
        except DatabaseTrouble:
            return self.busy(language)
        outcome = served(ask)
        if isinstance(outcome, Kept):
            return self.kept(outcome, language) if outcome.same else None
        if isinstance(outcome, Refusal):
            return self.say(409, outcome.body(), language)
        return self.busy(language) if outcome.busy else None

    def take_turn(self, request: HttpRequest, language: str) -> HttpResponse:
        if not self.alone.acquire(timeout=ALONE_PATIENCE):
            with translation.override(language):
                return self.busy(language)
        try:
            return self.get_response(request)
        finally:
            self.alone.release()

    def kept(self, kept: Kept, language: str) -> HttpResponse:
        made = kept.status < 400
        bookings = kept.answer.get("bookings", []) if made else []
        for one in bookings:
            one["secret"] = booking_secret(one["reference"])
        response = self.say(kept.status, kept.answer, language)
        if kept.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    def busy(self, language: str) -> HttpResponse:
        """The line is full: come back, not all at the same moment."""
        body = {"code": Busy.default_code, "detail": str(Busy.default_detail), "field": None}
        response = self.say(503, body, language)
        response["Retry-After"] = str(random.randint(4, 12))  # noqa: S311
        return response

    def say(self, status: int, body: Any, language: str) -> HttpResponse:
        """With the headers that the call itself and the middleware that was passed over set."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return HttpResponse(
            content,
            status=status,
            headers={
                "Content-Length": str(len(content)),
                "Content-Type": "application/json",
                "Vary": "Accept-Language",
                "Allow": "POST, OPTIONS",
                "Content-Language": language,
                "X-Frame-Options": settings.X_FRAME_OPTIONS,
                "Content-Security-Policy": self.policy,
            },
        )


def served(ask: Ask) -> Outcome:
    if settings.GATHER_BOOKINGS:
        return gathering.line.ask(ask)
    sharing.serve_surely([ask])
    return ask.outcome or ALONE


def understand(request: HttpRequest, language: str, now: datetime) -> Ask:
    """The ask. Raises Unusual, or what its parts raise."""
    key, asked = _key(request), _body(request)
    slot, token = _whole(asked["slot"]), _text(asked["proof"], 1000)
    if slot in lately.slots_behind_rooms(now=now):
        raise Unusual  # the call in bookings.py asks for the room's token
    matter = lately.offered_matters().get(_text(asked["matter"], 20))
    phone = phone_of_token(token, now=now)
    people = [_person(one, now) for one in asked["people"]]
    typed = _text(asked["phone"], 40)
    if matter is None or (typed != phone and clean_phone(typed) != phone):
        raise Unusual
    numbers = lately.numbers(tuple(NUMBERS), now=now)
    most = min(numbers["group_max"], numbers["phone_people_most"])
    at_all = ("person_bookings_most", "person_cancels_most", "phone_holds_most", "limit_days")
    if len(people) > most or any(numbers[name] < 1 for name in at_all):
        raise Unusual
    check_people(people, matter, most=most, chain_most=1, today=civil.city_date(now))
    return Ask(
        actor=stranger(token),
        key=key,
        body_hash=body_digest(digest(json.dumps(asked, sort_keys=True))),
        slot_id=slot,
        visits=visits_of(people, matter, more_percent=0),
        phone_sealed=seal(phone, purpose="phone"),
        phone_index=blind_index(phone, purpose="phone"),
        language=language,
        numbers=numbers,
        now=now,
        link=_link(_text(asked["link"], 24), now) if "link" in asked else None,
    )


def _key(request: HttpRequest) -> str:
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    accepts = request.META.get("HTTP_ACCEPT", "*/*")
    json_only = request.META.get("CONTENT_TYPE") == "application/json"
    whole = accepts in ("*/*", "application/json") and not request.META.get("QUERY_STRING")
    if not (0 < len(key) <= 255 and key.isprintable() and json_only and whole):
        raise Unusual
    request.get_host()
    return key


def _link(token: str, now: datetime) -> CameBy:
    """The session's own link that was named."""
    link = lately.links(now=now).get(token)
    if link is None:
        raise Unusual  # the call in bookings.py says that it is over
    return link


def _body(request: HttpRequest) -> dict[str, Any]:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        raise Unusual
    try:
        asked = json.loads(request.body.decode())
    except (ValueError, RecursionError):
        raise Unusual from None
    if not isinstance(asked, dict) or not ASKED <= asked.keys() <= MAY_ASK:
        raise Unusual
    if not isinstance(asked["people"], list):
        raise Unusual
    return asked


def _person(given: Any, now: datetime) -> Attendee:
    if not isinstance(given, dict) or not {"name", "id_number"} <= given.keys() <= OF_PERSON:
        raise Unusual
    guardian = given.get("guardian", "")
    return Attendee(
        name=clean_name(_text(given["name"], 40)),
        id_number=clean_id_number(_text(given["id_number"], 60), today=civil.city_date(now)),
        guardian=clean_name(_text(guardian, 40)) if guardian != "" else "",
    )


def _text(given: Any, most: int) -> str:
    if not isinstance(given, str) or not given.isprintable():
        raise Unusual
    if not 0 < len(given) <= most or given != given.strip():
        raise Unusual
    return given


def _whole(given: Any) -> int:
    if type(given) is not int or not 1 <= given <= 10**18:
        raise Unusual
    return given
