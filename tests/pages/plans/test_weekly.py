"""Weekly plans: looked at, added, changed, ended. C1 C3"""

from datetime import date, time

import pytest
from django.test import Client

from tests.conftest import DAY, NOON, make_staff
from tests.pages.plans.conftest import wrong
from tests.pages.reading import words_of
from windows.models import HallSession, Rule, WeeklyPlan

pytestmark = pytest.mark.django_db


class TestPlans:
    def asked(self, staffed, **more) -> dict:
        return {
            "hall": "H01", "key": "k", "kind": "night", "opens": "18:30", "closes": "21:30",
            "weekdays": ["2", "4"], "on": "workdays", "windows": [w.pk for w in staffed],
            "valid_from": "2027-03-05", **more,
        }  # fmt: skip

    def test_looking_writes_nothing_and_adding_makes_the_sessions(self, boss, windows):
        Rule.objects.create(name="plan_days_ahead", value=14, effective_on=DAY)
        seen = boss.post("/supervise/plans/new/", self.asked(windows, look="1"))
        assert "4 sessions are made." in words_of(seen)
        assert not WeeklyPlan.objects.exists()

        done = boss.post("/supervise/plans/new/", self.asked(windows, do="1"), follow=True)

        assert "The plan is added. 4 sessions are made." in words_of(done)
        assert HallSession.objects.count() == 4
        assert "Tue, Thu" in words_of(done)
        again = boss.post("/supervise/plans/new/", self.asked(windows, do="1"), follow=True)
        assert WeeklyPlan.objects.count() == 1  # the same press
        assert again.status_code == 200

    def test_a_change_and_an_end_are_seen_before(self, boss, windows):
        Rule.objects.create(name="plan_days_ahead", value=14, effective_on=DAY)
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        plan = WeeklyPlan.objects.get()
        address = f"/supervise/plans/{plan.pk}/"
        assert 'value="18:30"' in boss.get(address).content.decode()

        longer = self.asked(windows, closes="22:00", key="k2")
        assert "4 sessions that nobody has booked change." in words_of(boss.post(address, longer))
        boss.post(address, longer | {"do": "1"})
        new = WeeklyPlan.objects.get(ended_at=None)
        assert HallSession.objects.filter(plan=new).count() == 4

        end = {"last_day": "2027-03-10", "key": "k3"}
        seen = boss.post(f"/supervise/plans/{new.pk}/end/", end)
        assert "3 sessions that nobody has booked go away." in words_of(seen)
        boss.post(f"/supervise/plans/{new.pk}/end/", end | {"do": "1"})
        assert HallSession.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"weekdays": []}, "weekdays"),
            ({"valid_from": "2027-03-01"}, "valid_from"),
            ({"valid_until": "2027-03-01"}, "valid_until"),
            ({"closes": "18:00"}, "closes"),
            ({"windows": []}, "windows"),
            ({"slot_minutes": "1"}, "slot_minutes"),
            ({"release_days": "999"}, "release_days"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, windows, change, field):
        answer = boss.post("/supervise/plans/new/", self.asked(windows, **change))

        assert wrong(answer) == {field}
        assert not WeeklyPlan.objects.exists()

    def test_an_overlap_leads_to_the_other_plan(self, boss, windows):
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        plan = WeeklyPlan.objects.get()

        answer = boss.post("/supervise/plans/new/", self.asked(windows, key="other"))

        assert wrong(answer) == {"windows"}
        assert f'href="/supervise/plans/{plan.pk}/"' in answer.content.decode()

    def test_a_viewer_sees_and_changes_nothing(self, viewer, boss, windows):
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        plan = WeeklyPlan.objects.get()

        page = viewer.get("/supervise/plans/")

        assert "Weekly plans" in words_of(page)
        for refused in ("plans/new", "open", "series", "copy", "places", "load", "appeals"):
            assert f"/supervise/{refused}/" not in page.content.decode(), refused
        assert "/supervise/roster/" in page.content.decode()
        assert viewer.get("/supervise/plans/new/").status_code == 403
        assert viewer.post(f"/supervise/plans/{plan.pk}/end/", {}).status_code == 403

    def test_another_halls_plan_is_no_plan(self, boss, windows, other_hall):
        boss.post("/supervise/plans/new/", self.asked(windows, do="1"))
        stranger = Client()
        stranger.force_login(make_staff("other boss", other_hall, "supervisor"))

        plan = WeeklyPlan.objects.get()
        assert stranger.get(f"/supervise/plans/{plan.pk}/").status_code == 404
        assert stranger.get("/supervise/plans/?hall=H01").status_code == 404


def test_the_plans_page_asks_few_times(boss, hall, windows, django_assert_max_num_queries):
    for weekday in range(1, 6):
        plan = WeeklyPlan.objects.create(
            hall=hall, kind="regular", weekdays=[weekday], opens=time(9), closes=time(17),
            valid_from=date(2027, 3, 1), made_at=NOON,
        )  # fmt: skip
        plan.windows.set(windows)

    with django_assert_max_num_queries(16):
        boss.get("/supervise/plans/")
