"""What was known of a line when somebody joined it, as numbers that a wait can be learned from.

Strictly of before: tickets that joined earlier (or in the same minute with a lower number), and
calls of earlier minutes. Minutes are all that many files know, so what happened in the very
minute of joining counts as not known yet; only the counts that the ticket itself carries
(`open_windows`, `waiting_at_join`) are of that minute. Nothing here reads a ticket's own call.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from queues.replay_file import Joined

Floats = NDArray[np.float64]
UNKNOWN = float("nan")

FEATURES = (
    "waiting", "windows", "in_line", "same_minute", "place", "more_than_told", "each_window",
    "minute_of_day", "weekday", "since_first", "joined_before",
    "last_call", "last_join", "calls_10", "calls_20", "calls_30", "calls_60", "calls_120",
    "joins_10", "joins_30", "joins_60",
    "wait_1", "wait_3", "wait_8", "pace_1", "pace_3", "pace_8", "pace_today", "worst_5", "best_5",
    "oldest", "called_until", "mean_age", "waiting_more", "waiting_lately",
    "windows_more", "windows_lately", "took_3", "took_6", "took_12", "took_place",
    "window_minutes", "pace_hour", "call_minutes", "longest_gap",
)  # fmt: skip
PLACE, PACE_HOUR = FEATURES.index("place"), FEATURES.index("pace_hour")


def known(tickets: Sequence[Joined]) -> Floats:
    """One row of FEATURES a ticket; tickets in order of day, queue, joining."""
    made = np.full((len(tickets), len(FEATURES)), UNKNOWN)
    row = 0
    for _day_and_queue, group in groupby(tickets, key=lambda ticket: (ticket.day, ticket.queue)):
        line = _Line(list(group))
        for place in range(len(line.tickets)):
            made[row] = line.before(place)
            row += 1
    return made


class _Line:
    """One queue's tickets of one day."""

    def __init__(self, tickets: list[Joined]) -> None:
        self.tickets = tickets
        self.at = np.array([ticket.at for ticket in tickets])
        self.called = np.array([ticket.called for ticket in tickets])
        self.waiting = np.array([ticket.waiting for ticket in tickets], float)
        self.windows = np.array([max(ticket.windows, 1) for ticket in tickets], float)

    def gone(self, place: int) -> NDArray[np.bool_]:
        """Who joined before that ticket and was called before its minute: the only look at
        calls; whoever is not gone has a call that is not known."""
        return self.called[:place] < self.at[place]

    def before(self, place: int) -> list[float]:
        """The row of FEATURES of the ticket in that place."""
        now, waiting, windows = self.at[place], self.waiting[place], self.windows[place]
        gone = self.gone(place)
        at, earlier = self.at[:place], self.at[:place] < now
        here = at[~gone]
        mine = min(waiting, len(here) + 1)
        return [
            waiting, windows, len(here), np.sum(~earlier), mine, len(here) + 1 - waiting,
            waiting / windows, now, self.tickets[place].day.weekday(), now - self.at[0], place,
            *self._rates(now, gone, at[earlier]),
            *self._waits(place, gone),
            now - here.min() if len(here) else 0,
            now - at[gone].max() if gone.any() else 0,
            np.mean(now - here) if len(here) else 0,
            *self._changes(place, earlier),
            *self._calls(now, np.sort(self.called[:place][gone]), mine, windows),
        ]  # fmt: skip

    def _rates(self, now: float, gone: NDArray[np.bool_], joined: Floats) -> list[float]:
        calls = self.called[: len(gone)][gone]
        return [
            now - calls.max() if len(calls) else UNKNOWN,
            now - joined[-1] if len(joined) else UNKNOWN,
            *(float(np.sum(calls >= now - minutes)) for minutes in (10, 20, 30, 60, 120)),
            *(float(np.sum(joined >= now - minutes)) for minutes in (10, 30, 60)),
        ]

    def _waits(self, place: int, gone: NDArray[np.bool_]) -> list[float]:
        """How long the last ones waited who were called, and per person in line."""
        if not gone.any():
            return [UNKNOWN] * 9
        order = np.argsort(self.called[:place][gone], kind="stable")
        waits = (self.called - self.at)[:place][gone][order]
        line = self.waiting[:place][gone][order]
        each = waits * self.windows[:place][gone][order] / np.maximum(line, 1)
        return [
            *(waits[-last:].mean() for last in (1, 3, 8)),
            *(each[-last:].mean() for last in (1, 3, 8)),
            waits.sum() / max(line.sum(), 1),
            waits[-5:].max(),
            waits[-5:].min(),
        ]

    def _changes(self, place: int, earlier: NDArray[np.bool_]) -> list[float]:
        """How line and windows differ from when the last ones joined."""
        waiting, windows = self.waiting[:place][earlier], self.windows[:place]
        return [
            self.waiting[place] - waiting[-1] if len(waiting) else 0,
            waiting[-10:].mean() if len(waiting) else self.waiting[place],
            self.windows[place] - windows[earlier][-1] if len(waiting) else 0,
            windows[-8:].mean() if place else self.windows[place],
        ]

    def _calls(self, now: float, calls: Floats, place: float, windows: float) -> list[float]:
        """How fast it was called; the calls are sorted."""
        span = min(60.0, max(now - self.at[0], 1.0))
        lately = np.sum(calls >= now - 60) + 1
        minutes = np.unique(calls[calls >= now - 90])
        return [
            *(_since(calls, last, now) for last in (3, 6, 12)),
            _since(calls, int(place), now),
            span * windows / lately,
            place * span / lately,
            np.sum(minutes >= now - 60),
            np.diff(minutes).max() if len(minutes) > 1 else UNKNOWN,
        ]


def _since(calls: Floats, last: int, now: float) -> float:
    """How long ago the last so many calls began."""
    return now - calls[-last] if 1 <= last <= len(calls) else UNKNOWN


def usual(past: Iterable[Joined], places: Floats) -> dict[str, tuple[float, float]]:
    """By queue: minutes that people usually wait, and minutes for each place in line; drawn
    towards all queues' where a queue has few tickets. "" is all of them."""
    sums: dict[str, Floats] = {"": np.zeros(3)}
    for ticket, place in zip(past, places, strict=True):
        facts = np.array([1.0, ticket.waited, place])
        for name in ("", ticket.queue):
            sums[name] = sums.get(name, np.zeros(3)) + facts
    count, waited, line = sums[""]
    wait, pace = waited / max(count, 1), waited / max(line, 1)
    return {
        name: ((w + 30 * wait) / (n + 30), (w + 50 * pace) / (p + 50))
        for name, (n, w, p) in sums.items()
    }


def guess(features: Floats) -> tuple[Floats, Floats]:
    """Before anything was learned: the place in line at the pace of the last hour."""
    half = np.maximum(features[:, PACE_HOUR], 0)
    return half, 2 * half + 5
