"""Who watches which hall or ticket, and what they are told when something moves.

The event loop only keeps lists and wakes sleepers. Reading a hall and drawing its parts
happens in one thread, once per hall and change (`events_of`), however many watch.
"""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import close_old_connections, connection
from django.template.loader import render_to_string
from django.utils import translation

from config.clock import right_now
from queues.board import Board, board_from, snapshot_of
from queues.listening import Listener
from queues.models import Ticket
from queues.waiting import Place, place_in, tickets_shown
from windows.models import Hall

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.1
ANYWAY_SECONDS = 30.0  # waits grow and sessions open although nobody is called


@dataclass(frozen=True)
class Subject:
    """What a stream is about: "halls" or "tickets", its code, the language of its parts."""

    kind: str
    code: str
    language: str = ""


@dataclass(eq=False)
class Watch:
    """One stream. It keeps the newest event only: each is the full state."""

    subject: Subject
    hall_id: int
    event: bytes = b""
    told: bytes = b""
    fresh: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: bytes) -> None:
        if event != self.told:
            self.event = event
            self.fresh.set()

    async def news(self) -> bytes:
        await self.fresh.wait()
        self.fresh.clear()
        self.told = self.event
        return self.event


class Watcher:
    """All streams of this process, by hall."""

    def __init__(self) -> None:
        self.watches: dict[int, set[Watch]] = defaultdict(set)
        self.moved: set[int] = set()
        self.busy: set[int] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.threads: ThreadPoolExecutor | None = None
        self.listener: Listener | None = None

    @property
    def count(self) -> int:
        return sum(map(len, self.watches.values()))

    @property
    def is_listening(self) -> bool:
        return self.listener is not None and self.listener.is_listening

    def start(self) -> None:
        """Listen, from the first stream on at the latest; again changes nothing."""
        if self.listener is not None:
            return
        self.threads = ThreadPoolExecutor(1, thread_name_prefix="live")
        self.listener = Listener(heard=self.move, reconnected=self.move_all)
        self._run(self.listener.run())
        self._run(self._anyway())

    async def stop(self) -> None:
        for task in list(self.tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.threads:
            await self._in_thread(_hang_up)
            self.threads.shutdown()
        self.listener = self.threads = None

    async def subscribe(self, subject: Subject) -> Watch | None:
        """A stream about the subject, with its first event; None when it is not there."""
        hall_id = await self._in_thread(hall_of, subject)
        if hall_id is None:
            return None
        watch = Watch(subject, hall_id)
        self.watches[hall_id].add(watch)
        self.move(hall_id)
        return watch

    def unsubscribe(self, watch: Watch) -> None:
        self.watches[watch.hall_id].discard(watch)
        if not self.watches[watch.hall_id]:
            del self.watches[watch.hall_id]

    def move(self, hall_id: int) -> None:
        """The hall changed: read it soon, once for all changes that come together."""
        if hall_id not in self.watches:
            return
        self.moved.add(hall_id)
        if hall_id not in self.busy:
            self.busy.add(hall_id)
            self._run(self._tell_hall(hall_id))

    def move_all(self) -> None:
        for hall_id in list(self.watches):
            self.move(hall_id)

    async def _tell_hall(self, hall_id: int) -> None:
        try:
            while hall_id in self.moved and hall_id in self.watches:
                await asyncio.sleep(GATHER_SECONDS)
                self.moved.discard(hall_id)
                await self._tell_watches(hall_id)
        finally:
            self.busy.discard(hall_id)

    async def _tell_watches(self, hall_id: int) -> None:
        subjects = {watch.subject for watch in self.watches.get(hall_id, ())}
        try:
            events = await self._in_thread(events_of, hall_id, frozenset(subjects))
        except Exception:  # the screens keep their last state; the next change tries again
            logger.exception("Hall %s could not be read.", hall_id)
            return
        for watch in self.watches.get(hall_id, ()):
            if watch.subject in events:
                watch.tell(events[watch.subject])

    async def _anyway(self) -> None:
        while True:
            await asyncio.sleep(ANYWAY_SECONDS)
            self.move_all()

    async def _in_thread(self, work, *given):  # type: ignore[no-untyped-def]
        return await asyncio.get_running_loop().run_in_executor(
            self.threads, _with_connection, work, *given
        )

    def _run(self, work) -> None:  # type: ignore[no-untyped-def]
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _with_connection(work, *given):  # type: ignore[no-untyped-def]
    """Runs in a thread, which keeps its connection while that is usable."""
    close_old_connections()
    try:
        return work(*given)
    except Exception:
        connection.close()
        raise


def _hang_up() -> None:
    """Runs in the thread: its connection is its own."""
    connection.close()


def hall_of(subject: Subject) -> int | None:
    """The hall that the subject belongs to."""
    if subject.kind == "halls":
        return Hall.objects.filter(code=subject.code).values_list("pk", flat=True).first()
    return Ticket.objects.filter(public_id=subject.code).values_list("hall_id", flat=True).first()


def events_of(hall_id: int, subjects: frozenset[Subject]) -> dict[Subject, bytes]:
    """The events of all subjects of one hall; the hall is read once."""
    hall = Hall.objects.get(pk=hall_id)
    snapshot = snapshot_of(hall, right_now())
    wanted = {subject.code for subject in subjects if subject.kind == "tickets"}
    tickets = tickets_shown(wanted) if wanted else []
    places = {ticket.public_id: place_in(snapshot, ticket) for ticket in tickets}
    board = board_from(snapshot)
    events = {}
    for subject in subjects:
        shown = board if subject.kind == "halls" else places.get(subject.code)
        if shown is not None:
            events[subject] = event_of(shown, subject.language)
    return events


def event_of(shown: Board | Place, language: str) -> bytes:
    """One server-sent event: the state, and its parts as drawn in the language."""
    is_board = isinstance(shown, Board)
    told = shown.as_json()
    if language:
        name = "board" if is_board else "place"
        with translation.override(language):
            told["html"] = render_to_string(f"queues/_{name}.html", {name: shown})
    number = shown.last_call_id if isinstance(shown, Board) else shown.round
    return f"id: {number}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()
