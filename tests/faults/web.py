"""The web server in processes of its own, as `make demo` starts it, on this run's servers."""

import http.client
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.db import connection

from config.keeping import dying_with_parent
from config.running import free_port
from tests import settings as here

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0


def environment(**more: str) -> dict[str, str]:
    """What a process of the product needs to work on the test's database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    name = connection.settings_dict["NAME"]
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DENGTA_EMBEDDED": "1",
        "DEMO": "1",  # messages arrive in the inbox
        "DATABASE_URL": here.run.database_url.replace("/dengta?", f"/{name}?"),
        "REDIS_URL": here.run.redis_url,
        **more,
    }


def until(true, *, patience: float = PATIENCE, every: float = 0.1) -> None:
    """Comes back as soon as `true()` is; fails when it never is."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"never true: {true}"
        time.sleep(every)


class Process:
    """One process with all that it starts; its words go to a log."""

    def __init__(self, command: list[str], log: Path, environ: dict[str, str]) -> None:
        self.command, self.log, self.environ = command, log, environ
        self.start()

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dying_with_parent(signal.SIGTERM),
            )

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Everything that the process started ends with it."""
        try:
            os.killpg(self.process.pid, number)
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Web(Process):
    """granian with two workers.

    `application`: another entry point, for planted mistakes; `begin`: another machine.
    """

    def __init__(
        self,
        log: Path,
        *,
        application: str = "config.wsgi:application",
        begin: tuple[str, ...] = (sys.executable, "-m"),
        **environ: str,
    ) -> None:
        self.port = free_port()
        command = [*begin, "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", "2", "--blocking-threads", "4"]
        command += ["--respawn-failed-workers", "--workers-kill-timeout", "3", "--no-ws"]
        super().__init__([*command, application], log, environment(**environ))
        self.await_answer()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            client.request("GET", "/healthz")
            return client.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def await_answer(self) -> None:
        """Comes back when it serves; otherwise it is stopped, and its log says why."""
        try:
            until(self.answers)
        except AssertionError as never:
            self.stop(signal.SIGKILL)
            raise AssertionError(self.log.read_text()[-3000:]) from never

    def workers(self) -> list[int]:
        """The processes that answer; the one we started only watches them."""
        main = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    def kill_a_worker(self) -> None:
        """SIGKILL; its parent puts another one in its place."""
        before = self.workers()
        os.kill(random.choice(before), signal.SIGKILL)
        until(lambda: len(set(self.workers()) - set(before)) == 1)

    def restart(self) -> None:
        """Everything dies at once, and is started again."""
        self.stop(signal.SIGKILL)
        self.start()
        self.await_answer()
