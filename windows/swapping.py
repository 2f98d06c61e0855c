"""Swaps: a colleague is asked to take over a planned time, or to exchange it for another.

The colleague agrees, then a supervisor confirms it; each step is refused already when what
it leads to could not be done.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal, refusing
from windows import rostering
from windows.access import ADMIN, SUPERVISOR, has_role
from windows.duties import duty_of
from windows.models import Hall, RosterEntry, Staff, Swap

State = Swap.State
OPEN = [State.ASKED, State.AGREED]
SHOWN_FOR = timedelta(days=14)  # how it ended stays on the pages of both


class NotYours(Refusal):
    code = "not_your_time"
    message = _("This time is not planned for you any more. Look again.")


class SwapOpen(Refusal):
    code = "swap_open"
    message = _("You have asked somebody about this time already. Withdraw that question first.")


class SwapOver(Refusal):
    code = "swap_over"
    message = _("This question is closed already: %(state)s.")


class HasBegun(Refusal):
    code = "has_begun"
    message = _("This time has begun. Ask your supervisor.")


class AskYourself(Refusal):
    code = "ask_yourself"
    message = _("Choose a colleague.")
    field = "to"


@transaction.atomic
def ask(
    *,
    entry: RosterEntry,
    to: Staff,
    for_entry: RosterEntry | None = None,
    by: Staff,
    now: datetime,
) -> Swap:
    """The colleague is asked; nothing changes before a supervisor confirms.

    Refuses: NotYours, HasBegun, AskYourself, SwapOpen, and what taking over would be
    refused for.
    """
    if to.pk == by.pk:
        raise AskYourself
    mine = _live(entry, by, now)
    theirs = _live(for_entry, to, now) if for_entry else None
    _would_work(mine, to, theirs, now)
    with refusing({"swap_one_open_per_entry": SwapOpen}):
        return Swap.objects.create(entry=mine, for_entry=theirs, to=to, made_by=by, made_at=now)


@transaction.atomic
def answer(*, swap: Swap, agrees: bool, by: Staff, now: datetime) -> Swap:
    """The colleague agrees or says no. Saying the same twice changes nothing.

    Refuses: SwapOver, NotYours, HasBegun, and what taking over would be refused for.
    Raises NotFound for anybody else.
    """
    locked = _lock(swap)
    if locked.to_id != by.pk:
        raise NotFound
    wanted = State.AGREED if agrees else State.REFUSED
    if locked.state == wanted:
        return locked
    _must_be(locked, [State.ASKED])
    if agrees:
        _would_work(*_parts(locked, now), now)
    locked.state, locked.answered_at = wanted, now
    locked.save(update_fields=["state", "answered_at"])
    return locked


@transaction.atomic
def withdraw(*, swap: Swap, by: Staff, now: datetime) -> Swap:
    """Who asked does not ask any more. Raises NotFound for anybody else. Refuses: SwapOver."""
    locked = _lock(swap)
    if locked.made_by_id != by.pk:
        raise NotFound
    if locked.state == State.WITHDRAWN:
        return locked
    _must_be(locked, OPEN)
    return _decide(locked, State.WITHDRAWN, by, now)


@transaction.atomic
def confirm(*, swap: Swap, by: Staff, now: datetime) -> Swap:
    """The roster is changed as the two agreed.

    Refuses: SwapOver, NotYours, HasBegun, and what `rostering.assign` refuses. Raises
    NotFound for who does not run the hall.
    """
    locked = _lock(swap)
    _runs_it(locked, by)
    if locked.state == State.DONE:
        return locked
    _must_be(locked, [State.AGREED])
    mine, to, theirs = _parts(locked, now)
    done = _decide(locked, State.DONE, by, now)
    _carry_out(mine, to, theirs, by, now)
    return done


@transaction.atomic
def refuse(*, swap: Swap, by: Staff, now: datetime) -> Swap:
    """A supervisor says no: the roster stays. Refuses: SwapOver. Raises NotFound elsewhere."""
    locked = _lock(swap)
    _runs_it(locked, by)
    if locked.state == State.REFUSED:
        return locked
    _must_be(locked, OPEN)
    return _decide(locked, State.REFUSED, by, now)


def open_in(hall: Hall) -> Sequence[Swap]:
    """What is asked in the hall and not decided, what waits for a supervisor first."""
    rows = Swap.objects.filter(entry__session__hall=hall, state__in=OPEN)
    return list(_told(rows).order_by("state", "entry__period"))


def open_of(staff: Staff) -> Sequence[Swap]:
    """What the person asked or is asked, open."""
    rows = Swap.objects.filter(_of(staff), state__in=OPEN)
    return list(_told(rows).order_by("entry__period"))


def closed_of(staff: Staff, *, now: datetime) -> Sequence[Swap]:
    """What ended lately of what the person asked or was asked, unless they ended it."""
    since = now - SHOWN_FOR
    lately = Q(decided_at__gt=since) | Q(decided_at=None, answered_at__gt=since)
    rows = Swap.objects.filter(_of(staff), lately).exclude(state__in=OPEN)
    by_oneself = Q(decided_by=staff) | Q(decided_at=None, to=staff)
    return list(_told(rows.exclude(by_oneself)).order_by("-pk")[:20])


def see(staff: Staff, *, now: datetime) -> None:
    """The person has seen how everything ended."""
    ended = Swap.objects.exclude(state__in=OPEN)
    ended.filter(made_by=staff, asker_saw_at__isnull=True).update(asker_saw_at=now)
    ended.filter(to=staff, other_saw_at__isnull=True).update(other_saw_at=now)


def _of(staff: Staff) -> Q:
    return Q(to=staff) | Q(made_by=staff)


def _told(rows):  # type: ignore[no-untyped-def]
    return rows.select_related(
        "entry__session__hall", "entry__window", "entry__staff", "for_entry__session__hall",
        "for_entry__window", "to", "made_by",
    )  # fmt: skip


def _lock(swap: Swap) -> Swap:
    """The question, its sessions first: whatever changes a roster waits there."""
    sessions = [swap.entry.session_id]
    if swap.for_entry:
        sessions.append(swap.for_entry.session_id)
    rostering.lock_sessions(sessions)
    return _told(Swap.objects.select_for_update(of=("self",))).get(pk=swap.pk)


def _must_be(swap: Swap, states: list[State]) -> None:
    if swap.state not in states:
        raise SwapOver(state=State(swap.state).label)


def _runs_it(swap: Swap, by: Staff) -> None:
    if not has_role(by, swap.entry.session.hall_id, SUPERVISOR, ADMIN):
        raise NotFound


def _decide(swap: Swap, state: State, by: Staff, now: datetime) -> Swap:
    swap.state, swap.decided_by, swap.decided_at = state, by, now
    swap.save(update_fields=["state", "decided_by", "decided_at"])
    return swap


def _parts(swap: Swap, now: datetime) -> tuple[RosterEntry, Staff, RosterEntry | None]:
    mine = _live(swap.entry, swap.made_by, now)
    theirs = _live(swap.for_entry, swap.to, now) if swap.for_entry else None
    return mine, swap.to, theirs


def _live(entry: RosterEntry, staff: Staff, now: datetime) -> RosterEntry:
    """The entry as it is now. Refuses: NotYours, HasBegun."""
    rows = RosterEntry.objects.select_related("session__hall", "window", "staff")
    fresh = rows.get(pk=entry.pk)
    duty = duty_of(fresh)
    if fresh.is_cancelled or fresh.staff_id != staff.pk or duty is None:
        raise NotYours
    if duty.begins <= now:
        raise HasBegun
    return fresh


def _would_work(mine: RosterEntry, to: Staff, theirs: RosterEntry | None, now: datetime) -> None:
    """Tries it and takes it back at once."""
    with transaction.atomic():
        _carry_out(mine, to, theirs, None, now, keeps_swaps=True)
        transaction.set_rollback(True)


def _carry_out(
    mine: RosterEntry,
    to: Staff,
    theirs: RosterEntry | None,
    by: Staff | None,
    now: datetime,
    *,
    keeps_swaps: bool = False,
) -> None:
    """Both entries end; each of the two is planned where the other one was."""
    rostering.lock_sessions([one.session_id for one in (mine, theirs) if one])
    rostering.lock_people([mine.staff_id, to.pk])
    for entry in filter(None, (mine, theirs)):
        if keeps_swaps:
            RosterEntry.objects.filter(pk=entry.pk).update(is_cancelled=True)
        else:
            rostering.remove(entry=entry, by=by, now=now)
    _plan_instead(mine, to, by, now)
    if theirs is not None:
        _plan_instead(theirs, mine.staff, by, now)


def _plan_instead(entry: RosterEntry, staff: Staff, by: Staff | None, now: datetime) -> None:
    duty = duty_of(entry)
    if duty is None:
        raise NotYours
    rostering.assign(
        staff=staff, session=entry.session, window=entry.window,
        period=DateTimeTZRange(duty.begins, duty.ends), by=by, now=now,
    )  # fmt: skip
