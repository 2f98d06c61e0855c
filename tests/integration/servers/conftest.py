"""A root of servers for one test, processes that use it, and what became of them."""

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from config import housing, servers
from config.servers import Servers

PROJECT = Path(__file__).resolve().parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends servers to nobody")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise of Linux")

USER = """
import json, sys, time
from pathlib import Path
from config.servers import Servers

servers = Servers.start(Path(sys.argv[1]))
pids = [servers.pid("postgres"), servers.pid("valkey")]
print(json.dumps({"pids": pids, "url": servers.database_url}), flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def root(tmp_path):
    """A root of its own for one test; nothing of it is left running."""
    root = tmp_path / "local"
    yield root
    Servers({kind: servers.Share(kind, root) for kind in housing.WHEELS}).stop()
    servers.erase(root)


def use(root, seconds=600):
    """Start a process that uses the servers of this root; come back when they are ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(root), str(seconds)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    return process, json.loads(process.stdout.readline())


def dead(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def all_dead_within(seconds, pids):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(map(dead, pids)):
            return True
        time.sleep(0.05)
    return False


def ask(url, statement):
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None
