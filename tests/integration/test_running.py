"""The demo's tree of processes: what dies comes back, and nothing outlives the demo."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import running

PROJECT = Path(__file__).resolve().parents[2]
TREE = """
import json, os, sys
from pathlib import Path
from config import running, servers

running.LOCAL = Path(sys.argv[1])
STAY = "import subprocess, sys, time; subprocess.Popen(['sleep', '300']); time.sleep(300)"
DIE = "print('the reason why'); raise SystemExit(3)"

def children(environ, *_):
    codes = {"stays": STAY} | ({"dies": DIE} if sys.argv[2] == "dies" else {})
    return [running.Child(n, [sys.executable, "-c", c], environ) for n, c in codes.items()]

class Kept:
    kept = staticmethod(lambda: True)
    stop = staticmethod(lambda: print("servers stopped", flush=True))

running.ensure = lambda environ: Kept()
running.manage = lambda environ, *command: print("manage", *command, flush=True)
running.faces, running.hands = children, lambda environ: []
running.await_ready = lambda *_: None
running.TRIES = 2
running.main()
"""


demos = []


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    while demos:
        demo = demos.pop()
        demo.terminate()
        demo.communicate(timeout=20)


def running_demo(local, kind="stays", port=0):
    port = port or running.free_port()
    demo = subprocess.Popen(
        [sys.executable, "-c", TREE, str(local), kind],
        cwd=PROJECT,
        env={**os.environ, "PORT": str(port), "HOST": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    demos.append(demo)
    return demo


def until_announced(process):
    for line in process.stdout:
        if "Ctrl-C stops everything" in line:
            process.stdout.readline()
            break
    until(lambda: len(descendants(process.pid)) == 2)


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def descendants(pid):
    """The children of this process and theirs."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if words[0] != "Z":
            parents[int(stat.parent.name)] = int(words[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def gone_within(seconds, pids):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = []
        for pid in pids:
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except FileNotFoundError:
                continue
            left += [pid] if state != "Z" else []
        if not left:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_stopped_stops_everything(tmp_path, number):
    demo = running_demo(tmp_path)
    until_announced(demo)
    below = descendants(demo.pid)
    assert len(below) == 2
    demo.send_signal(number)
    out, _ = demo.communicate(timeout=20)
    assert gone_within(1, below)
    assert demo.returncode == 0
    assert out.endswith("servers stopped\nStopped.\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise of Linux")
def test_being_killed_stops_the_children(tmp_path):
    demo = running_demo(tmp_path)
    until_announced(demo)
    direct = [pid for pid in descendants(demo.pid) if os.getpgid(pid) == pid]
    assert direct
    demo.kill()
    demo.communicate()
    assert gone_within(10, direct)
    for pid in direct:
        subprocess.run(["pkill", "-g", str(pid)], check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_child_that_was_killed_is_started_again(tmp_path):
    demo = running_demo(tmp_path)
    until_announced(demo)
    first = next(pid for pid in descendants(demo.pid) if os.getpgid(pid) == pid)
    os.killpg(first, signal.SIGKILL)
    assert "stays ended and is started again" in demo.stdout.readline()
    until(lambda: descendants(demo.pid) - {first})


def test_child_that_keeps_dying_stops_the_demo_and_shows_why(tmp_path):
    demo = running_demo(tmp_path, "dies")
    out, err = demo.communicate(timeout=20)
    assert demo.returncode == 1
    assert "dies ended 2 times within a minute" in err
    assert "the reason why" in err
    assert "servers stopped" in out


def test_second_demo_of_the_same_folder_is_refused(tmp_path):
    demo = running_demo(tmp_path)
    until_announced(demo)
    _, err = running_demo(tmp_path).communicate(timeout=20)
    assert err == "The demo of this folder is already running.\n"


def test_taken_port_is_refused_in_words(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = running_demo(tmp_path, port=port)
        out, err = demo.communicate(timeout=20)
    assert demo.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be had" in err
    assert f"make demo PORT={port + 1}" in err
    assert "manage" not in out


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "８０"])
def test_port_that_is_none_is_refused_in_words(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    monkeypatch.setattr(running, "run", lambda *_: pytest.fail("ran"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.delenv("MAKELEVEL", raising=False)
    with pytest.raises(SystemExit, match="PORT must be a number"):
        running.main()


def test_keys_of_the_demo_are_made_once_and_kept_private(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "LOCAL", tmp_path)
    first = running.demo_secrets()
    assert running.demo_secrets() == first
    assert json.loads((tmp_path / "secrets.json").read_text()) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert set(first) == {"DENGTA_SECRET_KEY", "DENGTA_DATA_KEYS", "DENGTA_INDEX_KEY"}
