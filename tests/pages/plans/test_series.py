"""Many days at once: series and copies, seen before, undone in one press. C2 C3 C10"""

from datetime import time, timedelta

import pytest

from tests.conftest import make_session
from tests.pages.plans.conftest import FRIDAY, SATURDAY, hidden, wrong
from tests.pages.reading import words_of
from windows.models import HallSession, Slot

pytestmark = pytest.mark.django_db


class TestSeries:
    def asked(self, windows, **more) -> dict:
        return {
            "hall": "H01", "key": "k", "kind": "weekend", "opens": "09:00", "closes": "12:00",
            "pattern": "weekdays", "weekdays": ["6"], "first": "2027-03-05", "count": "7",
            "windows": [w.pk for w in windows], "in_halls": ["H01"], **more,
        }  # fmt: skip

    def open(self, boss, asked):
        seen = boss.post("/supervise/series/", asked)
        expect = hidden(seen, "expect")
        return boss.post("/supervise/series/", asked | {"do": "1", "expect": expect}, follow=True)

    def test_seven_saturdays_in_two_presses_and_back_in_one(self, boss, windows):
        seen = boss.post("/supervise/series/", self.asked(windows))
        assert "7 sessions open" in words_of(seen)
        assert not HallSession.objects.exists()

        done = self.open(boss, self.asked(windows))

        assert "7 sessions are open." in words_of(done)
        days = HallSession.objects.order_by("service_day").values_list("service_day", flat=True)
        assert list(days) == [SATURDAY + timedelta(days=7 * n) for n in range(7)]
        undo = done.request["PATH_INFO"] + "undo/"
        back = boss.post(undo, {"key": "u"}, follow=True)
        assert "7 sessions are undone." in words_of(back)
        assert not HallSession.objects.filter(state="open").exists()

    def test_a_booking_keeps_the_whole_series(self, boss, windows, book):
        done = self.open(boss, self.asked(windows, count="2"))
        book(HallSession.objects.order_by("service_day")[0].slots.all()[0])

        back = boss.post(done.request["PATH_INFO"] + "undo/", {"key": "u"})

        assert back.status_code == 409
        assert "Nothing was undone." in words_of(back)
        assert HallSession.objects.filter(state="open").count() == 2

    def test_21_working_days_in_two_halls_leave_out_what_is_taken(
        self, boss, hall, windows, neighbours, other_hall
    ):
        other = make_session(other_hall, neighbours, day=FRIDAY)
        asked = self.asked(
            windows, kind="lunch", opens="12:00", closes="14:00", pattern="workdays", count="21",
            weekdays=[], in_halls=["H01", "H02"], walkin_percent="100", assisted_percent="0",
        )  # fmt: skip

        seen = boss.post("/supervise/series/", asked)
        assert "41 sessions open" in words_of(seen)
        assert f"/supervise/sessions/{other.pk}/" in seen.content.decode()
        self.open(boss, asked)

        made = HallSession.objects.exclude(pk=other.pk)
        assert made.count() == 41
        assert not any(s.service_day.weekday() > 4 for s in made)
        assert not Slot.objects.filter(session__in=made, online_quota__gt=0).exists()

    def test_extra_on_site_numbers_come_with_each_day(self, boss, windows, renewal):
        asked = self.asked(windows, count="2", matters=[renewal.pk], extra="10")
        self.open(boss, asked)

        for session in HallSession.objects.all():
            slots = session.slots.all()
            assert sum(slot.minutes for slot in slots) == 6 * 90 + 10 * 6
            assert sum(slot.walkin_quota for slot in slots) == 6 * 27 + 10 * 6

        asked = self.asked(windows, count="2", first="2027-05-01", extra="190", key="other")
        expect = hidden(boss.post("/supervise/series/", asked), "expect")
        answer = boss.post("/supervise/series/", asked | {"do": "1", "expect": expect})
        assert wrong(answer) == {"extra"}
        assert HallSession.objects.count() == 2

    def test_what_changed_since_one_looked_is_looked_at_again(self, boss, hall, windows):
        asked = self.asked(windows, count="1")
        expect = hidden(boss.post("/supervise/series/", asked), "expect")
        make_session(hall, windows[:1], day=SATURDAY)

        answer = boss.post("/supervise/series/", asked | {"do": "1", "expect": expect})

        assert answer.status_code == 409
        assert "Something has changed since you looked." in words_of(answer)
        assert HallSession.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"count": "", "last": ""}, "count"),
            ({"count": "1000000"}, "count"),
            ({"count": "-1"}, "count"),
            ({"weekdays": []}, "weekdays"),
            ({"last": "2027-03-01"}, "weekdays"),
            ({"in_halls": ["H02"]}, "in_halls"),
            ({"closes": "08:00"}, "closes"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, windows, other_hall, change, field):
        answer = boss.post("/supervise/series/", self.asked(windows, **change))

        assert wrong(answer) == {field}


class TestCopying:
    def test_a_week_is_copied_to_another_hall_and_week(self, boss, hall, windows, neighbours):
        make_session(hall, windows[:2], day=FRIDAY)
        make_session(hall, windows, day=FRIDAY, opens=time(18, 30), closes=time(0, 30))
        asked = {
            "hall": "H01", "key": "k", "first": "2027-03-01", "span": "7",
            "to_first": "2027-03-08", "in_halls": ["H01", "H02"],
        }  # fmt: skip
        seen = boss.post("/supervise/copy/", asked)
        assert "4 sessions open" in words_of(seen)

        expect = hidden(seen, "expect")
        boss.post("/supervise/copy/", asked | {"do": "1", "expect": expect})

        week_later = HallSession.objects.filter(service_day=FRIDAY + timedelta(days=7))
        assert week_later.count() == 4
        night = week_later.filter(hall=hall).latest("starts_at")
        assert night.slots.count() == 12
        assert night.staffed.count() == 3

    def test_nothing_to_copy_is_said(self, boss, windows):
        asked = {
            "hall": "H01", "key": "k", "first": "2027-03-01", "span": "1",
            "to_first": "2027-03-08", "in_halls": ["H01"],
        }  # fmt: skip
        assert "There is nothing to open" in words_of(boss.post("/supervise/copy/", asked))
