"""Where the next extra session would help most, and why; and which session runs empty.

From the forecast against the places on offer; where it sees no need, or there is none, from
who searched in vain for the coming days and from how such weekdays of the last weeks were.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.advised.reading import NightAdvice, effect_told, helps
from appointments.advised.wording import cut_page, night_words, numbers_words, open_page
from appointments.foreseeing_need import Empty, Foreseen, Need
from appointments.models import SessionAdvice
from appointments.overseeing import SATURDAY, Cell, City, HallRow, Limits, Usual
from config import civil
from windows.kinds import USUAL
from windows.models import Hall, HallSession

ADVISED = 4
NOTHING, NOTHING_TOLD = Foreseen(), NightAdvice()
Kind = HallSession.Kind


@dataclass(frozen=True)
class Advice:
    """A session that nobody has opened yet, the day that asks for it, and what it takes; `told`:
    what the night said of it."""

    hall: Hall
    is_mine: bool
    asked: Cell
    usual: Usual
    kind: str
    starts_at: datetime
    ends_at: datetime
    windows: int
    limits: Limits
    need: Need | None = None
    told: SessionAdvice | None = None

    @property
    def people(self) -> int:
        """Who finds no place on the day that asks: by the forecast, already, or as is usual."""
        if self.need:
            return self.need.helped(self.windows)[1]
        return max(self.asked.unmet, round(self.usual.unmet))

    @property
    def day(self) -> str:
        return saying.short_day(civil.city_date(self.starts_at))

    @property
    def hours(self) -> str:
        return saying.hours(self.starts_at, self.ends_at)

    @property
    def takes(self) -> str:
        """How many windows and staff hours: one clerk at each window."""
        windows = ngettext("%(n)s window", "%(n)s windows", self.windows) % {"n": self.windows}
        hours = (self.ends_at - self.starts_at).total_seconds() / 3600 * self.windows
        return f"{windows} · {saying.staff_hours_words(hours)}"

    @property
    def address(self) -> str:
        """The page that opens the session, filled in."""
        numbers = self.told.numbers if self.told else ()
        return open_page(self.hall.code, self.starts_at, self.ends_at, self.kind, numbers)

    @property
    def numbers(self) -> str:
        """Which windows; empty: any that are free."""
        return numbers_words(self.told.numbers) if self.told else ""

    @property
    def reasons(self) -> list[str]:
        """Why, in words; the day that asks is named when the session is on another one."""
        said = [need_words(self.need, self.windows)] if self.need else []
        if not self.need and self.asked.day != civil.city_date(self.starts_at):
            said.append(
                _("%(day)s has no room for another session")
                % {"day": saying.short_day(self.asked.day)}
            )
        if unmet := self.asked.unmet:
            words = ngettext("%(n)s search in vain", "%(n)s searches in vain", unmet)
            said.append(words % {"n": unmet})
        if usual := round(self.usual.unmet):
            words = ngettext(
                "%(n)s in vain on such a weekday, on average of four weeks",
                "%(n)s in vain on such a weekday, on average of four weeks",
                usual,
            )
            said.append(words % {"n": usual})
        if self.asked.quota:
            said.append(_("%(fill)s%% booked") % {"fill": self.asked.fill})
        if self.usual.fill >= self.limits.full:
            said.append(_("such weekdays end %(fill)s%% booked") % {"fill": self.usual.fill})
        return said

    @property
    def effects(self) -> list[str]:
        """What the session changes, a sentence each; empty without a forecast."""
        if self.told:
            return night_words(self.told)
        if self.need is None:
            return []
        low, n, high = self.need.helped(self.windows)
        words = ngettext(
            "%(n)s person fewer without a place (nine in ten such days: %(low)s to %(high)s)",
            "%(n)s people fewer without a place (nine in ten such days: %(low)s to %(high)s)",
            n,
        )
        return [words % {"n": n, "low": low, "high": high}]


def need_words(need: Need, windows: int) -> str:
    """Thu 4 Mar 18-20 h: 38 expected, 30 places: open one window."""
    words = ngettext(
        "%(day)s %(first)s-%(last)s h: %(expected)s expected, %(places)s places: open %(n)s window",
        "%(day)s %(first)s-%(last)s h: %(expected)s expected, %(places)s places: open %(n)s"
        " windows",
        windows,
    )
    return words % {
        "day": saying.short_day(need.day),
        "first": need.first_hour % 24,
        "last": (need.ends_hour - 1) % 24 + 1,
        "expected": need.expected,
        "places": need.places,
        "n": windows,
    }


@dataclass(frozen=True)
class Idle:
    """A session that is expected to be mostly empty, in its hall."""

    hall: Hall
    is_mine: bool
    empty: Empty
    told: SessionAdvice | None = None

    @property
    def address(self) -> str:
        """The page that changes it; filled in where the night has said which windows close."""
        return cut_page(self.empty.session, self.told.numbers if self.told else ())

    @property
    def remedy(self) -> str:
        """Which windows can close, and what that frees."""
        if self.told is None:
            return _("Cut or move it.")
        words = ngettext(
            "Closing %(windows)s frees %(hours)s staff hour for elsewhere.",
            "Closing %(windows)s frees %(hours)s staff hours for elsewhere.",
            1 if self.told.staff_hours == 1 else 2,
        )
        hours = saying.short_number(self.told.staff_hours)
        return words % {"windows": numbers_words(self.told.numbers), "hours": hours}

    @property
    def effects(self) -> list[str]:
        return night_words(self.told) if self.told else []

    @property
    def day(self) -> str:
        return saying.short_day(self.empty.day)

    @property
    def hours(self) -> str:
        return saying.hours(self.empty.starts_at, self.empty.ends_at)


def idle_sessions(city: City, foreseen: Foreseen, told: NightAdvice = NOTHING_TOLD) -> list[Idle]:
    """The emptiest sessions of the coming days."""
    rows = {row.hall.pk: row for row in city.rows}
    return [
        Idle(row.hall, row.is_mine, one, told.of_empty(one))
        for one in foreseen.empty
        if (row := rows.get(one.hall_id))
    ][:ADVISED]


def advise(
    city: City, *, now: datetime, foreseen: Foreseen = NOTHING, told: NightAdvice = NOTHING_TOLD
) -> list[Advice]:
    """The halls and hours that would help most people; each hall once. What the night has
    played and found to be no help is not advised."""
    best = []
    for row in city.rows:
        if expected := _by_forecast(row, foreseen, told, now):
            best.append(expected)
            continue
        asking = sorted((cell for cell in row.cells if _asks(row, cell)), key=_need(row))
        found = next((one for cell in asking if (one := _session_for(row, cell, now))), None)
        if found:
            best.append(found)
    best.sort(key=lambda one: (-one.people, -one.asked.fill, one.starts_at, one.hall.code))
    return best[:ADVISED]


def _by_forecast(
    row: HallRow, foreseen: Foreseen, told: NightAdvice, now: datetime
) -> Advice | None:
    """The session that helps most people, in the very hours that lack places."""
    needs = [need for need in foreseen.needs if need.hall_id == row.hall.pk]
    found = [one for need in needs if (one := _for_need(row, need, told.of_need(need), now))]
    return max(found, key=lambda one: one.people, default=None)


def _for_need(row: HallRow, need: Need, told: SessionAdvice | None, now: datetime) -> Advice | None:
    """The session that answers the need at windows that are free then; as it was played, where
    the night has. None: nobody could open it, or it would not help."""
    free = getattr(row.hall, "windows_in_use", 1) - need.staffed
    cell = next((one for one in row.cells if one.day == need.day), None)
    if cell is None or cell.is_shut or free < 1 or (told and not helps(effect_told(told))):
        return None
    midnight = civil.city_day(need.day)[0]
    starts_at = told.starts_at if told else midnight + timedelta(hours=need.first_hour)
    if starts_at < now + timedelta(minutes=row.limits.notice):
        return None
    return Advice(
        hall=row.hall,
        is_mine=row.is_mine,
        asked=cell,
        usual=row.usual[need.day.weekday()],
        kind=told.kind if told else need.kind or _kind_for(row.hall, cell)[0],
        starts_at=starts_at,
        ends_at=told.ends_at if told else midnight + timedelta(hours=need.ends_hour),
        windows=len(told.numbers) if told else min(need.windows, free),
        limits=row.limits,
        need=need,
        told=told,
    )


def _asks(row: HallRow, cell: Cell) -> bool:
    """Whether enough people find no place, or the day is full or always gets full."""
    usual, limits = row.usual[cell.day.weekday()], row.limits
    searched = max(cell.unmet, usual.unmet) >= limits.searches
    return searched or max(cell.fill, usual.fill) >= limits.full


def _need(row: HallRow) -> Callable[[Cell], tuple[float, int]]:
    """The greatest need first."""

    def key(cell: Cell) -> tuple[float, int]:
        usual = row.usual[cell.day.weekday()]
        return -max(cell.unmet, usual.unmet), -cell.fill

    return key


def _session_for(row: HallRow, asked: Cell, now: datetime) -> Advice | None:
    """A session on the day that asks, else on the nearest day that has room for one; people
    have to hear of it, and somebody to come and open."""
    earliest = now + timedelta(minutes=row.limits.notice)
    for cell in sorted(row.cells, key=lambda one: abs(one.day - asked.day)):
        kind, (opens, closes) = _kind_for(row.hall, cell)
        starts_at, ends_at = civil.session_hours(cell.day, opens, closes)
        taken = any(a < ends_at and starts_at < b for a, b in cell.spans)
        if not taken and starts_at >= earliest:
            return Advice(
                hall=row.hall,
                is_mine=row.is_mine,
                asked=asked,
                usual=row.usual[asked.day.weekday()],
                kind=kind,
                starts_at=starts_at,
                ends_at=ends_at,
                windows=getattr(row.hall, "windows_in_use", 1),
                limits=row.limits,
            )
    return None


def _kind_for(hall: Hall, cell: Cell) -> tuple[str, tuple[time, time]]:
    """An evening; on a Saturday or Sunday without anything, a day. Its hours are those that
    the hall or the city has set for the kind."""
    by_day = cell.is_closed and cell.day.weekday() >= SATURDAY
    kind = Kind.WEEKEND if by_day else Kind.NIGHT
    set_here = getattr(hall, f"{kind}_opens", None), getattr(hall, f"{kind}_closes", None)
    usual = USUAL[kind]["opens"], USUAL[kind]["closes"]
    return kind, (set_here[0] or usual[0], set_here[1] or usual[1])
