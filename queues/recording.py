"""The syllables of the calling voice as one sound file and a map of where each begins.

Said by Debian's `espeak-ng`, or recorded by a hall: a folder of WAV files, each named for
its syllable (`yao.wav`, `A.wav`, or by what is said: `幺.wav`).
"""

import io
import json
import subprocess
import wave
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

RATE, WIDTH = 16_000, 2
SILENCE_BELOW = 260  # of 32767
LOUDEST = 26_000
GAP_SECONDS, PAUSE_SECONDS = 0.07, 0.45
LONGEST_SECONDS = 6.0

# Name: what is said, and how espeak-ng is to read it. In Pinyin, since its voice cmn reads
# characters in English from version 1.51 on ("king three" for 请).
CHINESE = {
    "ling": ("零", "ling2"), "yi": ("一", "yi1"), "er": ("二", "er4"), "san": ("三", "san1"),
    "si": ("四", "si4"), "wu": ("五", "wu3"), "liu": ("六", "liu4"), "qi": ("七", "qi1"),
    "ba": ("八", "ba1"), "jiu": ("九", "jiu3"), "yao": ("幺", "yao1"), "shi": ("十", "shi2"),
    "bai": ("百", "bai3"), "qing": ("请", "qing3"), "hao": ("号", "hao4"), "dao": ("到", "dao4"),
    "window": ("号窗口", "hao4 chuang1kou3"), "serve": ("办理", "ban4li3"),
}  # fmt: skip
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ENGLISH = {
    "en-number": "Number",
    "en-window": "Please go to window",
    **{f"en-{word}": word for word in DIGITS},
}
LETTERS = [chr(code) for code in range(ord("A"), ord("Z") + 1)]


class Unfit(Exception):
    """The recordings cannot be used; the words say why and what to do."""


@dataclass(frozen=True)
class Recorded:
    """One sound file, and where each syllable begins and how long it is, in seconds."""

    sound: bytes
    places: dict[str, list[float]]

    def keep(self, folder: Path) -> None:
        """As voice.wav and voice.json; each appears whole, the map last."""
        folder.mkdir(parents=True, exist_ok=True)
        told = io.BytesIO()
        with wave.open(told, "wb") as file:
            file.setparams((1, WIDTH, RATE, 0, "NONE", ""))
            file.writeframes(self.sound)
        lines = [f'"{name}": {json.dumps(place)}' for name, place in self.places.items()]
        for name, content in (
            ("voice.wav", told.getvalue()),
            ("voice.json", ("{\n" + ",\n".join(lines) + "\n}\n").encode()),
        ):
            (folder / f".{name}").write_bytes(content)
            (folder / f".{name}").replace(folder / name)


def needed(letters: Iterable[str], *, english: bool) -> list[str]:
    """The syllables that calls with these letters are made of."""
    names = [name for name in CHINESE if name not in ("bai", "serve")]
    return [*names, *sorted(set(letters)), *(ENGLISH if english else ())]


def together(clips: Mapping[str, "array[int]"]) -> Recorded:
    sound, places = bytearray(), {}
    for name, samples in [*clips.items(), ("pause", _silence(PAUSE_SECONDS))]:
        start = len(sound)
        sound += samples.tobytes() + _silence(GAP_SECONDS).tobytes()
        seconds = [start / WIDTH / RATE, (len(sound) - start) / WIDTH / RATE]
        places[name] = [round(second, 4) for second in seconds]
    return Recorded(bytes(sound), places)


def said_by_machine() -> Recorded:
    """All syllables, said by espeak-ng."""
    phrases = {name: ("cmn-latn-pinyin", pinyin) for name, (_said, pinyin) in CHINESE.items()}
    phrases |= {letter: ("en-gb", f"{letter}.") for letter in LETTERS}
    phrases |= {name: ("en-gb", text) for name, text in ENGLISH.items()}
    return together({name: _spoken(*words) for name, words in phrases.items()})


def said_by_people(folder: Path, names: Iterable[str]) -> Recorded:
    """The named syllables out of a folder of WAV files, equally loud. Raises Unfit."""
    files = {path.stem: path for path in sorted(folder.glob("*.[wW][aA][vV]"))}
    found = {name: files.get(name) or files.get(CHINESE.get(name, ("",))[0]) for name in names}
    missing = [file_of(name) for name, path in found.items() if path is None]
    if missing:
        raise Unfit(f"Record these too and put them into the folder: {', '.join(missing)}")
    return together({name: _read(path) for name, path in found.items() if path})


def file_of(name: str) -> str:
    said = CHINESE[name][0] if name in CHINESE else ENGLISH.get(name, name)
    return f"{name}.wav ({said})"


def _spoken(voice: str, text: str) -> "array[int]":
    said = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "140", "-a", "150", "--stdout", text],
        check=True,
        capture_output=True,
    ).stdout
    with wave.open(io.BytesIO(said)) as file:
        samples, rate = array("h", file.readframes(file.getnframes())), file.getframerate()
    return trimmed(resampled(samples, rate))


def _read(path: Path) -> "array[int]":
    try:
        with wave.open(str(path)) as file:
            channels, width, rate, frames = file.getparams()[:4]
            if width != WIDTH:
                raise Unfit(f"{path.name}: save it as WAV with 16 bit (it has {8 * width}).")
            if frames > rate * LONGEST_SECONDS:
                raise Unfit(f"{path.name}: one syllable only, {LONGEST_SECONDS:.0f} s at most.")
            samples = array("h", file.readframes(frames))[::channels]
    except (wave.Error, EOFError) as error:
        raise Unfit(f"{path.name}: not a plain WAV file ({error}).") from None
    clip = trimmed(resampled(samples, rate))
    if not clip:
        raise Unfit(f"{path.name}: nothing is to be heard; record it again.")
    return _as_loud(clip)


def _as_loud(samples: "array[int]") -> "array[int]":
    times = LOUDEST / max(abs(sample) for sample in samples)
    return array("h", (round(sample * times) for sample in samples))


def resampled(samples: "array[int]", rate: int) -> "array[int]":
    """At RATE samples a second, on straight lines between the given ones."""
    made = array("h")
    for n in range(int((len(samples) - 1) * RATE / rate)):
        at, part = divmod(n * rate / RATE, 1)
        before, after = samples[int(at)], samples[int(at) + 1]
        made.append(round(before + (after - before) * part))
    return made


def trimmed(samples: "array[int]") -> "array[int]":
    """Without the silence around it."""
    loud = [n for n, sample in enumerate(samples) if abs(sample) > SILENCE_BELOW]
    return samples[loud[0] : loud[-1] + RATE // 50] if loud else array("h")


def _silence(seconds: float) -> "array[int]":
    return array("h", bytes(int(RATE * seconds) * WIDTH))
