"""What streams are told: states of halls and tickets, and each call with its number.

Runs in the live process's thread. A hall is read once per change, its parts are drawn once
per language; calls are kept so that a screen that was away hears what it missed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import close_old_connections, connection
from django.template.loader import render_to_string
from django.utils import translation

from config.clock import right_now
from queues.board import Board, Snapshot, board_from, snapshot_of
from queues.models import Ticket
from queues.showing import Announced, Recent
from queues.waiting import Place, place_in, tickets_shown
from windows.models import Hall

CALLS_KEPT = 200
GONE = b'event: gone\ndata: {"code": "gone"}\n\n'


@dataclass(frozen=True)
class Subject:
    """What a stream is about: "halls" or "tickets", its code, the language of its parts."""

    kind: str
    code: str
    language: str = ""


@dataclass(frozen=True)
class News:
    """A hall as it was read, and the state that each subject is told."""

    snapshot: Snapshot
    states: dict[Subject, bytes]


class CallsHeard:
    """The newest calls of a hall, in the order in which they were heard.

    That is not always the order of their numbers: calls are committed side by side.
    """

    def __init__(self) -> None:
        self.events: dict[int, bytes] = {}
        self.since = 0  # all calls after this one are here
        self.is_new = True

    def hear(self, recent: Recent) -> list[bytes]:
        """Keeps the calls that were not known; returns their events.

        When calls between the known ones and these are gone, that is said first.
        """
        lost = not self.is_new and recent.since > max(self.events, default=self.since)
        if self.is_new or lost:
            self.events.clear()
            self.since = recent.since
        self.is_new = False
        fresh = {one.id: call_event(one) for one in recent.calls if self._is_fresh(one.id)}
        self.events |= fresh
        while len(self.events) > CALLS_KEPT:
            oldest = next(iter(self.events))
            del self.events[oldest]
            self.since = max(self.since, oldest)
        return [*([GONE] if lost else []), *fresh.values()]

    def _is_fresh(self, call: int) -> bool:
        return call not in self.events and call > self.since

    def after(self, call: int) -> list[bytes]:
        """What came after that call; when some of it is gone, that too is said."""
        if call in self.events:
            known = list(self.events)
            return [self.events[one] for one in known[known.index(call) + 1 :]]
        later = [event for one, event in self.events.items() if one > call]
        return [GONE, *later] if call < self.since else later


def call_event(call: Announced) -> bytes:
    told = json.dumps(call.as_json(), ensure_ascii=False)
    return f"event: call\nid: {call.id}\ndata: {told}\n\n".encode()


def hall_of(subject: Subject) -> int | None:
    """The hall that the subject belongs to."""
    if subject.kind == "halls":
        return Hall.objects.filter(code=subject.code).values_list("pk", flat=True).first()
    return Ticket.objects.filter(public_id=subject.code).values_list("hall_id", flat=True).first()


def news_of(hall_id: int, subjects: frozenset[Subject], snapshot: Snapshot | None) -> News:
    """The states of all subjects of one hall, which is read once."""
    if snapshot is None:
        snapshot = snapshot_of(Hall.objects.get(pk=hall_id), right_now())
    wanted = {subject.code for subject in subjects if subject.kind == "tickets"}
    tickets = tickets_shown(wanted) if wanted else []
    shown: dict[str, Board | Place] = {
        ticket.public_id: place_in(snapshot, ticket) for ticket in tickets
    }
    if any(subject.kind == "halls" for subject in subjects):
        shown[snapshot.hall.code] = board_from(snapshot)
    states = {
        subject: state_event(shown[subject.code], subject.language)
        for subject in subjects
        if subject.code in shown
    }
    return News(snapshot, states)


def state_event(shown: Board | Place, language: str) -> bytes:
    """The state, and its parts as drawn in the language."""
    is_board = isinstance(shown, Board)
    told = shown.as_json()
    if language:
        name = "board" if is_board else "place"
        with translation.override(language):
            told["html"] = render_to_string(f"queues/_{name}.html", {name: shown})
    numbered = f"id: {shown.last_call_id}\n" if isinstance(shown, Board) else ""
    return f"{numbered}data: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


def in_own_connection(work: Callable[..., Any], *given: Any) -> Any:
    """Runs in a thread, which keeps its connection while that is usable."""
    close_old_connections()
    try:
        return work(*given)
    except Exception:
        connection.close()
        raise


def hang_up() -> None:
    """Runs in the thread: its connection is its own."""
    connection.close()
