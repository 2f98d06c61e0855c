"""Finding a hall to book in: all of them, with the next day that has places."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from appointments import saying
from appointments.halls import is_near
from appointments.offering import HallDay, availability
from appointments.picking import ALL_DAYS, Wish, shown
from config import civil
from windows.models import Hall, Matter


@dataclass(frozen=True)
class HallChoice:
    name: str
    place: str
    next_free: str
    level: str
    href: str
    district: str
    first_at: datetime | None


def hall_choices(*, matter: Matter, wish: Wish, now: datetime) -> list[HallChoice]:
    """Every open hall with its next free day, nearest district names first asked for."""
    first = civil.city_date(now)
    offered = availability(matter=matter, first=first, days=ALL_DAYS, people=wish.people, now=now)
    soonest: dict[int, HallDay] = {}
    for hall_day in shown(offered, wish):
        known = soonest.get(hall_day.hall_id)
        if hall_day.places and (known is None or hall_day.service_day < known.service_day):
            soonest[hall_day.hall_id] = hall_day
    halls = Hall.objects.filter(is_open=True).order_by("district_en", "code")
    near = [hall for hall in halls if is_near(hall, wish.near)]
    choices = [_hall_choice(hall, soonest.get(hall.pk), wish) for hall in near]
    if wish.show == "earliest":
        far = datetime.max.replace(tzinfo=now.tzinfo)
        choices.sort(key=lambda choice: choice.first_at or far)
    return choices


def _hall_choice(hall: Hall, free: HallDay | None, wish: Wish) -> HallChoice:
    if free is None:
        words, level = gettext("Nothing free"), "full"
    else:
        facts = {"day": saying.short_day(free.service_day)}
        words = gettext("%(day)s: %(places)s") % {
            **facts,
            "places": saying.places_left(free.places),
        }
        level = saying.level(free.places, saying.FEW_A_DAY)
    return HallChoice(
        name=hall.name,
        place=f"{hall.district} · {hall.address}" if wish.show == "earliest" else hall.address,
        next_free=words,
        level=level,
        href=wish.link(hall=hall.code, day=None, near=""),
        district="" if wish.show == "earliest" else hall.district,
        first_at=free.first_slot_at if free else None,
    )
