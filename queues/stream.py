"""One stream: what waits to be written to it, and the writing."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from queues.news import GONE, Subject

Write = Callable[[bytes], Awaitable[None]]

MOST_CALLS = 200  # that may wait for a slow client
RETRY = b"retry: 2000\n\n"
STILL_HERE = b"event: still\ndata: {}\n\n"  # a comment would not reach the page


class Watch:
    """One client. Of states it keeps the newest only, of calls a bounded number: the bytes
    are those of all other clients, so a slow one costs little and holds nobody back."""

    __slots__ = (
        "after", "calls", "fresh", "hall_id", "is_over", "is_told", "state", "subject", "told",
        "wrote_at",
    )  # fmt: skip

    def __init__(self, subject: Subject, hall_id: int, *, after: int | None = None) -> None:
        self.subject, self.hall_id, self.after = subject, hall_id, after
        self.calls: deque[bytes] = deque()
        self.state = self.told = b""
        self.fresh = asyncio.Event()
        self.is_told = self.is_over = False
        self.wrote_at = time.monotonic()

    def tell(self, state: bytes = b"", calls: list[bytes] | None = None) -> None:
        """To be written soon; a state that the client has already is not told again."""
        if calls:
            self.calls.extend(calls)
            if len(self.calls) > MOST_CALLS:
                self.calls.clear()
                self.calls.append(GONE)
        if state:
            self.is_told = True
            self.state = b"" if state == self.told and not self.calls else state
        if self.calls or self.state:
            self.fresh.set()

    def beat(self, now: float, seconds: float) -> None:
        if now - self.wrote_at >= seconds and not self.fresh.is_set():
            self.tell(calls=[STILL_HERE])

    def leave(self) -> None:
        self.is_over = True
        self.fresh.set()

    def news(self) -> bytes:
        """All that waits: calls in order, then the state that came of them."""
        calls, state = b"".join(self.calls), self.state
        self.calls.clear()
        self.state = b""
        self.told = state or self.told
        self.fresh.clear()
        return calls + state if calls else state  # the same bytes for all

    async def write_all(self, write: Write) -> None:
        """Until the client leaves."""
        await write(RETRY)
        while not self.is_over:
            await self.fresh.wait()
            if not self.is_over:
                await write(self.news())
                self.wrote_at = time.monotonic()
