"""Rosters: planning people at windows, who is free, what is in the way. # C3 C26"""

from datetime import time, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config import civil
from config.refusals import NotFound
from tests.conftest import DAY, NOON, make_session, make_staff
from windows.models import Absence, HallSession, Rule, StaffSkill, Window
from windows.rostering import (
    EntryGone,
    IsAbsent,
    NotOfThisHall,
    OutsideSession,
    PlannedElsewhere,
    WindowPlanned,
    assign,
    free_staff,
    move,
    planned_at,
    remove,
    roster_of,
)
from windows.sessions import SessionOver, close_places
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


def at(hour: int, minute: int = 0, *, days: int = 0):
    return civil.city_instant(DAY + timedelta(days=days), time(hour, minute))


def plan(staff, session, window, *, begins=None, ends=None, now=NOON):
    period = DateTimeTZRange(begins, ends) if begins else None
    return assign(staff=staff, session=session, window=window, period=period, by=None, now=now)


@pytest.fixture
def night(hall, windows):
    return make_session(hall, windows[:2], opens=time(18, 30), closes=time(0, 30), kind="night")


class TestAssign:
    def test_somebody_stands_at_a_window_for_the_whole_session(self, session, windows, clerks):
        entry = plan(clerks[0], session, windows[0])

        assert roster_of(session) == [entry]
        assert (entry.period.lower, entry.period.upper) == (session.starts_at, session.ends_at)
        assert planned_at(windows[0], NOON) == entry

    def test_twice_is_once_and_other_hours_replace_the_first_ones(self, session, windows, clerks):
        plan(clerks[0], session, windows[0])
        plan(clerks[0], session, windows[0])

        entry = plan(clerks[0], session, windows[0], begins=at(13), ends=at(17))

        assert roster_of(session) == [entry]
        assert entry.period.lower == at(13)

    def test_two_people_share_a_window(self, session, windows, clerks):
        plan(clerks[0], session, windows[0], begins=at(9), ends=at(13))
        plan(clerks[1], session, windows[0], begins=at(13), ends=at(17))

        assert [one.staff for one in roster_of(session)] == clerks[:2]

    def test_nobody_is_planned_twice_at_once_and_the_other_place_is_named(
        self, session, windows, clerks
    ):
        entry = plan(clerks[0], session, windows[0])

        with pytest.raises(PlannedElsewhere) as refused:
            plan(clerks[0], session, windows[1])

        assert "window 1 in Hetang Hall, 2027-03-04 09:00–17:00" in str(refused.value)
        assert refused.value.body()["facts"]["entry"] == entry.pk

    def test_a_window_is_planned_for_one_person(self, session, windows, clerks):
        plan(clerks[0], session, windows[0])

        with pytest.raises(WindowPlanned, match="Window 1 is planned then already for clerk-1"):
            plan(clerks[1], session, windows[0])

    def test_hours_outside_the_session_are_refused(self, session, windows, clerks):
        for begins, ends in ((at(8), at(12)), (at(12), at(18)), (at(12), at(12))):
            with pytest.raises(OutsideSession, match="09:00–17:00"):
                plan(clerks[0], session, windows[0], begins=begins, ends=ends)

    def test_who_is_absent_is_not_planned(self, session, windows, clerks):
        Absence.objects.create(
            staff=clerks[0], period=DateTimeTZRange(at(12), at(13)), reason="sick", made_at=NOON
        )

        with pytest.raises(IsAbsent, match="2027-03-04 12:00–13:00"):
            plan(clerks[0], session, windows[0])
        assert plan(clerks[0], session, windows[0], begins=at(13), ends=at(17))

    def test_other_halls_people_and_windows(
        self, session, windows, clerks, stranger_clerk, other_hall
    ):
        with pytest.raises(NotOfThisHall):
            plan(stranger_clerk, session, windows[0])
        with pytest.raises(NotFound):
            plan(clerks[0], session, Window.objects.create(hall=other_hall, number=1))

    def test_a_guide_stands_on_the_floor_only(self, session, windows, guide):
        assert plan(guide, session, None).window is None
        with pytest.raises(NotOfThisHall):
            plan(guide, session, windows[0])

    def test_a_session_that_is_over_or_cancelled_has_no_roster(self, session, windows, clerks):
        with pytest.raises(SessionOver):
            plan(clerks[0], session, windows[0], now=at(17))
        close_places(session=session, now=NOON)
        with pytest.raises(SessionOver):
            plan(clerks[0], session, windows[0])


class TestChangesOfTheSession:
    def test_a_cancelled_session_leaves_its_people_free(self, hall, session, windows, clerks):
        left = plan(clerks[0], session, windows[0])
        close_places(session=session, now=NOON)
        again = make_session(hall, windows[:1])

        assert clerks[0] in [one.staff for one in free_staff(hall=hall, period=left.period)]
        plan(clerks[0], again, windows[0])

        left.refresh_from_db()
        assert left.is_cancelled

    def test_undoing_a_cancellation_brings_the_roster_back(self, session, windows, clerks):
        entry = plan(clerks[0], session, windows[0])
        close_places(session=session, now=NOON)
        HallSession.objects.update(state="open")

        assert roster_of(session) == [entry]

    def test_what_a_cut_session_leaves_over_makes_room(self, hall, session, windows, clerks):
        entry = plan(clerks[0], session, windows[0])
        HallSession.objects.filter(pk=session.pk).update(ends_at=at(15))
        session.staffed.update(period=DateTimeTZRange(at(9), at(15)))
        later = make_session(hall, windows[:1], opens=time(15, 30), closes=time(17))

        plan(clerks[0], later, windows[0])

        entry.refresh_from_db()
        assert entry.period.upper == at(15)


class TestMoving:
    def test_to_another_window_and_to_the_floor(self, session, windows, clerks):
        entry = plan(clerks[0], session, windows[0], begins=at(10), ends=at(12))

        moved = move(entry=entry, window=windows[1], by=None, now=NOON)
        floor = move(entry=moved, window=None, by=None, now=NOON)

        assert roster_of(session) == [floor]
        assert (floor.period.lower, floor.window) == (at(10), None)

    def test_onto_somebody_elses_window_it_is_refused_and_nothing_is_lost(
        self, session, windows, clerks
    ):
        entry = plan(clerks[0], session, windows[0])
        plan(clerks[1], session, windows[1])

        with pytest.raises(WindowPlanned):
            move(entry=entry, window=windows[1], by=None, now=NOON)

        entry.refresh_from_db()
        assert not entry.is_cancelled

    def test_removed_is_gone_and_twice_is_once(self, session, windows, clerks):
        entry = plan(clerks[0], session, windows[0])
        remove(entry=entry, by=None, now=NOON)
        remove(entry=entry, by=None, now=NOON)

        assert roster_of(session) == []
        with pytest.raises(EntryGone):
            move(entry=entry, window=windows[1], by=None, now=NOON)


class TestFreeStaff:
    def test_who_is_planned_or_absent_is_not_free(self, hall, session, windows, clerks):
        plan(clerks[0], session, windows[0])
        Absence.objects.create(
            staff=clerks[1], period=DateTimeTZRange(at(16), at(20)), reason="leave", made_at=NOON
        )

        free = free_staff(hall=hall, period=DateTimeTZRange(at(13), at(17)))

        assert [one.staff for one in free] == [clerks[2]]

    def test_who_can_serve_the_matters_comes_first(self, hall, session, clerks, renewal, pickup):
        for clerk in clerks[:2]:
            StaffSkill.objects.create(staff=clerk, matter=pickup)

        free = free_staff(hall=hall, period=DateTimeTZRange(at(9), at(17)),
                          matter_ids=[renewal.pk])  # fmt: skip

        assert [one.staff for one in free][0] == clerks[2]
        assert [one.is_skilled for one in free] == [True, False, False]

    def test_who_needs_rest_comes_after_the_others(self, hall, night, windows, clerks):
        plan(clerks[0], night, windows[0])
        tomorrow = DateTimeTZRange(at(9, days=1), at(17, days=1))

        free = {one.staff: one for one in free_staff(hall=hall, period=tomorrow)}

        assert list(free)[-1] == clerks[0]
        assert (free[clerks[0]].is_rested, free[clerks[0]].rest_hours) == (False, 8)
        Rule.objects.create(name="rest_hours", value=8, effective_on=DAY)
        assert all(one.is_rested for one in free_staff(hall=hall, period=tomorrow))

    def test_two_duties_of_one_day_need_no_night_between_but_have_a_longest_day(
        self, hall, session, windows, clerks
    ):
        plan(clerks[0], session, windows[0])

        late = free_staff(hall=hall, period=DateTimeTZRange(at(18, 30), at(21, 30)))
        night = free_staff(hall=hall, period=DateTimeTZRange(at(18, 30), at(0, 30, days=1)))

        found = {one.staff: one for one in late}[clerks[0]]
        assert (found.is_rested, found.is_within_day, found.day_minutes) == (True, True, 660)
        assert not {one.staff: one for one in night}[clerks[0]].is_within_day

    def test_who_carries_least_comes_first(self, hall, session, windows, clerks):
        plan(clerks[0], session, windows[0])
        plan(clerks[1], session, windows[1], begins=at(9), ends=at(12))
        tomorrow = DateTimeTZRange(at(9, days=1), at(17, days=1))

        free = free_staff(hall=hall, period=tomorrow)

        assert [one.staff for one in free] == [clerks[2], clerks[1], clerks[0]]
        assert free[2].week_minutes == 960

    def test_more_than_a_week_has_is_told(self, hall, windows, clerks):
        for days in range(-3, 2):  # Monday to Friday
            week = make_session(hall, windows, day=DAY + timedelta(days=days))
            plan(clerks[0], week, windows[0], now=at(0, days=-4))

        saturday = DateTimeTZRange(at(9, days=2), at(17, days=2))
        found = {one.staff: one for one in free_staff(hall=hall, period=saturday)}

        assert not found[clerks[0]].is_within_week
        assert found[clerks[1]].is_within_week

    def test_who_stands_at_a_window_now_is_not_free_now(self, hall, session, windows, clerks):
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        now = DateTimeTZRange(NOON, at(17))

        assert len(free_staff(hall=hall, period=now, now=NOON)) == 2
        assert len(free_staff(hall=hall, period=now)) == 3

    def test_a_few_queries_for_any_number_of_people(
        self, hall, session, windows, clerks, django_assert_max_num_queries
    ):
        for n in range(10):
            make_staff(f"more-{n}", hall, "clerk")

        with django_assert_max_num_queries(6):
            free_staff(hall=hall, period=DateTimeTZRange(at(9), at(17)))
