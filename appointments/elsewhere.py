"""Where somebody at a window can go on, and who can take the window over. Read only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from queues.models import Ticket
from windows.models import Hall, Matter, Shift, Staff, StaffRole, Window
from windows.rules import rule


@dataclass(frozen=True)
class OpenWindow:
    """A window that could go on with the person now."""

    window: Window
    clerk: str


@dataclass(frozen=True)
class Elsewhere:
    """The ways of a transfer."""

    windows: list[OpenWindow]
    matters: list[Matter]
    halls: list[Hall]


def elsewhere_for(ticket: Ticket, now: datetime) -> Elsewhere:
    """The other staffed windows for its matter, the hall's other matters, the open halls."""
    shifts = Shift.objects.filter(
        period__upper_inf=True,
        is_paused=False,
        window__hall=ticket.hall_id,
        window__is_in_use=True,
        window__matters=ticket.matter_id,
    ).exclude(window=ticket.window_id)
    shifts = shifts.select_related("window", "staff").order_by("window__number")
    matters = Matter.objects.filter(
        windows__hall=ticket.hall_id, windows__is_in_use=True, is_offered=True
    ).exclude(pk=ticket.matter_id)
    return Elsewhere(
        windows=[OpenWindow(shift.window, str(shift.staff)) for shift in shifts],
        matters=list(matters.distinct().order_by("position", "pk")),
        halls=_halls_for(ticket, now),
    )


def _halls_for(ticket: Ticket, now: datetime) -> list[Hall]:
    """The other halls that give numbers for the matter now."""
    early = rule("checkin_early_minutes", hall=None, day=ticket.service_day)
    halls = Hall.objects.filter(
        is_open=True,
        sessions__state="open",
        sessions__ends_at__gt=now,
        sessions__starts_at__lte=now + timedelta(minutes=early),
    ).exclude(pk=ticket.hall_id)
    serving = Window.objects.filter(matters=ticket.matter_id, is_in_use=True).values("hall")
    return list(halls.filter(pk__in=serving).distinct().order_by("code")[:60])


def free_colleagues(shift: Shift) -> list[Staff]:
    """The clerks and supervisors of the hall who are at no window now."""
    roles = [StaffRole.Role.CLERK, StaffRole.Role.SUPERVISOR]
    here = Q(roles__hall=shift.window.hall_id) | Q(roles__hall__isnull=True)
    busy = Shift.objects.filter(period__upper_inf=True).values("staff")
    staff = Staff.objects.filter(here, roles__role__in=roles, is_active=True)
    return list(staff.exclude(pk__in=busy).distinct().order_by("display_name", "username")[:40])
