"""The demo as one tree of processes: servers, web, live, worker, beat, housekeeping, life, front.

    make demo                   # PORT=8000 HOST=127.0.0.1 DEMO_LIFE=1

A child that ends is started again; one that keeps ending stops the demo and shows its log.
Ctrl-C, SIGTERM or the death of this process stops everything that it started.
"""

import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from config.keeping import dying_with_parent, end_with_parent, taken, write
from config.servers import PROJECT, Servers, ServersUnavailable, ensure

LOCAL = PROJECT / ".local"
READY_PATIENCE = 120.0
STOP_PATIENCE = 8.0
TRIES, WITHIN = 3, 60.0
MANAGE = [sys.executable, str(PROJECT / "manage.py")]


class Refused(Exception):
    """The demo cannot run here; the text says why and what to do."""


@dataclass
class Child:
    """One process of the demo, with its log."""

    name: str
    command: list[str]
    environ: dict[str, str]
    once: bool = False  # does its work and ends
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return LOCAL / "log" / f"{self.name}.log"

    def start(self) -> None:
        self.starts.append(time.monotonic())
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab" if len(self.starts) > 1 else "wb") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own: Ctrl-C is for us, we stop it
                preexec_fn=dying_with_parent(signal.SIGTERM),
            )

    def gone(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def send(self, number: int) -> None:
        """To the child and to all that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def again(self) -> None:
        """Start it once more, unless that has not helped lately."""
        recent = [start for start in self.starts if time.monotonic() - start < WITHIN]
        if len(recent) >= TRIES:
            self.complain(f"{self.name} ended {TRIES} times within a minute")
        print(f"{self.name} ended and is started again (see {self.log})", flush=True)
        self.start()

    def complain(self, complaint: str) -> NoReturn:
        last = self.log.read_text(errors="replace").splitlines()[-15:]
        raise Refused("\n".join([f"{complaint}. The end of {self.log}:", *last]))


def stop(children: list[Child]) -> None:
    """Ask all of them, then insist."""
    for child in reversed(children):
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + STOP_PATIENCE
    while any(not child.gone() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        child.send(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def watch(children: list[Child], servers: Servers | None) -> None:
    """Keep the children running. Ends only by an exception."""
    while True:
        for child in children:
            if child.gone() and not child.once:
                child.again()
        if servers is not None and not servers.kept():
            raise Refused("A keeper of the servers was killed; start the demo again.")
        time.sleep(0.3)


def require_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise Refused(
            f"Port {port} on {host} cannot be had ({error.strerror}). Stop what uses it,"
            f" or choose another one: make demo PORT={port + 1}"
        ) from None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def demo_secrets() -> dict[str, str]:
    """Keys of this demo, made once: what it seals can be opened after a restart."""
    path = LOCAL / "secrets.json"
    if not path.exists():

        def key() -> str:
            return base64.b64encode(secrets.token_bytes(32)).decode()

        names = {
            "DENGTA_SECRET_KEY": secrets.token_urlsafe(48),
            "DENGTA_DATA_KEYS": f"k1:{key()}",
            "DENGTA_INDEX_KEY": key(),
        }
        write(path, json.dumps(names), 0o600)
    return dict(json.loads(path.read_text()))


def manage(environ: dict[str, str], *arguments: str) -> None:
    """Run one command of manage.py to its end; its refusal is ours."""
    child = subprocess.run(
        [*MANAGE, *arguments],
        cwd=PROJECT,
        env=environ,
        preexec_fn=dying_with_parent(signal.SIGTERM),
        check=False,
    )
    if child.returncode:
        raise Refused(f"`manage.py {' '.join(arguments)}` did not succeed; see above.")


def faces(environ: dict[str, str], host: str, port: int) -> list[Child]:
    """What people's browsers talk to."""
    web, live = free_port(), free_port()
    python = [sys.executable, "-m"]
    return [
        Child(
            "web",
            [*python, "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(web)]
            + ["--workers", "2", "--blocking-threads", "48", "--respawn-failed-workers"]
            + ["--workers-kill-timeout", "3", "--no-ws", "config.wsgi:application"],
            environ,
        ),
        Child(
            "live",
            [*python, "uvicorn", "--host", "127.0.0.1", "--port", str(live), "--no-access-log"]
            + ["--timeout-graceful-shutdown", "1", "--log-level", "warning", "--lifespan", "off"]
            + ["config.asgi:application"],
            environ,
        ),
        Child("front", [*python, "config.front", host, str(port), str(web), str(live)], environ),
    ]


def hands(environ: dict[str, str]) -> list[Child]:
    """What works without being asked by a browser."""
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    beat = ["beat", "--schedule", str(LOCAL / "beat" / "schedule"), "--pidfile=", "-l", "warning"]
    (LOCAL / "beat").mkdir(exist_ok=True)
    children = [
        Child(
            "worker",
            [*celery, "worker", "-Q", "messages,demand", "-c", "2", "-l", "warning"]
            + ["--without-gossip", "--without-mingle"],
            environ,
        ),
        Child("beat", [*celery, *beat], environ),
        Child("housekeeping", [*MANAGE, "qcluster"], environ),
        Child("night", [*MANAGE, "night"], environ, once=True),  # as if it had run last night
    ]
    if environ.get("DEMO_LIFE", "1") != "0":
        children.append(Child("life", [*MANAGE, "demo", "--live"], environ))
    return children


def await_ready(children: list[Child], port: int) -> None:
    deadline = time.monotonic() + READY_PATIENCE
    while True:
        for child in children:
            if child.gone() and not child.once:
                child.complain(f"{child.name} ended while the demo started")
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
            return
        if time.monotonic() > deadline:
            children[0].complain(f"/readyz did not answer within {READY_PATIENCE:.0f} s")
        time.sleep(0.2)


def address(host: str, port: int) -> str:
    return f"http://{'127.0.0.1' if host in ('', '0.0.0.0') else host}:{port}"


def announce(host: str, port: int) -> None:
    at = address(host, port)
    print(
        f"""
  灯塔 Dengta is running: {at}/
  Everybody in this city is simulated.

    book an appointment   {at}/book/
    halls                 {at}/halls/
    kiosk and board       {at}/kiosk/H01/   {at}/board/H01/
    messages sent         {at}/demo/inbox/
    staff sign in         {at}/login/
      clerk, guide, agent, supervisor, district, viewer, admin, auditor; password demo
    API                   {at}/api/docs/

  Logs are in {LOCAL / "log"}. Ctrl-C stops everything.
""",
        flush=True,
    )


def run(host: str, port: int) -> None:
    """Everything, until it is stopped."""
    LOCAL.mkdir(exist_ok=True)
    children: list[Child] = []
    servers: Servers | None = None
    with open(LOCAL / "demo.lock", "a+") as lock:
        if not taken(lock):
            raise Refused("The demo of this folder is already running.")
        require_free(host, port)
        try:
            environ = {**os.environ, "DEMO": "1", "PYTHONUNBUFFERED": "1"}
            environ |= {name: environ.get(name, key) for name, key in demo_secrets().items()}
            environ.setdefault("DENGTA_SITE_URL", address(host, port))  # links in messages
            servers = ensure(environ)
            manage(environ, "migrate", "--noinput", "-v", "0")
            manage(environ, "schedule_housekeeping")
            manage(environ, "demo", "--prepare")
            for group in (faces(environ, host, port), hands(environ)):
                for child in group:
                    children.append(child)
                    child.start()
                if len(children) == len(group):
                    await_ready(children, port)
            announce(host, port)
            watch(children, servers)
        finally:
            for ignored in (signal.SIGINT, signal.SIGTERM):
                signal.signal(ignored, signal.SIG_IGN)
            stop(children)
            if servers is not None:
                servers.stop()


def main() -> None:
    def leave(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    if sys.version_info < (3, 11):  # noqa: UP036 - said in words before anything breaks
        sys.exit("Dengta needs Python 3.11 or newer.")
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
    if "MAKELEVEL" in os.environ:  # when make is killed, its demo is over too
        end_with_parent(signal.SIGTERM)
    try:
        port = os.environ.get("PORT") or "8000"
        if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise Refused(f"PORT must be a number from 1 to 65535, not {port!r}.")
        run(os.environ.get("HOST") or "127.0.0.1", int(port))
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    except (Refused, ServersUnavailable) as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
