"""The raw side: the same statements by pgbench, with nothing of ours around them."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from appointments.benching.scene import WINDOWS, Scene
from appointments.booking import CLAIM

RANDOM_BYTES = "ARRAY[convert_to(md5(random()::text || clock_timestamp()::text), 'UTF8')]"


@dataclass(frozen=True)
class Pgbench:
    """The program of the embedded wheel and the database it asks."""

    program: Path
    url: str

    def run(self, script: Path, *, clients: int, seconds: int) -> tuple[float, int]:
        """Transactions per second, and how many there were."""
        parts = urlparse(self.url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        command = [
            str(self.program), "-n", "-M", "prepared", "-c", str(clients), "-j", "1",
            "-T", str(seconds), "-f", str(script), "-h", host, "-U", parts.username or "",
            parts.path.lstrip("/"),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        count = re.search(r"actually processed: (\d+)", done.stdout)
        if not rate or not count or int(count.group(1)) == 0:
            raise RuntimeError(done.stdout + done.stderr)
        return float(rate.group(1)), int(count.group(1))


def booking_script(scene: Scene) -> str:
    """Key, claim, answer: what the endpoint asks of the database in its transaction."""
    claim = CLAIM["online"]
    values = {
        "slots": "ARRAY[:slot::bigint]",
        "needs": "ARRAY[6]",
        "of_slot": "ARRAY[:slot::bigint]",
        "now": "now()",
        "last_day": "(now() + interval '14 days')::date",
        "expires": "now() + interval '15 minutes'",
        "matter": str(scene.matter.pk),
        "minutes": "6",
        "channel": "'online'",
        "language": "'en'",
        "simulated": "true",
        "by": "NULL::bigint",
        "phone_sealed": "'\\x00'::bytea",
        "phone_index": "'\\x00'::bytea",
        "references": "ARRAY[substr(md5(random()::text || clock_timestamp()::text), 1, 12)]",
        "names": RANDOM_BYTES,
        "ids": RANDOM_BYTES,
        "indexes": RANDOM_BYTES,
        "births": "ARRAY['1975-03-07'::date]",
        "guardians": "ARRAY[NULL::bytea]",
    }
    return f"""
\\set slot random({scene.slots[0]}, {scene.slots[-1]})
BEGIN;
INSERT INTO windows_requestkey (actor, route, key, body_hash, made_at)
 VALUES ('raw', 'bookings', md5(random()::text || clock_timestamp()::text), '\\x00', now())
 ON CONFLICT ON CONSTRAINT request_runs_once DO NOTHING RETURNING id AS kept \\gset
{(claim % values).strip()};
UPDATE windows_requestkey SET status = 201, answer = '{{}}' WHERE id = :kept;
COMMIT;
"""


def calling_script(scene: Scene) -> str:
    """A call and its finish, in two transactions like two presses."""
    hall = scene.halls[0]
    first = hall.windows.order_by("pk").values_list("pk", flat=True)[0]
    staff = "(SELECT min(id) FROM windows_staff)"
    event = """INSERT INTO queues_ticketevent
 (ticket_id, at, kind, from_state, to_state, window_id, facts)
 VALUES (:ticket, now(), '{kind}', '{was}', '{to}', :window, '{{}}');"""
    return f"""
\\set window {first} + :client_id % {WINDOWS}
BEGIN;
UPDATE queues_ticket SET state = 'called', window_id = :window, round = 1, called_at = now()
 WHERE id = (SELECT id FROM queues_ticket WHERE hall_id = {hall.pk} AND state = 'waiting'
  AND matter_id = {scene.matter.pk} ORDER BY rank_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
 RETURNING id AS ticket \\gset
INSERT INTO queues_call
 (ticket_id, round, hall_id, window_id, staff_id, called_at, jumped, why)
 VALUES (:ticket, 1, {hall.pk}, :window, {staff}, now(), false, '{{}}');
{event.format(kind="called", was="waiting", to="called")}
COMMIT;
BEGIN;
UPDATE queues_ticket SET state = 'serving', started_at = now() WHERE id = :ticket;
{event.format(kind="started", was="called", to="serving")}
UPDATE queues_ticket SET state = 'finished', finished_at = now() WHERE id = :ticket;
{event.format(kind="finished", was="serving", to="finished")}
COMMIT;
"""
