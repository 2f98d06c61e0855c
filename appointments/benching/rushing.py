"""A rush of bookings against the same statements by pgbench, in interleaved bursts.

    booking   one request, one transaction, beside raw statements and an empty view
    spike     the same and the gathered way, on one slot and on a thousand
    soldout   a full slot beside an empty view
    overload  ten times as many people as at the peak, who come back when they are told

Two servers run all the time, one for each way; the one that is not asked does nothing.
"""

import os
import statistics
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from appointments.benching import cpu
from appointments.benching.compare import serve
from appointments.benching.raw import Pgbench, booking_script
from appointments.benching.requests import EMPTY, bookings, in_turns, sent
from appointments.benching.scene import Scene
from windows.models import Slot

ROUNDS, SECONDS, CLIENTS, WARM = 5, 3.0, 64, 2
THREADS = {"single": 8, "gathered": 48}  # of each of two workers
LEAST, MOST = 1_500, 12_000  # requests that are written for one burst
Figures = dict[str, float]

BURSTS = {
    "booking": ["raw 1000", "single 1000", "empty"],
    "spike": ["raw 1000", "single 1000", "gathered 1000", "raw 1", "single 1", "gathered 1"]
    + ["empty"],
    "soldout": ["sold out", "empty"],
    "overload": ["peak", "overload"],
}


class Rushing:
    def __init__(self, scene: Scene, pgbench: Pgbench, ports: tuple[int, int], now: datetime):
        self.scene, self.pgbench, self.ports, self.now = scene, pgbench, ports, now
        self.hot = iter(scene.slots)  # a slot of its own for every burst on one slot
        self.postgres = int(os.environ["BENCH_POSTGRES_PID"])
        self.web: dict[str, int] = {}
        self.rates: dict[str, float] = {}  # of each burst when it was measured last

    def measure(self, name: str) -> dict[str, Any]:
        bursts = BURSTS[name]
        with ExitStack() as stack:
            for way, port in zip(THREADS, self.ports, strict=True):
                environ = {"GATHER_BOOKINGS": "1" if way == "gathered" else "0"}
                server = serve(port, threads=THREADS[way], **environ)
                stack.callback(server.wait, timeout=30)
                stack.callback(server.terminate)
                self.web[way] = server.pid
            for burst in bursts:
                self.rates[burst] = self.one(burst)["rate"]  # warm
            found: dict[str, list[Figures]] = {burst: [] for burst in bursts}
            for _round, burst in in_turns(*bursts, rounds=ROUNDS):
                found[burst].append(self.one(burst))
                self.rates[burst] = found[burst][-1]["rate"]
        return {
            "name": name,
            "clients": CLIENTS,
            "figures": {burst: medians(rounds) for burst, rounds in found.items()},
        }

    def one(self, burst: str, seconds: float = SECONDS) -> Figures:
        kind, _, slots = burst.partition(" ")
        if kind == "raw":
            return self.raw(slots == "1", seconds)
        if burst == "empty":
            return self.http("gathered", [EMPTY], 200, seconds, again=True)
        if burst == "sold out":
            asks = bookings([self.full_slot()], 2_000, self.now)
            return self.http("gathered", asks, 409, seconds, again=True)
        if burst in ("peak", "overload"):
            clients = CLIENTS * (10 if burst == "overload" else 1)
            asks = self.new_people(burst, self.scene.slots, seconds * 2)
            return self.http("gathered", asks, 201, seconds * 2, clients=clients)
        on = [next(self.hot)] if slots == "1" else self.scene.slots
        return self.http(kind, self.new_people(burst, on, seconds), 201, seconds)

    def new_people(self, burst: str, slots: list[int], seconds: float) -> list[bytes]:
        """As many as will be served and refused, and half as many again."""
        likely = max(self.rates.get(name, 500.0) for name in (burst, "peak"))
        count = likely * (WARM + seconds) * 1.5 + 20 * CLIENTS
        return bookings(slots, int(min(max(count, LEAST), MOST)), self.now)

    def full_slot(self) -> int:
        slot = Slot.objects.get(pk=next(self.hot))
        Slot.objects.filter(pk=slot.pk).update(online_taken=slot.online_quota)
        return int(slot.pk)

    def raw(self, one_slot: bool, seconds: float) -> Figures:
        script = Path(os.environ["BENCH_FOLDER"]) / "booking.sql"
        script.write_text(booking_script(self.scene, next(self.hot) if one_slot else None))
        clock = Clock(self.postgres)
        count, rate = self.pgbench.run_warm(
            script, clients=CLIENTS, seconds=int(seconds), warm=WARM, began=clock.start
        )
        return {"rate": rate, **clock.each(count)}

    def http(
        self,
        way: str,
        asks: list[bytes],
        wanted: int,
        seconds: float,
        again: bool = False,
        clients: int = CLIENTS,
    ) -> Figures:
        """`rate` is of the wanted answers; anything but a 503 beside them is an error."""
        port = self.ports[list(THREADS).index(way)]
        plan = {
            "port": port,
            "warm": WARM,
            "seconds": seconds,
            "connections": clients,
            "again": again,
            "wanted": wanted,
        }
        clock = Clock(self.postgres, self.web[way])
        told = sent(asks, plan, clock.start)
        count = told["counts"].get(wanted, 0)
        figures = {"rate": count / told["lasted"], **clock.each(count)}
        strange = {status for status in told["counts"] if status not in (wanted, 503)}
        if strange or not told["took"]:
            raise RuntimeError(f"{told['counts']}, such as {told['strange']}")
        took, all_of_them = told["took"], sum(told["counts"].values())
        return {
            **figures,
            "p50_ms": took[len(took) // 2] * 1e3,
            "p99_ms": took[int(len(took) * 0.99)] * 1e3,
            "told_to_come_back": told["counts"].get(503, 0) / all_of_them,
        }


class Clock:
    """CPU of PostgreSQL and of the web processes, and what the host stole, from its start."""

    def __init__(self, postgres: int, web: int | None = None) -> None:
        self.postgres, self.web = postgres, web
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")  # the last burst's dirty pages are not this one's
        time.sleep(0.3)
        self.start()

    def start(self) -> None:
        self.steal, self.pg = cpu.steal(), cpu.seconds(self.postgres)
        self.of_web = cpu.seconds(self.web) if self.web else 0.0

    def each(self, count: float) -> Figures:
        """Microseconds for each of so many answers, since the start."""
        (stolen, ticks), (was_stolen, was_ticks) = cpu.steal(), self.steal
        of_web = cpu.seconds(self.web) if self.web else 0.0
        return {
            "pg_us": (cpu.seconds(self.postgres) - self.pg) / max(count, 1) * 1e6,
            "web_us": (of_web - self.of_web) / max(count, 1) * 1e6,
            "steal_percent": 100 * (stolen - was_stolen) / max(ticks - was_ticks, 1),
        }


def medians(rounds: list[Figures]) -> Figures:
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
