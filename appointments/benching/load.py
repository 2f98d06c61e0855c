"""The endpoint side: keep-alive connections from a process of their own, on loopback."""

import http.client
import itertools
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from appointments.id_numbers import check_character

Request = tuple[str, dict[str, str], dict[str, Any]]


def id_numbers(start: int) -> Iterator[str]:
    """Valid ID numbers, different for each start."""
    for n in itertools.count(start):
        day, sequence = divmod(n, 999)
        year, day = 1950 + day // 336, day % 336
        first = f"440604{year}{1 + day // 28:02d}{1 + day % 28:02d}{sequence + 1:03d}"
        yield first + check_character(first)


def calls(worker: int, plan: dict[str, Any]) -> Iterator[Request]:
    """Call, finish, call, finish; the ticket's id comes from the answer."""
    window, cookie = plan["windows"][worker % len(plan["windows"])]
    headers = {"Cookie": f"sessionid={cookie}; csrftoken={'c' * 32}", "X-CSRFToken": "c" * 32}
    while True:
        yield f"/api/v1/windows/{window}/call-next/", headers, {}
        yield "/api/v1/tickets/{id}/finish/", headers, {}


KINDS = {"call-next": calls}


def _connection(kind: str, worker: int, plan: dict[str, Any]) -> tuple[int, list[float], list[str]]:
    """(answers, seconds each, complaints) of one connection."""
    client = http.client.HTTPConnection("127.0.0.1", plan["port"], timeout=30)
    took: list[float] = []
    complaints: list[str] = []
    ticket = ""
    until = time.monotonic() + plan["seconds"]
    for path, headers, body in KINDS[kind](worker, plan):
        began = time.monotonic()
        if began > until and "{id}" not in path:
            break
        keys = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        client.request("POST", path.format(id=ticket), json.dumps(body), {**keys, **headers})
        answer = client.getresponse()
        said = json.loads(answer.read() or b"{}")
        ticket = str(said.get("id", ticket))
        took.append(time.monotonic() - began)
        if answer.status >= 400:
            complaints.append(f"{answer.status} {said}"[:200])
    return len(took), took, complaints


def _process(kind: str, plan: dict[str, Any]) -> tuple[int, list[float], list[str]]:
    with ThreadPoolExecutor(plan["connections"]) as pool:
        found = list(pool.map(lambda n: _connection(kind, n, plan), range(plan["connections"])))
    return (
        sum(count for count, _, _ in found),
        sorted(itertools.chain.from_iterable(took for _, took, _ in found)),
        [one for _, _, complaints in found for one in complaints],
    )


def burst(kind: str, plan: dict[str, Any]) -> tuple[int, list[float], list[str]]:
    """One burst from a process of its own, so that its CPU is not counted as ours."""
    command = [sys.executable, "-m", "appointments.benching.load", kind]
    done = subprocess.run(
        command, input=json.dumps(plan), capture_output=True, text=True, check=True
    )
    count, took, complaints = json.loads(done.stdout)
    return count, took, complaints


if __name__ == "__main__":
    print(json.dumps(_process(sys.argv[1], json.load(sys.stdin))))  # noqa: T201
