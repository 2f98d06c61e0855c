"""Gathering the asks of a rush: what waits while a commit is under way is committed together.

One thread per process has a connection of its own. Request threads hand it an ask and wait;
it takes all that wait, in order of arrival, serves them in one transaction
(appointments/sharing.py) and answers each. Nobody is kept waiting on purpose: alone in the
line, an ask is served alone, at once. The line is bounded; who does not fit is told to come
back. When the process dies nothing was promised: an answer is given after the commit.
"""

import logging
import threading
from queue import SimpleQueue

from django.conf import settings
from django.db import connection

from appointments.asked import ALONE, BUSY, Ask, Outcome
from appointments.sharing import serve_surely

AT_ONCE = 256
PATIENCE = 8.0  # seconds in the line; then the key tells the person who asks again

log = logging.getLogger(__name__)


class Waiting:
    """An ask in the line. The lock is held until it has its outcome."""

    def __init__(self, ask: Ask) -> None:
        self.ask, self.given_up = ask, False
        self.answered = threading.Lock()
        self.answered.acquire()


class Line:
    """The asks that wait for the gatherer of this process, and the gatherer."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.length = 0  # in the line or being served
        self._waiting: SimpleQueue[Waiting | None] = SimpleQueue()
        self._one = threading.Lock()
        self._thread: threading.Thread | None = None

    def is_full(self) -> bool:
        return self.length >= self.most

    def ask(self, ask: Ask) -> Outcome:
        """Its outcome; BUSY when the line is full or nothing comes in time."""
        with self._one:
            if self.is_full():
                return BUSY
            self.length += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._gather, name="gatherer", daemon=True)
                self._thread.start()
        waiting = Waiting(ask)
        self._waiting.put(waiting)
        if not waiting.answered.acquire(timeout=PATIENCE):
            waiting.given_up = True
            return BUSY
        return ask.outcome or BUSY

    def rest(self) -> None:
        """The gatherer serves who waits, gives its connection back and ends, until an ask comes."""
        if self._thread is not None and self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _gather(self) -> None:
        while batch := self._take():
            asks = [one.ask for one in batch if not one.given_up]
            try:
                serve_surely(asks)
            except Exception:  # a bug: each of them is tried by itself, and seen there
                log.exception("A batch of %s asks was not served together.", len(asks))
                for ask in asks:
                    ask.outcome = ask.outcome or ALONE
            with self._one:
                self.length -= len(batch)
            for one in batch:
                one.answered.release()
        connection.close()

    def _take(self) -> list[Waiting]:
        """Everything that waits, at least one; nothing when the gatherer shall rest."""
        batch: list[Waiting] = []
        while (one := self._waiting.get()) is not None:
            batch.append(one)
            if len(batch) == AT_ONCE or self._waiting.empty():
                return batch
        if batch:
            self._waiting.put(None)  # first these, then rest
        return batch


line = Line(settings.GATHER_LINE)
