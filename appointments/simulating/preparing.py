"""Makes the simulated city, or brings one that is there up to this day and hour."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from appointments import reminding
from appointments.drawing import draw_due
from appointments.models import Booking, BookingGroup
from appointments.simulating import history
from appointments.simulating.booked import Book, fill_slots, unmet, write_unmet
from appointments.simulating.calendar import DAYS_AHEAD, cover_now, lay_days
from appointments.simulating.city import build_city
from appointments.simulating.cohorts import seed_cohorts
from appointments.simulating.copying import Row
from appointments.simulating.drawn import lay_draws
from appointments.simulating.events import seed_events
from appointments.simulating.missed import tell_missed
from appointments.simulating.points import make_points
from appointments.simulating.rostered import lay_rosters
from appointments.simulating.story import HallDay, Story, World
from appointments.simulating.told import tell_each_kind
from appointments.simulating.waking import wake_up
from config import civil
from queues.models import Ticket
from windows.models import Hall, HallSession, SessionWindow, Slot, Staff

DAYS_BACK = 21
HOURS_AHEAD = 5
REMINDED = 40


class NotSimulated(Exception):
    """Something real is in the database; the text says what."""


def refuse_real_data() -> None:
    """Nothing that is not marked as simulated is here.

    What visitors of the demo do in its simulated halls, bookings and extra sessions, is
    play: it is not marked, but belongs to a marked hall. Raises NotSimulated.
    """
    if not (settings.DEMO or settings.TESTING):
        raise NotSimulated("The simulated city is for the demo only: set DEMO=1.")
    real_hall = Q(hall__is_simulated=False)
    found = {
        "halls": Hall.objects.filter(is_simulated=False).count(),
        "members of staff": Staff.objects.filter(is_simulated=False).count(),
        "sessions": HallSession.objects.filter(real_hall, is_simulated=False).count(),
        "tickets": Ticket.objects.filter(real_hall, is_simulated=False).count(),
        "bookings": BookingGroup.objects.filter(is_simulated=False)
        .filter(Q(bookings__hall__is_simulated=False) | Q(bookings=None))
        .distinct()
        .count(),
    }
    real = [f"{count} {what}" for what, count in found.items() if count]
    if real:
        raise NotSimulated(
            f"The database holds {', '.join(real)} that are not marked as simulated."
            " The demo does not mix with real data: use another database."
        )


@transaction.atomic
def prepare(now: datetime, say: Callable[[str], None] = lambda text: None) -> None:
    """The city is there, with three weeks behind it and two ahead, and it is open now.

    Again on the same day: only what is missing is added. Raises NotSimulated.
    """
    refuse_real_data()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('demo'))")
    build_city()
    seed_events(now)
    seed_cohorts(now)
    halls = list(Hall.objects.filter(is_simulated=True).order_by("code"))
    today = civil.city_date(now)
    is_new = not HallSession.objects.filter(service_day__lt=today).exists()
    first = today - timedelta(days=DAYS_BACK if is_new else 0)
    wake_up(now)
    draw_due(now=now)
    slots = lay_days(halls, first, today + timedelta(days=DAYS_AHEAD), now)
    slots += cover_now(halls, now, HOURS_AHEAD)
    say(f"{len(halls)} halls, {len(slots)} new slots")
    book = _fill(slots, halls, now)
    story = Story()
    known = _tell_days(slots, book, story, now)
    story.write()
    book.write()
    _count_taken(slots)
    if is_new:
        _learn_sizes()
    lay_draws(halls, now)
    lay_rosters(halls, now)
    make_points(now)
    _bring_up(known)
    tell_missed(now)
    _remind(book.bookings, now)
    tell_each_kind(now)
    write_unmet(unmet(slots, now))
    say(f"{len(book.bookings)} new bookings, {len(story.tickets)} new tickets")


def _learn_sizes() -> None:
    """PostgreSQL plans for tables that were empty a moment ago; now it knows what is in them."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@transaction.atomic
def extend(halls: list[Hall], now: datetime) -> None:
    """The days that have come into sight have their sessions and first bookings."""
    today = civil.city_date(now)
    slots = lay_days(halls, today, today + timedelta(days=DAYS_AHEAD), now)
    if slots:
        _fill(slots, halls, now).write()
        _count_taken(slots)


def _fill(slots: list[Row], halls: list[Hall], now: datetime) -> Book:
    sessions = {slot["session_id"] for slot in slots}
    kinds = dict(HallSession.objects.filter(pk__in=sessions).values_list("pk", "kind"))
    return fill_slots(slots, kinds, {hall.pk: hall for hall in halls}, now)


def _tell_days(slots: list[Row], book: Book, story: Story, now: datetime) -> list[Row]:
    """Plays the days that have begun and have no tickets yet; returns the bookings that
    were in the database before and have changed."""
    days = _begun(now)
    if not days:
        return []
    known = history.bookings_of(set(days))
    by_day: dict[HallDay, list[Row]] = {}
    for booking in [*book.bookings, *known]:
        by_day.setdefault((booking["hall_id"], booking["service_day"]), []).append(booking)
    session_of = {slot["id"]: slot["session_id"] for slot in slots}
    session_of |= dict(
        Slot.objects.filter(pk__in={b["slot_id"] for b in known}).values_list("pk", "session_id")
    )
    staffed = _staffed(days)
    world = World.read(now)
    for hall_day, sessions in sorted(days.items(), key=lambda item: item[0][::-1]):
        bookings = by_day.get(hall_day, [])
        history.tell(hall_day, sessions, staffed, bookings, session_of, world, book, story)
    return [booking for booking in known if booking["state"] != "confirmed"]


def _begun(now: datetime) -> dict[HallDay, list[HallSession]]:
    """The sessions of each hall's service day that has begun and has no tickets yet."""
    rows = HallSession.objects.filter(state="open", closed_at=None, hall__is_simulated=True)
    begun = set(rows.filter(starts_at__lte=now).values_list("service_day", flat=True))
    told = Ticket.objects.filter(service_day__in=begun).values_list("hall_id", "service_day")
    told_days = set(told.distinct())
    days: dict[HallDay, list[HallSession]] = {}
    for session in rows.filter(service_day__in=begun).order_by("starts_at"):
        hall_day = session.hall_id, session.service_day
        if hall_day not in told_days:
            days.setdefault(hall_day, []).append(session)
    return days


def _staffed(days: dict[HallDay, list[HallSession]]) -> dict[int, list[int]]:
    sessions = [session.pk for of_day in days.values() for session in of_day]
    staffed: dict[int, list[int]] = {}
    rows = SessionWindow.objects.filter(session_id__in=sessions, is_cancelled=False)
    for session_id, window_id in rows.values_list("session_id", "window_id"):
        staffed.setdefault(session_id, []).append(window_id)
    return staffed


def _count_taken(slots: list[Row]) -> None:
    """The slots' counters say what the new bookings hold."""
    taken = [(slot["id"], slot["online_taken"]) for slot in slots if slot["online_taken"]]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE windows_slot s SET online_taken = t.taken"
            " FROM unnest(%s::bigint[], %s::int[]) AS t(id, taken) WHERE s.id = t.id",
            [[pk for pk, _ in taken], [minutes for _, minutes in taken]],
        )


def _bring_up(known: list[Row]) -> None:
    """Bookings that were here before walk their legal moves: arrived, then how it ended."""
    came = [row for row in known if row["ticket_id"]]
    for row in came:
        Booking.objects.filter(pk=row["id"]).update(
            state="arrived", ticket_id=row["ticket_id"], arrived_at=row["arrived_at"],
            was_late=row["was_late"],
        )  # fmt: skip
    for row in known:
        if row["state"] != "arrived":
            Booking.objects.filter(pk=row["id"]).update(
                state=row["state"], ended_at=row["ended_at"]
            )


def _remind(bookings: list[Row], now: datetime) -> None:
    """Messages are owed for some of the next bookings, as for anybody's."""
    coming = [b for b in bookings if b["state"] == "confirmed" and b["starts_at"] > now]
    nearest = sorted(coming, key=lambda row: row["starts_at"])[: REMINDED * 8 : 8]
    chosen = Booking.objects.filter(pk__in=[row["id"] for row in nearest])
    for booking in chosen.select_related("group", "matter", "hall"):
        reminding.promise(booking=booking, now=now)
