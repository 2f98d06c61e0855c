"""What is published can be done again by anyone: the command and the recipe. # C30"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from appointments.draw_rule import publish

RECIPE = re.search(
    r"```python\n(.*?)```", (Path(settings.BASE_DIR) / "docs/draw.md").read_text(), re.DOTALL
)[1]


@pytest.fixture
def published() -> dict:
    entries = [
        {"id": f"entry-{n}", "people": 1, "minutes": 6, "wishes": [2, 1][: n % 3]}
        for n in range(12)
    ]
    slots = [{"id": 1, "starts_at": "", "minutes": 24}, {"id": 2, "starts_at": "", "minutes": 12}]
    return publish(
        seed="0f" * 32, entries=entries, slots=slots, take=lambda entry, slot: entry != "entry-3"
    )


@pytest.fixture
def file_of(tmp_path):
    def written(drawn) -> Path:
        path = tmp_path / "result.json"
        path.write_text(drawn if isinstance(drawn, str) else json.dumps(drawn, sort_keys=True))
        return path

    return written


def recompute(path: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-I", "-c", RECIPE, str(path)], capture_output=True, text=True, check=False
    )


def test_the_recipe_of_the_document_does_it_again(published, file_of):
    assert len(RECIPE.strip().splitlines()) <= 16
    done = recompute(file_of(published))

    assert done.returncode == 0, done.stderr
    assert "12 registered" in done.stdout


def test_the_command_does_it_again_without_a_database(published, file_of, capsys):
    call_command(
        "verify_draw", str(file_of(published)), commitment=published["commitment"], entry="entry-3"
    )

    said = capsys.readouterr().out
    assert "12 registered, 6 won" in said
    assert "entry-3 stood at" in said
    assert "could not be given" in said


def give_to_a_friend(drawn):
    loser = next(one for one in drawn["outcome"] if one["outcome"] == "no_room")
    winner = next(one for one in drawn["outcome"] if one["outcome"] == "won")
    loser["outcome"], loser["slot"] = "won", winner["slot"]
    winner["outcome"], winner["slot"] = "no_room", None


def reorder(drawn):
    drawn["order"].reverse()
    drawn["outcome"].reverse()


def another_seed(drawn):
    drawn["seed"] = "ab" * 32


@pytest.mark.parametrize("tamper", [give_to_a_friend, reorder, another_seed])
def test_a_changed_file_is_found_by_both(published, file_of, tamper):
    tamper(published)
    path = file_of(published)

    assert recompute(path).returncode == 1
    with pytest.raises(CommandError, match="not what the rule makes"):
        call_command("verify_draw", str(path))


def test_the_answer_of_the_api_can_be_given_as_it_is(published, file_of, capsys):
    call_command("verify_draw", str(file_of({"id": 3, "phase": "drawn", "result": published})))

    assert "12 registered" in capsys.readouterr().out


def test_a_seed_that_was_not_promised_is_found(published, file_of):
    with pytest.raises(CommandError, match="not the one that was promised"):
        call_command("verify_draw", str(file_of(published)), commitment="00" * 32)


def test_an_entry_that_is_not_there_is_said(published, file_of):
    with pytest.raises(CommandError, match="not among those"):
        call_command("verify_draw", str(file_of(published)), entry="me")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"entries": 3, "outcome": []}', "\x00"])
def test_what_is_no_draw_is_said_in_words(file_of, text):
    with pytest.raises(CommandError, match="not a published draw|cannot be read"):
        call_command("verify_draw", str(file_of(text)))


def test_the_exit_status_tells(published, file_of):
    another_seed(published)
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_draw", str(file_of(published))],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
        env={"DENGTA_EMBEDDED": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert done.returncode == 1
    assert "commitment" in done.stderr
