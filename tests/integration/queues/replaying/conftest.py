"""Past days of a simulated hall, so that no file is needed.

It has what real halls have and the usual formula does not know: windows that serve other
queues too, days and hours at which everything takes longer, and a screen that is read every
few minutes only.
"""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from queues import quantiles
from queues.replay_file import COLUMNS, Joined

FIRST_DAY = date(2026, 3, 2)
OPENS, CLOSES = 8 * 60, 16 * 60
QUEUES = {"hall/quick": (6.0, 3, 3.4), "hall/slow": (14.0, 5, 4.6), "other": (9.0, 2, 8.0)}


def a_day(day: date, queue: str, luck: np.random.Generator) -> list[Joined]:
    """One queue's tickets: service minutes, windows, minutes between arrivals are QUEUES'."""
    service, windows, between = QUEUES[queue]
    slow = luck.lognormal(0, 0.2)
    free = np.full(max(1, round(windows * 0.6)), float(OPENS))
    shown = np.maximum(windows + luck.integers(-1, 4, 24), 1)  # others' windows are open too
    at, come = float(OPENS), []
    while (at := at + luck.exponential(between)) < CLOSES:
        start = max(at, free.min())
        noon = 1.5 if 11 * 60 < start < 13 * 60 else 1.0
        free[free.argmin()] = start + luck.gamma(2, service * slow * noon * 0.4)
        come.append((5 * np.ceil(at / 5), 5 * np.ceil(start / 5)))
    return [
        Joined(
            day, queue, joined, (n, str(n)), called, int(shown[int(joined) // 60]),
            sum(before <= joined < since for before, since in come), 0,
        )
        for n, (joined, called) in enumerate(come, 1)
    ]  # fmt: skip


def some_days(days: int, seed: int = 1) -> list[Joined]:
    luck = np.random.default_rng(seed)
    return [
        ticket
        for n in range(days)
        for queue in sorted(QUEUES)
        for ticket in a_day(FIRST_DAY + timedelta(days=n), queue, luck)
    ]


@pytest.fixture
def quickly(monkeypatch):
    """Learns less, and in a fraction of the time."""
    monkeypatch.setattr(quantiles, "TREES", 16)
    monkeypatch.setattr(quantiles, "STEP", 0.3)


def clock(minutes: float) -> str:
    return f"{int(minutes) // 60 % 24:02}:{int(minutes) % 60:02}"


def as_rows(tickets: list[Joined]) -> list[list[str]]:
    return [
        [t.queue, str(t.day), t.order[1], clock(t.at), clock(t.called)]
        + [str(t.windows), str(t.waiting)]
        for t in tickets
    ]


@pytest.fixture
def file(tmp_path):
    def written(rows, header=COLUMNS, name="tickets.csv") -> Path:
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        path = tmp_path / name
        path.write_text(text.getvalue(), encoding="utf-8")
        return path

    return written


def run(path: Path, *more: str) -> dict:
    out = io.StringIO()
    call_command("replay", path, "--json", *more, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue(), parse_constant=pytest.fail)
