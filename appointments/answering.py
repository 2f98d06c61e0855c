"""One answer for everybody who asks the same thing at the same moment.

Kept in each web process for a fraction of a second. Who asks is answered from a
computation that began at most that long before the question, so what was booked a second
ago is always seen. One thread computes; the others who ask the same meanwhile wait for it.

A cheap question "has anything changed?" would keep answers longer, but it costs a journey
to the database each time, and in the minute of a release, when this matters, something has
always changed (measured in docs/performance.md).
"""

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 30


class Answers(Generic[Answer]):
    """Answers by question; `seconds` 0 keeps nothing, `most` bounds what strangers can fill."""

    def __init__(self, *, seconds: float, most: int = 200) -> None:
        self.seconds, self.most = seconds, most
        self._lock = Lock()
        self._kept: dict[Hashable, tuple[float, Future[Answer]]] = {}

    def kept(self, question: Hashable) -> Answer | None:
        """The answer that is there already, without waiting."""
        found = self._kept.get(question)
        if found is None or not self._fresh(found[0]) or not found[1].done():
            return None
        return None if found[1].exception() else found[1].result()

    def answer(self, question: Hashable, compute: Callable[[], Answer]) -> Answer:
        """The kept answer, somebody else's in a moment, or one's own computation."""
        mine: Future[Answer] = Future()
        with self._lock:
            found = self._kept.get(question)
            others = found[1] if found and self._fresh(found[0]) else None
            if others is None:
                self._keep(question, mine)
        if others is not None:
            return others.result(timeout=PATIENCE_SECONDS)
        try:
            mine.set_result(compute())
        except BaseException as error:
            self._forget(question, mine)
            mine.set_exception(error)
            raise
        return mine.result()

    def _fresh(self, began: float) -> bool:
        return time.monotonic() - began < self.seconds

    def _keep(self, question: Hashable, answer: "Future[Answer]") -> None:
        self._kept.pop(question, None)
        while len(self._kept) >= self.most:
            del self._kept[next(iter(self._kept))]  # the one that is there longest
        self._kept[question] = (time.monotonic(), answer)

    def _forget(self, question: Hashable, answer: "Future[Answer]") -> None:
        with self._lock:
            found = self._kept.get(question)
            if found and found[1] is answer:
                del self._kept[question]
