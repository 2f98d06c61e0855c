"""Locking what a change touches, in the one written order, without waiting for ever.

Sessions, people, slots by id, bookings. Somebody may book while we wait; then the plan is
another one and needs more locks. People are asked for without waiting then, because slots
are held by now; when that fails everything is given back and begun anew.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import connection, transaction

from appointments.changes.engine import Plan
from appointments.changes.wanting import Changed
from appointments.claiming import lock_keys, lock_people, lock_slots
from appointments.models import Booking
from windows.models import HallSession, Slot

TRIES = 5
TRY = "SELECT bool_and(pg_try_advisory_xact_lock(key)) FROM unnest(%s::bigint[]) AS key"
Answer = TypeVar("Answer")


class _Again(Exception):
    """Somebody else has a lock that may not be waited for."""


def under_locks(work: Callable[[], Answer]) -> Answer:
    """Runs the work in a transaction, anew when it could not lock what it needed.

    Refuses: Changed, when people book there faster than one can look.
    """
    for _try in range(TRIES):
        try:
            with transaction.atomic():
                return work()
        except _Again:
            continue
    raise Changed


def lock_sessions(sessions: Iterable[int]) -> None:
    """A mere reference, such as the ticket of somebody who checks in now, does not wait."""
    rows = HallSession.objects.filter(pk__in=set(sessions)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def locked(work_out: Callable[[], Plan]) -> Plan:
    """The plan as it stands under all the locks that it needs."""
    made = work_out()
    sessions = {one.pk for one in made.sessions}
    lock_sessions(sessions)
    people, slots, bookings = set[bytes](), set[int](), set[int]()
    for turn in range(TRIES):
        needs = _people(made) - people, _slots(made) - slots, _bookings(made) - bookings
        if turn and not any(needs):
            return made
        if turn:
            _try_people(needs[0])
            _try_slots(needs[1])
        else:
            lock_people(needs[0], None)
            lock_slots(needs[1])
        rows = Booking.objects.filter(pk__in=needs[2]).order_by("pk")
        list(rows.select_for_update(of=("self",)).values_list("pk"))
        people, slots, bookings = people | needs[0], slots | needs[1], bookings | needs[2]
        made = work_out()
        if not {one.pk for one in made.sessions} <= sessions:
            raise _Again
    raise _Again


def _people(made: Plan) -> set[bytes]:
    return {bytes(one.booking.id_index) for one in made.loss.told}


def _slots(made: Plan) -> set[int]:
    own = {one.slot.pk for one in made.slots + made.new if one.slot is not None}
    return own | {one.place.slot_id for one in made.places.values() if one.place.slot_id}


def _bookings(made: Plan) -> set[int]:
    return {one.booking.pk for one in made.loss.told + made.loss.held}


def _try_people(people: set[bytes]) -> None:
    if not people:
        return
    with connection.cursor() as cursor:
        cursor.execute(TRY, [lock_keys(people)])
        if cursor.fetchone()[0] is False:
            raise _Again


def _try_slots(slots: set[int]) -> None:
    rows = Slot.objects.filter(pk__in=slots).order_by("pk")
    if len(rows.select_for_update(no_key=True, skip_locked=True).values_list("pk")) < len(slots):
        raise _Again
