"""Missed visits: what counts, what closes, and that no later rule punishes. # C30"""

from datetime import date, time, timedelta
from functools import partial

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import missing
from appointments.arriving import check_in
from appointments.booking import OnlineClosed, hold
from appointments.changing import cancel
from appointments.housekeeping import close_day, mark_served
from appointments.invariants import holds
from appointments.missing import days_closed
from appointments.models import Appeal, Booking, Closure, Message, MissedVisit
from appointments.sealing import unseal
from appointments.simulating import city, preparing
from appointments.withdrawing import withdraw_session
from config import civil
from queues.closing import void_left
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, make_staff, race, slot_at
from windows.models import Hall, HallSession, Rule, Shift, Window
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
EVENING = civil.city_instant(DAY, time(21, 1))  # the day is closed four hours after its end


def staff_window(window: Window, day: date, clerk=None) -> None:
    """Somebody stood at the window all day."""
    shift = DateTimeTZRange(*civil.session_hours(day, time(9), time(17)))
    clerk = clerk or make_staff(f"of {window.pk} {day}", window.hall, "clerk")
    Shift.objects.create(staff=clerk, window=window, service_day=day, period=shift)


@pytest.fixture
def staffed(windows, session) -> HallSession:
    staff_window(windows[0], DAY)
    return session


@pytest.fixture
def miss(hall, windows, book):
    """The person books a visit some days later and does not come."""

    def missed(after: int = 0, person: int = 1, made=None) -> MissedVisit:
        day = DAY + timedelta(days=after)
        session = HallSession.objects.filter(hall=hall, service_day=day).first()
        if session is None:
            session = make_session(hall, windows, day=day)
            staff_window(windows[0], day)
        morning = civil.city_instant(day, time(8))
        booking = book(slot_at(session, 10), person=person, now=made or morning, language="en")
        close_day(day=day, now=civil.city_instant(day, time(21, 1)))
        return MissedVisit.objects.get(booking=booking)

    return missed


def told(kind: str) -> list[str]:
    rows = Message.objects.filter(kind=kind).order_by("pk")
    return [unseal(row.text_sealed, purpose="message") for row in rows]


class TestWhatCounts:
    def test_who_does_not_come_has_a_missed_visit(self, book, staffed):
        booking = book(slot_at(staffed, 15))

        close_day(day=DAY, now=EVENING)

        visit = MissedVisit.objects.get()
        assert visit.booking == booking
        assert (visit.most, visit.closed_days) == (3, 30)
        assert visit.counts_until == EVENING + timedelta(days=180)
        assert not Closure.objects.exists()

    def test_closing_and_noting_again_change_nothing(self, book, staffed):
        booking = book(slot_at(staffed, 15))

        close_day(day=DAY, now=EVENING)
        HallSession.objects.update(closed_at=None)
        close_day(day=DAY, now=EVENING + timedelta(hours=1))
        booking.refresh_from_db()
        again = missing.note(bookings=[booking], now=EVENING + timedelta(hours=2))

        assert again == []
        assert MissedVisit.objects.count() == 1
        assert len(told("missed")) == 1

    def test_each_of_a_family_has_a_visit_of_their_own(self, staffed, renewal):
        people = [a_person(n) for n in (1, 2, 3)]
        slot = slot_at(staffed, 15)
        hold(slot_id=slot.pk, matter=renewal, people=people, phone=PHONE, now=NOON)
        Booking.objects.update(state="confirmed")

        close_day(day=DAY, now=EVENING)

        assert MissedVisit.objects.values("id_index").distinct().count() == 3

    def test_several_matters_of_one_person_are_one_visit(self, book, staffed, pickup):
        first = book(slot_at(staffed, 15))
        first.pk, first.reference, first.matter, first.position = None, "OTHER222", pickup, 1
        first.save(force_insert=True)

        close_day(day=DAY, now=EVENING)

        assert set(Booking.objects.values_list("state", flat=True)) == {"no_show"}
        assert MissedVisit.objects.get().booking.matter.code == "RENEW"

    def test_one_matter_of_a_visit_that_was_made_is_not_missed(self, book, staffed, pickup, hall):
        first = book(slot_at(staffed, 15))
        check_in(hall=hall, reference=first.reference, now=NOON + timedelta(hours=3))
        Booking.objects.create(
            **{field.attname: getattr(first, field.attname) for field in Booking._meta.fields}
            | {"id": None, "reference": "OTHER222", "matter_id": pickup.pk}
        )

        close_day(day=DAY, now=EVENING)

        assert not MissedVisit.objects.exists()


class TestWhatDoesNotCount:
    def nobody_missed(self) -> None:
        close_day(day=DAY, now=EVENING)
        mark_served(now=EVENING)
        assert Booking.objects.exclude(state="confirmed").exists()
        assert not MissedVisit.objects.exists()
        assert told("missed") == []

    def test_cancelled(self, book, staffed):
        cancel(booking=book(slot_at(staffed, 15)), now=NOON + timedelta(hours=2, minutes=59))

        self.nobody_missed()

    def test_withdrawn_by_the_hall(self, book, staffed, supervisor):
        book(slot_at(staffed, 15))
        withdraw_session(session=staffed, by=supervisor, now=NOON)

        self.nobody_missed()

    def test_a_session_that_ended_early(self, book, staffed, supervisor):
        book(slot_at(staffed, 13))
        at_three = NOON + timedelta(hours=3)
        withdraw_session(session=staffed, by=supervisor, now=at_three)

        self.nobody_missed()

    def test_a_hall_that_was_closed(self, book, staffed, hall):
        book(slot_at(staffed, 15))
        Hall.objects.filter(pk=hall.pk).update(is_open=False)

        self.nobody_missed()

    def test_a_hall_in_which_nobody_worked(self, book, session):
        book(slot_at(session, 15))

        self.nobody_missed()

    def test_no_window_for_the_matter_after_the_booked_time(self, book, session, windows, clerk):
        book(slot_at(session, 15))
        until_two = DateTimeTZRange(NOON - timedelta(hours=3), NOON + timedelta(hours=2))
        Shift.objects.create(staff=clerk, window=windows[0], service_day=DAY, period=until_two)

        self.nobody_missed()

    def test_coming_late(self, book, staffed, hall):
        late = book(slot_at(staffed, 13))
        check_in(hall=hall, reference=late.reference, now=NOON + timedelta(hours=4))

        self.nobody_missed()
        late.refresh_from_db()
        assert late.was_late

    def test_coming_and_leaving_before_the_call(self, book, staffed, hall):
        booking = book(slot_at(staffed, 15))
        check_in(hall=hall, reference=booking.reference, now=NOON + timedelta(hours=3))
        void_left(hall_id=hall.pk, service_day=DAY, now=EVENING)

        self.nobody_missed()
        booking.refresh_from_db()
        assert booking.state == "no_show"


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


class TestNoRulePunishesBackwards:
    """Mutant: with the rule of the day on which the visit was missed, each closes."""

    def test_a_stricter_rule_leaves_promises_alone(self, miss):
        Rule.objects.create(name="missed_most", value=1, effective_on=DAY)
        Rule.objects.create(name="missed_closed_days", value=365, effective_on=DAY)

        visit = miss(made=NOON - timedelta(days=1))

        assert (visit.most, visit.closed_days) == (3, 30)
        assert not Closure.objects.exists()

    def test_a_row_changed_after_the_booking_changes_nothing(self, book, staffed):
        rule = Rule.objects.create(name="missed_most", value=3, effective_on=DAY - timedelta(9))
        book(slot_at(staffed, 15))
        Rule.objects.create(name="missed_most", value=1, effective_on=DAY + timedelta(days=1))
        close_day(day=DAY, now=EVENING)

        Rule.objects.filter(pk=rule.pk).update(value=1)

        assert MissedVisit.objects.get().most == 3

    def test_old_visits_do_not_fill_a_stricter_rule(self, miss):
        miss(0)
        miss(1)
        Rule.objects.create(name="missed_most", value=2, effective_on=DAY + timedelta(days=2))

        miss(4)
        assert Closure.objects.count() == 1  # three are three under either rule

    def test_one_of_two_under_the_old_promise_of_three(self, miss):
        miss(0)
        Rule.objects.create(name="missed_most", value=2, effective_on=DAY + timedelta(days=1))

        miss(1)

        assert not Closure.objects.exists()

    @pytest.mark.parametrize(
        ("rules", "closes"),
        [
            ([], None),
            ([(3, 30)] * 2, None),
            ([(3, 30)] * 3, 30),
            ([(3, 30), (2, 90)], None),
            ([(3, 30), (2, 90), (2, 90)], 90),
            ([(3, 30), (3, 30), (2, 90)], 30),
            ([(2, 30), (5, 60)], None),
            ([(1, 7), (5, 60)], 7),
            ([(3, 0)] * 3, 0),
        ],
    )
    def test_the_mildest_promise_decides(self, rules, closes):
        visits = [MissedVisit(most=most, closed_days=days) for most, days in rules]

        assert days_closed(visits) == closes


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
