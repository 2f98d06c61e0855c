"""Several users, several roots: who shares servers with whom, and what a user brings himself."""

import subprocess
import sys

import pytest
import redis

from config import servers
from config.servers import Servers, ServersUnavailable
from tests.integration.servers.conftest import PROJECT, USER, all_dead_within, ask, needs_linux, use


@needs_linux
def test_servers_stay_while_a_second_user_is_left(root):
    first, seen = use(root)
    second, seen_by_second = use(root)
    assert seen_by_second == seen
    first.kill()
    first.communicate()
    assert not all_dead_within(2, seen["pids"])
    assert ask(seen["url"], "SELECT 1") == (1,)
    second.kill()
    second.communicate()
    assert all_dead_within(15, seen["pids"])


@needs_linux
def test_many_users_at_once_get_the_same_servers(root):
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER, str(root), "5"],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = {user.stdout.readline() for user in users}
    for user in users:
        user.kill()
        user.communicate()
    assert len(answers) == 1


def test_same_root_twice_is_the_same_servers(root):
    with Servers.start(root) as one:
        assert Servers.start(root).pid("postgres") == one.pid("postgres")


def test_two_roots_do_not_meet(root, tmp_path):
    with Servers.start(root) as one, Servers.start(tmp_path / "two") as two:
        ask(one.database_url, "CREATE TABLE only_here ()")
        assert ask(two.database_url, "SELECT to_regclass('only_here')") == (None,)
        assert one.redis_url != two.redis_url
    servers.erase(tmp_path / "two")


def test_ensure_starts_only_what_is_not_named(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "PROJECT", tmp_path)
    environ = {"DATABASE_URL": "postgresql://elsewhere/dengta"}
    started = servers.ensure(environ)
    assert list(started.shares) == ["valkey"]
    assert redis.Redis.from_url(environ["REDIS_URL"]).ping()
    assert environ["DATABASE_URL"] == "postgresql://elsewhere/dengta"
    assert servers.ensure(environ) is None
    started.stop()
    servers.erase(tmp_path / ".local")


def test_erasing_what_is_in_use_is_refused(root):
    with Servers.start(root) as running:
        with pytest.raises(ServersUnavailable, match="in use"):
            servers.erase(root)
        assert ask(running.database_url, "SELECT 1") == (1,)
    servers.erase(root)
    assert not root.exists()
