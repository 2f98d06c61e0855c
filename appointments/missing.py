"""Missed visits: who did not come to a booked visit, and what follows from several.

The numbers are those that were in force on the day the booking was made, so that a later
rule never punishes backwards. Who came is not missed, also late or called in vain; neither
is who had no open window to come to, or whose time the hall changed without their yes.
Walk-in stays open to everyone at any time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

from appointments import missed_words, reminding
from appointments.changes.questions import is_excused
from appointments.models import Booking, Closure, Message, MissedVisit
from config import civil
from windows.models import HallSession, Shift, Staff
from windows.rules import rule, rules

State = Booking.State


@transaction.atomic
def note(*, bookings: Iterable[Booking], now: datetime) -> list[MissedVisit]:
    """What these bookings, which just ended as no-shows, count as: one missed visit per
    person and group, with its message, and a closure when it is one too many.

    Noting again changes nothing. Persons are locked in one written order.
    """
    firsts = _first_of_each_visit(bookings)
    for index in sorted({bytes(booking.id_index) for booking in firsts}):
        _lock_person(index)
    return [visit for booking in firsts if (visit := _note(booking, now)) is not None]


def _first_of_each_visit(bookings: Iterable[Booking]) -> list[Booking]:
    """Several matters of one person in one group are one visit."""
    firsts: dict[tuple[int, bytes], Booking] = {}
    for booking in sorted(bookings, key=lambda b: (b.position, b.pk)):
        firsts.setdefault((booking.group_id, bytes(booking.id_index)), booking)
    return list(firsts.values())


def _lock_person(id_index: bytes | memoryview) -> None:
    """Two halls that close at once count one after the other, so that both see all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('missed visits'), hashtext(%s))",
            [bytes(id_index).hex()],
        )


def _note(booking: Booking, now: datetime) -> MissedVisit | None:
    visit_of = Booking.objects.filter(group_id=booking.group_id, id_index=booking.id_index)
    came = visit_of.filter(arrived_at__isnull=False).exists()
    if came or MissedVisit.objects.filter(booking__in=visit_of).exists():
        return None
    if is_excused(visit_of) or not _could_come(booking):
        return None
    names = ["missed_most", "missed_days", "missed_closed_days"]
    made_on = civil.city_date(booking.made_at)
    numbers = rules(names, hall=booking.hall_id, day=made_on)
    visit = MissedVisit.objects.create(
        booking=booking,
        id_index=bytes(booking.id_index),
        missed_at=now,
        counts_until=now + timedelta(days=numbers["missed_days"]),
        most=numbers["missed_most"],
        closed_days=numbers["missed_closed_days"],
    )
    counting = counting_with(visit)
    closure = _close(visit, counting)
    _tell(visit, closure, len(counting), now)
    return visit


def _could_come(booking: Booking) -> bool:
    """Whether the hall was there for the person: the session ran as it was planned, and a
    window for the matter was staffed at some time after the booked one."""
    session = HallSession.objects.select_related("hall").get(slots=booking.slot_id)
    ran = session.state == HallSession.State.OPEN and session.hall.is_open
    if not ran or session.slots.filter(ends_at__gt=session.ends_at).exists():
        return False
    open_for_them = DateTimeTZRange(booking.starts_at, session.ends_at)
    at_windows = Shift.objects.filter(window__hall=session.hall_id, period__overlap=open_for_them)
    return at_windows.filter(window__matters=booking.matter_id).exists()


def counting_with(visit: MissedVisit) -> list[MissedVisit]:
    """The visit and those before it that count with it: not excused, not over by then, and
    not answered by an earlier closure."""
    closed = Closure.objects.filter(
        id_index=visit.id_index, missed_id__lt=visit.pk, lifted_at=None
    ).order_by("-missed_id")
    answered = closed.values_list("missed_id", flat=True).first() or 0
    mine = MissedVisit.objects.filter(id_index=visit.id_index, excused_at=None)
    return list(mine.filter(pk__gt=answered, pk__lte=visit.pk, counts_until__gt=visit.missed_at))


def days_closed(visits: list[MissedVisit]) -> int | None:
    """For how long so many missed visits close online booking; None when they do not.

    A visit counts only towards a number that is not below its own: somebody who was
    promised "three times" is not closed by a later "twice".
    """
    for most in sorted({visit.most for visit in visits}):
        together = [visit.closed_days for visit in visits if visit.most <= most]
        if len(together) >= most:
            return min(together)
    return None


def _close(visit: MissedVisit, counting: list[MissedVisit]) -> Closure | None:
    """Online booking closes, after a closure that still stands (closure_one_at_a_time)."""
    days = days_closed(counting)
    if not days:
        return None
    standing = closures_of(visit.id_index, visit.missed_at).order_by("-ends_at").first()
    begins_at = standing.ends_at if standing else visit.missed_at
    return Closure.objects.create(
        id_index=visit.id_index,
        missed=visit,
        begins_at=begins_at,
        ends_at=begins_at + timedelta(days=days),
    )


def closures_of(id_index: bytes | memoryview, now: datetime) -> QuerySet[Closure]:
    """The person's closures that are not over and not lifted."""
    return Closure.objects.filter(id_index=bytes(id_index), ends_at__gt=now, lifted_at=None)


def _tell(visit: MissedVisit, closure: Closure | None, count: int, now: datetime) -> None:
    group = visit.booking.group
    reminding.owe(
        subject=f"missed:{visit.pk}",
        kind=Message.Kind.MISSED,
        to_sealed=group.phone_sealed,
        text=missed_words.missed_text(
            visit, closure=closure, count=count, until=appeal_until(visit)
        ),
        now=now,
        due=reminding.after_quiet_hours(now),
        useless_after=appeal_until(visit),
        booking=visit.booking,
    )


def appeal_until(visit: MissedVisit) -> datetime:
    """The end of the last day on which one can object, by the rule of the booking."""
    booking = visit.booking
    made_on = civil.city_date(booking.made_at)
    days = rule("appeal_days", hall=booking.hall_id, day=made_on)
    return civil.city_day(civil.city_date(visit.missed_at) + timedelta(days=days))[1]


@transaction.atomic
def excuse(*, visit: MissedVisit, why: str, by: Staff, now: datetime) -> bool:
    """The visit counts no more; closures that no longer have enough visits are lifted.

    True when a closure was lifted.
    """
    _lock_person(visit.id_index)
    visit.excused_at, visit.excused_by, visit.excuse = now, by, why
    visit.save(update_fields=["excused_at", "excused_by", "excuse"])
    lifted = 0
    for closure in closures_of(visit.id_index, now).select_related("missed").order_by("pk"):
        if days_closed(counting_with(closure.missed)) is None:
            closure.lifted_at, closure.lifted_by = now, by
            closure.save(update_fields=["lifted_at", "lifted_by"])
            lifted += 1
    return lifted > 0
