"""Finding a hall to book in: all of them with the next day that has places, the first free
time of any of them, and all their evenings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from django.conf import settings
from django.utils.translation import gettext

from appointments import saying
from appointments.answering import Answers
from appointments.halls import is_near
from appointments.offering import HallDay, availability
from appointments.picking import ALL_DAYS, EVENING_KINDS, few_places, looked_for, shown
from appointments.wishing import Wish
from config import civil
from windows.models import Hall, Matter

CITY: Answers[list[HallDay]] = Answers(seconds=settings.OFFER_KEPT_SECONDS)
EARTH_KM = 6371.0
EVENING_DAYS_OPEN = 2  # the others are folded


@dataclass(frozen=True)
class HallChoice:
    name: str
    place: str
    away: str
    when: str
    next_free: str
    level: str
    href: str
    district: str
    first_at: datetime | None


@dataclass(frozen=True)
class Evening:
    name: str
    place: str
    away: str
    opens: str
    kind: str
    places: str
    level: str
    href: str


@dataclass(frozen=True)
class Evenings:
    """The free evenings of one service day, in all halls."""

    day: str
    evenings: tuple[Evening, ...]
    is_open: bool


@dataclass(frozen=True)
class Found:
    """What the search shows; `nearest` is the first free time of any of the halls."""

    choices: tuple[HallChoice, ...]
    evenings: tuple[Evenings, ...]
    nearest: HallChoice | None
    halls: tuple[Hall, ...]
    districts: tuple[str, ...]
    any_free: bool


def find(*, matter: Matter, wish: Wish, now: datetime) -> Found:
    """The halls that are meant, each with its next free day, in the order that was asked for."""
    every = list(Hall.objects.filter(is_open=True).order_by("district_en", "code"))
    halls = [hall for hall in every if is_near(hall, wish.near) and _in_district(hall, wish)]
    if wish.at:
        halls.sort(key=lambda hall: kilometres(hall, wish.at) or EARTH_KM)
    few = few_places(now)
    offered = city_days(matter=matter, wish=wish, now=now)
    soonest: dict[int, HallDay] = {}
    for day in shown(offered, wish):
        known = soonest.get(day.hall_id)
        if day.places and (known is None or day.service_day < known.service_day):
            soonest[day.hall_id] = day
    choices = [_choice(hall, soonest.get(hall.pk), wish, few) for hall in halls]
    free = [choice for choice in choices if choice.first_at]
    if wish.show == "earliest":
        choices.sort(key=_first)
    evenings = _evenings(halls, offered, wish, few) if wish.show == "evenings" else ()
    return Found(
        choices=tuple(choices),
        evenings=evenings,
        nearest=min(free, key=_first) if free else None,
        halls=tuple(halls),
        districts=tuple(dict.fromkeys(hall.district for hall in every)),
        any_free=bool(evenings) if wish.show == "evenings" else bool(free),
    )


def _first(choice: HallChoice) -> tuple[bool, datetime | None, str]:
    return choice.first_at is None, choice.first_at, choice.href


def _in_district(hall: Hall, wish: Wish) -> bool:
    return not wish.district or wish.district in (hall.district_zh, hall.district_en)


def city_days(*, matter: Matter, wish: Wish, now: datetime) -> list[HallDay]:
    """The city's next days with their places; for evenings, those of the evenings only.

    Shared for a moment by all who ask for the same party (answering.py).
    """
    asked = looked_for(matter, wish, now)
    kinds = EVENING_KINDS if wish.show == "evenings" else None
    first = civil.city_date(now) - timedelta(days=1)  # last night's session may still run
    question = (first, wish.people, bool(kinds), *(one.pk for one in asked["matters"]))
    return CITY.answer(
        question, lambda: availability(first=first, days=ALL_DAYS, kinds=kinds, **asked)
    )


def _choice(hall: Hall, free: HallDay | None, wish: Wish, few: int) -> HallChoice:
    if free is None:
        words, level = gettext("Nothing free"), "full"
    else:
        facts = {
            "day": saying.short_day(free.service_day),
            "places": saying.places_left(free.places, few),
        }
        words = gettext("%(day)s: %(places)s") % facts
        level = saying.level(free.places, saying.FEW_A_DAY)
    by_district = wish.show != "earliest" and not wish.at
    return HallChoice(
        name=hall.name,
        place=hall.address if by_district else f"{hall.district} · {hall.address}",
        away=away(hall, wish.at),
        when=saying.when(free.first_slot_at) if free and free.first_slot_at else "",
        next_free=words,
        level=level,
        href=wish.link(hall=hall.code, day=None, near="", district=""),
        district=hall.district if by_district else "",
        first_at=free.first_slot_at if free else None,
    )


def _evenings(
    halls: Sequence[Hall], offered: Iterable[HallDay], wish: Wish, few: int
) -> tuple[Evenings, ...]:
    """Every free evening of these halls, day by day, in the order of the halls."""
    by_day: dict[date, dict[int, HallDay]] = {}
    for one in offered:
        if one.places:
            by_day.setdefault(one.service_day, {})[one.hall_id] = one
    listed: list[Evenings] = []
    for day in sorted(by_day):
        free = [(hall, by_day[day][hall.pk]) for hall in halls if hall.pk in by_day[day]]
        if free:
            rows = tuple(_evening(hall, one, wish, few) for hall, one in free)
            is_open = len(listed) < EVENING_DAYS_OPEN
            listed.append(Evenings(saying.long_day(day), rows, is_open))
    return tuple(listed)


def _evening(hall: Hall, free: HallDay, wish: Wish, few: int) -> Evening:
    return Evening(
        name=hall.name,
        place=hall.district,
        away=away(hall, wish.at),
        opens=saying.clock(free.first_slot_at) if free.first_slot_at else "",
        kind=next((kind for kind in free.kinds if kind in EVENING_KINDS), ""),
        places=saying.places_left(free.places, few),
        level=saying.level(free.places, saying.FEW_A_DAY),
        href=wish.link(hall=hall.code, day=free.service_day, near="", district="") + "#times",
    )


def away(hall: Hall, at: str) -> str:
    """How far the hall is, as exactly as the rounded position allows."""
    distance = kilometres(hall, at)
    if distance is None:
        return ""
    return gettext("about %(km)s km") % {"km": max(round(distance), 1)}


def kilometres(hall: Hall, at: str) -> float | None:
    """The distance on the globe from a place such as "22.86,113.14"; None when unknown."""
    if not at or hall.latitude is None or hall.longitude is None:
        return None
    here_lat, here_lon = (radians(float(part)) for part in at.split(","))
    lat, lon = radians(float(hall.latitude)), radians(float(hall.longitude))
    half = sin((lat - here_lat) / 2) ** 2
    half += cos(lat) * cos(here_lat) * sin((lon - here_lon) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(half, 1.0)))
