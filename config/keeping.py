"""The keeper: a small process that keeps one embedded server while anybody uses it.

`config/servers.py` starts it, one for PostgreSQL and one for Valkey. Every user of a server
holds a shared lock on `users.lock`. The kernel drops that lock when the user's process ends,
in whatever way it ends; as soon as the keeper can have the lock for itself nobody is left,
and it stops the server. A server that dies is started again, unless the file `away` says
that it is meant to be away (fault tests). A keeper that is killed takes its server along.

Standard library only, none of our own modules: it starts in a moment, whatever is broken.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

LINUX = sys.platform == "linux"
TICK = 0.2
PATIENCE = 60.0


@dataclass(frozen=True)
class Job:
    """What the keeper is told, as JSON in its only argument."""

    kind: str
    home: str  # our notes: locks, state, log
    place: str  # ours, but open to the server's user: its data and configuration
    sockets: str  # a directory with a short name
    programs: str
    user: int | None  # who runs the server; None: whoever runs the keeper
    scratch: bool  # erase everything afterwards
    lasting: bool = True  # what was committed is there after the power failed


def taken(file: IO[str], how: int = fcntl.LOCK_EX) -> bool:
    """Whether we have this lock now. (Locks of the process: forked children hold no share.)"""
    try:
        fcntl.lockf(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def end_with_parent(number: int) -> None:
    """Have the kernel send us this signal when our parent is gone. (Linux only.)"""
    if LINUX:
        ctypes.CDLL(None).prctl(1, number)  # PR_SET_PDEATHSIG; forgotten at a change of user


def dying_with_parent(number: int) -> Callable[[], None]:
    """For preexec_fn, which runs after the change of user: the child ends with its parent."""
    parent = os.getpid()

    def promise() -> None:
        end_with_parent(number)
        if os.getppid() != parent:
            os._exit(1)

    return promise


def inhabitants(directory: Path) -> Iterator[int]:
    """The processes that work in this directory. (Elsewhere than on Linux: not known, none.)"""
    for entry in Path("/proc").glob("[0-9]*/cwd") if LINUX else []:
        with contextlib.suppress(OSError):
            if os.readlink(entry) == str(directory):
                yield int(entry.parent.name)


class Server:
    """One server process, started and stopped by its keeper."""

    goodbyes: tuple[signal.Signals, ...]

    def __init__(self, job: Job) -> None:
        self.job = job
        self.place = Path(job.place)
        self.data = self.place / "data"
        self.programs = Path(job.programs)
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...  # type: ignore[empty-body]
    def ready(self) -> bool: ...  # type: ignore[empty-body]

    def as_user(self) -> dict[str, object]:
        """The arguments that make subprocess run a program as the server's own user."""
        who: dict[str, object] = {"cwd": self.place, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
        if self.job.user is not None:
            group = pwd.getpwuid(self.job.user).pw_gid
            who |= {"user": self.job.user, "group": group, "extra_groups": []}
        return who

    def make_private(self, directory: Path) -> None:
        """A directory that only the server's user (and root) may enter."""
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.job.user is not None:
            os.chown(directory, self.job.user, -1)

    def start(self) -> None:
        self.clear()
        self.process = subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL,
            preexec_fn=dying_with_parent(self.goodbyes[0]),
            **self.as_user(),  # type: ignore[call-overload]
        )
        deadline = time.monotonic() + PATIENCE
        while not self.ready():
            if self.gone() or time.monotonic() > deadline:
                sys.exit(f"{self.job.kind} did not start; what it said is above.")
            time.sleep(0.01)

    def gone(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        """Say goodbye politely, then firmly, then finally."""
        for goodbye, patience in zip(self.goodbyes, (20, 5, 5), strict=True):
            if self.process is None or self.gone():
                return
            self.process.send_signal(goodbye)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)

    def clear(self) -> None:
        """See off a server on this data whose keeper was killed; wait until it is gone."""
        deadline = time.monotonic() + PATIENCE
        asked: set[int] = set()
        while left := set(inhabitants(self.data)):
            for pid in (left & self.leaders(left)) - asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, self.goodbyes[0])
            asked |= left
            if time.monotonic() > deadline:
                sys.exit(f"{self.job.kind} is still at work in {self.data}: {sorted(left)}")
            time.sleep(0.05)

    def leaders(self, left: set[int]) -> set[int]:
        return left


class Postgres(Server):
    """PostgreSQL on a Unix socket; only the operating system's user who asked for it may log in."""

    goodbyes = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    SETTINGS = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }

    # Tests kill the server, not the machine: what was committed is there again when it is.
    PASSING = {"fsync": "off", "full_page_writes": "off"}

    def prepare(self) -> None:
        me = pwd.getpwuid(os.geteuid()).pw_name
        write(self.place / "hba.conf", "local all dengta peer map=dengta\n", 0o644)
        write(self.place / "ident.conf", f'dengta "{me}" dengta\n', 0o644)
        self.sockets = Path(self.job.sockets)
        self.make_private(self.sockets)
        self.url = f"postgresql://dengta@/dengta?host={quote(str(self.sockets))}"
        if not self.data.exists():
            self.create()

    def create(self) -> None:
        """Build the cluster beside its place and move it there, so that no half of one stays."""
        new = self.place / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        self.make_private(new)
        options = ["--username=dengta", "--encoding=UTF8", "--auth=peer", "--data-checksums"]
        options += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        self.run("initdb", "-D", str(new), *options)
        self.run(
            "postgres", "--single", "-D", str(new), "postgres", say=b"CREATE DATABASE dengta\n"
        )
        new.rename(self.data)

    def run(self, program: str, *arguments: str, say: bytes = b"") -> None:
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, input=say, check=True, **self.as_user())  # type: ignore[call-overload]

    def command(self) -> list[str]:
        settings = self.SETTINGS | ({} if self.job.lasting else self.PASSING)
        settings |= {
            "unix_socket_directories": str(self.sockets),
            "hba_file": str(self.place / "hba.conf"),
            "ident_file": str(self.place / "ident.conf"),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self.programs / "postgres"), "-D", str(self.data), *options]

    def notes(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def leaders(self, left: set[int]) -> set[int]:
        return {int(self.notes()[0])} if self.notes() else set()

    def clear(self) -> None:
        """As above; then nobody is in the data, and a left pid may mean a stranger by now."""
        super().clear()
        if LINUX:
            for stale in [self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")]:
                stale.unlink(missing_ok=True)

    def ready(self) -> bool:
        return self.notes()[7:8] == ["ready   "]


class Valkey(Server):
    """Valkey on a free port of the loopback, with a new password each time."""

    goodbyes = (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL)

    def prepare(self) -> None:
        self.make_private(self.data)
        self.password = secrets.token_urlsafe(24)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.settings = self.place / "valkey.conf"
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.data}"',
            "appendonly yes",
            'save ""',
            "maxmemory-policy noeviction",
        ]
        write(self.settings, "\n".join(lines) + "\n", 0o400)
        if self.job.user is not None:
            os.chown(self.settings, self.job.user, -1)

    def command(self) -> list[str]:
        return [str(self.programs / "valkey-server"), str(self.settings)]

    def ready(self) -> bool:
        question = f"AUTH {self.password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(question)
                answer = b""
                while answer.count(b"\n") < 2 and (more := line.recv(200)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def write(path: Path, text: str, mode: int) -> None:
    """Put the file there whole, or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    new.rename(path)


def tend(server: Server, users: IO[str], stopping: list[int]) -> None:
    """Keep the server up until nobody uses it any more."""
    home = Path(server.job.home)
    while not stopping and not taken(users):
        if server.gone() and not (home / "away").exists():
            if server.process is not None:
                print(f"{server.job.kind} ended and is started again", file=sys.stderr, flush=True)
            server.start()
            pid = server.process.pid if server.process else 0
            state = {"url": server.url, "pid": pid, "keeper": os.getpid()}
            write(home / "state.json", json.dumps(state), 0o600)
        time.sleep(TICK)


def keep(job: Job) -> None:
    home = Path(job.home)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.append(number))
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with open(home / "keeper.lock", "a+") as mine, open(home / "users.lock", "a+") as users:
        for _ in range(50):  # somebody may just be looking whether a keeper is there
            if taken(mine):
                break
            time.sleep(0.02)
        else:
            return
        server = {"postgres": Postgres, "valkey": Valkey}[job.kind](job)
        (home / "away").unlink(missing_ok=True)
        try:
            server.prepare()
            tend(server, users, stopping)
        finally:
            (home / "state.json").unlink(missing_ok=True)
            server.stop()
            if job.scratch:
                for directory in (job.place, job.sockets, job.home):
                    shutil.rmtree(directory, ignore_errors=True)
                for around in (home.parent, Path(job.place).parent, Path(job.sockets).parent):
                    with contextlib.suppress(OSError):  # the other server is still there
                        around.rmdir()


if __name__ == "__main__":
    keep(Job(**json.loads(sys.argv[1])))
