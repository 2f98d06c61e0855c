"""From a press at the window to the hall's screens: `bench live`.

One live process as in production (uvicorn). Clerks call (`call_next`, committed), and it is
timed when each screen has the call's event. Rounds of few and of many screens alternate.
"""

import http.client
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from appointments.benching import cpu
from appointments.benching.scene import Scene
from queues.calling import call_next
from queues.models import Call, Ticket
from windows.models import Shift, Window

FEW, MANY = 10, 1000
ROUNDS, CALLS = 3, 30
EVERY_SECONDS = 0.4
FILES = 8192


@contextmanager
def served(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The live process, ended afterwards."""
    command = [
        sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port),
        "--no-access-log", "--log-level", "warning", "--lifespan", "off", "config.asgi:application",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _try in range(200):
            time.sleep(0.2)
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                client.request("GET", "/live/healthz")
                if client.getresponse().status == 200:
                    break
            except OSError:
                continue
            finally:
                client.close()
        yield server
    finally:
        server.terminate()
        server.wait(timeout=20)


def resident(pid: int) -> int:
    """Bytes of memory of the process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure(scene: Scene, port: int, now: datetime) -> dict[str, Any]:
    """Medians over the rounds, milliseconds from the press to the screens."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    stolen, ticks = cpu.steal()
    try:
        with served(port) as server:
            _round(scene, port, server.pid, now, FEW, calls=3)  # warm
            found: dict[int, list[dict[str, float]]] = {FEW: [], MANY: []}
            for n in range(ROUNDS):
                for count in (FEW, MANY) if n % 2 == 0 else (MANY, FEW):
                    found[count].append(_round(scene, port, server.pid, now, count))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    figures = {
        f"{count} screens": {
            name: statistics.median(one[name] for one in rounds) for name in rounds[0]
        }
        for count, rounds in found.items()
    }
    few, many = figures[f"{FEW} screens"], figures[f"{MANY} screens"]
    now_stolen, now_ticks = cpu.steal()
    return {
        "name": "live",
        "clients": MANY,
        "figures": figures,
        "ratios": {
            "p99 of 1,000 / p99 of 10": many["p99_ms"] / few["p99_ms"],
            "p50 of 1,000 / p50 of 10": many["p50_ms"] / few["p50_ms"],
            "memory of a watcher, kB": found[MANY][0]["watcher_kb"],
        },
        "steal_percent": 100 * (now_stolen - stolen) / max(now_ticks - ticks, 1),
    }


def _round(
    scene: Scene, port: int, pid: int, now: datetime, count: int, calls: int = CALLS
) -> dict[str, float]:
    """So many screens connect, hear the calls, and leave."""
    before, spent = resident(pid), cpu.seconds(pid)
    command = [sys.executable, "-m", "appointments.benching.screens"]
    command += [str(port), str(count), str(calls)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as screens:
        assert screens.stdin is not None
        assert screens.stdout is not None
        if screens.stdout.readline().strip() != "watching":
            raise RuntimeError("The screens did not connect.")
        after, spent_connecting = resident(pid), cpu.seconds(pid)
        pressed = _press(scene, calls, now)
        screens.stdin.close()
        heard = dict[int, list[float]]()
        for line in screens.stdout:
            call, at = line.split()
            heard.setdefault(int(call), []).append(float(at))
    missing = sum(count - len(heard.get(call, ())) for call in pressed)
    if missing:
        raise RuntimeError(f"{missing} screens did not hear a call.")
    took = sorted(at - pressed[call] for call in pressed for at in heard[call])
    return {
        "p50_ms": 1e3 * took[len(took) // 2],
        "p99_ms": 1e3 * took[int(len(took) * 0.99)],
        "worst_ms": 1e3 * took[-1],
        "cpu_ms": 1e3 * (cpu.seconds(pid) - spent_connecting) / calls,
        "connect_ms": 1e3 * (spent_connecting - spent) / count,
        "watcher_kb": (after - before) / count / 1024,
    }


def _press(scene: Scene, calls: int, now: datetime) -> dict[int, float]:
    """Calls people at the windows in turn: {call's number: when the button was pressed}."""
    hall = scene.halls[1]
    windows = list(Window.objects.filter(hall=hall).order_by("number"))
    shifts = Shift.objects.filter(window__in=windows, period__upper_inf=True)
    staff = {shift.window_id: shift.staff for shift in shifts.select_related("staff")}
    pressed = {}
    for n in range(calls):
        window = windows[n % len(windows)]
        Ticket.objects.filter(window=window, state="called").update(state="missed", window=None)
        began = time.monotonic()
        ticket = call_next(window=window, staff=staff[window.pk], now=now + timedelta(seconds=n))
        pressed[Call.objects.filter(ticket=ticket).latest("pk").pk] = began
        time.sleep(EVERY_SECONDS)
    connection.close()
    return pressed
