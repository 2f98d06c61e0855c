"""What follows a missed visit: a word, and online booking closed for a time. # C30"""

from datetime import date, time, timedelta
from functools import partial

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import missing
from appointments.booking import OnlineClosed, hold
from appointments.housekeeping import close_day
from appointments.invariants import holds
from appointments.models import Appeal, Booking, Closure, Message, MissedVisit
from appointments.simulating import city, preparing
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, make_staff, race, slot_at
from tests.integration.appointments.missing.conftest import EVENING, told
from windows.models import HallSession, Rule, Shift, Window
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


class TestWhatFollows:
    def test_the_first_one_warns_with_the_rule_and_the_way_to_object(self, miss):
        booking = miss().booking

        (text,) = told("missed")
        assert "this counts as 1 of 3" in text
        assert "Only when 3 visits within 180 days are missed" in text
        assert "online booking closes for 30 days" in text
        assert f"/b/{booking.reference}/appeal/?k=" in text
        assert "by Thursday 18 March" in text

    def test_it_is_told_in_the_morning_and_not_at_night(self, hall, windows, book):
        night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")
        period = DateTimeTZRange(night.starts_at, night.ends_at)
        clerk = make_staff("night", hall, "clerk")
        Shift.objects.create(staff=clerk, window=windows[0], service_day=DAY, period=period)
        book(slot_at(night, 23))
        four_at_night = civil.city_instant(DAY + timedelta(days=1), time(4, 31))

        close_day(day=DAY, now=four_at_night)

        message = Message.objects.get(kind="missed")
        assert message.due_at == civil.city_instant(DAY + timedelta(days=1), time(7))

    def test_the_third_one_closes_online_booking_for_a_month(self, miss):
        for after in (0, 1):
            miss(after)
        assert not Closure.objects.exists()

        last = miss(4)

        closure = Closure.objects.get()
        assert closure.missed == last
        assert closure.ends_at - closure.begins_at == timedelta(days=30)
        text = told("missed")[-1]
        assert "online booking is closed for this person until Wednesday 7 April, 21:01" in text
        assert "Coming without a booking is possible at any time." in text

    def test_it_opens_by_itself(self, miss, hall, windows, renewal):
        closure = [miss(after) for after in (0, 1, 4)][-1].closures.get()
        day_after = civil.city_date(closure.ends_at) + timedelta(days=1)
        later = make_session(hall, windows, day=day_after)
        slot, person = slot_at(later, 16), a_person(1)
        ask = partial(hold, slot_id=slot.pk, matter=renewal, people=[person], phone=PHONE)

        with pytest.raises(OnlineClosed):
            ask(now=closure.ends_at - timedelta(minutes=1))

        assert ask(now=closure.ends_at).bookings

    def test_walking_in_stays_open(self, miss, hall, windows, renewal):
        closure = [miss(after) for after in (0, 1, 4)][-1].closures.get()
        day = civil.city_date(closure.begins_at + timedelta(days=1))
        make_session(hall, windows, day=day)

        ticket = issue_walk_in(hall=hall, matter=renewal, now=civil.city_instant(day, time(11)))

        assert ticket.state == "waiting"

    def test_others_are_not_closed(self, miss):
        for person, after in enumerate((0, 1, 4), start=1):
            miss(after, person=person)

        assert not Closure.objects.exists()

    def test_old_ones_count_no_more(self, miss):
        miss(0)
        MissedVisit.objects.update(counts_until=EVENING + timedelta(days=3))
        miss(1)
        miss(4)

        assert not Closure.objects.exists()

    def test_what_was_answered_by_a_closure_is_not_answered_twice(self, miss):
        for after in (0, 1, 4):
            miss(after)
        Closure.objects.update(ends_at=EVENING + timedelta(days=5))

        miss(8)

        assert Closure.objects.count() == 1
        assert "this counts as 1 of 3" in told("missed")[-1]

    def test_a_closure_follows_one_that_still_stands(self, miss):
        Rule.objects.create(name="missed_most", value=1, effective_on=DAY)
        made = civil.city_instant(DAY, time(7))

        first, second = (miss(after, made=made) for after in (0, 1))
        assert first.closures.get().ends_at == second.closures.get().begins_at


@pytest.mark.django_db(transaction=True)
def test_two_halls_that_close_at_once_see_both_visits(hall, other_hall, windows, book, renewal):
    """Mutant: without `_lock_person` each sees two of three, and nothing closes."""
    elsewhere = Window.objects.create(hall=other_hall, number=1)
    elsewhere.matters.add(renewal)
    for where, window in ((hall, windows[0]), (other_hall, elsewhere)):
        make_session(where, [window])
        sign_in(
            staff=make_staff(f"at {where.code}", where, "clerk"), window=window,
            now=civil.city_instant(DAY, time(9)),
        )  # fmt: skip
    first, second = (slot_at(s, 15) for s in HallSession.objects.order_by("pk"))
    gone = book(first, now=NOON - timedelta(days=1))
    visits = [gone, *(_another_day(gone, slot, n) for n, slot in ((1, first), (2, second)))]
    Booking.objects.filter(pk=gone.pk).update(state="no_show")
    missing.note(bookings=[gone], now=EVENING - timedelta(hours=1))

    race(*[partial(missing.note, bookings=[one], now=EVENING) for one in visits[1:]])

    assert MissedVisit.objects.count() == 3
    assert Closure.objects.count() == 1


def _another_day(booking: Booking, slot, n: int) -> Booking:
    """The same person's visit in a group of its own, ended without them."""
    facts = {field.attname: getattr(booking, field.attname) for field in Booking._meta.fields}
    group = booking.group
    group.pk = None
    group.save(force_insert=True)
    facts |= {
        "id": None, "reference": f"OTHER22{n}", "group_id": group.pk, "slot_id": slot.pk,
        "hall_id": slot.hall_id, "state": "no_show",
    }  # fmt: skip
    return Booking.objects.create(**facts)


@pytest.mark.django_db
def test_the_simulated_city_has_missed_visits_and_appeals(monkeypatch):
    now = civil.city_instant(date(2026, 11, 24), time(11))
    monkeypatch.setattr(city, "HALLS", city.HALLS[:3])
    monkeypatch.setattr(preparing, "DAYS_BACK", 5)
    monkeypatch.setattr(preparing, "DAYS_AHEAD", 2)

    preparing.prepare(now)

    absent = Booking.objects.filter(state="no_show", arrived_at=None)
    assert MissedVisit.objects.count() == absent.count() > 0
    assert Appeal.objects.filter(state="open", missed__booking__hall__code="H01").exists()
    assert Appeal.objects.filter(decided_by__username="supervisor").exists()
    assert holds(now) == []
