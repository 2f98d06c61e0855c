"""Calling: raw statements and our endpoint, interleaved in one run; medians and ratios."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from appointments.benching import cpu, load
from appointments.benching.raw import Pgbench, calling_script
from appointments.benching.scene import Scene

ROUNDS, SECONDS = 3, 3
CLIENTS, STEPS = 40, 2  # requests that make one raw transaction script


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


def measure(name: str, scene: Scene, pgbench: Pgbench, port: int) -> dict[str, Any]:
    """Medians of interleaved bursts; rates in answers per second, CPU in microseconds."""
    script = Path(os.environ["BENCH_FOLDER"]) / f"{name}.sql"
    script.write_text(calling_script(scene))
    plan = {
        "port": port,
        "seconds": SECONDS,
        "connections": CLIENTS,
        "windows": sorted(scene.cookies.items()),
    }
    server = serve(port)
    try:
        load.burst(name, {**plan, "seconds": 1, "start": 9_000_000})  # warm
        rounds = [_round(name, script, pgbench, plan, server.pid, n) for n in range(ROUNDS)]
    finally:
        server.terminate()
        server.wait(timeout=20)
    result = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    result["ratio"] = result["endpoint_rate"] / result["raw_rate"]
    return {"name": name, "clients": CLIENTS, **result}


def _round(
    name: str, script: Path, pgbench: Pgbench, plan: dict[str, Any], web: int, n: int
) -> dict[str, float]:
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    stolen, all_ticks = cpu.steal()
    before = cpu.seconds(postgres)
    raw_rate, raw_count = pgbench.run(script, clients=CLIENTS, seconds=SECONDS)
    raw_cpu = cpu.seconds(postgres) - before
    before_web, before_pg = cpu.seconds(web), cpu.seconds(postgres)
    count, took, complaints = load.burst(name, {**plan, "start": 100_000 * (n + 1)})
    web_cpu, pg_cpu = cpu.seconds(web) - before_web, cpu.seconds(postgres) - before_pg
    if complaints:
        raise RuntimeError(f"{len(complaints)} of {count} were refused, first: {complaints[0]}")
    now_stolen, now_all = cpu.steal()
    steps = STEPS
    return {
        "raw_rate": raw_rate * steps,
        "endpoint_rate": count / SECONDS,
        "raw_pg_us": raw_cpu / raw_count / steps * 1e6,
        "endpoint_web_us": web_cpu / count * 1e6,
        "endpoint_pg_us": pg_cpu / count * 1e6,
        "endpoint_p50_ms": took[len(took) // 2] * 1e3,
        "endpoint_p99_ms": took[int(len(took) * 0.99)] * 1e3,
        "steal_percent": 100 * (now_stolen - stolen) / max(now_all - all_ticks, 1),
    }
