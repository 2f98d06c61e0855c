"""The facts as they are known today: a correction stands for what it corrects."""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from appointments.models import DayClosing, DemandFact

What = DemandFact.What


def facts_now(halls: Iterable[int] | None, first: date, last: date) -> QuerySet[DemandFact]:
    """Facts of these service days (both included); a correction stands for what it corrects."""
    facts = DemandFact.objects.filter(service_day__range=(first, last), corrected_by=None)
    return facts if halls is None else facts.filter(hall__in=list(halls))


def known_days(
    halls: Iterable[int] | None, first: date, last: date
) -> dict[tuple[int, date], bool]:
    """The written days of halls, and whether each was open; no demand is known of a closed one."""
    days = DayClosing.objects.filter(service_day__range=(first, last))
    if halls is not None:
        days = days.filter(hall__in=list(halls))
    return {
        (hall_id, day): was_open
        for hall_id, day, was_open in days.values_list("hall_id", "service_day", "was_open")
    }
