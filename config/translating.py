"""The words of both languages: collect them from the code, fill, compile, check.

    python -m config.translating                 collect, keep what is translated, compile
    python -m config.translating --fill DIR      also take translations from DIR/*.json
    python -m config.translating --check         exit 1 when a word is missing or stale

A JSON file holds {"msgid": "words"}; plural forms {"msgid": ["words"]}; with a context
{"context::msgid": "words"}. What DIR says replaces what the catalogue said.
Source strings are English, so that only Chinese needs a catalogue.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import polib
from babel.messages.extract import DEFAULT_KEYWORDS, extract

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "config/locale/zh_Hans/LC_MESSAGES/django.po"
PACKAGES = ("config", "appointments", "queues", "windows")
HEADER = {
    "Project-Id-Version": "dengta",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
KEYWORDS: dict[str, Any] = dict(DEFAULT_KEYWORDS) | {
    "gettext_lazy": None,
    "_now": None,  # gettext, in a module whose _ is lazy
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
Key = tuple[str | None, str]


def sources() -> Iterator[tuple[str, str]]:
    """Give (path, Python text) of every file that may hold words."""
    from django.utils.translation.template import templatize

    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt", ".ics", ".svg"}:
            python = templatize(path.read_text("utf-8"), origin=str(path))
            # Indentation means nothing in a template, but it would to Python's tokenizer.
            flat = "\n".join(line.strip() for line in python.splitlines())
            yield str(path.relative_to(ROOT)), flat


def collect() -> polib.POFile:
    """Find every msgid of the code and the templates, without translations."""
    found: dict[Key, polib.POEntry] = {}
    for where, text in sources():
        lines = BytesIO(text.encode("utf-8"))
        options = {"encoding": "utf-8"}
        for _, message, _, context in extract("python", lines, KEYWORDS, options=options):
            one, many = message[:2] if isinstance(message, tuple) else (message, "")
            entry = found.setdefault((context, one), polib.POEntry(msgid=one, msgctxt=context))
            if many:
                entry.msgid_plural, entry.msgstr_plural = many, {0: ""}
            if (where, "") not in entry.occurrences:
                entry.occurrences.append((where, ""))
            if re.search(r"%(\(\w+\))?[sd]", one + many):
                entry.flags = ["python-format"]
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = HEADER
    catalogue.extend(found[key] for key in sorted(found, key=lambda k: (k[1], k[0] or "")))
    return catalogue


def words(entry: polib.POEntry) -> str:
    return str(entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr)


def say(entry: polib.POEntry, chinese: str) -> None:
    if entry.msgid_plural:
        entry.msgstr_plural = {0: chinese}
    else:
        entry.msgstr = chinese


def fill(catalogue: polib.POFile, folder: Path | None) -> None:
    """Carry over the translations of the present catalogue, then those of `folder`."""
    known: dict[Key, str] = {}
    if CATALOGUE.exists():
        known |= {(e.msgctxt, e.msgid): words(e) for e in polib.pofile(str(CATALOGUE))}
    for path in sorted(folder.glob("*.json")) if folder else []:
        for name, said in json.loads(path.read_text("utf-8")).items():
            context, _, msgid = name.rpartition("::")
            known[context or None, msgid] = said[0] if isinstance(said, list) else said
    for entry in catalogue:
        say(entry, known.get((entry.msgctxt, entry.msgid), ""))


def complaints(catalogue: polib.POFile) -> Iterator[str]:
    """Say what is wrong with the translations, one line each."""
    for entry in catalogue:
        where = entry.occurrences[0][0]
        if not words(entry):
            yield f"not translated: {entry.msgid!r} ({where})"
        else:
            meant = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
            if not set(PLACEHOLDER.findall(words(entry))) <= meant:
                yield f"unknown placeholder in the translation of {entry.msgid!r} ({where})"


def write(path: Path, content: bytes) -> None:
    """Replace the file at once, so that a running server never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="config.translating")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--fill", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    catalogue = collect()
    fill(catalogue, options.fill)
    files = {
        CATALOGUE: f"{catalogue}\n".encode(),
        CATALOGUE.with_suffix(".mo"): catalogue.to_binary(),
    }
    problems = list(complaints(catalogue))
    for path, content in files.items():
        if not path.exists() or path.read_bytes() != content:
            if options.check:
                problems.append(f"stale: {path.name}; run python -m config.translating")
            else:
                write(path, content)
    print("\n".join([*problems, f"{len(catalogue)} strings, {len(problems)} problems"]))
    return 1 if options.check and problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
