"""Keeping the house: what ends by itself, and what others may have missed.

Each command finds its work by state, so that running it twice, late or in two places
changes nothing. It needs PostgreSQL alone; `appointments/jobs.py` runs it on django-q2.
"""

import logging
from datetime import date, datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from appointments import missing, reminding, sending
from appointments.journal import record
from appointments.messaging.bulk import prepare_reminders
from appointments.models import (
    Booking,
    Displaced,
    DrawEntry,
    Message,
    PhoneProof,
    ProviderCall,
    PushBrowser,
    Receipt,
    Tally,
    TurnAlert,
    UsedChallenge,
    WaitingRoom,
)
from appointments.returning import release
from appointments.waitlist import long_ended
from config import civil
from queues.closing import WAY_OUT, still_serves, void_left
from queues.models import DoubtfulNumber, Ticket, TicketEvent
from windows.importing.drafts import old_drafts
from windows.models import Hall, HallSession, PeriodicRun, RequestKey, Slot
from windows.once import takes_period
from windows.plans import Generated, generate
from windows.rules import rule

log = logging.getLogger(__name__)
State = Booking.State
MISSED_BY = timedelta(seconds=20)  # what Celery should have sent by now
SWEEP_WITHIN = timedelta(seconds=5)  # the minute's job has other work, and an end
ENDED_LONG_AGO = timedelta(hours=4)  # late closing serves everyone who is there
LATE_AT_MOST = timedelta(hours=12)  # longer than that nobody serves: a sign-out was forgotten
LOOK_BACK = timedelta(days=7)  # for marks that a night could not make
AT_A_TIME = 500
DELETE_AT_A_TIME = 5000
KEEP_KEYS = timedelta(hours=48)
KEEP_PROOFS = timedelta(days=1)
KEEP_PERIODS = timedelta(days=30)
KEEP_CALLS = timedelta(days=7)  # of providers; what each message came to stays with it
KEEP_RECEIPTS = timedelta(days=90)
KEEP_ROOMS = timedelta(days=1)
KEEP_REGISTRATIONS = timedelta(days=30)  # after the session


def expire_holds(*, now: datetime) -> int:
    """Holds that are over end, and their slots have the minutes again; returns how many.

    The slot is locked before its bookings, as a new hold does, and bookings that are in
    someone's hands are skipped: nobody waits for us while we wait for them.
    """
    over = Booking.objects.filter(state=State.HELD, hold_expires_at__lte=now)
    slots = over.order_by("slot_id").values_list("slot_id", flat=True).distinct()
    return sum(_expire_in(slot_id, now) for slot_id in slots[:AT_A_TIME])


@transaction.atomic
def _expire_in(slot_id: int, now: datetime) -> int:
    list(Slot.objects.filter(pk=slot_id).select_for_update().values_list("pk"))
    over = Booking.objects.filter(slot_id=slot_id, state=State.HELD, hold_expires_at__lte=now)
    locked = list(over.order_by("pk").select_for_update(skip_locked=True, of=("self",)))
    for booking in locked:
        release(booking, State.EXPIRED, "expired", now=now)
    return len(locked)


@transaction.atomic
def mark_served(*, now: datetime) -> int:
    """Who arrived and was served is served; whose number ended void left without a visit.

    They came, so it counts as no missed visit, whether they left or nobody called them.
    Who left in the middle of a visit is served in the matters that were done. A number that
    goes on as another one, in another hall or after it was missed, is judged by that one.
    """
    ended = [Ticket.State.FINISHED, Ticket.State.VOID]
    arrived = Booking.objects.filter(state=State.ARRIVED, ticket__state__in=ended)
    going_on = Ticket.objects.exclude(state__in=ended).filter(came_from__isnull=False)
    arrived = arrived.exclude(ticket__in=going_on.values("came_from"))
    locked = arrived.select_for_update(skip_locked=True, of=("self",)).select_related("ticket")
    bookings = list(locked.order_by("pk")[:AT_A_TIME])
    for booking in bookings:
        assert booking.ticket is not None  # noqa: S101  booking_arrived_has_ticket
        numbers = booking.ticket.numbers()
        last = numbers[-1]
        if last.state in ended:
            state = State.SERVED if _is_served(booking, numbers) else State.NO_SHOW
            _end(booking, state, last.finished_at or now, now)
            if state == State.SERVED:
                reminding.promise_rating(booking=booking, now=last.finished_at or now)
    return len(bookings)


def _is_served(booking: Booking, numbers: list[Ticket]) -> bool:
    if numbers[-1].state == Ticket.State.FINISHED:
        return True
    went_on = TicketEvent.objects.filter(ticket__in=numbers, kind="continued")
    return went_on.filter(facts__done=booking.matter_id).exists()


def _end(booking: Booking, state: str, ended_at: datetime, now: datetime) -> None:
    was = booking.state
    booking.state, booking.ended_at = state, ended_at
    booking.save(update_fields=["state", "ended_at"])
    record(booking, state, now=now, was=was)


def close_days(*, now: datetime) -> int:
    """Every service day that is over is closed; returns how many halls' days were."""
    return sum(close_day(day=day, now=now) for day in _days_to_close(now))


def close_day(*, day: date, now: datetime) -> int:
    """The service day is closed in the halls whose last session ended long ago.

    A hall in which a window still serves people of that day waits, half a day at most.
    Doing it again changes nothing. Returns how many halls were closed.
    """
    of_day = HallSession.objects.filter(state=HallSession.State.OPEN, service_day=day)
    running = of_day.filter(ends_at__gt=now - ENDED_LONG_AGO).values("hall_id")
    over = _with_work_left(of_day).exclude(hall_id__in=running).order_by("hall_id")
    ends = dict(over.values("hall_id").annotate(last=Max("ends_at")).values_list("hall_id", "last"))
    closed = 0
    for hall_id, last in ends.items():
        if last > now - LATE_AT_MOST and still_serves(hall_id=hall_id, service_day=day, now=now):
            continue
        _close_hall(hall_id, day, now)
        closed += 1
    return closed


def _days_to_close(now: datetime) -> list[date]:
    """Days with a session that nobody has closed, or with people whom nobody has marked."""
    ended = HallSession.objects.filter(
        state=HallSession.State.OPEN, ends_at__lte=now - ENDED_LONG_AGO
    )
    left = _with_work_left(ended.filter(Q(closed_at=None) | Q(ends_at__gt=now - LOOK_BACK)))
    return list(left.order_by("service_day").values_list("service_day", flat=True).distinct())


def _with_work_left(sessions: QuerySet[HallSession]) -> QuerySet[HallSession]:
    """A session closes when its last person was served; the day's marks come at night."""
    there = {"hall": OuterRef("hall"), "service_day": OuterRef("service_day")}
    numbers = Ticket.objects.filter(**there, state__in=list(WAY_OUT))
    expected = Booking.objects.filter(**there, state=State.CONFIRMED)
    return sessions.filter(Q(closed_at=None) | Exists(numbers) | Exists(expected))


@transaction.atomic
def _close_hall(hall_id: int, day: date, now: datetime) -> None:
    """Open numbers are void, who did not arrive is marked, sessions know when they closed.

    A booking in somebody's hands is marked the next time; until then the day stays open.
    """
    void_left(hall_id=hall_id, service_day=day, now=now)
    expected = Booking.objects.filter(hall_id=hall_id, service_day=day, state=State.CONFIRMED)
    absent = list(expected.order_by("pk").select_for_update(skip_locked=True, of=("self",)))
    for booking in absent:
        _end(booking, State.NO_SHOW, now, now)
    missing.note(bookings=absent, now=now)
    if expected.all().exists():
        return
    sessions = HallSession.objects.filter(hall_id=hall_id, service_day=day, closed_at=None)
    for session in sessions.annotate(last_served=Max("ticket__finished_at")):
        closed = max(session.ends_at, session.last_served or session.ends_at)
        HallSession.objects.filter(pk=session.pk, closed_at=None).update(closed_at=closed)


def sweep_messages(*, now: datetime) -> sending.Counts:
    """Messages that are due for a while leave without Celery. Raises NoProvider."""
    return sending.send_due(now=now, limit=200, overdue=MISSED_BY, within=SWEEP_WITHIN)


def rebalance_yesterday(*, now: datetime) -> bool:
    """Quotas follow yesterday's demand; True for the one runner that does it.

    Taken and done in one transaction: a run that breaks leaves the period free.
    """
    from appointments.rebalancing import rebalance

    today, _tomorrow = civil.city_day(civil.city_date(now))
    with transaction.atomic():
        if not takes_period(job="appointments.rebalance", period_start=today, now=now):
            return False
        rebalance(demand_day=civil.city_date(now) - timedelta(days=1), now=now)
    return True


def rebalance_step(*, now: datetime) -> bool:
    """Quotas of today and the next days take a small step; True for the one runner of the hour
    that does it."""
    from appointments.rebalancing import step

    hour = now.replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        if not takes_period(job="appointments.rebalance_step", period_start=hour, now=now):
            return False
        step(now=now)
    return True


def make_sessions(*, now: datetime) -> Generated | None:
    """The coming days have the sessions of their weekly plans, once a day; None when it is
    done already. A hall that breaks is seen in the log and leaves the others whole."""
    today = civil.city_date(now)
    start, _tomorrow = civil.city_day(today)
    if not takes_period(job="windows.plans", period_start=start, now=now):
        return None
    last = today + timedelta(days=rule("plan_days_ahead", hall=None, day=today))
    done = Generated()
    for hall in Hall.objects.filter(is_open=True).order_by("code"):
        try:
            done += generate(first=today, last=last, halls=[hall], now=now)
        except Exception:
            log.exception("The plans of %s made nothing this night.", hall.code)
    return done


def owe_reminders(*, now: datetime) -> int:
    """Visits of today and the next two days are owed their reminders, whoever promised none."""
    today = civil.city_date(now)
    return prepare_reminders(first=today, last=today + timedelta(days=2), now=now)


def forget(*, now: datetime) -> int:
    """What need not be kept is deleted: keys, proofs, counts, used work, old periods and rooms,
    decided numbers of kiosks, entries of the waiting list and of draws that ended long ago, calls
    of providers and receipts."""
    Displaced.objects.filter(entry__in=long_ended(now)[1]).update(entry=None)
    secrets = Message.objects.filter(
        kind__in=[Message.Kind.CODE, Message.Kind.LINKS, Message.Kind.SOON],
        made_at__lt=now - KEEP_PROOFS,
    )
    return sum(
        _delete(old)
        for old in (
            RequestKey.objects.filter(made_at__lt=now - KEEP_KEYS),
            PhoneProof.objects.filter(made_at__lt=now - KEEP_PROOFS),
            secrets,
            PeriodicRun.objects.filter(started_at__lt=now - KEEP_PERIODS),
            DoubtfulNumber.objects.filter(decided_at__lt=now - KEEP_PERIODS),
            Session.objects.filter(expire_date__lt=now),  # with the drafts sealed in them
            Tally.objects.filter(ends_at__lt=now),
            UsedChallenge.objects.filter(expires_at__lt=now),
            WaitingRoom.objects.filter(releases_at__lt=now - KEEP_ROOMS),
            DrawEntry.objects.filter(draw__session__ends_at__lt=now - KEEP_REGISTRATIONS),
            TurnAlert.objects.filter(made_at__lt=now - KEEP_PROOFS),
            PushBrowser.objects.filter(made_at__lt=now - KEEP_PROOFS),
            ProviderCall.objects.filter(at__lt=now - KEEP_CALLS),
            Receipt.objects.filter(received_at__lt=now - KEEP_RECEIPTS),
            old_drafts(now=now),
            *long_ended(now),
        )
    )


def _delete(old: QuerySet) -> int:
    """Deletes in portions, so that no statement runs long."""
    deleted = 0
    while portion := list(old.values_list("pk", flat=True)[:DELETE_AT_A_TIME]):
        deleted += old.model._default_manager.filter(pk__in=portion).delete()[0]
    return deleted
