"""A hall's day, played many times: waits, people turned away, idle and extra minutes.

`play(day, runs, seed)` is pure: the same day, runs and seed give the same answer, and two
plans for one day meet the same people.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from appointments.twin.day import (
    Booked,
    Floats,
    Habits,
    HourDemand,
    Ints,
    Span,
    TwinDay,
    TwinSlot,
    TwinWindow,
    lognormal,
)
from appointments.twin.drawing import BOOKING, WALK_IN, Drawn, draw
from appointments.twin.line import Comer, Course, play_line, working

__all__ = [
    "BOOKING", "WALK_IN", "Booked", "Habits", "HourDemand", "Played", "Span", "TwinDay",
    "TwinSlot", "TwinWindow", "lognormal", "play",
]  # fmt: skip


@dataclass(frozen=True)
class Played:
    """What came of the runs.

    Per run: `wanted` people, `came`, `served`, `left` (gave up, or nobody could serve
    them), `no_shows`, `unmet` (turned to another day), `walked_after` (found no place and
    came without one), `idle` and `overtime` window-minutes, `ends` (minutes of the day at
    which the last window is done). Per person of all runs, in columns of one length: `run`,
    `source` (WALK_IN or BOOKING), `matter`, `hour` wished, `arrives`, `starts` of the slot
    or nan, `waits` from the number to the call (infinite: never called), `delays` the same
    but from the booked time for who comes before it: nobody is late who comes early.
    """

    runs: int
    wanted: Ints
    came: Ints
    served: Ints
    left: Ints
    no_shows: Ints
    unmet: Ints
    walked_after: Ints
    idle: Floats
    overtime: Floats
    ends: Floats
    unmet_by: Mapping[tuple[int, int], float]  # (hour, matter) -> people, mean over the runs
    run: Ints
    source: Ints
    matter: Ints
    hour: Ints
    arrives: Floats
    starts: Floats
    waits: Floats
    delays: Floats

    def wait(self, level: float, source: int | None = None) -> Floats:
        """The delay that this share of a run's served people has at most; nan: nobody."""
        here = np.isfinite(self.delays)
        if source is not None:
            here &= self.source == source
        runs, waits = self.run[here], self.delays[here]
        order = np.lexsort((waits, runs))
        runs, waits = runs[order], waits[order]
        first = np.searchsorted(runs, np.arange(self.runs))
        count = np.searchsorted(runs, np.arange(self.runs), side="right") - first
        place = first + np.maximum(np.ceil(level * count).astype(int) - 1, 0)
        found = np.full(self.runs, np.nan)
        found[count > 0] = waits[place[count > 0]]
        return found

    def mean_wait(self) -> Floats:
        here = np.isfinite(self.delays)
        total = np.bincount(self.run[here], self.delays[here], minlength=self.runs)
        people = np.bincount(self.run[here], minlength=self.runs)
        return np.divide(total, people, out=np.zeros(self.runs), where=people > 0)


def play(day: TwinDay, runs: int = 200, seed: int = 1) -> Played:
    """The day `runs` times."""
    if runs < 1:
        raise ValueError("at least one run")
    drawn = [draw(day, seed=seed, run=run) for run in range(runs)]
    courses = [play_line(one.comers, day.windows) for one in drawn]
    people = [len(one.comers) for one in drawn]
    waits = [_waits(one.comers, course) for one, course in zip(drawn, courses, strict=True)]
    served = np.array([int(np.isfinite(one).sum()) for one in waits])
    staffed = [working(window) for window in day.windows]
    times = [_minutes(course, staffed) for course in courses]
    closes = max((ends for spans in staffed for _, ends in spans), default=0.0)
    unmet: Counter[tuple[int, int]] = Counter()
    for one in drawn:
        unmet.update(one.unmet)
    return Played(
        runs=runs,
        wanted=np.array([one.wanted for one in drawn]),
        came=np.array(people),
        served=served,
        left=np.array(people) - served,
        no_shows=np.array([one.no_shows for one in drawn]),
        unmet=np.array([sum(one.unmet.values()) for one in drawn]),
        walked_after=np.array([one.walked_after for one in drawn]),
        idle=np.array([idle for idle, _ in times]),
        overtime=np.array([over for _, over in times]),
        ends=np.array([_ends(course, closes) for course in courses]),
        unmet_by={key: count / runs for key, count in sorted(unmet.items())},
        run=np.repeat(np.arange(runs), people),
        source=_column([one.source for one in drawn]),
        matter=np.array([comer.matter for one in drawn for comer in one.comers], dtype=np.int64),
        hour=_column([one.hour for one in drawn]),
        arrives=np.array([comer.arrives for one in drawn for comer in one.comers], dtype=float),
        starts=np.concatenate([one.starts for one in drawn]),
        waits=np.concatenate(waits),
        delays=_delays(drawn, waits),
    )


def _column(parts: list[Ints]) -> Ints:
    return np.concatenate(parts).astype(np.int64)


def _waits(comers: list[Comer], course: Course) -> Floats:
    return np.array(course.called) - np.array([one.arrives for one in comers])


def _delays(drawn: list[Drawn], waits: list[Floats]) -> Floats:
    """Waits without what somebody came before the booked time."""
    arrives = np.array([comer.arrives for one in drawn for comer in one.comers], dtype=float)
    starts = np.concatenate([one.starts for one in drawn])
    early = np.where(np.isnan(starts), 0.0, np.maximum(starts - arrives, 0.0))
    return np.asarray(np.maximum(np.concatenate(waits) - early, 0.0), dtype=float)


def _ends(course: Course, closes: float) -> float:
    return max((at for at in course.done if at != np.inf), default=closes)


def _minutes(course: Course, staffed: list[list[tuple[float, float]]]) -> tuple[float, float]:
    """Window-minutes in which a staffed window had nobody, and those worked beside the plan."""
    called, done, at = (np.array(one) for one in (course.called, course.done, course.window))
    planned = inside = worked = 0.0
    for place, stretches in enumerate(staffed):
        here = at == place
        began, ended = called[here], done[here]
        worked += float((ended - began).sum())
        for begins, ends in stretches:
            planned += ends - begins
            shared = np.minimum(ended, ends) - np.maximum(began, begins)
            inside += float(np.maximum(shared, 0).sum())
    return planned - inside, worked - inside
