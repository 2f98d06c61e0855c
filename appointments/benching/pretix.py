"""Our calendar beside the quotas of pretix, same machine, same PostgreSQL, one run.

    python -m appointments.benching.pretix /path/to/pretix-environment/bin/python

For a person to run (docs/bench-pretix.md): pretix is installed in an environment of its
own and is nothing that Dengta needs or ships. This file is also what that other Python
runs (`--inside`), so it imports nothing of Dengta before it knows on which side it is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import IO, Any

PLACES, ORDERS, SLOTS = 10, 10_000, 33 * 30 * 20
SOLD = 1_100  # dates that orders fall on; more of them cost pretix much more (docs)
ROUNDS = 5
CONFIG = """
[pretix]
instance_name=bench
url=http://localhost
datadir={folder}
[database]
backend=postgresql
name=pretix
user={user}
host={host}
[django]
secret={secret}
[redis]
location={redis}
"""


def clocked(run: Callable[[], Any]) -> float:
    """Milliseconds of one run."""
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1e3


# --- In pretix's own environment ------------------------------------------------------
def inside() -> None:
    """Builds the series of events, then computes its quotas each time a line asks for it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "pretix.settings"
    import_module("django").setup()
    management = import_module("django.core.management")
    management.call_command("migrate", verbosity=0)
    with import_module("django_scopes").scopes_disabled():
        event = _series()
        Availability = import_module("pretix.base.services.quotas").QuotaAvailability

        def compute(allow_cache: bool) -> None:
            asked = Availability()
            asked.queue(*event.quotas.all())
            asked.compute(allow_cache=allow_cache)
            if len(asked.results) != SLOTS:
                raise RuntimeError(f"{len(asked.results)} of {SLOTS} quotas")

        _say(import_module("pretix").__version__)
        for line in sys.stdin:
            cached = line.strip() == "cached"
            _say(str(clocked(partial(compute, cached))))


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201


def _series() -> Any:
    """One event with a date per slot, a quota of ten each, and paid orders over them."""
    models = import_module("pretix.base.models")
    begin = datetime(2030, 1, 1, tzinfo=UTC)
    organizer = models.Organizer.objects.create(name="Bench", slug="bench")
    event = models.Event.objects.create(
        organizer=organizer, name="Slots", slug="slots", date_from=begin, has_subevents=True,
        currency="EUR", live=True, plugins="",
    )  # fmt: skip
    item = event.items.create(name="Visit", default_price=0)
    dates = models.SubEvent.objects.bulk_create(
        models.SubEvent(
            event=event, name=f"Slot {n}", date_from=begin + timedelta(minutes=30 * n), active=True
        )
        for n in range(SLOTS)
    )  # fmt: skip
    quotas = models.Quota.objects.bulk_create(
        models.Quota(event=event, subevent=one, name="Places", size=PLACES) for one in dates
    )
    through = models.Quota.items.through
    through.objects.bulk_create(through(quota=quota, item=item) for quota in quotas)
    _orders(models, event, item, dates, begin)
    with import_module("django.db").connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return event


def _orders(models: Any, event: Any, item: Any, dates: list[Any], at: datetime) -> None:
    channel = event.organizer.sales_channels.get(identifier="web")
    orders = models.Order.objects.bulk_create(
        models.Order(
            event=event, organizer=event.organizer, code=f"B{n:05d}", status="p", datetime=at,
            expires=at, total=0, locale="en", sales_channel=channel, email="a@example.org",
        )
        for n in range(ORDERS)
    )  # fmt: skip
    models.OrderPosition.objects.bulk_create(
        models.OrderPosition(
            order=order, organizer=event.organizer, item=item, price=0, positionid=1,
            subevent=dates[n % SOLD], secret=f"secret{n}", pseudonymization_id=f"P{n:08d}",
            tax_rate=0, tax_value=0,
        )
        for n, order in enumerate(orders)
    )  # fmt: skip


# --- In ours --------------------------------------------------------------------------
class Pretix:
    """The other side: one process that computes when it is told to."""

    def __init__(self, python: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [
                python,
                "-P",
                str(Path(__file__).resolve()),
                "--inside",
            ],  # -P: our names are not theirs
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, "PRETIX_CONFIG_FILE": str(folder / "pretix.cfg")},
        )
        self.version = self._line()

    def compute(self, how: str) -> float:
        self._pipe(self.process.stdin).write(how + "\n")
        self._pipe(self.process.stdin).flush()
        return float(self._line())

    def _line(self) -> str:
        line = self._pipe(self.process.stdout).readline().strip()
        if not line:
            raise RuntimeError("pretix stopped; its complaint stands above.")
        return line

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise RuntimeError("pretix has no pipe.")
        return pipe

    def stop(self) -> None:
        self._pipe(self.process.stdin).close()
        self.process.wait(timeout=30)


def ours() -> dict[str, Callable[[], Any]]:
    """Our two questions about the same number of slots: days of halls, and every slot."""
    from django.core.management import call_command

    from appointments import offering
    from appointments.benching.city import DAYS, make_city
    from config import civil

    call_command("migrate", verbosity=0)
    matter = make_city(civil.now())
    first = civil.city_date(civil.now())

    def days() -> None:
        found = offering.availability(matter=matter, first=first, days=DAYS + 1, now=civil.now())
        assert len(found) == SLOTS / 20

    def slots() -> None:
        now = civil.now()
        party = offering.Party.of(matter)
        last = first + timedelta(days=DAYS)
        asked = offering.question(offering.BY_SLOT, party, first, DAYS + 1, None, last, now)
        assert len(offering.answer(*asked)) == SLOTS

    return {"ours, days of halls": days, "ours, every slot": slots}


def compared(python: str, folder: Path) -> Iterator[tuple[str, float]]:
    """Milliseconds of each way, in turns."""
    from config import servers

    with servers.Servers.start(folder / "servers", scratch=True) as own:
        os.environ |= {
            "DATABASE_URL": own.database_url,
            "REDIS_URL": own.redis_url,
            "DENGTA_EMBEDDED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import_module("django").setup()
        _configure(folder, own.redis_url)
        ways = ours()
        pretix = Pretix(python, folder)
        print(f"pretix {pretix.version}", file=sys.stderr)  # noqa: T201
        for _round in range(ROUNDS + 1):  # the first one warms
            yield "pretix, uncached", pretix.compute("uncached")
            for name, run in ways.items():
                yield name, clocked(run)
            yield "pretix, cached in Redis", pretix.compute("cached")
        pretix.stop()


def _configure(folder: Path, redis: str) -> None:
    """A database for pretix beside ours, and its configuration."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE pretix")
    at = connection.settings_dict
    values = {"user": at["USER"], "host": at["HOST"], "redis": redis, "folder": folder}
    (folder / "pretix.cfg").write_text(CONFIG.format(secret="b" * 50, **values))


def main(python: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, list[float]] = {}
        for name, took in compared(python, Path(folder)):
            found.setdefault(name, []).append(took)
    middle = {name: median(took[1:]) for name, took in found.items()}
    for name in list(middle):
        middle[f"pretix uncached / {name}"] = middle["pretix, uncached"] / middle[name]
    print(json.dumps(middle, indent=1))  # noqa: T201


if __name__ == "__main__":
    inside() if "--inside" in sys.argv else main(sys.argv[1])
