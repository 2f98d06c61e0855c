"""Our web under load: as in production, with connections from a process of its own."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from appointments.benching import cpu, load
from appointments.benching.scene import Scene

ROUNDS, SECONDS = 3, 3
CLIENTS = 40


def serve(port: int, *, threads: int = 8, **environ: str) -> "subprocess.Popen[bytes]":
    """Granian as in production: two workers, blocking threads."""
    command = [
        str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--port", str(port),
        "--workers", "2", "--blocking-threads", str(threads), "--no-access-log",
        "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environ})
    for _ in range(400):
        time.sleep(0.2)
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            client.request("GET", "/healthz")
            if client.getresponse().status == 200:
                return server
        except OSError:
            continue
    server.terminate()
    raise RuntimeError("The web server did not start.")


def endpoint(scene: Scene, port: int) -> dict[str, float]:
    """Medians of bursts at our own web: call, finish, call, finish, over HTTP.

    Answers per second of both kinds; CPU in microseconds for each answer.
    """
    plan = {
        "port": port,
        "seconds": SECONDS,
        "connections": CLIENTS,
        "windows": sorted(scene.cookies.items()),
    }
    server = serve(port)
    try:
        load.burst("call-next", {**plan, "seconds": 1})  # warm
        rounds = [_round(plan, server.pid) for _ in range(ROUNDS)]
    finally:
        server.terminate()
        server.wait(timeout=20)
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


def _round(plan: dict[str, Any], web: int) -> dict[str, float]:
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    before_web, before_pg = cpu.seconds(web), cpu.seconds(postgres)
    count, took, complaints = load.burst("call-next", plan)
    web_cpu, pg_cpu = cpu.seconds(web) - before_web, cpu.seconds(postgres) - before_pg
    if complaints:
        raise RuntimeError(f"{len(complaints)} of {count} were refused, first: {complaints[0]}")
    return {
        "rate": count / SECONDS,
        "pg_us": pg_cpu / count * 1e6,
        "web_us": web_cpu / count * 1e6,
        "p50_ms": took[len(took) // 2] * 1e3,
        "p99_ms": took[int(len(took) * 0.99)] * 1e3,
    }
