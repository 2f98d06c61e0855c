"""What makes more people come, or fewer: exams, holidays, a wave of renewals.

An event is the city's, a district's or one hall's. Each says how many more people come, in
percent; what foresees demand reads it, and supervisors see it beside their plans.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal, refusing
from windows.models import DemandEvent, Hall, Matter, Staff

LONGEST_DAYS = 366


class EventBackwards(Refusal):
    code = "event_backwards"
    message = _("The last day comes before the first.")
    field = "last_day"


class EventTooLong(Refusal):
    code = "event_too_long"
    message = _("An event lasts at most a year.")
    field = "last_day"


class UpliftBeyondReason(Refusal):
    code = "event_uplift_beyond_reason"
    message = _("Enter a number from -100 (nobody comes) to 900 (ten times as many).")
    field = "uplift_percent"


class EventNowhere(Refusal):
    code = "event_nowhere"
    message = _("There is no hall in this district.")
    field = "where"


BROKEN = {"event_days_in_order": EventBackwards, "event_uplift_sensible": UpliftBeyondReason}


@dataclass(frozen=True)
class EventFacts:
    """What somebody says of an event; neither hall nor district means the whole city."""

    kind: str
    name_zh: str
    first_day: date
    last_day: date
    uplift_percent: int
    name_en: str = ""
    audience_zh: str = ""
    audience_en: str = ""
    hall: Hall | None = None
    district: str = ""
    matters: tuple[Matter, ...] = ()


def write_event(
    facts: EventFacts, *, pk: int | None = None, by: Staff | None, now: datetime
) -> DemandEvent:
    """The event stands as told: a new one, or the one with that key changed.

    Refuses: EventBackwards, EventTooLong, UpliftBeyondReason, EventNowhere. Raises NotFound
    for an event that is gone.
    """
    if facts.last_day - facts.first_day >= timedelta(days=LONGEST_DAYS):
        raise EventTooLong
    if facts.last_day < facts.first_day:
        raise EventBackwards
    if facts.district and not Hall.objects.filter(district_zh=facts.district).exists():
        raise EventNowhere
    told = {name: value for name, value in vars(facts).items() if name != "matters"}
    with transaction.atomic(), refusing(BROKEN):
        if pk is None:
            event = DemandEvent.objects.create(**told, made_by=by, made_at=now)
        else:
            said = {**told, "made_by": by, "made_at": now}
            if not DemandEvent.objects.filter(pk=pk).update(**said):
                raise NotFound
            event = DemandEvent.objects.get(pk=pk)
        event.matters.set(facts.matters)
    return event


def remove_event(*, pk: int) -> bool:
    """The event is gone; whether it was there."""
    gone, _of = DemandEvent.objects.filter(pk=pk).delete()
    return gone > 0


def touching(hall: Hall) -> Q:
    """Events that reach the hall: its own, its district's and the city's."""
    of_district = Q(hall__isnull=True, district__in=["", hall.district_zh])
    return Q(hall=hall) | of_district


def events_between(first: date, last: date) -> QuerySet[DemandEvent]:
    """Events with a day from `first` to `last`, in their order."""
    rows = DemandEvent.objects.filter(first_day__lte=last, last_day__gte=first)
    return rows.select_related("hall", "made_by").order_by("first_day", "last_day", "pk")


def events_on(*, hall: Hall, day: date) -> list[DemandEvent]:
    """The events that reach the hall on that day."""
    return list(events_between(day, day).filter(touching(hall)))
