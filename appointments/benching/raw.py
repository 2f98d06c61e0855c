"""The raw side: the same statements by pgbench, with nothing of ours around them."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from appointments.benching.scene import Scene
from appointments.claiming_together import DECIDE, LOCK_ASKING, TAKE

ANSWER = {
    "reference": "ABCDEFGH",
    "state": "held",
    "hold_expires_at": "2027-03-04T12:15:00.000000+08:00",
    "starts_at": "2027-03-05T08:00:00+08:00",
}
ENVIRON = {**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan"}  # as ours
GROUP = "currval('appointments_bookinggroup_id_seq')"  # as the statement before gave it
SEALED = "decode(repeat('ab', 44), 'hex')"  # as long as a sealed name or number


@dataclass(frozen=True)
class Pgbench:
    """The program of the embedded wheel and the database it asks."""

    program: Path
    url: str

    def run(self, script: Path, *, clients: int, seconds: int) -> tuple[float, int]:
        """Transactions per second, and how many there were."""
        command = self.command(script, clients, seconds)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRON)
        if done.returncode:
            raise RuntimeError(done.stderr)
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        count = re.search(r"actually processed: (\d+)", done.stdout)
        if not rate or not count or int(count.group(1)) == 0:
            raise RuntimeError(done.stdout + done.stderr)
        return float(rate.group(1)), int(count.group(1))

    def run_warm(
        self, script: Path, *, clients: int, seconds: int, warm: int, began: Callable[[], None]
    ) -> tuple[float, float]:
        """The same after `warm` seconds: new backends first fill their caches and plan.

        `began` is called when that is over.
        """
        command = [*self.command(script, clients, warm + seconds), "-P", "1"]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRON
        ) as running:
            assert running.stderr is not None  # noqa: S101
            said, rates = "", []
            for line in running.stderr:
                said += line
                if rate := re.search(r"progress: .* ([\d.]+) tps", line):
                    rates.append(float(rate[1]))
                    if len(rates) == warm:
                        began()
        measured = rates[warm : warm + seconds]
        if running.returncode or len(measured) < seconds - 1:
            raise RuntimeError(said)
        return sum(measured), sum(measured) / len(measured)

    def command(self, script: Path, clients: int, seconds: int) -> list[str]:
        parts = urlparse(self.url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        return [
            str(self.program), "-n", "-M", "prepared", "-c", str(clients), "-j", "1",
            "-T", str(seconds), "-f", str(script), "-h", host, "-U", parts.username or "",
            parts.path.lstrip("/"),
        ]  # fmt: skip


def booking_script(scene: Scene, slot: int | None = None) -> str:
    """What one booking asks of the database, in its transaction: the same statements.

    For the given slot, or any of the scene's.
    """
    columns = _columns(scene).items()
    values = {name: f"ARRAY[{', '.join(more)}]::{kind}[]" for name, (kind, *more) in columns}
    values |= {
        "now": "now()",
        "since": "(now() - interval '30 days')",
        "last_day": "(now() + interval '14 days')",
        "expires": "(now() + interval '15 minutes')",
        "linked": "false",
    }
    which = str(slot) if slot else f"random({scene.slots[0]}, {scene.slots[-1]})"
    lines = [f"\\set slot {which}", f"\\set minutes {scene.matter.minutes}"]
    lines += [f"\\set {name} random(1, 1000000000000000)" for name in ("person", "phone")]
    statements = [one.sql % values for one in (LOCK_ASKING, DECIDE, TAKE)]
    return "\n".join([*lines, "BEGIN;", *(f"{one};" for one in statements), "COMMIT;", ""])


def _columns(scene: Scene) -> dict[str, list[str]]:
    """The arrays that the statements take: their type and the value of the one booking."""
    return {
        "slots": ["bigint", ":slot"],
        "of_parties": ["bigint"],
        "matters": ["bigint", str(scene.matter.pk)],
        "keys": ["bigint", ":person", ":phone"],
        "of_ask": ["int", "0"],
        "asks": ["int", "0"],
        "groups": ["bigint", GROUP],
        "of_group": ["bigint", GROUP],
        "indexes": ["bytea", "sha256(:person::text::bytea)"],
        "phones": ["bytea", "sha256(:phone::text::bytea)"],
        "actors": ["text", "'anon:' || repeat('a', 40)"],
        "request_keys": ["text", "md5(:person::text)"],
        "sealed_phones": ["bytea", SEALED],
        "languages": ["text", "'zh-hans'"],
        "links": ["bigint", "NULL"],
        "bodies": ["bytea", "sha256('body')"],
        "answers": ["text", f"'{json.dumps([ANSWER])}'"],
        "taken": ["int", ":minutes"],
        "taken_reserved": ["int", "0"],
        "references": ["text", "substr(md5(:phone::text || :person::text), 1, 12)"],
        "of_slot": ["bigint", ":slot"],
        "of_hall": ["bigint", str(scene.halls[0].pk)],
        "of_matter": ["bigint", str(scene.matter.pk)],
        "days": ["date", f"'{scene.day}'"],
        "starts": ["timestamptz", "now() + interval '1 day'"],
        "channels": ["text", "'online'"],
        "minutes": ["int", ":minutes"],
        "names": ["bytea", SEALED],
        "ids": ["bytea", SEALED],
        "births": ["date", "'1975-03-07'"],
        "guardians": ["bytea", "NULL"],
        "helps": ["bytea", "NULL"],
        "positions": ["int", "1"],
    }
