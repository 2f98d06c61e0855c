"""Where a sender can die, in order; and the clock of a played city."""

import time
from datetime import datetime, timedelta
from pathlib import Path

POINTS = [
    "before the claim", "after the claim", "before the call", "after acceptance",
    "before the record", "after the record",
]  # fmt: skip


def city_time(clock: Path) -> datetime:
    """The instant that the city counted on from, and what has really passed since."""
    began, since = clock.read_text().split()
    return datetime.fromisoformat(began) + timedelta(seconds=time.time() - float(since))


def set_city(clock: Path, instant: datetime) -> None:
    """The city's clock shows the instant and counts on; nobody reads a half-written one."""
    beside = clock.with_suffix(".new")
    beside.write_text(f"{instant.isoformat()} {time.time()}")
    beside.replace(clock)
