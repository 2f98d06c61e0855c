"""What a kind of session brings along, for a hall or for the city. C1 C2 C3"""

import pytest

from tests.conftest import make_staff
from tests.pages.plans.conftest import wrong
from tests.pages.reading import words_of
from windows.models import KindDefault, StaffRole

pytestmark = pytest.mark.django_db


class TestKinds:
    def test_a_kind_is_changed_for_the_hall_from_a_day_on(self, boss, hall):
        assert "Night session" in words_of(boss.get("/supervise/kinds/"))
        asked = {
            "hall": "H01", "key": "k", "effective_on": "2027-03-04", "opens": "19:00",
            "closes": "22:00", "slot_minutes": "20", "release": "plain", "audience_zh": "上班族",
        }  # fmt: skip

        answer = boss.post("/supervise/kinds/night/", asked, follow=True)

        assert "this hall's, since 2027-03-04" in words_of(answer).replace("&#x27;", "'")
        row = KindDefault.objects.get()
        assert (row.hall, row.slot_minutes) == (hall, 20)
        form = boss.get("/supervise/open/?hall=H01").content.decode()
        assert 'value="19:00"' in form

    def test_only_who_runs_the_city_changes_it_for_all(self, boss, client):
        asked = {"key": "k", "effective_on": "2027-03-04", "release": "plain", "everywhere": "1"}
        boss.post("/supervise/kinds/late/", asked | {"hall": "H01"})
        assert KindDefault.objects.get().hall is not None

        client.force_login(make_staff("city", None, "admin"))
        client.post("/supervise/kinds/lunch/", asked | {"hall": "H01"})
        assert KindDefault.objects.get(kind="lunch").hall is None

    def test_who_runs_a_district_does_not_change_the_city(self, client, hall):
        head = make_staff("head", hall, "supervisor")
        StaffRole.objects.filter(staff=head).update(hall=None, district=hall.district_zh)
        client.force_login(head)
        asked = {"effective_on": "2027-03-04", "release": "plain", "everywhere": "1"}
        client.post("/supervise/kinds/lunch/", asked | {"key": "k", "hall": "H01"})
        assert KindDefault.objects.get().hall == hall

    def test_what_cannot_be_is_said(self, boss):
        asked = {"key": "k", "effective_on": "2027-03-01", "release": "plain"}
        assert wrong(boss.post("/supervise/kinds/night/", asked)) == {"effective_on"}
        later = asked | {"effective_on": "2027-03-04", "opens": "09:00"}
        assert wrong(boss.post("/supervise/kinds/night/", later)) == {"closes"}
        assert boss.get("/supervise/kinds/nonsense/").status_code == 404
