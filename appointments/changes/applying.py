"""Making the change: the plan of the preview, made again under its locks and written down."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.changes.engine import Plan, plan
from appointments.changes.locking import locked, under_locks
from appointments.changes.picturing import Applied
from appointments.changes.resettling import MOVE, OFFER, WITHDRAW, Resettling, end_holds
from appointments.changes.reshaping import reshape
from appointments.changes.wanting import Ask, Changed, Kind
from config.refusals import refusing
from windows.closing_halls import ClosedAlready, closed_already
from windows.hall_hours import keep_open, keep_shut
from windows.models import HallClosure, SessionChange, Staff
from windows.telling import tell_boards

STRICTEST = (WITHDRAW, OFFER, MOVE)
Choices = Mapping[int, str]


def apply_change(
    ask: Ask,
    *,
    by: Staff | None,
    now: datetime,
    choices: Choices | None = None,
    default: str = MOVE,
    expect: str = "",
) -> Applied:
    """The change is made, and who loses a place is moved, offered one, or first in line.

    `choices` by booking id; the strictest of a party counts for all of it, and who has no
    proposal is withdrawn. `expect` is the digest of the preview that somebody decided on.
    Messages leave when it can no longer be taken back.
    Refuses: Changed, and what the kind of change refuses (see `targets`).
    """

    def work() -> Applied:
        _wait_for_hours(ask)
        made = locked(partial(plan, ask, now))
        if expect and made.digest != expect:
            raise Changed
        return write_down(made, by=by, choices=choices or {}, default=default)

    return under_locks(work)


def _wait_for_hours(ask: Ask) -> None:
    """No hour is added where it is being closed, and the other way round."""
    if ask.kind == Kind.CLOSE and ask.hall is not None:
        keep_shut(ask.hall)
    elif ask.kind in (Kind.EXTEND, Kind.MOVE):
        keep_open([ask.its_session.hall_id, *([ask.hall] if ask.hall else [])])


@transaction.atomic
def write_down(made: Plan, *, by: Staff | None, choices: Choices, default: str) -> Applied:
    """The locked plan becomes true. Refuses: ClosedAlready, WindowJustTaken."""
    now = made.now
    closure = _closure(made, by)
    there, facts = reshape(made, by, now)
    chosen = _chosen(made, choices, default)
    changes = {
        session.pk: SessionChange(
            session=session, kind=made.ask.kind, closure=closure, made_by=by, made_at=now,
            facts=facts[session.pk], undo_until=_undo_until(made, session.pk),
        )
        for session in made.sessions
    }  # fmt: skip
    people = Resettling(made, changes, by)
    for one in made.told:
        people.resettle(one, chosen[one.booking.pk])
    people.void_earlier()
    SessionChange.objects.bulk_create(changes.values())
    people.write()
    end_holds(made, by)
    for hall in {one.hall_id for one in made.sessions} | {there.hall_id if there else 0}:
        tell_boards(hall)
    return Applied(
        list(changes.values()), closure, people.rows, there, ended_holds=len(made.loss.held)
    )


def _closure(made: Plan, by: Staff | None) -> HallClosure | None:
    ask = made.ask
    if ask.kind != Kind.CLOSE or ask.hall is None:
        return None
    period = DateTimeTZRange(ask.closes_at, ask.opens_at)
    try:
        with refusing({"hall_closure_one_at_a_time": ClosedAlready}):
            return HallClosure.objects.create(
                hall=ask.hall, period=period, reason=ask.reason, note_zh=ask.note_zh,
                note_en=ask.note_en, made_by=by, made_at=made.now,
            )  # fmt: skip
    except ClosedAlready as refusal:
        standing = HallClosure.objects.filter(hall=ask.hall, period__overlap=period)
        raise closed_already(standing.filter(reopened_at=None)[0]) from refusal


def _chosen(made: Plan, choices: Choices, default: str) -> dict[int, str]:
    """What is done for each booking; those who come together share it."""
    parties: dict[int, set[str]] = {}
    for one in made.told:
        booking = one.booking
        column = made.places.get(booking.pk)
        choice = choices.get(booking.pk, default)
        if column is None:
            choice = WITHDRAW
        elif choice == OFFER and made.answer_by(booking, column) is None:
            choice = MOVE
        parties.setdefault(booking.group_id, set()).add(choice)
    strictest = {
        group: next(one for one in STRICTEST if one in asked) for group, asked in parties.items()
    }
    return {one.booking.pk: strictest[one.booking.group_id] for one in made.told}


def _undo_until(made: Plan, session_id: int) -> datetime | None:
    dues = [made.due(one.booking) for one in made.told if one.plan.session.pk == session_id]
    return min(dues, default=None)
