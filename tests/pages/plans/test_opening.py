"""Opening a session here and in other halls in one press. C1 C2 C3 C10"""

from datetime import time

import pytest

from tests.conftest import make_session
from tests.pages.plans.conftest import FRIDAY, wrong
from tests.pages.reading import words_of
from windows.models import HallSession, StaffRole

pytestmark = pytest.mark.django_db
NIGHT = {"kind": "night", "opens": "18:30", "closes": "00:30", "next_day": "on"}


class TestOpeningInSeveralHalls:
    def asked(self, windows, **more) -> dict:
        day = {"day": "2027-03-05", "hall": "H01", "key": "k", "windows": [w.pk for w in windows]}
        return {**NIGHT, **day, "other_halls": ["H02"], **more}

    def test_one_press_opens_the_night_in_all_of_them(self, boss, windows, neighbours):
        seen = words_of(boss.post("/supervise/open/", self.asked(windows, look="1")))
        assert "In the other halls" in seen
        assert not HallSession.objects.exists()

        answer = boss.post("/supervise/open/", self.asked(windows), follow=True)

        assert "The sessions are open." in words_of(answer)
        here, there = HallSession.objects.order_by("hall__code")
        assert (here.series, there.hall.code) == (there.series, "H02")
        assert here.series is not None
        assert set(there.staffed.values_list("window__number", flat=True)) == {1, 5}
        assert "/supervise/series/" in answer.request["PATH_INFO"]

    def test_when_one_of_them_cannot_none_opens(self, boss, windows, neighbours, other_hall):
        make_session(other_hall, neighbours, day=FRIDAY, opens=time(18), closes=time(20))

        answer = boss.post("/supervise/open/", self.asked(windows))

        assert answer.status_code == 409
        assert wrong(answer) == {"other_halls"}
        assert "Guilan Hall: Window 1 is in the session" in words_of(answer)
        assert HallSession.objects.count() == 1

    def test_an_overlap_leads_to_the_other_session(self, boss, hall, windows):
        other = make_session(hall, windows[:1], day=FRIDAY, opens=time(18), closes=time(20))

        answer = boss.post("/supervise/open/", self.asked(windows, other_halls=[]))

        assert wrong(answer) == {"windows"}
        assert f"/supervise/sessions/{other.pk}/" in answer.content.decode()

    def test_another_kind_brings_its_own_hours(self, boss):
        page = boss.get("/supervise/open/?kind=weekend&was=night&opens=18:30&closes=21:30")
        assert 'value="09:00"' in page.content.decode()
        kept = boss.get("/supervise/open/?kind=weekend&was=night&opens=19:15&closes=21:30")
        assert 'value="19:15"' in kept.content.decode()

    def test_nobody_to_stand_there_is_refused(self, boss, windows, clerk):
        StaffRole.objects.filter(staff=clerk).delete()

        answer = boss.post("/supervise/open/", self.asked(windows, other_halls=[]))

        assert wrong(answer) == {"windows"}
        assert "nobody could stand at a window" in words_of(answer)
        assert not HallSession.objects.exists()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"next_day": ""}, "closes"),
            ({"closes": "21:30"}, "closes"),
            ({"closes": "18:30"}, "closes"),
            ({"day": "2027-03-03"}, "day"),
            ({"windows": []}, "windows"),
            ({"slot_minutes": "-30"}, "slot_minutes"),
            ({"slot_minutes": "many"}, "slot_minutes"),
            ({"walkin_percent": "5"}, "walkin_percent"),
            ({"walkin_percent": "90", "assisted_percent": "20"}, "assisted_percent"),
            ({"other_halls": ["H99"]}, "other_halls"),
            ({"kind": "regular", "day": "2027-03-06"}, "day"),
            ({"audience_zh": "长" * 101}, "audience_zh"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, boss, windows, change, field):
        asked = {**self.asked(windows, other_halls=[]), **change}

        answer = boss.post("/supervise/open/", asked)

        assert answer.status_code in (400, 409)
        assert wrong(answer) == {field}
        assert not HallSession.objects.exists()
