"""Clerks at windows: sign in, pause, resume. Signing out sees tickets: queues.calling."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.access import CLERK, SUPERVISOR, has_role
from windows.lending import is_lent
from windows.models import Break, HallSession, Shift, Staff, Window
from windows.overtime import earn
from windows.telling import tell_boards

BEFORE, AFTER = timedelta(hours=1), timedelta(hours=4)  # a session's day, at its window


class WindowTaken(Refusal):
    code = "window_taken"
    message = _("Somebody else is signed in at this window.")


class AlreadySignedIn(Refusal):
    code = "already_signed_in"
    message = _("You are signed in at window %(number)s. Sign out there first.")


class NotSignedIn(Refusal):
    code = "not_signed_in"
    message = _("Sign in at this window first.")


class UnknownReason(Refusal):
    code = "unknown_reason"
    message = _("Choose one of the reasons.")
    field = "reason"


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
    around = HallSession.objects.filter(
        hall_id=hall_id, state="open", starts_at__lte=now + BEFORE, ends_at__gt=now - AFTER
    )
    served = around.filter(Q(ends_at__gt=now) | Q(closed_at__isnull=True))
    session = served.order_by("-starts_at", "pk").first()
    return session.service_day if session else civil.city_date(now)


def lock_place(people: Iterable[Staff], window: Window) -> None:
    """One sign-in at a time per clerk and per window.

    Two inserts that exclude each other would otherwise wait for each other.
    """
    pks = [staff.pk for staff in people]
    clerks = Staff.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    list(clerks.values_list("pk"))
    list(Window.objects.select_for_update(no_key=True).filter(pk=window.pk).values_list("pk"))


@transaction.atomic
def sign_in(*, staff: Staff, window: Window, now: datetime) -> Shift:
    """The clerk stands at the window from now on; signing in twice there changes nothing.

    Clerks and supervisors of the hall may, and who is lent to it for this time.
    Refuses: WindowTaken, AlreadySignedIn. Raises NotFound for another hall's window.
    """
    is_ours = has_role(staff, window.hall_id, CLERK, SUPERVISOR)
    if not window.is_in_use or not (is_ours or is_lent(staff, window.hall_id, now)):
        raise NotFound
    lock_place([staff], window)
    present = shift_of(staff)
    if present and present.window_id == window.pk:
        return present
    if present:
        raise AlreadySignedIn(number=present.window.number)
    refusals = {"shift_one_clerk_at_a_window": WindowTaken, "shift_clerk_in_one_place": WindowTaken}
    with refusing(refusals):
        shift = Shift.objects.create(
            staff=staff,
            window=window,
            service_day=service_day_at(window.hall_id, now),
            period=DateTimeTZRange(now, None),
        )
    tell_boards(window.hall_id)
    return shift


def lock_open_shift(staff: Staff) -> Shift:
    """The person's present shift, locked: what changes it waits here. Refuses: NotSignedIn."""
    open_now = Shift.objects.filter(staff=staff, period__upper_inf=True)
    locked = open_now.select_related("window__hall").select_for_update(of=("self",), no_key=True)
    shift = locked.first()
    if shift is None:
        raise NotSignedIn
    return shift


@transaction.atomic
def pause(*, staff: Staff, now: datetime, reason: str = Break.Reason.REST) -> Shift:
    """The window calls nobody until it is resumed; its break begins, with the reason.

    A window that is paused stays so. Refuses: NotSignedIn, UnknownReason.
    """
    if reason not in Break.Reason.values:
        raise UnknownReason
    shift = lock_open_shift(staff)
    if shift.is_paused:
        return shift
    Break.objects.create(shift=shift, reason=reason, began_at=now)
    return _set_paused(shift, True)


@transaction.atomic
def resume(*, staff: Staff, now: datetime) -> Shift:
    """The window calls again, its break is over. Refuses: NotSignedIn."""
    shift = lock_open_shift(staff)
    if not shift.is_paused:
        return shift
    end_break(shift, now)
    return _set_paused(shift, False)


def _set_paused(shift: Shift, paused: bool) -> Shift:
    shift.is_paused = paused
    shift.save(update_fields=["is_paused"])
    tell_boards(shift.window.hall_id)
    return shift


def end_break(shift: Shift, now: datetime) -> None:
    """The break that goes on, if any, ends; the caller holds the shift's lock."""
    Break.objects.filter(shift=shift, ended_at__isnull=True).update(
        ended_at=Greatest(Value(now, DateTimeField()), F("began_at"))
    )


def end_shift(shift: Shift, now: datetime) -> datetime:
    """The shift and its break end, overtime is written; returns when.

    The caller holds the shift's lock.
    """
    began = shift.period.lower or now
    ends = max(now, began)
    end_break(shift, ends)
    earn(shift=shift, now=ends)
    shift.period = DateTimeTZRange(began, ends)
    shift.save(update_fields=["period"])
    return ends
