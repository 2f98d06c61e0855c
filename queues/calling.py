"""Calling tickets to windows and what follows: recall, start, finish, miss, park, return."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal, refusing
from queues.issuing import MatterNotServed, record, tell_boards
from queues.models import Call, Ticket
from queues.models.ticket import TicketQuerySet
from windows.access import CLERK, GUIDE, SUPERVISOR, has_role
from windows.models import Matter, Shift, Staff, Window
from windows.rules import rule
from windows.shifts import NotSignedIn

State = Ticket.State


class NobodyWaiting(Refusal):
    code = "nobody_waiting"
    message = _("Nobody is waiting for this window.")


class StillServing(Refusal):
    code = "still_serving"
    message = _("Finish the present ticket first.")


class WindowPaused(Refusal):
    code = "window_paused"
    message = _("This window is paused. Resume it first.")


class NotAtYourWindow(Refusal):
    code = "not_at_your_window"
    message = _("This ticket is not at your window.")


class NotPossibleNow(Refusal):
    code = "not_possible_now"
    message = _("This is not possible now: ticket %(label)s is in the state “%(state)s”.")


class JustCalled(Refusal):
    code = "just_called"
    message = _("This ticket was called a moment ago. Wait %(seconds)s seconds.")


class TooFewCalls(Refusal):
    code = "too_few_calls"
    message = _("Call %(missing)s more times before you mark the person as absent.")


class MissedTooOften(Refusal):
    code = "missed_too_often"
    message = _("This number was missed three times. Please take a new number.")


@transaction.atomic
def call_next(*, window: Window, staff: Staff, now: datetime) -> Ticket:
    """The first person in line whom this window can serve is called to it.

    Order: `rank_at`, then number of issue; a green-channel ticket may go first, at most
    once in three calls of the hall; who needs an accessible window goes to one while one
    is open (`servable_at`). Refuses: NotSignedIn, WindowPaused, StillServing,
    NobodyWaiting. Raises NotFound for a window of another hall.
    """
    _lock_shift(window, staff)
    if Ticket.objects.filter(window=window, state__in=[State.CALLED, State.SERVING]).exists():
        raise StillServing
    line = Ticket.objects.waiting().servable_at(window)
    urgent = _urgent(line, window.hall_id)
    ticket = urgent or _first(line)
    if ticket is None:
        raise NobodyWaiting
    jumped = urgent is not None and line.filter(rank_at__lt=urgent.rank_at).exists()
    with refusing({"window_serves_one": StillServing}):
        _call(ticket, window, staff, now, jumped=jumped)
    return ticket


def _first(line: TicketQuerySet) -> Ticket | None:
    return line.in_calling_order().select_for_update(skip_locked=True, of=("self",)).first()


def _urgent(line: TicketQuerySet, hall_id: int) -> Ticket | None:
    """The green channel's first ticket when the hall's last two calls did not jump."""
    urgent = line.exclude(priority="")
    if not urgent.exists():
        return None
    with connection.cursor() as cursor:  # one decision at a time keeps the bound exact
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('green channel'), %s)", [hall_id])
    last = Call.objects.filter(hall_id=hall_id).order_by("-pk").values_list("jumped", flat=True)
    return None if any(last[:2]) else _first(urgent)


def _lock_shift(window: Window, staff: Staff) -> Shift:
    """The clerk's open shift at the window, locked: a double press waits here."""
    shift = (
        Shift.objects.select_for_update()
        .filter(staff=staff, window=window, period__upper_inf=True)
        .first()
    )
    if shift is None:
        if not has_role(staff, window.hall_id, CLERK, SUPERVISOR):
            raise NotFound
        raise NotSignedIn
    if shift.is_paused:
        raise WindowPaused
    return shift


def _call(ticket: Ticket, window: Window, staff: Staff, now: datetime, *, jumped: bool) -> None:
    was = ticket.state
    ticket.state, ticket.window, ticket.round = State.CALLED, window, ticket.round + 1
    ticket.called_at = ticket.called_at or now
    ticket.save(update_fields=["state", "window", "round", "called_at"])
    why = {
        "source": ticket.source,
        "rank_at": ticket.rank_at.isoformat(),
        "issued_at": ticket.issued_at.isoformat(),
        "booked_for": ticket.booked_for.isoformat() if ticket.booked_for else None,
        "priority": ticket.priority,
        "jumped": jumped,
    }
    _add_call(ticket, window, staff, now, jumped=jumped, why=why)
    record(ticket, "called" if ticket.round == 1 else "recalled", now=now, was=was, by=staff)
    tell_boards(window.hall_id)


def _add_call(
    ticket: Ticket, window: Window, staff: Staff, now: datetime, *, jumped: bool, why: dict
) -> Call:
    return Call.objects.create(
        ticket=ticket,
        round=ticket.round,
        hall_id=window.hall_id,
        window=window,
        staff=staff,
        called_at=now,
        jumped=jumped,
        why=why,
    )


def _mine(ticket: Ticket, staff: Staff, *states: str) -> Ticket:
    """The ticket as it is now, locked, when it is at the clerk's window in such a state."""
    locked = Ticket.objects.select_for_update(of=("self",)).filter(pk=ticket.pk).first()
    if locked is None or not has_role(staff, locked.hall_id, CLERK, SUPERVISOR):
        raise NotFound
    if locked.state not in states:
        raise NotPossibleNow(label=locked.label, state=locked.get_state_display())
    at = Shift.objects.filter(staff=staff, window=locked.window_id, period__upper_inf=True)
    if not at.exists():
        raise NotAtYourWindow
    return locked


def _move(
    ticket: Ticket,
    to: str,
    kind: str,
    *,
    now: datetime,
    by: Staff | None,
    about: Mapping[str, object] | None = None,
    **fields: object,
) -> Ticket:
    """Changes the ticket's own row and journals it; leaving the window frees it.

    `about` are further facts for the journal.
    """
    was, window_id = ticket.state, ticket.window_id
    ticket.state = to
    for name, value in fields.items():
        setattr(ticket, name, value)
    if to not in (State.CALLED, State.SERVING, State.FINISHED):
        ticket.window = None
    ticket.save(update_fields=["state", "window", *fields])
    record(ticket, kind, now=now, was=was, by=by, at_window=window_id, **(about or {}))
    tell_boards(ticket.hall_id)
    return ticket


@transaction.atomic
def recall(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The called person is called once more (a new round), after a short pause.

    Refuses: NotPossibleNow, NotAtYourWindow, JustCalled.
    """
    mine = _mine(ticket, staff, State.CALLED)
    pause = rule("recall_pause_seconds", hall=mine.hall_id, day=mine.service_day)
    last = mine.calls.latest("round")
    left = pause - (now - last.called_at).total_seconds()
    if left > 0:
        raise JustCalled(seconds=int(left) + 1)
    mine.round += 1
    mine.save(update_fields=["round"])
    assert mine.window is not None  # noqa: S101  ticket_called_has_window
    _add_call(mine, mine.window, staff, now, jumped=False, why={**last.why, "recall": True})
    record(mine, "recalled", now=now, was=mine.state, by=staff)
    tell_boards(mine.hall_id)
    return mine


@transaction.atomic
def start(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The called person is at the window. Refuses: NotPossibleNow, NotAtYourWindow."""
    mine = _mine(ticket, staff, State.CALLED)
    return _move(mine, State.SERVING, "started", now=now, by=staff, started_at=now)


@transaction.atomic
def finish(*, ticket: Ticket, staff: Staff, now: datetime, outcome: str = "done") -> Ticket:
    """The present matter is done: the visit goes on with the next one, or is over.

    One that was never started counts from its call. Refuses: NotPossibleNow,
    NotAtYourWindow.
    """
    mine = _mine(ticket, staff, State.CALLED, State.SERVING)
    if mine.state == State.CALLED:
        called_at = mine.calls.latest("round").called_at
        mine = _move(mine, State.SERVING, "started", now=now, by=staff, started_at=called_at)
    if mine.then:
        return _go_on(mine, staff, now)
    return _move(
        mine, State.FINISHED, "finished", now=now, by=staff, finished_at=now, outcome=outcome
    )


def _go_on(ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The next matter of the visit: here when the window serves it, else back in line.

    The number and the rank stay; the clock of the service begins again.
    """
    done, (following, *rest) = ticket.matter_id, ticket.then
    goes_on = Matter.objects.get(pk=following)
    here = Window.objects.filter(ticket=ticket, matters=goes_on).exists()
    return _move(
        ticket, State.SERVING if here else State.WAITING, "continued", now=now, by=staff,
        about={"done": done}, matter=goes_on, then=rest, started_at=now if here else None,
    )  # fmt: skip


@transaction.atomic
def no_show(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The called person did not come; the number is missed and can return.

    Refuses: NotPossibleNow, NotAtYourWindow, TooFewCalls.
    """
    mine = _mine(ticket, staff, State.CALLED)
    most = rule("missed_after_calls", hall=mine.hall_id, day=mine.service_day)
    missing = most - _calls_to_the_window(mine)
    if missing > 0:
        raise TooFewCalls(missing=missing)
    times = mine.missed_times + 1
    return _move(mine, State.MISSED, "missed", now=now, by=staff, missed_times=times)


def _calls_to_the_window(ticket: Ticket) -> int:
    """How often the person was called since they last waited; earlier rounds were answered,
    or missed and forgiven."""
    from_the_line = ticket.calls.exclude(why__has_key="recall").latest("round")
    return ticket.round - from_the_line.round + 1


@transaction.atomic
def park(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The person steps aside (a form, a photo) and keeps the rank.

    Refuses: NotPossibleNow, NotAtYourWindow.
    """
    mine = _mine(ticket, staff, State.CALLED, State.SERVING)
    return _move(mine, State.PARKED, "parked", now=now, by=staff)


@transaction.atomic
def transfer(
    *, ticket: Ticket, staff: Staff, now: datetime, matter: Matter | None = None
) -> Ticket:
    """The person goes back in line with the old rank, for another matter when one is given.

    Refuses: NotPossibleNow, NotAtYourWindow, MatterNotServed.
    """
    mine = _mine(ticket, staff, State.CALLED, State.SERVING)
    goes_on = matter or mine.matter
    if not Window.objects.filter(hall=mine.hall_id, matters=goes_on, is_in_use=True).exists():
        raise MatterNotServed
    return _move(mine, State.WAITING, "transferred", now=now, by=staff, matter=goes_on)


@transaction.atomic
def give_back(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """A parked person is in line with the old rank; a missed one some places back, the
    second time at the end. Refuses: NotPossibleNow, MissedTooOften.
    """
    locked = Ticket.objects.select_for_update(of=("self",)).filter(pk=ticket.pk).first()
    if locked is None or not has_role(staff, locked.hall_id, CLERK, GUIDE, SUPERVISOR):
        raise NotFound
    if locked.state not in (State.PARKED, State.MISSED):
        raise NotPossibleNow(label=locked.label, state=locked.get_state_display())
    if locked.state == State.PARKED:
        return _move(locked, State.WAITING, "returned", now=now, by=staff)
    if locked.missed_times >= 3:
        raise MissedTooOften
    places = rule("missed_back_places", hall=locked.hall_id, day=locked.service_day)
    behind = _rank_behind(locked, places if locked.missed_times == 1 else None, now)
    return _move(
        locked, State.WAITING, "returned", now=now, by=staff, rank_at=behind, round=locked.round
    )


def _rank_behind(ticket: Ticket, places: int | None, now: datetime) -> datetime:
    """Just behind the n-th waiting person, or behind the last one when n is None."""
    line = Ticket.objects.waiting().filter(hall_id=ticket.hall_id)
    ranks = list(line.in_calling_order().values_list("rank_at", flat=True))
    if not ranks:
        return now
    ahead = ranks[-1] if places is None else ranks[min(places, len(ranks)) - 1]
    return ahead + timedelta(microseconds=1)


@transaction.atomic
def sign_out(*, staff: Staff, now: datetime) -> Shift:
    """The clerk's shift ends. Refuses: NotSignedIn, StillServing."""
    shift = Shift.objects.select_for_update().filter(staff=staff, period__upper_inf=True).first()
    if shift is None:
        raise NotSignedIn
    at = Ticket.objects.filter(window=shift.window_id, state__in=[State.CALLED, State.SERVING])
    if at.exists():
        raise StillServing
    began = shift.period.lower or now
    ends = max(now, began)
    shift.period = DateTimeTZRange(began, ends)
    shift.save(update_fields=["period"])
    tell_boards(shift.window.hall_id)
    return shift
