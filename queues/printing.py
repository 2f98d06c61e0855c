"""Bringing owed papers to the kiosks' printers: claim, send, note; `manage.py print_tickets`.

Rows of `Paper` are claimed with a lease, so that several processes share the work and one
that died leaves its papers to another. A paper may come twice when the process dies between
sending and noting; it never comes after `useless_after`, when somebody else stands there.
"""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from queues.models import Paper
from queues.papering import printed

LEASE = timedelta(seconds=30)
MOST_TRIES = 5
PAUSE = timedelta(seconds=5)  # more with each try
AT_A_TIME = 20
CONNECT_SECONDS, SEND_SECONDS, STATUS_SECONDS = 3.0, 5.0, 0.7
ASK_FOR_PAPER = b"\x10\x04\x04"  # DLE EOT 4: is there paper?
NO_PAPER = 0x60

CLAIM = """
UPDATE queues_paper SET lease_until = %(until)s, tries = tries + 1 WHERE id IN (
    SELECT p.id FROM queues_paper p JOIN windows_devicetoken d ON d.id = p.device_id
    WHERE p.printed_at IS NULL AND p.useless_after > %(now)s AND p.tries < %(most)s
        AND (p.lease_until IS NULL OR p.lease_until <= %(now)s) AND d.revoked_at IS NULL
    ORDER BY p.wanted_at, p.id LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED)
RETURNING id
"""


class PrinterSaid(Exception):
    """The printer was reached, or not, and there is no paper; the text is kept."""


@dataclass(frozen=True)
class Job:
    """What one printer is sent, in order."""

    printer: str
    papers: tuple[tuple[Paper, bytes], ...]


def print_due(*, now: datetime) -> int:
    """The papers that are owed now are printed or tried; returns how many came out."""
    papers = claim(now=now)
    jobs = _jobs(papers, now)
    if not jobs:
        return 0
    with ThreadPoolExecutor(len(jobs)) as pool:  # a dead printer holds up no other
        results = list(pool.map(_run, jobs))
    return sum(_note(paper, error, now) for job in results for paper, error in job)


def claim(*, now: datetime) -> list[Paper]:
    """Papers that are ours for the length of the lease, the oldest first."""
    facts: dict[str, Any] = {
        "until": now + LEASE,
        "now": now,
        "most": MOST_TRIES,
        "limit": AT_A_TIME,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, facts)
        ids = [row[0] for row in cursor.fetchall()]
    claimed = Paper.objects.filter(pk__in=ids).select_related("ticket", "device")
    return list(claimed.order_by("wanted_at", "pk"))


def address(printer: str) -> tuple[str, int]:
    """`host:port`, 9100 when no port is named. Raises ValueError."""
    host, _colon, port = printer.rpartition(":") if ":" in printer else (printer, ":", "9100")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{printer!r} is not host:port")
    return host, int(port)


def send(printer: str, papers: Sequence[bytes]) -> None:
    """The printer has all of it. Raises OSError, ValueError, PrinterSaid."""
    with socket.create_connection(address(printer), timeout=CONNECT_SECONDS) as line:
        line.sendall(ASK_FOR_PAPER)
        line.settimeout(STATUS_SECONDS)
        if _status(line) & NO_PAPER:
            raise PrinterSaid("no paper")
        line.settimeout(SEND_SECONDS)
        for paper in papers:
            line.sendall(paper)
        line.shutdown(socket.SHUT_WR)


def _status(line: socket.socket) -> int:
    """The paper sensor's byte; many printers say nothing, that is no fault."""
    try:
        said = line.recv(1)
    except TimeoutError:
        return 0
    return said[0] if said else 0


def _jobs(papers: list[Paper], now: datetime) -> list[Job]:
    by_printer: dict[str, list[tuple[Paper, bytes]]] = {}
    for paper in papers:
        content = printed(paper.ticket, words=paper.words, now=now)
        by_printer.setdefault(paper.device.printer, []).append((paper, content))
    return [Job(printer, tuple(owed)) for printer, owed in by_printer.items()]


def _run(job: Job) -> list[tuple[Paper, str]]:
    """Each paper with the error that it met; no database here, this is a thread."""
    try:
        send(job.printer, [content for _paper, content in job.papers])
    except (OSError, ValueError, PrinterSaid) as error:
        return [(paper, str(error)[:200] or type(error).__name__) for paper, _ in job.papers]
    return [(paper, "") for paper, _content in job.papers]


def _note(paper: Paper, error: str, now: datetime) -> bool:
    """Written only while the lease is ours. True when the paper came out."""
    mine = Paper.objects.filter(pk=paper.pk, lease_until=paper.lease_until, printed_at=None)
    if error:
        mine.update(error=error, lease_until=now + PAUSE * paper.tries)
        return False
    return bool(mine.update(printed_at=now, error="", lease_until=None))
