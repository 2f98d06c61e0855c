"""“I need 10 more minutes”: a waiting person steps back some places, once.

How many places those minutes are is told before the press, from the present pace: the
people behind, with their usual minutes, shared out over the windows that are open for the
matter. Nobody who was ahead is overtaken, and nobody else loses a place.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal
from queues.board import line_of
from queues.estimating import Line, Paces, paces_of
from queues.issuing import record, tell_boards
from queues.models import Ticket
from windows.rules import rule

LAST = (datetime.max.replace(tzinfo=UTC), 2**62)
USUAL_MINUTES = 8.0  # of a matter that nobody has measured
JUST_BEHIND = timedelta(microseconds=1)


class AlreadyPostponed(Refusal):
    code = "already_postponed"
    message = _(
        "You have stepped back once already. If you cannot come when you are called, show"
        " your number to the guide afterwards."
    )


class NotWaiting(Refusal):
    code = "not_waiting"
    message = _("You are not waiting at this moment, so your place stays as it is.")


class JustCalledToWindow(Refusal):
    code = "called_already"
    message = _(
        "You have just been called to window %(window)s. If you cannot come now, show your"
        " number to the guide afterwards."
    )


class NobodyBehind(Refusal):
    code = "nobody_behind"
    message = _(
        "Nobody waits behind you, so there is no place to step back to. If you cannot come"
        " when you are called, show your number to the guide afterwards."
    )


@dataclass(frozen=True)
class Step:
    """A step back: so many people go first, for about so many minutes."""

    minutes: int
    places: int
    rank_at: datetime


def step_back(
    *, line: Line, paces: Paces, matter_id: int, place: tuple[datetime, int], minutes: int
) -> Step | None:
    """The step that takes about so many minutes; None when nobody stands behind.

    With fewer people behind than the minutes hold, it goes behind the last one.
    """
    behind = [one for one in line.ahead_of(matter_id, LAST) if one.place > place]
    if not behind:
        return None
    windows = len(line.windows_for(matter_id)) or 1
    passed, last = 0.0, behind[0]
    for one in behind:
        pace = paces.get(one.matter_id)
        share = line.share(one.matter_id, matter_id) or 1.0
        passed += share * (pace.mean if pace else USUAL_MINUTES) / windows
        last = one
        if passed >= minutes:
            break
    rank_at = last.rank_at + JUST_BEHIND
    places = sum(one.place < (rank_at, place[1]) for one in behind)
    return Step(minutes=minutes, places=places, rank_at=rank_at)


def places_back(ticket: Ticket, now: datetime) -> int:
    """How many people would go first if the person stepped back now; 0 when nobody would."""
    step = _step_of(ticket, now)
    return step.places if step else 0


def _step_of(ticket: Ticket, now: datetime) -> Step | None:
    return step_back(
        line=line_of(ticket.hall, now),
        paces=paces_of(ticket.hall, ticket.service_day),
        matter_id=ticket.matter_id,
        place=(ticket.rank_at, ticket.pk),
        minutes=rule("postpone_minutes", hall=ticket.hall_id, day=ticket.service_day),
    )


@transaction.atomic
def postpone(*, ticket: Ticket, now: datetime) -> Ticket:
    """The person stands some places further back, as they were told before.

    The ticket is locked first: a window that calls meanwhile takes the next person, or
    has called this one already. Refuses: AlreadyPostponed, JustCalledToWindow,
    NotWaiting, NobodyBehind. Raises NotFound.
    """
    mine = Ticket.objects.select_for_update(of=("self",)).select_related("hall")
    locked = mine.filter(pk=ticket.pk).first()
    if locked is None:
        raise NotFound
    _may_step_back(locked)
    step = _step_of(locked, now)
    if step is None:
        raise NobodyBehind
    was_at = locked.rank_at
    locked.rank_at, locked.postponed_at = step.rank_at, now
    locked.save(update_fields=["rank_at", "postponed_at"])
    moved = [was_at.isoformat(), step.rank_at.isoformat()]
    record(locked, "postponed", now=now, was=locked.state, by=None, places=step.places, moved=moved)
    tell_boards(locked.hall_id)
    return locked


def _may_step_back(ticket: Ticket) -> None:
    if ticket.state == Ticket.State.CALLED and ticket.window:
        raise JustCalledToWindow(window=ticket.window.number)
    if ticket.state != Ticket.State.WAITING:
        raise NotWaiting
    if ticket.postponed_at is not None:
        raise AlreadyPostponed
