"""The simulated city is true: every invariant holds, and it is open at any hour."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from appointments.arriving import check_in
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.invariants import holds
from appointments.models import Booking, Message
from appointments.offering import slots_of
from appointments.providing import Inbox
from appointments.sending import send_due
from appointments.simulating import city, events, people, preparing
from appointments.simulating.preparing import NotSimulated, prepare
from config import civil
from queues.calling import call_next
from queues.issuing import current_session, issue_walk_in
from queues.models import Rating, Ticket
from tests.conftest import a_person
from windows.models import Hall, HallSession, Matter, SessionWindow, Slot, Staff
from windows.sessions import open_session
from windows.shifts import sign_in

TUESDAY_AT_11 = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HOURS = {
    "a Tuesday morning": TUESDAY_AT_11,
    "a Tuesday between day and night session": datetime(2026, 11, 24, 9, 20, tzinfo=UTC),
    "just after five": datetime(2026, 11, 23, 9, 43, tzinfo=UTC),
    "a Thursday night": datetime(2026, 11, 26, 11, 45, tzinfo=UTC),
    "three at night": datetime(2026, 11, 25, 19, 0, tzinfo=UTC),
    "just after midnight": datetime(2026, 11, 26, 16, 10, tzinfo=UTC),
    "a Saturday": datetime(2026, 11, 28, 2, 30, tzinfo=UTC),
    "a Sunday": datetime(2026, 11, 29, 7, 0, tzinfo=UTC),
}


PLACES = city.HALLS


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Four halls and a few days are enough here."""
    monkeypatch.setattr(city, "HALLS", city.HALLS[:4])
    monkeypatch.setattr(preparing, "DAYS_BACK", 2)
    monkeypatch.setattr(preparing, "DAYS_AHEAD", 5)


def rows() -> dict[str, int]:
    return {
        model.__name__: model.objects.count()
        for model in (Hall, Matter, Staff, HallSession, Slot, Booking, Ticket, Rating, Message)
    }


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.django_db
def test_at_any_hour_every_hall_is_open_and_every_invariant_holds(hour):
    now = HOURS[hour]

    prepare(now)

    assert holds(now) == []
    for hall in Hall.objects.all():
        assert current_session(hall=hall, now=now).starts_at <= now
        later = now + timedelta(hours=4)
        assert current_session(hall=hall, now=later).starts_at <= later
        assert 3 <= Ticket.objects.waiting().filter(hall=hall).count() <= 40
        assert Ticket.objects.filter(hall=hall, state="finished").count() > 20


@pytest.mark.django_db
def test_an_event_brings_the_people_that_are_told_of_it(monkeypatch):
    """The forecast takes an event out of the days that were: they have to have it."""
    monkeypatch.setattr(preparing, "DAYS_BACK", 15)
    first, more = civil.city_date(TUESDAY_AT_11) - timedelta(days=8), 30  # a Monday
    to = (11, 30)
    event = ("exam", "报名", "Enrolment", (first.month, first.day), to, "学生", "students", more)
    monkeypatch.setattr(events, "EVENTS", [event])

    prepare(TUESDAY_AT_11)

    walk_ins = Ticket.objects.filter(source="walk_in")
    for rows_of in (walk_ins, Booking.objects):
        seen = Counter(rows_of.values_list("service_day", flat=True))
        before, within = (
            sum(seen[monday + timedelta(days=n)] for n in range(6))
            for monday in (first - timedelta(days=7), first)
        )
        assert within / before == pytest.approx(1 + more / 100, rel=0.12)


@pytest.mark.django_db
def test_preparing_again_adds_nothing():
    prepare(TUESDAY_AT_11)
    before = rows()

    prepare(TUESDAY_AT_11 + timedelta(minutes=2))

    assert rows() == before


@pytest.mark.parametrize(
    "later", [timedelta(hours=9), timedelta(days=1, hours=7), timedelta(days=4)]
)
@pytest.mark.django_db
def test_a_city_that_slept_is_brought_up_to_now(later):
    prepare(TUESDAY_AT_11)

    prepare(TUESDAY_AT_11 + later)
    while send_due(now=TUESDAY_AT_11 + later, by=Inbox()).sent:
        pass  # what was owed while it slept leaves at once

    assert holds(TUESDAY_AT_11 + later) == []
    for hall in Hall.objects.all():
        assert current_session(hall=hall, now=TUESDAY_AT_11 + later)


@pytest.mark.django_db
def test_a_stranger_books_the_next_slot_checks_in_and_is_called():  # C15 C16
    prepare(TUESDAY_AT_11)
    hall, matter = Hall.objects.get(code="H01"), Matter.objects.get(code="RENEW")
    day = civil.city_date(TUESDAY_AT_11)
    slot = slots_of(hall=hall, matter=matter, day=day, now=TUESDAY_AT_11)[0]
    assert slot.starts_at - TUESDAY_AT_11 <= timedelta(minutes=30)
    assert slot.places >= 3
    held = hold(
        slot_id=slot.id, matter=matter, people=[a_person(1)], phone="+8613800138000",
        now=TUESDAY_AT_11,
    ).bookings[0]  # fmt: skip
    confirm(booking=find(held.reference, held.secret), now=TUESDAY_AT_11)
    clerk, window = Staff.objects.get(username="clerk"), hall.windows.get(number=3)
    sign_in(staff=clerk, window=window, now=TUESDAY_AT_11)

    mine = check_in(hall=hall, reference=held.reference, now=TUESDAY_AT_11)
    called = set()
    while mine.pk not in called:
        ticket = call_next(window=window, staff=clerk, now=TUESDAY_AT_11)
        called.add(ticket.pk)
        Ticket.objects.filter(pk=ticket.pk).update(state="parked", window=None)

    assert len(called) <= 40


@pytest.mark.django_db
def test_the_first_hall_has_a_free_evening_for_an_extra_session():  # C5
    prepare(TUESDAY_AT_11)
    hall = Hall.objects.get(code="H01")
    tomorrow = civil.city_date(TUESDAY_AT_11) + timedelta(days=1)
    opens, closes = datetime.min.replace(hour=18, minute=30), datetime.min.replace(minute=30)

    session = open_session(
        hall=hall, kind="night", day=tomorrow, opens=opens.time(), closes=closes.time(),
        windows=list(hall.windows.all()), by=None, now=TUESDAY_AT_11,
    )  # fmt: skip

    assert session.slots.count() == 12


@pytest.mark.django_db
def test_the_plan_has_night_weekend_and_student_sessions(monkeypatch):  # C1 C2
    monkeypatch.setattr(city, "HALLS", PLACES[:6])  # the sixth is open after midnight
    prepare(TUESDAY_AT_11)
    saturday = civil.city_date(TUESDAY_AT_11) + timedelta(days=4)

    kinds = set(HallSession.objects.values_list("kind", flat=True))
    midnight = [
        s for s in HallSession.objects.filter(kind="night", hall__code="H06")
        if civil.city_date(s.ends_at) > s.service_day
    ]  # fmt: skip
    students = Slot.objects.filter(session__kind="student", service_day=saturday)

    assert {"regular", "night", "weekend", "student"} <= kinds
    assert midnight
    assert students.exists()
    assert all(slot.walkin_quota == slot.minutes for slot in students)


@pytest.mark.django_db
def test_windows_three_and_up_of_the_first_hall_are_left_to_people():
    prepare(TUESDAY_AT_11)

    at_windows = Ticket.objects.filter(hall__code="H01", state__in=["called", "serving"])

    assert at_windows.exists()
    assert set(at_windows.values_list("window__number", flat=True)) <= {1, 2}
    staffed = SessionWindow.objects.filter(session__hall__code="H01", session__kind="regular")
    assert staffed.filter(window__number=3).exists()


@pytest.mark.parametrize("real", ["hall", "staff", "group"])
@pytest.mark.django_db
def test_real_data_are_refused_in_words(real, hall, session, renewal):
    if real == "hall":
        Hall.objects.update(is_simulated=False)
    elif real == "staff":
        Staff.objects.create_user("somebody")
    else:
        Hall.objects.update(is_simulated=False)
        HallSession.objects.update(is_simulated=True)

    with pytest.raises(CommandError, match="not marked as simulated"):
        call_command("demo", prepare=True)

    assert not Matter.objects.filter(code="LOST").exists()


@pytest.mark.django_db
def test_the_city_is_never_made_outside_of_the_demo(settings):
    settings.DEMO = settings.TESTING = False

    with pytest.raises(NotSimulated, match="DEMO=1"):
        prepare(TUESDAY_AT_11)


@pytest.mark.django_db
def test_what_visitors_do_in_the_demo_is_no_obstacle():
    prepare(TUESDAY_AT_11)
    hall, matter = Hall.objects.get(code="H01"), Matter.objects.get(code="RENEW")
    day = civil.city_date(TUESDAY_AT_11) + timedelta(days=1)
    slot = slots_of(hall=hall, matter=matter, day=day, now=TUESDAY_AT_11)[-1]
    hold(slot_id=slot.id, matter=matter, people=[a_person(1)], phone="+8613800138000",
         now=TUESDAY_AT_11)  # fmt: skip
    issue_walk_in(hall=hall, matter=matter, now=TUESDAY_AT_11)

    prepare(TUESDAY_AT_11 + timedelta(hours=1))

    assert Booking.objects.filter(group__is_simulated=False).count() == 1


def test_invented_people_have_valid_numbers_and_fitting_ages():
    from random import Random

    from appointments.id_numbers import clean_id_number

    luck, today = Random(7), civil.city_date(TUESDAY_AT_11)
    for code, youngest, oldest in (("FIRST_MINOR", 0, 15), ("FIRST", 16, 40), ("RENEW", 16, 80)):
        for _ in range(200):
            who = people.person(luck, code, today)
            number = clean_id_number(who.number, today=today)
            assert number.born_on == who.born_on
            assert youngest <= civil.full_years(who.born_on, today) <= oldest
            assert bool(who.guardian) == (code == "FIRST_MINOR")
