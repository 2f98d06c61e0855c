"""Who did not come when called, and how they return."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from queues.issuing import issue
from queues.models import Ticket
from queues.moving import locked, mine, move, needs_state
from queues.ranking import walk_in_rank
from windows.access import CLERK, GUIDE, SUPERVISOR
from windows.models import Staff
from windows.rules import rule

State = Ticket.State
NOBODY_STANDS_THERE = timedelta(hours=4)  # after the end of the session: see queues.blocks
MISSES = 3  # some places back, the end of the line, void


class TooFewCalls(Refusal):
    code = "too_few_calls"
    message = _("Call %(missing)s more times before you mark the person as absent.")


class MissedTooOften(Refusal):
    code = "missed_too_often"
    message = _("This number was missed three times. Please take a new number.")


@transaction.atomic
def no_show(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The called person did not come; the number is missed and can return.

    The third time it is void; the person can still come again (`come_again`).
    Refuses: NotPossibleNow, NotAtYourWindow, TooFewCalls.
    """
    at = mine(ticket, staff, State.CALLED)
    most = rule("missed_after_calls", hall=at.hall_id, day=at.service_day)
    missing = most - _calls_to_the_window(at)
    if missing > 0:
        raise TooFewCalls(missing=missing)
    times = at.missed_times + 1
    becomes = State.VOID if times >= MISSES else State.MISSED
    return move(at, becomes, "missed", now=now, by=staff, missed_times=times)


def _calls_to_the_window(ticket: Ticket) -> int:
    """How often the person was called since they last waited; earlier rounds were answered,
    or missed and forgiven."""
    from_the_line = ticket.calls.exclude(why__has_key="recall").latest("round")
    return ticket.round - from_the_line.round + 1


@transaction.atomic
def give_back(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """A parked person is in line with the old rank; a missed one some places back, the
    second time at the end. Refuses: NotPossibleNow, MissedTooOften.
    """
    away = locked(ticket, staff, CLERK, GUIDE, SUPERVISOR)
    if _is_missed_out(away):
        raise MissedTooOften
    needs_state(away, State.PARKED, State.MISSED)
    if away.state == State.PARKED:
        return move(away, State.WAITING, "returned", now=now, by=staff)
    places = rule("missed_back_places", hall=away.hall_id, day=away.service_day)
    behind = _rank_behind(away, places if away.missed_times == 1 else None, now)
    return move(away, State.WAITING, "returned", now=now, by=staff, rank_at=behind)


def _is_missed_out(ticket: Ticket) -> bool:
    return ticket.state in (State.MISSED, State.VOID) and ticket.missed_times >= MISSES


def _is_long_over(ticket: Ticket, now: datetime) -> bool:
    return now > ticket.session.ends_at + NOBODY_STANDS_THERE


def _rank_behind(ticket: Ticket, places: int | None, now: datetime) -> datetime:
    """Just behind the n-th waiting person, or behind the last one when n is None.

    Never before the rank that the person had.
    """
    line = Ticket.objects.waiting().filter(hall_id=ticket.hall_id)
    ranks = list(line.in_calling_order().values_list("rank_at", flat=True))
    if not ranks:
        return max(now, ticket.rank_at)
    ahead = ranks[-1] if places is None else ranks[min(places, len(ranks)) - 1]
    return max(ahead + timedelta(microseconds=1), ticket.rank_at)


@transaction.atomic
def come_again(*, ticket: Ticket, staff: Staff, now: datetime) -> Ticket:
    """The person whose number was missed three times has a new one, at the desk.

    It ranks like somebody who arrives now, also when the hall gives no numbers any more:
    the person was there. Hours after the session the number is of another day, and a new
    one is taken like anybody's. What is known of them stays. Refuses: NotPossibleNow,
    MatterNotServed.
    """
    away = locked(ticket, staff, CLERK, GUIDE, SUPERVISOR)
    if not _is_missed_out(away) or away.goes_on.exists() or _is_long_over(away, now):
        needs_state(away)  # in no state that would do
    patience = rule("patience_minutes", hall=away.hall_id, day=away.service_day)
    return issue(
        hall=away.hall,
        session=away.session,
        matter=away.matter,
        source=Ticket.Source.WALK_IN,
        rank_at=walk_in_rank(now, timedelta(minutes=patience)),
        now=now,
        by=staff,
        priority=away.priority,
        note=away.priority_note,
        needs_accessible=away.needs_accessible,
        then=away.then,
        came_from=away,
        simulated=away.is_simulated,
    )
