"""Health checks of the containers: does this part do its work, not merely exist.

python -m config.alive web|live|worker|beat|qcluster
"""

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

BEAT_SCHEDULE = Path("/tmp/beat")
BEAT_WRITES_WITHIN = 400  # it writes its schedule down every 180 s
OVERDUE = "SELECT name FROM django_q_schedule WHERE next_run < now() - interval '5 minutes'"


def answers(port: int, path: str) -> bool:
    host = os.environ.get("DENGTA_HOSTS", "localhost").split(",")[0]
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return bool(response.status < 400)
    except urllib.error.HTTPError as error:
        return error.code < 500


def worker_hears() -> bool:
    """A worker can be up and deaf: it is asked through the broker, as a task would come."""
    from config.celery import app

    me = f"celery@{socket.gethostname()}"
    return bool(app.control.inspect(destination=[me], timeout=5).ping())


def beat_goes_on() -> bool:
    files = BEAT_SCHEDULE.parent.glob(f"{BEAT_SCHEDULE.name}*")  # the suffix depends on dbm
    written = max((path.stat().st_mtime for path in files), default=0.0)
    return time.time() - written < BEAT_WRITES_WITHIN


def nothing_overdue() -> bool:
    import psycopg2

    url = os.environ["DATABASE_URL"]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(OVERDUE)
        return not cursor.fetchall()


PARTS = {
    "web": lambda: answers(8000, "/healthz"),
    "live": lambda: answers(8001, "/live/"),
    "worker": worker_hears,
    "beat": beat_goes_on,
    "qcluster": nothing_overdue,
}

if __name__ == "__main__":
    sys.exit(0 if PARTS[sys.argv[1]]() else 1)
