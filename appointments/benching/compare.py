"""Raw statements and our endpoint, interleaved in one run; medians and ratios."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from appointments.benching import cpu, load
from appointments.benching.raw import Pgbench, booking_script, calling_script
from appointments.benching.scene import Scene
from appointments.proving import token_for

ROUNDS, SECONDS = 3, 3
SCRIPTS = {"booking": booking_script, "call-next": calling_script}
CLIENTS = {"booking": 16, "call-next": 40}
STEPS = {"booking": 1, "call-next": 2}  # requests that make one raw transaction script


def plan_for(name: str, scene: Scene, port: int, now: datetime) -> dict[str, Any]:
    phone = "+8613800138000"
    proof = token_for(phone, until=now + timedelta(hours=1))
    return {
        "port": port,
        "seconds": SECONDS,
        "connections": CLIENTS[name],
        "slots": scene.slots,
        "windows": sorted(scene.cookies.items()),
        "phone": {"phone": phone, "proof": proof},
    }


def serve(port: int) -> "subprocess.Popen[bytes]":
    """Granian as in production: two workers, blocking threads."""
    command = [
        str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--port", str(port),
        "--workers", "2", "--blocking-threads", "8", "--no-access-log", "--log-level", "warning",
        "config.wsgi:application",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
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


def measure(name: str, scene: Scene, pgbench: Pgbench, port: int, now: datetime) -> dict[str, Any]:
    """Medians of interleaved bursts; rates in answers per second, CPU in microseconds."""
    script = Path(os.environ["BENCH_FOLDER"]) / f"{name}.sql"
    script.write_text(SCRIPTS[name](scene))
    plan = plan_for(name, scene, port, now)
    server = serve(port)
    try:
        load.burst(name, {**plan, "seconds": 1, "start": 9_000_000})  # warm
        rounds = [_round(name, script, pgbench, plan, server.pid, n) for n in range(ROUNDS)]
    finally:
        server.terminate()
        server.wait(timeout=20)
    result = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    result["ratio"] = result["endpoint_rate"] / result["raw_rate"]
    return {"name": name, "clients": CLIENTS[name], **result}


def _round(
    name: str, script: Path, pgbench: Pgbench, plan: dict[str, Any], web: int, n: int
) -> dict[str, float]:
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    stolen, all_ticks = cpu.steal()
    before = cpu.seconds(postgres)
    raw_rate, raw_count = pgbench.run(script, clients=CLIENTS[name], seconds=SECONDS)
    raw_cpu = cpu.seconds(postgres) - before
    before_web, before_pg = cpu.seconds(web), cpu.seconds(postgres)
    count, took, complaints = load.burst(name, {**plan, "start": 100_000 * (n + 1)})
    web_cpu, pg_cpu = cpu.seconds(web) - before_web, cpu.seconds(postgres) - before_pg
    if complaints:
        raise RuntimeError(f"{len(complaints)} of {count} were refused, first: {complaints[0]}")
    now_stolen, now_all = cpu.steal()
    steps = STEPS[name]
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
