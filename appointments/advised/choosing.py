"""Which needs a night plays, and what would answer each: a window more, or a session.

The best by people helped in a staff hour, so many of a hall and so many of the city.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from appointments.advised.kinds import kind_at
from appointments.foreseeing_empty import Empty
from appointments.foreseeing_need import Foreseen, Need
from appointments.models import SessionAdvice
from config import civil
from windows.models import Hall, HallSession, Window
from windows.planning import SessionPreview, preview_session
from windows.rules import RuleBook

Reason = SessionAdvice.Reason


@dataclass(frozen=True)
class Bounds:
    """How many advices a night plays."""

    book: RuleBook
    city: int
    today: date

    def hall(self, hall: int) -> int:
        return self.book.number("advice_plays_hall", hall, self.today)


@dataclass(frozen=True)
class More:
    """Windows that would open for a need: in the session that is open then, or in one more."""

    need: Need
    plan: SessionPreview
    session: HallSession | None

    @property
    def reason(self) -> str:
        return Reason.WINDOW if self.session else Reason.SESSION


def worth_playing(foreseen: Foreseen, bounds: Bounds) -> list[Need | Empty]:
    """The best needs, then the emptiest sessions of days that lack nothing."""
    needs = sorted(foreseen.needs, key=lambda one: (-help_an_hour(one), one.day, one.hall_id))
    busy = {(one.hall_id, one.day) for one in needs}
    empty = [one for one in foreseen.empty if (one.hall_id, one.day) not in busy]
    return list(_within((*needs, *empty), bounds))


def _within(asked: Iterable[Need | Empty], bounds: Bounds) -> Iterable[Need | Empty]:
    of_hall: Counter[int] = Counter()
    for one in asked:
        if of_hall[one.hall_id] < bounds.hall(one.hall_id) and of_hall.total() < bounds.city:
            of_hall[one.hall_id] += 1
            yield one


def help_an_hour(need: Need) -> float:
    """People fewer without a place, for each hour that a clerk comes."""
    return need.helped(need.windows)[1] / (need.windows * need.hours)


def more_for(need: Need, hall: Hall, is_workday: bool, *, now: datetime) -> More | None:
    """The windows that could open then; None: none is free, or the hours are too short by
    now. Refuses what `preview_session` refuses."""
    session = HallSession.objects.filter(pk=need.session).first() if need.session else None
    starts_at, ends_at = hours_of(need, session)
    if starts_at <= now:
        return None
    kind = session.kind if session else kind_at(need.first_hour, need.ends_hour, is_workday)
    asked: dict[str, Any] = {
        "hall": hall, "kind": kind, "day": need.day, "now": now,
        "opens": civil.city_time(starts_at).time(), "closes": civil.city_time(ends_at).time(),
    }  # fmt: skip
    free = preview_session(**asked).free
    windows = sorted(most_useful(free)[: need.windows], key=lambda one: one.number)
    if not windows:
        return None
    return More(need, preview_session(**asked, windows=windows), session)


def hours_of(need: Need, session: HallSession | None) -> tuple[datetime, datetime]:
    """The need's hours; of a session that is open then, no more than its own."""
    midnight = civil.city_day(need.day)[0]
    starts_at = midnight + timedelta(hours=need.first_hour)
    ends_at = midnight + timedelta(hours=need.ends_hour)
    if session is None:
        return starts_at, ends_at
    return max(starts_at, session.starts_at), min(ends_at, session.ends_at)


def most_useful(windows: Iterable[Window]) -> list[Window]:
    """Who serves most matters first."""
    return sorted(windows, key=lambda one: (-one.matters.count(), one.number))


def enough_windows(staffed: Mapping[int, frozenset[int]], keep: int) -> list[int]:
    """The numbers of so many windows, or of more, that serve what all of them serve; the
    lowest ones stay."""
    kept = dict(staffed)
    for number in sorted(staffed, reverse=True):
        others = [serves for other, serves in kept.items() if other != number]
        if len(kept) > keep and kept[number] <= frozenset().union(*others):
            del kept[number]
    return sorted(kept)
