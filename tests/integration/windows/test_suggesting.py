"""A week's roster, suggested by the solver or copied from the week before. # C26"""

from datetime import time, timedelta
from itertools import permutations

import numpy as np
import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config import civil
from tests.conftest import DAY, NOON, make_session, make_staff
from windows.duties import loads
from windows.models import Absence, RosterEntry, StaffSkill
from windows.rostering import assign, roster_of
from windows.suggesting import LookAgain, Team, copy_week, digest_of, gaps_in, plan_all, suggest

pytestmark = pytest.mark.django_db
MONDAY = DAY - timedelta(days=3)
BEFORE = NOON - timedelta(days=4)


def day(n: int):
    return MONDAY + timedelta(days=n)


@pytest.fixture
def team(hall):
    return [make_staff(f"clerk-{n}", hall, "clerk") for n in range(1, 6)]


@pytest.fixture
def week(hall, windows):
    """Five working days with three windows, a night session on Thursday."""
    made = [make_session(hall, windows, day=day(n)) for n in range(5)]
    night = make_session(
        hall, windows[:2], day=day(3), opens=time(18, 30), closes=time(0, 30), kind="night"
    )
    return [*made, night]


def apply(proposals, now=BEFORE):
    return plan_all(proposals, expect=digest_of(proposals), by=None, now=now)


class TestSuggest:
    def test_every_window_has_somebody_and_nobody_is_overworked(self, hall, week, team):
        proposals = suggest(hall, MONDAY, now=BEFORE)

        assert len(proposals) == 17
        assert all(one.staff for one in proposals)
        assert apply(proposals) == 17
        carried = loads([one.pk for one in team], MONDAY, day(6))
        assert all(load.minutes_between(MONDAY, day(6)) <= 44 * 60 for load in carried.values())
        for load in carried.values():
            for duty in load.duties:
                rest = load.rest_around(duty.begins, duty.ends, duty.day)
                assert rest is None or rest >= timedelta(hours=11)

    def test_the_load_is_shared_fairly(self, hall, windows, team):
        for n in range(5):
            make_session(hall, windows, day=day(n))

        apply(suggest(hall, MONDAY, now=BEFORE))

        carried = loads([one.pk for one in team], MONDAY, day(6))
        days = [load.minutes_between(MONDAY, day(6)) // 480 for load in carried.values()]
        assert sorted(days) == [3, 3, 3, 3, 3]

    def test_who_had_the_nights_lately_has_fewer_now(self, hall, windows, team):
        for n in (-7, -6):
            late = make_session(hall, windows[:1], day=day(n), opens=time(18), closes=time(21),
                                kind="night")  # fmt: skip
            assign(staff=team[0], session=late, window=windows[0], by=None, now=BEFORE
                   - timedelta(days=7))  # fmt: skip
        make_session(hall, windows, day=day(1), opens=time(18), closes=time(21), kind="night")

        chosen = [one.staff for one in suggest(hall, MONDAY, now=BEFORE)]

        assert team[0] not in chosen

    def test_what_is_planned_stays_and_only_gaps_are_filled(self, hall, week, team, windows):
        half = DateTimeTZRange(week[0].starts_at, civil.city_instant(MONDAY, time(12)))
        assign(staff=team[4], session=week[0], window=windows[0], period=half, by=None, now=BEFORE)

        proposals = suggest(hall, MONDAY, now=BEFORE)

        first = proposals[0].gap if proposals[0].gap.window == windows[0] else None
        afternoon = [p for p in proposals if p.gap.begins == half.upper]
        assert len(afternoon) == 1
        assert first is None or first.begins != week[0].starts_at
        apply(proposals)
        assert gaps_in(hall, MONDAY, day(6), now=BEFORE) == []

    def test_the_absent_and_the_unskilled_are_left_out(
        self, hall, windows, team, renewal, pickup, first_minor
    ):
        make_session(hall, windows, day=day(1))
        span = DateTimeTZRange(*civil.city_day(day(1)))
        for staff in team[:2]:
            Absence.objects.create(staff=staff, period=span, reason="leave", made_at=BEFORE)
        StaffSkill.objects.create(staff=team[2], matter=pickup)
        StaffSkill.objects.create(staff=team[3], matter=renewal)

        proposals = suggest(hall, MONDAY, now=BEFORE)

        chosen = {one.gap.window.number: one.staff for one in proposals}
        assert set(chosen.values()) <= {team[2], team[3], team[4]} | {None}
        assert chosen[3] in (team[2], team[4])  # windows 1 and 2 only renew
        assert team[2] not in (chosen[1], chosen[2])

    def test_what_nobody_can_take_stays_open_and_says_why(self, hall, windows, clerk):
        make_session(hall, windows, day=day(1))

        proposals = suggest(hall, MONDAY, now=BEFORE)

        assert sum(1 for one in proposals if one.staff) == 1
        assert {one.why for one in proposals if not one.staff} == {
            "Everybody is planned elsewhere or absent then."
        }

    def test_too_little_rest_is_said(self, hall, windows, clerk):
        make_session(hall, windows[:1], day=day(0), opens=time(18, 30), closes=time(0, 30),
                     kind="night")  # fmt: skip
        make_session(hall, windows[:1], day=day(1))

        proposals = suggest(hall, MONDAY, now=BEFORE)

        assert [bool(one.staff) for one in proposals] == [True, False]
        assert proposals[1].why == "Who is free would have less than 11 hours of rest."

    def test_a_hall_without_clerks(self, hall, week):
        assert {one.why for one in suggest(hall, MONDAY, now=BEFORE)} == {"The hall has no clerks."}

    def test_each_choice_is_the_best_of_all_choices(self, hall, windows, team, pickup):
        StaffSkill.objects.create(staff=team[0], matter=pickup)
        session = make_session(hall, windows, day=day(2))
        assign(staff=team[1], session=make_session(hall, windows[:1], day=day(0)),
               window=windows[0], by=None, now=BEFORE)  # fmt: skip
        gaps = gaps_in(hall, day(2), day(2), now=BEFORE)
        read = Team.read(hall, MONDAY)
        costs = np.array([[read.cost(gap, one) for one in read.people] for gap in gaps])
        least = min(
            sum(costs[n, c] for n, c in enumerate(chosen))
            for chosen in permutations(range(len(read.people)), 3)
        )

        got = read.share_out(gaps)

        assert sum(
            costs[n, read.people.index(one.staff)] for n, one in enumerate(got)
        ) == pytest.approx(least)
        assert session.pk == got[0].gap.session.pk

    def test_what_changed_since_the_look_is_not_planned(self, hall, week, team, windows):
        proposals = suggest(hall, MONDAY, now=BEFORE)
        seen = digest_of(proposals)
        assign(staff=team[0], session=week[0], window=windows[2], by=None, now=BEFORE)

        with pytest.raises(LookAgain):
            plan_all(suggest(hall, MONDAY, now=BEFORE), expect=seen, by=None, now=BEFORE)

        assert RosterEntry.objects.count() == 1

    def test_few_queries_for_a_week(self, hall, week, team, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            suggest(hall, MONDAY, now=BEFORE)


class TestCopy:
    def test_the_week_before_again(self, hall, week, team, windows):
        last = [make_session(hall, windows, day=day(n - 7)) for n in range(2)]
        long_before = NOON - timedelta(days=20)
        for n, one in enumerate(last):
            assign(staff=team[n], session=one, window=windows[0], by=None, now=long_before)

        proposals = copy_week(hall, MONDAY, now=BEFORE)
        assert apply(proposals) == 2

        assert [one.staff for one in roster_of(week[0])] == [team[0]]
        assert [one.staff for one in roster_of(week[1])] == [team[1]]
        empty = [one.why for one in proposals if not one.staff]
        assert set(empty) == {"Nobody was there in the week before."}

    def test_who_is_absent_this_week_is_told(self, hall, week, team, windows):
        last = make_session(hall, windows, day=day(-7))
        assign(staff=team[0], session=last, window=windows[0], by=None,
               now=NOON - timedelta(days=20))  # fmt: skip
        Absence.objects.create(
            staff=team[0], period=DateTimeTZRange(*civil.city_day(MONDAY)), reason="leave",
            made_at=BEFORE,
        )  # fmt: skip

        proposals = copy_week(hall, MONDAY, now=BEFORE)

        assert "clerk-1 is absent then." in [one.why for one in proposals]
        assert apply(proposals) == 0
