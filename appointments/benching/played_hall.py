"""A hall that is known through and through, to see what its estimates are worth.

Six windows that serve different matters at different speeds, walk-ins and bookings with
the calling rule of `queues`, breaks, a window that closes early, people who do not come or
do not answer. Nothing of what drives it is told to the estimates: they learn from the days
before, as in a real hall. No database.
"""

import heapq
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from queues.estimating import foresee_line
from queues.lining_up import Break, ComingWindow, Expected, Line, OpenWindow, Waiting
from queues.pacing import Pacing, Stays, pacing_from
from queues.predicting import THUMB_MOST, Told, pinball

OPENS = datetime(2027, 3, 1, 1, 0, tzinfo=UTC)  # 9 o'clock
MINUTES, PATIENCE, HALF_HOUR = 480.0, 20.0, 30.0
OWN = {1: 6, 2: 3, 3: 12}  # what the matters' own pages say
REALLY = {1: 7.0, 2: 2.6, 3: 15.0}  # what they take here
MIX = (0.55, 0.25, 0.2)
SERVES = [{1, 2}, {1, 2}, {1}, {1, 3}, {1, 3}, {1, 2, 3}]
SPEED = [1.0, 0.8, 1.25, 1.0, 1.15, 0.9]
BREAKS = {0: (150, 180), 1: (180, 210), 2: (180, 210), 3: (210, 240), 4: (240, 270)}
CLOSES = {5: 420.0}
RATE = [0.45, 0.7, 0.6, 0.3, 0.35, 0.55, 0.45, 0.25]  # walk-ins a minute, by hour
BOOKED = 8  # people in a half hour
COMES, MISSED, SPREAD = 0.85, 0.05, 0.5


@dataclass(order=True)
class Visit:
    rank: float
    number: int
    at: float = field(compare=False)
    matter: int = field(compare=False)
    booked: float | None = field(compare=False, default=None)
    called: float = field(compare=False, default=np.inf)

    def waiting(self) -> Waiting:
        source = "walk_in" if self.booked is None else "booking"
        return Waiting(self.number, self.matter, clock(self.rank), clock(self.at), source)


def clock(minutes: float) -> datetime:
    return OPENS + timedelta(minutes=minutes)


@dataclass
class Day:
    """One day, played; `asked` is told the line at each number that is given."""

    luck: np.random.Generator
    asked: Callable[["Day", Visit], None] | None = None
    now: float = 0.0
    line: list[Visit] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    coming: list[Visit] = field(default_factory=list)
    at_window: dict[int, tuple[Visit, float]] = field(default_factory=dict)
    resting: set[int] = field(default_factory=set)
    idle: set[int] = field(default_factory=set)
    stays: list[tuple[int, int, int, float, bool]] = field(default_factory=list)

    def play(self) -> "Day":
        self.coming = sorted([*self._walk_ins(), *self._booked()], key=lambda one: one.at)
        events = [(one.at, 0, n) for n, one in enumerate(self.coming)]
        events += [(0.0, 1, window) for window in range(len(SERVES))]
        heapq.heapify(events)
        while events:
            self.now, kind, which = heapq.heappop(events)
            if kind == 0:
                self._arrive(self.coming[which], which)
            else:
                self._free(which)
            for window in sorted(self.idle):
                if again := self._call(window):
                    heapq.heappush(events, (again, 1, window))
        return self

    def _walk_ins(self) -> Iterator[Visit]:
        at = 0.0
        while True:
            at += self.luck.exponential(1 / RATE[min(7, int(at // 60))])
            if at >= MINUTES - 10:
                return
            yield Visit(at + PATIENCE, 0, at, self._matter())

    def _booked(self) -> Iterator[Visit]:
        for slot in np.arange(0, MINUTES - 30, HALF_HOUR):
            for _ in range(BOOKED):
                at = slot - self.luck.triangular(-8, 6, 25)
                comes = self.luck.random() < COMES and at > 0
                matter = self._matter()
                yield Visit(slot, 0, at if comes else np.inf, matter, booked=slot)

    def _matter(self) -> int:
        return int(self.luck.choice(list(OWN), p=MIX))

    def _arrive(self, visit: Visit, which: int) -> None:
        if np.isinf(visit.at):
            return
        visit.number = which + 1
        insort(self.line, visit)
        if self.asked:
            self.asked(self, visit)
        self.visits.append(visit)

    def _free(self, window: int) -> None:
        self.at_window.pop(window, None)
        self.idle.add(window)

    def _call(self, window: int) -> float | None:
        """The next one is called; returns when the window is free again."""
        if self.now >= CLOSES.get(window, np.inf):
            return None
        begins, ends = BREAKS.get(window, (np.inf, np.inf))
        if self.now >= begins and window not in self.resting:
            self.resting.add(window)
            self.idle.discard(window)
            return max(float(ends), self.now + 1)
        visit = next((one for one in self.line if one.matter in SERVES[window]), None)
        if visit is None:
            return None
        self.line.remove(visit)
        self.idle.discard(window)
        visit.called = self.now
        self.at_window[window] = visit, self.now
        missed = self.luck.random() < MISSED
        took = 1.2 if missed else self._takes(visit.matter, window)
        self.stays.append((visit.matter, window, int(9 + self.now // 60), took, missed))
        return self.now + took + self.luck.uniform(0.1, 0.6)

    def _takes(self, matter: int, window: int) -> float:
        usual = REALLY[matter] * SPEED[window] * (1.15 if self.now > 300 else 1.0)
        return float(usual * np.exp(self.luck.normal(-(SPREAD**2) / 2, SPREAD)))

    def seen(self) -> Line:
        """What the hall knows at this moment."""
        windows = [w for w in range(len(SERVES)) if w in self.at_window or w in self.idle]
        return Line(
            waiting=tuple(one.waiting() for one in self.line),
            windows=tuple(self._window(w) for w in windows if self.now < CLOSES.get(w, np.inf)),
            expected=self._expected(),
            coming=tuple(
                ComingWindow(w, frozenset(SERVES[w]), False, clock(BREAKS[w][1]))
                for w in sorted(self.resting)
                if w not in windows and self.now < BREAKS[w][1]
            ),
        )

    def _window(self, window: int) -> OpenWindow:
        visit, since = self.at_window.get(window, (None, 0.0))
        planned = BREAKS.get(window) if window not in self.resting else None
        return OpenWindow(
            number=window + 1,
            matters=frozenset(SERVES[window]),
            serving=visit.matter if visit else None,
            id=window,
            since=clock(since) if visit else None,
            ends_at=clock(CLOSES[window]) if window in CLOSES else None,
            breaks=(Break(clock(planned[0]), clock(planned[1])),) if planned else (),
        )

    def _expected(self) -> tuple[Expected, ...]:
        found: dict[tuple[float, int], int] = {}
        for one in self.coming:
            there = one.number > 0
            if one.booked is not None and not there and -15 < one.booked - self.now < 180:
                found[one.booked, one.matter] = found.get((one.booked, one.matter), 0) + 1
        return tuple(Expected(m, clock(at), n) for (at, m), n in sorted(found.items()))


def learned(days: list[Day]) -> Pacing:
    """The pacing of the hall from these days, by the product's own way of learning."""
    rows = [stay for day in days for stay in day.stays]
    matter, window, hour, minutes, missed = (np.array(column) for column in zip(*rows, strict=True))
    between = np.full(len(rows), 0.35)
    booked = [one for day in days for one in day.coming if one.booked is not None]
    came = [one for one in booked if one.number]
    return pacing_from(
        [
            {"id": pk, "code": str(pk), "name_zh": "", "name_en": "", "minutes": OWN[pk]}
            for pk in OWN
        ],
        Stays(matter, window, hour, minutes, missed.astype(bool), between),
        offsets=np.array([one.at - (one.booked or 0.0) for one in came]),
        came=(len(came), len(booked)),
    )


Spoil = Callable[[Line], Line]


def compare(pacing: Pacing, seeds: range, spoil: Spoil = lambda line: line, every: int = 1) -> Told:
    """Plays these days, estimates for everybody who takes a number (or each so-manieth),
    and tells what came."""
    rows: list[tuple[float, ...]] = []
    kept: list[tuple[Visit, tuple[float, ...]]] = []
    typical = pacing.typical

    def asked(day: Day, visit: Visit) -> None:
        if len(day.visits) % every:
            return
        line = spoil(day.seen())
        patience = int(PATIENCE)
        foreseen = foresee_line(line, pacing, now=clock(day.now), patience=patience)
        told = foreseen.of(visit.number)
        if told is None:
            return
        ahead = len(line.ahead_of(visit.matter, visit.waiting().place))
        thumb = ahead * typical / max(1, len(line.windows_for(visit.matter)))
        raw = foreseen.raw[visit.number]
        kept.append((visit, (told.half, told.most, *raw, thumb, visit.matter, day.now // 60 + 9)))

    for seed in seeds:
        kept.clear()
        Day(np.random.default_rng(seed), asked).play()
        rows += [(one.called - one.at, *told, seed) for one, told in kept if one.called < np.inf]
    waited, half, most, raw_half, raw_most, thumb, matter, hour, day = map(
        np.array, zip(*rows, strict=True)
    )
    raw = np.stack([raw_half, raw_most], axis=-1)
    return Told(waited, half, most, raw, thumb, matter, hour, day)


def figures(told: Told) -> dict[str, float]:
    """Pinball losses of ours and of the rule of thumb, and how often the ranges held for
    those who find a line."""
    there = told.where(told.raw[:, 1] > 0)
    thumb_most = THUMB_MOST * told.thumb
    return {
        "people": len(told),
        "waited": float(told.waited.mean()),
        "half": pinball(told.waited, told.half, 0.5),
        "most": pinball(told.waited, told.most, 0.9),
        "thumb_half": pinball(told.waited, told.thumb, 0.5),
        "thumb_most": pinball(told.waited, thumb_most, 0.9),
        "within_half": float(np.mean(there.waited <= there.half)),
        "within_most": float(np.mean(there.waited <= there.most)),
    }
