"""Calling at database level: the raw statement by pgbench, our command, and the endpoint.

Raw and command run the same rounds in turns: 40 connections, one per window, each calling the
next person and then freeing its window with one plain statement. One transaction is both; the
percentiles are of both. What is measured is the difference of `call_next` around its
statement. Every ticket of the hall is looked at afterwards: called once, or never.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from appointments.benching import cpu
from appointments.benching.caller import FREE, SECONDS, WARM
from appointments.benching.raw import ENVIRON, Pgbench
from appointments.benching.scene import WINDOWS, Scene

ROUNDS = 5
PROCESSES = 4
Figures = dict[str, float]
PLACE = re.compile(r"%\((\w+)\)s")


def calling_script(scene: Scene) -> str:
    """The statement of `call_next`, word for word, and the freeing of the window."""
    from queues.choosing import CALL_NEXT
    from windows.models import Shift

    hall = scene.halls[0]
    first = min(window.pk for window in hall.windows.all())
    staff = dict(Shift.objects.filter(window__hall=hall).values_list("window_id", "staff_id"))
    apart = {staff[first + n] - n for n in range(WINDOWS)}
    assert len(apart) == 1  # noqa: S101  clerks were made in the windows' order
    values = {
        "window": ":window", "staff": ":staff", "hall": str(hall.pk), "now": "now()",
        "may_jump": "false",
    }  # fmt: skip
    called = PLACE.sub(lambda place: values[place[1]], CALL_NEXT.sql).replace("%%", "%")
    return (
        f"\\set window {first} + :client_id\n\\set staff {apart.pop()} + :client_id\n"
        f"{called};\n{FREE.format(window=':window')};\n"
    )


def raw(pgbench: Pgbench, script: Path) -> Figures:
    """One round of pgbench; the time of every transaction is logged, the first second not."""
    folder = Path(os.environ["BENCH_FOLDER"])
    prefix = folder / "pgbench_calls"
    for old in folder.glob("pgbench_calls*"):
        old.unlink()
    command = pgbench.command(script, WINDOWS, WARM + SECONDS)
    logged = [*command[:-1], "-l", f"--log-prefix={prefix}", command[-1]]
    began = time.time()
    done = subprocess.run(logged, capture_output=True, text=True, check=False, env=ENVIRON)
    if done.returncode or "ERROR" in done.stderr:
        raise RuntimeError(done.stderr)
    took = []
    for log in folder.glob("pgbench_calls*"):
        for line in log.read_text().splitlines():
            _client, _n, us, _script, epoch, fraction, *_ = line.split()
            if int(epoch) + int(fraction) / 1e6 >= began + WARM:
                took.append(int(us) / 1e6)
        log.unlink()
    return _figures(took)


class Callers:
    """The command side: several processes with as many connections together, kept open."""

    def __init__(self, scene: Scene) -> None:
        each = WINDOWS // PROCESSES
        words = [sys.executable, "-m", "appointments.benching.caller"]
        self.running = [
            subprocess.Popen(
                [*words, str(n * each), str(each)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(PROCESSES)
        ]  # fmt: skip
        self._say(json.dumps(sorted(scene.cookies)))
        self._hear()

    def _say(self, line: str) -> None:
        for process in self.running:
            assert process.stdin is not None  # noqa: S101
            process.stdin.write(f"{line}\n")
            process.stdin.flush()

    def _hear(self) -> list[float]:
        heard: list[float] = []
        for process in self.running:
            assert process.stdout is not None  # noqa: S101
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("A process of the command side failed.")
            heard += json.loads(line)
        return heard

    def round(self) -> Figures:
        self._say(str(time.time() + 0.2))
        return _figures(self._hear())

    def stop(self) -> None:
        for process in self.running:
            process.communicate(timeout=60)


def _figures(took: list[float]) -> Figures:
    took.sort()
    return {
        "rate": len(took) / SECONDS,
        "p50_ms": took[len(took) // 2] * 1e3,
        "p99_ms": took[int(len(took) * 0.99)] * 1e3,
    }


def measure(scene: Scene, pgbench: Pgbench) -> dict[str, Any]:
    """Medians of interleaved rounds, and that nobody was called twice or skipped."""
    script = Path(os.environ["BENCH_FOLDER"]) / "call-next-raw.sql"
    script.write_text(calling_script(scene))
    callers = Callers(scene)
    raw(pgbench, script), callers.round()  # warm
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    rounds: dict[str, list[Figures]] = {"raw": [], "command": []}
    for n in range(ROUNDS):
        for side in sorted(rounds, reverse=bool(n % 2)):
            before = cpu.seconds(postgres)
            found = raw(pgbench, script) if side == "raw" else callers.round()
            spent = cpu.seconds(postgres) - before
            found["pg_us"] = spent / found["rate"] / (SECONDS + WARM) * 1e6
            rounds[side].append(found)
    callers.stop()
    figures = {
        side: {key: statistics.median(one[key] for one in many) for key in many[0]}
        for side, many in rounds.items()
    }
    each = [c["rate"] / r["rate"] for c, r in zip(rounds["command"], rounds["raw"], strict=True)]
    ratios = {
        "command / raw, rate": figures["command"]["rate"] / figures["raw"]["rate"],
        "  lowest round": min(each),
        "  highest round": max(each),
        "command / raw, p99": figures["command"]["p99_ms"] / figures["raw"]["p99_ms"],
    }
    return {"figures": figures, "ratios": ratios, "checked": checked(scene)}


def checked(scene: Scene) -> int:
    """How many tickets were called; each of them once and in nobody's place."""
    from django.db.models import Count

    from queues.models import Call, Ticket

    calls = Call.objects.filter(hall__in=scene.halls)
    twice = calls.values("ticket").annotate(n=Count("pk")).filter(n__gt=1).count()
    ended = Ticket.objects.filter(hall__in=scene.halls, state="void")
    count = calls.count()
    if twice or ended.filter(calls=None).exists() or ended.count() != count:
        raise RuntimeError(f"{count} calls, {ended.count()} tickets, {twice} of them twice")
    return count
