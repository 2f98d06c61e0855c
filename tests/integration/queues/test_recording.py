"""The calling voice: syllables said by the machine, or recorded by a hall. Row C16."""

import json
import shutil
import wave
from array import array
from io import StringIO
from math import sin
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from queues import recording
from queues.voicing import NoRecordings, choose_voice, voiced

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def folder(tmp_path, renewal) -> Path:
    """A recording of every syllable; one by its Chinese name."""
    made = tmp_path / "wav"
    made.mkdir()
    for n, name in enumerate(recording.needed(["A"], english=False)):
        record(made / f"{name}.wav", 200 + 10 * n)
    (made / "yao.wav").rename(made / "幺.wav")
    return made


def record(path: Path, tone: float, *, width: int = 2, loud: int = 9000) -> None:
    samples = array("h", (round(loud * sin(n * tone / 7000)) for n in range(11_025)))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, width, 44_100, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def run(*given: str) -> str:
    said = StringIO()
    call_command("record_voice", *given, stdout=said)
    return said.getvalue()


def test_a_hall_gets_its_own_sound_file_and_map(hall, folder):
    said = run("--hall", "H01", "--from", str(folder))

    assert "/supervise/voice/?hall=H01" in said
    choose_voice(hall=hall, voice="own", voice_english=False, is_quiet=False)
    assert voiced(hall).own


def test_what_is_missing_is_named(hall, folder):
    (folder / "san.wav").unlink()
    (folder / "A.wav").unlink()

    with pytest.raises(CommandError, match=r"san\.wav \(三\), A\.wav"):
        run("--hall", "H01", "--from", str(folder))
    assert voiced(hall).own == ""


def test_what_is_to_be_recorded_can_be_listed(hall, renewal):
    listed = run("--hall", "H01", "--list", "--english").splitlines()

    assert "yao.wav (幺)" in listed
    assert "A.wav (A)" in listed
    assert "en-window.wav (Please go to window)" in listed


@pytest.mark.parametrize("fault", ["8 bit", "silent", "no sound file", "too long"])
def test_a_recording_that_cannot_be_used_is_named(hall, folder, fault):
    path = folder / "si.wav"
    if fault == "no sound file":
        path.write_bytes(b"RIFF nothing")
    elif fault == "too long":
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(8000 * 2 * 9))
    else:
        record(path, 300, width=1 if fault == "8 bit" else 2, loud=0 if fault == "silent" else 900)

    with pytest.raises(CommandError, match=r"si\.wav"):
        run("--hall", "H01", "--from", str(folder))


def test_recordings_are_made_equally_loud_and_stand_where_the_map_says(folder):
    made = recording.said_by_people(folder, ["yi", "er"])

    begins, length = made.places["er"]
    clip = array("h", made.sound)[int(begins * 16_000) : int((begins + length) * 16_000)]
    assert max(clip) == pytest.approx(recording.LOUDEST, rel=0.02)


@pytest.mark.parametrize("given", [["--hall", "H77"], ["--hall", "H01"], ["--from", "/tmp"]])
def test_a_command_that_is_not_complete_says_what_it_needs(hall, given):
    with pytest.raises(CommandError):
        run(*given)


def test_a_hall_without_recordings_cannot_choose_them(hall):
    with pytest.raises(NoRecordings):
        choose_voice(hall=hall, voice="own", voice_english=False, is_quiet=False)


def test_recordings_that_are_gone_fall_back_to_the_usual_voice(hall, folder, settings):
    run("--hall", "H01", "--from", str(folder))
    choose_voice(hall=hall, voice="own", voice_english=False, is_quiet=False)

    shutil.rmtree(settings.MEDIA_ROOT)

    assert voiced(hall).by == "clips"


def test_the_shipped_voice_has_every_syllable():
    shipped = Path("queues/static/queues/voice")
    places = json.loads((shipped / "voice.json").read_text())
    with wave.open(str(shipped / "voice.wav")) as file:
        seconds = file.getnframes() / file.getframerate()

    assert {*recording.needed(recording.LETTERS, english=True), "pause"} <= set(places)
    assert max(begins + length for begins, length in places.values()) <= seconds + 0.01


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")
def test_the_machine_reads_the_syllables_in_mandarin():
    """Its voice cmn says 请 in English letters; Pinyin it reads right."""
    import subprocess

    for _said, pinyin in recording.CHINESE.values():
        told = subprocess.run(
            ["espeak-ng", "-v", "cmn-latn-pinyin", "-q", "-x", pinyin],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "(en)" not in told, pinyin
