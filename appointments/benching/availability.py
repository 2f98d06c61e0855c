"""The city's calendar: 33 halls for 30 days of 20 slots, asked raw and over HTTP.

    counters   free places per hall and day by one plain sum over the slots, by pgbench
    raw        the statement of `offering`, by pgbench
    uncached   the endpoint, every answer computed (990 days as JSON, 160 kB)
    cached     the endpoint as it is: one computation for all within half a second
    empty      a view that does nothing

One connection each, in interleaved bursts, so that milliseconds compare; with 16
connections (`cached 16`, `empty 16`) rates compare. Two servers run all the time, the one
that is not asked does nothing.
"""

import os
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from appointments.benching import cpu
from appointments.benching.city import DAYS, make_city
from appointments.benching.compare import serve
from appointments.benching.raw import Pgbench
from appointments.benching.requests import EMPTY, in_turns, sent
from appointments.offering import BY_SESSION, Party, question
from config import civil
from windows.models import Matter

Figures = dict[str, float]
ROUNDS, SECONDS = 5, 3.0
KEPT = {"uncached": "0", "cached": "0.5"}
BURSTS = ["counters", "raw", "uncached", "cached", "empty", "cached 16", "empty 16"]

COUNTERS = """
SELECT hall_id, service_day, sum((online_quota - online_taken) / 6)::int,
  min(starts_at) FILTER (WHERE online_quota - online_taken >= 6)
FROM windows_slot WHERE service_day BETWEEN %(first)s AND %(last)s AND is_open
  AND starts_at > now() GROUP BY 1, 2;
"""


def measure(pgbench: Pgbench, ports: tuple[int, int], now: datetime) -> dict[str, Any]:
    """Medians of the bursts, and how many times as long as another each takes."""
    matter = make_city(now)
    scripts = {"raw": statement(matter, now), "counters": COUNTERS % days_of(now)}
    with ExitStack() as stack:
        servers = {}
        for (way, seconds), port in zip(KEPT.items(), ports, strict=True):
            server = serve(port, DENGTA_OFFER_KEPT_SECONDS=seconds)
            stack.callback(server.wait, timeout=30)
            stack.callback(server.terminate)
            servers[way] = (port, server.pid)
            sent([ask(now)], {"port": port, "seconds": 6.0, "connections": 16, "again": True})
        found: dict[str, list[Figures]] = {burst: [] for burst in BURSTS}
        for _round, burst in in_turns(*BURSTS, rounds=ROUNDS):
            found[burst].append(_one(burst, scripts, pgbench, servers, now))
    middle = {
        burst: {key: median(one[key] for one in rounds) for key in rounds[0]}
        for burst, rounds in found.items()
    }
    return {"name": "availability", "clients": 1, "figures": middle, "ratios": ratios(middle)}


def ratios(figures: dict[str, Figures]) -> dict[str, float]:
    """By time per answer with one connection, and by CPU of web and PostgreSQL."""
    pairs = [("uncached", "raw"), ("uncached", "counters"), ("cached", "empty")]
    took = {f"{a} / {b}": figures[b]["rate"] / figures[a]["rate"] for a, b in pairs}
    took["cached 16 / empty 16"] = figures["empty 16"]["rate"] / figures["cached 16"]["rate"]
    cpu = {name: one["pg_us"] + one["web_us"] for name, one in figures.items()}
    return took | {f"{a} / {b}, CPU": cpu[a] / cpu[b] for a, b in pairs}


def _one(
    burst: str,
    scripts: dict[str, str],
    pgbench: Pgbench,
    servers: dict[str, tuple[int, int]],
    now: datetime,
) -> Figures:
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    kind, _, clients = burst.partition(" ")
    port, web = servers["uncached" if kind == "uncached" else "cached"]
    before, stolen = (cpu.seconds(postgres), cpu.seconds(web)), cpu.steal()
    if burst in scripts:
        script = Path(os.environ["BENCH_FOLDER"]) / f"{burst}.sql"
        script.write_text(scripts[burst])
        rate, count = pgbench.run(script, clients=1, seconds=int(SECONDS))
        middle = last = 1e3 / rate
    else:
        asks = [EMPTY if kind == "empty" else ask(now)]
        plan = {"port": port, "seconds": SECONDS, "connections": int(clients or 1), "again": True}
        told = sent(asks, plan)
        if set(told["counts"]) != {200}:
            raise RuntimeError(f"{told['counts']}, such as {told['strange']}")
        count, took = told["counts"][200], told["took"]
        rate = count / told["lasted"]
        middle, last = took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3
    after, now_stolen = (cpu.seconds(postgres), cpu.seconds(web)), cpu.steal()
    return {
        "rate": rate,
        "pg_us": (after[0] - before[0]) / count * 1e6,
        "web_us": (after[1] - before[1]) / count * 1e6,
        "p50_ms": middle,
        "p99_ms": last,
        "steal_percent": 100 * (now_stolen[0] - stolen[0]) / max(now_stolen[1] - stolen[1], 1),
    }


def ask(now: datetime) -> bytes:
    path = f"/api/v1/availability/?matter=RENEW&from={civil.city_date(now)}&days={DAYS + 1}"
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode()


def days_of(now: datetime) -> dict[str, str]:
    first = civil.city_date(now)
    return {"first": f"'{first}'::date", "last": f"'{first + timedelta(days=DAYS)}'::date"}


def statement(matter: Matter, now: datetime) -> str:
    """What the endpoint asks of the database, with its values written out."""
    first = civil.city_date(now)
    last = first + timedelta(days=DAYS)
    text, _asked = question(BY_SESSION, Party.of(matter), first, DAYS + 1, None, last, now)
    values = {"now": "now()", "hall": "NULL", "person": str(matter.minutes)}
    return text % {**values, **days_of(now), "matter_0": str(matter.pk)} + ";\n"
