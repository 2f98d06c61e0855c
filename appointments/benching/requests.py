"""Requests of a rush, written before they are sent: each person with a phone of their own."""

import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from appointments.benching.load import id_numbers
from appointments.proving import token_for

EMPTY = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_people = itertools.count()


def bookings(slots: list[int], count: int, now: datetime) -> list[bytes]:
    """So many bookings of new people, over the slots in turn."""
    start = 1_000_000 + next(_people) * 12_000
    numbers = id_numbers(start)
    return [
        _booking(slots[(n * 37) % len(slots)], next(numbers), f"+86138{start + n:08d}", now)
        for n in range(count)
    ]


def _booking(slot: int, number: str, phone: str, now: datetime) -> bytes:
    body = json.dumps(
        {
            "slot": slot,
            "matter": "RENEW",
            "people": [{"name": "陈小宁", "id_number": number}],
            "phone": phone,
            "proof": token_for(phone, until=now + timedelta(hours=3)),
        }
    ).encode()
    head = (
        "POST /api/v1/bookings/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\nAccept: */*\r\nAccept-Language: zh-CN\r\n"
        f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def sent(
    requests: list[bytes], plan: dict[str, Any], began: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """What came of them: {lasted, counts by status, took, strange}; `began` after the warm-up."""
    folder = Path(os.environ["BENCH_FOLDER"])
    (folder / "requests").write_bytes(b"".join(requests))
    order = {**plan, "requests": str(folder / "requests"), "lengths": [len(r) for r in requests]}
    (folder / "plan.json").write_text(json.dumps(order))
    command = [sys.executable, "-m", "appointments.benching.rush", str(folder / "plan.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None  # noqa: S101
        if running.stdout.readline():
            began()
        said = running.stdout.read()
    if running.returncode:
        raise RuntimeError("The load ended with an error.")
    found = json.loads(said)
    found["counts"] = {int(status): count for status, count in found["counts"].items()}
    return dict(found)


def in_turns(*bursts: str, rounds: int) -> Iterator[tuple[int, str]]:
    """Every burst once a round, starting with another one each time."""
    for n in range(rounds):
        for k in range(len(bursts)):
            yield n, bursts[(n + k) % len(bursts)]
