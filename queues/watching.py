"""Who watches which hall or ticket, and what they are told when something moves.

The event loop only keeps lists and wakes sleepers. Reading a hall and drawing its parts
happens in one thread, once per hall and change (`queues/news.py`), however many
watch; each stream writes for itself, so that a slow one holds nobody back.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from queues.listening import Listener
from queues.news import CallsHeard, News, Subject, hall_of, hang_up, in_own_connection, news_of
from queues.stream import Watch

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.1
ANYWAY_SECONDS = 30.0  # waits grow and sessions open although nobody is called
BEAT_SECONDS = 15.0
HALLS_KNOWN = 500


class Watcher:
    """All streams of this process, by hall."""

    def __init__(self, *, beat_seconds: float = BEAT_SECONDS) -> None:
        self.beat_seconds = beat_seconds
        self.watches: dict[int, set[Watch]] = defaultdict(set)
        self.kept: dict[int, dict[Subject, bytes]] = {}  # the newest states of watched halls
        self.heard: dict[int, CallsHeard] = {}
        self.halls: dict[str, int] = {}
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
        self.listener = Listener(self.move, self.move_all, self.test)
        self._run(self.listener.run())
        self._run(self._now_and_then(self.move_all, ANYWAY_SECONDS))
        self._run(self._now_and_then(self.beat, self.beat_seconds / 5))

    async def stop(self) -> None:
        for task in list(self.tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.threads:
            await self._in_thread(hang_up)
            self.threads.shutdown()
        self.listener = self.threads = None

    async def subscribe(self, subject: Subject, after: int | None = None) -> Watch | None:
        """A stream about the subject: first what came after that call, and the state.

        None when the subject is not there.
        """
        hall_id = await self._hall(subject)
        if hall_id is None:
            return None
        watch = Watch(subject, hall_id, after=after)
        self.watches[hall_id].add(watch)
        kept = self.kept.get(hall_id, {}).get(subject)
        if kept is None or not self.is_listening:
            self.move(hall_id)
        else:  # every change has been told, so it is the newest
            self._tell(watch, kept)
        return watch

    def unsubscribe(self, watch: Watch) -> None:
        watching = self.watches[watch.hall_id]
        watching.discard(watch)
        if not watching:
            for known in (self.watches, self.kept, self.heard):
                known.pop(watch.hall_id, None)

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

    def test(self, hall_id: int, event: bytes) -> None:
        """A test call, for the hall's screens that are here now."""
        for watch in self.watches.get(hall_id, ()):
            if watch.subject.kind == "halls":
                watch.tell(calls=[event])

    def beat(self) -> None:
        """A sign of life for those that heard nothing for a while; none while we hear nothing
        ourselves, so that screens say that they are out of touch."""
        if not self.is_listening:
            return
        now = time.monotonic()
        for watches in self.watches.values():
            for watch in watches:
                watch.beat(now, self.beat_seconds)

    async def _hall(self, subject: Subject) -> int | None:
        """Halls are known by heart: a thousand screens may come back at once."""
        if subject.kind == "halls" and subject.code in self.halls:
            return self.halls[subject.code]
        hall_id: int | None = await self._in_thread(hall_of, subject)
        if hall_id is not None and subject.kind == "halls" and len(self.halls) < HALLS_KNOWN:
            self.halls[subject.code] = hall_id
        return hall_id

    async def _tell_hall(self, hall_id: int) -> None:
        try:
            while hall_id in self.moved and hall_id in self.watches:
                await asyncio.sleep(GATHER_SECONDS)
                self.moved.discard(hall_id)
                await self._tell_watches(hall_id)
        finally:
            self.busy.discard(hall_id)

    async def _tell_watches(self, hall_id: int) -> None:
        """The screens first: they are few, and a hall waits for them."""
        subjects = {watch.subject for watch in self.watches.get(hall_id, ())}
        kept: dict[Subject, bytes] = {}
        snapshot = None
        for kind in ("halls", "tickets"):
            wanted = frozenset(subject for subject in subjects if subject.kind == kind)
            if not wanted:
                continue
            try:
                news: News = await self._in_thread(news_of, hall_id, wanted, snapshot)
            except Exception:  # the screens keep their last state; the next change tries again
                logger.exception("Hall %s could not be read.", hall_id)
                return
            snapshot = news.snapshot
            kept |= news.states
            self._tell_news(hall_id, news)
        if hall_id in self.watches:
            self.kept[hall_id] = kept

    def _tell_news(self, hall_id: int, news: News) -> None:
        heard = self.heard.setdefault(hall_id, CallsHeard())
        calls = heard.hear(news.snapshot.shown.recent)
        for watch in self.watches.get(hall_id, ()):
            if (state := news.states.get(watch.subject)) is not None:
                self._tell(watch, state, calls)

    def _tell(self, watch: Watch, state: bytes, calls: list[bytes] | None = None) -> None:
        if watch.subject.kind != "halls":
            calls = None
        elif not watch.is_told:  # its first words: what it missed
            heard = self.heard.setdefault(watch.hall_id, CallsHeard())
            calls = [] if watch.after is None else heard.after(watch.after)
        watch.tell(state, calls)

    async def _now_and_then(self, work: Callable[[], None], seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            work()

    async def _in_thread(self, work, *given):  # type: ignore[no-untyped-def]
        return await asyncio.get_running_loop().run_in_executor(
            self.threads, in_own_connection, work, *given
        )

    def _run(self, work) -> None:  # type: ignore[no-untyped-def]
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
