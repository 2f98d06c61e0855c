"""What the picker shows: halls, days and times that can be booked, and what else is possible.

All numbers come from `offering`: a day shown free is bookable. Nothing here counts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext, ngettext, pgettext

from appointments import saying
from appointments.offering import HallDay, OfferedSlot, availability, last_day, slots_of
from config import civil
from windows.models import Hall, Matter, Slot

TWO_WEEKS = 14
ALL_DAYS = 370  # offering stops at the last day that can be booked
EVENING_KINDS = {"night", "late"}
SHOWS = ("all", "evenings", "weekends", "earliest")


@dataclass(frozen=True)
class Wish:
    """What was asked of the picker, all from the address; strange values mean "not asked"."""

    base: str
    secret: str = ""
    people: int = 1
    hall: str = ""
    day: date | None = None
    show: str = "all"
    near: str = ""
    also: tuple[str, ...] = ()  # codes of further matters of the same visit

    def link(self, **changes: Any) -> str:
        """The address of the picker with some of it changed."""
        wish = replace(self, **changes)
        asked = {
            "k": wish.secret,
            "people": wish.people if wish.people > 1 else "",
            "hall": wish.hall,
            "day": wish.day.isoformat() if wish.day else "",
            "show": wish.show if wish.show != "all" else "",
            "near": wish.near,
            "also": wish.also,
        }
        query = urlencode({name: value for name, value in asked.items() if value}, doseq=True)
        return f"{wish.base}?{query}" if query else wish.base


def wish_of(query: QueryDict, *, base: str, most_people: int, secret: str = "") -> Wish:
    people = query.get("people", "")[:3]
    show = query.get("show", "all")
    try:
        day = parse_date(query.get("day", ""))
    except ValueError:
        day = None
    return Wish(
        base=base,
        secret=secret,
        people=min(max(int(people), 1), most_people) if re.fullmatch("[0-9]+", people) else 1,
        hall=query.get("hall", "")[:12].replace("\x00", ""),
        day=day,
        show=show if show in SHOWS else "all",
        near=query.get("near", "")[:40].replace("\x00", "").strip(),
        also=tuple(code for code in query.getlist("also")[:9] if re.fullmatch(r"\w{1,20}", code)),
    )


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
    day: date | None
    heading: str
    times: tuple[Times, ...]
    places: int
    any_free: bool
    any_night: bool
    walk_in_only: bool
    release: str


def shown(offered: Iterable[HallDay], wish: Wish) -> list[HallDay]:
    """The days that the filter lets through."""
    days = list(offered)
    if wish.show == "evenings":
        return [one for one in days if EVENING_KINDS & set(one.kinds)]
    if wish.show == "weekends":
        return [one for one in days if one.service_day.weekday() >= 5]
    return days


def picker(*, matter: Matter, hall: Hall, wish: Wish, now: datetime, chosen: int = 0) -> Picker:
    """The days of one hall and the times of one of them."""
    today = civil.city_date(now)
    offered = availability(
        matter=matter,
        first=today - timedelta(days=1),  # last night's session may still be running
        days=ALL_DAYS,
        hall=hall,
        people=wish.people,
        now=now,
    )
    slots: dict[date, list[OfferedSlot]] = {}
    open_days = {one.service_day: one for one in shown(offered, wish)}
    if wish.show == "evenings":
        for service_day in open_days:
            slots[service_day] = _evening(_slots(matter, hall, service_day, wish, now))
        open_days = {
            day: replace(one, places=sum(slot.places for slot in slots[day]))
            for day, one in open_days.items()
        }
    free = sorted(day for day, one in open_days.items() if one.places > 0)
    day = wish.day if wish.day and wish.show != "earliest" else (free[0] if free else wish.day)
    if day and day not in slots:
        slots[day] = _slots(matter, hall, day, wish, now) if day in open_days else []
    times = slots[day] if day else []
    if wish.show == "earliest" and not chosen:
        chosen = next((slot.id for slot in times if slot.places > 0), 0)
    places = open_days[day].places if day in open_days else 0
    return Picker(
        hall=hall,
        days=tuple(_day(one, open_days.get(one), day, wish) for one in _span(now, open_days)),
        chips=chips(wish),
        day=day,
        heading=_heading(day, open_days.get(day) if day else None),
        times=tuple(_by_date(times, day, chosen)) if day else (),
        places=places,
        any_free=bool(free),
        any_night=any("night" in one.kinds for one in open_days.values()),
        walk_in_only=bool(day in open_days and not open_days[day].online),
        release=next_release(hall=hall, now=now),
    )


def _span(now: datetime, open_days: Mapping[date, HallDay]) -> list[date]:
    """The days of the strip: two weeks from today, or from tomorrow when today is over."""
    today, last = civil.city_date(now), last_day(now)
    first = min([today + timedelta(days=1), *(day for day in open_days if day <= today)])
    two_weeks = first + timedelta(days=TWO_WEEKS - 1)
    free_before = any(one.places for day, one in open_days.items() if day <= two_weeks)
    until = min(last, two_weeks) if free_before else last
    return [first + timedelta(days=ahead) for ahead in range((until - first).days + 1)]


def _slots(matter: Matter, hall: Hall, day: date, wish: Wish, now: datetime) -> list[OfferedSlot]:
    return list(slots_of(hall=hall, matter=matter, day=day, people=wish.people, now=now))


def _evening(slots: list[OfferedSlot]) -> list[OfferedSlot]:
    return [slot for slot in slots if slot.kind in EVENING_KINDS]


def _heading(day: date | None, offered: HallDay | None) -> str:
    if day is None:
        return ""
    facts = {"day": saying.long_day(day), "n": offered.places if offered else 0}
    if offered is None:
        return gettext("%(day)s: closed") % facts
    if not offered.online:
        return gettext("%(day)s: come without a booking") % facts
    if offered.places <= 0:
        return gettext("%(day)s: full") % facts
    left = offered.places
    return ngettext("%(day)s: %(n)s place left", "%(day)s: %(n)s places left", left) % facts


def _day(day: date, offered: HallDay | None, selected: date | None, wish: Wish) -> Day:
    night = bool(offered and "night" in offered.kinds)
    if offered is None:
        words, level = pgettext("day", "Closed"), "closed"
    elif not offered.online:
        words, level = pgettext("day", "No booking needed"), "full"
    else:
        words = saying.places_left(offered.places)
        level = saying.level(offered.places, saying.FEW_A_DAY)
    return Day(
        day=day,
        weekday=saying.short_weekday(day),
        number=str(day.day),
        places=words,
        level=level,
        night=night,
        label=saying.long_day(day),
        href=wish.link(day=day, show="all" if wish.show == "earliest" else wish.show),
        selected=day == selected,
    )


def _by_date(slots: list[OfferedSlot], day: date, chosen: int) -> Iterable[Times]:
    dates = sorted({civil.city_date(slot.starts_at) for slot in slots})
    for on in dates:
        heading = ""
        if on != day:
            heading = gettext("After midnight: %(day)s") % {"day": saying.long_day(on)}
        those = [slot for slot in slots if civil.city_date(slot.starts_at) == on]
        yield Times(heading, tuple(_time(slot, slot.id == chosen) for slot in those))


def _time(slot: OfferedSlot, checked: bool) -> Time:
    places = saying.places_left(slot.places)
    return Time(
        slot=slot.id,
        at=saying.clock(slot.starts_at),
        places=places,
        level=saying.level(slot.places, saying.FEW_AT_A_TIME),
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


def next_release(*, hall: Hall, now: datetime) -> str:
    """When places are released next, in words; empty when nothing is planned."""
    slot = (
        Slot.objects.filter(hall=hall, is_open=True, booking_opens_at__gt=now, online_quota__gt=0)
        .order_by("booking_opens_at", "starts_at", "pk")
        .values_list("booking_opens_at", "service_day")
        .first()
    )
    if slot is None:
        return ""
    facts = {"when": saying.when(slot[0]), "day": saying.long_day(slot[1])}
    return gettext("On %(when)s the places of %(day)s are released.") % facts
