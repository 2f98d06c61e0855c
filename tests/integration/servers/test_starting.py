"""How a server is when it has started, and what is said when it cannot."""

import stat
from pathlib import Path

import pytest
import redis

from config import housing, servers
from config.servers import Servers, ServersUnavailable
from tests.integration.servers.conftest import ask


def test_settings_that_correctness_rests_on(root):
    with Servers.start(root) as running:
        names = ["fsync", "synchronous_commit", "full_page_writes", "data_checksums"]
        names += ["listen_addresses", "TimeZone", "max_connections", "server_encoding"]
        shown = [ask(running.database_url, f"SHOW {name}")[0] for name in names]
        assert shown == ["on", "on", "on", "on", "", "UTC", "200", "UTF8"]
        assert ask(running.database_url, "SELECT 'ä' < 'z' COLLATE \"default\"") == (False,)
        client = redis.Redis.from_url(running.redis_url)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_strangers_are_kept_out(root):
    with Servers.start(root) as running:
        address = running.redis_url.rpartition("@")[2]
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(f"redis://{address}").ping()
        sockets = Path(running.database_url.partition("host=")[2])
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        state = root / "valkey" / "state.json"
        assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_long_or_strange_paths_get_a_short_socket(tmp_path):
    root = tmp_path / ("灯 塔, " * 12)
    with Servers.start(root) as running:
        assert ask(running.database_url, "SELECT 1") == (1,)
        assert redis.Redis.from_url(running.redis_url).ping()
    servers.erase(root)


def test_missing_wheel_is_said_in_words(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ServersUnavailable, match="set REDIS_URL"):
        housing.programs("valkey")


def test_failed_start_shows_what_the_server_said(root):
    with Servers.start(root, valkey=False):
        data = (root / "postgres" / "place" / "data").resolve()
    (data / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ServersUnavailable, match="incompatible with server"):
        Servers.start(root, valkey=False)
