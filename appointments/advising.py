"""Where the next extra session would help most, and why.

Until there is a forecast: from who searched in vain for the coming days, and from how such
weekdays of the last weeks were.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.overseeing import SATURDAY, Cell, City, HallRow, Limits, Usual
from config import civil
from windows.kinds import USUAL
from windows.models import Hall, HallSession

ADVISED = 4
Kind = HallSession.Kind


@dataclass(frozen=True)
class Advice:
    """A session that nobody has opened yet, the day that asks for it, and what it takes."""

    hall: Hall
    is_mine: bool
    asked: Cell
    usual: Usual
    kind: str
    starts_at: datetime
    ends_at: datetime
    windows: int
    limits: Limits

    @property
    def people(self) -> int:
        """Who finds no place on the day that asks: already, or as it is usual."""
        return max(self.asked.unmet, round(self.usual.unmet))

    @property
    def day(self) -> str:
        return saying.short_day(civil.city_date(self.starts_at))

    @property
    def hours(self) -> str:
        return saying.hours(self.starts_at, self.ends_at)

    @property
    def staff_hours(self) -> float:
        """One clerk at each window."""
        return (self.ends_at - self.starts_at).total_seconds() / 3600 * self.windows

    @property
    def address(self) -> str:
        """What the page that opens sessions is asked with."""
        starts, ends = civil.city_time(self.starts_at), civil.city_time(self.ends_at)
        return (
            f"hall={self.hall.code}&day={starts:%Y-%m-%d}&kind={self.kind}"
            f"&opens={starts:%H:%M}&closes={ends:%H:%M}"
        )

    @property
    def reasons(self) -> list[str]:
        """Why, in words; the day that asks is named when the session is on another one."""
        said = []
        if self.asked.day != civil.city_date(self.starts_at):
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


def advise(city: City, *, now: datetime) -> list[Advice]:
    """The halls and hours that would help most people; each hall once."""
    best = []
    for row in city.rows:
        asking = sorted((cell for cell in row.cells if _asks(row, cell)), key=_need(row))
        found = next((one for cell in asking if (one := _session_for(row, cell, now))), None)
        if found:
            best.append(found)
    best.sort(key=lambda one: (-one.people, -one.asked.fill, one.starts_at, one.hall.code))
    return best[:ADVISED]


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
