"""Servers never outlive the last process that uses them, and lose nothing that was committed."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import redis

from config import keeping
from config.servers import Servers
from tests.integration.servers.conftest import all_dead_within, ask, dead, needs_linux, use


@needs_linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, 0])
def test_servers_end_with_their_user_and_keep_what_was_written(root, number):
    user, seen = use(root, seconds=600 if number else 0)
    ask(seen["url"], "CREATE TABLE kept AS SELECT 42 AS answer")
    if number:
        os.killpg(user.pid, number)
    user.communicate()
    assert all_dead_within(15, seen["pids"])
    with Servers.start(root) as again:
        assert ask(again.database_url, "SELECT answer FROM kept") == (42,)


@needs_linux
def test_killed_keeper_takes_its_server_along(root):
    running = Servers.start(root, valkey=False)
    pid = running.pid("postgres")
    keeper = running.shares["postgres"].keeper
    keeper.kill()
    keeper.wait()
    assert all_dead_within(15, [pid])
    assert not running.kept()
    with Servers.start(root, valkey=False) as again:
        assert ask(again.database_url, "SELECT 1") == (1,)


@needs_linux
def test_server_left_by_a_careless_keeper_is_seen_off(root, tmp_path, monkeypatch):
    """The mutant of the test above: without the kernel's promise the server stays behind."""
    careless = tmp_path / "careless.py"
    promise = "ctypes.CDLL(None).prctl(1, number)"
    text = Path(keeping.__file__).read_text()
    assert promise in text
    careless.write_text(text.replace(promise, "pass"))
    with monkeypatch.context() as patched:
        patched.setattr(keeping, "__file__", str(careless))
        left = Servers.start(root)
    pids = [left.pid("postgres"), left.pid("valkey")]
    for share in left.shares.values():
        share.keeper.kill()
        share.keeper.wait()
    assert not any(map(dead, pids))
    with Servers.start(root) as again:
        assert all_dead_within(1, pids)
        assert ask(again.database_url, "SELECT 1") == (1,)


@needs_linux
def test_everything_killed_at_once_loses_no_committed_row(root):
    running = Servers.start(root)
    ask(running.database_url, "CREATE TABLE kept AS SELECT 7 AS answer")
    keepers = [share.keeper for share in running.shares.values()]
    for pid in [running.pid("postgres"), running.pid("valkey"), *(k.pid for k in keepers)]:
        os.kill(pid, signal.SIGKILL)
    for keeper in keepers:
        keeper.wait()
    with Servers.start(root) as again:
        assert ask(again.database_url, "SELECT answer FROM kept") == (7,)


@needs_linux
def test_stale_pid_of_a_living_stranger_does_not_hinder(root):
    with Servers.start(root, valkey=False) as running:
        data = (root / "postgres" / "place" / "data").resolve()
        notes = (data / "postmaster.pid").read_text()
        owner = data.stat().st_uid
    who = {"user": owner} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], cwd="/", **who) as stranger:
        stale = "\n".join([str(stranger.pid), *notes.splitlines()[1:]])
        (data / "postmaster.pid").write_text(stale)
        os.chown(data / "postmaster.pid", owner, -1)
        with Servers.start(root, valkey=False) as running:
            assert ask(running.database_url, "SELECT 1") == (1,)
        assert stranger.poll() is None
        stranger.kill()


def test_dead_server_comes_back_at_its_old_address_unless_kept_away(root):
    with Servers.start(root, postgres=False) as running:
        client = redis.Redis.from_url(running.redis_url)
        client.set("bell", "rung")
        time.sleep(1.2)  # appendfsync everysec
        running.take_away("valkey")
        time.sleep(1)
        with pytest.raises(redis.ConnectionError):
            client.ping()
        running.bring_back("valkey")
        assert client.get("bell") == b"rung"
