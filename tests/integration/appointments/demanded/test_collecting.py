"""The facts of a closed day: each way of asking, once; days and hours as the hall counts. # C8

Tried with mutants, each red: expired holds counted, a number that follows another counted,
the hour taken from UTC, a search counted whole in every hall, the closing left out of the
transaction, running sessions not looked for, a line that still waits not looked for, who
looked taken off every search of that day, another hall's offer taking part, all searches
falling alike, hours that do not serve the matter, the kiosk shared out as places online,
minutes of searches left out, days before the first session.
"""

from datetime import date, time, timedelta

import pytest
from django.db import DatabaseError
from django.db.models import Sum

from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.demanded import collecting, counting
from appointments.demanded.collecting import DayNotOver, write_day, write_days
from appointments.housekeeping import expire_holds
from appointments.models import Booking, DayClosing, DemandFact, WaitEntry
from config import civil
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from tests.integration.appointments.demanded.conftest import MORNING_AFTER, YESTERDAY
from windows.models import HallSession

pytestmark = pytest.mark.django_db


def told(facts: list[DemandFact]) -> list[tuple]:
    return [(one.hour, one.kind, one.channel, one.people, one.minutes) for one in facts]


def people(facts: list[DemandFact]) -> int:
    return sum(one.people for one in facts)


class TestBooked:
    def test_who_booked_counts_in_the_hour_of_the_slot(self, session, book, written):
        book(slot_at(session, 14), person=1)
        book(slot_at(session, 14, 30), person=2)

        assert told(written("booked")) == [(14, "regular", "online", 2, 12)]

    def test_a_hold_that_ended_is_nobody(self, session, renewal, written):
        hold(slot_id=slot_at(session, 14).pk, matter=renewal, people=[a_person(1)], phone=PHONE,
             now=NOON)  # fmt: skip
        expire_holds(now=NOON + timedelta(hours=1))

        assert written("booked") == []

    def test_who_cancelled_had_asked_too(self, session, book, written):
        cancel(booking=book(slot_at(session, 14)), now=NOON)

        assert told(written("booked")) == told(written("cancelled"))
        assert told(written("cancelled")) == [(14, "regular", "online", 1, 6)]

    def test_who_did_not_come_is_told_by_itself(self, session, book, written):
        Booking.objects.filter(pk=book(slot_at(session, 14)).pk).update(state="no_show")

        assert told(written("no_show")) == [(14, "regular", "online", 1, 6)]
        assert written("cancelled") == []

    def test_each_channel_is_a_fact_of_its_own(self, session, book, written):
        Booking.objects.filter(pk=book(slot_at(session, 14)).pk).update(channel="assisted")
        book(slot_at(session, 14), person=2)

        assert sorted(one.channel for one in written("booked")) == ["assisted", "online"]


class TestCame:
    def test_who_came_counts_in_the_hour_of_the_number(self, hall, session, renewal, written):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)

        assert told(written("walked_in")) == [(12, "regular", "walkin", 1, 6)]

    def test_before_the_doors_opened_is_the_first_hour(self, hall, session, renewal, written):
        early = civil.city_instant(DAY, time(8, 20))
        ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        Ticket.objects.filter(pk=ticket.pk).update(issued_at=early)

        assert [one.hour for one in written("walked_in")] == [9]

    def test_another_number_of_the_same_person_is_not_another_person(
        self, hall, session, renewal, written
    ):
        first = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        second = issue_walk_in(hall=hall, matter=renewal, now=NOON)
        Ticket.objects.filter(pk=second.pk).update(came_from=first)

        assert people(written("walked_in")) == 1


class TestMidnight:
    def test_hours_go_on_after_midnight(self, hall, windows, renewal, book, written):
        night = make_session(hall, windows, opens=time(18, 30), closes=time(1, 30), kind="night")
        book(slot_at(night, 0, 30), person=1)
        ticket = issue_walk_in(hall=hall, matter=renewal, now=civil.city_instant(DAY, time(23)))
        after = civil.city_instant(DAY + timedelta(days=1), time(0, 40))
        Ticket.objects.filter(pk=ticket.pk).update(issued_at=after)

        assert told(written("booked")) == [(24, "night", "online", 1, 6)]
        assert told(written("walked_in")) == [(24, "night", "walkin", 1, 6)]

    def test_the_day_is_not_over_before_its_night(self, hall, windows):
        make_session(hall, windows, opens=time(18, 30), closes=time(1, 30), kind="night")
        half_past_midnight = civil.city_instant(DAY + timedelta(days=1), time(0, 30))

        with pytest.raises(DayNotOver):
            write_day(hall=hall, day=DAY, now=half_past_midnight)
        assert not DayClosing.objects.exists()


class TestSearched:
    def test_shared_out_over_the_hours_as_places_online_were(self, hall, windows, looked, written):
        make_session(hall, windows, opens=time(9), closes=time(11), online=30)
        make_session(hall, windows, opens=time(18), closes=time(19), online=60, kind="night")
        looked(20)

        facts = written("searched")

        assert told(facts) == [
            (9, "regular", "online", 5, 30),
            (10, "regular", "online", 5, 30),
            (18, "night", "online", 10, 60),
        ]
        assert all(one.is_spread for one in facts)

    def test_only_over_hours_that_serve_the_matter(
        self, hall, windows, renewal, pickup, looked, written
    ):
        make_session(hall, windows, opens=time(9), closes=time(10))
        evening = make_session(hall, windows, opens=time(18), closes=time(19), kind="night")
        HallSession.objects.filter(pk=evening.pk).update(matter_ids=[pickup.pk])
        looked(4)
        looked(2, matter=pickup)

        hours = [(one.hour, one.matter, one.people) for one in written("searched")]

        assert hours == [(9, renewal, 4), (9, pickup, 1), (18, pickup, 1)]

    def test_a_search_of_one_hall_is_not_shared_with_others(
        self, hall, other_hall, session, searched, written
    ):
        make_session(other_hall, [])
        other_hall.sessions.get().slots.update(minutes=90, online_quota=90)
        searched(8, halls="H01", first_day=YESTERDAY)

        assert people(written("searched")) == 8

    def test_a_search_of_several_halls_and_days_is_one_person(
        self, hall, other_hall, windows, session, searched, written
    ):
        make_session(hall, windows, day=YESTERDAY)
        make_session(other_hall, [])
        other_hall.sessions.get().slots.update(minutes=30, online_quota=30)
        for n in range(40):
            searched(1, asked_on=DAY - timedelta(days=n), first_day=YESTERDAY)

        counts = [
            people(written("searched", of=of, day=day))
            for of, day in ((hall, DAY), (hall, YESTERDAY), (other_hall, DAY))
        ]

        assert sum(counts) == 40
        assert counts[0] == pytest.approx(counts[1], abs=2)  # as many places each
        assert 3 <= counts[2] <= 9  # a third of them, of seven parts

    def test_a_search_of_another_hall_is_not_ours(self, hall, session, searched, written):
        searched(5, halls="H011,H02")

        assert written("searched") == []

    def test_staff_who_searched_for_somebody_are_a_channel(self, session, searched, written):
        searched(3, halls="H01", channel="assisted")

        facts = written("searched")

        assert ({one.channel for one in facts}, people(facts)) == ({"assisted"}, 3)

    def test_who_is_counted_for_the_day_is_not_counted_for_the_search_again(
        self, session, looked, searched, written
    ):
        looked(4)
        searched(6, halls="H01")

        assert people(written("searched")) == 6

    def test_who_looked_is_taken_off_once_from_several_searches(
        self, session, looked, searched, written
    ):
        looked(4)
        searched(6, halls="H01", first_day=YESTERDAY)
        searched(5, halls="H01")

        assert people(written("searched")) == 11

    def test_who_waited_and_got_a_place_has_not_searched_in_vain(
        self, hall, session, renewal, looked, written
    ):
        looked(4)
        waits(hall, renewal, state="booked")

        assert people(written("searched")) == 3
        assert written("waiting") == []

    def test_an_absurd_count_is_cut_to_what_a_fact_may_be(self, session, looked, written):
        looked(2_000_000_000)

        assert max(one.people for one in written("searched")) == counting.MOST_PEOPLE


def waits(hall, matter, *, state="ended", days: int = 0) -> WaitEntry:
    entry = WaitEntry.objects.create(
        matter=matter, first_day=DAY, last_day=DAY + timedelta(days=days), minutes=6,
        phone_sealed=b"", phone_index=b"", state=state, made_at=NOON,
    )  # fmt: skip
    entry.halls.add(hall)
    entry.people.create(
        matter=matter, name_sealed=b"", id_sealed=b"", id_index=b"%d" % entry.pk, born_on=DAY
    )
    return entry


def test_who_waited_for_several_days_in_vain_counts_once(hall, windows, session, renewal, written):
    make_session(hall, windows, day=DAY + timedelta(days=1))
    for _n in range(10):
        waits(hall, renewal, days=1)

    today = people(written("waiting"))
    write_day(hall=hall, day=DAY + timedelta(days=1), now=MORNING_AFTER + timedelta(days=1))

    assert DemandFact.objects.filter(what="waiting").aggregate(n=Sum("people")) == {"n": 10}
    assert 3 <= today <= 7


class TestAtTheKiosk:
    def test_who_asked_in_vain(self, session, searched, written):
        session.slots.update(online_quota=0, walkin_quota=90)
        searched(3, halls="H01", channel="kiosk")

        facts = written("kiosk")

        assert ({one.channel for one in facts}, people(facts)) == ({"kiosk"}, 3)

    def test_a_day_without_a_session_is_closed_and_has_no_facts(
        self, hall, looked, searched, written
    ):
        """Mutant: without `or not was_open`, what was looked for becomes the day's demand."""
        searched(2, halls="H01", channel="kiosk")
        looked(3)

        assert written("kiosk") == written("searched") == []
        assert DayClosing.objects.get().was_open is False

    def test_at_hours_that_have_minutes_for_walk_ins(self, hall, windows, searched, written):
        make_session(hall, windows, opens=time(9), closes=time(10), online=0)
        make_session(hall, windows, opens=time(18), closes=time(19), kind="night")
        searched(3, halls="H01", channel="kiosk")

        assert [(one.hour, one.people) for one in written("kiosk")] == [(9, 3)]


class TestOnce:
    def test_a_second_run_writes_nothing(self, hall, session, book):
        book(slot_at(session, 14))

        wrote = [write_day(hall=hall, day=DAY, now=MORNING_AFTER) for _ in range(2)]

        assert wrote == [1, 0]
        assert DemandFact.objects.count() == DayClosing.objects.count() == 1

    def test_facts_and_closing_come_together(self, hall, session, book, monkeypatch):
        book(slot_at(session, 14))

        def breaks(*_):
            raise DatabaseError

        monkeypatch.setattr(collecting, "counted", breaks)
        with pytest.raises(DatabaseError):
            write_day(hall=hall, day=DAY, now=MORNING_AFTER)

        assert not DayClosing.objects.exists()

    def test_what_changes_later_is_not_written_over(self, hall, session, book, written):
        written("booked")
        book(slot_at(session, 14))

        assert written("booked") == []

    def test_who_is_still_expected_keeps_the_day_open_for_some_hours(self, hall, session, book):
        book(slot_at(session, 14))
        soon = civil.city_instant(DAY + timedelta(days=1), time(0, 30))

        with pytest.raises(DayNotOver):
            write_day(hall=hall, day=DAY, now=soon)
        assert write_day(hall=hall, day=DAY, now=soon + timedelta(hours=8)) == 1

    def test_who_still_waits_keeps_the_day_open_for_some_hours(self, hall, session, renewal):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
        soon = civil.city_instant(DAY + timedelta(days=1), time(0, 30))

        with pytest.raises(DayNotOver):
            write_day(hall=hall, day=DAY, now=soon)
        assert write_day(hall=hall, day=DAY, now=soon + timedelta(hours=8)) == 1


class TestAllDays:
    def test_from_the_halls_first_session_to_yesterday(self, hall, other_hall, session, book):
        book(slot_at(session, 14))

        wrote = write_days(now=NOON + timedelta(days=3))

        days = DayClosing.objects.order_by("service_day").values_list("service_day", "was_open")
        assert wrote == 1
        assert list(days) == [
            (DAY, True),
            (DAY + timedelta(days=1), False),
            (DAY + timedelta(days=2), False),
        ]

    def test_at_most_sixty_days_back(self, hall, windows):
        make_session(hall, windows, day=date(2026, 10, 1))

        write_days(now=NOON)

        assert DayClosing.objects.count() == 60
        assert write_days(now=NOON) == 0
