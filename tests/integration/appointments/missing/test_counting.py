"""Which visits count as missed, and which do not. # C30"""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import missing
from appointments.arriving import check_in
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.housekeeping import close_day, mark_served
from appointments.models import Booking, Closure, MissedVisit
from appointments.withdrawing import withdraw_session
from queues.closing import void_left
from tests.conftest import DAY, NOON, PHONE, a_person, slot_at
from tests.integration.appointments.missing.conftest import EVENING, told
from windows.models import Hall, HallSession, Shift

pytestmark = pytest.mark.django_db


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
    def missed(self) -> list:
        """The missed visits of the day, and what people were told of any."""
        close_day(day=DAY, now=EVENING)
        mark_served(now=EVENING)
        assert Booking.objects.exclude(state="confirmed").exists()
        return [*MissedVisit.objects.all(), *told("missed")]

    def test_cancelled(self, book, staffed):
        cancel(booking=book(slot_at(staffed, 15)), now=NOON + timedelta(hours=2, minutes=59))

        assert self.missed() == []

    def test_withdrawn_by_the_hall(self, book, staffed, supervisor):
        book(slot_at(staffed, 15))
        withdraw_session(session=staffed, by=supervisor, now=NOON)

        assert self.missed() == []

    def test_a_session_that_ended_early(self, book, staffed, supervisor):
        book(slot_at(staffed, 13))
        at_three = NOON + timedelta(hours=3)
        withdraw_session(session=staffed, by=supervisor, now=at_three)

        assert self.missed() == []

    def test_a_hall_that_was_closed(self, book, staffed, hall):
        book(slot_at(staffed, 15))
        Hall.objects.filter(pk=hall.pk).update(is_open=False)

        assert self.missed() == []

    def test_a_hall_in_which_nobody_worked(self, book, session):
        book(slot_at(session, 15))

        assert self.missed() == []

    def test_no_window_for_the_matter_after_the_booked_time(self, book, session, windows, clerk):
        book(slot_at(session, 15))
        until_two = DateTimeTZRange(NOON - timedelta(hours=3), NOON + timedelta(hours=2))
        Shift.objects.create(staff=clerk, window=windows[0], service_day=DAY, period=until_two)

        assert self.missed() == []

    def test_coming_late(self, book, staffed, hall):
        late = book(slot_at(staffed, 13))
        check_in(hall=hall, reference=late.reference, now=NOON + timedelta(hours=4))

        assert self.missed() == []
        late.refresh_from_db()
        assert late.was_late

    def test_coming_and_leaving_before_the_call(self, book, staffed, hall):
        booking = book(slot_at(staffed, 15))
        check_in(hall=hall, reference=booking.reference, now=NOON + timedelta(hours=3))
        void_left(hall_id=hall.pk, service_day=DAY, now=EVENING)

        assert self.missed() == []
        booking.refresh_from_db()
        assert booking.state == "no_show"
