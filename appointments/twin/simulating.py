"""What `manage.py simulate` answers: figures for programs, words for people."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from time import perf_counter
from typing import Any

import numpy as np

from appointments.twin.drawing import BOOKING, WALK_IN
from appointments.twin.outcome import Range, outcome_of
from appointments.twin.playing import Played, play
from appointments.twin.reading import NoSessionThen, read_day
from appointments.twin.replaying import replay
from appointments.twin.wanting import FORECAST, WEEKDAYS
from windows.models import Hall

SOURCES = {
    FORECAST: "the forecast",
    WEEKDAYS: "the same weekdays before ({days} of them)",
    "days": "the open days before ({days} of them)",
}


@dataclass(frozen=True)
class Told:
    figures: dict[str, Any]
    words: str


def invented(*, hall: Hall, day: date, now: datetime, runs: int, seed: int) -> Told:
    """A day that is to come. Refuses: NothingKnown, NoSessionThen."""
    began = perf_counter()
    read = read_day(hall=hall, day=day, now=now)
    if not read.sessions:
        raise NoSessionThen
    played = play(read.twin, runs, seed)
    outcome = outcome_of(played)
    source = SOURCES[read.wanted.source].format(days=read.wanted.days)
    figures = _asked(hall, day, runs, seed, began) | {
        "kind": "invented",
        "demand_from": read.wanted.source,
        "demand_days": read.wanted.days,
        "windows": len(read.twin.windows),
        "wanted": _spread(played.wanted),
        "came": _spread(played.came),
        "served": _spread(played.served),
        "left_unserved": _spread(played.left),
        "no_shows": _spread(played.no_shows),
        "turned_to_another_day": _spread(played.unmet),
        "found_no_place_and_came": _spread(played.walked_after),
        "wait_minutes": {
            "half": _told(outcome.half),
            "nine_in_ten": _told(outcome.most),
            "nine_in_ten_booked": _told(Range.of(played.wait(0.9, BOOKING))),
            "nine_in_ten_walk_in": _told(Range.of(played.wait(0.9, WALK_IN))),
        },
        "idle_window_minutes": _spread(played.idle),
        "overtime_window_minutes": _spread(played.overtime),
        "last_served_at": _clock(float(np.median(played.ends))),
        "turned_by_hour": _by_hour(played),
    }
    return Told(figures, "\n".join(_invented_lines(figures, source)))


def replayed(*, hall: Hall, day: date, now: datetime, runs: int, seed: int) -> Told:
    """A day that was. Refuses: DayNotOver, NoSessionThen, NobodyCame."""
    began = perf_counter()
    found = replay(hall=hall, day=day, now=now, runs=runs, seed=seed)
    half, most = (Range.of(found.played(level)) for level in (0.5, 0.9))
    figures = _asked(hall, day, runs, seed, began) | {
        "kind": "replayed",
        "people": found.people,
        "really_called": found.really_called,
        "windows": found.windows,
        "staffed_as_planned": found.staffed_as_planned,
        "wait_minutes": {
            "half": {"real": _number(found.real(0.5)), "twin": _told(half)},
            "nine_in_ten": {"real": _number(found.real(0.9)), "twin": _told(most)},
        },
    }
    return Told(figures, "\n".join(_replayed_lines(figures)))


def _asked(hall: Hall, day: date, runs: int, seed: int, began: float) -> dict[str, Any]:
    return {
        "hall": hall.code,
        "day": day.isoformat(),
        "runs": runs,
        "seed": seed,
        "seconds": round(perf_counter() - began, 2),
    }


def _spread(values: Any) -> dict[str, float] | None:
    return _told(Range.of(np.asarray(values, dtype=float)))


def _told(found: Range | None) -> dict[str, float] | None:
    """None: there is nothing to say, nobody was served."""
    return {name: round(value, 1) for name, value in asdict(found).items()} if found else None


def _number(value: float) -> float | None:
    return round(value, 1) if np.isfinite(value) else None


def _clock(minutes: float) -> str:
    whole = round(minutes)
    return f"{whole // 60 % 24:02d}:{whole % 60:02d}" + (" +1" if whole >= 1440 else "")


def _by_hour(played: Played) -> dict[str, float]:
    hours: dict[str, float] = {}
    for (hour, _matter), people in played.unmet_by.items():
        key = f"{hour:02d}"
        hours[key] = round(hours.get(key, 0.0) + people, 2)
    return hours


def _words(told: dict[str, float] | None) -> str:
    if told is None:
        return "nobody"
    return f"{told['middle']:.0f}  ({told['low']:.0f} to {told['high']:.0f})"


def _invented_lines(told: dict[str, Any], source: str) -> list[str]:
    waits = told["wait_minutes"]
    rows = [
        ("people who want to come", told["wanted"]),
        ("come", told["came"]),
        ("are served", told["served"]),
        ("leave unserved", told["left_unserved"]),
        ("booked and do not come", told["no_shows"]),
        ("turned to another day", told["turned_to_another_day"]),
        ("find no place and come anyway", told["found_no_place_and_came"]),
        ("half of people wait at most, minutes", waits["half"]),
        ("nine in ten wait at most, minutes", waits["nine_in_ten"]),
        ("  of those with a booking", waits["nine_in_ten_booked"]),
        ("  of those without", waits["nine_in_ten_walk_in"]),
        ("idle window-minutes", told["idle_window_minutes"]),
        ("window-minutes beside the plan", told["overtime_window_minutes"]),
    ]
    return [
        f"{told['hall']}, {told['day']}: invented {told['runs']} times in"
        f" {told['seconds']} s (seed {told['seed']}), {_windows(told['windows'])}.",
        f"Demand from {source}. In brackets: what eight of ten runs keep within.",
        *(f"  {name:<40} {_words(row)}" for name, row in rows),
        f"  {'the last one is served at':<40} {told['last_served_at']}",
    ]


def _replayed_lines(told: dict[str, Any]) -> list[str]:
    waits = told["wait_minutes"]
    plan = " (as planned: nobody signed in)" if told["staffed_as_planned"] else ""
    lines = [
        f"{told['hall']}, {told['day']}: played again {told['runs']} times in"
        f" {told['seconds']} s (seed {told['seed']}), {told['people']} people,"
        f" {_windows(told['windows'])}{plan}.",
        "Waits in minutes; in brackets: what eight of ten runs keep within.",
    ]
    for name, text in (("half", "half wait at most"), ("nine_in_ten", "nine in ten at most")):
        real = waits[name]["real"]
        really = "nobody was called" if real is None else f"really {real:.0f}"
        lines.append(f"  {text:<24} {really:<12} twin {_words(waits[name]['twin'])}")
    return lines


def _windows(n: int) -> str:
    return "1 window" if n == 1 else f"{n} windows"
