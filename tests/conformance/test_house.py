"""The house watches itself: directions, guards, routes, words, migrations."""

import ast
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from config.celery import app

ROOT = Path(settings.BASE_DIR)
APPS = ["windows", "queues", "appointments"]
MAY_IMPORT = {
    "windows": {"windows"},
    "queues": {"queues", "windows"},
    "appointments": {"appointments", "queues", "windows"},
}
OF_CONFIG = {"civil", "clock", "refusals", "faces"}
NAMELESS = {"core", "common", "utils", "services", "helpers", "signals", "selectors", "misc"}


def sources(app_label: str) -> list[Path]:
    return [p for p in (ROOT / app_label).rglob("*.py") if "migrations" not in p.parts]


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def strays(label: str, tree: ast.AST) -> set[str]:
    """Imports of ours that point the wrong way."""
    wrong = set()
    for name in imported(tree):
        top, _, rest = name.partition(".")
        upwards = top in APPS and top not in MAY_IMPORT[label]
        settled = top == "config" and rest.split(".")[0] not in OF_CONFIG
        if upwards or settled:
            wrong.add(name)
    return wrong


@pytest.mark.parametrize("label", APPS)
def test_imports_point_one_way(label):
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in sources(label)
        if "commands" not in path.parts
        and "simulating" not in path.parts
        and "benching" not in path.parts
        and (found := strays(label, ast.parse(path.read_text())))
    }

    assert wrong == {}


def test_the_direction_check_can_fail():
    assert strays("windows", ast.parse("from queues.calling import call_next"))
    assert strays("queues", ast.parse("from config.settings import DEMO"))
    assert not strays("queues", ast.parse("from config import civil"))


def test_no_module_is_named_for_nothing():
    found = [p for label in APPS for p in sources(label) if p.stem in NAMELESS]

    assert found == []


def test_no_signal_receivers():
    found = [
        path
        for label in [*APPS, "config"]
        for path in sources(label)
        if any(name.startswith("django.dispatch") for name in imported(ast.parse(path.read_text())))
    ]

    assert found == []


def patterns(resolver: URLResolver, prefix: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += patterns(entry, path)
        else:
            found.append((path, entry))
    return found


STAFF = ("desk", "floor", "supervise", "ops", "staff")


def example(path: str) -> str:
    """The route with something in its places."""
    parts = []
    for part in path.split("/"):
        if not part.startswith("<"):
            parts.append(part)
        else:
            kind = part.strip("<>").split(":")[0]
            zero = "00000000-0000-4000-8000-000000000000"
            parts.append({"int": "1", "uuid": zero}.get(kind, "H01"))
    return "/" + "/".join(parts)


@pytest.mark.django_db
def test_no_staff_page_opens_without_signing_in(client):
    guarded = [p for p, _ in patterns(get_resolver()) if p.split("/")[0] in STAFF]
    assert len(guarded) > 5

    answers = {path: client.get(example(path)).status_code for path in guarded}

    assert {path: code for path, code in answers.items() if code not in (302, 403, 404, 405)} == {}


def test_every_task_is_routed_and_every_beat_has_its_task():
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.split(".")[0] in APPS}

    assert ours == set(app.conf.task_routes)
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= ours


@pytest.mark.django_db
def test_no_migration_is_missing():
    said = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=said)

    assert said.getvalue().strip() == "No changes detected"


def test_translations_are_complete():
    done = subprocess.run(
        [sys.executable, "-m", "config.translating", "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


def test_parsers_never_save():
    parsers = [p for label in APPS for p in sources(label) if p.stem in ("forms", "serializers")]
    assert parsers

    assert [p for p in parsers if ".save(" in p.read_text()] == []
