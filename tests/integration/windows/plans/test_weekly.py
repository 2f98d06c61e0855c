"""Adding, changing, ending and rehearsing a weekly plan. C1 C3"""

from datetime import time, timedelta

import pytest

from tests.conftest import DAY, NOON
from tests.integration.windows.plans.conftest import FRIDAY, MONDAY, days, made
from windows.kinds import SharesTooMuch, SlotLength, WalkinTooLittle
from windows.models import HallSession, WeeklyPlan
from windows.planning import MatterNotServed, SessionTooLong, SessionTooShort
from windows.sessions import NoWindows, WindowElsewhere
from windows.weekly import (
    DrawnOneByOne,
    NoWeekday,
    PlanEndsEarly,
    PlanHasNoHours,
    PlanInPast,
    PlanOver,
    PlanOverlaps,
    add_plan,
    change_plan,
    end_plan,
    rehearse,
)


class TestPlans:
    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"weekdays": []}, NoWeekday),
            ({"weekdays": [8]}, NoWeekday),
            ({"valid_from": DAY - timedelta(days=1)}, PlanInPast),
            ({"valid_until": DAY - timedelta(days=1)}, PlanEndsEarly),
            ({"closes": time(9)}, PlanHasNoHours),
            ({"closes": time(8)}, SessionTooLong),
            ({"closes": time(9, 20)}, SessionTooShort),
            ({"windows": []}, NoWindows),
            ({"slot_minutes": 5}, SlotLength),
            ({"slot_minutes": 121}, SlotLength),
            ({"walkin_percent": 10}, WalkinTooLittle),
            ({"walkin_percent": 60, "assisted_percent": 50}, SharesTooMuch),
            ({"walkin_percent": 120}, SharesTooMuch),
            ({"assisted_percent": -1}, SharesTooMuch),
            ({"release": "draw"}, DrawnOneByOne),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, usual, change, refusal):
        with pytest.raises(refusal) as said:
            add_plan(**usual | change)

        assert said.value.field
        assert "%(" not in str(said.value)
        assert not WeeklyPlan.objects.exists()

    def test_windows_and_matters_must_fit(self, usual, other_hall, pickup, windows):
        with pytest.raises(WindowElsewhere):
            add_plan(**usual | {"hall": other_hall})
        with pytest.raises(MatterNotServed, match="Pickup"):
            add_plan(**usual | {"windows": windows[:2], "matters": [pickup]})

    @pytest.mark.parametrize(
        ("change", "meets"),
        [
            ({"opens": time(16), "closes": time(20)}, True),
            ({"opens": time(17), "closes": time(20)}, False),
            ({"weekdays": [6]}, False),
            ({"weekdays": [7], "on": "always", "opens": time(22), "closes": time(9, 30)}, True),
            ({"on": "days_off"}, False),
            ({"valid_from": MONDAY, "valid_until": MONDAY}, True),
        ],
    )
    def test_a_window_stands_in_one_plan_at_a_time(self, usual, change, meets):
        first = add_plan(**usual)
        if not meets:
            assert add_plan(**usual | change).pk
            return
        with pytest.raises(PlanOverlaps, match="Window 1 stands in another plan") as said:
            add_plan(**usual | change)
        assert said.value.body()["facts"] == {"plan": first.pk}

    def test_a_change_holds_from_its_day_and_takes_over_the_sessions(self, usual):
        old = add_plan(**usual)
        made()
        facts = {name: usual[name] for name in ("kind", "weekdays", "on", "opens", "windows")}

        new = change_plan(plan=old, valid_from=MONDAY, by=None, now=NOON, closes=time(16), **facts)
        done = made()

        assert (done.made, done.kept, done.replaced, done.withdrawn) == (0, 1, 5, 0)
        assert HallSession.objects.filter(plan=new, service_day__gte=MONDAY).count() == 5
        old.refresh_from_db()
        assert old.valid_until == MONDAY - timedelta(days=1)

    def test_a_plan_that_ends_takes_its_untouched_sessions_along(self, usual, book):
        plan = add_plan(**usual)
        made()
        book(HallSession.objects.get(service_day=MONDAY).slots.all()[0])

        end_plan(plan=plan, last_day=FRIDAY, by=None, now=NOON)
        done = made()

        assert (done.kept, done.withdrawn) == (1, 4)
        assert days() == [FRIDAY, MONDAY]
        assert [one.why for one in done.left_alone] == ["Somebody has booked."]

    def test_an_ended_plan_cannot_be_changed(self, usual):
        plan = add_plan(**usual)
        end_plan(plan=plan, last_day=DAY - timedelta(days=1), by=None, now=NOON)

        with pytest.raises(PlanOver):
            end_plan(plan=plan, last_day=FRIDAY, by=None, now=NOON)

    def test_a_rehearsal_says_what_would_be_and_writes_nothing(self, usual, hall):
        told = rehearse(lambda: add_plan(**usual), hall=hall, days=10, now=NOON)

        assert told.made == 6
        assert not WeeklyPlan.objects.exists()
        assert not HallSession.objects.exists()
