"""What a day asked for, per hall, kind of session and hour; what a hall's day still lacks.

Online demand of a service day are the bookings that were made for it, kept or not, and the
searches that found nothing; walk-in demand are the tickets without a booking. Searches know
no hour: they are shared out over the hours as the online quota was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import ExtractHour, Greatest

from appointments.models import Booking, UnmetDemand
from config import civil
from queues.models import Ticket
from windows.models import Hall, HallSession, Slot

Key = tuple[int, str, int]  # hall, kind of session, hour on the hall's wall
ALL_WALK_IN = HallSession.Kind.STUDENT


@dataclass
class HourDemand:
    """People who asked in one hour, and the window-minutes that they asked for."""

    online: int = 0
    walk_in: int = 0
    unmet: float = 0.0
    online_minutes: float = 0.0
    walk_in_minutes: float = 0.0

    @property
    def people(self) -> float:
        return self.online + self.walk_in + self.unmet

    @property
    def walk_in_share(self) -> float:
        """Which part of the minutes walk-ins asked for, 0 to 1."""
        asked = self.online_minutes + self.walk_in_minutes
        return self.walk_in_minutes / asked if asked else 0.0


def demand_of(day: date) -> dict[Key, HourDemand]:
    """The demand of a service day in all halls; four queries."""
    found: dict[Key, HourDemand] = defaultdict(HourDemand)
    for row in _booked(day):
        one = found[row["hall"], row["kind"], row["hour"]]
        one.online, one.online_minutes = row["people"], row["asked"]
    for row in _walked_in(day):
        one = found[row["hall"], row["kind"], row["hour"]]
        one.walk_in, one.walk_in_minutes = row["people"], row["asked"]
    _add_unmet(found, day)
    return dict(found)


def _booked(day: date) -> Iterable[Mapping[str, Any]]:
    online = [Booking.Channel.ONLINE, Booking.Channel.RESERVED]
    booked = Booking.objects.filter(service_day=day, channel__in=online)
    made = booked.exclude(state=Booking.State.EXPIRED)
    return (
        made.annotate(hour=ExtractHour("slot__starts_at", tzinfo=civil.CITY))
        .values("hall", "hour", kind=F("slot__session__kind"))
        .annotate(people=Count("pk"), asked=Sum("minutes"))
        .order_by("hall")
    )


def _walked_in(day: date) -> Iterable[Mapping[str, Any]]:
    """Who came before the doors opened counts in the first hour."""
    came = Ticket.objects.filter(service_day=day, source=Ticket.Source.WALK_IN)
    at = Greatest("issued_at", "session__starts_at")
    return (
        came.annotate(hour=ExtractHour(at, tzinfo=civil.CITY))
        .values("hall", "hour", kind=F("session__kind"))
        .annotate(people=Count("pk"), asked=Sum("matter__minutes"))
        .order_by("hall")
    )


def _add_unmet(found: dict[Key, HourDemand], day: date) -> None:
    shares: dict[int, dict[Key, int]] = defaultdict(dict)
    for row in _online_quotas(day):
        shares[row["hall"]][row["hall"], row["kind"], row["hour"]] = row["quota"]
    for row in unmet_of(day):
        total = sum(shares[row["hall"]].values())
        for key, quota in shares[row["hall"]].items():
            one = found[key]
            one.unmet += row["people"] * quota / total
            one.online_minutes += row["asked"] * quota / total


def _online_quotas(day: date) -> Iterable[Mapping[str, Any]]:
    offered = Slot.objects.filter(service_day=day, online_quota__gt=0)
    return (
        offered.annotate(hour=ExtractHour("starts_at", tzinfo=civil.CITY))
        .values("hall", "hour", kind=F("session__kind"))
        .annotate(quota=Sum("online_quota"))
        .order_by("hall")
    )


def unmet_of(day: date) -> Iterable[Mapping[str, Any]]:
    """Per hall: people who looked for that day in vain, and the minutes they wanted."""
    wanted = UnmetDemand.objects.filter(service_day=day).values("hall")
    asked = Sum(F("count") * F("matter__minutes"))
    return wanted.annotate(people=Sum("count"), asked=asked).order_by("hall")


@dataclass(frozen=True)
class Waiting:
    """What a hall's day lacks before another session is opened."""

    unmet: int
    unmet_minutes: int
    usual_unmet: float
    online_quota: int
    online_taken: int
    sessions: list[HallSession] = field(default_factory=list)

    @property
    def fill(self) -> int | None:
        """Percent of the day's online minutes that are booked; None without any."""
        return round(100 * self.online_taken / self.online_quota) if self.online_quota else None

    @property
    def online_free(self) -> int:
        return self.online_quota - self.online_taken


def waiting_for(*, hall: Hall, day: date) -> Waiting:
    """Who found no place on that day, on such weekdays, and how full the day is."""
    before = [day - timedelta(weeks=weeks) for weeks in (1, 2, 3, 4)]
    counted: dict[date, tuple[int, int]] = {
        row["service_day"]: (row["people"], row["asked"])
        for row in UnmetDemand.objects.filter(hall=hall, service_day__in=[day, *before])
        .values("service_day")
        .annotate(people=Sum("count"), asked=Sum(F("count") * F("matter__minutes")))
        .order_by("service_day")
    }
    people, minutes = counted.pop(day, (0, 0))
    slots = Slot.objects.filter(hall=hall, service_day=day, is_open=True)
    booked = slots.aggregate(quota=Sum("online_quota"), taken=Sum("online_taken"))
    sessions = HallSession.objects.filter(hall=hall, service_day=day, state="open")
    return Waiting(
        unmet=people,
        unmet_minutes=minutes,
        usual_unmet=sum(people for people, _minutes in counted.values()) / len(before),
        online_quota=booked["quota"] or 0,
        online_taken=booked["taken"] or 0,
        sessions=list(sessions.order_by("starts_at", "pk")),
    )
