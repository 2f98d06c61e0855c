"""Who is lent to another hall, and what they may do there.

Lent people may sign in there for the time that was granted, a little earlier too. Who has
signed in works there until they sign out, also when the time is over meanwhile.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from config import civil
from windows.models import Hall, HelpRequest, Shift, Staff
from windows.rules import rule

State = HelpRequest.State


def is_lent(staff: Staff, hall: Hall | int, now: datetime) -> bool:
    """Whether the person may sign in there now."""
    hall_id = hall.pk if isinstance(hall, Hall) else hall
    return _granted(staff, now).filter(hall=hall_id).exists()


def halls_lent_to(staff: Staff, now: datetime) -> QuerySet[Hall]:
    """The halls in which the person may sign in as lent."""
    return Hall.objects.filter(pk__in=_granted(staff, now).values("hall"))


def _granted(staff: Staff, now: datetime) -> QuerySet[HelpRequest]:
    """Loans of the person that run now, or begin soon, in sessions that are held."""
    early = rule("help_early_minutes", hall=None, day=civil.city_date(now))
    soon = now + timedelta(minutes=early)
    mine = HelpRequest.objects.filter(lent=staff.pk, state=State.GRANTED, session__state="open")
    return mine.filter(period__startswith__lte=soon, period__endswith__gt=now)


def halls_at_work_in(staff_id: int) -> QuerySet[HelpRequest, Any]:
    """The halls (`hall`) in which the person stands at a window as somebody who was lent."""
    there = Shift.objects.filter(
        staff=staff_id,
        period__upper_inf=True,
        window__hall=OuterRef("hall"),
        period__overlap=OuterRef("period"),
    )
    states = [State.GRANTED, State.WITHDRAWN]
    lent = HelpRequest.objects.filter(lent=staff_id, state__in=states)
    return lent.filter(Exists(there)).values("hall")
