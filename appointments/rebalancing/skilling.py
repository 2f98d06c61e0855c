"""Matters share a slot's minutes, so between matters only skills can move: which window should
also serve which matter.

The minutes that matters ask for on a hall's day are spread over its windows as well as their
skills allow (a flow, by a small linear program); what is left over nobody can serve there
although other windows may have time. The best single lesson is the one that leaves least.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

LEAST_LEFT = 30.0  # minutes in the days looked at; for less nobody learns a matter


@dataclass(frozen=True)
class WindowTime:
    """Minutes of a window on a day, and the matters that it serves."""

    window_id: int
    minutes: float
    matters: frozenset[int]


@dataclass(frozen=True)
class HallDayNeeds:
    """A hall's day: its windows, and the minutes that each matter asks for."""

    windows: tuple[WindowTime, ...]
    needs: Mapping[int, float]


@dataclass(frozen=True)
class Lesson:
    """A window that should also serve a matter, and the minutes nobody could serve before
    and after."""

    window_id: int
    matter_id: int
    before: float
    after: float


def best_lesson(days: Sequence[HallDayNeeds]) -> Lesson | None:
    """The matter and the window of a hall that help most over these days; None when nothing
    would help by half an hour."""
    left: dict[int, float] = {}
    for day in days:
        for matter_id, minutes in unserved(day).items():
            left[matter_id] = left.get(matter_id, 0.0) + minutes
    before = sum(left.values())
    if before < LEAST_LEFT:
        return None
    short = max(sorted(left), key=lambda matter_id: left[matter_id])
    able = {w.window_id for day in days for w in day.windows if short not in w.matters}
    lessons = [
        Lesson(one, short, before, sum(sum(unserved(_taught(day, one, short)).values())
                                       for day in days))
        for one in sorted(able)
    ]  # fmt: skip
    best = min(lessons, key=lambda lesson: (lesson.after, lesson.window_id), default=None)
    return best if best and best.before - best.after >= LEAST_LEFT else None


def _taught(day: HallDayNeeds, window_id: int, matter_id: int) -> HallDayNeeds:
    windows = tuple(
        WindowTime(w.window_id, w.minutes, w.matters | {matter_id})
        if w.window_id == window_id
        else w
        for w in day.windows
    )
    return HallDayNeeds(windows, day.needs)


def unserved(day: HallDayNeeds) -> dict[int, float]:
    """Minutes of each matter that no window with the skill has time for.

    What is too much for all windows together is not a matter of skills: the needs are scaled
    down to the minutes that there are.
    """
    needs = {matter: minutes for matter, minutes in sorted(day.needs.items()) if minutes > 0}
    time = sum(window.minutes for window in day.windows)
    if not needs or time <= 0:
        return {}
    scale = min(1.0, time / sum(needs.values()))
    matters = list(needs)
    wanted = np.array([needs[matter] * scale for matter in matters])
    pairs = [
        (w, m)
        for w, window in enumerate(day.windows)
        for m, matter in enumerate(matters)
        if matter in window.matters
    ]
    if not pairs:
        return dict(zip(matters, wanted.tolist(), strict=True))
    rows = np.zeros((len(day.windows) + len(matters), len(pairs)))
    for column, (w, m) in enumerate(pairs):
        rows[w, column] = rows[len(day.windows) + m, column] = 1.0
    most = np.concatenate([[window.minutes for window in day.windows], wanted])
    found = linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=most, method="highs")
    served = np.zeros(len(matters))
    for column, (_w, m) in enumerate(pairs):
        served[m] += found.x[column]
    left = np.maximum(wanted - served, 0.0)
    return {matter: float(one) for matter, one in zip(matters, left, strict=True) if one > 0.5}
