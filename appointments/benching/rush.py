"""The load of a rush: many keep-alive connections from one lean process.

    python -m appointments.benching.rush PLAN.json

It sends requests that were written beforehand and counts the answers; nothing of ours is
imported, since it shares the cores with what is measured. A connection that is told to come
back (Retry-After) comes back then.
"""

import heapq
import json
import re
import selectors
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
RETRY = re.compile(rb"\r\nretry-after: *(\d+)", re.I)


class Rush:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.requests = split(Path(plan["requests"]).read_bytes(), plan["lengths"])
        self.next, self.again = 0, bool(plan.get("again"))
        self.port, self.wanted = plan["port"], plan.get("wanted", 200)
        self.warm, self.seconds = plan.get("warm", 0.0), plan["seconds"]
        self.selector = selectors.DefaultSelector()
        self.began: dict[socket.socket, float] = {}
        self.later: list[tuple[float, int, socket.socket]] = []
        self.counts: Counter[int] = Counter()
        self.took: list[float] = []
        self.strange: list[str] = []
        self.sockets = [self.connect() for _ in range(plan["connections"])]

    def connect(self) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(one, selectors.EVENT_READ)
        return one

    def run(self) -> dict[str, Any]:
        for one in self.sockets:
            self.send(one)
        self.go_on(self.warm)
        self.counts.clear()
        self.took.clear()
        print("warm", flush=True)  # noqa: T201  new threads have their connections and plans
        lasted = self.go_on(self.seconds)
        return {
            "lasted": lasted,
            "counts": dict(self.counts),
            "took": sorted(self.took),
            "strange": self.strange[:3],
        }

    def go_on(self, seconds: float) -> float:
        """For so long, or until nothing is left to ask; how long that was."""
        start = time.monotonic()
        while (now := time.monotonic()) < start + seconds and (self.began or self.has_more()):
            while self.later and self.later[0][0] <= now:
                self.send(heapq.heappop(self.later)[2])
            for key, _events in self.selector.select(timeout=0.05):
                self.receive(key.fileobj)  # type: ignore[arg-type]
        return time.monotonic() - start

    def has_more(self) -> bool:
        return self.again or self.next < len(self.requests)

    def send(self, one: socket.socket) -> None:
        if not self.has_more():
            return
        self.next %= len(self.requests)
        self.began[one] = time.monotonic()
        one.sendall(self.requests[self.next])
        self.next += 1

    def receive(self, one: socket.socket) -> None:
        answer, head = whole(one)
        status = int(answer[9:12])
        now = time.monotonic()
        took = now - self.began.pop(one)
        self.counts[status] += 1
        if status == self.wanted:
            self.took.append(took)
        elif status != 503:
            self.strange.append(answer[head:].decode(errors="replace")[:300])
        retry = RETRY.search(answer, 0, head)
        if retry:
            heapq.heappush(self.later, (now + int(retry[1]), one.fileno(), one))
        else:
            self.send(one)


def whole(one: socket.socket) -> tuple[bytes, int]:
    """One answer, and where its head ends."""
    answer, head, length = b"", -1, 0
    while head < 0 or len(answer) < head + 4 + length:
        answer += one.recv(65536)
        if head < 0 and (head := answer.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(answer, 0, head + 2)
            length = int(found[1]) if found else 0
    return answer, head


def split(together: bytes, lengths: list[int]) -> list[bytes]:
    requests, at = [], 0
    for length in lengths:
        requests.append(together[at : at + length])
        at += length
    return requests


if __name__ == "__main__":
    found = Rush(json.loads(Path(sys.argv[1]).read_text())).run()
    print(json.dumps(found))  # noqa: T201
