"""What migrating makes is kept, and each worker's test database begins with it.

Migrating takes as long as some hundred tests, and each worker of a run has a server of its
own. The first one migrates and keeps what came out, under a name that tells which migrations
and versions made it; whoever needs the same takes it from there. Django then migrates the
copy, and finds nothing to do.
"""

import fcntl
import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from config import housing

TEMPLATE = "migrated"
KEPT = settings.BASE_DIR / ".local" / "migrated"


def begin_with_migrated(url: str) -> None:
    """The test database will be a copy of one that is migrated, in the server of that address."""
    with closing(psycopg2.connect(url)) as server, server.cursor() as cursor:
        server.autocommit = True
        cursor.execute(f"CREATE DATABASE {TEMPLATE}")
    with alone():
        kept = KEPT / f"{made_by()}.sql"
        if kept.exists():
            run("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={kept}", url=url)
        else:
            migrate()
            keep(kept, url)
    connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE


@contextmanager
def alone() -> Iterator[None]:
    """One at a time: who comes second finds what the first one kept."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("a") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield


def made_by() -> str:
    """A name for all our migrations and all versions of what they run on."""
    migrations = sorted(settings.BASE_DIR.glob("*/migrations/*.py"))
    seen = hashlib.sha256()
    for path in [*migrations, settings.BASE_DIR / "uv.lock", Path(__file__)]:
        seen.update(f"{path.name} {path.stat().st_size}\n".encode())
        seen.update(path.read_bytes())
    return seen.hexdigest()[:20]


def migrate() -> None:
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = TEMPLATE
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def keep(kept: Path, url: str) -> None:
    new = kept.with_suffix(".new")
    run("pg_dump", "--no-owner", f"--file={new}", url=url)
    for old in KEPT.glob("*.sql"):
        old.unlink()
    new.rename(kept)


def run(program: str, *arguments: str, url: str) -> None:
    """A program of PostgreSQL, on the migrated database."""
    there = url.replace("/dengta?", f"/{TEMPLATE}?")
    command = [str(housing.programs("postgres") / program), *arguments, f"--dbname={there}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
