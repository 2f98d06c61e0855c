"""Which halls could help: near ones first, with how they stand now. Read only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Min, Q

from appointments.finding import kilometres
from queues.models import Ticket
from windows.models import Absence, Hall, HelpRequest, RosterEntry, Shift, Staff, StaffRole


@dataclass(frozen=True)
class Neighbour:
    """Another hall as it stands now; `free` are its clerks who are nowhere in that time."""

    hall: Hall
    km: int | None
    waiting: int
    longest: int
    staffed: int
    free: int
    is_asked: bool


def neighbours_of(
    hall: Hall, *, session_id: int, period: DateTimeTZRange, now: datetime
) -> list[Neighbour]:
    """The other open halls, the nearest first; five queries."""
    waiting = Ticket.objects.filter(state=Ticket.State.WAITING).order_by().values_list("hall")
    line = {
        pk: (count, first) for pk, count, first in waiting.annotate(Count("pk"), Min("issued_at"))
    }
    shifts = Shift.objects.filter(period__upper_inf=True).order_by().values_list("window__hall")
    staffed = dict(shifts.annotate(Count("pk")))
    free = _free(period)
    open_ones = HelpRequest.objects.filter(session=session_id, state__in=["asked", "granted"])
    asked = set(open_ones.values_list("of_hall", flat=True))
    here = f"{hall.latitude},{hall.longitude}" if hall.latitude is not None else ""
    found = []
    for other in Hall.objects.filter(is_open=True).exclude(pk=hall.pk).order_by("code"):
        count, first = line.get(other.pk, (0, now))
        km = kilometres(other, here)
        found.append(
            Neighbour(
                hall=other,
                km=None if km is None else max(1, round(km)),
                waiting=count,
                longest=max(0, int((now - first).total_seconds() // 60)),
                staffed=staffed.get(other.pk, 0),
                free=free.get(other.pk, 0),
                is_asked=other.pk in asked,
            )
        )
    return sorted(found, key=lambda one: (one.km is None, one.km, one.hall.code))


def _free(period: DateTimeTZRange) -> dict[int, int]:
    """By hall: its clerks who are planned nowhere in that time, not absent, at no window."""
    planned = RosterEntry.objects.filter(
        is_cancelled=False, session__state="open", period__overlap=period
    )
    away = Absence.objects.filter(is_cancelled=False, period__overlap=period)
    standing = Shift.objects.filter(period__upper_inf=True)
    busy = Q(pk__in=planned.values("staff")) | Q(pk__in=away.values("staff"))
    busy |= Q(pk__in=standing.values("staff"))
    people = Staff.objects.filter(is_active=True).exclude(busy)
    clerks = StaffRole.objects.filter(role=StaffRole.Role.CLERK, hall__isnull=False)
    counted = clerks.filter(staff__in=people).order_by().values_list("hall")
    return dict(counted.annotate(Count("staff", distinct=True)))
