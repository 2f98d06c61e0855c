"""A day that was, played again: the real people and windows, and services drawn anew.

Who came when, with which rank, and who stood at which window is taken from the journal;
how long each service takes is drawn from what the days before say. So what differs from
the real waits is what the twin does not know: how good it is can be read from it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from math import inf

import numpy as np
from django.db.models import Min, Q
from django.utils.translation import gettext_lazy as _

from appointments.twin.day import Floats, TwinWindow
from appointments.twin.line import Comer, play_line
from appointments.twin.reading import NoSessionThen, made_windows, minutes_of
from config import civil
from config.refusals import Refusal
from queues.models import Ticket
from queues.pacing import Pacing, learn
from windows.models import Break, Hall, HallSession, SessionWindow, Shift

A_DAY = 1440.0


class NobodyCame(Refusal):
    code = "nobody_came"
    message = _("Nobody had a number on that day, so there is nothing to play again.")


class DayNotOver(Refusal):
    code = "day_not_over"
    message = _("That day is not over yet: only a past day can be played again.")


@dataclass(frozen=True)
class Replayed:
    """The real waits of who was called, and those of each run; minutes."""

    hall: Hall
    day: date
    people: int
    really_called: int
    really: Floats
    waits: Floats  # run, person; infinite: never called
    windows: int
    staffed_as_planned: bool  # nobody signed in: the plan's windows were taken

    def real(self, level: float) -> float:
        return float(np.quantile(self.really, level)) if len(self.really) else float("nan")

    def played(self, level: float) -> Floats:
        """The same of each run."""
        called = np.where(np.isfinite(self.waits), self.waits, np.nan)
        return np.asarray(np.nanquantile(called, level, axis=1), dtype=float)


def replay(*, hall: Hall, day: date, now: datetime, runs: int, seed: int) -> Replayed:
    """The past day, `runs` times. Refuses: DayNotOver, NoSessionThen, NobodyCame."""
    sessions = list(HallSession.objects.filter(hall=hall, service_day=day, state="open"))
    if not sessions:
        raise NoSessionThen
    if max(one.ends_at for one in sessions) > now:
        raise DayNotOver
    tickets = list(_tickets(hall, day))
    if not tickets:
        raise NobodyCame
    pacing = learn(hall, date.fromordinal(day.toordinal() - 1))
    windows, as_planned = _windows(hall, day, sessions, pacing)
    fixed = [_Known.of(ticket, day, pacing) for ticket in tickets]
    waits = np.stack([_played(fixed, windows, seed, run) for run in range(runs)])
    really = np.array(
        [(t.called_at - t.issued_at).total_seconds() / 60 for t in tickets if t.called_at]
    )
    return Replayed(hall, day, len(tickets), len(really), really, waits, len(windows), as_planned)


def _tickets(hall: Hall, day: date):  # type: ignore[no-untyped-def]
    """In order of arrival; `left_at`: gave up before the first call."""
    gone = Min("events__at", filter=Q(events__to_state="void"))
    tickets = Ticket.objects.of_day(hall.pk, day).annotate(left_at=gone)
    return tickets.order_by("issued_at", "pk")


def _windows(
    hall: Hall, day: date, sessions: list[HallSession], pacing: Pacing
) -> tuple[tuple[TwinWindow, ...], bool]:
    """Who really stood where, with the breaks that were taken; else the plan."""
    shifts = list(Shift.objects.filter(window__hall=hall, service_day=day))
    if not shifts:
        rows = SessionWindow.objects.filter(session__in=sessions, is_cancelled=False)
        plan = [(row.window_id, row.period, True) for row in rows]
        return made_windows(hall, plan, day, pacing), True
    closed = [one for one in shifts if one.period.upper is not None]
    staffed = [(one.window_id, one.period, False) for one in closed]
    taken = Break.objects.filter(shift__in=closed, ended_at__isnull=False)
    rests: dict[int, list[tuple[float, float]]] = {}
    for window, began, ended in taken.values_list("shift__window", "began_at", "ended_at"):
        rests.setdefault(window, []).append(
            (minutes_of(day, began), minutes_of(day, ended or began))
        )
    return made_windows(hall, staffed, day, pacing, rests=rests), False


def _played(fixed: list["_Known"], windows: tuple[TwinWindow, ...], seed: int, run: int) -> Floats:
    luck = np.random.default_rng([seed, run]).random(len(fixed))
    people = [one.with_luck(chance) for one, chance in zip(fixed, luck.tolist(), strict=True)]
    course = play_line(people, windows)
    return np.array(course.called) - np.array([one.arrives for one in people])


@dataclass(frozen=True)
class _Known:
    """What the journal knows of a person, and quantiles of what the service may take."""

    arrives: float
    rank: float
    matter: int
    minutes: Floats
    gives_up: float
    green: bool

    @classmethod
    def of(cls, ticket: Ticket, day: date, pacing: Pacing) -> "_Known":
        pace = pacing.matters.get(ticket.matter_id)
        quantiles = pace.quantiles if pace else np.array([pacing.typical])
        hour = civil.city_time(ticket.called_at or ticket.issued_at).hour
        left = None if ticket.called_at else ticket.left_at  # type: ignore[attr-defined]
        return cls(
            arrives=minutes_of(day, ticket.issued_at),
            rank=minutes_of(day, ticket.rank_at),
            matter=ticket.matter_id,
            minutes=quantiles * pacing.hours.get(hour, 1.0),
            gives_up=minutes_of(day, left) if left else inf,
            green=bool(ticket.priority),
        )

    def with_luck(self, luck: float) -> Comer:
        minutes = float(self.minutes[int(luck * len(self.minutes))])
        return Comer(self.arrives, self.rank, self.matter, minutes, self.gives_up, self.green)
