"""What the picker shows: days and times that can be booked, and what else is possible.

All numbers come from `offering`: a day shown free is bookable. Nothing here counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext, ngettext, pgettext

from appointments import saying
from appointments.chaining import asked_also
from appointments.offering import HallDay, OfferedSlot, availability, last_day, slots_of
from appointments.release_words import Coming, coming_of_day, next_coming
from appointments.wishing import Wish
from config import civil
from windows.models import Hall, Matter
from windows.rules import rule

TWO_WEEKS = 14
ALL_DAYS = 370  # offering stops at the last day that can be booked
EVENING_KINDS = {"night", "late"}


@dataclass(frozen=True)
class Day:
    day: date
    weekday: str
    number: str
    places: str
    level: str
    night: bool
    label: str
    href: str
    selected: bool


@dataclass(frozen=True)
class Time:
    slot: int
    at: str
    places: str
    level: str
    kind: str
    checked: bool
    label: str


@dataclass(frozen=True)
class Times:
    """Times of one calendar date; those after midnight stand under the next date."""

    heading: str
    times: tuple[Time, ...]


@dataclass(frozen=True)
class Chip:
    text: str
    href: str
    selected: bool


@dataclass(frozen=True)
class Picker:
    hall: Hall
    days: tuple[Day, ...]
    chips: tuple[Chip, ...]
    views: tuple[Chip, ...]
    day: date | None
    heading: str
    times: tuple[Times, ...]
    places: int
    any_free: bool
    any_night: bool
    walk_in_only: bool
    of_day: Coming | None
    coming: tuple[Coming, ...]


def shown(offered: Iterable[HallDay], wish: Wish) -> list[HallDay]:
    """The days that the filter lets through."""
    days = list(offered)
    if wish.show == "evenings":
        return [one for one in days if EVENING_KINDS & set(one.kinds)]
    if wish.show == "weekends":
        return [one for one in days if one.service_day.weekday() >= 5]
    return days


def looked_for(matter: Matter, wish: Wish, now: datetime) -> dict[str, Any]:
    """What `offering` is asked: the matters of each person, and how many come."""
    matters = (matter, *asked_also(matter, wish.also, now))
    asked = {"matter": matter, "matters": matters, "people": wish.people, "now": now}
    return {**asked, "bookable": last_day(now)}


def few_places(now: datetime) -> int:
    return rule("few_places", hall=None, day=civil.city_date(now))


def picker(*, matter: Matter, hall: Hall, wish: Wish, now: datetime, chosen: int = 0) -> Picker:
    """The days of one hall, and the times of one of them or, in a list, of all."""
    asked = {**looked_for(matter, wish, now), "hall": hall}
    first = civil.city_date(now) - timedelta(days=1)  # last night's session may still run
    offered = shown(availability(first=first, days=ALL_DAYS, **asked), wish)
    open_days = {one.service_day: one for one in offered}
    slots: dict[date, list[OfferedSlot]] = {}
    if wish.show == "evenings" or wish.view:
        slots = _slots(open_days, wish, slots_of(day=first, days=ALL_DAYS, **asked))
        open_days = {day: _of_slots(one, slots[day]) for day, one in open_days.items()}
    free = sorted(day for day, one in open_days.items() if one.places > 0)
    day = wish.day if wish.day and wish.show != "earliest" else (free[0] if free else wish.day)
    if day in open_days and day not in slots:
        slots = _slots([day], wish, slots_of(day=day, **asked))
    few, span = few_places(now), _span(now, asked["bookable"], open_days)
    return Picker(
        hall=hall,
        days=tuple(_day(one, open_days.get(one), day, wish, few) for one in span),
        chips=chips(wish),
        views=views(wish),
        day=day,
        heading=_heading(day, open_days.get(day) if day else None, few, now),
        times=_times(slots, free, day, wish, chosen, few),
        places=open_days[day].places if day in open_days else 0,
        any_free=bool(free),
        any_night=any("night" in one.kinds for one in open_days.values()),
        walk_in_only=bool(day in open_days and not open_days[day].online),
        of_day=_coming(open_days.get(day) if day else None, now),
        coming=next_coming(asked, [hall]),
    )


def _slots(
    days: Iterable[date], wish: Wish, offered: Iterable[OfferedSlot]
) -> dict[date, list[OfferedSlot]]:
    """The slots of these days that the filter lets through."""
    found: dict[date, list[OfferedSlot]] = {day: [] for day in days}
    for slot in offered:
        evening = wish.show != "evenings" or slot.kind in EVENING_KINDS
        if slot.service_day in found and evening:
            found[slot.service_day].append(slot)
    return found


def _of_slots(day: HallDay, slots: list[OfferedSlot]) -> HallDay:
    return day._replace(places=sum(slot.places for slot in slots))


def _coming(day: HallDay | None, now: datetime) -> Coming | None:
    return coming_of_day(day, now) if day and day.opens_at else None


def _times(
    slots: Mapping[date, list[OfferedSlot]],
    free: list[date],
    day: date | None,
    wish: Wish,
    chosen: int,
    few: int,
) -> tuple[Times, ...]:
    """The times of the chosen day, or of all days that have some, under their dates."""
    if wish.view:
        open_times = [[slot for slot in slots[one] if slot.places > 0] for one in free]
        return tuple(
            part for those in open_times for part in by_date(those, None, chosen, few)
        )  # fmt: skip
    times = slots.get(day, []) if day else []
    if wish.show == "earliest" and not chosen:
        chosen = next((slot.id for slot in times if slot.places > 0), 0)
    return tuple(by_date(times, day, chosen, few))


def _span(now: datetime, last: date, open_days: Mapping[date, HallDay]) -> list[date]:
    """The days of the strip: two weeks from today, or from tomorrow when today is over."""
    today = civil.city_date(now)
    first = min([today + timedelta(days=1), *(day for day in open_days if day <= today)])
    two_weeks = first + timedelta(days=TWO_WEEKS - 1)
    free_before = any(one.places for day, one in open_days.items() if day <= two_weeks)
    until = min(last, two_weeks) if free_before else last
    return [first + timedelta(days=ahead) for ahead in range((until - first).days + 1)]


def _heading(day: date | None, offered: HallDay | None, few: int, now: datetime) -> str:
    if day is None:
        return ""
    facts: dict[str, Any] = {"day": saying.long_day(day), "n": offered.places if offered else 0}
    if offered is None:
        return gettext("%(day)s: closed") % facts
    if not offered.online:
        return gettext("%(day)s: come without a booking") % facts
    if offered.places <= 0 and offered.opens_at:
        when = saying.when_from(offered.opens_at, now)
        return gettext("%(day)s: opens %(when)s") % {**facts, "when": when}
    if offered.places <= 0:
        return gettext("%(day)s: full") % facts
    if offered.places < few:
        return gettext("%(day)s: only a few places left") % facts
    left = offered.places
    return ngettext("%(day)s: %(n)s place left", "%(day)s: %(n)s places left", left) % facts


def _day(day: date, offered: HallDay | None, selected: date | None, wish: Wish, few: int) -> Day:
    words, level = _state(offered, few)
    return Day(
        day=day,
        weekday=saying.short_weekday(day),
        number=str(day.day),
        places=words,
        level=level,
        night=bool(offered and "night" in offered.kinds),
        label=saying.long_day(day),
        href=wish.link(day=day, show="all" if wish.show == "earliest" else wish.show) + "#times",
        selected=day == selected,
    )


def _state(offered: HallDay | None, few: int) -> tuple[str, str]:
    """The words of a day's card and their level."""
    if offered is None:
        return pgettext("day", "Closed"), "closed"
    if not offered.online:
        return pgettext("day", "No booking needed"), "full"
    if offered.places <= 0 and offered.opens_at:
        by_draw = offered.release == "draw"
        return pgettext("day", "By draw") if by_draw else pgettext("day", "Later"), "later"
    return saying.places_left(offered.places, few), saying.level(offered.places, saying.FEW_A_DAY)


def by_date(slots: list[OfferedSlot], day: date | None, chosen: int, few: int) -> Iterable[Times]:
    """The times under their calendar date; the chosen day itself needs no heading."""
    dates = sorted({civil.city_date(slot.starts_at) for slot in slots})
    for on in dates:
        those = [slot for slot in slots if civil.city_date(slot.starts_at) == on]
        heading = saying.long_day(on) if on != day else ""
        if heading and on != those[0].service_day:
            heading = gettext("After midnight: %(day)s") % {"day": heading}
        yield Times(heading, tuple(_time(slot, slot.id == chosen, few) for slot in those))


def _time(slot: OfferedSlot, checked: bool, few: int) -> Time:
    words = saying.places_left(slot.places, few)
    if slot.is_later:
        words = gettext("Not open yet")
    return Time(
        slot=slot.id,
        at=saying.clock(slot.starts_at),
        places=words,
        level=saying.level(slot.places, few),
        kind=slot.kind,
        checked=checked and slot.places > 0,
        label=saying.when(slot.starts_at),
    )


def chips(wish: Wish) -> tuple[Chip, ...]:
    names = {
        "all": gettext("All times"),
        "evenings": gettext("Evenings only"),
        "weekends": gettext("Weekends only"),
        "earliest": gettext("Earliest free"),
    }
    return tuple(
        Chip(text, wish.link(show=show, day=None if show != "all" else wish.day), show == wish.show)
        for show, text in names.items()
    )


def views(wish: Wish) -> tuple[Chip, ...]:
    """The same times as a calendar or as one list."""
    names = {"": gettext("As a calendar"), "list": gettext("As a list")}
    return tuple(
        Chip(text, wish.link(view=view) + ("#times" if view else ""), view == wish.view)
        for view, text in names.items()
    )
