"""Benchmarks as ratios inside one run: `bench spike`, `bench call-next`, `bench all`."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from appointments.benching import ranges, rebalance
from config import civil, housing, servers

RUSHES = ["booking", "spike", "soldout", "overload"]
NAMES = [
    *RUSHES,
    "call-next",
    "availability",
    "estimate",
    "live",
    "plans",
    "reminders",
    "rebalance",
    "reports",
    "ranges",
]
ALONE = {"rebalance": rebalance.table, "ranges": ranges.table}  # need no servers
WAITING = 40_000  # more than a run calls


class Command(BaseCommand):
    help = "Measures on servers of its own; one run compares, two runs do not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=[*NAMES, "all"])
        parser.add_argument("--json", action="store_true", help="print JSON only")
        parser.add_argument("--halls", type=int, default=rebalance.HALLS, help="of bench rebalance")
        parser.add_argument(
            "--seeds", type=int, nargs="+", default=rebalance.SEEDS, help="of bench rebalance"
        )
        parser.add_argument("--inside", action="store_true", help="(run on the scratch servers)")

    def handle(self, *args: Any, **options: Any) -> None:
        names = NAMES if options["name"] == "all" else [options["name"]]
        if options["inside"]:
            print(json.dumps(inside(names[0])))  # noqa: T201
            return
        results = [measured(name, options) for name in names]
        folder = Path(settings.BASE_DIR) / ".local" / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        for result in results:
            (folder / f"{result['name']}.json").write_text(json.dumps(result, indent=1))
        if options["json"]:
            self.stdout.write(json.dumps(results))
            return
        for result in results:
            if result["name"] in ALONE:
                self.stdout.write("\n".join(ALONE[result["name"]](result)))
                continue
            self.stdout.write(f"\n{result['name']}, {result['clients']} connections, medians")
            self.table(result["figures"])
            for pair, times in result.get("ratios", {}).items():
                self.stdout.write(f"  {pair:<34}{times:>18.2f}")
            if "checked" in result:
                self.stdout.write(f"  tickets called, each once         {result['checked']:>18}")

    def table(self, figures: dict[str, dict[str, float]]) -> None:
        """A line per burst; rates per second, CPU per answer."""
        names = ["rate", "pg_us", "web_us", "p50_ms", "p99_ms", "told_to_come_back"]
        first = next(iter(figures.values()))
        names = names if "rate" in first else list(first)
        self.stdout.write(f"  {'':<16}" + "".join(f"{name:>18}" for name in names))
        for burst, found in figures.items():
            cells = "".join(f"{found.get(name, 0.0):>18.2f}" for name in names)
            self.stdout.write(f"  {burst:<16}{cells}")


def measured(name: str, options: dict[str, Any]) -> dict[str, Any]:
    if name == "rebalance":
        return rebalance.measure(options["seeds"], halls=options["halls"])
    return ranges.measure() if name == "ranges" else on_scratch(name)


def on_scratch(name: str) -> dict[str, Any]:
    """Runs one benchmark on PostgreSQL and Valkey of its own, erased afterwards."""
    root = Path(settings.BASE_DIR) / ".local" / f"bench-{os.getpid()}"
    with servers.Servers.start(root, scratch=True) as own:
        folder = Path(settings.BASE_DIR) / ".local" / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        environ = {
            **os.environ,
            "DATABASE_URL": own.database_url,
            "REDIS_URL": own.redis_url,
            "DENGTA_EMBEDDED": "1",
            "BENCH_POSTGRES_PID": str(own.pid("postgres")),
            "BENCH_FOLDER": str(folder),
        }
        command = [sys.executable, "manage.py", "bench", name, "--inside"]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def inside(name: str) -> dict[str, Any]:
    from appointments.benching import (
        availability,
        calling,
        compare,
        estimating,
        live,
        plans,
        reminders,
        reports,
    )
    from appointments.benching.raw import Pgbench
    from appointments.benching.rushing import Rushing
    from appointments.benching.scene import make_scene

    if name == "estimate":
        return estimating.measure()
    call_command("migrate", verbosity=0)
    now = civil.now()
    pgbench = Pgbench(housing.programs("postgres") / "pgbench", os.environ["DATABASE_URL"])
    if name == "plans":
        return plans.measure(now)
    if name == "reports":
        return reports.measure(now)
    if name == "reminders":
        return reminders.measure(now)
    if name == "availability":
        return availability.measure(pgbench, (free_port(), free_port()), now)
    if name == "live":
        return live.measure(make_scene(now, lines=(0, 240)), free_port(), now)
    if name in RUSHES:
        scene = make_scene(now, minutes=1)
        return Rushing(scene, pgbench, (free_port(), free_port()), now).measure(name)
    scene = make_scene(now, lines=(WAITING, WAITING))
    found = calling.measure(scene, pgbench)
    found["figures"]["endpoint"] = compare.endpoint(scene, free_port())
    return {"name": name, "clients": compare.CLIENTS, **found}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
