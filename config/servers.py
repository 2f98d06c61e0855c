"""PostgreSQL and Valkey out of wheels, for the demo and the tests (docs/adr/0001).

    with Servers.start(root) as servers:      # or ensure(os.environ)
        servers.database_url, servers.redis_url

Several processes may use the servers of one root at the same time; the first one starts
them, and they stop after the last one, also when that one was killed (config/keeping.py).

    python -m config.servers erase .local     # forget all data of that root
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import MutableMapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from config import keeping
from config.housing import WHEELS, ServersUnavailable, job, outside
from config.keeping import taken

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0


class Share:
    """Our share in one server, as one of its users."""

    def __init__(self, kind: str, root: Path, scratch: bool = False, lasting: bool = True) -> None:
        self.kind, self.root, self.scratch, self.lasting = kind, root, scratch, lasting
        self.home = root / kind
        self.keeper: subprocess.Popen[bytes] | None = None
        self.lock: IO[str] | None = None
        self.state: dict[str, Any] = {}

    def join(self) -> None:
        """Take a share; start the keeper when there is none. wait() then waits for the server."""
        self.deadline = time.monotonic() + PATIENCE
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o711)
        self.lock = (self.home / "users.lock").open("a+")  # noqa: SIM115 - held, not read
        while not taken(self.lock, fcntl.LOCK_SH):
            self.be_patient(f"The last {self.kind} in {self.root} is still stopping.")
        self.send_for_keeper()

    def send_for_keeper(self) -> None:
        with open(self.home / "keeper.lock", "a+") as file:
            if not taken(file):
                return
            self.state_file().unlink(missing_ok=True)  # of a keeper that was killed
        order = json.dumps(asdict(job(self.kind, self.root, self.scratch, self.lasting)))
        with open(self.home / "log", "ab") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", keeping.__file__, order],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in our terminal is not meant for it
            )

    def wait(self) -> None:
        while not (state := self.read_state()):
            if self.keeper is None or self.keeper.poll() == 0:
                self.send_for_keeper()  # somebody else's keeper ended, or has the place
            elif self.keeper.poll():
                self.complain(f"{self.kind} did not start.")
            self.be_patient(f"{self.kind} did not become ready.")
        self.state = state

    def be_patient(self, complaint: str) -> None:
        if time.monotonic() > self.deadline:
            self.complain(complaint)
        time.sleep(0.02)

    def complain(self, complaint: str) -> None:
        log = self.home / "log"
        last = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        self.leave()
        raise ServersUnavailable("\n".join([complaint, *last, f"(from {log})"]))

    def state_file(self) -> Path:
        return self.home / "state.json"

    def read_state(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.state_file().read_text()))
        except FileNotFoundError:
            return {}

    def kept(self) -> bool:
        """Whether a keeper is at work."""
        if self.keeper is not None and self.keeper.poll() is None:
            return True
        try:
            with open(self.home / "keeper.lock", "r+") as file:
                return not taken(file)
        except FileNotFoundError:
            return False

    def leave(self) -> None:
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def see_off(self) -> None:
        """Give the share back; when it was the last one, come back after the server stopped."""
        self.leave()
        deadline = time.monotonic() + PATIENCE
        while self.kept() and not self.others() and time.monotonic() < deadline:
            time.sleep(0.05)

    def others(self) -> bool:
        """Whether somebody else has a share: it can be shared again, but not had alone."""
        try:
            with open(self.home / "users.lock", "r+") as file:
                return not taken(file) and taken(file, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False


_ours: dict[tuple[int, Path, str], Share] = {}


class Servers:
    """The embedded servers of one root, as this process uses them."""

    def __init__(self, shares: dict[str, Share]) -> None:
        self.shares = shares

    @classmethod
    def start(
        cls,
        root: Path,
        *,
        postgres: bool = True,
        valkey: bool = True,
        scratch: bool = False,
        lasting: bool = True,
    ) -> "Servers":
        """Have the servers of this root running. Again in the same process: the same ones."""
        root = Path(root).resolve()
        shares = {}
        for kind in [*["postgres"] * postgres, *["valkey"] * valkey]:
            share = _ours.get((os.getpid(), root, kind))
            if share is None or share.lock is None or not share.kept():
                share = Share(kind, root, scratch, lasting)
                share.join()
                _ours[os.getpid(), root, kind] = share
            shares[kind] = share
        for share in shares.values():
            share.wait()
        return cls(shares)

    @property
    def database_url(self) -> str:
        return str(self.shares["postgres"].state["url"])

    @property
    def redis_url(self) -> str:
        return str(self.shares["valkey"].state["url"])

    def stop(self) -> None:
        for share in self.shares.values():
            share.leave()
        for share in self.shares.values():
            share.see_off()

    def pid(self, kind: str) -> int:
        return int(self.shares[kind].read_state().get("pid", 0))

    def kept(self) -> bool:
        """False when a keeper is gone, and its server with it."""
        return all(share.kept() for share in self.shares.values())

    def take_away(self, kind: str, number: int = signal.SIGKILL) -> None:
        """Kill the server and keep it away (fault tests). Not for a server of other people."""
        (self.shares[kind].home / "away").touch()
        os.kill(self.pid(kind), number)

    def bring_back(self, kind: str) -> None:
        """Let the server come back, at its old address, and wait for it."""
        share = self.shares[kind]
        before = self.pid(kind)
        (share.home / "away").unlink(missing_ok=True)
        share.deadline = time.monotonic() + PATIENCE
        while self.pid(kind) in (0, before):
            share.be_patient(f"{kind} did not come back.")

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def ensure(environ: MutableMapping[str, str]) -> Servers | None:
    """Start what the environment does not name, and name it there."""
    missing = {kind: not environ.get(WHEELS[kind][2]) for kind in WHEELS}
    if not any(missing.values()):
        return None
    servers = Servers.start(PROJECT / ".local", **missing)
    for kind, share in servers.shares.items():
        environ[WHEELS[kind][2]] = str(share.state["url"])
    environ["DENGTA_EMBEDDED"] = "1"
    return servers


def scratch(project: Path = PROJECT) -> Servers:
    """Servers for one test run, with nothing in them, erased when the run is over."""
    for left in (project / ".local").glob("test-*"):
        pid = left.name.removeprefix("test-")
        if pid.isdigit() and not alive(int(pid)):
            with contextlib.suppress(ServersUnavailable):
                erase(left)
    return Servers.start(project / ".local" / f"test-{os.getpid()}", scratch=True, lasting=False)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def erase(root: Path) -> None:
    """Forget the servers of this root and all their data."""
    root = root.resolve()
    if any(Share(kind, root).kept() for kind in WHEELS):
        raise ServersUnavailable(f"The servers in {root} are in use: stop the demo first.")
    for kind in WHEELS:
        shutil.rmtree(root / kind, ignore_errors=True)
    shutil.rmtree(outside(root), ignore_errors=True)
    with contextlib.suppress(OSError):
        root.rmdir()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "erase":
        sys.exit(__doc__)
    try:
        erase(Path(sys.argv[2]))
    except ServersUnavailable as refusal:
        sys.exit(str(refusal))
