"""The demonstration's first halls have rosters, and something to decide. # C26"""

from datetime import UTC, datetime, timedelta

import pytest

from appointments.invariants import holds
from appointments.simulating.preparing import prepare
from appointments.simulating.rostered import lay_rosters
from config import civil
from windows.absences import uncovered
from windows.duties import week_of
from windows.models import Absence, Hall, RosterEntry, Staff, Swap
from windows.suggesting import gaps_in
from windows.time_off import balances

pytestmark = pytest.mark.django_db
TUESDAY_AT_11 = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.mark.slow
def test_two_weeks_of_three_halls_are_planned_and_only_once(django_assert_max_num_queries):
    prepare(TUESDAY_AT_11)
    halls = list(Hall.objects.order_by("code"))
    monday = week_of(civil.city_date(TUESDAY_AT_11))[0]

    planned = RosterEntry.objects.filter(is_cancelled=False)
    assert set(planned.values_list("session__hall__code", flat=True)) == {"H01", "H02", "H03"}
    for hall in halls[:3]:
        coming = gaps_in(hall, monday, monday + timedelta(days=13), now=TUESDAY_AT_11)
        regular = [one for one in coming if one.session.kind == "regular" and one.is_whole]
        assert len(regular) <= 4
    clerk = Staff.objects.get(username="clerk")
    assert clerk.roster.filter(window__number=3).count() >= 5
    assert balances([clerk.pk]) == {clerk.pk: 95}
    assert Swap.objects.filter(state="agreed").count() >= 1
    assert all(uncovered(one) for one in Absence.objects.all())
    assert holds(TUESDAY_AT_11) == []

    count = RosterEntry.objects.count()
    with django_assert_max_num_queries(9):
        assert lay_rosters(halls, TUESDAY_AT_11) == 0
    assert RosterEntry.objects.count() == count
