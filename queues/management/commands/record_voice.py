"""Records the syllables of the calling voice again, with Debian's `espeak-ng`.

One file holds all of them; voice.json says where each begins and how long it is, in
seconds. Halls whose computer has a Chinese voice of its own do not need it.
"""

import io
import json
import subprocess
import wave
from array import array
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

HERE = Path(__file__).resolve().parent.parent.parent / "static" / "queues" / "voice"
RATE, WIDTH = 16_000, 2
SILENCE_BELOW = 260  # of 32767
GAP_SECONDS, PAUSE_SECONDS = 0.07, 0.45
DIGITS = "ling:零 yi:一 er:二 san:三 si:四 wu:五 liu:六 qi:七 ba:八 jiu:九 yao:幺 shi:十 bai:百"
ENGLISH = "zero one two three four five six seven eight nine"


def phrases() -> dict[str, tuple[str, str]]:
    """Name of the clip: (voice, text)."""
    spoken = {name: ("cmn", text) for name, text in (p.split(":") for p in DIGITS.split())}
    spoken |= {chr(c): ("en-gb", f"{chr(c)}.") for c in range(ord("A"), ord("Z") + 1)}
    spoken |= {
        "qing": ("cmn", "请"),
        "hao": ("cmn", "号"),
        "dao": ("cmn", "到"),
        "window": ("cmn", "号窗口"),
        "serve": ("cmn", "办理"),
        "en-number": ("en-gb", "Number"),
        "en-window": ("en-gb", "Please go to window"),
    }
    return spoken | {f"en-{word}": ("en-gb", word) for word in ENGLISH.split()}


def spoken(voice: str, text: str) -> bytes:
    """The text as samples of 16 kHz, 16 bit, one channel, without silence around it."""
    said = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "140", "-a", "150", "--stdout", text],
        check=True,
        capture_output=True,
    ).stdout
    with wave.open(io.BytesIO(said)) as file:
        samples, rate = array("h", file.readframes(file.getnframes())), file.getframerate()
    return _trimmed(_resampled(samples, rate)).tobytes()


def _resampled(samples: "array[int]", rate: int) -> "array[int]":
    """At RATE samples a second, on straight lines between the given ones."""
    made = array("h")
    for n in range(int((len(samples) - 1) * RATE / rate)):
        at, part = divmod(n * rate / RATE, 1)
        before, after = samples[int(at)], samples[int(at) + 1]
        made.append(round(before + (after - before) * part))
    return made


def _trimmed(samples: "array[int]") -> "array[int]":
    loud = [n for n, sample in enumerate(samples) if abs(sample) > SILENCE_BELOW]
    return samples[loud[0] : loud[-1] + RATE // 50]


def _silence(seconds: float) -> bytes:
    return bytes(int(RATE * seconds) * WIDTH)


class Command(BaseCommand):
    help = "Records the calling voice with espeak-ng."

    def handle(self, *args: Any, **options: Any) -> None:
        sound, places = bytearray(), {}
        clips = {name: spoken(*words) for name, words in phrases().items()}
        clips["pause"] = _silence(PAUSE_SECONDS)
        for name, samples in clips.items():
            start = len(sound)
            sound += samples + _silence(GAP_SECONDS)
            seconds = [start / WIDTH / RATE, (len(sound) - start) / WIDTH / RATE]
            places[name] = [round(second, 4) for second in seconds]
        with wave.open(str(HERE / "voice.wav"), "wb") as file:
            file.setparams((1, WIDTH, RATE, 0, "NONE", ""))
            file.writeframes(bytes(sound))
        lines = [f'"{name}": {json.dumps(place)}' for name, place in places.items()]
        (HERE / "voice.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
        self.stdout.write(f"{len(places)} clips, {len(sound) // 1024} KB")
