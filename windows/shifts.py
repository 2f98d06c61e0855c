"""Clerks at windows: sign in, pause, resume. Signing out sees tickets: queues.calling."""

from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.access import CLERK, SUPERVISOR, has_role
from windows.models import HallSession, Shift, Staff, Window


class WindowTaken(Refusal):
    code = "window_taken"
    message = _("Somebody else is signed in at this window.")


class AlreadySignedIn(Refusal):
    code = "already_signed_in"
    message = _("You are signed in at window %(number)s. Sign out there first.")


class NotSignedIn(Refusal):
    code = "not_signed_in"
    message = _("Sign in at this window first.")


def shift_of(staff: Staff) -> Shift | None:
    """The person's present shift, with its window and hall."""
    return (
        Shift.objects.filter(staff=staff, period__upper_inf=True)
        .select_related("window__hall")
        .first()
    )


def service_day_at(hall_id: int, now: datetime) -> date:
    """The service day of the session that runs now in the hall, else the city's date.

    A session counts from an hour before it opens, and until its last person was served.
    """
    session = (
        HallSession.objects.filter(hall_id=hall_id, state="open", starts_at__lte=now)
        .filter(closed_at__isnull=True, ends_at__gt=now)
        .order_by("-starts_at", "pk")
        .first()
    )
    return session.service_day if session else civil.city_date(now)


@transaction.atomic
def sign_in(*, staff: Staff, window: Window, now: datetime) -> Shift:
    """The clerk stands at the window from now on; signing in twice there changes nothing.

    Refuses: WindowTaken, AlreadySignedIn. Raises NotFound for another hall's window.
    """
    if not has_role(staff, window.hall_id, CLERK, SUPERVISOR) or not window.is_in_use:
        raise NotFound
    # One at a time per clerk and per window: two inserts that exclude each other would
    # otherwise wait for each other.
    list(Staff.objects.select_for_update(no_key=True).filter(pk=staff.pk).values_list("pk"))
    list(Window.objects.select_for_update(no_key=True).filter(pk=window.pk).values_list("pk"))
    present = shift_of(staff)
    if present and present.window_id == window.pk:
        return present
    if present:
        raise AlreadySignedIn(number=present.window.number)
    refusals = {"shift_one_clerk_at_a_window": WindowTaken, "shift_clerk_in_one_place": WindowTaken}
    with refusing(refusals):
        return Shift.objects.create(
            staff=staff,
            window=window,
            service_day=service_day_at(window.hall_id, now),
            period=DateTimeTZRange(now, None),
        )


def _set_paused(staff: Staff, paused: bool) -> Shift:
    shift = shift_of(staff)
    if shift is None:
        raise NotSignedIn
    Shift.objects.filter(pk=shift.pk).update(is_paused=paused)
    shift.is_paused = paused
    return shift


def pause(*, staff: Staff, now: datetime) -> Shift:
    """The window calls nobody until it is resumed. Refuses: NotSignedIn."""
    return _set_paused(staff, True)


def resume(*, staff: Staff, now: datetime) -> Shift:
    """The window calls again. Refuses: NotSignedIn."""
    return _set_paused(staff, False)
